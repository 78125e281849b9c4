//! What people put together in one cart.

use ordermill_base::Random;

use crate::catalog::{Catalog, Product};
use crate::coupons::Coupon;
use crate::people::Customer;

/// One line of a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which SKU.
    pub sku: String,
    /// How many pieces.
    pub quantity: i64,
}

/// How a buyer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tender {
    /// Wallet, the usual way.
    WeChatPay,
    /// Wallet.
    Alipay,
    /// Bank card; the only way from abroad.
    Card,
    /// In cash to the courier.
    CashOnDelivery,
}

/// Categories that go into one cart.
const COMPANIONS: [(&str, &str); 12] = [
    ("KIT", "CER"),
    ("CER", "TEA"),
    ("TEX", "BEA"),
    ("STA", "TEA"),
    ("TEA", "SNK"),
    ("SNK", "TEA"),
    ("ELE", "STA"),
    ("OUT", "SNK"),
    ("BAB", "TEX"),
    ("BEA", "TEX"),
    ("PET", "SNK"),
    ("TOO", "ELE"),
];

/// What is looked at after a product: often of the same category, sometimes of its companion.
pub(crate) fn next_to<'a>(
    catalog: &'a Catalog,
    seen: &'a Product,
    random: &mut Random,
) -> &'a Product {
    match random.below(100) {
        0..50 => catalog.pick(Some(&seen.category), random),
        50..75 => {
            let companion = COMPANIONS.iter().find(|(category, _)| *category == seen.category);
            catalog.pick(companion.map(|(_, other)| *other), random)
        }
        _ => catalog.pick(None, random),
    }
}

/// How many pieces: several of what is cheap and used up, one of what is dear.
pub(crate) fn quantity(product: &Product, random: &mut Random) -> i64 {
    match product.price_fen {
        ..6_000 if product.handling.perishable => *random.pick(&[1, 1, 2, 2, 3, 4]),
        ..10_000 => *random.pick(&[1, 1, 1, 1, 2, 2, 4]),
        10_000..30_000 => *random.pick(&[1, 1, 1, 1, 1, 1, 2]),
        _ => 1,
    }
}

/// What the goods of a cart come to, in fen, before any discount.
pub(crate) fn goods_fen(catalog: &Catalog, lines: &[Line], category: Option<&str>) -> i64 {
    lines
        .iter()
        .filter_map(|line| catalog.product(&line.sku).map(|it| (it, line.quantity)))
        .filter(|(product, _)| category.is_none_or(|code| product.category == code))
        .map(|(product, quantity)| product.price_fen * quantity)
        .sum()
}

/// The code of a coupon that the cart earns, for the one buyer in three who has looked for one.
pub(crate) fn coupon(
    catalog: &Catalog,
    coupons: &[Coupon],
    lines: &[Line],
    is_new_customer: bool,
    random: &mut Random,
) -> Option<String> {
    if !random.percent(35) {
        return None;
    }
    let fitting: Vec<&Coupon> = coupons
        .iter()
        .filter(|it| it.fits(goods_fen(catalog, lines, it.category.as_deref()), is_new_customer))
        .collect();
    (!fitting.is_empty()).then(|| random.pick(&fitting).code.clone())
}

/// How this buyer pays for goods of that value. Nobody carries large sums in cash to the door.
pub(crate) fn tender(customer: &Customer, goods_fen: i64, random: &mut Random) -> Tender {
    if customer.is_overseas() {
        return Tender::Card;
    }
    match random.below(100) {
        0..6 if goods_fen < 80_000 => Tender::CashOnDelivery,
        0..50 => Tender::WeChatPay,
        50..88 => Tender::Alipay,
        _ => Tender::Card,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn popular_goods_are_looked_for_more_often() {
        let catalog = Catalog::standard();
        let mut random = Random::from_seed(11);
        let mut seen: HashMap<&str, u64> = HashMap::new();
        for _ in 0..60_000 {
            *seen.entry(&catalog.pick(None, &mut random).sku).or_default() += 1;
        }
        let most = catalog.products.iter().max_by_key(|it| it.popularity).expect("not empty");
        let least = catalog.products.iter().min_by_key(|it| it.popularity).expect("not empty");
        let of = |product: &Product| seen.get(product.sku.as_str()).copied().unwrap_or_default();
        assert!(of(most) > 5 * of(least), "{} against {}", of(most), of(least));
    }

    #[test]
    fn companions_are_categories_on_sale() {
        let catalog = Catalog::standard();
        for (one, other) in COMPANIONS {
            assert!(!catalog.of_category(one).is_empty() && !catalog.of_category(other).is_empty());
        }
    }
}
