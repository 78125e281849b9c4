//! Giving up pieces of an order that wait for stock: the rest goes on, and their share of the money goes
//! back. By service, or by the buyer who was asked ([`crate::choice`]).

use std::collections::BTreeMap;

use ordermill_base::{Money, Quantity};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{CancelReason, Facts, LineQuantity, OrderLine, PaymentTerms};
use ordermill_domain::payment::{Payment, State as PaymentState};
use ordermill_domain::refund::Cause;
use ordermill_domain::reservation::{ReleaseReason, State};
use ordermill_domain::role::Permission;
use ordermill_storage::{Error, Tx, payment};

use super::cancel::{CancelOrderError, Loaded, cancel_loaded};
use super::file::{FileError, OrderFile};
use crate::benefit::give_back::release;
use crate::catalog::{ShopSettings, settings};
use crate::choice::{overtake_of, service_is_done};
use crate::dispute::money;
use crate::payment::refund::{GrantRefundError, grant_refund};
use crate::permission::{About, Access, Forbidden, Principal, authorize};
use crate::shipment::leave::follow;
use crate::shipment::receipt::{arm_confirm_receipt, confirm};

/// Why nothing was given up; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum GiveUpError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// It is more than one person may send back alone; the buyer may decide it themselves.
    #[error("{amount_minor} minor units are more than one person may send back alone")]
    AboveLimit {
        /// What would go back, minor units.
        amount_minor: i64,
    },
    /// What the carrier collects at the door stands fixed, and nothing was paid that could go back.
    #[error("the order is paid at the door: what is collected there cannot be less")]
    PaidAtTheDoor,
    /// Of that line no piece waits for stock.
    #[error("no piece of line {0} waits for stock")]
    NothingMissing(u16),
    /// The order or its life cycle says no: so many pieces do not wait for stock.
    #[error(transparent)]
    File(#[from] FileError),
    /// The money could not be promised back: a defect, as refunds stay within captures.
    #[error(transparent)]
    Refund(#[from] GrantRefundError),
}

impl From<Error> for GiveUpError {
    fn from(error: Error) -> Self {
        Self::File(error.into())
    }
}

impl From<CancelOrderError> for GiveUpError {
    fn from(error: CancelOrderError) -> Self {
        match error {
            CancelOrderError::File(error) => Self::File(error),
            CancelOrderError::Refund(error) => Self::Refund(error),
        }
    }
}

/// What giving up has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenUp {
    /// What goes back.
    pub refunded: Money,
    /// Nothing else of the order was to come: it is canceled.
    pub is_canceled: bool,
}

/// What giving up would lead to, as the order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreseen {
    /// What would go back.
    pub refund: Money,
    /// How much of the order would be over.
    pub extent: Extent,
    /// Whether it can be done: what is collected at the door stands fixed.
    pub is_possible: bool,
}

/// How much of an order is over when pieces of it are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// These pieces; the rest goes on.
    Pieces,
    /// All of it, and nothing has left: it is canceled. Gifts that could still be sent are not sent alone.
    Order,
    /// All of it, although parcels had left: they did not arrive, and what was to be sent in their place is
    /// not to be had. All money goes back, the coupons and the points that were earned as well, and the order is
    /// completed.
    Replacement,
}

impl Foreseen {
    /// Looks at what giving up pieces of an order would lead to.
    pub(crate) fn of(
        tx: &mut Tx<'_>,
        order: &Facts,
        lines: &[OrderLine],
        pieces: LineQuantity,
    ) -> Result<Self, Error> {
        let extent = Extent::of(order, lines, pieces);
        let left: i64 = refundable(tx, order.id)?.iter().map(|(_, left)| left.minor).sum();
        let share = share_of(lines, pieces);
        let refund_minor = match extent {
            Extent::Order | Extent::Replacement => left,
            Extent::Pieces => share.min(left),
        };
        let is_possible = extent != Extent::Pieces || is_collected_in_full(order) || share == 0;
        let refund = Money::new(refund_minor, order.amounts.currency);
        Ok(Self { refund, extent, is_possible })
    }

