//! What should be: a second, much simpler telling of the business, in plain maps and integers.
//!
//! Written from the words of the domain and calling none of its code, so that a mistake would have to
//! be made twice to go unseen. Its inputs are what was asked of the real shop and, where several
//! parts of it race, the order in which the journal says that they won. Everything that follows from
//! an input (stock, states, money owed) is computed here and compared.

mod benefit;
mod coupon;
mod dispute;
mod floor;
mod instead;
mod message;
mod money;
mod parcel;
mod price;
mod stock;
mod work;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use benefit::{Account, Tender};
pub use coupon::Coupon;
pub use dispute::Dispute;
pub use floor::{Asks, Barcode, Bin, Floor, Spot, Stage, Stop, Walk};

pub use instead::{Instead, Lack};
pub use message::{Telling, Tellings, is_about_a_parcel};
pub use money::{ByHand, Owed, Pay, PayState, Refund, RefundState};
pub use parcel::{Parcel, Parcels, Where, Word, word};
pub use price::{Basket, NotEnoughPoints, Price};
pub use stock::{Claim, Pieces, Shelf, Short};
pub use work::{Share, ToSource, Work};

/// SKU and location.
pub type Place = (i64, i64);

/// Something that is not as it should be.
pub type Wrong = String;

/// A whole shop.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// What lies where.
    pub shelves: BTreeMap<Place, Shelf>,
    /// Every order that should stand.
    pub orders: BTreeMap<i64, Order>,
    /// What locations ship, or were to ship.
    pub works: BTreeMap<i64, Work>,
    /// What nobody ships yet.
    pub to_source: ToSource,
    /// Who fetches what, and what lies in bins.
    pub floor: Floor,
    /// What is with carriers.
    pub parcels: Parcels,
    /// Locations, the one first from which pieces are taken that were not found elsewhere.
    pub nearest: Vec<i64>,
    /// Where, by the rules, nothing is shipped from that is paid at the door.
    pub prepaid_only: Option<i64>,
    /// Every payment that was started.
    pub payments: BTreeMap<i64, Pay>,
    /// Every refund that was promised.
    pub refunds: BTreeMap<i64, Refund>,
    /// Every dispute that is known.
    pub disputes: BTreeMap<i64, Dispute>,
    /// Every coupon with its uses.
    pub coupons: BTreeMap<i64, Coupon>,
    /// Every buyer's points.
    pub accounts: BTreeMap<i64, Account>,
    /// What is on every gift card.
    pub cards: BTreeMap<i64, i64>,
    /// What pieces cost, as the shop tells it; an edit is told a moment after it was made.
    pub told_prices: BTreeMap<i64, i64>,
    /// What pieces cost, as it is stored.
    pub prices: BTreeMap<i64, i64>,
    /// Where pieces came in, by the position in the journal, and nobody who waits was given them yet.
    pub arrivals: BTreeMap<i64, Vec<Place>>,
    /// What buyers are told.
    pub tellings: Tellings,
    /// Payments by points and gift cards that an order has just made and that must be written at
    /// once: order, what pays, how much.
    pub tendered: Vec<(i64, Tender, i64)>,
    /// A refund that somebody has just asked for.
    pub by_hand: Option<ByHand>,
    /// What somebody has just asked to be sent in place of missing pieces.
    pub to_be_replaced: Option<Instead>,
    /// Promises that something has just caused and that must be made at once.
    pub owed: Vec<Owed>,
    /// Orders that ended because the stock of a late payer was gone; their payment must follow.
    pub ended_for_stock: BTreeSet<i64>,
    /// Whether a late payer whose stock is gone may wait, if they agreed to.
    pub offers_backorder: bool,
    /// Orders about which something changed since they were compared.
    pub touched: BTreeSet<i64>,
    keys: HashMap<String, (u64, i64)>,
    carts: HashMap<i64, i64>,
    channel_orders: HashMap<String, i64>,
}

