//! The document of a parcel: what rules for choosing its carrier can ask about.
//!
//! Holds no personal data, so that it may be stored beside a choice and shown.

use crate::facts;

facts! {
    /// A parcel that is ready, as rules see it.
    pub struct ParcelDocument {
        /// The parcel.
        parcel: ParcelFacts,
        /// The order that it is of.
        order: ParcelOrderFacts,
        /// Where it goes.
        to: ToFacts,
        /// Where it waits.
        from: FromFacts,
    }

    /// The parcel.
    pub struct ParcelFacts {
        /// What it weighs with its carton.
        weight_grams: i64,
        /// The longest side of its carton.
        longest_side_mm: i64,
        /// The volume of its carton, cubic centimeters, rounded up.
        volume_cm3: i64,
        /// What its goods are worth, minor units of the order's currency.
        value_minor: i64,
        /// Whether any of its goods break easily.
        is_fragile: bool,
        /// Whether any of its goods are worth a thief's while.
        is_high_value: bool,
        /// Whether any of its goods go bad.
        is_perishable: bool,
        /// Whether any of its goods are dangerous.
        is_hazardous: bool,
        /// Whether any of its goods are too big for ordinary parcels.
        is_oversized: bool,
        /// What the buyer asked for: `standard`, `next_day`, `timed`, `pickup_point`. Missing if nothing.
        wish: Option<String>,
    }

    /// The order of a parcel.
    pub struct ParcelOrderFacts {
        /// The code of the sales channel, such as `shop` or `shopify-eu`. Empty in a trial comparison.
        channel: String,
        /// When the money comes: `prepaid` or `cash_on_delivery`.
        terms: String,
        /// The currency of all amounts, such as `CNY`.
        currency: String,
        /// What the buyer owes, minor units.
        total_minor: i64,
    }

    /// Where a parcel goes.
    pub struct ToFacts {
        /// The country, `CN`.
        country: String,
        /// Country and province, `CN-31`; the country alone where no province is known.
        region: String,
        /// The first four digits of the city's code by GB/T 2260, such as `3301`. Missing if they are not known.
        city: Option<i64>,
    }

    /// Where a parcel waits.
    pub struct FromFacts {
        /// The code of the location.
        location: String,
        /// Its country and province, `CN-33`.
        region: String,
    }
}
