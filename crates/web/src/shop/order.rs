//! One order, `/orders/{number}`, and canceling it.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Form, Router};
use ordermill_app::order::cancel::{CancelOrderError, cancel_order};
use ordermill_app::order::detail::OrderDetail;
use ordermill_app::order::file::FileError;
use ordermill_app::order::timeline as happenings;
use ordermill_app::permission::{About, Buyer, Principal, authorize};
use ordermill_app::shipment::tracking_page;
use ordermill_base::Money;
use ordermill_domain::actor::Act;
use ordermill_domain::event::Event;
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{
    Action, CancelReason, DisplayStatus, OrderNumber, PaymentTerms, Status, replaced,
};
use ordermill_domain::payment::PaymentStatus;
use ordermill_domain::refund;
use ordermill_domain::role::Permission;
use ordermill_domain::shipment::State;
use ordermill_pages::shop::order::{Allowed, OrderLine, OrderPage, Parcel};
use ordermill_pages::states::{self, CANCEL_REASONS, history};
use ordermill_pages::ui::{Badge, Progress, Step, Steps, Timeline, Tone, TotalLine, Totals};
use ordermill_pages::{Icon, Page, Part, Words};
use ordermill_storage::journal::Entry;
use ordermill_storage::{Error, Tx};
use serde::Deserialize;

use super::{Answer, Here, Trouble, goods, guest, pay};
use crate::Site;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/orders/{number}", get(show))
        .route("/orders/{number}/cancel", post(cancel))
}

/// The order of this number, if it is the visitor's to see.
pub(super) async fn load(here: &Here, number: &str) -> Result<OrderDetail, Trouble> {
    let (detail, ()) = load_with(here, number, |_, _| Ok(())).await?;
    Ok(detail)
}

/// As [`load`], with more that is read over the same view of the database.
async fn load_with<T: Send + 'static>(
    here: &Here,
    number: &str,
    more: impl FnOnce(&mut Tx<'_>, OrderId) -> Result<T, Error> + Send + 'static,
) -> Result<(OrderDetail, T), Trouble> {
    let id = OrderNumber::parse(number).map_err(|_| Trouble::NotFound)?.order_id();
    let read = here.services().database().snapshot(move |tx| {
        let Some(detail) = OrderDetail::load(tx, id)? else { return Ok(None) };
        Ok::<_, Error>(Some((detail, more(tx, id)?)))
    });
    let (detail, more) = read.await?.ok_or(Trouble::NotFound)?;
    let about = About {
        order: Some(id),
        customer: detail.stored.order.facts().customer,
        ..About::default()
    };
    let mut principal = here.principal();
    if !principal.owns(&about) && guest::knows(here, id) {
        principal = Principal::Buyer(Buyer::Guest(id));
    }
    authorize(&principal, Permission::ReadOrders, &about).map_err(|_| Trouble::NotFound)?;
    Ok((detail, more))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Of a link in a message.
    token: Option<String>,
    /// The version that the page shows already.
    seen: Option<i64>,
}

async fn show(here: Here, Path(number): Path<String>, Query(asked): Query<Asked>) -> Answer {
    if let Some(token) = asked.token {
        return by_link(&here, &number, &token);
    }
    let (detail, happened) = load_with(&here, &number, happenings::of_order).await?;
    let mut page = page(&here, &detail, &happened);
    Ok(match here.visit.part {
        Part::Page => Page(page).into_response(),
        Part::Fragment => {
            page.has_news = asked.seen != Some(detail.stored.order.facts().version);
            Page(page.as_live()).into_response()
        }
    })
}

/// The token of a link goes into a cookie, so that it does not stand in the address any longer.
fn by_link(here: &Here, number: &str, token: &str) -> Answer {
    let number = OrderNumber::parse(number).map_err(|_| Trouble::NotFound)?;
    let id = number.order_id();
    ordermill_app::shopper::guest(here.services().vault(), id, token, here.now)
        .ok_or(Trouble::NotFound)?;
    let to_order = Redirect::to(&format!("/orders/{number}"));
    Ok(guest::keeping(here, id, token, to_order))
}

#[derive(Debug, Deserialize)]
struct CancelForm {
    version: i64,
    #[serde(default)]
    reason: String,
}

