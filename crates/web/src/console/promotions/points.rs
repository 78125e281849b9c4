//! The points of a buyer, found by phone, mail address or id, and set right. What is typed is sent in the body of a
//! form, so that no phone number stands in an address.

use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use ordermill_app::approval::{Decision, decide_once};
use ordermill_app::once::{Key, OnceError};
use ordermill_app::points::{
    AdjustPointsError, POINTS_AT_ONCE_MAX, ProposePointsError, points_statement, propose_points,
};
use ordermill_domain::ids::CustomerId;
use ordermill_domain::order::OrderNumber;
use ordermill_domain::points::PointsError;
use ordermill_pages::Page;
use ordermill_pages::console::Section;
use ordermill_pages::console::order::href as order_href;
use ordermill_pages::console::points::{
    self as view, PointsEntered, PointsForm, PointsPage, PointsRow, Statement,
};
use ordermill_pages::console::promotions::{Part, parts};
use ordermill_pages::format::grouped;
use ordermill_pages::ui::Toast;
use ordermill_storage::{Error, Tx, customer};
use serde::Deserialize;

use super::{CHANGE, points_of};
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
        .post("/console/promotions/points/{customer}", CHANGE, adjust)
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
    let form = PointsForm::new(&PointsEntered::default(), &[], desk.key(), desk.t());
    Ok(Page(statement(&desk, id, &asked, form).await?).into_response())
}

/// Gives points, takes some away, or asks a second person.
async fn adjust(
    desk: Desk,
    Path(id): Path<CustomerId>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, text) = (desk.t(), pairs.one("key"));
    let entered = PointsEntered { points: pairs.one("points"), reason: pairs.one("reason") };
    let out_of_range = || ("points", t.points_wrong(grouped(POINTS_AT_ONCE_MAX.unsigned_abs())));
    let points: Option<i64> = entered.points.parse().ok();
    let mut wrong = Vec::new();
    if points.is_none() {
        wrong.push(out_of_range());
    }
    if entered.reason.is_empty() || entered.reason.chars().count() > 200 {
        wrong.push(("reason", t.order_remark_missing().to_owned()));
    }
    if let Some(points) = points.filter(|_| wrong.is_empty()) {
        let (principal, act) = (desk.member.principal.clone(), desk.act_because(&*entered.reason));
        let staff = desk.member.staff().id;
        let request = format!("{id} {}", pairs.entered());
        let key = Key::of_form(staff, "points", &text, request.as_bytes());
        let work = move |tx: &mut Tx<'_>| {
            decide_once(tx, key.as_ref(), act.at, |tx| {
                propose_points(tx, &principal, &act, id, points)
            })
        };
        let decided = desk.site.services().database().write(work).await;
        let error = match decided.map(|decided| decided.decision) {
            Ok(Decision::Done(_)) => {
                return Ok(desk.done(&points_of(id), &Toast::new(t.points_booked())));
            }
            Ok(Decision::AwaitsApproval(task)) => return Ok(desk.waits(task)),
            Err(OnceError::KeyReused) => return Err(Trouble::Refused(points_of(id))),
            Err(OnceError::Other(error)) => error,
        };
        wrong.push(match error {
            ProposePointsError::Forbidden(forbidden) => return Err(forbidden.into()),
            ProposePointsError::Adjust(AdjustPointsError::NotFound(_)) => {
                return Err(Trouble::NotFound);
            }
            ProposePointsError::Adjust(AdjustPointsError::Storage(error)) => {
                return Err(error.into());
            }
            ProposePointsError::AnotherWaits(_) => ("", t.approval_another().to_owned()),
            ProposePointsError::Adjust(AdjustPointsError::Refused(PointsError::NotEnough {
                balance,
                ..
            })) => ("points", t.points_too_few(balance)),
            ProposePointsError::OutOfRange | ProposePointsError::Adjust(_) => out_of_range(),
        });
    }
    let form = PointsForm::new(&entered, &wrong, text, t);
    let page = statement(&desk, id, &Asked::default(), form).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

async fn statement(
    desk: &Desk,
    id: CustomerId,
    asked: &Asked,
    form: PointsForm,
) -> Result<PointsPage, Trouble> {
    let (t, before) = (desk.t(), asked.before);
    let read = move |tx: &mut Tx<'_>| {
        if customer::fetch(tx, id)?.is_none() {
            return Ok(None);
        }
        let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
        Ok::<_, Error>(Some(points_statement(tx, id, before, limit)?))
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
        form,
    };
    Ok(page(desk, false, Some(statement)))
}
