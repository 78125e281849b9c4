//! What everybody sees of an order, read over one view of the database.

use ordermill_base::Timestamp;
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::dispute::Dispute;
use ordermill_domain::fulfillment::Fulfillment;
use ordermill_domain::ids::{CarrierId, OrderId};
use ordermill_domain::order::review::Hold;
use ordermill_domain::order::{Action, DisplayStatus, OrderLine, OrderNumber, Review};
use ordermill_domain::payment::{Payment, PaymentStatus};
use ordermill_domain::refund::Refund;
use ordermill_domain::text::Text;
use ordermill_storage::{
    Error, Tx, carrier, coupon, deadline, dispute, fulfillment, order, payment, refund,
    reservation, review, shipment,
};

/// One order with all that hangs on it.
#[derive(Debug, Clone)]
pub struct OrderDetail {
    /// The head and what is stored beside it.
    pub stored: order::Stored,
    /// What people read out on the phone.
    pub number: OrderNumber,
    /// Its lines.
    pub lines: Vec<OrderLine>,
    /// The coupons that it uses, or gave back when it ended.
    pub coupons: Vec<coupon::Use>,
    /// The stock that it holds or held.
    pub reservations: Vec<reservation::Stored>,
    /// Every payment, oldest first.
    pub payments: Vec<Payment>,
    /// Every refund, oldest first.
    pub refunds: Vec<Refund>,
    /// What buyers' banks want or wanted back, oldest first.
    pub disputes: Vec<Dispute>,
    /// What each location ships, or was to ship, oldest first.
    pub fulfillments: Vec<Fulfillment>,
    /// The parcels with a label, oldest first.
    pub shipments: Vec<shipment::Stored>,
    /// Who carries parcels: (carrier, name).
    pub carriers: Vec<(CarrierId, Text)>,
    /// Why it is or was kept from being released, oldest first.
    pub holds: Vec<Hold>,
    /// What must happen by when: (kind, due, warning).
    pub deadlines: Vec<(DeadlineKind, Timestamp, Option<Timestamp>)>,
}

impl OrderDetail {
    /// Reads an order; `None` if there is none. Over a snapshot: an order that is paid in between must
    /// not be shown with the deadlines from before and the payment from after it.
    pub fn load(tx: &mut Tx<'_>, id: OrderId) -> Result<Option<Self>, Error> {
        let Some(stored) = order::fetch(tx, id)? else { return Ok(None) };
        let was_looked_at =
            !matches!(stored.order.facts().review, Review::Pending | Review::AutoPassed);
        let was_confirmed = stored.order.facts().milestones.confirmed_at.is_some();
        let has_coupons = stored.order.facts().coupons > 0;
        let shipments = was_confirmed.then(|| shipment::ask_of(tx, id)).transpose()?;
        let fulfillments =
            was_confirmed.then(|| fulfillment::ask_of_each(tx, &[id])).transpose()?;
        let lines = order::ask_lines(tx, id)?;
        let reservations = reservation::ask_of_each(tx, &[id])?;
        let payments = payment::ask_of(tx, id)?;
        let deadlines = deadline::ask_of(tx, id)?.answer(tx)?;
        let payments = payments.answer(tx)?;
        let shipments = shipments.map_or(Ok(Vec::new()), |asked| asked.answer(tx))?;
        let refunds = (!payments.is_empty()).then(|| refund::ask_of(tx, id)).transpose()?;
        let disputes = (!payments.is_empty()).then(|| dispute::ask_of(tx, id)).transpose()?;
        let known = (!shipments.is_empty()).then(|| carrier::ask_names(tx)).transpose()?;
        let known = known.map_or(Ok(Vec::new()), |asked| asked.answer(tx))?;
        Ok(Some(Self {
            coupons: if has_coupons { coupon::uses_of(tx, id)? } else { Vec::new() },
            holds: if was_looked_at { review::holds_of(tx, id)? } else { Vec::new() },
            stored,
            number: OrderNumber::from(id),
            lines: lines.answer(tx)?,
            reservations: reservations.answer(tx)?,
            fulfillments: fulfillments.map_or(Ok(Vec::new()), |asked| asked.answer(tx))?,
            shipments,
            carriers: known.into_iter().map(|it| (it.id, it.name)).collect(),
            refunds: refunds.map_or(Ok(Vec::new()), |asked| asked.answer(tx))?,
            disputes: disputes.map_or(Ok(Vec::new()), |asked| asked.answer(tx))?,
            payments,
            deadlines,
        }))
    }

    /// The state that is shown.
    pub fn display_status(&self) -> DisplayStatus {
        self.stored.order.display_status(self.stored.progress)
    }

    /// Where its money stands.
    pub fn payment_status(&self) -> PaymentStatus {
        self.stored.order.payment_status()
    }

    /// What open disputes are about, in minor units.
    pub fn disputed_minor(&self) -> i64 {
        let open = self.disputes.iter().filter(|dispute| dispute.state().is_open());
        open.map(|dispute| dispute.facts().terms.amount.minor).sum()
    }

    /// What may be done with it now.
    pub fn allowed_actions(&self) -> Vec<Action> {
        self.stored.order.allowed_actions().collect()
    }

    /// What is still to be paid, in minor units; never negative.
    pub fn to_pay_minor(&self) -> i64 {
        let facts = self.stored.order.facts();
        (facts.amounts.total_minor - facts.money.paid_minor + facts.money.refunded_minor).max(0)
    }
}
