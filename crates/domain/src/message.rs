//! Messages to buyers about their orders.

use crate::code::coded;

coded! {
    /// What a buyer is told.
    enum Cause {
        /// A payment did not go through; the subject is the payment.
        PaymentFailed = "payment_failed",
        /// The order is paid.
        Paid = "paid",
        /// The order is canceled.
        Canceled = "canceled",
        /// Money was sent back; the subject is the refund.
        Refunded = "refunded",
        /// The order will soon be canceled if nobody pays.
        PaymentDue = "payment_due",
    }
}

coded! {
    /// Where a message stands.
    enum State {
        /// It is to be sent, for the first time or again.
        Waiting = "waiting",
        /// Whoever carries messages has it.
        Sent = "sent",
        /// It would tell nothing true any more: the order has moved on, or its buyer is erased.
        Moot = "moot",
        /// It cannot be sent; a person knows.
        Dead = "dead",
    }
}

impl Cause {
    /// Whether it asks the buyer to pay, which is pointless once there is nothing to pay.
    pub const fn asks_to_pay(self) -> bool {
        matches!(self, Self::PaymentFailed | Self::PaymentDue)
    }
}
