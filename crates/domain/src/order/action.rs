//! What a client may offer to do with an order now.

use super::{Order, PaymentTerms, Review, Status, review};
use crate::code::coded;
use crate::payment::PaymentStatus;

coded! {
    /// A thing that can be done with an order, served as *allowed actions*. Who may do it is asked
    /// of the roles.
    enum Action {
        /// Pay what is owed.
        Pay = "pay",
        /// End it before anything ships.
        Cancel = "cancel",
        /// Let a manual review pass.
        Approve = "approve",
        /// Refuse it in the review.
        Refuse = "refuse",
        /// Ask the buyer, pausing the review.
        AskBuyer = "ask_buyer",
        /// Go on with a review after the buyer's answer.
        ResumeReview = "resume_review",
        /// Lift an interception.
        ReleaseInterception = "release_interception",
        /// Allocate stock and confirm.
        Confirm = "confirm",
        /// Note that the buyer has it.
        Complete = "complete",
        /// Close it for good.
        Archive = "archive",
    }
}

impl Order {
    /// What can be done now, in the order of [`Action::ALL`].
    pub fn allowed_actions(&self) -> impl Iterator<Item = Action> {
        Action::ALL.into_iter().filter(|&action| self.allows(action))
    }

    /// Whether an action is possible now.
    pub fn allows(&self, action: Action) -> bool {
        let facts = self.facts();
        let shipped = facts.milestones.shipped_at.is_some();
        match action {
            Action::Pay => {
                facts.terms == PaymentTerms::Prepaid
                    && facts.status == Status::Placed
                    && facts.review != Review::Rejected
                    && matches!(
                        self.payment_status(),
                        PaymentStatus::Unpaid | PaymentStatus::PartiallyPaid
                    )
            }
            Action::Cancel => facts.status.is_open() && !shipped,
            Action::Approve => self.can_review(review::Step::Approve),
            Action::Refuse => !shipped && self.can_review(review::Step::Reject),
            Action::AskBuyer => self.can_review(review::Step::AskBuyer),
            Action::ResumeReview => self.can_review(review::Step::Resume),
            Action::ReleaseInterception => self.can_review(review::Step::Release),
            Action::Confirm => facts.status == Status::Placed && self.ready_to_confirm().is_ok(),
            Action::Complete => facts.status == Status::Confirmed && shipped,
            Action::Archive => facts.status == Status::Completed,
        }
    }

    fn can_review(&self, step: review::Step) -> bool {
        self.is_reviewable() && self.facts().review.after(step).is_ok()
    }
}