    /// For each line of an order, by number, what giving up all of it that waits would lead to.
    pub fn of_each(
        tx: &mut Tx<'_>,
        order: &Facts,
        lines: &[OrderLine],
    ) -> Result<BTreeMap<u16, Self>, Error> {
        let mut foreseen = BTreeMap::new();
        for line in lines {
            if let Ok(quantity) = Quantity::new(line.pieces().backordered) {
                let line_no = line.terms.line_no;
                let pieces = LineQuantity { line_no, quantity };
                foreseen.insert(line_no, Self::of(tx, order, lines, pieces)?);
            }
        }
        Ok(foreseen)
    }
}

/// Whether nothing of an order's money is still to be collected at the door: what is stands fixed.
pub(super) fn is_collected_in_full(order: &Facts) -> bool {
    let is_unpaid = order.money.paid_minor < order.amounts.total_minor;
    order.terms != PaymentTerms::CashOnDelivery || !is_unpaid
}

impl Extent {
    fn of(order: &Facts, lines: &[OrderLine], pieces: LineQuantity) -> Self {
        let is_all = lines.iter().all(|line| {
            let of_it = line.terms.line_no == pieces.line_no;
            let given_up = if of_it { pieces.quantity.get() } else { 0 };
            let counts = line.pieces();
            let is_over = counts.backordered >= given_up
                && counts.canceled + given_up == line.terms.quantity.get();
            is_over || (line.terms.is_gift() && !of_it)
        });
        match (is_all, order.milestones.shipped_at) {
            (false, _) => Self::Pieces,
            (true, None) => Self::Order,
            (true, Some(_)) => Self::Replacement,
        }
    }
}

/// Gives up all pieces of a line that wait for stock, decided by a member of staff or an integration.
///
/// # Errors
/// [`GiveUpError`]; nothing has changed then.
pub fn give_up_by_hand(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: OrderId,
    line_no: u16,
) -> Result<GivenUp, GiveUpError> {
    let order = Loaded::load(tx, id)?;
    let facts = order.file.order().facts();
    let about = About {
        order: Some(id),
        customer: facts.customer,
        channel: Some(facts.channel),
        has_reason: act.reason.is_some(),
        ..About::default()
    };
    if authorize(principal, Permission::ApproveRefund, &about)? != Access::Full {
        return Err(Forbidden(Permission::ApproveRefund).into());
    }
    // What waits is known under the lock only: pieces may just have come in.
    let lines = &order.file.lines;
    let line = lines.iter().find(|line| line.terms.line_no == line_no);
    let waits = line.and_then(|line| Quantity::new(line.pieces().backordered).ok());
    let quantity = waits.ok_or(GiveUpError::NothingMissing(line_no))?;
    let pieces = LineQuantity { line_no, quantity };
    let (shop, _) = settings::read::<ShopSettings>(tx)?;
    let Foreseen { refund, .. } = Foreseen::of(tx, facts, lines, pieces)?;
    if refund.currency != shop.currency || refund.minor > shop.refund_limit_minor {
        return Err(GiveUpError::AboveLimit { amount_minor: refund.minor });
    }
    let given_up = give_up(tx, act, order, pieces)?;
    overtake_of(tx, act, id, line_no)?;
    service_is_done(tx, id, line_no, "given_up", act.at)?;
    Ok(given_up)
}

/// Gives up pieces that wait for stock. What becomes of the order is its [`Extent`].
pub(crate) fn give_up(
    tx: &mut Tx<'_>,
    act: &Act,
    mut order: Loaded,
    pieces: LineQuantity,
) -> Result<GivenUp, GiveUpError> {
    let id = order.file.order().id();
    let foreseen = Foreseen::of(tx, order.file.order().facts(), &order.file.lines, pieces)?;
    let Foreseen { refund, extent, is_possible } = foreseen;
    if !is_possible {
        return Err(GiveUpError::PaidAtTheDoor);
    }
    if extent == Extent::Order {
        cancel_loaded(tx, act, order, CancelReason::OutOfStock)?;
        return Ok(GivenUp { refunded: refund, is_canceled: true });
    }
    let file = &mut order.file;
    file.give_up(act, pieces)?;
    if extent == Extent::Replacement {
        let gifts = file.gifts();
        file.drop_gifts(act, &gifts)?;
    }
    file.save(tx)?;
    if extent == Extent::Replacement {
        // The buyer keeps nothing of the order, as if it had been canceled.
        release(tx, act, file.order().facts())?;
    }
    let order = file.order();
    send_back(tx, act, id, (Cause::OutOfStock, order.version()), refund.minor)?;
    go_on(tx, act, file)?;
    if extent == Extent::Replacement {
        confirm(tx, act, id)?;
    }
    Ok(GivenUp { refunded: refund, is_canceled: false })
}

