//! Deadlines: what must happen by when, and who answers for it.
//!
//! The spans here are the defaults; a shop may configure others. Who runs them, and what they do on
//! breach, is a matter of the use cases.

use ordermill_base::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::order::{PaymentTerms, Review};
use crate::role::Role;

coded! {
    /// What must happen, D1 to D18.
    enum DeadlineKind {
        /// D1: the prepaid order is paid.
        Pay = "pay",
        /// D2: the order under a promotion is paid while its stock is held.
        StockRelease = "stock_release",
        /// D3: a person decides the review.
        Review = "review",
        /// D4: carrier and buyer are contacted about a delivery exception, and a plan is set.
        DeliveryException = "delivery_exception",
        /// D5: a dispute about a sign-off is decided.
        SignOffDispute = "sign_off_dispute",
        /// D6: the money is sent or the replacement shipped.
        AfterSale = "after_sale",
        /// D7: an ordinary complaint has its first reply.
        Complaint = "complaint",
        /// D8: a major complaint has its first reply.
        MajorComplaint = "major_complaint",
        /// D9: the plan for a major complaint is sent.
        MajorComplaintPlan = "major_complaint_plan",
        /// D10: a change is visible on the sales channel.
        StatusSync = "status_sync",
        /// D11: a discovered mistake is reported.
        MistakeReport = "mistake_report",
        /// D12: every grant of the month is attested.
        PermissionReview = "permission_review",
        /// D13: the plan of an issue across departments is recorded.
        CrossDepartmentPlan = "cross_department_plan",
        /// D14: the digest of the day is sent.
        DailyDigest = "daily_digest",
        /// D15: a return without reason is requested.
        NoReasonReturn = "no_reason_return",
        /// D16: the buyer confirms receipt.
        ConfirmReceipt = "confirm_receipt",
        /// D17: the buyer says what should become of pieces that nobody has.
        BuyerChoice = "buyer_choice",
        /// D18: a dispute is answered. The span is the usual one; what counts is the last moment that the
        /// gateway names.
        DisputeResponse = "dispute_response",
    }
}

/// The defaults of a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// From its start until it is breached.
    pub span: Span,
    /// From its start until its owner is warned, if at all.
    pub warn_after: Option<Span>,
    /// Who answers for it.
    pub owner: Role,
}

impl DeadlineKind {
    /// Its number in the list of deadlines: 1 for D1.
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// Its defaults.
    pub const fn rule(self) -> Rule {
        let (span, warn_after, owner) = match self {
            Self::Pay => (Span::hours(24), Some(Span::hours(23)), Role::Operations),
            Self::StockRelease => (Span::minutes(30), Some(Span::minutes(25)), Role::Operations),
            Self::Review => (Span::hours(2), Some(Span::hours(1)), Role::Operations),
            Self::DeliveryException => (Span::hours(24), Some(Span::hours(20)), Role::Logistics),
            Self::SignOffDispute => (Span::hours(48), Some(Span::hours(36)), Role::Service),
            Self::AfterSale => (Span::days(7), Some(Span::days(5)), Role::Finance),
            Self::Complaint => (Span::hours(24), Some(Span::hours(20)), Role::Service),
            Self::MajorComplaint => (Span::hours(4), Some(Span::hours(3)), Role::Service),
            Self::MajorComplaintPlan => (Span::hours(24), Some(Span::hours(20)), Role::Service),
            Self::StatusSync => (Span::minutes(15), Some(Span::minutes(5)), Role::Operations),
            Self::MistakeReport => (Span::hours(1), Some(Span::minutes(45)), Role::Operations),
            Self::PermissionReview => (Span::days(10), Some(Span::days(7)), Role::Admin),
            Self::CrossDepartmentPlan => (Span::hours(24), Some(Span::hours(20)), Role::Operations),
            Self::DailyDigest => (Span::hours(1), None, Role::Operations),
            Self::NoReasonReturn => (Span::days(7), None, Role::Service),
            Self::ConfirmReceipt => (Span::days(10), None, Role::Operations),
            Self::BuyerChoice => (Span::hours(24), None, Role::Service),
            Self::DisputeResponse => (Span::days(7), Some(Span::days(5)), Role::Finance),
        };
        Rule { span, warn_after, owner }
    }
}

