//! Money that arrives after its stock was released (D2) or its order canceled (D1).

use crate::code::coded;

coded! {
    /// What becomes of money that arrives late.
    enum LateMoney {
        /// Take stock again and go on.
        Reserve = "reserve",
        /// Go on; the buyer waits for stock and has agreed to.
        BackorderWithConsent = "backorder_with_consent",
        /// Cancel the order, if it is not, and send all of it back.
        RefundAll = "refund_all",
    }
}

coded! {
    /// What the shop wants when the stock of a late payer is gone.
    enum LatePolicy {
        /// Keep the order if the buyer agrees to wait.
        OfferBackorder = "offer_backorder",
        /// Send the money back at once.
        Refund = "refund",
    }
}

/// What is known when late money is decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateFacts {
    /// The order is neither canceled nor rejected.
    pub order_open: bool,
    /// Every line can be reserved again.
    pub stock_ok: bool,
    /// The buyer has agreed to wait for stock.
    pub consent: bool,
}

/// Decides what becomes of late money. A canceled order stays canceled: paying and canceling are
/// one serial decision, and nobody is made to wait who did not agree to.
pub const fn late_money(policy: LatePolicy, facts: LateFacts) -> LateMoney {
    match (facts, policy) {
        (LateFacts { order_open: true, stock_ok: true, .. }, _) => LateMoney::Reserve,
        (LateFacts { order_open: true, consent: true, .. }, LatePolicy::OfferBackorder) => {
            LateMoney::BackorderWithConsent
        }
        _ => LateMoney::RefundAll,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_money_is_kept_only_for_an_open_order_that_can_be_supplied_or_waited_for() {
        let mut table = String::new();
        for policy in LatePolicy::ALL {
            for bits in 0..8 {
                let [order_open, stock_ok, consent] = [4, 2, 1].map(|bit| bits & bit != 0);
                let decision = late_money(policy, LateFacts { order_open, stock_ok, consent });
                let known = [(order_open, "open"), (stock_ok, "stock"), (consent, "consent")]
                    .map(|(holds, word)| if holds { word } else { "-" });
                table.push_str(&format!("{policy} {} => {decision}\n", known.join(" ")));
            }
        }
        insta::assert_snapshot!(table, @r"
        offer_backorder - - - => refund_all
        offer_backorder - - consent => refund_all
        offer_backorder - stock - => refund_all
        offer_backorder - stock consent => refund_all
        offer_backorder open - - => refund_all
        offer_backorder open - consent => backorder_with_consent
        offer_backorder open stock - => reserve
        offer_backorder open stock consent => reserve
        refund - - - => refund_all
        refund - - consent => refund_all
        refund - stock - => refund_all
        refund - stock consent => refund_all
        refund open - - => refund_all
        refund open - consent => refund_all
        refund open stock - => reserve
        refund open stock consent => reserve
        ");
    }
}
