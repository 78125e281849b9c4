//! Why an order refuses a command.

use super::{AmountsError, InvalidTransition, Review, Status, review};

/// What keeps an order from being confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// The review is not passed.
    #[error("the review is {0}")]
    Review(Review),
    /// It is to be prepaid, and is not.
    #[error("it is not paid")]
    Unpaid,
}

/// Why a command was refused; nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// The life cycle has no such step from here.
    #[error(transparent)]
    Transition(#[from] InvalidTransition),
    /// The review has no such step from here.
    #[error(transparent)]
    Review(#[from] review::InvalidTransition),
    /// An order starts with what the rules may find, not with a person's decision.
    #[error("a fresh order cannot have a review that is {0}")]
    InitialReview(Review),
    /// The sums are not those of the lines.
    #[error(transparent)]
    Amounts(#[from] AmountsError),
    /// Only an order that waits, or of which nothing has shipped, is reviewed.
    #[error("an order that is {0} is not reviewed")]
    NotReviewable(Status),
    /// A condition of confirming does not hold.
    #[error("the order cannot be confirmed: {0}")]
    NotReady(#[from] NotReady),
    /// An order is rejected by its review.
    #[error("an order whose review is {0} is not rejected")]
    NotRefused(Review),
    /// Something has left the building; the caller may start a return instead.
    #[error("the order has shipped and cannot be ended")]
    AlreadyShipped,
    /// Nothing has left the building yet.
    #[error("the order has not shipped")]
    NotShipped,
    /// Only allocated pieces ship, and only backordered ones are filled.
    #[error("line {line_no} has {available} such pieces, not {asked}")]
    Pieces {
        /// Which line.
        line_no: u16,
        /// How many pieces it has for this.
        available: i64,
        /// How many were named.
        asked: i64,
    },
    /// A sum that is zero, negative, beyond 64 bits, or more than was paid.
    #[error("{amount_minor} minor units cannot be recorded")]
    Sum {
        /// What was reported.
        amount_minor: i64,
    },
}
