//! What is posted: an event as CloudEvents 1.0 describes it, signed by Standard Webhooks.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::event::written_id;
use ordermill_ports::webhook::Message;
use ordermill_storage::journal::Entry;
use ordermill_vault::standard_webhooks::{WebhookSecret, sign};
use serde::Serialize;
use serde_json::value::RawValue;

/// The media type of an event in JSON.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

/// An event in the structured mode of CloudEvents.
#[derive(Debug, Serialize)]
struct Envelope<'a> {
    specversion: &'static str,
    id: String,
    source: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    subject: String,
    time: Timestamp,
    datacontenttype: &'static str,
    data: Data<'a>,
}

/// What happened. No personal data: the journal has none, and an actor's own words stay here.
#[derive(Debug, Serialize)]
struct Data<'a> {
    aggregate: &'a str,
    aggregate_id: String,
    /// 1 for the first change of the thing, without gaps.
    sequence: i64,
    /// The kind of actor and its id: `staff:stf_…`, `system:deadline`.
    actor: String,
    event: &'a RawValue,
}

/// The body of an event's message: the same bytes for each try. `source` is this installation's
/// address.
pub fn body(entry: &Entry, source: &str) -> Result<Vec<u8>, serde_json::Error> {
    let aggregate_id = written_id(&entry.aggregate, entry.aggregate_id);
    serde_json::to_vec(&Envelope {
        specversion: "1.0",
        id: entry.cursor.position.to_string(),
        source,
        kind: &entry.kind,
        subject: aggregate_id.clone(),
        time: entry.at,
        datacontenttype: "application/json",
        data: Data {
            aggregate: &entry.aggregate,
            aggregate_id,
            sequence: entry.sequence,
            actor: entry.actor.to_string(),
            event: serde_json::from_str(&entry.body)?,
        },
    })
}

/// A message for one try: the same id as ever, the moment of the try, a signature of each secret.
pub fn signed(
    url: String,
    id: &impl Id,
    body: Vec<u8>,
    secrets: &[WebhookSecret],
    now: Timestamp,
) -> Message {
    let id = id.to_string();
    let secrets: Vec<&WebhookSecret> = secrets.iter().collect();
    let signature = sign(&secrets, &id, now, &body);
    let timestamp = now.as_seconds().to_string();
    Message {
        url,
        content_type: CONTENT_TYPE,
        headers: [
            ("webhook-id", id),
            ("webhook-timestamp", timestamp),
            ("webhook-signature", signature),
        ],
        body,
    }
}
