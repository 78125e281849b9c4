//! The boxes that a shop packs in, as a setting.

use ordermill_domain::package::Material;
use ordermill_domain::text::Text;
use serde::{Deserialize, Serialize};

use crate::catalog::settings::Kept;

/// What a shop packs in, and what matters to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Materials {
    /// The boxes and bags; codes are unique.
    pub materials: Vec<Material>,
    /// What each parcel costs beside its material, minor units: a label, a hand-over.
    pub parcel_minor: u32,
    /// What material that is not recycled is worse by, minor units.
    pub not_recyclable_minor: u32,
    /// Pairs of codes of categories that never share a box.
    pub apart: Vec<(String, String)>,
    /// By how many percent a parcel may differ from its computed weight.
    pub weight_tolerance_percent: u32,
    /// By how many grams it may differ however light it is.
    pub weight_tolerance_grams: u32,
}

impl Default for Materials {
    /// The sizes of common boxes in China (cardboard of five sizes) and a mailing bag.
    fn default() -> Self {
        let of = |code: &str, zh: &str, en: &str, inner: [u32; 3], tare, max, cost, recyclable| {
            let wall = if recyclable { 6 } else { 1 };
            Material {
                code: code.into(),
                name: Text::new(zh, en),
                inner_mm: inner,
                outer_mm: inner.map(|edge| edge + wall),
                tare_grams: tare,
                max_gross_grams: max,
                cost_minor: cost,
                is_recyclable: recyclable,
            }
        };
        Self {
            materials: vec![
                of("BAG", "快递袋", "Mailing bag", [320, 250, 40], 20, 2_000, 25, false),
                of("BOX-S", "小纸箱", "Small box", [210, 140, 110], 90, 3_000, 70, true),
                of("BOX-M", "中纸箱", "Medium box", [300, 220, 160], 180, 8_000, 130, true),
                of("BOX-L", "大纸箱", "Large box", [400, 300, 250], 380, 15_000, 240, true),
                of(
                    "BOX-XL",
                    "特大纸箱",
                    "Extra large box",
                    [600, 400, 400],
                    800,
                    30_000,
                    480,
                    true,
                ),
                of(
                    "PALLET",
                    "托盘箱",
                    "Pallet box",
                    [1_200, 800, 900],
                    9_000,
                    300_000,
                    4_500,
                    true,
                ),
            ],
            parcel_minor: 150,
            not_recyclable_minor: 20,
            apart: Vec::new(),
            weight_tolerance_percent: 5,
            weight_tolerance_grams: 50,
        }
    }
}

impl Kept for Materials {
    const NAME: &'static str = "packing";

    fn standard() -> Self {
        Self::default()
    }
}

impl Materials {
    /// The material of this code.
    pub fn by_code(&self, code: &str) -> Option<&Material> {
        self.materials.iter().find(|material| material.code == code)
    }

    /// Whether a weight is what was computed, as far as scales and goods are even.
    pub fn is_weight(&self, measured_grams: u32, computed_grams: u32) -> bool {
        let share = u64::from(computed_grams) * u64::from(self.weight_tolerance_percent) / 100;
        let tolerance = share.max(self.weight_tolerance_grams.into());
        u64::from(measured_grams.abs_diff(computed_grams)) <= tolerance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_may_differ_by_a_share_and_by_some_grams() {
        let materials = Materials::default();
        assert!(materials.is_weight(2_090, 2_000));
        assert!(!materials.is_weight(2_110, 2_000));
        assert!(materials.is_weight(150, 100));
        assert!(!materials.is_weight(49, 100));
    }
}
