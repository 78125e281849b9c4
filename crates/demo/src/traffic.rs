//! A shop full of people: who comes when, what they look at, and what becomes of their carts.
//!
//! [`Traffic`] gives one [`Intent`] after another, in the order of time. A visit is planned when it
//! begins, so a seed replays the same day whatever the shop answers; whoever carries the intents out
//! drops the rest of a visit that the shop refused.

mod visit;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use ordermill_base::{Random, Span, Timestamp};

pub use crate::basket::{Line, Tender};
use crate::wishes::Wishes;
use crate::{Merchant, curve};

/// Visits on a working day at a rate of 100 %.
pub const VISITS_PER_DAY: u64 = 1_200;

/// Arrivals are drawn second by second.
const SLOT: Span = Span::seconds(1);
const SLOTS_PER_MINUTE: u64 = 60;

/// A caller further behind than this is not overwhelmed with what it missed.
const PATIENCE: Span = Span::hours(1);

/// Something a visitor does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Counts the visits; what one visitor does carries the same number.
    pub session: u64,
    /// Index into the customers of the merchant.
    pub customer: usize,
    /// What is done.
    pub action: Action,
}

/// What visitors do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Opens the shop.
    Arrive(Device),
    /// Opens the page of a category, by code.
    ViewCategory(String),
    /// Types words into the search box.
    Search(String),
    /// Opens the page of a product, by SKU.
    ViewProduct(String),
    /// Puts pieces into the cart.
    AddToCart(Line),
    /// Takes a SKU out of the cart again.
    RemoveFromCart(String),
    /// Opens the checkout, signed in.
    StartCheckout,
    /// Places the order with what is in the cart.
    PlaceOrder {
        /// The cart as the visitor sees it.
        lines: Vec<Line>,
        /// Index into the customer's addresses.
        address: usize,
        /// Code of a coupon the cart earns.
        coupon: Option<String>,
        /// How it will be paid.
        tender: Tender,
        /// How it is to be brought, and what the visitor writes.
        wishes: Wishes,
    },
    /// Pays the order just placed.
    Pay {
        /// With what.
        tender: Tender,
        /// What the gateway will answer.
        outcome: PayOutcome,
    },
    /// Cancels the order just placed.
    Cancel(CancelReason),
    /// Closes the page.
    Leave,
}

impl Action {
    /// Whether it changes a cart or an order, or ends the visit.
    pub const fn is_of_a_cart(&self) -> bool {
        matches!(
            self,
            Self::AddToCart(_)
                | Self::RemoveFromCart(_)
                | Self::PlaceOrder { .. }
                | Self::Pay { .. }
                | Self::Cancel(_)
                | Self::Leave
        )
    }
}

/// What the visitor holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Device {
    /// Three in four.
    Phone,
    /// The others.
    Desktop,
}

/// What a gateway answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayOutcome {
    /// Money is captured.
    Succeeds,
    /// Not enough on the account.
    InsufficientFunds,
    /// The buyer's bank says no.
    Declined,
    /// No answer in time.
    TimesOut,
}

/// Why a buyer cancels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CancelReason {
    /// Thought better of it.
    ChangedMind,
    /// Wrong address; orders anew.
    WrongAddress,
    /// Cheaper elsewhere.
    BetterPrice,
    /// Wrong size, color or flavor.
    WrongVariant,
}

impl CancelReason {
    /// Every reason.
    pub const ALL: [Self; 4] =
        [Self::ChangedMind, Self::WrongAddress, Self::BetterPrice, Self::WrongVariant];
}

/// The stream of what visitors do.
#[derive(Debug, Clone)]
pub struct Traffic {
    merchant: Arc<Merchant>,
    random: Random,
    rate_percent: NonZeroU32,
    carts_only: bool,
    /// The slot whose arrivals are drawn next; `None` before the first call.
    drawn_until: Option<Timestamp>,
    /// What is planned; the second part keeps the order of what happens at the same moment.
    planned: BTreeMap<(Timestamp, u64), Intent>,
    sessions: u64,
    plans: u64,
}

impl Traffic {
    /// The visitors of that merchant. 100 % is [`VISITS_PER_DAY`], of which about one in fifteen
    /// orders.
    pub fn new(merchant: Arc<Merchant>, seed: u64, rate_percent: NonZeroU32) -> Self {
        Self {
            merchant,
            random: Random::from_seed(seed),
            rate_percent,
            carts_only: false,
            drawn_until: None,
            planned: BTreeMap::new(),
            sessions: 0,
            plans: 0,
        }
    }