async fn cancel(here: Here, Path(number): Path<String>, Form(form): Form<CancelForm>) -> Answer {
    let detail = load(&here, &number).await?;
    let (id, t) = (detail.stored.order.id(), here.t());
    if detail.stored.order.status() != Status::Canceled
        && detail.stored.order.facts().version != form.version
    {
        return Err(Trouble::order_changed(t.order_moved_on(), detail.number));
    }
    // What else is sent is not kept.
    let reason = CANCEL_REASONS.into_iter().find(|reason| *reason == form.reason);
    let reason = reason.map(str::to_owned);
    let act = Act { reason, ..here.act() };
    let write = move |tx: &mut Tx<'_>| cancel_order(tx, &act, id, CancelReason::Buyer).map(drop);
    match here.services().database().write(write).await {
        Ok(()) => Ok(Redirect::to(&format!("/orders/{}", detail.number)).into_response()),
        Err(CancelOrderError::File(FileError::Refused(_))) => {
            Err(Trouble::order_changed(t.cannot_cancel(), detail.number))
        }
        Err(CancelOrderError::File(FileError::Storage(error))) => Err(error.into()),
        Err(error) => Err(Trouble::failed(error)),
    }
}

fn page(here: &Here, detail: &OrderDetail, happened: &[Entry]) -> OrderPage {
    let t = here.t();
    let order = &detail.stored.order;
    let facts = order.facts();
    let display = detail.display_status();
    let (headline, headline_note) = headline(here, detail, display);
    let is_over = matches!(display, DisplayStatus::Canceled);
    let is_closed = is_over || matches!(display, DisplayStatus::Archived);
    let waits = order.allows(Action::Pay);
    OrderPage {
        number: detail.number.to_string(),
        placed_at: facts.milestones.placed_at,
        version: facts.version.unsigned_abs(),
        headline,
        headline_note,
        badges: badges(detail, display, t),
        steps: (!is_over).then(|| steps(here, detail, display)),
        pay_within: waits.then(|| pay::time_left(here, detail)),
        allowed: Allowed { cancel: order.allows(Action::Cancel), ..Allowed::default() },
        lines: lines(here, detail),
        totals: totals(detail, t),
        parcels: parcels(here, detail),
        recipient: recipient(here, detail),
        timeline: timeline(here, detail, happened),
        is_live: !is_closed,
        has_news: false,
        frame: here.frame(),
        shell: here.shell(),
    }
}

/// The parcels with a label, each with the way to its tracking page.
fn parcels(here: &Here, detail: &OrderDetail) -> Vec<Parcel> {
    let t = here.t();
    let token = tracking_page::token(here.services().vault(), detail.stored.order.id());
    let in_use = detail.shipments.iter().filter(|it| it.shipment.state() != State::Voided);
    let parcel = |stored: &ordermill_storage::shipment::Stored| {
        let facts = stored.shipment.facts();
        let carrier = detail.carriers.iter().find(|(id, _)| *id == facts.terms.carrier);
        Parcel {
            carrier: carrier.map_or(String::new(), |(_, name)| here.text(name).to_owned()),
            tracking_number: facts.terms.waybill.clone(),
            badge: states::shipment::state(facts.state, t),
            href: format!("/t/{token}"),
        }
    };
    in_use.map(parcel).collect()
}

/// State of the order, and of its money where that says more.
fn badges(detail: &OrderDetail, display: DisplayStatus, t: Words) -> Vec<Badge> {
    let mut badges = vec![states::order(display, t)];
    let money = detail.payment_status();
    let is_over = display == DisplayStatus::Canceled;
    let says_more = match money {
        PaymentStatus::Unpaid => false,
        PaymentStatus::CodDue => !is_over,
        _ => true,
    };
    badges.extend(says_more.then(|| states::payment_status(money, t)));
    badges
}

