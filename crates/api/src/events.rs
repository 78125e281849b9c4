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
use ordermill_base::Id;
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::EventId;
use ordermill_domain::webhook::Filter;
use ordermill_storage::journal::{self, Cursor, Entry};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::Caller;
use crate::catalog::wrong;
use crate::params::Params;
use crate::problem::Problem;

const READ_AT_ONCE: i64 = 256;
/// A comment keeps proxies from closing a quiet stream, and tells us when the client has gone.
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
    /// Only these events, with commas between: `order.*`, `shipment.delivered`; all if absent.
    #[param(max_length = 2000, example = "shipment.*,order.completed")]
    events: Option<String>,
}

impl EventsQuery {
    /// Which events are wanted; none: all.
    fn filter(&self) -> Result<Option<Filter>, Problem> {
        let Some(text) = &self.events else { return Ok(None) };
        let patterns = text.split(',').map(|pattern| pattern.trim().to_owned());
        Filter::new(patterns).map(Some).map_err(|error| wrong("events", error.to_string()))
    }
}

/// Stream events.
///
/// Every journal entry from a position on, or from now on, or those that are asked for: `event` is its kind, `id` its position,
/// `data` its JSON. Without personal data.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "events", operation_id = "stream_events",
    params(EventsQuery),
    responses(
        (status = 200, description = "A stream that does not end by itself.", content_type = "text/event-stream"),
        (status = 400, description = "The position cannot be read.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key of this API.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks the scope orders:read.", body = Problem, content_type = "application/problem+json"),
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
    filter: Option<Filter>,
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
    fn wants(&self, entry: &Entry) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.wants(&entry.kind))
    }

    /// The next piece of the stream; `None` ends it, and the client comes back with its last id.
    async fn next_chunk(&mut self) -> Option<String> {
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
                    let wanted = entries.iter().filter(|entry| self.wants(entry));
                    let chunk: String = wanted.map(write).collect();
                    if !chunk.is_empty() {
                        return Some(chunk);
                    }
                    continue;
                }
            }
            let news = tokio::time::timeout(PULSE, self.listener.next());
            let news = tokio::select! {
                () = self.services.stopped() => return None,
                news = news => news,
            };
            match news {
                Err(_) => return Some(": still here\n\n".to_owned()),
                Ok(None) => return None,
                Ok(Some(News::Missed)) => self.is_behind = true,
                Ok(Some(News::Entry(entry))) if entry.cursor > self.cursor => {
                    self.cursor = entry.cursor;
                    if self.wants(&entry) {
                        return Some(write(&entry));
                    }
                }
                // Read from the journal already.
                Ok(Some(News::Entry(_))) => {}
            }
        }
    }
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
    format!("id: {}\nevent: {}\ndata: {data}\n\n", write_cursor(entry.cursor), entry.kind)
}

fn write_cursor(cursor: Cursor) -> String {
    format!("{}.{}", cursor.xid, cursor.position)
}

fn read_cursor(text: &str) -> Result<Cursor, Problem> {
    let malformed = || {
        let detail = "use the id of an event, unchanged";
        Problem::new(StatusCode::BAD_REQUEST, "position_malformed", detail)
    };
    let (xid, position) = text.split_once('.').ok_or_else(malformed)?;
    let position: EventId = position.parse().map_err(|_| malformed())?;
    let xid: i64 = xid.parse().map_err(|_| malformed())?;
    if xid < 0 || position.raw() < 0 {
        return Err(malformed());
    }
    Ok(Cursor { xid, position })
}
