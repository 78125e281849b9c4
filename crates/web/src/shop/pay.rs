//! Paying: to the gateway's page and back, `/orders/{number}/pay` and `/orders/{number}/payment`.
//!
//! A form of ours may lead to our own pages only, also by way of redirects. So the button leads to a
//! page of ours, and that page leads on to the gateway.

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use ordermill_app::order::detail::OrderDetail;
use ordermill_app::payment::learn::CheckPaymentError;
use ordermill_app::payment::start::{StartPaymentError, StartedPayment};
use ordermill_base::{Money, Span};
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{OrderId, PaymentId};
use ordermill_domain::order::{Action, OrderNumber, Status};
use ordermill_domain::payment::State;
use ordermill_pages::shop::payment::{Outcome, PaymentPage};
use ordermill_pages::ui::Remaining;
use ordermill_pages::{Page, Part, Words};

use super::order::load;
use super::{Answer, Here, Trouble, goods};
use crate::Site;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/orders/{number}/pay", get(leave).post(pay))
        .route("/orders/{number}/payment", get(result))
}

/// What buyers call a gateway.
pub(super) fn gateway_name(name: &str, t: Words) -> String {
    match name {
        "sandbox" => t.pay_online(t.pick("演示沙箱", "demo sandbox")),
        other => t.pay_online(other),
    }
}

/// Starts a payment and leads to the page that leads to the gateway.
pub(super) async fn start(here: &Here, order: OrderId, gateway: &str) -> Answer {
    let number = OrderNumber::from(order);
    let started = here.services().start_payment(here.act(), order, gateway, None).await;
    let to = |path: &str| Redirect::to(&format!("/orders/{number}{path}")).into_response();
    match started {
        Ok(StartedPayment::Redirect { .. }) => Ok(to("/pay")),
        // The page of the result waits for the gateway's answer, or tells of its refusal.
        Ok(StartedPayment::Pending { .. }) | Err(StartPaymentError::Refused { .. }) => {
            Ok(to("/payment"))
        }
        Err(StartPaymentError::NotPayable(_)) => Ok(to("")),
        Err(StartPaymentError::OrderNotFound(_)) => Err(Trouble::NotFound),
        Err(StartPaymentError::Storage(error)) => Err(error.into()),
        Err(error @ StartPaymentError::UnknownGateway(_)) => Err(Trouble::failed(error)),
    }
}

async fn pay(here: Here, Path(number): Path<String>) -> Answer {
    let detail = load(&here, &number).await?;
    // Once chosen, the gateway stays; it is asked for again in the checkout only.
    let before = detail.payments.last().map(|payment| payment.facts().gateway.clone());
    let gateways = here.services().payments().gateways();
    let usual = || gateways.usual().map(str::to_owned);
    let gateway = before.filter(|name| gateways.get(name).is_some()).or_else(usual);
    let Some(gateway) = gateway else {
        let reason = here.t().no_way_to_pay();
        return Err(Trouble::order_changed(reason, detail.number));
    };
    start(&here, detail.stored.order.id(), &gateway).await
}

/// The page that leads on to the gateway's.
async fn leave(here: Here, Path(number): Path<String>) -> Answer {
    let detail = load(&here, &number).await?;
    let open = detail.payments.iter().rev().find(|payment| payment.state().is_open());
    let url = match open.filter(|_| detail.stored.order.allows(Action::Pay)) {
        Some(open) => redirect_url(&here, open.facts().id).await?,
        None => None,
    };
    match url {
        Some(pay_at) => Ok(Page(page(&here, &detail, Outcome::Leaving { pay_at })).into_response()),
        None => Ok(to_result(detail.number)),
    }
}

fn to_result(number: OrderNumber) -> Response {
    Redirect::to(&format!("/orders/{number}/payment")).into_response()
}

async fn redirect_url(here: &Here, id: PaymentId) -> Result<Option<String>, Trouble> {
    let read =
        move |tx: &mut ordermill_storage::Tx<'_>| ordermill_storage::payment::redirect_url(tx, id);
    Ok(here.services().database().read(read).await?)
}

/// Where the gateway sends the buyer back to: it is asked what became of the payment, because the
/// way back proves nothing.
async fn result(here: Here, Path(number): Path<String>) -> Answer {
    let mut detail = load(&here, &number).await?;
    if let Some(payment) = detail.payments.last().filter(|payment| payment.state().is_open()) {
        let id = payment.facts().id;
        match here.services().payments().check_payment(&here.act(), id).await {
            Ok(_) => detail = load(&here, &number).await?,
            Err(CheckPaymentError::Storage(error)) => return Err(error.into()),
            Err(error) => tracing::warn!(payment.id = %id, %error, "a payment is not checked"),
        }
    }
    let Some(outcome) = outcome(&here, &detail).await? else {
        return Ok(Redirect::to(&format!("/orders/{}", detail.number)).into_response());
    };
    let page = page(&here, &detail, outcome);
    Ok(match here.visit.part {
        Part::Page => Page(page).into_response(),
        Part::Fragment => Page(page.as_outcome()).into_response(),
    })
}

/// How it went; `None` if this order has no payment to tell of.
async fn outcome(here: &Here, detail: &OrderDetail) -> Result<Option<Outcome>, Trouble> {
    let facts = detail.stored.order.facts();
    let is_over = matches!(facts.status, Status::Canceled | Status::Rejected);
    if facts.milestones.paid_at.is_some() && !is_over {
        let arrives_on = arrives_on(here, detail);
        return Ok(Some(Outcome::Paid { arrives_on }));
    }
    if !detail.stored.order.allows(Action::Pay) {
        return Ok(None);
    }
    let Some(last) = detail.payments.last() else { return Ok(None) };
    let left = time_left(here, detail);
    let reason = |t: Words| match last.state() {
        State::Expired => t.pay_expired_reason(),
        State::Voided => t.pay_voided_reason(),
        _ => t.pay_declined_reason(),
    };
    Ok(Some(if last.state().is_open() {
        Outcome::Waiting { pay_at: redirect_url(here, last.facts().id).await?, left }
    } else {
        Outcome::Failed { reason: reason(here.t()).to_owned(), left }
    }))
}

/// How long the order waits for its money.
pub(super) fn time_left(here: &Here, detail: &OrderDetail) -> Remaining {
    let due = detail.deadlines.iter().find(|(kind, ..)| *kind == DeadlineKind::Pay);
    let due_at = due.map_or(here.now, |(_, due_at, _)| *due_at);
    Remaining::new(due_at, here.now, Span::hours(1), here.t())
}

/// The day by which a confirmed order arrives as it was promised, in words.
pub(super) fn arrives_on(here: &Here, detail: &OrderDetail) -> Option<String> {
    detail.stored.order.facts().expected_by_on().map(|day| goods::day(here, day))
}

fn page(here: &Here, detail: &OrderDetail, outcome: Outcome) -> PaymentPage {
    let facts = detail.stored.order.facts();
    let minor = match outcome {
        Outcome::Paid { .. } => facts.amounts.total_minor,
        _ => detail.to_pay_minor(),
    };
    PaymentPage {
        order_number: detail.number.to_string(),
        amount: Money::new(minor, facts.amounts.currency),
        outcome,
        frame: here.frame(),
        shell: here.shell(),
    }
}
