//! The document of an order that is to be shipped: what rules for choosing its locations can ask about.
//!
//! Holds no personal data, so that it may be stored beside a choice and shown.

use crate::facts;

facts! {
    /// What is to be shipped of an order, as rules see it.
    pub struct SourcingDocument {
        /// The order.
        order: SourcedOrderFacts,
        /// What is to be shipped of it.
        goods: GoodsFacts,
        /// Where it goes.
        to: RegionFacts,
    }

    /// The order.
    pub struct SourcedOrderFacts {
        /// The code of the sales channel, such as `shop` or `shopify-eu`.
        channel: String,
        /// When the money comes: `prepaid` or `cash_on_delivery`.
        terms: String,
        /// The currency of all amounts, such as `CNY`.
        currency: String,
        /// What the buyer owes, minor units.
        total_minor: i64,
        /// Whether it was placed in a promotion.
        is_promotion: bool,
        /// Whether the buyer has an account.
        has_account: bool,
    }

    /// What is to be shipped, without gifts where anything else is.
    pub struct GoodsFacts {
        /// How many pieces.
        pieces: i64,
        /// How many different SKUs.
        skus: i64,
        /// What they weigh together.
        weight_grams: i64,
        /// The codes of their categories.
        categories: Vec<String>,
        /// Whether any of them break easily.
        is_fragile: bool,
        /// Whether any of them are worth a thief's while.
        is_high_value: bool,
        /// Whether any of them go bad.
        is_perishable: bool,
        /// Whether any of them are dangerous.
        is_hazardous: bool,
        /// Whether any of them are too big for ordinary parcels.
        is_oversized: bool,
    }

    /// Where it goes, as far as its region tells.
    pub struct RegionFacts {
        /// The country, `CN`.
        country: String,
        /// Country and province, `CN-31`; the country alone where no province is known.
        region: String,
    }
}
