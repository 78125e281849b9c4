//! The life cycle of a dispute, and the words of banks.

use crate::code::coded;

coded! {
    /// Where a dispute stands.
    enum State {
        /// We may answer.
        NeedsResponse = "needs_response",
        /// The bank looks at our evidence.
        UnderReview = "under_review",
        /// The money is ours again.
        Won = "won",
        /// The money is gone.
        Lost = "lost",
        /// We did not contest it: the money is gone.
        Accepted = "accepted",
    }
}

coded! {
    /// What moves a dispute on.
    enum Step {
        /// Our evidence is with the bank.
        Submit = "submit",
        /// We do not contest it.
        Accept = "accept",
        /// The bank decides for us, or takes it back.
        Win = "win",
        /// The bank decides for the buyer, or our time is over.
        Lose = "lose",
    }
}

coded! {
    /// Why a bank wants money back: what the reason codes of the card schemes come down to.
    enum Reason {
        /// 盗刷: the holder of the card did not buy this.
        Fraudulent = "fraudulent",
        /// 未收到货: it has not come.
        NotReceived = "not_received",
        /// 与描述不符: it is not what was sold.
        NotAsDescribed = "not_as_described",
        /// 重复扣款: it was paid twice.
        Duplicate = "duplicate",
        /// 未退款: money that was promised back has not come.
        CreditNotProcessed = "credit_not_processed",
        /// 其他: see the gateway.
        Other = "other",
    }
}

coded! {
    /// What we say to a dispute.
    enum Answer {
        /// Here is our evidence.
        Evidence = "evidence",
        /// We do not contest it.
        Accept = "accept",
    }
}

/// A step that a dispute does not have at this point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a dispute that is {from} has no step {step}")]
pub struct InvalidTransition {
    /// Where the dispute stands.
    pub from: State,
    /// What was asked.
    pub step: Step,
}

impl State {
    /// The whole life cycle. A bank may decide before it has heard us; somebody may give in at the gateway's
    /// own desk while it is reviewed. What has ended stays ended.
    pub const fn after(self, step: Step) -> Result<Self, InvalidTransition> {
        match (self, step) {
            (Self::NeedsResponse, Step::Submit) => Ok(Self::UnderReview),
            (Self::NeedsResponse | Self::UnderReview, Step::Accept) => Ok(Self::Accepted),
            (Self::NeedsResponse | Self::UnderReview, Step::Win) => Ok(Self::Won),
            (Self::NeedsResponse | Self::UnderReview, Step::Lose) => Ok(Self::Lost),
            (from, step) => Err(InvalidTransition { from, step }),
        }
    }

    /// Whether it is not decided yet: the gateway keeps the money from us.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::NeedsResponse | Self::UnderReview)
    }

    /// Whether the buyer's bank has the money for good.
    pub const fn is_charged_back(self) -> bool {
        matches!(self, Self::Lost | Self::Accepted)
    }
}
