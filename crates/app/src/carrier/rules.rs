//! Rules about who carries a parcel: a table of rules like any other, over the document of a parcel.

use std::sync::{Arc, LazyLock};

use ordermill_domain::carrier::Carrier;
use ordermill_domain::carrier::ruling::{CarrierRule, Ruling};
use ordermill_domain::location::Location;
use ordermill_domain::order::Order;
use ordermill_domain::rule_table::Purpose;
use ordermill_rules::parcel::{FromFacts, ParcelDocument, ParcelFacts, ParcelOrderFacts, ToFacts};
use ordermill_rules::{Definition, Facts as _, HitPolicy, Table};

use super::choose::{Place, ReadyParcel};
use crate::rule_table::{Decides, Ruled};

impl Decides for CarrierRule {
    const PURPOSE: Purpose = Purpose::Carrier;
    type Document = ParcelDocument;

    /// No rule: prices, times and scores decide.
    fn built_in() -> Arc<Table<Self>> {
        static TABLE: LazyLock<Arc<Table<CarrierRule>>> = LazyLock::new(|| {
            let (hit, rules, otherwise) = (HitPolicy::All, Vec::new(), CarrierRule::Compare);
            let definition = Definition { hit, rules, otherwise };
            let table = Table::compile::<ParcelDocument>(definition, 0);
            Arc::new(table.expect("a table without rules compiles"))
        });
        Arc::clone(&TABLE)
    }
}

/// The order of a parcel, as far as rules ask about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderOfParcel {
    /// The code of its channel; empty in a trial comparison.
    pub channel: String,
    /// When its money comes.
    pub terms: String,
    /// What the buyer owes, minor units.
    pub total_minor: i64,
}

impl OrderOfParcel {
    /// Of an order of a channel with this code.
    pub fn of(order: &Order, channel: String) -> Self {
        let facts = order.facts();
        let (terms, total_minor) = (facts.terms.code().to_owned(), facts.amounts.total().minor);
        Self { channel, terms, total_minor }
    }
}

/// What the rules say about a parcel, and which have spoken up.
pub(super) fn ask(
    table: &Table<CarrierRule>,
    parcel: &ReadyParcel,
    order: &OrderOfParcel,
    (to, from): (&Place, &Location),
    carriers: &[&Carrier],
) -> (Ruling, Option<Ruled>) {
    let decision = table.decide(&document(parcel, order, to, from).prepare());
    (Ruling::of(&decision.actions, carriers.iter().copied()), Ruled::of(&decision))
}

fn document(
    parcel: &ReadyParcel,
    order: &OrderOfParcel,
    to: &Place,
    from: &Location,
) -> ParcelDocument {
    let sides = parcel.dimensions_mm.map(u64::from);
    let volume_cm3 = sides.iter().product::<u64>().div_ceil(1_000);
    ParcelDocument {
        parcel: ParcelFacts {
            weight_grams: i64::from(parcel.weight_grams),
            longest_side_mm: parcel.dimensions_mm.into_iter().max().map_or(0, i64::from),
            volume_cm3: i64::try_from(volume_cm3).unwrap_or(i64::MAX),
            value_minor: parcel.value.minor,
            is_fragile: parcel.handling.is_fragile,
            is_high_value: parcel.handling.is_high_value,
            is_perishable: parcel.handling.is_perishable,
            is_hazardous: parcel.handling.is_hazardous,
            is_oversized: parcel.handling.is_oversized,
            wish: parcel.wish.map(|wish| wish.code().to_owned()),
        },
        order: ParcelOrderFacts {
            channel: order.channel.clone(),
            terms: order.terms.clone(),
            currency: parcel.value.currency.code().to_owned(),
            total_minor: order.total_minor,
        },
        to: ToFacts {
            country: to.country().code().to_owned(),
            region: to.region(),
            city: to.city().map(i64::from),
        },
        from: FromFacts { location: from.code.clone(), region: from.region.clone() },
    }
}
