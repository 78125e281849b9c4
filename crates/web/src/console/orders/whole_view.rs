//! Bulk actions on every order of a view: asked for, started, watched and stopped.

use axum::extract::{Path, Query};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use ordermill_app::bulk::{self, StartBulkError, StopBulkError};
use ordermill_app::once::Key;
use ordermill_app::order::sight::Sight;
use ordermill_domain::actor::Actor;
use ordermill_domain::bulk::State;
use ordermill_domain::ids::{BulkId, OrderId};
use ordermill_domain::order::OrderNumber;
use ordermill_pages::console::Section;
use ordermill_pages::console::bulk::{self as view, BulkPage, BulkRow, BulksPage, Of, RefusalRow};
use ordermill_pages::ui::Toast;
use ordermill_pages::{Page, Part};
use ordermill_storage::bulk::{self as stored, Bulk};
use ordermill_storage::{Error, Tx, channel};
use serde::Deserialize;

use super::bulk::BulkForm;
use super::{Asked, href as list_href};
use crate::console::desk::Desk;
use crate::console::people::Names;
use crate::console::trouble::Trouble;

const ROWS: i64 = 50;
const REFUSALS_SHOWN: usize = 200;

/// Asks before, or starts what was confirmed.
pub(super) async fn begin(desk: &Desk, form: &BulkForm) -> Result<Response, Trouble> {
    let (services, t) = (desk.site.services(), desk.t());
    let asked = read_query(&form.query).ok_or(Trouble::NotFound)?;
    let channels = services.database().read(channel::list).await?;
    let Some(filter) = desk.filter(&asked.chosen(), &channels) else {
        return Ok(desk.done(&list_href(&form.query), &Toast::new(t.orders_bulk_none())));
    };
    let work = match (form.work(t), form.is_confirmed) {
        (Ok(work), true) => work,
        (work, is_confirmed) => {
            let sight = Sight::of(&desk.member.principal)?;
            let narrowed = sight.narrow(filter);
            let figure =
                services.figures().orders(services.database(), &narrowed, desk.now()).await?;
            let key = if form.key.is_empty() { desk.key() } else { form.key.clone() };
            let count = (figure.count, figure.is_more);
            let of = Of::View { query: &form.query, count, key: &key };
            let around = (desk.shell(), desk.frame(Section::Orders));
            let page = view::ask_page(around, form.action, of, &form.remark);
            return Ok(match work {
                Err(errors) if is_confirmed => {
                    (StatusCode::UNPROCESSABLE_ENTITY, Page(page.refused(&errors))).into_response()
                }
                _ => Page(page).into_response(),
            });
        }
    };
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(&form.remark));
    let request = format!("{work:?} {} {}", form.query, form.remark);
    let key = Key::of_form(desk.member.staff().id, "bulk", &form.key, request.as_bytes());
    let start =
        move |tx: &mut Tx<'_>| bulk::start(tx, &principal, &act, key.as_ref(), work, &filter);
    let told = match services.database().write(start).await {
        Ok(id) => {
            let href = view::href(&id.to_string());
            return Ok(desk.done(&href, &Toast::new(t.bulk_started())));
        }
        Err(StartBulkError::TooMany) => t.bulk_too_many(),
        Err(StartBulkError::KeyReused) => t.bulk_form_used(),
        Err(StartBulkError::Forbidden(forbidden)) => return Err(forbidden.into()),
        Err(StartBulkError::Storage(error)) => return Err(error.into()),
    };
    Ok(desk.done(view::HERE, &Toast::new(told)))
}

/// The filters of a list, from its query.
fn read_query(query: &str) -> Option<Asked> {
    let uri: Uri = format!("/?{query}").parse().ok()?;
    Query::try_from_uri(&uri).ok().map(|Query(asked)| asked)
}

