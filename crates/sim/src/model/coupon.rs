//! Coupons: how often each was used, in all and by whom.

use super::Model;

/// A coupon.
#[derive(Debug, Clone, Default)]
pub struct Coupon {
    /// What it takes off the goods.
    pub off: i64,
    /// How often all buyers together may use it.
    pub uses_max: Option<usize>,
    /// How often one buyer may.
    pub uses_each_max: Option<usize>,
    /// Buyer and order of each use that counts.
    pub uses: Vec<(i64, i64)>,
}

impl Model {
    pub(super) fn has_use(&self, id: i64, buyer: i64) -> bool {
        self.coupons.get(&id).is_some_and(|coupon| {
            let by_buyer = coupon.uses.iter().filter(|(by, _)| *by == buyer).count();
            coupon.uses_max.is_none_or(|max| coupon.uses.len() < max)
                && coupon.uses_each_max.is_none_or(|max| by_buyer < max)
        })
    }

    pub(super) fn use_up(&mut self, id: i64, buyer: i64, order: i64) {
        self.coupons.entry(id).or_default().uses.push((buyer, order));
    }

    /// What an order had used can be used again once it has ended.
    pub(super) fn give_coupon_back(&mut self, id: i64, order: i64) {
        if let Some(coupon) = self.coupons.get_mut(&id) {
            coupon.uses.retain(|(_, by)| *by != order);
        }
    }
}