/// What somebody asks for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The id that the order gets if it is placed.
    pub order: i64,
    /// SKU and pieces of each line, from line 1.
    pub lines: Vec<(i64, i64)>,
    /// What it costs.
    pub total: i64,
    /// Paid before it is sent, or at the door.
    pub is_prepaid: bool,
    /// Whether stock is held for a short while only.
    pub is_promotion: bool,
    /// The buyer would wait.
    pub accepts_backorder: bool,
    /// The code of the service that it is wished to be brought by.
    pub service: Option<&'static str>,
    /// The client's key with what it was used for.
    pub key: Option<(String, u64)>,
    /// The cart.
    pub cart: Option<i64>,
    /// The channel's own id.
    pub channel_order: Option<String>,
    /// The coupon that it uses up, and by whom it is counted.
    pub coupon: Option<(i64, i64)>,
    /// Whose points it earns.
    pub customer: Option<i64>,
    /// How many.
    pub earns: i64,
    /// What pays a part of it.
    pub tenders: Vec<(Tender, i64)>,
    /// Where we write to about it; none if its channel does that.
    pub phone: Option<String>,
    /// Locations, the best first.
    pub preference: Vec<i64>,
    /// When, in microseconds.
    pub at: i64,
    /// How long the buyer has to pay, and how long stock is held in a promotion.
    pub spans: (i64, i64),
}

impl Wanted {
    /// Whether a repeat of it can be told from another wish for the same.
    pub const fn has_identity(&self) -> bool {
        self.key.is_some() || self.cart.is_some() || self.channel_order.is_some()
    }
}

/// What placing should be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was placed now.
    New(i64),
    /// It stands already.
    Existing(i64),
    /// The key belongs to something else.
    KeyReused,
    /// Its coupon, points or gift card were used up by somebody else.
    BenefitGone,
    /// Not enough of these.
    OutOfStock(Vec<Short>),
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Waits for money or stock.
    Placed,
    /// Goes on to the warehouse.
    Confirmed,
    /// The buyer has it.
    Completed,
    /// Ended.
    Canceled,
}

impl Status {
    /// Whether it has ended without goods.
    pub fn is_canceled(self) -> bool {
        self == Self::Canceled
    }
}

/// An order as it should be.
#[derive(Debug, Clone)]
pub struct Order {
    /// Where it stands.
    pub status: Status,
    /// What it costs.
    pub total: i64,
    /// Paid before it is sent.
    pub is_prepaid: bool,
    /// The buyer would wait for stock.
    pub accepts_backorder: bool,
    /// The code of the service that it is wished to be brought by.
    pub service: Option<&'static str>,
    /// What came in.
    pub paid: i64,
    /// What went back.
    pub refunded: i64,
    /// What banks took for good.
    pub charged_back: i64,
    /// Until when it can be paid (D1); none for cash on delivery, and none once that is over.
    pub pay_by: Option<i64>,
    /// Until when its stock is held (D2).
    pub held_until: Option<i64>,
    /// Its pieces.
    pub pieces: Vec<Pieces>,
    /// Its payments.
    pub payments: Vec<i64>,
    /// The coupon that it has used.
    pub coupon: Option<i64>,
    /// Whose points it earns.
    pub customer: Option<i64>,
    /// How many.
    pub earns: i64,
    /// Whether they were booked.
    pub has_earned: bool,
    /// What of its money somebody has given back by hand.
    pub by_hand: i64,
    /// What of its money went back because something cheaper was sent.
    pub given_back: i64,
    /// Where we write to about it.
    pub phone: Option<String>,
    /// What locations ship of it, or were to ship.
    pub works: Vec<i64>,
    /// Its parcels.
    pub parcels: Vec<i64>,
    /// From when on it is taken to be received (D16), once everything is there.
    pub received_by: Option<i64>,
    /// Since when its buyer says that it has not come, while that is open (D5).
    pub disputed_at: Option<i64>,
}

