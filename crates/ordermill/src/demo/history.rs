//! The ninety days before the demo: every step of the plan by its real command, as of its moment.
//!
//! The steps run one after another in the order of time, a few hundred in one transaction: ids,
//! journal and stock then grow as they would have on the way. An order that finds no stock was never
//! placed; what was sold is brought again by suppliers, as far as it goes by the dozen.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use ordermill_app::benefit::{Holder, look_up};
use ordermill_app::cart::{self, Change};
use ordermill_app::catalog::Catalog;
use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::intake::{Agreed, Benefits, Intake, NewLine, NewOrder};
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::payment::refund_order::{RefundOrder, refund_order};
use ordermill_app::payment::take_over::{PaidBefore, take_over_payment, take_over_refunds};
use ordermill_app::permission::Principal;
use ordermill_app::privacy::Vault;
use ordermill_app::shopper::profile;
use ordermill_app::stock::{Lot, Spot, receive_stock};
use ordermill_app::{Services, replenishment, scheduler};
use ordermill_base::{Currency, Money, Quantity, Span, Timestamp};
use ordermill_demo::Merchant;
use ordermill_demo::history::{Outcome, PastOrder};
use ordermill_demo::people::Customer;
use ordermill_demo::traffic::Tender;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{CartId, ChannelId, CustomerId, LocationId, OrderId, SkuId};
use ordermill_domain::order::{CancelReason, PaymentTerms, Status};
use ordermill_storage::{BatchCommand as _, Tx, deadline, order, payment, points, stock};

use super::road::{Books, Road};
use super::{buyers, shipped};
use crate::partners::MERCHANT;

/// Steps in one transaction.
const AT_ONCE: usize = 250;
/// Suppliers come so often.
const DELIVERIES_EVERY: Span = Span::days(6);
/// Nobody drives to the warehouse for fewer pieces.
const DELIVERED_MIN: i64 = 6;
/// How long after a cancel the money is back.
const REFUND_TAKES: Span = Span::minutes(4);
/// Trucks come so often, from when the shop opened.
const TRUCKS_EVERY: Span = Span::hours(8);
/// Carriers are heard of so often.
const NEWS_EVERY: Span = Span::hours(2);

/// Of the last days the carts are there as well, also those that were left behind.
const CARTS_SINCE: Span = Span::days(2);
/// Every so many orders their buyer pays with the points that they have.
const PAYS_WITH_POINTS_EVERY: usize = 9;

/// Where the orders of the past were paid.
const GATEWAY: &str = "sandbox";

/// What came of the plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) customers: usize,
    pub(super) orders: usize,
    pub(super) paid: usize,
    pub(super) canceled: usize,
    pub(super) shipped: usize,
    pub(super) expired: u64,
    /// Whose price a coupon lowered.
    pub(super) with_coupons: usize,
    /// That points paid for in part.
    pub(super) with_points: usize,
    /// After which money went back.
    pub(super) refunded: usize,
    /// Found no stock, or cannot be priced or delivered.
    pub(super) refused: usize,
}

