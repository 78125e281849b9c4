//! The ninety days before the demo begins: orders that were placed, and what became of them.

use std::collections::HashSet;

use ordermill_base::{Random, Span, Timestamp};

use crate::basket::{self, Line, Tender};
use crate::traffic::CancelReason;
use crate::wishes::{Wishes, wishes};
use crate::{Merchant, curve};

/// How far back the history reaches.
pub const DAYS: i64 = 90;

/// Prepaid orders are canceled when nobody has paid by then.
const TIME_TO_PAY: Span = Span::hours(24);

/// An order of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastOrder {
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Index into the customers of the merchant.
    pub customer: usize,
    /// Index into the customer's addresses.
    pub address: usize,
    /// What was ordered.
    pub lines: Vec<Line>,
    /// Code of the coupon used.
    pub coupon: Option<String>,
    /// How it was or is to be paid.
    pub tender: Tender,
    /// How it was to be brought, and what the buyer wrote.
    pub wishes: Wishes,
    /// When the money came; for cash, when the courier had it.
    pub paid_at: Option<Timestamp>,
    /// What became of it until the demo begins.
    pub outcome: Outcome,
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Not paid, and the time to pay is not over.
    AwaitingPayment,
    /// Never paid; canceled by the clock.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// Canceled by the buyer before it left.
    Canceled {
        /// When.
        at: Timestamp,
        /// Why.
        reason: CancelReason,
    },
    /// Paid, or to be paid in cash, and still in the warehouse.
    InWarehouse,
    /// With the carrier.
    Shipped {
        /// When it was handed over.
        at: Timestamp,
    },
    /// In the buyer's hands.
    Delivered {
        /// When it was handed over.
        shipped_at: Timestamp,
        /// When it was signed for.
        at: Timestamp,
    },
    /// Refused at the door and on its way back, or here again.
    Refused {
        /// When it was handed over.
        shipped_at: Timestamp,
        /// When it was refused.
        at: Timestamp,
    },
    /// Delivered and sent back, wholly or in part.
    Returned {
        /// When it was handed over.
        shipped_at: Timestamp,
        /// When it was signed for.
        delivered_at: Timestamp,
        /// When the buyer asked.
        requested_at: Timestamp,
        /// Index of the line that comes back.
        line: usize,
        /// Why.
        reason: ReturnReason,
        /// When the money went back; `None` while the case is open.
        refunded_at: Option<Timestamp>,
    },
}

/// Why goods come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReturnReason {
    /// Within seven days, without a reason.
    NoReason,
    /// Broken on arrival.
    Damaged,
    /// Something else was in the box.
    WrongItem,
    /// Does not work, or not as described.
    Defective,
}

/// So many orders placed in the [`DAYS`] before `until`, oldest first. Trade grows over that time,
/// and follows the hours of the day.
pub fn history(merchant: &Merchant, seed: u64, count: usize, until: Timestamp) -> Vec<PastOrder> {
    let mut random = Random::from_seed(seed);
    let mut moments: Vec<Timestamp> = (0..count).map(|_| moment(until, &mut random)).collect();
    moments.sort_unstable();
    let mut known = HashSet::new();
    moments
        .into_iter()
        .map(|at| order(merchant, at, until, &mut known, &mut random.split()))
        .collect()
}

/// A moment by chance: more likely at busy hours, and twice as likely at the end as at the start.
fn moment(until: Timestamp, random: &mut Random) -> Timestamp {
    // The highest weight of a minute: the busiest hour of a weekend.
    const HIGHEST: u64 = 140 * 60 * 115;
    let whole = Span::days(DAYS).as_micros();
    loop {
        let ago = random.between(1, whole);
        let at = until - Span::micros(ago);
        let is_likely_day = random.between(0, 2 * whole) > ago;
        if is_likely_day && random.below(HIGHEST) < curve::weight(at) {
            return at;
        }
    }
}

