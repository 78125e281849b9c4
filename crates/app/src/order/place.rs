//! Placing an order: the hot road. Orders that wait together are decided together.
//!
//! What can be done alone is done before: prices, the sealed recipient, the id. Inside the
//! transaction remain the questions that only the writer can answer: was this key used, does the
//! channel's order exist, is there stock.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;
use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::deadline::{DeadlineKind, on_placing};
use ordermill_domain::ids::{CartId, ChannelId, LocationId, OrderId, PaymentId};
use ordermill_domain::order::review::Verdict;
use ordermill_domain::order::{
    Cover, Event, LineTerms, Order, OrderError, OrderLine, PaymentTerms, Placed, Progress,
};
use ordermill_domain::reservation::Reservation;
use ordermill_domain::risk::Marks;
use ordermill_domain::stock::{Demand, Reserved, Shortage, reserve_with_gifts};
use ordermill_storage::idempotency::{self, KeyUse, Used};
use ordermill_storage::{BatchCommand, Error, Tx, cart, deadline, order, reservation, stock};

use super::file::FileError;
use crate::announced::{Announced, waited_for};
use crate::benefit::claim::{Claims, Desk, Gone, TenderPayment};
use crate::promise::DeliveryDays;
use crate::review::{Found, MarksOf, Subject, by_rules, follow, rule};
use crate::rule_table::InForce;

/// An order that is ready to be decided on: priced, validated, sealed.
#[derive(Debug, Clone)]
pub struct PlaceOrder {
    /// Its id, made before so that the recipient could be sealed for it.
    pub id: OrderId,
    /// Who places it, and when.
    pub act: Act,
    /// What is asked for; `reserved` is empty and filled by the decision.
    pub placed: Placed,
    /// Country and province, `CN-31`.
    pub region: String,
    /// Name, phone, address and wishes as ciphertext.
    pub recipient: Vec<u8>,
    /// The buyer waits if stock runs out before the money comes.
    pub accepts_backorder: bool,
    /// Locations in the order in which stock is taken from them.
    pub preference: Arc<[LocationId]>,
    /// The client's key, if it sent one.
    pub key: Option<Key>,
    /// The cart that becomes this order; it does so once, whatever key the request has.
    pub cart: Option<CartId>,
    /// Where each line's discount came from: (line, source, minor units).
    pub discounts: Vec<(u16, String, i64)>,
    /// Coupons, points and gift cards that it uses up.
    pub claims: Claims,
    /// What orders of the same hand are known by, where it is reviewed at once.
    pub marks: Option<Marks>,
    /// The rules that review it, if they do so now.
    pub rules: Arc<InForce<Verdict>>,
    /// What the last day of delivery is computed with that the buyer is promised; none if nothing is
    /// promised, or `placed` says it already.
    pub days: Option<Arc<DeliveryDays>>,
    /// How long the buyer has to pay (D1).
    pub pay_within: Span,
    /// How long stock is held in promotion mode (D2).
    pub hold_for: Span,
}

/// A client's idempotency key with the digest of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Whose key.
    pub principal: String,
    /// The key.
    pub key: String,
    /// SHA-256 of the request's body.
    pub request_hash: [u8; 32],
}

impl Key {
    /// A key for a request that is not JSON: `request` is all that the answer depends on.
    pub fn new(principal: impl Into<String>, key: impl Into<String>, request: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, request);
        let mut request_hash = [0; 32];
        request_hash.copy_from_slice(digest.as_ref());
        Self { principal: principal.into(), key: key.into(), request_hash }
    }

    pub(crate) fn as_use(&self) -> KeyUse<'_> {
        KeyUse { principal: &self.principal, key: &self.key, request_hash: &self.request_hash }
    }
}

/// An order that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// It was placed now.
    New(OrderId),
    /// The same request, or the channel's same order, was placed before.
    Existing(OrderId),
}

impl Placement {
    /// Which order.
    pub fn id(self) -> OrderId {
        match self {
            Self::New(id) | Self::Existing(id) => id,
        }
    }
}