/// What happened to a deadline of a thing. What the breach of D1 and D2 leads to is told by the
/// order and its reservations themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// It is near, and not met.
    #[serde(rename = "deadline.warned")]
    Warned {
        /// Which one.
        deadline: DeadlineKind,
        /// When it will be breached.
        due_at: Timestamp,
    },
    /// It was not met in time.
    #[serde(rename = "deadline.breached")]
    Breached {
        /// Which one.
        deadline: DeadlineKind,
        /// When it should have been met.
        due_at: Timestamp,
    },
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Warned { .. } => "deadline.warned",
            Self::Breached { .. } => "deadline.breached",
        }
    }
}

/// What an order arms when it is placed: D1 if it is prepaid, D2 too if under a promotion. Cash on
/// delivery arms neither.
pub const fn on_placing(terms: PaymentTerms, promotion: bool) -> &'static [DeadlineKind] {
    match (terms, promotion) {
        (PaymentTerms::Prepaid, false) => &[DeadlineKind::Pay],
        (PaymentTerms::Prepaid, true) => &[DeadlineKind::Pay, DeadlineKind::StockRelease],
        (PaymentTerms::CashOnDelivery, _) => &[],
    }
}

/// What a review arms while it stands like this: D3 while a person must decide. Waiting for the
/// buyer pauses it, and any other standing stops it.
pub const fn on_review(review: Review) -> Option<DeadlineKind> {
    match review {
        Review::ManualPending | Review::Intercepted => Some(DeadlineKind::Review),
        Review::Pending
        | Review::AutoPassed
        | Review::Approved
        | Review::Rejected
        | Review::NeedsBuyer
        | Review::Released => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_deadlines() {
        let mut table = String::new();
        for kind in DeadlineKind::ALL {
            let Rule { span, warn_after, owner } = kind.rule();
            let minutes = |span: Span| span.as_seconds() / 60;
            let warn = warn_after.map_or("-".into(), |span| minutes(span).to_string());
            let (number, span) = (kind.number(), minutes(span));
            table.push_str(&format!("D{number} {kind}: {span} min, warn {warn}, {owner}\n"));
        }
        insta::assert_snapshot!(table, @r"
        D1 pay: 1440 min, warn 1380, operations
        D2 stock_release: 30 min, warn 25, operations
        D3 review: 120 min, warn 60, operations
        D4 delivery_exception: 1440 min, warn 1200, logistics
        D5 sign_off_dispute: 2880 min, warn 2160, service
        D6 after_sale: 10080 min, warn 7200, finance
        D7 complaint: 1440 min, warn 1200, service
        D8 major_complaint: 240 min, warn 180, service
        D9 major_complaint_plan: 1440 min, warn 1200, service
        D10 status_sync: 15 min, warn 5, operations
        D11 mistake_report: 60 min, warn 45, operations
        D12 permission_review: 14400 min, warn 10080, admin
        D13 cross_department_plan: 1440 min, warn 1200, operations
        D14 daily_digest: 60 min, warn -, operations
        D15 no_reason_return: 10080 min, warn -, service
        D16 confirm_receipt: 14400 min, warn -, operations
        D17 buyer_choice: 1440 min, warn -, service
        D18 dispute_response: 10080 min, warn 7200, finance
        ");
    }

    #[test]
    fn a_warning_comes_before_the_breach() {
        for rule in DeadlineKind::ALL.map(DeadlineKind::rule) {
            assert!(rule.warn_after.is_none_or(|warn_after| warn_after < rule.span), "{rule:?}");
        }
    }

    #[test]
    fn cash_on_delivery_never_has_to_pay_in_time() {
        use DeadlineKind::{Pay, StockRelease};
        assert_eq!(on_placing(PaymentTerms::Prepaid, false), [Pay]);
        assert_eq!(on_placing(PaymentTerms::Prepaid, true), [Pay, StockRelease]);
        assert_eq!(on_placing(PaymentTerms::CashOnDelivery, false), []);
        assert_eq!(on_placing(PaymentTerms::CashOnDelivery, true), []);
    }
}