/// What matters now, and a sentence about it.
fn headline(here: &Here, detail: &OrderDetail, display: DisplayStatus) -> (String, String) {
    let t = here.t();
    let facts = detail.stored.order.facts();
    let note = match (facts.terms, facts.backordered) {
        (_, true) => t.headline_backordered_note(),
        (PaymentTerms::CashOnDelivery, _) => t.headline_cash_note(),
        _ => "",
    };
    match display {
        DisplayStatus::Canceled => (t.headline_canceled().to_owned(), canceled_note(detail, t)),
        DisplayStatus::ToPay => {
            (t.headline_to_pay().to_owned(), t.headline_to_pay_note().to_owned())
        }
        DisplayStatus::InReview | DisplayStatus::Intercepted => {
            (t.headline_in_review().to_owned(), note.to_owned())
        }
        DisplayStatus::PartlyShipped | DisplayStatus::Shipped => {
            (t.headline_shipped().to_owned(), note.to_owned())
        }
        DisplayStatus::Delivered
        | DisplayStatus::Completed
        | DisplayStatus::AfterSale
        | DisplayStatus::Archived => (t.headline_delivered().to_owned(), String::new()),
        DisplayStatus::ToProcess | DisplayStatus::ToShip | DisplayStatus::ToHandOver => {
            let headline = match pay::arrives_on(here, detail) {
                Some(day) => t.headline_confirmed(day),
                None => t.headline_confirmed_open().to_owned(),
            };
            (headline, note.to_owned())
        }
    }
}

/// What became of the money of a canceled order.
fn canceled_note(detail: &OrderDetail, t: Words) -> String {
    let currency = detail.stored.order.facts().amounts.currency;
    let sum = |is_back: bool| {
        let refunds = detail.refunds.iter().map(|refund| refund.facts());
        let owed = refunds.filter(|it| it.state != refund::State::Withdrawn);
        let these = owed.filter(|it| (it.state == refund::State::Succeeded) == is_back);
        Money::new(these.map(|it| it.amount.minor).sum(), currency)
    };
    match (sum(false), sum(true)) {
        (coming, _) if coming.minor > 0 => t.canceled_refund_note(coming),
        (_, back) if back.minor > 0 => t.canceled_refunded_note(back),
        _ => t.canceled_unpaid_note().to_owned(),
    }
}

/// From the order to the door. A step is done when its moment is known.
fn steps(here: &Here, detail: &OrderDetail, display: DisplayStatus) -> Steps {
    let t = here.t();
    let shell = here.shell();
    let facts = detail.stored.order.facts();
    let milestones = facts.milestones;
    let is_cash = facts.terms == PaymentTerms::CashOnDelivery;
    let is_shipped = matches!(
        display,
        DisplayStatus::PartlyShipped
            | DisplayStatus::Shipped
            | DisplayStatus::Delivered
            | DisplayStatus::Completed
            | DisplayStatus::AfterSale
            | DisplayStatus::Archived
    );
    let mut all = vec![(Icon::Cart, t.step_ordered(), Some(milestones.placed_at), true)];
    if !is_cash {
        let paid_at = milestones.paid_at;
        all.push((Icon::Card, t.step_paid(), paid_at, paid_at.is_some()));
    }
    let shipped_at = milestones.shipped_at;
    all.push((Icon::Package, t.step_prepared(), None, is_shipped));
    all.push((Icon::Truck, t.step_shipped(), shipped_at, is_shipped));
    let delivered_at = milestones.completed_at;
    all.push((Icon::CircleCheck, t.step_delivered(), delivered_at, delivered_at.is_some()));
    let now = all.iter().position(|(.., is_done)| !is_done).unwrap_or(all.len());
    let steps = all.into_iter().enumerate().map(|(at, (icon, label, moment, is_done))| Step {
        progress: match is_done {
            true => Progress::Done,
            false if at == now => Progress::Now,
            false => Progress::Ahead,
        },
        icon,
        label: label.to_owned(),
        note: moment.filter(|_| is_done).map(|at| shell.moment(&at)).unwrap_or_default(),
    });
    Steps { t, steps: steps.collect() }
}