fn row(bulk: &Bulk, names: &Names, desk: &Desk) -> BulkRow {
    let t = desk.t();
    BulkRow {
        href: view::href(&bulk.id.to_string()),
        what: view::what(bulk.work.action(), bulk.work.cancel_reason(), t),
        state: view::state(bulk.state, bulk.stop_cause, bulk.refused > 0, t),
        done: bulk.done.unsigned_abs(),
        refused: bulk.refused.unsigned_abs(),
        at: bulk.started_at,
        by: names.actor(&Actor::Staff(bulk.staff), t),
    }
}

pub(super) async fn list(desk: Desk) -> Result<Response, Trouble> {
    let load = |tx: &mut Tx<'_>| {
        let bulks = stored::newest(tx, None, ROWS)?;
        let starters: Vec<Actor> = bulks.iter().map(|bulk| Actor::Staff(bulk.staff)).collect();
        let names = Names::load(tx, &starters)?;
        Ok::<_, Error>((bulks, names))
    };
    let (bulks, names) = desk.site.services().database().snapshot(load).await?;
    let rows = bulks.iter().map(|bulk| row(bulk, &names, &desk)).collect();
    let page = BulksPage { shell: desk.shell(), frame: desk.frame(Section::Orders), rows };
    Ok(Page(page).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct From {
    /// The last order whose refusal was seen.
    after: String,
}

pub(super) async fn show(
    desk: Desk,
    Path(id): Path<BulkId>,
    Query(from): Query<From>,
) -> Result<Response, Trouble> {
    let after = from.after.parse::<OrderId>().ok();
    let load = move |tx: &mut Tx<'_>| {
        let Some(bulk) = stored::fetch(tx, id)? else { return Ok(None) };
        let limit = i64::try_from(REFUSALS_SHOWN + 1).unwrap_or(i64::MAX);
        let refusals = stored::refusals(tx, id, after, limit)?;
        let left = bulk::left(tx, &bulk)?;
        let names = Names::load(tx, [&Actor::Staff(bulk.staff)])?;
        Ok::<_, Error>(Some((bulk, refusals, left, names)))
    };
    let found = desk.site.services().database().snapshot(load).await?;
    let (bulk, mut refusals, left, names) = found.ok_or(Trouble::NotFound)?;
    let (has_more, t) = (refusals.len() > REFUSALS_SHOWN, desk.t());
    refusals.truncate(REFUSALS_SHOWN);
    let next = refusals.last().filter(|_| has_more);
    let page = BulkPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Orders),
        id: id.to_string(),
        row: row(&bulk, &names, &desk),
        next: next.map(|(order, _)| format!("{}?after={order}", view::href(&id.to_string()))),
        reason: bulk.reason,
        ended_at: bulk.ended_at,
        left: (left.count, left.is_more),
        is_running: bulk.state == State::Running,
        refusals: refusals
            .into_iter()
            .map(|(order, refusal)| RefusalRow {
                number: OrderNumber::from(order).to_string(),
                reason: view::refusal(refusal, t),
            })
            .collect(),
    };
    Ok(match desk.visit.part {
        Part::Page => Page(&page).into_response(),
        Part::Fragment => Page(page.as_progress()).into_response(),
    })
}

pub(super) async fn stop(desk: Desk, Path(id): Path<BulkId>) -> Result<Response, Trouble> {
    let (principal, act, t) = (desk.member.principal.clone(), desk.act(), desk.t());
    let stop = move |tx: &mut Tx<'_>| bulk::stop(tx, &principal, &act, id);
    let told = match desk.site.services().database().write(stop).await {
        Ok(true) => t.bulk_was_stopped(),
        Ok(false) => t.bulk_was_over(),
        Err(StopBulkError::NotFound(_)) => return Err(Trouble::NotFound),
        Err(StopBulkError::Forbidden(forbidden)) => return Err(forbidden.into()),
        Err(StopBulkError::Storage(error)) => return Err(error.into()),
    };
    Ok(desk.done(&view::href(&id.to_string()), &Toast::new(told)))
}