/// Lets an order go on that has pieces less to wait for: what was held back by them alone is as far as its
/// parcels are.
pub(crate) fn go_on(tx: &mut Tx<'_>, act: &Act, file: &OrderFile) -> Result<(), Error> {
    let id = file.order().id();
    follow(tx, act, &[id])?;
    if file.has_nothing_to_come() { arm_confirm_receipt(tx, &[id], act.at) } else { Ok(()) }
}

/// Promises money back out of whatever payments have some left, the newest first; `why` is the cause and its
/// subject.
pub(super) fn send_back(
    tx: &mut Tx<'_>,
    act: &Act,
    order: OrderId,
    why: (Cause, i64),
    amount_minor: i64,
) -> Result<(), GrantRefundError> {
    let mut left = amount_minor;
    for (payment, has) in refundable(tx, order)? {
        let amount = Money::new(has.minor.min(left), has.currency);
        if amount.minor > 0 {
            grant_refund(tx, act, &payment, why.0, why.1, amount)?;
            left -= amount.minor;
        }
    }
    debug_assert_eq!(left, 0, "no more is sent back than there is");
    Ok(())
}

/// The payments of an order that could send money back, the newest first, with what is left of each.
pub(super) fn refundable(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<(Payment, Money)>, Error> {
    let mut refundable = Vec::new();
    for payment in payment::of(tx, order)?.into_iter().rev() {
        let facts = payment.facts();
        if facts.state == PaymentState::Captured {
            let left_minor = money::refundable(tx, &payment, true)?.left_minor();
            let left = Money::new(left_minor, payment.facts().amount.currency);
            refundable.push((payment, left));
        }
    }
    Ok(refundable)
}

/// What the buyer pays for pieces of a line that are given up, minor units.
fn share_of(lines: &[OrderLine], pieces: LineQuantity) -> i64 {
    let line = lines.iter().find(|line| line.terms.line_no == pieces.line_no);
    line.map_or(0, |line| line.share_of_next_canceled(pieces.quantity.get()))
}

impl OrderFile {
    /// Whether every piece that is wanted has left the building.
    fn has_nothing_to_come(&self) -> bool {
        self.order().facts().milestones.shipped_at.is_some()
            && self.lines.iter().all(|line| {
                let counts = line.pieces();
                counts.shipped + counts.canceled >= line.terms.quantity.get()
            })
    }

    /// Ends the wait of pieces for stock.
    pub(crate) fn give_up(&mut self, act: &Act, pieces: LineQuantity) -> Result<(), FileError> {
        let event = self.stored.order.give_up(&mut self.lines, vec![pieces], act.at)?;
        self.happened(act, event);
        self.end_wait(pieces);
        Ok(())
    }

    /// Ends the reservations in which pieces wait that are not wanted any more.
    pub(super) fn end_wait(&mut self, pieces: LineQuantity) {
        let mut left = pieces.quantity.get();
        for index in 0..self.reservations.len() {
            let facts = *self.reservations[index].reservation.facts();
            let waits = facts.line_no == pieces.line_no && facts.state == State::Backordered;
            if let (true, Ok(taken)) = (waits, Quantity::new(facts.quantity.get().min(left))) {
                self.shrink(index, taken, ReleaseReason::OrderChanged);
                left -= taken.get();
            }
        }
        debug_assert_eq!(left, 0, "what is backordered waits in a reservation");
    }
}
