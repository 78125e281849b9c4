//! What an order uses up of things that others may use up at the same moment: decided with the order,
//! in the transaction that places it.
//!
//! Prices were made beside the writer. Here remain the questions that only the writer can answer: is
//! there still a use of the coupon, are the points and the balance of the card still there. Orders
//! that are decided together see each other's claims. On PostgreSQL, where another writer may decide
//! at the same time, what was read is written back only if it is still so.

use ordermill_base::{Id, Money, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::gift_card;
use ordermill_domain::ids::{CouponId, CustomerId, GiftCardId, OrderId, PaymentId};
use ordermill_domain::ledger::{Posting, Tender};
use ordermill_domain::payment::{CaptureReport, Event, NewPayment, Payment};
use ordermill_domain::points;
use ordermill_storage::coupon::{self, Counters, Use};
use ordermill_storage::gift_card::Cards;
use ordermill_storage::points::Accounts;
use ordermill_storage::{Error, Tx, ledger, payment};

use crate::order::place::PlaceOrder;

/// What an order uses up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// By whom coupons are counted: the customer's id, or the blind index of a guest's phone.
    pub buyer: i64,
    /// Coupons, with what each takes off.
    pub coupons: Vec<CouponClaim>,
    /// Points.
    pub points: Option<PointsClaim>,
    /// Gift cards, in the order in which they pay.
    pub gift_cards: Vec<GiftCardClaim>,
}

/// A use of a coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CouponClaim {
    /// Which.
    pub coupon: CouponId,
    /// What it takes off the goods, minor units.
    pub goods_minor: i64,
    /// What it takes off the freight, minor units.
    pub freight_minor: i64,
}

/// Points that pay a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointsClaim {
    /// Whose.
    pub customer: CustomerId,
    /// How many.
    pub points: i64,
    /// What they pay.
    pub amount: Money,
}

/// A gift card that pays a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GiftCardClaim {
    /// Which.
    pub card: GiftCardId,
    /// What it pays.
    pub amount: Money,
}

/// What was there when the order was priced and is gone when it is placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Gone {
    /// Others have used the coupon up, or it was taken out of use.
    #[error("coupon {0} was used up a moment ago")]
    Coupon(CouponId),
    /// The same buyer has used it in another order.
    #[error("coupon {0} was used by the same buyer a moment ago")]
    CouponOfBuyer(CouponId),
    /// The buyer has spent the points in another order.
    #[error("the points were spent a moment ago")]
    Points,
    /// The card has paid for another order.
    #[error("gift card {0} was spent a moment ago")]
    GiftCard(GiftCardId),
}

impl Claims {
    /// Whether nothing is used up.
    pub fn is_empty(&self) -> bool {
        self.coupons.is_empty() && self.points.is_none() && self.gift_cards.is_empty()
    }

    /// What points and gift cards pay, in the order in which they do, minor units.
    pub fn tendered_minor(&self) -> impl Iterator<Item = i64> {
        let points = self.points.iter().map(|claim| claim.amount.minor);
        points.chain(self.gift_cards.iter().map(|claim| claim.amount.minor))
    }

    /// Writes the uses of coupons down; they were counted before.
    pub(crate) fn write(
        &self,
        tx: &mut Tx<'_>,
        order: OrderId,
        used_at: Timestamp,
    ) -> Result<(), Error> {
        self.coupons.iter().try_for_each(|claim| {
            let CouponClaim { coupon, goods_minor, freight_minor } = *claim;
            let (buyer, released_at) = (self.buyer, None);
            let used =
                Use { coupon, order, buyer, goods_minor, freight_minor, used_at, released_at };
            coupon::insert_use(tx, &used)
        })
    }
}

/// A part of an order that points or a gift card have paid: a payment that is captured at once.
#[derive(Debug)]
pub(crate) struct TenderPayment {
    payment: Payment,
    created: Event,
    captured: Event,
    posting: Posting,
}

impl TenderPayment {
    fn new(
        id: PaymentId,
        order: OrderId,
        tender: Tender,
        source: &str,
        amount: Money,
        at: Timestamp,
    ) -> Result<Self, Error> {
        const MERCHANT: &str = "own";
        let defect = |error: Box<dyn std::error::Error + Send + Sync>| Error::Defect(error);
        let (gateway, merchant) = (tender.code().to_owned(), MERCHANT.to_owned());
        let new = NewPayment { order, gateway, merchant, amount };
        let (mut payment, created) = Payment::create(id, new, at);
        // A card or an account pays an order once.
        let gateway_ref = format!("{source}:{order}");
        let report = CaptureReport { gateway_ref: &gateway_ref, merchant: MERCHANT, amount };
        let captured = payment.capture(report, at).map_err(|error| defect(error.into()))?;
        let captured = captured.ok_or(Error::Stale("a payment"))?;
        let posting = Posting::tendered(tender, amount).map_err(|error| defect(error.into()))?;
        Ok(Self { payment, created, captured, posting })
    }

    pub(crate) fn write(&self, tx: &mut Tx<'_>, act: &Act) -> Result<(), Error> {
        let facts = self.payment.facts();
        payment::insert(tx, &self.payment, None, None)?;
        payment::record_at(tx, act, facts.id, facts.version - 1, &self.created)?;
        payment::record_at(tx, act, facts.id, facts.version, &self.captured)?;
        ledger::post(tx, facts.order, &self.posting, act.at).map(drop)
    }
}

