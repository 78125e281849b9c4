//! The life cycle of a payment.

use crate::code::coded;

coded! {
    /// Where a payment stands.
    enum State {
        /// Known to us alone.
        Created = "created",
        /// With the gateway; the buyer is paying.
        Pending = "pending",
        /// The money is promised to us.
        Authorized = "authorized",
        /// The money is ours.
        Captured = "captured",
        /// Refused by the gateway or the bank.
        Failed = "failed",
        /// Not paid in time.
        Expired = "expired",
        /// Given up by us.
        Voided = "voided",
    }
}

coded! {
    /// What moves a payment on.
    enum Step {
        /// We hand it to the gateway.
        Submit = "submit",
        /// The gateway promises the money.
        Authorize = "authorize",
        /// The gateway has the money.
        Capture = "capture",
        /// The gateway or the bank refuses.
        Fail = "fail",
        /// The time is over.
        Expire = "expire",
        /// We give it up.
        Void = "void",
    }
}

/// A step that a payment does not have at this point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a payment that is {from} has no step {step}")]
pub struct InvalidTransition {
    /// Where the payment stands.
    pub from: State,
    /// What was asked.
    pub step: Step,
}

impl State {
    /// The whole life cycle. Money that the gateway has is a fact: a capture counts also after we
    /// gave the payment up.
    pub const fn after(self, step: Step) -> Result<Self, InvalidTransition> {
        match (self, step) {
            (Self::Created, Step::Submit) => Ok(Self::Pending),
            (Self::Created | Self::Pending, Step::Authorize) => Ok(Self::Authorized),
            (
                Self::Created
                | Self::Pending
                | Self::Authorized
                | Self::Failed
                | Self::Expired
                | Self::Voided,
                Step::Capture,
            ) => Ok(Self::Captured),
            (Self::Created | Self::Pending | Self::Authorized, Step::Fail) => Ok(Self::Failed),
            (Self::Created | Self::Pending | Self::Authorized, Step::Expire) => Ok(Self::Expired),
            (Self::Created | Self::Pending | Self::Authorized, Step::Void) => Ok(Self::Voided),
            (from, step) => Err(InvalidTransition { from, step }),
        }
    }

    /// Whether the buyer may still pay with it.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Created | Self::Pending | Self::Authorized)
    }
}
