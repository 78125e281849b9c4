//! The life cycle of an order.

use crate::code::coded;

coded! {
    /// Where an order stands. "Paid" and "partly shipped" are computed, not stated here.
    enum Status {
        /// Accepted; waits for money, review or stock.
        Placed = "placed",
        /// Review passed, money there or promised, stock allocated or backorder accepted.
        Confirmed = "confirmed",
        /// Received by the buyer.
        Completed = "completed",
        /// Closed for good and moved out of the daily lists.
        Archived = "archived",
        /// Ended before anything left the building.
        Canceled = "canceled",
        /// Refused by the review.
        Rejected = "rejected",
    }
}

coded! {
    /// What moves an order on.
    enum Step {
        /// All conditions hold.
        Confirm = "confirm",
        /// The buyer has it.
        Complete = "complete",
        /// After-sale time is over.
        Archive = "archive",
        /// Ends it, for a reason.
        Cancel = "cancel",
        /// The review refuses it.
        Reject = "reject",
    }
}

/// A step that the life cycle does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order that is {from} has no step {step}")]
pub struct InvalidTransition {
    /// Where the order stands.
    pub from: Status,
    /// What was asked.
    pub step: Step,
}

impl Status {
    /// The whole life cycle. Goods that left the building come back as a return, not a cancel.
    pub const fn after(self, step: Step) -> Result<Self, InvalidTransition> {
        match (self, step) {
            (Self::Placed, Step::Confirm) => Ok(Self::Confirmed),
            (Self::Confirmed, Step::Complete) => Ok(Self::Completed),
            (Self::Completed, Step::Archive) => Ok(Self::Archived),
            (Self::Placed | Self::Confirmed, Step::Cancel) => Ok(Self::Canceled),
            (Self::Placed | Self::Confirmed, Step::Reject) => Ok(Self::Rejected),
            (from, step) => Err(InvalidTransition { from, step }),
        }
    }

    /// Whether goods may still leave for it, so that money for it is welcome.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Placed | Self::Confirmed)
    }
}

coded! {
    /// Why an order was canceled.
    enum CancelReason {
        /// The buyer changed their mind.
        Buyer = "buyer",
        /// Not paid in time (D1).
        Unpaid = "unpaid",
        /// A member of staff decided, with a reason in the journal.
        Operator = "operator",
        /// The sales channel canceled its order.
        Channel = "channel",
        /// It cannot be supplied.
        OutOfStock = "out_of_stock",
        /// Risk control refuses it.
        Fraud = "fraud",
        /// The same order was placed twice.
        Duplicate = "duplicate",
        /// The address cannot be delivered to.
        Undeliverable = "undeliverable",
    }
}

coded! {
    /// When the money comes.
    enum PaymentTerms {
        /// Before anything is released.
        Prepaid = "prepaid",
        /// At the door, to the carrier.
        CashOnDelivery = "cash_on_delivery",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::life_cycle;

    #[test]
    fn the_life_cycle() {
        insta::assert_snapshot!(life_cycle(Status::ALL, &Step::ALL, Status::after), @r"
        Placed --Confirm--> Confirmed
        Placed --Cancel--> Canceled
        Placed --Reject--> Rejected
        Confirmed --Complete--> Completed
        Confirmed --Cancel--> Canceled
        Confirmed --Reject--> Rejected
        Completed --Archive--> Archived
        ");
    }
}
