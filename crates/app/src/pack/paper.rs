//! Papers that go with goods: the packing slip (装箱单) of a package and the shipping note (发货单) of all that
//! a location ships of an order.
//!
//! They are in the buyer's language. The receiver is masked as on the label (GB/T 41833-2022). A slip names
//! no prices; a note does, but not for what was given away. Prints are counted, as those of labels are.

use ordermill_base::{Money, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{FulfillmentId, LocationId, OrderId, PackageId, SkuId};
use ordermill_domain::order::{LineTerms, OrderNumber};
use ordermill_domain::package::{Content, Package};
use ordermill_domain::paper::Paper as Kind;
use ordermill_domain::role::Permission;
use ordermill_domain::shipment::State;
use ordermill_storage::{Error, Tx, carrier, fulfillment, order, package, paper, shipment};

use super::label::Carriage;
use crate::order::sight::Sight;
use crate::permission::{Forbidden, Principal};
use crate::pick_list::may_pick;
use crate::privacy::Vault;

/// Which paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The packing slip of a package.
    Slip(PackageId),
    /// The shipping note of a fulfillment.
    Note(FulfillmentId),
}

/// What stands on a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// The order's number, also as a barcode.
    pub order: OrderNumber,
    /// When the order was placed.
    pub placed_at: Timestamp,
    /// Where it is shipped from.
    pub location: LocationId,
    /// Whether the buyer reads Chinese.
    pub is_chinese: bool,
    /// The receiver's name, masked; empty if it was erased.
    pub name: String,
    /// The receiver's phone, masked.
    pub phone: String,
    /// The receiver's address, masked.
    pub address: String,
    /// The parcels, in their order. A slip has one.
    pub parcels: Vec<Parcel>,
    /// How many parcels the fulfillment has.
    pub parcels_in_all: usize,
    /// What stands on it is worth; none on a slip, and where nothing has a price.
    pub total: Option<Money>,
    /// How often it was printed; more than 1 is a reprint.
    pub copy: u32,
}

/// One parcel on a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Its place among those of the fulfillment, from 1.
    pub number: u16,
    /// What the carrier knows it by; none while there is no waybill.
    pub carriage: Option<Carriage>,
    /// Box and contents in grams.
    pub grams: u32,
    /// What lies in it, by line of the order.
    pub lines: Vec<Line>,
}

/// Pieces of one line in a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What.
    pub sku: SkuId,
    /// How many.
    pub pieces: i64,
    /// From which lots, with the pieces of each.
    pub lots: Vec<(String, i64)>,
    /// Serial numbers of the pieces.
    pub serials: Vec<String>,
    /// Whether it was given away.
    pub is_gift: bool,
    /// What it is sent in place of, if it is.
    pub in_place_of: Option<SkuId>,
    /// What one piece costs and all of them, after discounts; none on a slip and of gifts.
    pub price: Option<(Money, Money)>,
}

/// Why there is no paper.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// No such package or fulfillment, or nothing of it is packed.
    #[error("there is nothing packed of this id")]
    NotFound,
    /// They see neither the order nor the work at its location.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Reads a paper.