    /// The same people, without those who put nothing into a cart and without all looking around: at a
    /// pace at which lookers would be a burden.
    #[must_use]
    pub fn carts_only(mut self) -> Self {
        self.carts_only = true;
        self
    }

    /// The next thing that happens and when. The first call opens the doors at `now`.
    ///
    /// Moments never go back. One before `now` is overdue: do it at once. After a pause of more than
    /// an hour the visitors of that time are gone, and the stream goes on at `now`.
    pub fn next(&mut self, now: Timestamp) -> (Timestamp, Intent) {
        let mut slot = self.drawn_until.unwrap_or(now);
        let upcoming = self.planned.first_key_value().map_or(slot, |((at, _), _)| *at);
        if now.since(upcoming) > PATIENCE {
            self.planned.clear();
            slot = slot.max(now);
        }
        loop {
            // A plan is next once no arrival can come before it.
            if let Some(entry) = self.planned.first_entry()
                && entry.key().0 < slot
            {
                self.drawn_until = Some(slot);
                let (at, _) = *entry.key();
                return (at, entry.remove());
            }
            for _ in 0..self.arrivals(slot) {
                let within = Span::micros(self.random.between(0, SLOT.as_micros() - 1));
                self.welcome(slot + within);
            }
            slot = slot + SLOT;
        }
    }

    /// How many come within the slot: the whole part of what is expected, and one more by chance.
    fn arrivals(&mut self, slot: Timestamp) -> u64 {
        let visits_per_hundred_days = VISITS_PER_DAY * u64::from(self.rate_percent.get());
        let expected = visits_per_hundred_days * curve::weight(slot);
        let one = curve::WORKING_DAY * SLOTS_PER_MINUTE * 100;
        expected / one + u64::from(self.random.below(one) < expected % one)
    }

