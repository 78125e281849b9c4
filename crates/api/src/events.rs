//! Server-sent events: the journal as it grows, from any position.
#![expect(
    unused_qualifications,
    reason = "paths written by the macro that describes the operation"
)]

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::live::{Listener, News};
use ordermill_domain::api_key::Scope;
use ordermill_domain::webhook::Filter;
use ordermill_storage::journal::{self, Cursor, Entry};
use serde::Deserialize;
use tokio::time::Instant;
use utoipa::IntoParams;

use crate::auth::Caller;
use crate::catalog::wrong;
use crate::params::Params;
use crate::problem::Problem;

const READ_AT_ONCE: i64 = 256;
/// A sign of life keeps proxies from closing a quiet stream, and tells us when the client has gone.
const PULSE: Duration = Duration::from_secs(15);

/// From where to stream.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// The `id` of the last event that was received; the stream goes on behind it. A `Last-Event-ID`
    /// header does the same.
    #[param(max_length = 60)]
    after: Option<String>,
    /// Only these events, with commas between: `order.*`, `shipment.delivered`; all if absent, but those
    /// of carriers, which tell what they charge: who has the scope `rules:write` names `carrier.*`.
    #[param(max_length = 2000, example = "shipment.*,order.completed")]
    events: Option<String>,
}

impl EventsQuery {
    /// Which events are wanted.
    fn filter(&self) -> Result<Filter, Problem> {
        let Some(text) = &self.events else { return Ok(Filter::everything()) };
        let patterns = text.split(',').map(|pattern| pattern.trim().to_owned());
        Filter::new(patterns).map_err(|error| wrong("events", error.to_string()))
    }
}

/// Stream events.
///
/// Every journal entry from a position on, or from now on, or those that are asked for: `event` is its kind, `id` its position,
/// `data` its JSON. Without personal data. A sign of life every 15 seconds tells the position in an `id`
/// without an event.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "events", operation_id = "stream_events",
    params(EventsQuery),
    responses(
        (status = 200, description = "A stream that does not end by itself.", content_type = "text/event-stream"),
        (status = 400, description = "The position cannot be read.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key of this API.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks the scope orders:read, or rules:write for events of carriers.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded, or the database is away.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = [])),
)]
pub async fn stream_events(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    Params(query): Params<EventsQuery>,
) -> Result<Response, Problem> {
    caller.require(Scope::ReadOrders)?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = last.or(query.after.as_deref()).map(read_cursor).transpose()?;
    let filter = query.filter()?;
    if filter.names_confidential() {
        caller.require(Scope::WriteRules)?;
    }
    // Listen first, then read: nothing falls between the two.
    let listener = services.live().listen();
    let cursor = match after {
        Some(cursor) => cursor,
        None => services.database().read(journal::end).await?,
    };
    Ok(response(Stream { services, listener, filter, cursor, is_behind: after.is_some() }))
}

fn response(stream: Stream) -> Response {
    let chunks = chunks_of(stream);
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(chunks)).into_response()
}

struct Stream {
    services: Services,
    listener: Listener,
    filter: Filter,
    cursor: Cursor,
    is_behind: bool,
}

fn chunks_of(stream: Stream) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> {
    futures_util::stream::unfold(stream, |mut stream| async move {
        let chunk = stream.next_chunk().await?;
        Some((Ok(Bytes::from(chunk)), stream))
    })
}

impl Stream {
    /// The next piece of the stream; `None` ends it, and the client comes back with its last id.
    async fn next_chunk(&mut self) -> Option<String> {
        // One moment for the whole wait: what the filter leaves out puts nothing off.
        let pulse_at = Instant::now() + PULSE;
        loop {
            if self.services.is_stopping() {
                return None;
            }
            if self.is_behind {
                let cursor = self.cursor;
                let read = move |tx: &mut ordermill_storage::Tx<'_>| {
                    journal::after(tx, cursor, READ_AT_ONCE)
                };
                let entries: Vec<Entry> = self.services.database().read(read).await.ok()?;
                self.is_behind = !entries.is_empty();
                if let Some(last) = entries.last() {
                    self.cursor = last.cursor;
                    let wanted = entries.iter().filter(|entry| self.filter.wants(&entry.kind));
                    let chunk: String = wanted.map(write).collect();
                    if !chunk.is_empty() {
                        return Some(chunk);
                    }
                    if Instant::now() < pulse_at {
                        continue;
                    }
                    return Some(pulse(self.cursor));
                }
            }
            let hearing = hear(&mut self.listener, &self.filter, &mut self.cursor, pulse_at);
            let heard = tokio::select! {
                () = self.services.stopped() => return None,
                heard = hearing => heard,
            };
            match heard {
                Heard::Event(chunk) => return Some(chunk),
                Heard::Nothing => return Some(pulse(self.cursor)),
                Heard::Missed => self.is_behind = true,
                Heard::Over => return None,
            }
        }
    }
}

