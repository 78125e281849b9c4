//! The journal: everything that happened, newest first, or of one thing from its start.

use axum::Json;
use axum::extract::State;
use ordermill_app::Services;
use ordermill_domain::event::written_id;
use ordermill_domain::ids::EventId;
use ordermill_storage::journal::{self, Entry};
use serde::Serialize;
use utoipa::ToSchema;

use crate::cursor;
use crate::params::{Page, PageQuery, Params, PathId, limit, not_found};
use crate::problem::Problem;

/// One entry of the journal.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = JournalEntry)]
pub struct EntryView {
    /// Its key.
    #[schema(example = "evt_01k2ey4xh0000")]
    pub id: String,
    /// What changed: `order`, `payment`, …
    pub aggregate: String,
    /// Which one.
    #[schema(example = "ord_01k2ey4xh0000")]
    pub subject: String,
    /// 1 for the first change of the thing, without gaps.
    pub sequence: i64,
    /// What happened.
    #[schema(example = "order.placed")]
    pub kind: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who: `staff:stf_…`, `api_key:key_…`, `system:deadline`.
    pub actor: String,
    /// The request that it came with, as found in `X-Request-Id`.
    pub request_id: Option<String>,
    /// The event, without personal data.
    #[schema(value_type = Object)]
    pub event: serde_json::Value,
}

impl From<&Entry> for EntryView {
    fn from(entry: &Entry) -> Self {
        Self {
            id: entry.cursor.position.to_string(),
            aggregate: entry.aggregate.clone(),
            subject: written_id(&entry.aggregate, entry.aggregate_id),
            sequence: entry.sequence,
            kind: entry.kind.clone(),
            at: entry.at.to_string(),
            actor: entry.actor.to_string(),
            request_id: entry.request_id.clone(),
            event: serde_json::from_str(&entry.body).unwrap_or_default(),
        }
    }
}

/// List what happened.
///
/// Newest first. To follow what happens, use the events stream or webhooks.
#[utoipa::path(
    get, path = "/api/v1/journal", tag = "events", operation_id = "list_journal",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<EntryView>)),
)]
pub async fn list_journal(
    State(services): State<Services>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<EntryView>>, Problem> {
    let limit = limit(query.limit)?;
    let before = query.cursor.as_deref().map(cursor::read::<EventId>).transpose()?;
    let found = services.database().read(move |tx| journal::newest(tx, before, limit + 1)).await?;
    let cursor = |last: &Entry| cursor::write(last.cursor.position);
    Ok(Json(Page::of(found, limit, cursor, |entry| EntryView::from(&entry))))
}

/// Read an entry.
#[utoipa::path(
    get, path = "/api/v1/journal/{event_id}", tag = "events", operation_id = "get_journal_entry",
    params(("event_id" = String, Path, description = "Its id.", example = "evt_01k2ey4xh0000")),
    responses((status = 200, description = "It.", body = EntryView)),
)]
pub async fn get_journal_entry(
    State(services): State<Services>,
    PathId(id): PathId<EventId>,
) -> Result<Json<EntryView>, Problem> {
    let found = services.database().read(move |tx| journal::fetch(tx, id)).await?;
    found.map(|entry| Json(EntryView::from(&entry))).ok_or_else(|| not_found("event"))
}
