//! Notes that colleagues leave at an order.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use ordermill_app::Services;
use ordermill_app::once::Once;
use ordermill_app::order::note::{Note, WriteNoteError, notes, write_note};
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::NoteId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::read::own;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::created::{Created, answer};
use crate::cursor;
use crate::idempotency::key_of;
use crate::params::{Page, PageQuery, Params, PathText, limit};
use crate::problem::{FieldError, Problem};

/// A note.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Note)]
pub struct NoteView {
    /// Its key.
    #[schema(example = "nte_01k2ey4xh0000")]
    pub id: String,
    /// Who wrote it: `staff:…`, `api_key:…`.
    pub actor: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// What it says; null if its key was destroyed.
    pub text: Option<String>,
}

/// A note to be left at an order.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// What it says. It is kept sealed.
    #[schema(min_length = 1, max_length = 500)]
    pub text: String,
}

impl From<Note> for NoteView {
    fn from(note: Note) -> Self {
        let Note { id, actor, at, text } = note;
        Self { id: id.to_string(), actor: actor.to_string(), at: at.to_string(), text }
    }
}

/// List the notes at an order.
///
/// Newest first. People write names and numbers into notes, so this needs the scope `contacts:read`
/// beside `orders:read`.
#[utoipa::path(
    get, path = "/api/v1/orders/{order_id}/notes", tag = "orders", operation_id = "list_order_notes",
    params(
        ("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000"),
        PageQuery,
    ),
    responses((status = 200, description = "A page.", body = Page<NoteView>)),
)]
pub async fn list_order_notes(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<NoteView>>, Problem> {
    caller.require(Scope::ReadContacts)?;
    let limit = limit(query.limit)?;
    let before = query.cursor.as_deref().map(cursor::read::<NoteId>).transpose()?;
    let order = own(&services, &caller, &order_id).await?;
    let vault = services.vault().clone();
    let read =
        move |tx: &mut ordermill_storage::Tx<'_>| notes(tx, &vault, order, before, limit + 1);
    let found = services.database().read(read).await?;
    let cursor = |last: &Note| cursor::write(last.id);
    Ok(Json(Page::of(found, limit, cursor, NoteView::from)))
}

/// Leave a note at an order.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/notes", tag = "orders", operation_id = "write_order_note",
    params(
        ("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128),
    ),
    request_body = NewNote,
    responses((status = 201, description = "It is there; Location is the list that it stands in.", body = Created)),
)]
pub async fn write_order_note(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
    headers: HeaderMap,
    body: JsonBody<NewNote>,
) -> Result<Response, Problem> {
    let order = own(&services, &caller, &order_id).await?;
    let place = format!("/api/v1/orders/{order}/notes");
    let key = key_of(&headers, &caller, &format!("POST {place}"), body.digest)?;
    let (vault, act, text) = (services.vault().clone(), caller.act(&services), body.value.text);
    let write = move |tx: &mut ordermill_storage::Tx<'_>| {
        write_note(tx, &vault, &act, order, &text, Some(&key))
    };
    let made = services.database().write(write).await?;
    let is_replay = matches!(made, Once::Before(_));
    let view = Json(Created { id: made.id().to_string() });
    Ok(answer((StatusCode::CREATED, [(header::LOCATION, place)], view), is_replay))
}

// No `_` arm: a new kind of failure is given its status here.
impl From<WriteNoteError> for Problem {
    fn from(error: WriteNoteError) -> Self {
        match error {
            WriteNoteError::NotFound(_) => {
                Self::new(StatusCode::NOT_FOUND, "order_not_found", &error)
            }
            WriteNoteError::Length => {
                Self::invalid(vec![FieldError::new("/text", "out_of_range", error.to_string())])
            }
            WriteNoteError::Storage(error) => error.into(),
        }
    }
}
