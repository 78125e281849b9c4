//! Whole quotes: examples to read, and properties over random orders.

mod examples;
mod model;
mod properties;
mod random_order;

use ordermill_base::{Id, Money, Quantity};

use super::{Line, TaxClass};
use crate::ids::SkuId;

/// One piece without weight, size or category.
pub(super) fn plain_line(unit_price: Money) -> Line<'static> {
    Line {
        sku: SkuId::from_raw(1),
        quantity: Quantity::ONE,
        unit_price,
        categories: &[],
        tax_class: TaxClass::Standard,
        weight_grams: 0,
        dimensions_mm: [0; 3],
        hazardous: false,
    }
}
