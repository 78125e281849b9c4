//! The points of a buyer, found by phone, mail address or id. What is typed is sent in the body of a
//! form, so that no phone number stands in an address.

use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use ordermill_app::points::points_statement;
use ordermill_domain::ids::CustomerId;
use ordermill_domain::order::OrderNumber;
use ordermill_pages::Page;
use ordermill_pages::console::Section;
use ordermill_pages::console::order::href as order_href;
use ordermill_pages::console::points::{self as view, PointsPage, PointsRow, Statement};
use ordermill_pages::console::promotions::{Part, parts};
use ordermill_storage::{Error, Tx, customer};
use serde::Deserialize;

use super::CHANGE;
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::Routes;
use crate::console::trouble::Trouble;

const HERE: &str = "/console/promotions/points";
const ROWS: usize = 50;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/promotions/points", CHANGE, ask)
        .post("/console/promotions/points", CHANGE, look_up)
        .get("/console/promotions/points/{customer}", CHANGE, show)
}

fn page(desk: &Desk, is_unknown: bool, statement: Option<Statement>) -> PointsPage {
    PointsPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Promotions),
        parts: parts(Part::Points, desk.t()),
        q: String::new(),
        is_unknown,
        statement,
    }
}

async fn ask(desk: Desk) -> Response {
    Page(page(&desk, false, None)).into_response()
}

async fn look_up(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let typed = pairs.one("q");
    let id: Option<CustomerId> = typed.parse().ok();
    let blind = desk.site.services().vault().contact_index(&typed);
    let is_mail = typed.contains('@');
    let find = move |tx: &mut Tx<'_>| match (id, blind) {
        (Some(id), _) => customer::fetch(tx, id),
        (None, Some(blind)) if is_mail => customer::find_by_email(tx, blind),
        (None, Some(blind)) => customer::find_by_phone(tx, blind),
        (None, None) => Ok(None),
    };
    match desk.site.services().database().read(find).await? {
        Some(found) => Ok(Redirect::to(&format!("{HERE}/{}", found.id)).into_response()),
        None => Ok((StatusCode::NOT_FOUND, Page(page(&desk, true, None))).into_response()),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    before: Option<i64>,
}

async fn show(
    desk: Desk,
    Path(id): Path<CustomerId>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let t = desk.t();
    let read = move |tx: &mut Tx<'_>| {
        if customer::fetch(tx, id)?.is_none() {
            return Ok(None);
        }
        let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
        Ok::<_, Error>(Some(points_statement(tx, id, asked.before, limit)?))
    };
    let found = desk.site.services().database().snapshot(read).await?;
    let (account, mut lines) = found.ok_or(Trouble::NotFound)?;
    let has_more = lines.len() > ROWS;
    lines.truncate(ROWS);
    let next = lines
        .last()
        .filter(|_| has_more)
        .map(|last| format!("{HERE}/{id}?before={}", last.sequence));
    let rows = lines.iter().map(|line| PointsRow {
        at: line.at,
        why: view::movement(line.movement, t).to_owned(),
        order: line.order.map(|order| {
            let number = OrderNumber::from(order).to_string();
            let href = order_href(&number);
            (number, href)
        }),
        points: line.points,
    });
    let statement = Statement {
        customer: id.to_string(),
        balance: account.balance(),
        owed: account.facts().owed,
        rows: rows.collect(),
        next,
    };
    Ok(Page(page(&desk, false, Some(statement))).into_response())
}
