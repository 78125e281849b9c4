//! What can be had in place of missing pieces, and what it would lead to.

use std::collections::BTreeMap;

use ordermill_base::{Money, Quantity, Timestamp};
use ordermill_domain::ids::SkuId;
use ordermill_domain::order::{Facts, InPlace, LineTerms, Order, OrderLine, Replacement, Status};
use ordermill_domain::sku::{Handling, Sku};
use ordermill_domain::stock::StockLevel;
use ordermill_storage::{Error, Tx, order, sku, stock};

use super::SubstituteError;
use crate::catalog::Catalog;
use crate::order::file::FileError;
use crate::order::give_up::{is_collected_in_full, refundable};
use crate::review::{MarksOf, Subject, rule};

/// Substitutes that a buyer is offered, at most.
const TO_BUYER_MAX: usize = 3;

/// Something that can be sent in place of missing pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The line that it would become.
    pub line: LineTerms,
    /// How many pieces of it can be sold now.
    pub available: i64,
    /// What would go back.
    pub refund: Money,
}

/// Pieces of a line that wait for stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waiting {
    line_no: u16,
    sku: SkuId,
    pieces: Quantity,
}

impl Waiting {
    /// What waits of a line that may be replaced.
    pub(crate) fn of(
        order: &Order,
        lines: &[OrderLine],
        line_no: u16,
    ) -> Result<Self, SubstituteError> {
        let nothing = SubstituteError::NothingMissing(line_no);
        let line = lines.iter().find(|line| line.terms.line_no == line_no);
        let is_open = order.status() == Status::Confirmed;
        let Some(line) = line.filter(|_| is_open) else { return Err(nothing) };
        if line.terms.is_gift() {
            return Err(SubstituteError::Gift(line_no));
        }
        let pieces = Quantity::new(line.pieces().backordered).map_err(|_| nothing)?;
        Ok(Self { line_no, sku: line.terms.sku, pieces })
    }

    /// Of these pieces no more than so many.
    pub(crate) fn at_most(self, pieces: Quantity) -> Self {
        Self { pieces: self.pieces.min(pieces), ..self }
    }
}

/// What can be had now in place of the pieces of a line that wait for stock, as the catalog has it: the best
/// first. Nothing if none waits.
pub fn offers(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    order: (&order::Stored, &[OrderLine]),
    line_no: u16,
) -> Result<Vec<Offer>, Error> {
    match Waiting::of(&order.0.order, order.1, line_no) {
        Ok(waiting) => offers_for(tx, catalog, order, waiting),
        Err(_) => Ok(Vec::new()),
    }
}

fn offers_for(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    order: (&order::Stored, &[OrderLine]),
    waiting: Waiting,
) -> Result<Vec<Offer>, Error> {
    let Some(missing) = sku::fetch(tx, waiting.sku)? else { return Ok(Vec::new()) };
    let levels = stock::levels(tx, missing.substitutes.iter().copied())?;
    let mut offers = Vec::new();
    for id in missing.substitutes {
        let of_it: Vec<StockLevel> =
            levels.iter().filter(|level| level.sku == id).copied().collect();
        match offer(tx, catalog, order, waiting, id, &of_it) {
            Ok(offer) => offers.push(offer),
            Err(SubstituteError::File(FileError::Storage(error))) => return Err(error),
            Err(_) => {}
        }
    }
    Ok(offers)
}

/// As [`offers`], for each line of an order of which pieces wait.
pub fn offers_of_each(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    order: (&order::Stored, &[OrderLine]),
) -> Result<BTreeMap<u16, Vec<Offer>>, Error> {
    let waiting = order.1.iter().filter(|line| line.pieces().backordered > 0);
    let numbers = waiting.map(|line| line.terms.line_no);
    numbers.map(|line_no| Ok((line_no, offers(tx, catalog, order, line_no)?))).collect()
}

/// Those of the [`offers`] that a buyer may take without a person who looks at the order, a few.
pub(crate) fn offers_to_buyer(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    order: (&order::Stored, &[OrderLine]),
    waiting: Waiting,
    now: Timestamp,
) -> Result<Vec<Offer>, Error> {
    let mut shown = Vec::new();
    for offer in offers_for(tx, catalog, order, waiting)? {
        if shown.len() == TO_BUYER_MAX {
            break;
        }
        if may_be_taken(tx, catalog, order, &offer, now)? {
            shown.push(offer);
        }
    }
    Ok(shown)
}

