//! What a wave would take, before it is released: how much, how much of it is late, by carrier, delivery
//! service and zone.

use std::collections::BTreeMap;

use ordermill_base::Timestamp;
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::fulfillment::Facts;
use ordermill_domain::ids::{CarrierId, LocationId};
use ordermill_storage::{Database, Tx};

use super::foresee::{Foreseen, Known, foresee};
use super::{ReleaseError, Waiting, Wish, fitting, work_of};
use crate::permission::Principal;
use crate::pick_list::may_pick;

/// Work that waits, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// How many fulfillments.
    pub fulfillments: i64,
    /// How many of them should have left by now.
    pub late: i64,
    /// How many of them are urgent.
    pub urgent: i64,
    /// How many pieces they have.
    pub pieces: i64,
}

/// What a wave would take, and what else waits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview {
    /// What the wave would take.
    pub taken: Count,
    /// What waits and was asked for, but is more than the wave may have.
    pub left: Count,
    /// What was asked for by the carrier that it would get; none: no carrier takes it.
    pub by_carrier: Vec<(Option<CarrierId>, Count)>,
    /// What was asked for by how it would be brought; none: no carrier takes it.
    pub by_service: Vec<(Option<ServiceKind>, Count)>,
    /// What was asked for by the zone that all of it lies in; none: in several, or without a bin.
    pub by_zone: Vec<(Option<String>, Count)>,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.fulfillments += other.fulfillments;
        self.late += other.late;
        self.urgent += other.urgent;
        self.pieces += other.pieces;
    }
}

/// Counts what a wave would take. Nothing is changed or claimed.
///
/// # Errors
/// As a release, without [`ReleaseError::Nothing`]: nothing is nothing here.
pub async fn preview(
    database: &Database,
    principal: &Principal,
    at: LocationId,
    (wish, known): (&Wish, &Known),
    now: Timestamp,
) -> Result<Preview, ReleaseError> {
    may_pick(principal, at)?;
    wish.check()?;
    let (wanted, known) = (wish.clone(), known.clone());
    let look = move |tx: &mut Tx<'_>| {
        let Some(mut waiting) = Waiting::look(tx, at, (&wanted, &known), now)? else {
            return Ok(None);
        };
        waiting.leave_out_what_is_seen_to(now);
        waiting.keep_zone(&wanted.zone, now);
        let ways = foresee(tx, &known, &waiting.location, &waiting.work, now)?;
        Ok::<_, ordermill_storage::Error>(Some(counted(&waiting, &ways, wanted.most, now)))
    };
    database.snapshot(look).await?.ok_or(ReleaseError::NotFound)
}

fn counted(waiting: &Waiting, ways: &[Option<Foreseen>], most: i64, now: Timestamp) -> Preview {
    let mut preview = Preview::default();
    let mut by_carrier: BTreeMap<Option<CarrierId>, Count> = BTreeMap::new();
    let mut by_service: BTreeMap<Option<ServiceKind>, Count> = BTreeMap::new();
    let mut by_zone: BTreeMap<Option<String>, Count> = BTreeMap::new();
    let zones = waiting.zones(now);
    let fitting = fitting(&waiting.work, most);
    for (at, ((together, way), mut zones)) in waiting.work.iter().zip(ways).zip(zones).enumerate() {
        let count = |is: fn(&Facts, Timestamp) -> bool| {
            together.iter().filter(|work| is(work.facts(), now)).count() as i64
        };
        let one = Count {
            fulfillments: together.len() as i64,
            late: count(|facts, now| facts.ship_by.is_some_and(|ship_by| ship_by < now)),
            urgent: count(|facts, _| facts.is_urgent),
            pieces: work_of(together).lines.iter().map(|wanted| wanted.pieces).sum(),
        };
        if at < fitting { &mut preview.taken } else { &mut preview.left }.add(one);
        by_carrier.entry(way.map(|way| way.carrier)).or_default().add(one);
        by_service.entry(way.map(|way| way.service)).or_default().add(one);
        let zone = if zones.len() == 1 { zones.pop().filter(|it| !it.is_empty()) } else { None };
        by_zone.entry(zone).or_default().add(one);
    }
    preview.by_carrier = by_carrier.into_iter().collect();
    preview.by_service = by_service.into_iter().collect();
    preview.by_zone = by_zone.into_iter().collect();
    preview
}