///
/// # Errors
/// [`PaperError`].
pub fn read(
    tx: &mut Tx<'_>,
    vault: &Vault,
    principal: &Principal,
    which: Which,
) -> Result<Paper, PaperError> {
    let (of, location, all) = packages(tx, which)?;
    may_look(principal, location)?;
    let stored = order::fetch(tx, of)?.ok_or(PaperError::NotFound)?;
    let lines: Vec<LineTerms> = order::lines(tx, of)?.into_iter().map(|line| line.terms).collect();
    let (shown, copy): (Vec<&Package>, u32) = match which {
        Which::Slip(id) => (
            all.iter().filter(|package| package.id == id).collect(),
            paper::printed(tx, Kind::PackingSlip, id)?,
        ),
        Which::Note(id) => (all.iter().collect(), paper::printed(tx, Kind::ShippingNote, id)?),
    };
    let currency = stored.order.facts().amounts.currency;
    let has_prices = matches!(which, Which::Note(_));
    // Goods that travel with those of another order lie in its box.
    let boxes: Vec<PackageId> =
        shown.iter().map(|package| package.inside.unwrap_or(package.id)).collect();
    let mut parcels = Vec::with_capacity(shown.len());
    for package in shown {
        parcels.push(Parcel {
            number: package.number,
            carriage: None,
            grams: package.gross_grams,
            lines: lines_of(package, &lines, |minor| {
                has_prices.then(|| Money::new(minor, currency))
            }),
        });
    }
    for (parcel, carriage) in parcels.iter_mut().zip(carriages(tx, of, &boxes)?) {
        parcel.carriage = carriage;
    }
    let priced: Vec<i64> = parcels
        .iter()
        .flat_map(|parcel| &parcel.lines)
        .filter_map(|line| line.price.map(|(_, all)| all.minor))
        .collect();
    let masked = vault.mask_recipient(of, &stored.recipient).ok();
    let (name, phone, address) =
        masked.map(|it| (it.name, it.phone, it.address)).unwrap_or_default();
    Ok(Paper {
        order: OrderNumber::from(of),
        placed_at: stored.order.facts().milestones.placed_at,
        location,
        is_chinese: is_chinese(&stored.region),
        name,
        phone,
        address,
        parcels,
        parcels_in_all: all.len(),
        total: (!priced.is_empty()).then(|| Money::new(priced.iter().sum(), currency)),
        copy,
    })
}

/// Counts a print, and gives the how-manieth it is.
///
/// # Errors
/// [`PaperError`].
pub fn print(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    which: Which,
) -> Result<u32, PaperError> {
    let (_, location, _) = packages(tx, which)?;
    may_look(principal, location)?;
    Ok(match which {
        Which::Slip(id) => paper::count_print(tx, act, Kind::PackingSlip, id)?,
        Which::Note(id) => paper::count_print(tx, act, Kind::ShippingNote, id)?,
    })
}

/// The order, its location, and the closed packages of the fulfillment.
fn packages(
    tx: &mut Tx<'_>,
    which: Which,
) -> Result<(OrderId, LocationId, Vec<Package>), PaperError> {
    let id = match which {
        Which::Note(id) => id,
        Which::Slip(id) => {
            let package = package::fetch(tx, id)?.filter(|it| it.opened_at.is_none());
            package.ok_or(PaperError::NotFound)?.fulfillment
        }
    };
    let work = fulfillment::fetch(tx, id)?.ok_or(PaperError::NotFound)?;
    let all = package::of_each(tx, &[id])?;
    if all.is_empty() {
        return Err(PaperError::NotFound);
    }
    Ok((work.facts().order, work.facts().location, all))
}

/// Whoever packs there, and whoever sees its orders.
fn may_look(principal: &Principal, location: LocationId) -> Result<(), Forbidden> {
    if may_pick(principal, location).is_ok() {
        return Ok(());
    }
    match Sight::of(principal)? {
        Sight::All => Ok(()),
        Sight::Site(site) if site == location => Ok(()),
        Sight::Site(_) | Sight::Money => Err(Forbidden(Permission::ReadOrders)),
    }
}

/// What lies in a package, each line of the order once, in its order.
fn lines_of(
    package: &Package,
    terms: &[LineTerms],
    price: impl Fn(i64) -> Option<Money>,
) -> Vec<Line> {
    let mut lines: Vec<(u16, Line)> = Vec::new();
    for Content { line_no, sku, quantity, lot, serials } in &package.contents {
        let at = lines.iter().position(|(known, _)| known == line_no).unwrap_or_else(|| {
            let of_it = terms.iter().find(|terms| terms.line_no == *line_no);
            let is_gift = of_it.is_some_and(LineTerms::is_gift);
            let stands_for = of_it.and_then(|terms| terms.stands_for);
            let replaced = terms.iter().find(|terms| Some(terms.line_no) == stands_for);
            let empty = Line {
                sku: *sku,
                pieces: 0,
                lots: Vec::new(),
                serials: Vec::new(),
                is_gift,
                in_place_of: replaced.map(|terms| terms.sku),
                price: None,
            };
            lines.push((*line_no, empty));
            lines.len() - 1
        });
        let line = &mut lines[at].1;
        line.pieces += quantity.get();
        line.lots.extend(lot.clone().map(|lot| (lot, quantity.get())));
        line.serials.extend(serials.iter().cloned());
    }
    lines.sort_by_key(|(line_no, _)| *line_no);
    for (line_no, line) in &mut lines {
        let of_it = terms.iter().find(|terms| terms.line_no == *line_no);
        let paid = of_it.filter(|_| !line.is_gift);
        line.price = paid.and_then(|terms| {
            let ordered = i128::from(terms.quantity.get());
            let share = i128::from(terms.total_minor) * i128::from(line.pieces) / ordered;
            let all = i64::try_from(share).unwrap_or(terms.total_minor);
            Some((price(terms.unit_price_minor)?, price(all)?))
        });
    }
    lines.into_iter().map(|(_, line)| line).collect()
}

