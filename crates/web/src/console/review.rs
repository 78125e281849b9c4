//! The review desk: the queue beside one case, taken by one, decided by keyboard alone.

mod case;

use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::order::step::{Seen, StepError};
use ordermill_app::review::desk::{self as work, DeskError};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{Action, OrderNumber};
use ordermill_domain::role::Permission;
use ordermill_pages::Page;
use ordermill_pages::console::order::stepped;
use ordermill_pages::console::review::href;
use ordermill_pages::ui::Toast;
use ordermill_storage::Tx;
use serde::Deserialize;

use self::case::{Refused, page, queue_only};
use super::desk::Desk;
use super::order::{order_of, trouble_of as trouble_of_step};
use super::route::{Needs, Routes};
use super::trouble::Trouble;

/// What the desk asks for.
pub(super) const NEEDS: Needs = Needs::Right(Permission::ChangeStatus);
const HERE: &str = "/console/desk/review";

pub(super) fn routes() -> Routes {
    Routes::default()
        .get(HERE, NEEDS, show)
        .get("/console/desk/review/queue", NEEDS, queue)
        .post("/console/desk/review/next", NEEDS, next)
        .get("/console/desk/review/{number}", NEEDS, show_case)
        .post("/console/desk/review/{number}/claim", NEEDS, claim)
        .post("/console/desk/review/{number}/release", NEEDS, release)
        .post("/console/desk/review/{number}/decide", NEEDS, decide)
}

fn address(id: OrderId) -> String {
    href(&OrderNumber::from(id).to_string())
}

async fn show(desk: Desk) -> Result<Response, Trouble> {
    Ok(Page(page(&desk, None, None).await?).into_response())
}

async fn show_case(desk: Desk, Path(number): Path<String>) -> Result<Response, Trouble> {
    Ok(Page(page(&desk, Some(order_of(&number)?), None).await?).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Current {
    current: String,
}

/// The queue alone, for its refresh.
async fn queue(desk: Desk, Query(asked): Query<Current>) -> Result<Response, Trouble> {
    let page = queue_only(&desk, order_of(&asked.current).ok()).await?;
    Ok(Page(page.as_queue()).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Left {
    left: String,
}

async fn next(desk: Desk, Form(form): Form<Left>) -> Result<Response, Trouble> {
    let left = order_of(&form.left).ok();
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let take = move |tx: &mut Tx<'_>| work::next(tx, &principal, &act, left);
    let found = desk.site.services().database().write(take).await;
    match found.map_err(trouble_of)? {
        Some(order) => Ok(desk.done(&address(order), &Toast::new(desk.t().review_claimed()))),
        None => {
            let back = left.map_or_else(|| HERE.to_owned(), address);
            Ok(desk.done(&back, &Toast::new(desk.t().review_none_free())))
        }
    }
}

async fn claim(desk: Desk, Path(number): Path<String>) -> Result<Response, Trouble> {
    let (id, t) = (order_of(&number)?, desk.t());
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let take = move |tx: &mut Tx<'_>| work::claim(tx, &principal, &act, id).map(drop);
    match desk.site.services().database().write(take).await {
        Ok(()) => Ok(desk.done(&address(id), &Toast::new(t.review_claimed()))),
        Err(DeskError::Taken { .. }) => Ok(desk.done(&address(id), &Toast::new(t.review_taken()))),
        Err(error) => Err(trouble_of(error)),
    }
}

async fn release(desk: Desk, Path(number): Path<String>) -> Result<Response, Trouble> {
    let id = order_of(&number)?;
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let put_back = move |tx: &mut Tx<'_>| work::release(tx, &principal, &act, id);
    desk.site.services().database().write(put_back).await.map_err(trouble_of)?;
    Ok(desk.done(HERE, &Toast::new(desk.t().review_put_back())))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Decision {
    version: i64,
    step: String,
    remark: String,
}

async fn decide(
    desk: Desk,
    Path(number): Path<String>,
    Form(form): Form<Decision>,
) -> Result<Response, Trouble> {
    let (id, t, remark) = (order_of(&number)?, desk.t(), form.remark.trim().to_owned());
    let refused = async |field, text: &str| {
        let wrong = Refused { remark: remark.clone(), field, text: text.to_owned() };
        let page = page(&desk, Some(id), Some(&wrong)).await?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
    };
    let Ok(step) = Action::from_code(&form.step) else {
        return refused("", t.review_choose()).await;
    };
    if !(1..=200).contains(&remark.chars().count()) {
        return refused("remark", t.order_remark_missing()).await;
    }
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(&*remark));
    let seen = Seen { id, version: form.version };
    let take = move |tx: &mut Tx<'_>| work::decide(tx, &principal, &act, seen, step);
    let next = match desk.site.services().database().write(take).await {
        Ok(next) => next,
        Err(StepError::Taken(_)) => {
            return Ok(desk.done(&address(id), &Toast::new(t.review_taken())));
        }
        Err(StepError::Stale(_)) => return Err(Trouble::Stale(address(id))),
        Err(error) => return Err(trouble_of_step(error, id)),
    };
    let told = Toast::new(stepped(step, &OrderNumber::from(id).to_string(), t));
    Ok(desk.done(&next.map_or_else(|| HERE.to_owned(), address), &told))
}

fn trouble_of(error: DeskError) -> Trouble {
    match error {
        DeskError::Forbidden(forbidden) => forbidden.into(),
        DeskError::NoCase(_) => Trouble::NotFound,
        DeskError::Taken { .. } => Trouble::Refused(HERE.to_owned()),
        DeskError::Storage(error) => error.into(),
    }
}
