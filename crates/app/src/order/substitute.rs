//! Replacing pieces that nobody has by as many of something else, which is there: the catalog says what may
//! stand in for what. By service, or by the buyer who was asked ([`crate::choice`]).
//!
//! The pieces of the substitute are claimed by the same command, and sourced like pieces that came in later.
//! What they cost less goes back at once; they never cost more. [`offers()`] says what can be had.
//!
//! Locks on PostgreSQL: the order, then the stock of all that is in it and of the substitute together.

mod offers;

use ordermill_base::{Money, Quantity};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{LocationId, OrderId, SkuId};
use ordermill_domain::order::{LineQuantity, LineTerms};
use ordermill_domain::refund::Cause;
use ordermill_domain::reservation::{Claim, State};
use ordermill_domain::role::Permission;
use ordermill_storage::{Error, Tx};

use super::file::{FileError, OrderFile};
use super::give_up::send_back;
use crate::catalog::{Catalog, ShopSettings, settings};
use crate::choice::{overtake_of, service_is_done};
use crate::payment::refund::GrantRefundError;
use crate::permission::{About, Access, Forbidden, Principal, authorize};

pub use offers::{Offer, offers, offers_of_each};
pub(crate) use offers::{Waiting, may_be_taken, offer, offers_to_buyer};

/// Why nothing was replaced; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum SubstituteError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// It is more than one person may send back alone.
    #[error("{amount_minor} minor units are more than one person may send back alone")]
    AboveLimit {
        /// What would go back, minor units.
        amount_minor: i64,
    },
    /// Of that line no piece waits for stock, or the order is over.
    #[error("no piece of line {0} waits for stock")]
    NothingMissing(u16),
    /// A gift is sent or not; nothing is sent in its place.
    #[error("line {0} is a gift, and nothing is sent in place of gifts")]
    Gift(u16),
    /// The catalog does not know it as a substitute of what is missing.
    #[error("{0} is no substitute of what is missing")]
    NotASubstitute(SkuId),
    /// It is not on sale, or not in the currency of the order.
    #[error("{0} is not sold, or not in the currency of the order")]
    NotSold(SkuId),
    /// There are not so many pieces of it that can be sold.
    #[error("{available} pieces of {sku} are there, not {wanted}")]
    NotEnough {
        /// What.
        sku: SkuId,
        /// How many pieces can be sold now.
        available: i64,
        /// How many are missing.
        wanted: i64,
    },
    /// A person is to look at the order if it is in it: a buyer cannot take it alone.
    #[error("{0} is not to be taken without a person who looks at the order")]
    ToBeReviewed(SkuId),
    /// The order or its life cycle says no.
    #[error(transparent)]
    File(#[from] FileError),
    /// The money could not be promised back: a defect, as refunds stay within captures.
    #[error(transparent)]
    Refund(#[from] GrantRefundError),
}

impl From<Error> for SubstituteError {
    fn from(error: Error) -> Self {
        Self::File(error.into())
    }
}

/// What replacing has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Substituted {
    /// The new line.
    pub line_no: u16,
    /// What goes back.
    pub refunded: Money,
}

/// Replaces all pieces of a line that wait for stock, decided by a member of staff or an integration: a
/// person who looks at the order, so that no rule does so again.
///
/// # Errors
/// [`SubstituteError`]; nothing has changed then.
pub fn substitute_by_hand(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    principal: &Principal,
    act: &Act,
    id: OrderId,
    (line_no, sku): (u16, SkuId),
) -> Result<Substituted, SubstituteError> {
    let mut file = OrderFile::load_with(tx, id, &[sku])?;
    let facts = file.order().facts();
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
    // What waits and what is there is known under the lock only.
    let waiting = Waiting::of(file.order(), &file.lines, line_no)?;
    let offer = file.offer(tx, catalog, waiting, sku)?;
    let (shop, _) = settings::read::<ShopSettings>(tx)?;
    let refund = offer.refund;
    let is_within = refund.currency == shop.currency && refund.minor <= shop.refund_limit_minor;
    if refund.minor > 0 && !is_within {
        return Err(SubstituteError::AboveLimit { amount_minor: refund.minor });
    }
    let substituted = substitute(tx, act, catalog, &mut file, &offer)?;
    overtake_of(tx, act, id, line_no)?;
    service_is_done(tx, id, line_no, "substituted", act.at)?;
    Ok(substituted)
}

/// Carries an offer out, which was made under the locks of this transaction.
pub(crate) fn substitute(
    tx: &mut Tx<'_>,
    act: &Act,
    catalog: &Catalog,
    file: &mut OrderFile,
    offer: &Offer,
) -> Result<Substituted, SubstituteError> {
    let from = catalog.preference(&file.stored.region);
    file.substitute(act, offer.line, offer.refund.minor, &from)?;
    file.save(tx)?;
    let (id, line_no) = (file.order().id(), offer.line.line_no);
    send_back(tx, act, id, (Cause::Substituted, line_no.into()), offer.refund.minor)?;
    Ok(Substituted { line_no, refunded: offer.refund })
}

impl OrderFile {
    /// What a substitute would lead to, by what is there under the locks of the file.
    pub(crate) fn offer(
        &self,
        tx: &mut Tx<'_>,
        catalog: &Catalog,
        waiting: Waiting,
        sku: SkuId,
    ) -> Result<Offer, SubstituteError> {
        let levels = self.levels();
        offer(tx, catalog, (&self.stored, &self.lines), waiting, sku, levels.of(sku))
    }

    /// Ends the wait of pieces, and claims those of a new line from whatever locations have them, the
    /// preferred ones first.
    fn substitute(
        &mut self,
        act: &Act,
        line: LineTerms,
        refund_minor: i64,
        from: &[LocationId],
    ) -> Result<(), FileError> {
        let event = self.stored.order.substitute(&mut self.lines, line, refund_minor, act.at)?;
        self.happened(act, event);
        let line_no = line.stands_for.unwrap_or_default();
        self.end_wait(LineQuantity { line_no, quantity: line.quantity });
        let mut missing = line.quantity.get();
        for &location in from {
            let found = self.available_at(line.sku, location).min(missing);
            let Ok(found) = Quantity::new(found) else { continue };
            let mut levels = self.levels.borrow_mut();
            levels.at(line.sku, location)?.change_claim(None, Some(Claim::Allocated), found)?;
            drop(levels);
            let part = self.part_of(line.line_no, line.sku, location, found, State::Allocated);
            self.split_off(part, None);
            missing -= found.get();
        }
        match missing {
            0 => Ok(()),
            missing => Err(super::file::Unbalanced::NotPromised { missing }.into()),
        }
    }
}