/// What carriers know boxes by, in the order of the packages that lie in them.
fn carriages(
    tx: &mut Tx<'_>,
    of: OrderId,
    boxes: &[PackageId],
) -> Result<Vec<Option<Carriage>>, Error> {
    let shipments = shipment::of(tx, of)?;
    let carriers = if shipments.is_empty() { Vec::new() } else { carrier::names(tx)? };
    let of_package = |id: &PackageId| {
        let its = shipments.iter().find(|it| {
            let facts = it.shipment.facts();
            facts.terms.package == *id && facts.state != State::Voided
        })?;
        let terms = &its.shipment.facts().terms;
        let carrier = carriers.iter().find(|known| known.id == terms.carrier)?;
        Some(Carriage {
            carrier: carrier.name.clone(),
            service: terms.service,
            waybill: terms.waybill.clone(),
            routing: its.routing.clone(),
        })
    };
    Ok(boxes.iter().map(of_package).collect())
}

/// Buyers in the regions where Chinese is written read Chinese.
fn is_chinese(region: &str) -> bool {
    let country = region.split('-').next().unwrap_or_default();
    matches!(country, "CN" | "HK" | "MO" | "TW")
}

#[cfg(test)]
mod tests {
    use ordermill_base::{Currency, Id, Quantity};

    use super::*;

    fn content(line_no: u16, pieces: i64, lot: Option<&str>) -> Content {
        Content {
            line_no,
            sku: SkuId::from_raw(line_no.into()),
            quantity: Quantity::new(pieces).unwrap(),
            lot: lot.map(str::to_owned),
            serials: Vec::new(),
        }
    }

    fn terms(line_no: u16, pieces: i64, total_minor: i64) -> LineTerms {
        LineTerms {
            line_no,
            sku: SkuId::from_raw(line_no.into()),
            quantity: Quantity::new(pieces).unwrap(),
            unit_price_minor: 1_000,
            discount_minor: 1_000 * pieces - total_minor,
            tax_minor: 0,
            total_minor,
            gift: None,
            stands_for: None,
        }
    }

    fn a_package(contents: Vec<Content>) -> Package {
        Package {
            id: PackageId::from_raw(1),
            order: OrderId::from_raw(1),
            fulfillment: FulfillmentId::from_raw(1),
            inside: None,
            number: 1,
            material: "BOX-S".into(),
            size_mm: [216, 146, 116],
            gross_grams: 490,
            is_weighed: false,
            contents,
            packed_at: Timestamp::from_millis(1_795_000_000_000),
            opened_at: None,
            printed: 0,
        }
    }

    #[test]
    fn lots_of_a_line_stand_together_and_gifts_have_no_price() {
        let contents =
            vec![content(2, 1, None), content(1, 2, Some("A")), content(1, 1, Some("B"))];
        let lines = [terms(1, 4, 3_600), LineTerms { gift: Some(1), ..terms(2, 1, 0) }];
        let price = |minor| Some(Money::new(minor, Currency::Cny));
        let found = lines_of(&a_package(contents), &lines, price);
        assert_eq!(found[0].lots, [("A".to_owned(), 2), ("B".to_owned(), 1)]);
        let (one, all) = found[0].price.unwrap();
        assert_eq!((found[0].pieces, one.minor, all.minor), (3, 1_000, 2_700));
        assert!(found[1].is_gift && found[1].price.is_none());
    }

    #[test]
    fn a_paper_is_in_the_language_of_the_region() {
        assert!(is_chinese("CN-33") && is_chinese("TW"));
        assert!(!is_chinese("US-CA") && !is_chinese(""));
    }
}
