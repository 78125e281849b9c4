//! What would it cost: the comparison of carriers for a parcel that nobody has packed.

use std::collections::BTreeSet;

use ordermill_base::Timestamp;
use ordermill_domain::ids::LocationId;
use ordermill_domain::order::PaymentTerms;
use ordermill_storage::{Error, Tx, carrier, location};

use super::choose::{Chosen, Field, Known, Place, Question, ReadyParcel, choose_carrier};
use super::rules::OrderOfParcel;

/// A parcel as somebody imagines it.
#[derive(Debug, Clone, PartialEq)]
pub struct Imagined {
    /// Where it waits.
    pub from: LocationId,
    /// Where it goes.
    pub to: Place,
    /// What it is like.
    pub parcel: ReadyParcel,
}

/// Everything that would be looked at for such a parcel now, and what would be decided. Changes nothing;
/// `None` if there is no such location.
pub fn compare(
    tx: &mut Tx<'_>,
    imagined: &Imagined,
    known: &Known,
    now: Timestamp,
) -> Result<Option<Chosen>, Error> {
    let Some(from) = location::fetch(tx, imagined.from)? else { return Ok(None) };
    let order = OrderOfParcel {
        channel: String::new(),
        terms: PaymentTerms::Prepaid.code().to_owned(),
        total_minor: imagined.parcel.value.minor,
    };
    let nobody = BTreeSet::new();
    let carriers = carrier::list(tx)?;
    let field = Field { carriers: &carriers, known };
    let (parcel, order, without) = (&imagined.parcel, &order, &nobody);
    let question = Question { parcel, order, to: &imagined.to, from: &from, without };
    choose_carrier(tx, question, field, now).map(Some)
}