fn order(
    merchant: &Merchant,
    placed_at: Timestamp,
    until: Timestamp,
    known: &mut HashSet<usize>,
    random: &mut Random,
) -> PastOrder {
    let catalog = &merchant.catalog;
    let days_ago = until.since(placed_at).as_seconds() / 86_400;
    let (customer, buyer) = buyer(merchant, days_ago, random);
    let mut product = catalog.pick(None, random);
    let mut lines: Vec<Line> = Vec::new();
    for _ in 0..*random.pick(&[1, 1, 1, 1, 2, 2, 2, 3, 4]) {
        if !lines.iter().any(|line| line.sku == product.sku) {
            let quantity = basket::quantity(product, random);
            lines.push(Line { sku: product.sku.clone(), quantity });
        }
        product = basket::next_to(catalog, product, random);
    }
    let is_new = known.insert(customer);
    let coupon = basket::coupon(catalog, &merchant.coupons, &lines, is_new, random);
    let tender = basket::tender(buyer, basket::goods_fen(catalog, &lines, None), random);
    let is_far = buyer.is_overseas();
    let address =
        if random.percent(85) { 0 } else { random.below(buyer.addresses.len() as u64) as usize };
    let (paid_at, outcome) =
        fate(&Placed { at: placed_at, tender, is_far, lines: lines.len() }, until, random);
    let wishes = wishes(catalog, &lines, (buyer, address == 0), random);
    PastOrder { placed_at, customer, address, lines, coupon, tender, wishes, paid_at, outcome }
}

/// Someone who had an account by then. Whoever joined today has not ordered before.
fn buyer<'a>(
    merchant: &'a Merchant,
    days_ago: i64,
    random: &mut Random,
) -> (usize, &'a crate::people::Customer) {
    let customers = &merchant.people.customers;
    loop {
        let index = usize::try_from(random.below(customers.len() as u64)).unwrap_or(0);
        let joined = customers[index].joined_days_ago;
        // Now and then someone ordered as a guest and opened the account later.
        if joined >= days_ago.max(1) || (joined > 0 && random.percent(2)) {
            return (index, &customers[index]);
        }
    }
}

struct Placed {
    at: Timestamp,
    tender: Tender,
    is_far: bool,
    lines: usize,
}