/// Runs the whole plan up to `until`. `progress` hears how many of how many steps are done.
pub(super) fn make(
    services: &Services,
    merchant: &Arc<Merchant>,
    orders: Vec<PastOrder>,
    (opened_at, until): (Timestamp, Timestamp),
    progress: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<Made> {
    let steps = plan(services, merchant, &orders, (opened_at, until));
    let stage = Arc::new(Stage {
        merchant: Arc::clone(merchant),
        catalog: services.catalog(),
        vault: services.vault().clone(),
        shop: services.channels().shop,
        until,
        road: Road::new(services)?,
        orders,
        steps,
    });
    let total = stage.steps.len();
    let mut known = Known::default();
    for from in (0..total).step_by(AT_ONCE) {
        let upto = (from + AT_ONCE).min(total);
        let (stage, before) = (Arc::clone(&stage), known.clone());
        // A batch that is run again starts from what was known before it.
        known = services.database().write_blocking(move |tx| {
            let mut known = before.clone();
            stage.steps[from..upto].iter().try_for_each(|step| stage.run(tx, &mut known, *step))?;
            Ok::<_, anyhow::Error>(known)
        })?;
        progress(upto as u64, total as u64);
    }
    let catalog = services.catalog();
    let skus: Vec<SkuId> = catalog.skus().iter().map(|sku| sku.id).collect();
    services
        .database()
        .write_blocking(move |tx| replenishment::note(tx, &catalog, skus.iter().copied(), until))?;
    Ok(known.made)
}

/// What happens when.
#[derive(Debug, Clone, Copy)]
struct Step {
    at: Timestamp,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Join(usize),
    Place(usize),
    Pay(usize),
    Cancel(usize),
    /// It is packed, labeled and waits for its carrier.
    Ship(usize),
    /// Carriers take what waits.
    Trucks,
    /// Carriers say where parcels are, and buyers that they have theirs.
    News,
    /// A line came back; its money goes back.
    Return(usize),
    /// Money that was promised back has arrived.
    Refund(usize),
    /// Something falls due.
    Deadlines,
    Deliveries,
}

fn plan(
    services: &Services,
    merchant: &Merchant,
    orders: &[PastOrder],
    (opened_at, until): (Timestamp, Timestamp),
) -> Vec<Step> {
    let mut steps = Vec::with_capacity(orders.len() * 3);
    let mut add = |at: Timestamp, what| {
        if at <= until {
            steps.push(Step { at, what });
        }
    };
    for (index, customer) in merchant.people.customers.iter().enumerate() {
        let joined_at = until - Span::days(customer.joined_days_ago);
        // Whoever has never ordered comes by one of these days.
        if customer.joined_days_ago > 0 {
            add(joined_at.max(opened_at), What::Join(index));
        }
    }
    let pay_within = services.catalog().shop.pay_within;
    let warned_after = ordermill_domain::deadline::DeadlineKind::Pay.rule().warn_after;
    for (index, order) in orders.iter().enumerate() {
        add(order.placed_at, What::Place(index));
        if let Some(paid_at) = order.paid_at.filter(|_| order.tender != Tender::CashOnDelivery) {
            add(paid_at, What::Pay(index));
        }
        if let Some(at) = shipped_at(&order.outcome) {
            add(at, What::Ship(index));
        }
        match order.outcome {
            Outcome::Canceled { at, .. } => {
                add(at, What::Cancel(index));
                add(at + REFUND_TAKES, What::Refund(index));
            }
            Outcome::Returned { refunded_at: Some(at), .. } => {
                add(at, What::Return(index));
                add(at + REFUND_TAKES, What::Refund(index));
            }
            Outcome::Expired { .. } | Outcome::AwaitingPayment => {
                add(order.placed_at + pay_within, What::Deadlines);
                if let Some(after) = warned_after.filter(|after| *after < pay_within) {
                    add(order.placed_at + after, What::Deadlines);
                }
            }
            _ => {}
        }
    }
    let mut delivery = opened_at + DELIVERIES_EVERY;
    // The last days' sales are not on their way yet.
    while delivery < until - DELIVERIES_EVERY {
        add(delivery, What::Deliveries);
        delivery = delivery + DELIVERIES_EVERY;
    }
    let mut every = |span: Span, what: What| {
        let mut at = opened_at + span;
        while at <= until {
            steps.push(Step { at, what });
            at = at + span;
        }
    };
    every(TRUCKS_EVERY, What::Trucks);
    every(NEWS_EVERY, What::News);
    // What belongs to one moment keeps its order: joined before placed, placed before paid.
    steps.sort_by_key(|step| step.at);
    steps
}

/// When an order left the warehouse; when it arrived is its carrier's business.
const fn shipped_at(outcome: &Outcome) -> Option<Timestamp> {
    match *outcome {
        Outcome::Shipped { at } => Some(at),
        Outcome::Delivered { shipped_at, .. }
        | Outcome::Refused { shipped_at, .. }
        | Outcome::Returned { shipped_at, .. } => Some(shipped_at),
        Outcome::AwaitingPayment
        | Outcome::Expired { .. }
        | Outcome::Canceled { .. }
        | Outcome::InWarehouse => None,
    }
}

/// What the plan is about.
struct Stage {
    merchant: Arc<Merchant>,
    catalog: Arc<Catalog>,
    vault: Vault,
    shop: ChannelId,
    until: Timestamp,
    road: Road,
    orders: Vec<PastOrder>,
    steps: Vec<Step>,
}

/// What earlier steps made.
#[derive(Debug, Clone, Default)]
struct Known {
    customers: HashMap<usize, CustomerId>,
    orders: HashMap<usize, (OrderId, Money)>,
    books: Books,
    /// Pieces that suppliers have brought again.
    replaced: HashMap<(SkuId, LocationId), i64>,
    made: Made,
}

impl Stage {
    fn run(
        &self,
        tx: &mut Tx<'_>,
        known: &mut Known,
        Step { at, what }: Step,
    ) -> anyhow::Result<()> {
        match what {
            What::Join(index) => self.join(tx, known, index, at),
            What::Place(index) => self.place(tx, known, index),
            What::Pay(index) => self.pay(tx, known, index, at),
            What::Cancel(index) => {
                let Some((order, _)) = known.orders.get(&index) else { return Ok(()) };
                let act = self.buyer(known, index, at);
                known.made.canceled +=
                    usize::from(cancel_order(tx, &act, *order, CancelReason::Buyer)?);
                Ok(())
            }
            What::Ship(index) => {
                let Some((order, _)) = known.orders.get(&index).copied() else { return Ok(()) };
                let is_refused = matches!(self.orders[index].outcome, Outcome::Refused { .. });
                let packed = shipped::pack(tx, &self.catalog, order, at)?;
                known.made.shipped += usize::from(!packed.is_empty());
                self.road.label(tx, &mut known.books, (order, &packed), is_refused, at)
            }
            What::Trucks => self.road.trucks(tx, &mut known.books, at),
            What::News => self.road.news(tx, &mut known.books, at),
            What::Return(index) => self.give_back(tx, known, index, at),
            What::Refund(index) => {
                let Some((order, _)) = known.orders.get(&index) else { return Ok(()) };
                let act = Act::new(Actor::system("refund-sender"), at);
                take_over_refunds(tx, &act, *order)?;
                Ok(())
            }
            What::Deadlines => {
                for due in deadline::claim_due(tx, at, scheduler::CLAIM_HELD, 100)? {
                    let outcome = scheduler::handle(tx, &due, at)?;
                    known.made.expired += u64::from(outcome == scheduler::Outcome::Breached);
                }
                Ok(())
            }
            What::Deliveries => self.deliveries(tx, known, at),
        }
    }

    fn customer(&self, index: usize) -> anyhow::Result<&Customer> {
        self.merchant.people.customers.get(index).context("a customer who is not there")
    }

    fn join(
        &self,
        tx: &mut Tx<'_>,
        known: &mut Known,
        index: usize,
        at: Timestamp,
    ) -> anyhow::Result<()> {
        let customer = self.customer(index)?;
        let profile = buyers::profile(customer).context("an address that is not valid")?;
        let id = profile::open_account(tx, &self.vault, &profile, at)?;
        known.customers.insert(index, id);
        known.made.customers += 1;
        Ok(())
    }

    fn buyer(&self, known: &Known, index: usize, at: Timestamp) -> Act {
        let customer = self.orders.get(index).map(|order| order.customer);
        let customer = customer.and_then(|customer| known.customers.get(&customer)).copied();
        Act::new(Actor::Buyer(customer), at)
    }

    fn place(&self, tx: &mut Tx<'_>, known: &mut Known, index: usize) -> anyhow::Result<()> {
        let past = &self.orders[index];
        let act = self.buyer(known, index, past.placed_at);
        let customer = self.customer(past.customer)?;
        let address = customer.addresses.get(past.address).context("an address too few")?;
        let terms = match past.tender {
            Tender::CashOnDelivery => PaymentTerms::CashOnDelivery,
            _ => PaymentTerms::Prepaid,
        };
        let line = |line: &ordermill_demo::traffic::Line| NewLine {
            sku: line.sku.clone(),
            quantity: line.quantity,
        };
        let buyer = known.customers.get(&past.customer).copied();
        let line_code = |line: &ordermill_demo::traffic::Line| (line.sku.clone(), line.quantity);
        let recent = self.until.since(past.placed_at).as_micros() <= CARTS_SINCE.as_micros();
        let cart = match recent {
            true => Some(self.fill_carts(tx, past.lines.iter().map(line_code), index)?),
            false => None,
        };
        let points = match buyer.filter(|_| index.is_multiple_of(PAYS_WITH_POINTS_EVERY)) {
            Some(buyer) => u64::try_from(points::fetch(tx, buyer)?.balance())?,
            None => 0,
        };
        let recipient = buyers::recipient(address);
        let service_wish = buyers::service_wish(&self.catalog, &recipient, past.wishes.service);
        let new = NewOrder {
            channel: self.shop,
            channel_order_id: None,
            customer: buyer,
            currency: Currency::Cny,
            terms,
            lines: past.lines.iter().map(line).collect(),
            recipient,
            email: Some(customer.email.clone()),
            note: past.wishes.note.clone(),
            service_wish,
            accepts_backorder: false,
            charges: None,
            coupons: past.coupon.iter().cloned().collect(),
            points,
            gift_cards: Vec::new(),
            agreed: Agreed::default(),
            key: None,
            cart,
        };
        let id: OrderId = tx.next_id(act.at);
        let holder = Holder { customer: buyer, phone_blind: None };
        let found = look_up(tx, &self.vault, &new.handed_in(), holder)?;
        // A coupon that is used up, or not for this, is left out of the price.
        let coupons = found.coupon_uses();
        let points = found.points_to_spend(self.catalog.spending.as_ref());
        let benefits = Benefits { coupons: &coupons, points, gift_cards: &[] };
        let intake = Intake { catalog: &self.catalog, vault: &self.vault };
        let Ok((command, _)) = intake.prepare(id, act, new, benefits) else {
            known.made.refused += 1;
            return Ok(());
        };
        let total = command.placed.amounts.total();
        let tendered: i64 = command.claims.tendered_minor().sum();
        match PlaceOrder::run(&[&command], tx)?.pop() {
            Some(Ok(_)) => {
                let to_pay = Money::new(total.minor - tendered, total.currency);
                known.orders.insert(index, (id, to_pay));
                known.made.orders += 1;
                known.made.with_coupons += usize::from(!command.claims.coupons.is_empty());
                known.made.with_points += usize::from(tendered > 0);
            }
            _ => known.made.refused += 1,
        }
        Ok(())
    }

    fn pay(
        &self,
        tx: &mut Tx<'_>,
        known: &mut Known,
        index: usize,
        at: Timestamp,
    ) -> anyhow::Result<()> {
        let Some((order, amount)) = known.orders.get(&index).copied() else { return Ok(()) };
        if amount.minor == 0 {
            return Ok(());
        }
        let paid = PaidBefore {
            order,
            gateway: GATEWAY.to_owned(),
            merchant: MERCHANT.to_owned(),
            gateway_ref: format!("past-{index:06}"),
            amount,
        };
        let act = Act::new(Actor::system("history"), at);
        take_over_payment(tx, &act, &paid)?;
        known.made.paid += 1;
        Ok(())
    }

    /// Fills the cart that becomes an order, and by the way some that were left behind.
    fn fill_carts(
        &self,
        tx: &mut Tx<'_>,
        lines: impl Iterator<Item = (String, i64)> + Clone,
        index: usize,
    ) -> anyhow::Result<CartId> {
        let at = self.orders[index].placed_at;
        let mut cart = cart::Holder::default();
        let left_behind = index % 3;
        for _ in 0..=left_behind {
            cart = cart::Holder::default();
            for (code, pieces) in lines.clone() {
                let change = Change::Add(pieces);
                let changed = cart::change_line(tx, &self.catalog, cart, &code, change, at)?;
                cart.cart = Some(changed.id);
            }
        }
        cart.cart.context("an order without lines")
    }

    /// One line's money goes back, as far as it was paid through the gateway.
    fn give_back(
        &self,
        tx: &mut Tx<'_>,
        known: &mut Known,
        index: usize,
        at: Timestamp,
    ) -> anyhow::Result<()> {
        let Some((order, _)) = known.orders.get(&index).copied() else { return Ok(()) };
        let Outcome::Returned { line, .. } = self.orders[index].outcome else { return Ok(()) };
        // A slow carrier may have it still.
        let stored = order::fetch(tx, order)?;
        if stored.is_none_or(|it| it.order.status() != Status::Completed) {
            return Ok(());
        }
        let lines = order::lines(tx, order)?;
        let Some(line) = lines.get(line) else { return Ok(()) };
        let paid = payment::of(tx, order)?.into_iter().find(|paid| paid.tender().is_none());
        // What was paid at the door is not in these books.
        let Some(paid) = paid else { return Ok(()) };
        let most = paid.facts().amount;
        let amount = Money::new(line.terms.total_minor.min(most.minor), most.currency);
        if amount.is_zero() {
            return Ok(());
        }
        let (payment, principal) = (Some(paid.facts().id), Principal::system("history"));
        let request = RefundOrder { order, payment, amount: Some(amount), key: None };
        let reason = Some("a line came back".to_owned());
        let act = Act { reason, ..Act::new(Actor::system("history"), at) };
        refund_order(tx, &principal, &act, &request)?;
        known.made.refunded += 1;
        Ok(())
    }

    /// Suppliers bring what was sold since they came last, into the bin where it lies.
    fn deliveries(&self, tx: &mut Tx<'_>, known: &mut Known, at: Timestamp) -> anyhow::Result<()> {
        let act = Act::new(Actor::system("history"), at);
        let skus = self.catalog.skus().iter().map(|sku| sku.id);
        for level in stock::levels(tx, skus)? {
            let replaced = known.replaced.entry((level.sku, level.location)).or_default();
            let sold = level.reserved + level.allocated - *replaced;
            if sold < DELIVERED_MIN {
                continue;
            }
            let bins = stock::bins(tx, level.sku, level.location)?;
            let Some(bin) = bins.into_iter().max_by_key(|bin| bin.on_hand) else { continue };
            let lot =
                (!bin.lot.is_empty()).then_some(Lot { code: bin.lot, expires_on: bin.expires_on });
            let spot = Spot { bin: Some(bin.bin), lot };
            let quantity = Quantity::new(sold)?;
            receive_stock(tx, &act, level.sku, level.location, quantity, &spot, None)?;
            *replaced += sold;
        }
        Ok(())
    }
}