/// What the orders of a batch claim together.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    counters: Counters,
    accounts: Accounts,
    cards: Cards,
}

impl Desk {
    /// Reads what the commands claim; nothing if they claim nothing. Locks come behind those of
    /// stock: coupons, then points, then gift cards.
    pub(crate) fn load(tx: &mut Tx<'_>, commands: &[&PlaceOrder]) -> Result<Self, Error> {
        let claiming: Vec<&PlaceOrder> =
            commands.iter().copied().filter(|command| !command.claims.is_empty()).collect();
        if claiming.is_empty() {
            return Ok(Self::default());
        }
        let claims = || claiming.iter().map(|command| &command.claims);
        let pairs: Vec<(CouponId, i64)> = claims()
            .flat_map(|claims| claims.coupons.iter().map(|it| (it.coupon, claims.buyer)))
            .collect();
        let spending = claims().filter_map(|it| it.points.map(|points| points.customer));
        let earning = claiming.iter().filter(|command| command.placed.points_earned > 0);
        let customers: Vec<CustomerId> =
            spending.chain(earning.filter_map(|command| command.placed.customer)).collect();
        let cards: Vec<GiftCardId> =
            claims().flat_map(|claims| claims.gift_cards.iter().map(|it| it.card)).collect();
        Ok(Self {
            counters: coupon::lock_late(tx, &pairs)?,
            accounts: ordermill_storage::points::lock_late(tx, &customers)?,
            cards: ordermill_storage::gift_card::lock_late(tx, &cards)?,
        })
    }

    /// Whether everything that is claimed is still there. Changes nothing.
    pub(crate) fn check(&self, claims: &Claims) -> Result<(), Gone> {
        for claim in &claims.coupons {
            let id = claim.coupon;
            let counter = self.counters.get(id).filter(|counter| counter.is_active);
            let counter = counter.ok_or(Gone::Coupon(id))?;
            if counter.uses_max.is_some_and(|max| counter.uses >= max) {
                return Err(Gone::Coupon(id));
            }
            let by_buyer = self.counters.uses_by(id, claims.buyer);
            if counter.uses_per_customer_max.is_some_and(|max| by_buyer >= max) {
                return Err(Gone::CouponOfBuyer(id));
            }
        }
        if let Some(claim) = &claims.points {
            let balance = self.accounts.get(claim.customer).map_or(0, points::Account::balance);
            if balance < claim.points {
                return Err(Gone::Points);
            }
        }
        for claim in &claims.gift_cards {
            let balance = self.cards.get(claim.card).map(gift_card::GiftCard::balance);
            if balance.is_none_or(|balance| {
                balance.currency != claim.amount.currency || balance.minor < claim.amount.minor
            }) {
                return Err(Gone::GiftCard(claim.card));
            }
        }
        Ok(())
    }

    /// Takes what an order claims, and gives the payments that points and gift cards are. An order
    /// that is paid by them alone earns its points now.
    pub(crate) fn take(
        &mut self,
        command: &PlaceOrder,
        is_paid: bool,
        mut payment_id: impl FnMut() -> PaymentId,
    ) -> Result<Vec<TenderPayment>, Error> {
        let PlaceOrder { id: order, act, claims, placed, .. } = command;
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        for claim in &claims.coupons {
            self.counters.take(claim.coupon, claims.buyer);
        }
        let mut tenders = Vec::new();
        if let Some(PointsClaim { customer, points, amount }) = claims.points {
            let (id, source) = (payment_id(), customer.to_string());
            let spend = |account: &mut points::Account| account.spend(*order, id, points);
            let spent = self.accounts.change(act, customer, spend);
            checked("a points account", spent)?;
            let tender = Tender::Points;
            tenders.push(TenderPayment::new(id, *order, tender, &source, amount, act.at)?);
        }
        for GiftCardClaim { card, amount } in &claims.gift_cards {
            let (id, source) = (payment_id(), card.to_string());
            let spend = |card: &mut gift_card::GiftCard| card.spend(*order, id, amount.minor);
            let spent = self.cards.change(act, *card, spend);
            checked("a gift card", spent)?;
            let tender = Tender::GiftCard;
            tenders.push(TenderPayment::new(id, *order, tender, &source, *amount, act.at)?);
        }
        if let Some(customer) = placed.customer.filter(|_| is_paid && placed.points_earned > 0) {
            let earn = |account: &mut points::Account| account.earn(*order, placed.points_earned);
            let earned = self.accounts.change(act, customer, earn);
            checked("a points account", earned)?;
        }
        Ok(tenders)
    }

    /// Writes what was taken.
    pub(crate) fn save(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        self.counters.save(tx)?;
        self.accounts.save(tx)?;
        self.cards.save(tx)
    }
}

/// What was checked before does not fail; if it does, nothing of the batch is kept.
pub(super) fn checked<E>(
    what: &'static str,
    outcome: Option<Result<impl Sized, E>>,
) -> Result<(), Error>
where
    E: std::error::Error + Send + Sync + 'static,
{
    match outcome {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(Error::defect(error)),
        None => Err(Error::Stale(what)),
    }
}

/// By whom coupons are counted.
pub(crate) fn buyer_of(customer: Option<CustomerId>, phone_blind: Option<i64>) -> i64 {
    customer.map_or(phone_blind.unwrap_or(0), Id::raw)
}
