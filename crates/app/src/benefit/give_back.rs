//! The way back: what an order has used up or earned returns when it ends, each once.

use std::collections::BTreeMap;

use ordermill_base::Money;
use ordermill_domain::actor::Act;
use ordermill_domain::gift_card::GiftCard;
use ordermill_domain::ids::{CustomerId, OrderId};
use ordermill_domain::ledger::{Posting, Tender};
use ordermill_domain::order::Facts;
use ordermill_domain::payment::Payment;
use ordermill_domain::points::{Account, points_of_refund};
use ordermill_domain::refund::Refund;
use ordermill_storage::{Error, Tx, coupon, gift_card, ledger, order, points, refund};

use super::claim::checked;

/// After an order has ended, or all of its pieces were given up: its coupons can be used again, and points that it
/// had earned are taken back. Asks nothing of the database for an order without either.
pub(crate) fn release(tx: &mut Tx<'_>, act: &Act, order: &Facts) -> Result<(), Error> {
    if order.coupons > 0 {
        coupon::release(tx, order.id, act.at)?;
    }
    let may_have_earned = order.points_earned > 0 && order.milestones.paid_at.is_some();
    if order.customer.is_none() || !may_have_earned {
        return Ok(());
    }
    let Some((customer, earned)) = points::earned_by(tx, order.id)? else { return Ok(()) };
    let mut accounts = points::lock(tx, &[customer])?;
    let take_back = |account: &mut Account| account.take_back(order.id, earned);
    checked("a points account", accounts.change(act, customer, take_back))?;
    accounts.save(tx)
}

/// Books the points of orders that were paid just now.
pub(crate) fn earn(tx: &mut Tx<'_>, paid: &[(&Act, &Facts)]) -> Result<(), Error> {
    let mut earning: BTreeMap<OrderId, (&Act, CustomerId, i64)> = BTreeMap::new();
    for (act, order) in paid {
        if let Some(customer) = order.customer.filter(|_| order.points_earned > 0) {
            earning.insert(order.id, (*act, customer, order.points_earned));
        }
    }
    if earning.is_empty() {
        return Ok(());
    }
    let customers: Vec<CustomerId> = earning.values().map(|(_, customer, _)| *customer).collect();
    let mut accounts = points::lock(tx, &customers)?;
    for (order, (act, customer, earned)) in earning {
        let earn = |account: &mut Account| account.earn(order, earned);
        checked("a points account", accounts.change(act, customer, earn))?;
    }
    accounts.save(tx)
}

/// Sends a refund of points or of a gift card home, at once: no gateway has to be asked. `granted` is
/// the refund as it was just granted, and `before_minor` what had been granted of its payment before.
pub(crate) fn send_home(
    tx: &mut Tx<'_>,
    act: &Act,
    payment: &Payment,
    tender: Tender,
    granted: Refund,
    before_minor: i64,
) -> Result<Refund, Error> {
    let defect = |error: Box<dyn std::error::Error + Send + Sync>| Error::Defect(error);
    let mut refund = granted;
    let requested = refund.request(act.at).map_err(|error| defect(error.into()))?;
    refund::record(tx, act, &refund, &requested)?;
    let succeeded = refund.succeed(act.at).map_err(|error| defect(error.into()))?;
    let succeeded = succeeded.ok_or(Error::Stale("a refund"))?;
    refund::record(tx, act, &refund, &succeeded)?;
    refund::update(tx, &refund, granted.facts().version, None)?;
    let amount = refund.facts().amount;
    let posting = Posting::tender_refunded(tender, amount).map_err(|error| defect(error.into()))?;
    ledger::post(tx, refund.facts().order, &posting, act.at)?;
    record_refunded(tx, act, refund.facts().order, amount)?;
    match tender {
        Tender::Points => points_home(tx, act, payment, &refund, before_minor)?,
        Tender::GiftCard => card_home(tx, act, payment, &refund)?,
        Tender::Coupon => {}
    }
    Ok(refund)
}

/// The order is locked by whoever grants refunds of it.
fn record_refunded(tx: &mut Tx<'_>, act: &Act, id: OrderId, amount: Money) -> Result<(), Error> {
    let stored = order::fetch_for_update(tx, id)?.ok_or(Error::Stale("an order"))?;
    let mut order = stored.order;
    let before = order.version();
    let event = order.record_refunded(amount.minor, act.at).map_err(Error::defect)?;
    order::update(tx, &order, before)?;
    order::record(tx, act, id, order.version(), &event)
}

fn points_home(
    tx: &mut Tx<'_>,
    act: &Act,
    payment: &Payment,
    refund: &Refund,
    before_minor: i64,
) -> Result<(), Error> {
    let facts = payment.facts();
    let spent = points::of_payment(tx, facts.id)?;
    let (customer, spent) = spent.ok_or(Error::Stale("a payment by points"))?;
    let back_minor = refund.facts().amount.minor;
    let back = points_of_refund(spent, facts.amount.minor, before_minor, back_minor);
    if back == 0 {
        return Ok(());
    }
    let (order, id) = (facts.order, refund.facts().id);
    let mut accounts = points::lock(tx, &[customer])?;
    let give_back = |account: &mut Account| account.give_back(order, id, back);
    checked("a points account", accounts.change(act, customer, give_back))?;
    accounts.save(tx)
}

fn card_home(tx: &mut Tx<'_>, act: &Act, payment: &Payment, refund: &Refund) -> Result<(), Error> {
    let facts = payment.facts();
    let card = gift_card::of_payment(tx, facts.id)?.ok_or(Error::Stale("a gift card"))?;
    let (order, id, minor) = (facts.order, refund.facts().id, refund.facts().amount.minor);
    let mut cards = gift_card::lock(tx, &[card])?;
    let give_back = |card: &mut GiftCard| card.give_back(order, id, minor);
    checked("a gift card", cards.change(act, card, give_back))?;
    cards.save(tx)
}
