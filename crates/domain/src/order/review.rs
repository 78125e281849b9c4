//! The review of an order: a decision by rules or by a person before work is released.
//!
//! Rules find [`Verdict`]s, which together are a [`Ruling`]; what keeps the order from being released
//! are its [`Hold`]s, several at once. Only a person refuses an order.

mod hold;
mod pace;
mod ruling;

pub use hold::{Hold, HoldReason};
pub use pace::Pace;
pub use ruling::{Ruling, Verdict};

use crate::code::coded;

coded! {
    /// How far the review is.
    enum Review {
        /// The rules have not looked at it yet.
        Pending = "pending",
        /// The rules found nothing.
        AutoPassed = "auto_passed",
        /// A person must decide (D3).
        ManualPending = "manual_pending",
        /// Stopped by a risk rule.
        Intercepted = "intercepted",
        /// A person let it pass.
        Approved = "approved",
        /// Refused.
        Rejected = "rejected",
        /// A question is with the buyer; the clock of D3 pauses.
        NeedsBuyer = "needs_buyer",
        /// A person lifted the interception.
        Released = "released",
    }
}

coded! {
    /// What the rules, a person or the buyer do to a review.
    enum Step {
        /// The rules find nothing.
        AutoPass = "auto_pass",
        /// The rules want a person to look.
        Queue = "queue",
        /// The rules stop it.
        Intercept = "intercept",
        /// A person lets it pass.
        Approve = "approve",
        /// A person refuses it.
        Reject = "reject",
        /// A person asks the buyer.
        AskBuyer = "ask_buyer",
        /// The buyer answers; the person decides.
        Resume = "resume",
        /// A person lifts the interception.
        Release = "release",
        /// The order was changed, so the rules look again.
        Reopen = "reopen",
    }
}

/// A step that a review does not have at this point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a review that is {from} has no step {step}")]
pub struct InvalidTransition {
    /// How far the review is.
    pub from: Review,
    /// What was asked.
    pub step: Step,
}

impl Review {
    /// The whole life cycle. Only a changed order goes back to the start.
    pub const fn after(self, step: Step) -> Result<Self, InvalidTransition> {
        match (self, step) {
            (Self::Pending, Step::AutoPass) => Ok(Self::AutoPassed),
            (Self::Pending, Step::Queue) | (Self::NeedsBuyer, Step::Resume) => {
                Ok(Self::ManualPending)
            }
            (Self::Pending, Step::Intercept) => Ok(Self::Intercepted),
            (Self::ManualPending, Step::Approve) => Ok(Self::Approved),
            (Self::ManualPending | Self::Intercepted, Step::Reject) => Ok(Self::Rejected),
            (Self::ManualPending, Step::AskBuyer) => Ok(Self::NeedsBuyer),
            (Self::Intercepted, Step::Release) => Ok(Self::Released),
            (
                Self::AutoPassed
                | Self::ManualPending
                | Self::NeedsBuyer
                | Self::Approved
                | Self::Released,
                Step::Reopen,
            ) => Ok(Self::Pending),
            (from, step) => Err(InvalidTransition { from, step }),
        }
    }

    /// Whether nothing more stands in the way from this side.
    pub const fn is_passed(self) -> bool {
        matches!(self, Self::AutoPassed | Self::Approved | Self::Released)
    }

    /// Whether holds keep the order from being released until somebody decides.
    pub const fn is_held(self) -> bool {
        matches!(self, Self::ManualPending | Self::Intercepted | Self::NeedsBuyer)
    }

    /// Whether a fresh order can start here: what the rules alone may find.
    pub const fn is_initial(self) -> bool {
        matches!(self, Self::Pending | Self::AutoPassed | Self::ManualPending | Self::Intercepted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::life_cycle;

    #[test]
    fn the_life_cycle() {
        insta::assert_snapshot!(life_cycle(Review::ALL, &Step::ALL, Review::after), @r"
        Pending --AutoPass--> AutoPassed
        Pending --Queue--> ManualPending
        Pending --Intercept--> Intercepted
        AutoPassed --Reopen--> Pending
        ManualPending --Approve--> Approved
        ManualPending --Reject--> Rejected
        ManualPending --AskBuyer--> NeedsBuyer
        ManualPending --Reopen--> Pending
        Intercepted --Reject--> Rejected
        Intercepted --Release--> Released
        Approved --Reopen--> Pending
        NeedsBuyer --Resume--> ManualPending
        NeedsBuyer --Reopen--> Pending
        Released --Reopen--> Pending
        ");
    }

    #[test]
    fn the_rules_never_refuse_an_order_without_a_person() {
        for step in [Step::AutoPass, Step::Queue, Step::Intercept] {
            let found = Review::Pending.after(step).unwrap();
            assert!(found.is_initial());
            assert_ne!(found, Review::Rejected);
        }
    }
}
