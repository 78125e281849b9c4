//! The gifts that come along with an order, as lines of it.

use ordermill_base::{Currency, Timestamp};
use ordermill_domain::ids::ChannelId;
use ordermill_domain::order::LineTerms;
use ordermill_domain::pricing::gift::{Basket, Bought, Gift, gifts_for};

use crate::catalog::Catalog;

/// The gifts of an order of these lines, those that are on sale and that every carrier of the goods takes.
/// Whether there is stock for them is asked when the order is placed.
pub(crate) fn gifts_of(
    catalog: &Catalog,
    (at, channel, currency): (Timestamp, ChannelId, Currency),
    lines: &[LineTerms],
) -> Vec<Gift> {
    if catalog.gift_rules.0.is_empty() {
        return Vec::new();
    }
    let bought = lines.iter().filter_map(|line| {
        let categories = std::slice::from_ref(&catalog.sku(line.sku)?.category);
        let net_minor = line.goods_minor()? - line.discount_minor;
        Some(Bought { sku: line.sku, categories, quantity: line.quantity, net_minor })
    });
    let bought: Vec<Bought<'_>> = bought.collect();
    let mut gifts =
        gifts_for(&catalog.gift_rules, &Basket { at, channel, currency, lines: &bought });
    gifts.retain(|gift| {
        catalog.sku(gift.sku).is_some_and(|sku| sku.is_active && !sku.handling.is_hazardous)
    });
    gifts
}

/// Gifts as lines at no price behind what was bought.
pub(super) fn append(lines: &mut Vec<LineTerms>, gifts: Vec<Gift>) {
    for Gift { rule, sku, quantity } in gifts {
        let before = lines.last().map_or(0, |line| line.line_no);
        lines.push(LineTerms {
            line_no: before.saturating_add(1),
            sku,
            quantity,
            unit_price_minor: 0,
            discount_minor: 0,
            tax_minor: 0,
            total_minor: 0,
            gift: Some(rule),
            stands_for: None,
        });
    }
}
