//! One visit from the door to the door: most only look, some fill a cart, few of those order.

use ordermill_base::{Random, Span};

use super::{Action, CancelReason, Device, PayOutcome};
use crate::basket::{self, Line, Tender};
use crate::wishes::wishes;
use crate::{Merchant, catalog::Product};

/// What the visitor does and how long after arriving, in the order of time.
pub(super) fn plan(
    merchant: &Merchant,
    customer: usize,
    random: &mut Random,
) -> Vec<(Span, Action)> {
    let mut visit = Visit { millis: 0, steps: Vec::new() };
    let device = if random.percent(76) { Device::Phone } else { Device::Desktop };
    visit.then(random, 0, 0, Action::Arrive(device));
    let cart = browse(merchant, &mut visit, random);
    if !cart.is_empty() && random.percent(58) {
        check_out(merchant, customer, cart, &mut visit, random);
    }
    visit.then(random, 3, 40, Action::Leave);
    visit.steps
}

struct Visit {
    millis: i64,
    steps: Vec<(Span, Action)>,
}

impl Visit {
    /// The next step, so many seconds after the one before.
    fn then(&mut self, random: &mut Random, seconds_min: i64, seconds_max: i64, action: Action) {
        self.millis += random.between(seconds_min * 1_000, seconds_max * 1_000);
        self.steps.push((Span::millis(self.millis), action));
    }
}

/// Looks around; gives the cart at the end of it.
fn browse(merchant: &Merchant, visit: &mut Visit, random: &mut Random) -> Vec<Line> {
    let catalog = &merchant.catalog;
    let mut cart: Vec<Line> = Vec::new();
    let mut seen: &Product = catalog.pick(None, random);
    match random.below(10) {
        0..3 => visit.then(random, 2, 15, Action::ViewCategory(seen.category.clone())),
        3..6 => {
            let words = search_words(seen, random);
            visit.then(random, 3, 20, Action::Search(words));
        }
        _ => {}
    }
    visit.then(random, 2, 30, Action::ViewProduct(seen.sku.clone()));
    if random.percent(46) {
        return cart; // Bounced.
    }
    // After each page one in five has seen enough.
    loop {
        let is_new = !cart.iter().any(|line| line.sku == seen.sku);
        if is_new && random.percent(8) {
            let quantity = basket::quantity(seen, random);
            let line = Line { sku: seen.sku.clone(), quantity };
            cart.push(line.clone());
            visit.then(random, 6, 45, Action::AddToCart(line));
        }
        if random.percent(20) || visit.steps.len() > 40 {
            break;
        }
        seen = basket::next_to(catalog, seen, random);
        visit.then(random, 6, 70, Action::ViewProduct(seen.sku.clone()));
    }
    if cart.len() > 1 && random.percent(15) {
        let dropped = random.pick(&cart).sku.clone();
        cart.retain(|line| line.sku != dropped);
        visit.then(random, 3, 20, Action::RemoveFromCart(dropped));
    }
    cart
}

/// What people type: the thing, or the thing with its color or flavor, mostly in Chinese.
fn search_words(product: &Product, random: &mut Random) -> String {
    match random.below(10) {
        0..6 => product.family_name.zh.clone(),
        6..8 => product.name.zh.clone(),
        _ => product.family_name.en.to_lowercase(),
    }
}

fn check_out(
    merchant: &Merchant,
    customer: usize,
    lines: Vec<Line>,
    visit: &mut Visit,
    random: &mut Random,
) {
    visit.then(random, 3, 25, Action::StartCheckout);
    if !random.percent(74) {
        return; // Freight, second thoughts, the doorbell.
    }
    let buyer = &merchant.people.customers[customer];
    let catalog = &merchant.catalog;
    let tender = basket::tender(buyer, basket::goods_fen(catalog, &lines, None), random);
    // Whoever joined today is not in the history.
    let is_new = buyer.joined_days_ago == 0;
    let coupon = basket::coupon(catalog, &merchant.coupons, &lines, is_new, random);
    let address =
        if random.percent(85) { 0 } else { random.below(buyer.addresses.len() as u64) as usize };
    // Drawn apart, so that what follows does not hang on it.
    let wishes = wishes(catalog, &lines, (buyer, address == 0), &mut random.clone().split());
    visit.then(random, 25, 150, Action::PlaceOrder { lines, address, coupon, tender, wishes });
    let is_kept = tender == Tender::CashOnDelivery || pay(tender, visit, random);
    let cancels = if is_kept { random.percent(4) } else { random.percent(35) };
    if cancels {
        let reason = *random.pick(&CancelReason::ALL);
        visit.then(random, 90, 2_400, Action::Cancel(reason));
    }
}

/// Tries to pay, once more after a failure; tells whether the money came.
fn pay(tender: Tender, visit: &mut Visit, random: &mut Random) -> bool {
    if random.percent(3) {
        return false; // Walks away from the payment page.
    }
    let failures = [PayOutcome::InsufficientFunds, PayOutcome::Declined, PayOutcome::TimesOut];
    for (failing_percent, seconds_max) in [(6, 60), (20, 200)] {
        let fails = random.percent(failing_percent);
        let outcome = if fails { *random.pick(&failures) } else { PayOutcome::Succeeds };
        visit.then(random, 5, seconds_max, Action::Pay { tender, outcome });
        if !fails {
            return true;
        }
        if !random.percent(80) {
            return false;
        }
    }
    false
}
