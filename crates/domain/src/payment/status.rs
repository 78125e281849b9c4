//! Where an order's money stands as a whole: computed, never set.

use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::order::PaymentTerms;

coded! {
    /// Where an order's money stands as a whole.
    enum PaymentStatus {
        /// Nothing came in.
        Unpaid = "unpaid",
        /// Some came in, less than the total.
        PartiallyPaid = "partially_paid",
        /// Exactly the total is here.
        Paid = "paid",
        /// Some went back, so that less than the total is here.
        PartiallyRefunded = "partially_refunded",
        /// All went back.
        Refunded = "refunded",
        /// The carrier collects it at the door.
        CodDue = "cod_due",
        /// More than the total is here.
        Overpaid = "overpaid",
        /// The buyer's bank took money back.
        ChargedBack = "charged_back",
    }
}

/// What came in and went back for one order, minor units of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PaymentSums {
    /// All that was captured or collected.
    pub paid_minor: i64,
    /// All refunds that succeeded.
    pub refunded_minor: i64,
    /// All that banks took back.
    pub charged_back_minor: i64,
}

impl PaymentStatus {
    /// Where the money stands, from what is owed and what moved.
    pub const fn of(terms: PaymentTerms, total_minor: i64, sums: PaymentSums) -> Self {
        let PaymentSums { paid_minor, refunded_minor, charged_back_minor } = sums;
        let here = paid_minor - refunded_minor;
        if charged_back_minor > 0 {
            Self::ChargedBack
        } else if here > total_minor {
            Self::Overpaid
        } else if here == total_minor {
            Self::Paid
        } else if refunded_minor > 0 && here == 0 {
            Self::Refunded
        } else if refunded_minor > 0 {
            Self::PartiallyRefunded
        } else if matches!(terms, PaymentTerms::CashOnDelivery) {
            Self::CodDue
        } else if paid_minor > 0 {
            Self::PartiallyPaid
        } else {
            Self::Unpaid
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_tell_where_the_money_stands() {
        let of = |terms, paid_minor, refunded_minor, charged_back_minor| {
            let sums = PaymentSums { paid_minor, refunded_minor, charged_back_minor };
            PaymentStatus::of(terms, 100, sums).code()
        };
        let prepaid = PaymentTerms::Prepaid;
        assert_eq!(of(prepaid, 0, 0, 0), "unpaid");
        assert_eq!(of(prepaid, 40, 0, 0), "partially_paid");
        assert_eq!(of(prepaid, 100, 0, 0), "paid");
        assert_eq!(of(prepaid, 120, 0, 0), "overpaid");
        assert_eq!(of(prepaid, 120, 20, 0), "paid");
        assert_eq!(of(prepaid, 100, 1, 0), "partially_refunded");
        assert_eq!(of(prepaid, 100, 100, 0), "refunded");
        assert_eq!(of(prepaid, 100, 0, 100), "charged_back");
        assert_eq!(of(PaymentTerms::CashOnDelivery, 0, 0, 0), "cod_due");
        assert_eq!(of(PaymentTerms::CashOnDelivery, 100, 0, 0), "paid");
    }

    #[test]
    fn what_costs_nothing_is_paid() {
        for terms in PaymentTerms::ALL {
            assert_eq!(PaymentStatus::of(terms, 0, PaymentSums::default()), PaymentStatus::Paid);
        }
    }
}