impl Order {
    /// Whether somebody may still pay it.
    pub fn is_payable(&self, at: i64) -> bool {
        self.status == Status::Placed
            && self.is_prepaid
            && self.paid - self.refunded < self.total
            && self.pay_by.is_some_and(|due| at < due)
    }

    fn is_paid(&self) -> bool {
        self.paid >= self.total
    }
}

impl Model {
    /// What was asked before is answered as before.
    pub fn known(&self, wanted: &Wanted) -> Option<Answer> {
        if let Some((key, content)) = &wanted.key
            && let Some((known, order)) = self.keys.get(key)
        {
            let is_same = known == content;
            return Some(if is_same { Answer::Existing(*order) } else { Answer::KeyReused });
        }
        if let Some(order) = wanted.cart.and_then(|cart| self.carts.get(&cart)) {
            return Some(Answer::Existing(*order));
        }
        let known = wanted.channel_order.as_ref().and_then(|id| self.channel_orders.get(id));
        known.map(|order| Answer::Existing(*order))
    }

    /// From where the pieces of an order would come, or why it would not be placed.
    ///
    /// # Errors
    /// What it would be answered instead.
    pub fn would_place(&self, wanted: &Wanted) -> Result<Vec<Pieces>, Answer> {
        if let Some(known) = self.known(wanted) {
            return Err(known);
        }
        let has_coupon = wanted.coupon.is_none_or(|(id, buyer)| self.has_use(id, buyer));
        if !has_coupon || !self.has_tenders(&wanted.tenders) {
            return Err(Answer::BenefitGone);
        }
        self.choose(&wanted.lines, &wanted.preference).map_err(Answer::OutOfStock)
    }

    /// Places an order, or finds out why not.
    pub fn place(&mut self, wanted: &Wanted) -> Answer {
        let mut pieces = match self.would_place(wanted) {
            Ok(pieces) => pieces,
            Err(instead) => return instead,
        };
        self.hold(&pieces);
        // What costs nothing, or nothing more, is paid at once.
        let tendered: i64 = wanted.tenders.iter().map(|(_, amount)| amount).sum();
        let is_paid = tendered >= wanted.total;
        let waits_for_money = wanted.is_prepaid && !is_paid;
        if !waits_for_money {
            self.allocate(&mut pieces);
        }
        let (pay_within, hold_for) = wanted.spans;
        let order = Order {
            status: if waits_for_money { Status::Placed } else { Status::Confirmed },
            total: wanted.total,
            is_prepaid: wanted.is_prepaid,
            accepts_backorder: wanted.accepts_backorder,
            service: wanted.service,
            paid: tendered,
            refunded: 0,
            pay_by: waits_for_money.then(|| wanted.at + pay_within),
            held_until: (waits_for_money && wanted.is_promotion).then(|| wanted.at + hold_for),
            pieces,
            payments: Vec::new(),
            coupon: wanted.coupon.map(|(id, _)| id),
            customer: wanted.customer,
            earns: wanted.earns,
            has_earned: false,
            by_hand: 0,
            given_back: 0,
            charged_back: 0,
            phone: wanted.phone.clone(),
            works: Vec::new(),
            parcels: Vec::new(),
            received_by: None,
            disputed_at: None,
        };
        self.orders.insert(wanted.order, order);
        self.touched.insert(wanted.order);
        if !wanted.tenders.is_empty() {
            self.spend_tenders(&wanted.tenders);
            let made =
                wanted.tenders.iter().map(|(tender, amount)| (wanted.order, *tender, *amount));
            self.tendered.extend(made);
            if is_paid {
                // It has just been put there.
                let _ = self.earn(wanted.order);
            }
        }
        if let Some((id, buyer)) = wanted.coupon {
            self.use_up(id, buyer, wanted.order);
        }
        if let Some((key, content)) = &wanted.key {
            self.keys.insert(key.clone(), (*content, wanted.order));
        }
        if let Some(cart) = wanted.cart {
            self.carts.insert(cart, wanted.order);
        }
        if let Some(id) = &wanted.channel_order {
            self.channel_orders.insert(id.clone(), wanted.order);
        }
        Answer::New(wanted.order)
    }