/// What becomes of an order until then, and when it was paid.
fn fate(order: &Placed, until: Timestamp, random: &mut Random) -> (Option<Timestamp>, Outcome) {
    let is_cash = order.tender == Tender::CashOnDelivery;
    // Every draw is made whether used or not, so that one order's fate does not hang on `until`.
    let paid = order.at + Span::seconds(random.between(8, 900));
    let canceled = paid + Span::minutes(random.between(2, 180));
    let shipped = paid + Span::minutes(random.between(4 * 60, 40 * 60));
    let hours = if order.is_far { random.between(6 * 24, 12 * 24) } else { random.between(20, 96) };
    let arrived = shipped + Span::hours(hours);
    let requested = arrived + Span::hours(random.between(3, 6 * 24));
    let refunded = requested + Span::hours(random.between(30, 9 * 24));
    let line = usize::try_from(random.below(order.lines as u64)).unwrap_or(0);
    let cancel_reason = *random.pick(&CancelReason::ALL);
    let return_reason = match random.below(10) {
        0..5 => ReturnReason::NoReason,
        5..8 => ReturnReason::Damaged,
        8 => ReturnReason::WrongItem,
        _ => ReturnReason::Defective,
    };
    let (lot, later_lot) = (random.below(100), random.below(100));

    if !is_cash && (lot < 5 || paid > until) {
        let expires_at = order.at + TIME_TO_PAY;
        return if expires_at <= until {
            (None, Outcome::Expired { at: expires_at })
        } else {
            (None, Outcome::AwaitingPayment)
        };
    }
    let prepaid_at = (!is_cash).then_some(paid);
    if (5..9).contains(&lot) && canceled <= until {
        return (prepaid_at, Outcome::Canceled { at: canceled, reason: cancel_reason });
    }
    if shipped > until {
        return (prepaid_at, Outcome::InWarehouse);
    }
    if arrived > until {
        return (prepaid_at, Outcome::Shipped { at: shipped });
    }
    // One in fifty is refused; of what is paid at the door one in eight.
    if later_lot < if is_cash { 12 } else { 2 } {
        return (prepaid_at, Outcome::Refused { shipped_at: shipped, at: arrived });
    }
    let paid_at = prepaid_at.or(Some(arrived));
    if later_lot >= 94 && requested <= until {
        let outcome = Outcome::Returned {
            shipped_at: shipped,
            delivered_at: arrived,
            requested_at: requested,
            line,
            reason: return_reason,
            refunded_at: (refunded <= until).then_some(refunded),
        };
        return (paid_at, outcome);
    }
    (paid_at, Outcome::Delivered { shipped_at: shipped, at: arrived })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until() -> Timestamp {
        "2026-11-22T23:00:00+08:00".parse().expect("RFC 3339")
    }

    fn some(seed: u64, count: usize) -> Vec<PastOrder> {
        history(&Merchant::from_seed(1), seed, count, until())
    }

    #[test]
    fn a_seed_replays_the_past() {
        assert_eq!(some(4, 200), some(4, 200));
        assert_ne!(some(4, 200), some(5, 200));
    }

    #[test]
    fn orders_stand_in_the_order_of_time_within_ninety_days() {
        let orders = some(4, 2_000);
        assert_eq!(orders.len(), 2_000);
        assert!(orders.is_sorted_by_key(|it| it.placed_at));
        assert!(orders.iter().all(|it| it.placed_at < until()));
        assert!(orders.iter().all(|it| until().since(it.placed_at) <= Span::days(DAYS)));
        let middle = until() - Span::days(DAYS / 2);
        let recent = orders.iter().filter(|it| it.placed_at > middle).count();
        assert!(
            (1_080..1_300).contains(&recent),
            "trade grows: {recent} of 2000 in the later half"
        );
    }

    #[test]
    fn nothing_happened_after_the_end_or_in_the_wrong_order() {
        for order in some(6, 3_000) {
            let moments = match order.outcome {
                Outcome::AwaitingPayment | Outcome::InWarehouse => vec![],
                Outcome::Expired { at }
                | Outcome::Canceled { at, .. }
                | Outcome::Shipped { at } => vec![at],
                Outcome::Delivered { shipped_at, at } | Outcome::Refused { shipped_at, at } => {
                    vec![shipped_at, at]
                }
                Outcome::Returned {
                    shipped_at, delivered_at, requested_at, refunded_at, ..
                } => [Some(shipped_at), Some(delivered_at), Some(requested_at), refunded_at]
                    .into_iter()
                    .flatten()
                    .collect(),
            };
            let all = [vec![order.placed_at], moments].concat();
            assert!(all.is_sorted() && all.iter().all(|it| *it <= until()), "{order:?}");
            assert!(order.paid_at.is_none_or(|at| at > order.placed_at && at <= until()));
        }
    }

    #[test]
    fn money_matches_the_outcome() {
        for order in some(7, 3_000) {
            let is_cash = order.tender == Tender::CashOnDelivery;
            let expected = match order.outcome {
                Outcome::AwaitingPayment | Outcome::Expired { .. } => false,
                Outcome::Delivered { .. } | Outcome::Returned { .. } => true,
                Outcome::Canceled { .. }
                | Outcome::InWarehouse
                | Outcome::Shipped { .. }
                | Outcome::Refused { .. } => !is_cash,
            };
            assert_eq!(order.paid_at.is_some(), expected, "{order:?}");
        }
    }

    #[test]
    fn most_orders_arrive_and_every_outcome_occurs() {
        let orders = some(8, 3_000);
        let percent = |is_it: fn(&Outcome) -> bool| {
            orders.iter().filter(|it| is_it(&it.outcome)).count() * 100 / orders.len()
        };
        assert!((70..90).contains(&percent(|it| matches!(it, Outcome::Delivered { .. }))));
        let has = |is_it: fn(&Outcome) -> bool| orders.iter().any(|it| is_it(&it.outcome));
        assert!(has(|it| *it == Outcome::AwaitingPayment));
        assert!(has(|it| *it == Outcome::InWarehouse));
        assert!(has(|it| matches!(it, Outcome::Expired { .. })));
        assert!(has(|it| matches!(it, Outcome::Canceled { .. })));
        assert!(has(|it| matches!(it, Outcome::Shipped { .. })));
        assert!(has(|it| matches!(it, Outcome::Refused { .. })));
        assert!(has(|it| matches!(it, Outcome::Returned { refunded_at: Some(_), .. })));
        assert!(has(|it| matches!(it, Outcome::Returned { refunded_at: None, .. })));
    }

    #[test]
    fn orders_point_at_people_addresses_and_goods_that_exist() {
        let merchant = Merchant::from_seed(1);
        for order in history(&merchant, 9, 1_000, until()) {
            let customer = &merchant.people.customers[order.customer];
            assert!(customer.joined_days_ago > 0, "a newcomer has no history");
            assert!(order.address < customer.addresses.len());
            assert!(!order.lines.is_empty());
            assert!(order.lines.iter().all(|it| merchant.catalog.product(&it.sku).is_some()));
        }
    }
}
