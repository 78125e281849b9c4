//! What an order of the own shop costs: goods, one coupon, freight, points, gift cards.

use super::{Model, Tender};

/// Every piece weighs as much.
const GRAMS: i64 = 400;
/// From here on goods travel for nothing.
const FREE_FROM: i64 = 9_900;

/// What somebody puts together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Basket {
    /// SKU and pieces of each line.
    pub lines: Vec<(i64, i64)>,
    /// Who is signed in.
    pub customer: Option<i64>,
    /// By whom coupons are counted.
    pub buyer: i64,
    /// A coupon.
    pub coupon: Option<i64>,
    /// Points to pay with, at most.
    pub points: i64,
    /// Gift cards, in the order in which they pay.
    pub cards: Vec<i64>,
}

/// What it costs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Price {
    /// All of it.
    pub total: i64,
    /// What is left to pay behind points and gift cards.
    pub to_pay: i64,
    /// What pays the rest.
    pub tenders: Vec<(Tender, i64)>,
    /// Points that it earns.
    pub earned: i64,
    /// The coupon, if it is used.
    pub coupon: Option<i64>,
    /// The coupon cannot be used: it was used too often.
    pub is_used_up: bool,
}

/// There are fewer points than are to be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotEnoughPoints;

impl Model {
    /// Prices a basket with the prices that the shop tells now.
    pub fn price(&self, basket: &Basket) -> Result<Price, NotEnoughPoints> {
        let goods = |(sku, pieces): &(i64, i64)| self.told_prices[sku] * pieces;
        let goods: i64 = basket.lines.iter().map(goods).sum();
        let pieces: i64 = basket.lines.iter().map(|(_, pieces)| pieces).sum();
        let has_use = basket.coupon.is_none_or(|id| self.has_use(id, basket.buyer));
        let takes_off = basket.coupon.filter(|_| has_use).map_or(0, |id| self.coupons[&id].off);
        let (net, coupon) = match goods - takes_off.min(goods) {
            // A coupon that costs the free freight is left out.
            net if net + freight(net, pieces) < goods + freight(goods, pieces) => {
                (net, basket.coupon)
            }
            _ => (goods, None),
        };
        let total = net + freight(net, pieces);
        let mut price = Price {
            total,
            to_pay: total,
            tenders: Vec::new(),
            earned: if basket.customer.is_some() { net / 100 } else { 0 },
            coupon,
            is_used_up: !has_use,
        };
        if let Some(buyer) = basket.customer.filter(|_| basket.points > 0) {
            let has = self.accounts.get(&buyer).map_or(0, |account| account.balance);
            if has < basket.points {
                return Err(NotEnoughPoints);
            }
            // A hundred points pay a yuan, up to half of the order.
            let pays = basket.points.min(total / 2);
            price.pay(Tender::Points(buyer, pays), pays);
        }
        for id in &basket.cards {
            price.pay(Tender::Card(*id), self.cards[id].min(price.to_pay));
        }
        Ok(price)
    }
}

impl Price {
    fn pay(&mut self, tender: Tender, amount: i64) {
        if amount > 0 {
            self.tenders.push((tender, amount));
            self.to_pay -= amount;
        }
    }
}

/// Ten yuan for the first kilogram, four for each that is begun behind it.
fn freight(net: i64, pieces: i64) -> i64 {
    let behind = (pieces * GRAMS - 1_000).max(0);
    let steps = (behind + 999) / 1_000;
    if net >= FREE_FROM { 0 } else { 1_000 + 400 * steps }
}