    /// What canceling should say: `None` if there is no such order, else whether it ends now.
    pub fn may_cancel(&self, id: i64) -> Option<bool> {
        let order = self.orders.get(&id)?;
        Some(order.status != Status::Canceled && !self.is_too_late(id))
    }

    /// Whether a part of an order has left the building: then it is not canceled any more.
    pub fn is_too_late(&self, id: i64) -> bool {
        let is_gone = |it: &Pieces| it.claim == Claim::Consumed;
        let has_left = self.orders.get(&id).is_some_and(|order| order.pieces.iter().any(is_gone));
        has_left || self.parcels_of(id).iter().any(|parcel| parcel.at.has_left())
    }

    /// Ends an order: its pieces go back to where they came from, its money is promised back.
    pub fn cancel(&mut self, id: i64) -> Result<(), Wrong> {
        let order = self.order(id)?;
        if order.status == Status::Canceled {
            return Err(format!("order {id} is canceled twice"));
        }
        if self.is_too_late(id) {
            return Err(format!("order {id} is canceled, and some of it has left"));
        }
        let order = self.order(id)?;
        order.status = Status::Canceled;
        (order.pay_by, order.held_until) = (None, None);
        let coupon = order.coupon;
        let mut pieces = std::mem::take(&mut order.pieces);
        self.release(&mut pieces);
        self.order(id)?.pieces = pieces;
        if let Some(coupon) = coupon {
            self.give_coupon_back(coupon, id);
        }
        self.take_back_points(id)?;
        self.owe_all_of(id);
        Ok(())
    }

    /// D1 at this moment: only what is due and unpaid ends.
    pub fn unpaid_in_time(&mut self, id: i64, now: i64) -> Result<(), Wrong> {
        let order = self.order(id)?;
        let is_due = order.pay_by.is_some_and(|due| due <= now);
        if !is_due || order.is_paid() || order.status != Status::Placed {
            return Err(format!("the timer cancels order {id}, which is not unpaid and due"));
        }
        self.cancel(id)
    }

    /// D2 at this moment for one line's pieces.
    pub fn hold_runs_out(
        &mut self,
        id: i64,
        line: i64,
        place: Place,
        now: i64,
    ) -> Result<(), Wrong> {
        let order = self.order(id)?;
        let is_due = order.held_until.is_some_and(|due| due <= now);
        if !is_due || order.is_paid() || order.status != Status::Placed {
            return Err(format!("the hold of order {id} runs out too early"));
        }
        let mut pieces = std::mem::take(&mut order.pieces);
        let expired = self.expire(&mut pieces, line, place);
        self.order(id)?.pieces = pieces;
        expired.then_some(()).ok_or(format!("order {id} holds nothing at {place:?} to run out"))
    }

    /// Which deadlines have been overdue for a while, and should have been acted on.
    pub fn overdue(&self, now: i64) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        for (id, order) in self.orders.iter().filter(|(_, it)| it.status == Status::Placed) {
            if order.is_paid() {
                continue;
            }
            if order.pay_by.is_some_and(|due| due <= now) {
                wrong.push(format!("order {id} was not paid in time and stands"));
            }
            let holds = order.pieces.iter().any(|it| it.is_held());
            if order.held_until.is_some_and(|due| due <= now) && holds {
                wrong.push(format!("order {id} holds stock after its time"));
            }
        }
        wrong
    }

    /// An order that something happens to.
    fn order(&mut self, id: i64) -> Result<&mut Order, Wrong> {
        self.touched.insert(id);
        self.orders.get_mut(&id).ok_or_else(|| format!("there should be no order {id}"))
    }
}
