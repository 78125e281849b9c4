//! Giving up pieces of an order that wait for stock: the rest goes on, and their share of the money goes
//! back. By service, or by the buyer who was asked ([`crate::choice`]).

use ordermill_base::{Currency, Money, Quantity};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{CancelReason, LineQuantity, PaymentTerms};
use ordermill_domain::payment::State as PaymentState;
use ordermill_domain::refund::Cause;
use ordermill_domain::reservation::{ReleaseReason, State};
use ordermill_domain::role::Permission;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Error, Tx, payment, refund, task};

use super::cancel::{CancelOrderError, cancel_order};
use super::file::{FileError, OrderFile};
use crate::catalog::{ShopSettings, settings};
use crate::choice::overtake_of;
use crate::payment::refund::{GrantRefundError, grant_refund};
use crate::permission::{About, Access, Forbidden, Principal, authorize};
use crate::shipment::receipt::arm_confirm_receipt;

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

/// Gives up pieces that wait for stock, decided by a member of staff or an integration.
///
/// # Errors
/// [`GiveUpError`]; nothing has changed then.
pub fn give_up_by_hand(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: OrderId,
    pieces: LineQuantity,
) -> Result<GivenUp, GiveUpError> {
    let mut file = OrderFile::load(tx, id)?;
    let facts = file.order().facts();
    let about = About {
        order: Some(id),
        customer: facts.customer,
        channel: Some(facts.channel),
        has_reason: act.reason.is_some(),
        ..About::default()
    };
    let (shop, _) = settings::read::<ShopSettings>(tx)?;
    let share = file.share_of(pieces);
    let is_large = share.currency != shop.currency || share.minor > shop.refund_limit_minor;
    if authorize(principal, Permission::ApproveRefund, &about)? != Access::Full {
        return Err(Forbidden(Permission::ApproveRefund).into());
    }
    if is_large {
        return Err(GiveUpError::AboveLimit { amount_minor: share.minor });
    }
    let given_up = give_up(tx, act, &mut file, pieces)?;
    overtake_of(tx, act, id, pieces.line_no)?;
    task::close(tx, TaskKind::ShortPick, id, "given_up", act.at)?;
    Ok(given_up)
}

/// Gives up pieces that wait for stock. Where nothing else is to come or has left, the order is canceled.
pub(crate) fn give_up(
    tx: &mut Tx<'_>,
    act: &Act,
    file: &mut OrderFile,
    pieces: LineQuantity,
) -> Result<GivenUp, GiveUpError> {
    let id = file.order().id();
    if file.is_all_that_is_left(pieces) {
        let paid = file.order().facts().money;
        let here = paid.paid_minor - paid.refunded_minor;
        cancel_order(tx, act, id, CancelReason::OutOfStock)?;
        let refunded = Money::new(here, file.currency());
        return Ok(GivenUp { refunded, is_canceled: true });
    }
    let facts = file.order().facts();
    let is_unpaid = facts.money.paid_minor < facts.amounts.total_minor;
    if facts.terms == PaymentTerms::CashOnDelivery && is_unpaid {
        return Err(GiveUpError::PaidAtTheDoor);
    }
    let share = file.share_of(pieces);
    file.give_up(act, pieces)?;
    file.save(tx)?;
    let refunded = send_back(tx, act, file, share.minor)?;
    if file.has_nothing_to_come() {
        arm_confirm_receipt(tx, &[id], act.at)?;
    }
    Ok(GivenUp { refunded: Money::new(refunded, share.currency), is_canceled: false })
}

/// Promises money back out of whatever payments have some left, the newest first. Gives how much.
fn send_back(
    tx: &mut Tx<'_>,
    act: &Act,
    file: &OrderFile,
    amount_minor: i64,
) -> Result<i64, GiveUpError> {
    let (id, subject) = (file.order().id(), file.order().version());
    let mut left = amount_minor;
    for payment in payment::of(tx, id)?.into_iter().rev() {
        let facts = payment.facts();
        if facts.state != PaymentState::Captured {
            continue;
        }
        let has = facts.amount.minor - refund::granted_minor(tx, facts.id)?;
        let amount = Money::new(has.min(left), facts.amount.currency);
        if amount.minor > 0 {
            grant_refund(tx, act, &payment, Cause::OutOfStock, subject, amount)?;
            left -= amount.minor;
        }
    }
    Ok(amount_minor - left)
}

impl OrderFile {
    fn currency(&self) -> Currency {
        self.order().facts().amounts.currency
    }

    /// What the buyer pays for pieces of a line that are given up.
    fn share_of(&self, pieces: LineQuantity) -> Money {
        let line = self.lines.iter().find(|line| line.terms.line_no == pieces.line_no);
        let share = line.map_or(0, |line| line.share_of_next_canceled(pieces.quantity.get()));
        Money::new(share, self.currency())
    }

    /// Whether an order consists of nothing but these pieces and what was given up before.
    fn is_all_that_is_left(&self, pieces: LineQuantity) -> bool {
        self.lines.iter().all(|line| {
            let of_it = line.terms.line_no == pieces.line_no;
            let given_up = if of_it { pieces.quantity.get() } else { 0 };
            let counts = line.pieces();
            counts.backordered >= given_up
                && counts.canceled + given_up == line.terms.quantity.get()
        })
    }

    /// Whether every piece that is wanted has left the building.
    fn has_nothing_to_come(&self) -> bool {
        self.order().facts().milestones.shipped_at.is_some()
            && self.lines.iter().all(|line| {
                let counts = line.pieces();
                counts.shipped + counts.canceled >= line.terms.quantity.get()
            })
    }

    /// Ends the wait of pieces for stock.
    fn give_up(&mut self, act: &Act, pieces: LineQuantity) -> Result<(), FileError> {
        let event = self.stored.order.give_up(&mut self.lines, vec![pieces], act.at)?;
        self.happened(act, event);
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
        Ok(())
    }
}