/// Why an order was not placed; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceOrderError {
    /// Some SKUs have fewer pieces than are wanted.
    #[error("not enough stock")]
    OutOfStock(Vec<Shortage>),
    /// A coupon, points or a gift card were used up by somebody else a moment ago.
    #[error(transparent)]
    BenefitGone(#[from] Gone),
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The order does not add up: a defect of the caller.
    #[error(transparent)]
    Refused(#[from] OrderError),
}

impl BatchCommand for PlaceOrder {
    type Output = Result<Placement, PlaceOrderError>;

    fn run(batch: &[&Self], tx: &mut Tx<'_>) -> Result<Vec<Self::Output>, Error> {
        let before = Before::load(batch, tx)?;
        let mut known = Known::of(&before);
        let skus =
            batch.iter().flat_map(|command| command.placed.lines.iter().map(|line| line.sku));
        let mut levels = stock::lock_late(tx, skus)?;
        let mut desk = Desk::load(tx, batch)?;
        let mut announced = Announced::default();
        let mut outputs = Vec::with_capacity(batch.len());
        let mut accepted = Vec::with_capacity(batch.len());
        for command in batch {
            let output = match known.find(command) {
                Some(output) => output,
                None => {
                    command.decide(tx, &mut levels, &mut desk, &mut announced)?.map(|decision| {
                        accepted.push((*command, decision));
                        known.remember(command);
                        Placement::New(command.id)
                    })
                }
            };
            outputs.push(output);
        }
        write_each(&accepted, tx)?;
        levels.save_claims(tx)?;
        desk.save(tx)?;
        Ok(outputs)
    }
}

/// Writes what was accepted, table by table.
fn write_each(accepted: &[(&PlaceOrder, Decision)], tx: &mut Tx<'_>) -> Result<(), Error> {
    let decisions = accepted.iter().map(|(_, decision)| decision);
    order::insert_each(tx, decisions.clone().map(|made| (&made.stored, made.lines.as_slice())))?;
    reservation::insert_each(tx, decisions.clone().flat_map(|made| &made.reservations))?;
    let events = decisions.flat_map(|made| {
        let events = made.events.iter().zip(1..);
        events.map(|((act, event), sequence)| (act, made.stored.order.id(), sequence, event))
    });
    order::record_each(tx, events)?;
    let commands = || accepted.iter().map(|(command, _)| *command);
    let unpaid = accepted.iter().filter(|(_, made)| !made.is_paid());
    deadline::arm_each(tx, unpaid.flat_map(|(command, _)| command.deadlines()))?;
    let keys = commands().filter_map(|command| {
        command.key.as_ref().map(|key| (key.as_use(), command.id, command.act.at))
    });
    idempotency::remember_each(tx, keys)?;
    for command in commands() {
        for (line_no, source, amount_minor) in &command.discounts {
            order::insert_discount(tx, command.id, *line_no, source, *amount_minor)?;
        }
        if let Some(cart) = command.cart {
            cart::consume(tx, cart, command.id, command.act.at)?;
        }
        command.claims.write(tx, command.id, command.act.at)?;
    }
    for (command, decision) in accepted {
        if let Some((sequence, found)) = &decision.found {
            for ((act, event), sequence) in decision.events.iter().zip(1..) {
                follow(tx, act, &decision.stored.order, sequence, event)?;
            }
            found.store(tx, command.id, *sequence, command.act.at)?;
        }
        for tender in &decision.tenders {
            tender.write(tx, &command.act)?;
        }
    }
    Ok(())
}

/// What the decision adds to the request.
struct Decision {
    stored: order::Stored,
    lines: Vec<OrderLine>,
    events: Vec<(Act, Event)>,
    /// How the rules came to what they said, if they have looked at it already.
    found: Option<(i64, Found)>,
    reservations: Vec<Reservation>,
    tenders: Vec<TenderPayment>,
}

impl Decision {
    fn is_paid(&self) -> bool {
        self.stored.order.facts().milestones.paid_at.is_some()
    }
}

impl PlaceOrder {
    fn decide(
        &self,
        tx: &mut Tx<'_>,
        levels: &mut stock::Levels,
        desk: &mut Desk,
        announced: &mut Announced,
    ) -> Result<Result<Decision, PlaceOrderError>, Error> {
        if let Err(gone) = desk.check(&self.claims) {
            return Ok(Err(gone.into()));
        }
        // Gifts stand behind what was asked for.
        let (goods, gifts): (Vec<Demand>, Vec<Demand>) = {
            let lines = &self.placed.lines;
            let (goods, gifts) = lines.split_at(lines.partition_point(|line| !line.is_gift()));
            (goods.iter().map(demand_of).collect(), gifts.iter().map(demand_of).collect())
        };
        let reserved = reserve_with_gifts(&goods, &gifts, levels.all(), &self.preference);
        let (lines, reserved) = match reserved {
            Ok(reserved) => with_gifts_in_stock(self.placed.lines.clone(), reserved),
            Err(shortages) => return Ok(Err(PlaceOrderError::OutOfStock(shortages))),
        };
        let waited_for = waited_for(&reserved);
        if self.days.is_some() {
            announced.read(tx, waited_for.keys().copied())?;
        }
        let promised_by_on = self.promised_by_on(&lines, &reserved, announced);
        let mut decision = match self.accept(tx, lines, reserved, promised_by_on) {
            Ok(decision) => decision,
            Err(FileError::Refused(error)) => return Ok(Err(error.into())),
            Err(error) => return Err(error.into_storage()),
        };
        announced.note(waited_for);
        for reservation in &mut decision.reservations {
            let facts = *reservation.facts();
            let claim = facts.state.claims();
            if claim.is_some() {
                let level = levels.at(facts.sku, facts.location)?;
                level.change_claim(None, claim, facts.quantity).map_err(Error::defect)?;
            }
        }
        let payments = || tx.next_id::<PaymentId>(self.act.at);
        decision.tenders = desk.take(self, decision.is_paid(), payments)?;
        Ok(Ok(decision))
    }

    fn accept(
        &self,
        tx: &mut Tx<'_>,
        lines: Vec<LineTerms>,
        reserved: Vec<Reserved>,
        promised_by_on: Option<Date>,
    ) -> Result<Decision, FileError> {
        let at = self.act.at;
        let is_held_for_a_while = self.placed.promotion;
        let expires_at = is_held_for_a_while.then(|| at + self.hold_for);
        let mut reservations: Vec<Reservation> = reserved
            .iter()
            .map(|reserved| Reservation::of_placed(self.id, reserved, expires_at))
            .collect();
        let placed = Placed { lines, reserved, promised_by_on, ..self.placed.clone() };
        let mut found = None;
        let mut lines: Vec<OrderLine> = placed.lines.iter().copied().map(OrderLine::new).collect();
        let (mut order, event) = Order::place(self.id, placed, at)?;
        let mut events = vec![(self.act.clone(), event)];
        for amount_minor in self.claims.tendered_minor() {
            events.push((self.act.clone(), order.record_paid(amount_minor, at)?));
        }
        if self.placed.terms == PaymentTerms::CashOnDelivery
            || order.facts().milestones.paid_at.is_some()
        {
            let terms: Vec<LineTerms> = lines.iter().map(|line| line.terms).collect();
            let marks = MarksOf::Known(self.marks);
            let subject = Subject { order: &order, lines: &terms, region: &self.region, marks, at };
            let ruled = rule(tx, subject, &self.rules)?;
            let by_rules = by_rules(&self.act, &ruled.ruling);
            events.push((by_rules, order.record_ruling(ruled.ruling.clone(), at)?));
            found = Some((order.version(), ruled));
            if order.ready_to_confirm().is_ok() {
                let cover = cover_of(&reservations);
                let act = Act { actor: Actor::REVIEW, ..self.act.clone() };
                events.push((act, order.confirm(&mut lines, cover, at)?));
                for reservation in &mut reservations {
                    // What waits for stock has no such step and goes on waiting.
                    let _ = reservation.allocate();
                }
            }
        }
        let stored = order::Stored {
            order,
            region: self.region.clone(),
            recipient: self.recipient.clone(),
            accepts_backorder: self.accepts_backorder,
            progress: Progress::NotPacked,
        };
        Ok(Decision { stored, lines, events, found, reservations, tenders: Vec::new() })
    }

    /// The last day on which what was asked for arrives; nothing waits for a gift.
    fn promised_by_on(
        &self,
        lines: &[LineTerms],
        reserved: &[Reserved],
        announced: &Announced,
    ) -> Option<Date> {
        let Some(days) = &self.days else { return self.placed.promised_by_on };
        let goods = lines.partition_point(|line| !line.is_gift());
        let held = reserved.iter().filter(|it| usize::from(it.line_no) <= goods);
        let to = (&*self.region, &*self.preference);
        let promise = days.of_reserved(held, announced, to, self.act.at);
        promise.ok().map(|promise| promise.deliver_by_on)
    }

    /// What begins to run when the order is placed: (order, kind, due, warning). Nobody waits for the
    /// money of an order that costs nothing.
    fn deadlines(
        &self,
    ) -> impl Iterator<Item = (OrderId, DeadlineKind, Timestamp, Option<Timestamp>)> {
        let (id, at) = (self.id, self.act.at);
        let is_owed = self.placed.amounts.total_minor > 0;
        let kinds = on_placing(self.placed.terms, self.placed.promotion).iter();
        kinds.filter(move |_| is_owed).map(move |kind| {
            let span = match kind {
                DeadlineKind::StockRelease => self.hold_for,
                _ => self.pay_within,
            };
            let warn_after = kind.rule().warn_after.filter(|warn| *warn < span);
            (id, *kind, at + span, warn_after.map(|warn| at + warn))
        })
    }
}

fn demand_of(line: &LineTerms) -> Demand {
    Demand { line_no: line.line_no, sku: line.sku, quantity: line.quantity }
}

/// The lines of an order without the gifts that no stock was found for. Those behind them move up.
fn with_gifts_in_stock(
    mut lines: Vec<LineTerms>,
    mut reserved: Vec<Reserved>,
) -> (Vec<LineTerms>, Vec<Reserved>) {
    let is_held = |line: &LineTerms| reserved.iter().any(|it| it.line_no == line.line_no);
    lines.retain(|line| !line.is_gift() || is_held(line));
    for (line, line_no) in lines.iter_mut().zip(1..) {
        for held in reserved.iter_mut().filter(|it| it.line_no == line.line_no) {
            held.line_no = line_no;
        }
        line.line_no = line_no;
    }
    (lines, reserved)
}

/// Where the stock of fresh reservations comes from.
fn cover_of(reservations: &[Reservation]) -> Cover {
    use ordermill_domain::order::LineQuantity;
    use ordermill_domain::reservation::State;
    let waiting: Vec<LineQuantity> = reservations
        .iter()
        .map(Reservation::facts)
        .filter(|facts| facts.state == State::Backordered)
        .map(|facts| LineQuantity { line_no: facts.line_no, quantity: facts.quantity })
        .collect();
    if waiting.is_empty() { Cover::Allocated } else { Cover::BackorderAccepted(waiting) }
}

/// What the database knows of the batch: rows that [`Known`] looks into.
struct Before {
    keys: Vec<Used>,
    channel_orders: Vec<(ChannelId, String, OrderId)>,
    carts: Vec<(CartId, OrderId)>,
}

impl Before {
    fn load(batch: &[&PlaceOrder], tx: &mut Tx<'_>) -> Result<Self, Error> {
        let keys: Vec<KeyUse<'_>> =
            batch.iter().filter_map(|command| command.key.as_ref().map(Key::as_use)).collect();
        let pairs: Vec<(ChannelId, &str)> =
            batch.iter().filter_map(|command| command.channel_order()).collect();
        let carts: Vec<CartId> = batch.iter().filter_map(|command| command.cart).collect();
        Ok(Self {
            keys: if keys.is_empty() { Vec::new() } else { idempotency::find(tx, &keys)? },
            channel_orders: match pairs.as_slice() {
                [] => Vec::new(),
                pairs => order::find_by_channels(tx, pairs)?,
            },
            carts: if carts.is_empty() { Vec::new() } else { cart::find_orders(tx, &carts)? },
        })
    }
}

/// What was placed before, in the database or earlier in the batch.
struct Known<'b> {
    by_key: HashMap<(&'b str, &'b str), (&'b [u8], OrderId)>,
    by_channel: HashMap<(ChannelId, &'b str), OrderId>,
    by_cart: HashMap<CartId, OrderId>,
}

/// The order that the same request, the channel's same order or the same cart has become already;
/// refused if the key was used for another request.
pub(crate) fn find_placed(
    tx: &mut Tx<'_>,
    key: Option<&Key>,
    channel: ChannelId,
    channel_order_id: Option<&str>,
    cart: Option<CartId>,
) -> Result<Option<Result<OrderId, PlaceOrderError>>, Error> {
    let keys: Vec<KeyUse<'_>> = key.iter().map(|key| key.as_use()).collect();
    if let Some((used, key)) = idempotency::find(tx, &keys)?.into_iter().next().zip(key) {
        let is_same = used.request_hash == key.request_hash;
        let id = OrderId::from_raw(used.subject_id);
        return Ok(Some(if is_same { Ok(id) } else { Err(PlaceOrderError::KeyReused) }));
    }
    let cart = cart.map(|cart| cart::fetch(tx, cart)).transpose()?;
    if let Some(order) = cart.flatten().and_then(|cart| cart.order) {
        return Ok(Some(Ok(order)));
    }
    match channel_order_id {
        Some(theirs) => Ok(order::find_by_channel(tx, channel, theirs)?.map(Ok)),
        None => Ok(None),
    }
}

impl<'b> Known<'b> {
    fn of(before: &'b Before) -> Self {
        let by_key = before.keys.iter().map(|used| {
            let key = (used.principal.as_str(), used.key.as_str());
            (key, (used.request_hash.as_slice(), OrderId::from_raw(used.subject_id)))
        });
        let by_channel = before.channel_orders.iter();
        let by_channel = by_channel.map(|(channel, theirs, id)| ((*channel, theirs.as_str()), *id));
        Self {
            by_key: by_key.collect(),
            by_channel: by_channel.collect(),
            by_cart: before.carts.iter().copied().collect(),
        }
    }

    fn find(&self, command: &'b PlaceOrder) -> Option<Result<Placement, PlaceOrderError>> {
        if let Some(key) = &command.key
            && let Some((hash, id)) = self.by_key.get(&(key.principal.as_str(), key.key.as_str()))
        {
            let is_same = *hash == key.request_hash;
            return Some(if is_same {
                Ok(Placement::Existing(*id))
            } else {
                Err(PlaceOrderError::KeyReused)
            });
        }
        if let Some(id) = command.cart.and_then(|cart| self.by_cart.get(&cart)) {
            return Some(Ok(Placement::Existing(*id)));
        }
        let id = self.by_channel.get(&command.channel_order()?)?;
        Some(Ok(Placement::Existing(*id)))
    }

    fn remember(&mut self, command: &'b PlaceOrder) {
        if let Some(key) = &command.key {
            let value = (key.request_hash.as_slice(), command.id);
            self.by_key.insert((&key.principal, &key.key), value);
        }
        if let Some(pair) = command.channel_order() {
            self.by_channel.insert(pair, command.id);
        }
        if let Some(cart) = command.cart {
            self.by_cart.insert(cart, command.id);
        }
    }
}

impl PlaceOrder {
    fn channel_order(&self) -> Option<(ChannelId, &str)> {
        let theirs = self.placed.channel_order_id.as_deref()?;
        Some((self.placed.channel, theirs))
    }
}
