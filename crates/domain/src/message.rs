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
        /// A parcel has left; the subject is the shipment.
        Shipped = "shipped",
        /// A courier brings a parcel today; the subject is the shipment.
        OutForDelivery = "out_for_delivery",
        /// A parcel waits to be collected; the subject is the shipment.
        AtPickupPoint = "at_pickup_point",
        /// A parcel was delivered; the subject is the shipment.
        Delivered = "delivered",
        /// The carrier does not find the address of a parcel; the subject is the shipment.
        AddressProblem = "address_problem",
        /// The order is complete.
        Completed = "completed",
        /// Pieces are missing, and the buyer is asked what should become of them; the subject is the choice.
        MissingPieces = "missing_pieces",
        /// Something else is sent in place of missing pieces; the subject is its line of the order.
        Substituted = "substituted",
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

    /// Whether it is about one parcel.
    pub const fn is_about_a_parcel(self) -> bool {
        matches!(
            self,
            Self::Shipped
                | Self::OutForDelivery
                | Self::AtPickupPoint
                | Self::Delivered
                | Self::AddressProblem
        )
    }
}