/// Where news come from.
trait Source {
    fn next(&mut self) -> impl Future<Output = Option<News>> + Send;
}

impl Source for Listener {
    async fn next(&mut self) -> Option<News> {
        Self::next(self).await
    }
}

/// What came of listening.
#[derive(Debug, PartialEq, Eq)]
enum Heard {
    /// An event that is wanted, written.
    Event(String),
    /// Nothing that is wanted, and it is time for a sign of life.
    Nothing,
    /// The listener was too slow, and reads the journal again.
    Missed,
    /// There are no news any more.
    Over,
}

/// Listens until something is heard that is wanted, at most until `pulse_at`. The cursor follows all that is
/// heard.
async fn hear(
    news: &mut impl Source,
    filter: &Filter,
    cursor: &mut Cursor,
    pulse_at: Instant,
) -> Heard {
    // Also where so much happens that there is always something to hear.
    while Instant::now() < pulse_at {
        match tokio::time::timeout_at(pulse_at, news.next()).await {
            Err(_) => break,
            Ok(None) => return Heard::Over,
            Ok(Some(News::Missed)) => return Heard::Missed,
            Ok(Some(News::Entry(entry))) if entry.cursor > *cursor => {
                *cursor = entry.cursor;
                if filter.wants(&entry.kind) {
                    return Heard::Event(write(&entry));
                }
            }
            // Read from the journal already.
            Ok(Some(News::Entry(_))) => {}
        }
    }
    Heard::Nothing
}

/// One event as it stands in the stream.
#[derive(Debug, serde::Serialize)]
struct Data<'a> {
    aggregate: &'a str,
    /// The thing's id without its prefix, as text: it has more digits than a JSON number keeps.
    aggregate_id: String,
    sequence: i64,
    at: ordermill_base::Timestamp,
    actor: String,
    event: Option<&'a serde_json::value::RawValue>,
}

fn write(entry: &Entry) -> String {
    let data = Data {
        aggregate: &entry.aggregate,
        aggregate_id: entry.aggregate_id.to_string(),
        sequence: entry.sequence,
        at: entry.at,
        actor: entry.actor.to_string(),
        event: serde_json::from_str(&entry.body).ok(),
    };
    let data = serde_json::to_string(&data).unwrap_or_default();
    format!("id: {}\nevent: {}\ndata: {data}\n\n", entry.cursor, entry.kind)
}

/// A sign of life: how far the stream has read, for a client whose filter leaves most of it out, and no
/// event. By its id the client comes back near the end.
fn pulse(cursor: Cursor) -> String {
    format!(": still here\nid: {cursor}\n\n")
}

fn read_cursor(text: &str) -> Result<Cursor, Problem> {
    text.parse().map_err(|_| {
        let detail = "use the id of an event, unchanged";
        Problem::new(StatusCode::BAD_REQUEST, "position_malformed", detail)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ordermill_base::{Id as _, Timestamp};
    use ordermill_domain::actor::Actor;
    use ordermill_domain::ids::EventId;

    use super::*;

    /// Again and again something happens that nobody wants; in the end, nothing more.
    struct Chatter(i64);

    impl Source for Chatter {
        async fn next(&mut self) -> Option<News> {
            tokio::time::sleep(Duration::from_millis(1)).await;
            self.0 += 1;
            let entry = Entry {
                cursor: at(self.0),
                aggregate: "stock".into(),
                aggregate_id: 1,
                sequence: self.0,
                kind: "stock.moved".into(),
                at: Timestamp::from_millis(0),
                actor: Actor::system("test"),
                reason: None,
                request_id: None,
                body: "{}".into(),
            };
            (self.0 < 10_000).then(|| News::Entry(Arc::new(entry)))
        }
    }

    fn at(position: i64) -> Cursor {
        Cursor { xid: 0, position: EventId::from_raw(position) }
    }

    #[tokio::test]
    async fn a_stream_of_which_everything_is_left_out_still_gives_a_sign_of_life() {
        let filter = Filter::new(["order.*".to_owned()]).unwrap();
        let mut cursor = at(0);
        let soon = Instant::now() + Duration::from_millis(50);
        let heard = hear(&mut Chatter(0), &filter, &mut cursor, soon).await;
        assert_eq!(heard, Heard::Nothing);
        assert!(cursor > at(0), "who comes back goes on near the end: {cursor:?}");
    }

    #[test]
    fn a_sign_of_life_is_no_event_and_tells_where_to_go_on() {
        let sign = pulse(at(7));
        assert!(!sign.contains("data:") && !sign.contains("event:"), "{sign}");
        let id = sign.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
        assert_eq!(read_cursor(id).ok(), Some(at(7)));
    }
}
