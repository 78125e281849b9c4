//! Holds: typed reasons that keep an order from being released.

use ordermill_base::Timestamp;

use crate::code::coded;
use crate::order::Event;

coded! {
    /// Why an order is held or stopped.
    enum HoldReason {
        /// 金额: it is worth a lot.
        Amount = "amount",
        /// 数量: more pieces than somebody needs.
        Quantity = "quantity",
        /// 频次: many orders in a short time.
        Frequency = "frequency",
        /// 买家: what is known of the buyer.
        Buyer = "buyer",
        /// 地址: it may not be deliverable.
        Address = "address",
        /// 付款: the money is not what was agreed.
        Payment = "payment",
        /// 商品: what is sold needs a look.
        Goods = "goods",
        /// 欺诈: somebody may be cheating.
        Fraud = "fraud",
        /// 黄牛: bought to be resold.
        Reseller = "reseller",
        /// 规则出错: a rule could not be evaluated.
        RuleFailed = "rule_failed",
        /// 其他: see the rule's name.
        Other = "other",
    }
}

/// A reason that keeps or kept an order from being released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hold {
    /// The sequence of the order's event that placed it.
    pub sequence: i64,
    /// Whether it stops the order.
    pub is_interception: bool,
    /// Why.
    pub reason: HoldReason,
    /// Since when.
    pub placed_at: Timestamp,
    /// Until when, if somebody has decided.
    pub lifted_at: Option<Timestamp>,
}

impl Hold {
    /// What an event of the order places.
    pub fn placed_by(
        event: &Event,
        sequence: i64,
        at: Timestamp,
    ) -> impl Iterator<Item = Self> + use<'_> {
        let ruling = match event {
            Event::Reviewed { ruling, .. } => ruling.as_ref(),
            _ => None,
        };
        let hold = move |is_interception, reason| Self {
            sequence,
            is_interception,
            reason,
            placed_at: at,
            lifted_at: None,
        };
        ruling.into_iter().flat_map(move |ruling| {
            let holds = ruling.holds.iter().map(move |reason| hold(false, *reason));
            let stops = ruling.interceptions.iter().map(move |reason| hold(true, *reason));
            holds.chain(stops)
        })
    }

    /// Whether an event of the order lifts all of its holds.
    pub const fn are_lifted_by(event: &Event) -> bool {
        match event {
            Event::Reviewed { from, to, .. } => from.is_held() && !to.is_held(),
            Event::Canceled { .. } => true,
            _ => false,
        }
    }

    /// Folds an event into the holds of its order.
    pub fn fold(holds: &mut Vec<Self>, event: &Event, sequence: i64, at: Timestamp) {
        if Self::are_lifted_by(event) {
            for hold in holds.iter_mut() {
                hold.lifted_at.get_or_insert(at);
            }
        }
        holds.extend(Self::placed_by(event, sequence, at));
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Span;

    use super::*;
    use crate::order::review::Ruling;
    use crate::order::{CancelReason, Review, Status};

    const AT: Timestamp = Timestamp::from_micros(1_000_000);

    fn ruled() -> Event {
        let (holds, interceptions) =
            (vec![HoldReason::Amount, HoldReason::Buyer], vec![HoldReason::Fraud]);
        let ruling = Some(Ruling { version: 1, holds, interceptions });
        Event::Reviewed { from: Review::Pending, to: Review::Intercepted, ruling }
    }

    fn open_after(event: &Event) -> usize {
        let mut holds = Vec::new();
        Hold::fold(&mut holds, &ruled(), 3, AT);
        Hold::fold(&mut holds, event, 4, AT + Span::minutes(1));
        assert_eq!(holds.len(), 3, "holds are history and stay");
        holds.iter().filter(|hold| hold.lifted_at.is_none()).count()
    }

    #[test]
    fn several_holds_stand_until_somebody_decides() {
        let decided = |from, to| open_after(&Event::Reviewed { from, to, ruling: None });
        assert_eq!(decided(Review::Intercepted, Review::Released), 0);
        assert_eq!(decided(Review::Intercepted, Review::Rejected), 0);
        assert_eq!(decided(Review::ManualPending, Review::NeedsBuyer), 3);
        assert_eq!(decided(Review::ManualPending, Review::Pending), 0, "a changed order");
        assert_eq!(open_after(&Event::Paid { amount_minor: 1, paid_minor: 1 }), 3);
    }

    #[test]
    fn canceling_the_order_ends_its_holds() {
        let event = Event::Canceled { from: Status::Placed, reason: CancelReason::Buyer };
        assert_eq!(open_after(&event), 0);
    }
}