fn lines(here: &Here, detail: &OrderDetail) -> Vec<OrderLine> {
    let t = here.t();
    let currency = detail.stored.order.facts().amounts.currency;
    let is_over = detail.stored.order.status() == Status::Canceled;
    let line = |line: &ordermill_domain::order::OrderLine| {
        let terms = line.terms;
        let sku = here.catalog.sku(terms.sku)?;
        let pieces = line.pieces();
        let replaced = replaced(&detail.lines, terms.line_no);
        let find = |number: u16| detail.lines.iter().find(|it| it.terms.line_no == number);
        let in_place_of = terms.stands_for.and_then(find);
        let in_place_of = in_place_of.and_then(|line| here.catalog.sku(line.terms.sku));
        let badge = if pieces.canceled == terms.quantity.get() && !is_over {
            let word = if replaced > 0 { t.line_replaced() } else { t.line_canceled() };
            Some(Badge::new(Tone::Grey, Icon::Ban, word))
        } else {
            let waits = pieces.backordered > 0;
            waits.then(|| Badge::new(Tone::Amber, Icon::Hourglass, t.line_waits()))
        };
        Some(OrderLine {
            sku: sku.code.clone(),
            art: goods::art_of(sku),
            name: goods::name_of(here, sku),
            spec: goods::spec_of(here, sku),
            price: Money::new(terms.unit_price_minor, currency),
            quantity: terms.quantity.get().unsigned_abs(),
            total: Money::new(terms.unit_price_minor * terms.quantity.get(), currency),
            is_gift: terms.is_gift(),
            in_place_of: in_place_of.map(|sku| goods::name_of(here, sku)).unwrap_or_default(),
            badge,
        })
    };
    detail.lines.iter().filter_map(line).collect()
}

fn totals(detail: &OrderDetail, t: Words) -> Totals {
    let facts = detail.stored.order.facts();
    let amounts = facts.amounts;
    let money = |minor: i64| Money::new(minor, amounts.currency);
    let mut lines = vec![TotalLine::new(t.goods_sum(), money(amounts.goods_minor))];
    if amounts.discount_minor > 0 {
        lines.push(TotalLine::new(t.discount_sum(), money(-amounts.discount_minor)));
    }
    let freight = TotalLine::new(t.freight(), money(amounts.freight_minor));
    lines.push(TotalLine { free: t.free().to_owned(), ..freight });
    let on_top =
        amounts.total_minor - amounts.goods_minor + amounts.discount_minor - amounts.freight_minor;
    if on_top > 0 {
        lines.push(TotalLine::new(t.tax_on_top(), money(on_top)));
    }
    let label = match detail.payment_status() {
        PaymentStatus::Paid => t.total_paid(),
        PaymentStatus::CodDue if facts.status.is_open() => t.total_due_at_door(),
        PaymentStatus::Unpaid if facts.status.is_open() => t.to_pay(),
        _ => t.order_total(),
    };
    Totals { lines, label: label.to_owned(), total: money(amounts.total_minor) }
}

/// Masked, also for its owner: a page may be left open where others look.
fn recipient(here: &Here, detail: &OrderDetail) -> Vec<(String, String)> {
    let t = here.t();
    let (id, sealed) = (detail.stored.order.id(), &detail.stored.recipient);
    let Ok(masked) = here.services().vault().mask_recipient(id, sealed) else {
        return Vec::new();
    };
    let mut rows = vec![
        (t.recipient().to_owned(), masked.name),
        (t.phone().to_owned(), masked.phone),
        (t.address().to_owned(), masked.address),
    ];
    rows.extend(masked.email.map(|email| (t.email().to_owned(), email)));
    rows.extend(delivery(here, detail));
    rows
}

/// How it is brought and by when, as far as that was wished or promised.
fn delivery(here: &Here, detail: &OrderDetail) -> impl Iterator<Item = (String, String)> {
    let (t, facts) = (here.t(), detail.stored.order.facts());
    let service = facts.service_wish.map(|wish| states::shipment::service(wish, t).to_owned());
    let is_open = facts.milestones.ended_at.is_none();
    let day = facts.promised_by_on.filter(|_| is_open).map(|on| goods::day(here, on));
    let service = service.map(|name| (t.delivery().to_owned(), name));
    service.into_iter().chain(day.map(|day| (t.promised_by().to_owned(), day)))
}

/// The milestones, newest first.
fn timeline(here: &Here, detail: &OrderDetail, happened: &[Entry]) -> Timeline {
    let (t, shell) = (here.t(), here.shell());
    let currency = detail.stored.order.facts().amounts.currency;
    let moments = happened.iter().rev().filter_map(|entry| {
        let event = Event::from_json(&entry.kind, &entry.body).ok()?;
        Some(history::moment(&event, currency, shell.moment(&entry.at), t))
    });
    Timeline { moments: moments.filter(|moment| moment.is_public).collect() }
}
