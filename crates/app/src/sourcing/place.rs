//! What each location can do for an order.

use std::collections::HashMap;

use ordermill_base::Timestamp;
use ordermill_domain::apart::{Goods, Pair};
use ordermill_domain::ids::{LocationId, SkuId};
use ordermill_domain::location::Location;
use ordermill_domain::pricing::promise::{self, LocationCalendar, Promise, Supply};
use ordermill_optimize::sourcing as optimize;

use super::plan::Want;
use super::settings::LocationRule;
use crate::catalog::Catalog;
use crate::order::intake::destination;

/// Locations that are looked at for one order, at most: the nearest.
const CANDIDATES_MAX: usize = 20;
/// Hours of a day, for lateness.
const DAY_HOURS: u32 = 24;

/// All locations with their open work, at one moment.
pub(super) struct Places<'c> {
    catalog: &'c Catalog,
    /// Open fulfillments by location.
    open_work: HashMap<LocationId, i64>,
}

/// A location as one order sees it.
pub(super) struct Candidate {
    /// Which location.
    pub(super) location: LocationId,
    /// When a parcel from there leaves and arrives; none: nobody knows.
    pub(super) promise: Option<Promise>,
    /// As the optimizer wants it, without supplies.
    pub(super) terms: optimize::Location,
    rule: LocationRule,
}

impl<'c> Places<'c> {
    pub(super) const fn new(catalog: &'c Catalog, open_work: HashMap<LocationId, i64>) -> Self {
        Self { catalog, open_work }
    }

    /// The locations that may ship an order, the nearest first, and those where its pieces are claimed.
    pub(super) fn candidates(&self, want: &Want) -> Vec<Candidate> {
        let nearest = self.catalog.preference(&want.region);
        let claimed = want.claimed.keys().map(|(location, _)| *location);
        let may = |id: &LocationId| match want.only {
            Some(only) => only == *id,
            None => want.ruling.allows(*id),
        };
        let mut ids: Vec<LocationId> =
            nearest.iter().copied().filter(may).take(CANDIDATES_MAX).collect();
        for location in claimed {
            if !ids.contains(&location) {
                ids.push(location);
            }
        }
        ids.retain(|id| may(id) && !want.excluded.contains(id));
        let promised = want
            .claimed
            .keys()
            .filter_map(|(id, _)| self.promise(*id, want))
            .reduce(Promise::together);
        ids.into_iter().filter_map(|id| self.candidate(id, want, promised)).collect()
    }

    fn candidate(
        &self,
        id: LocationId,
        want: &Want,
        promised: Option<Promise>,
    ) -> Option<Candidate> {
        let location = self.catalog.location(id)?;
        let settings = &self.catalog.sourcing;
        let rule = settings.locations.get(&location.code).cloned().unwrap_or_default();
        let promise = self.promise(id, want);
        let to = destination(&want.region);
        let goes_there = rule.regions.is_empty() || rule.regions.iter().any(|it| it.matches(to));
        let open = self.open_work.get(&id).copied().unwrap_or_default();
        let terms = optimize::Location {
            supplies: Vec::new(),
            // Where nobody knows how long a carrier takes, the shop has sold all the same.
            is_in_coverage: goes_there,
            lateness_hours: lateness(promise, promised),
            distance_km: self.catalog.distance_km(id, &want.region).unwrap_or_default(),
            load_permille: load_permille(location, open),
            parcels_left: parcels_left(location, open, settings.backlog_days),
            parcel_cost: rule.parcel_minor,
            freight: settings.freight(),
        };
        Some(Candidate { location: id, promise, terms, rule })
    }

    /// Whether a location may ship a SKU.
    pub(super) fn may_ship(&self, candidate: &Candidate, sku: SkuId) -> bool {
        self.may_ship_by(&candidate.rule, sku)
    }

    /// As [`Places::may_ship`], for a location that was chosen.
    pub(super) fn may_ship_from(&self, location: LocationId, sku: SkuId) -> bool {
        let rules = &self.catalog.sourcing.locations;
        let location = self.catalog.location(location);
        let rule = location.and_then(|location| rules.get(&location.code));
        rule.is_none_or(|rule| self.may_ship_by(rule, sku))
    }

    fn may_ship_by(&self, rule: &LocationRule, sku: SkuId) -> bool {
        let excluded = &rule.excluded_categories;
        if excluded.is_empty() {
            return true;
        }
        let category = self.catalog.sku(sku).and_then(|sku| self.catalog.category(sku.category));
        category.is_none_or(|category| !excluded.contains(&category.code))
    }

    fn promise(&self, location: LocationId, want: &Want) -> Option<Promise> {
        self.promise_from(location, &want.region, want.ready_at)
    }

    fn promise_from(
        &self,
        location: LocationId,
        region: &str,
        ready_at: Timestamp,
    ) -> Option<Promise> {
        let calendar = self.catalog.calendar(location)?;
        let to = destination(region);
        promise::promise(ready_at, Supply::OnHand, calendar, &self.catalog.days.transit, to).ok()
    }

    /// When a parcel must have left to arrive as promised: the end of its day of sending.
    pub(super) fn ship_by(&self, candidate: &Candidate) -> Option<Timestamp> {
        leaves_by(self.catalog.calendar(candidate.location)?, candidate.promise?)
    }

    /// When a parcel from a location must have left to arrive as it should; none: nobody knows.
    pub(super) fn ship_by_from(
        &self,
        location: LocationId,
        region: &str,
        ready_at: Timestamp,
    ) -> Option<Timestamp> {
        let calendar = self.catalog.calendar(location)?;
        leaves_by(calendar, self.promise_from(location, region, ready_at)?)
    }

    /// Which goods may not travel together.
    pub(super) fn apart(&self) -> &'c [Pair] {
        &self.catalog.sourcing.apart
    }

    /// What matters of a SKU for what it may travel with.
    pub(super) fn goods(&self, sku: SkuId) -> Goods<'c> {
        self.catalog.goods(sku)
    }

    /// What one piece of a SKU weighs, in grams.
    pub(super) fn unit_grams(&self, sku: SkuId) -> u32 {
        self.catalog.sku(sku).map_or(0, |sku| sku.weight_grams)
    }
}

/// The end of the day on which a parcel is sent.
fn leaves_by(calendar: &LocationCalendar, promise: Promise) -> Option<Timestamp> {
    let next = promise.ship_on.tomorrow().ok()?;
    let midnight = calendar.time_zone.to_ambiguous_zoned(next.at(0, 0, 0, 0)).compatible();
    midnight.ok().map(|zoned| zoned.timestamp().into())
}

fn lateness(promise: Option<Promise>, promised: Option<Promise>) -> u32 {
    let (Some(promise), Some(promised)) = (promise, promised) else { return 0 };
    let days =
        promise.deliver_by_on.since(promised.deliver_by_on).map_or(0, |span| span.get_days());
    u32::try_from(days).unwrap_or_default() * DAY_HOURS
}

/// Open work in thousandths of what the location packs on a day.
fn load_permille(location: &Location, open: i64) -> u32 {
    let permille = open.saturating_mul(1_000) / location.daily_capacity.max(1);
    u32::try_from(permille).unwrap_or(u32::MAX)
}

fn parcels_left(location: &Location, open: i64, backlog_days: u32) -> u32 {
    let most = location.daily_capacity.saturating_mul(backlog_days.into());
    u32::try_from(most.saturating_sub(open).max(0)).unwrap_or(u32::MAX)
}