/// What a substitute would lead to; `levels` is its stock.
pub(crate) fn offer(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    (stored, lines): (&order::Stored, &[OrderLine]),
    waiting: Waiting,
    id: SkuId,
    levels: &[StockLevel],
) -> Result<Offer, SubstituteError> {
    let (missing, substitute) = pair(tx, waiting.sku, id)?;
    if !missing.is_some_and(|missing| missing.substitutes.contains(&id)) {
        return Err(SubstituteError::NotASubstitute(id));
    }
    let facts = stored.order.facts();
    let currency = facts.amounts.currency;
    let sold = substitute.filter(|sku| sku.is_active);
    let price = sold.and_then(|sku| sku.price_in(currency));
    let price = price.ok_or(SubstituteError::NotSold(id))?;
    let places = catalog.preference(&stored.region);
    let there = levels.iter().filter(|level| places.contains(&level.location));
    let available: i64 = there.map(StockLevel::available).sum();
    let wanted = waiting.pieces.get();
    if available < wanted {
        return Err(SubstituteError::NotEnough { sku: id, available, wanted });
    }
    let replacement = Replacement {
        line_no: waiting.line_no,
        pieces: waiting.pieces,
        sku: id,
        unit_price_minor: price.minor,
        is_fixed: !is_collected_in_full(facts),
    };
    let InPlace { line, less_minor } =
        stored.order.in_place_of(lines, replacement).map_err(FileError::from)?;
    let refund = Money::new(less_minor.min(left_to_refund(tx, facts)?), currency);
    Ok(Offer { line, available, refund })
}

/// What is missing and what is to be sent for it.
fn pair(tx: &mut Tx<'_>, missing: SkuId, id: SkuId) -> Result<(Option<Sku>, Option<Sku>), Error> {
    let mut found = sku::fetch_all(tx, [missing, id])?;
    let mut take = |id| {
        let at = found.iter().position(|sku| sku.id == id)?;
        Some(found.swap_remove(at))
    };
    Ok((take(missing), take(id)))
}

/// What could still go back of an order's payments, minor units.
fn left_to_refund(tx: &mut Tx<'_>, order: &Facts) -> Result<i64, Error> {
    Ok(refundable(tx, order.id)?.iter().map(|(_, left)| left.minor).sum())
}

/// Whether a buyer may take an offer alone: the rules in force find nothing in the order as it would be that
/// they do not find in it as it is, and it asks of carriers nothing that the missing goods did not.
pub(crate) fn may_be_taken(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    (stored, lines): (&order::Stored, &[OrderLine]),
    offer: &Offer,
    now: Timestamp,
) -> Result<bool, Error> {
    let replaced = lines.iter().find(|line| Some(line.terms.line_no) == offer.line.stands_for);
    let Some(replaced) = replaced else { return Ok(false) };
    let (missing, substitute) = pair(tx, replaced.terms.sku, offer.line.sku)?;
    let handling = |sku: Option<Sku>| sku.map(|sku| sku.handling).unwrap_or_default();
    if asks_for_more(handling(substitute), handling(missing)) {
        return Ok(false);
    }
    let mut terms: Vec<LineTerms> = lines.iter().map(|line| line.terms).collect();
    let mut ruling = |lines: &[LineTerms]| {
        let (order, region) = (&stored.order, stored.region.as_str());
        let subject = Subject { order, lines, region, marks: MarksOf::Stored, at: now };
        Ok::<_, Error>(rule(tx, subject, &catalog.review_rules)?.ruling)
    };
    let as_it_is = ruling(&terms)?;
    terms.push(offer.line);
    let as_it_would_be = ruling(&terms)?;
    Ok(as_it_would_be.holds.iter().all(|reason| as_it_is.holds.contains(reason))
        && as_it_would_be.interceptions.iter().all(|it| as_it_is.interceptions.contains(it)))
}

/// Carriers take some goods not everywhere, and at other prices.
const fn asks_for_more(substitute: Handling, missing: Handling) -> bool {
    (substitute.is_hazardous && !missing.is_hazardous)
        || (substitute.is_oversized && !missing.is_oversized)
}