    fn welcome(&mut self, at: Timestamp) {
        self.sessions += 1;
        let mut random = self.random.split();
        let customers = self.merchant.people.customers.len() as u64;
        let customer = usize::try_from(random.below(customers)).unwrap_or(0);
        let mut plan = visit::plan(&self.merchant, customer, &mut random);
        if self.carts_only {
            let fills = |action: &Action| matches!(action, Action::AddToCart(_));
            if !plan.iter().any(|(_, action)| fills(action)) {
                return;
            }
            plan.retain(|(_, action)| action.is_of_a_cart());
        }
        for (offset, action) in plan {
            self.plans += 1;
            let intent = Intent { session: self.sessions, customer, action };
            self.planned.insert((at + offset, self.plans), intent);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// What happens from the start of 2026-11-18 in China, for so many days.
    fn days(seed: u64, rate: u32, days: i64) -> Vec<(Timestamp, Intent)> {
        let merchant = Arc::new(Merchant::from_seed(1));
        let rate = NonZeroU32::new(rate).expect("above zero");
        let mut traffic = Traffic::new(merchant, seed, rate);
        let start: Timestamp = "2026-11-18T00:00:00+08:00".parse().expect("RFC 3339");
        let mut now = start;
        let mut seen = Vec::new();
        loop {
            let (at, intent) = traffic.next(now);
            if at.since(start) > Span::days(days) {
                return seen;
            }
            assert!(at >= now, "time went back");
            now = at;
            seen.push((at, intent));
        }
    }

    fn count(seen: &[(Timestamp, Intent)], is_it: fn(&Action) -> bool) -> usize {
        seen.iter().filter(|(_, intent)| is_it(&intent.action)).count()
    }

    #[test]
    fn a_seed_replays_the_day() {
        assert_eq!(days(5, 100, 1), days(5, 100, 1));
        assert_ne!(days(5, 100, 1), days(6, 100, 1));
    }

    #[test]
    fn the_rate_multiplies_the_visits() {
        let visits = |rate| count(&days(5, rate, 1), |it| matches!(it, Action::Arrive(_)));
        assert!((1_080..1_320).contains(&visits(100)), "{}", visits(100));
        assert!((11_500..12_500).contains(&visits(1_000)), "{}", visits(1_000));
    }

    #[test]
    fn visits_peak_at_lunch_and_in_the_evening() {
        let mut of_hour = [0; 24];
        for (at, intent) in days(8, 2_000, 1) {
            if matches!(intent.action, Action::Arrive(_)) {
                let hour = (at.as_seconds() + 8 * 3_600).rem_euclid(86_400) / 3_600;
                of_hour[usize::try_from(hour).expect("an hour")] += 1;
            }
        }
        let busiest = |hours: std::ops::Range<usize>| hours.max_by_key(|&hour| of_hour[hour]);
        assert!(matches!(busiest(0..24), Some(20..=21)), "{of_hour:?}");
        assert_eq!(busiest(0..17), Some(12), "{of_hour:?}");
    }

    #[test]
    fn few_visits_become_orders_and_nearly_all_orders_are_paid() {
        let seen = days(9, 1_000, 1);
        let visits = count(&seen, |it| matches!(it, Action::Arrive(_)));
        let carts = count(&seen, |it| matches!(it, Action::AddToCart(_)));
        let checkouts = count(&seen, |it| matches!(it, Action::StartCheckout));
        let orders = count(&seen, |it| matches!(it, Action::PlaceOrder { .. }));
        let cash = count(&seen, |it| {
            matches!(it, Action::PlaceOrder { tender: Tender::CashOnDelivery, .. })
        });
        let paid =
            count(&seen, |it| matches!(it, Action::Pay { outcome: PayOutcome::Succeeds, .. }));
        let failed = count(&seen, |it| matches!(it, Action::Pay { .. })) - paid;
        let coupons = count(&seen, |it| matches!(it, Action::PlaceOrder { coupon: Some(_), .. }));
        assert!(carts > checkouts && checkouts > orders, "{carts} {checkouts} {orders}");
        assert!((4..=9).contains(&(orders * 100 / visits)), "{orders} of {visits}");
        assert!((2..=10).contains(&(cash * 100 / orders)), "{cash} of {orders} in cash");
        assert!((88..=98).contains(&(paid * 100 / (orders - cash))), "{paid} of {orders}");
        assert!((3..=12).contains(&(failed * 100 / orders)), "{failed} payments failed");
        assert!((15..=40).contains(&(coupons * 100 / orders)), "{coupons} coupons");
        assert!(count(&seen, |it| matches!(it, Action::Cancel(_))) > 5);
    }

    #[test]
    fn a_visitor_orders_what_is_in_the_cart_and_pays_what_was_ordered() {
        let mut carts: HashMap<u64, Vec<Line>> = HashMap::new();
        let mut ordered: HashMap<u64, Tender> = HashMap::new();
        for (_, intent) in days(10, 1_000, 1) {
            let cart = carts.entry(intent.session).or_default();
            match intent.action {
                Action::AddToCart(line) => cart.push(line),
                Action::RemoveFromCart(sku) => {
                    assert!(cart.iter().any(|it| it.sku == sku));
                    cart.retain(|it| it.sku != sku);
                }
                Action::PlaceOrder { lines, tender, .. } => {
                    assert_eq!(&lines, cart);
                    assert!(!lines.is_empty());
                    ordered.insert(intent.session, tender);
                }
                Action::Pay { .. } => {
                    let tender = ordered.get(&intent.session).expect("pays what was ordered");
                    assert_ne!(*tender, Tender::CashOnDelivery);
                }
                Action::Cancel(_) => assert!(ordered.contains_key(&intent.session)),
                _ => {}
            }
        }
    }

    #[test]
    fn of_the_carts_some_are_ordered_and_some_are_left_behind() {
        let merchant = Arc::new(Merchant::from_seed(1));
        let rate = NonZeroU32::new(1_000).expect("above zero");
        let mut traffic = Traffic::new(merchant, 11, rate).carts_only();
        let mut now: Timestamp = "2026-11-18T12:00:00+08:00".parse().expect("RFC 3339");
        let mut ordered: HashMap<u64, bool> = HashMap::new();
        for _ in 0..4_000 {
            let (at, intent) = traffic.next(now);
            now = at;
            assert!(intent.action.is_of_a_cart(), "{intent:?}");
            let places = matches!(intent.action, Action::PlaceOrder { .. });
            *ordered.entry(intent.session).or_default() |= places;
        }
        let placed = ordered.values().filter(|ordered| **ordered).count();
        let share = placed * 100 / ordered.len();
        assert!((25..60).contains(&share), "{share} % of {}", ordered.len());
    }

    #[test]
    fn after_a_long_pause_the_shop_goes_on_with_new_visitors() {
        let merchant = Arc::new(Merchant::from_seed(1));
        let mut traffic = Traffic::new(merchant, 3, NonZeroU32::MIN.saturating_add(99));
        let start: Timestamp = "2026-11-18T12:00:00+08:00".parse().expect("RFC 3339");
        let (first, _) = traffic.next(start);
        let later = first + Span::days(2);
        let (at, intent) = traffic.next(later);
        assert!(at >= later);
        assert!(matches!(intent.action, Action::Arrive(_)));
    }
}
