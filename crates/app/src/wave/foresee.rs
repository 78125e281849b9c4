//! Which carrier planned work would get and how it would be brought, before it is packed: by what it weighs and
//! measures together, where it goes, what its buyer wished and was promised, and today's prices and scores. Boxes
//! and the exact place may change it later.

use std::collections::HashMap;
use std::sync::Arc;

use ordermill_base::{Money, Timestamp};
use ordermill_domain::address::Country;
use ordermill_domain::carrier::choice::{Parcel, Policy, choose};
use ordermill_domain::carrier::score::Score;
use ordermill_domain::carrier::{Carrier, ServiceKind};
use ordermill_domain::fulfillment::Fulfillment;
use ordermill_domain::ids::{CarrierId, OrderId};
use ordermill_domain::location::Location;
use ordermill_domain::order::OrderLine;
use ordermill_domain::pricing::{Destination, ProvinceCode, Region};
use ordermill_domain::sku::Handling;
use ordermill_storage::order::Bound;
use ordermill_storage::{Error, Tx, carrier, order};

use crate::carrier::choose::unreached;
use crate::carrier::{Histories, score_of};
use crate::catalog::{Catalog, settings};

/// How much of a box is goods, in percent: the rest is air and padding.
const FILLED_PERCENT: u64 = 70;

/// What is known of goods and carriers beside the database.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The goods.
    pub catalog: Arc<Catalog>,
    /// How each carrier has served.
    pub histories: Arc<Histories>,
}

/// How work would travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreseen {
    /// With whom.
    pub carrier: CarrierId,
    /// How it would be brought.
    pub service: ServiceKind,
}

/// How what travels together would do so, in the order of the work; none if no carrier takes it.
pub fn foresee(
    tx: &mut Tx<'_>,
    known: &Known,
    location: &Location,
    work: &[Vec<Fulfillment>],
    now: Timestamp,
) -> Result<Vec<Option<Foreseen>>, Error> {
    let carriers = carrier::list(tx)?;
    if carriers.is_empty() {
        return Ok(vec![None; work.len()]);
    }
    let scored: Vec<(&Carrier, Score)> = carriers
        .iter()
        .map(|it| (&it.carrier, score_of(&known.histories, it.carrier.id)))
        .collect();
    let (mut policy, _) = settings::read::<Policy>(tx)?;
    policy.unreached = unreached(&carriers);
    let mut orders: Vec<OrderId> = work.iter().flatten().map(|work| work.facts().order).collect();
    orders.sort_unstable();
    orders.dedup();
    let bound: HashMap<OrderId, Bound> =
        order::bound(tx, &orders)?.into_iter().map(|bound| (bound.order, bound)).collect();
    let mut lines: HashMap<OrderId, Vec<OrderLine>> = HashMap::new();
    for (order, line) in order::lines_of_each(tx, &orders)? {
        lines.entry(order).or_default().push(line);
    }
    let of = |together: &Vec<Fulfillment>| {
        let parcel = parcel(&known.catalog, together, (&lines, &bound), location, now)?;
        let offer = choose(&parcel, &scored, &policy).chosen?;
        Some(Foreseen { carrier: offer.carrier, service: offer.service })
    };
    Ok(work.iter().map(of).collect())
}

fn parcel<'a>(
    catalog: &Catalog,
    together: &[Fulfillment],
    (lines, bound): (&HashMap<OrderId, Vec<OrderLine>>, &HashMap<OrderId, Bound>),
    location: &'a Location,
    now: Timestamp,
) -> Option<Parcel<'a>> {
    // What travels together goes to one place and was asked for alike.
    let leading = bound.get(&together.first()?.facts().order)?;
    let promises = together.iter().filter_map(|work| bound.get(&work.facts().order));
    let (mut grams, mut volume, mut longest, mut value_minor) = (0_u64, 0_u64, 0_u32, 0_i64);
    let mut handling = Handling::default();
    let goods = together.iter().flat_map(|work| {
        let facts = work.facts();
        facts.lines.iter().map(|line| (facts.order, line))
    });
    for (order, line) in goods.filter(|(_, line)| line.quantity > 0) {
        let Some(sku) = catalog.sku(line.sku) else { continue };
        let pieces = line.quantity.unsigned_abs();
        grams += u64::from(sku.weight_grams) * pieces;
        volume += sku.dimensions_mm.iter().map(|edge| u64::from(*edge)).product::<u64>() * pieces;
        longest = longest.max(sku.dimensions_mm.into_iter().max().unwrap_or(0));
        let mut paid = lines.get(&order).into_iter().flatten();
        let paid = paid.find(|it| it.terms.line_no == line.line_no);
        value_minor += paid.map_or(0, |it| it.terms.unit_price_minor) * line.quantity;
        handling = handling.or(sku.handling);
    }
    let box_volume = volume * 100 / FILLED_PERCENT;
    let long = u64::from(longest).max(cube_root(box_volume)).max(1);
    // What is not long is as square as it can be.
    let side = (box_volume / long).isqrt().max(1);
    let edge = |edge: u64| u32::try_from(edge).unwrap_or(u32::MAX);
    Some(Parcel {
        destination: destination(&leading.region)?,
        city: None,
        is_city_open: true,
        weight_grams: edge(grams.max(1)),
        dimensions_mm: [edge(long), edge(side), edge(side)],
        handling,
        value: Money::new(value_minor, leading.currency),
        ready_at: now,
        time_zone: &location.time_zone,
        promised_by_on: promises.filter_map(|bound| bound.promised_by_on).min(),
        wish: leading.service_wish,
    })
}

/// Where an order goes, as far as its region tells: `CN-33`, `US-CA`.
fn destination(region: &str) -> Option<Destination<'static>> {
    let (country, part) = region.split_once('-').unwrap_or((region, ""));
    let country = Country::parse(country).ok()?;
    let code = part.parse::<u32>().ok().and_then(|part| ProvinceCode::of(part * 10_000).ok());
    let region = code.map_or(Region::Unknown, Region::Province);
    Some(Destination { country, region })
}

/// The largest whole number whose cube is not more.
fn cube_root(volume: u64) -> u64 {
    let (mut low, mut high) = (0_u64, 2_000_000_u64);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if middle.saturating_mul(middle).saturating_mul(middle) <= volume {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cube_roots_are_whole_and_never_too_large() {
        for edge in [0, 1, 7, 120, 1_999] {
            assert_eq!(cube_root(edge * edge * edge), edge);
            assert_eq!(cube_root((edge + 1) * (edge + 1) * (edge + 1) - 1), edge);
        }
    }

    #[test]
    fn a_region_says_country_and_province() {
        let zhejiang = destination("CN-33").unwrap();
        assert_eq!(zhejiang.country, Country::CHINA);
        assert!(matches!(zhejiang.region, Region::Province(code) if code.code() == 330_000));
        assert!(matches!(destination("US-CA").unwrap().region, Region::Unknown));
        assert!(destination("").is_none());
    }
}
