//! Waves: planned work is given to the floor of a location, batched and routed.
//!
//! A release reads what waits, plans beside the writer ([`plan`]), and then claims exactly what the plan
//! says, all fulfillments, bins and lists in one transaction. If anything has changed meanwhile nothing is
//! written, and the plan is made anew from what is there now. Work of an order that its review or a
//! dispute holds, and work that is for later, is left where it is. Start at [`release`].

pub mod foresee;
pub mod plan;
pub mod preview;

use std::collections::{BTreeMap, HashMap, HashSet};

use ordermill_base::Timestamp;
use ordermill_domain::actor::Act;
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::fulfillment::{Fulfillment, State};
use ordermill_domain::ids::{
    CarrierId, FulfillmentId, LocationId, MergeId, OrderId, PickListId, SkuId, WaveId,
};
use ordermill_domain::layout::Layout;
use ordermill_domain::location::Location;
use ordermill_domain::pick_list::{PickList, Release};
use ordermill_domain::task::TaskKind;
use ordermill_storage::shelf::Shelf;
use ordermill_storage::wave::Wave;
use ordermill_storage::{
    Database, Error, Tx, fulfillment, layout, location, order, pick_list, review, shelf, stock,
    task, wave,
};
use serde::{Deserialize, Serialize};

use crate::dispute::hold::stopped_among;
use crate::fulfillment::{FulfillmentFile, WorkError};
use crate::layout::Walk;
use crate::once::{Key, Once, OnceError, made_before, once};
use crate::permission::{Forbidden, Principal};
use crate::pick_list::may_pick;
use crate::stock::end_of;
use foresee::{Foreseen, Known, foresee};
use plan::{Care, Cart, Plan, Wanted, Work};

/// Fulfillments of one wave at most.
pub const FULFILLMENTS_MAX: i64 = 1_000;
/// Work that is looked through for a wave at most.
const LOOKED_THROUGH_MAX: i64 = 5_000;
/// How often a plan is made anew because something has changed meanwhile.
const TRIES: u32 = 5;
/// Bins that are to be counted, of which nothing is claimed.
const DOUBTED_MAX: i64 = 10_000;

/// Which work is released, and how it is picked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Only what should leave by then; all if none.
    pub ship_by: Option<Timestamp>,
    /// Only urgent work.
    pub is_urgent: bool,
    /// Only work of which everything lies in this zone; empty for all.
    pub zone: String,
    /// Only work that this carrier would get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<CarrierId>,
    /// Only work that would be brought like this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceKind>,
    /// How many fulfillments at most.
    pub most: i64,
    /// What fits on a cart.
    pub cart: Cart,
}

/// Why nothing was released.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// There is no such location.
    #[error("there is no such location")]
    NotFound,
    /// They may not give work to its floor.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Nothing that was asked for waits.
    #[error("no such work waits")]
    Nothing,
    /// A number that no wave can have.
    #[error("a wave has 1 to {FULFILLMENTS_MAX} fulfillments, and a cart 1 to 200 totes")]
    Impossible,
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// So much was changed at the same time that no plan held.
    #[error("the work changed while it was planned")]
    Busy,
    /// A fulfillment.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Releases planned work of a location as one wave. Urgent work comes first, then what should leave first.
///
/// The same request, by its key, releases one wave.
///
/// # Errors
/// [`ReleaseError::Nothing`] if no work waits that was asked for.
pub async fn release(
    database: &Database,
    principal: &Principal,
    act: &Act,
    at: LocationId,
    (wish, known): (&Wish, &Known),
    key: Option<Key>,
) -> Result<Wave, ReleaseError> {
    may_pick(principal, at)?;
    wish.check()?;
    if let Some(key) = key.clone() {
        let before = database.read(move |tx| before(tx, &key)).await?;
        if let Some(before) = before {
            return Ok(before);
        }
    }
    for _ in 0..TRIES {
        let (wanted, known, now) = (wish.clone(), known.clone(), act.at);
        let look = move |tx: &mut Tx<'_>| Waiting::look(tx, at, (&wanted, &known), now);
        let waiting = database.snapshot(look).await?.ok_or(ReleaseError::NotFound)?;
        let wanted = wish.clone();
        let planning = tokio::task::spawn_blocking(move || waiting.plan(&wanted, now));
        let Some(ready) = planning.await.map_err(Error::defect)? else {
            return Err(ReleaseError::Nothing);
        };
        let (act, wanted, key) = (act.clone(), wish.clone(), key.clone());
        let work = move |tx: &mut Tx<'_>| {
            let made = once(tx, key.as_ref(), act.at, |tx| {
                ready.carry_out(tx, &act, at, &wanted).map(|wave| (wave.id, wave))
            });
            match made {
                Ok(Once::Made(_, wave)) => Ok(wave),
                Ok(Once::Before(id)) => wave::fetch(tx, id)?.ok_or(ReleaseError::KeyReused),
                Err(OnceError::KeyReused) => Err(ReleaseError::KeyReused),
                Err(OnceError::Other(error)) => Err(error),
            }
        };
        match database.write(work).await {
            Err(ReleaseError::Storage(Error::Stale(_))) => {}
            done => return done,
        }
    }
    Err(ReleaseError::Busy)
}

/// The wave that the same request has released.
fn before(tx: &mut Tx<'_>, key: &Key) -> Result<Option<Wave>, ReleaseError> {
    match made_before::<WaveId>(tx, key) {
        Ok(Some(id)) => Ok(wave::fetch(tx, id)?),
        Ok(None) => Ok(None),
        Err(OnceError::KeyReused) => Err(ReleaseError::KeyReused),
        Err(OnceError::Other(error)) => Err(error.into()),
    }
}

/// As [`release`], in one transaction that the caller has opened: for who runs alone, such as a
/// simulation. Of goods and of how carriers have served nothing is known here, which a wave by carrier or
/// delivery service would depend on.
///
/// # Errors
/// As [`release`].
pub fn release_in(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    at: LocationId,
    wish: &Wish,
) -> Result<Wave, ReleaseError> {
    may_pick(principal, at)?;
    wish.check()?;
    let nothing = Known::default();
    let waiting = Waiting::look(tx, at, (wish, &nothing), act.at)?;
    let waiting = waiting.ok_or(ReleaseError::NotFound)?;
    let ready = waiting.plan(wish, act.at).ok_or(ReleaseError::Nothing)?;
    ready.carry_out(tx, act, at, wish)
}

impl Wish {
    fn is_met_by(&self, way: Foreseen) -> bool {
        self.carrier.is_none_or(|carrier| carrier == way.carrier)
            && self.service.is_none_or(|service| service == way.service)
    }

    const fn check(&self) -> Result<(), ReleaseError> {
        let is_possible = self.most >= 1
            && self.most <= FULFILLMENTS_MAX
            && self.cart.totes >= 1
            && self.cart.totes <= 200;
        if is_possible { Ok(()) } else { Err(ReleaseError::Impossible) }
    }
}

/// What waits at a location, and what it would be picked from.
struct Waiting {
    location: Location,
    layout: Option<Layout>,
    /// What travels together is released together.
    work: Vec<Vec<Fulfillment>>,
    shelves: Vec<Shelf>,
    /// Pieces that lie in no bin and that nobody has or will fetch, by SKU.
    about: BTreeMap<SkuId, i64>,
    /// Pieces that somebody has to see to first, by SKU: in bins that wait for a count, and in totes that are
    /// to be put away.
    seen_to: BTreeMap<SkuId, i64>,
}

/// A plan with the work that it is for, as it was when it was planned.
struct Ready {
    work: Vec<(FulfillmentId, i64)>,
    /// Their orders, sorted.
    orders: Vec<OrderId>,
    plan: Plan,
}

impl Waiting {
    fn look(
        tx: &mut Tx<'_>,
        at: LocationId,
        (wish, known): (&Wish, &Known),
        now: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let Some(location) = location::fetch(tx, at)? else { return Ok(None) };
        let filter = fulfillment::Filter {
            location: Some(at),
            states: vec![State::Planned],
            ready_at: Some(now),
            ..fulfillment::Filter::default()
        };
        let mut work = fulfillment::list(tx, &filter, None, LOOKED_THROUGH_MAX)?;
        let held = kept_back(tx, &orders_of(&work))?;
        work.retain(|work| !held.contains(&work.facts().order));
        work.sort_by_key(|work| {
            let facts = work.facts();
            (!facts.is_urgent, facts.ship_by.is_none(), facts.ship_by, facts.id)
        });
        let mut work = whole_merges(tx, work)?;
        // The first of what travels together is the one that hurries most.
        work.retain(|together| {
            let facts = together[0].facts();
            let is_due =
                wish.ship_by.is_none_or(|by| facts.ship_by.is_some_and(|ship_by| ship_by <= by));
            is_due && (facts.is_urgent || !wish.is_urgent)
        });
        if wish.carrier.is_some() || wish.service.is_some() {
            let mut ways = foresee(tx, known, &location, &work, now)?.into_iter();
            work.retain(|_| ways.next().flatten().is_some_and(|way| wish.is_met_by(way)));
        }
        let lines = work.iter().flatten().flat_map(|work| &work.facts().lines);
        let mut skus: Vec<SkuId> = lines.map(|line| line.sku).collect();
        skus.sort_unstable();
        skus.dedup();
        let doubted: Vec<i64> = task::subjects_open(tx, TaskKind::CountBin, DOUBTED_MAX)?.collect();
        let shelves = shelf::of_skus(tx, at, &skus)?;
        let mut about: BTreeMap<SkuId, i64> = stock::levels(tx, skus)?
            .into_iter()
            .filter(|level| level.location == at)
            .map(|level| (level.sku, level.on_hand))
            .collect();
        let mut seen_to: BTreeMap<SkuId, i64> = BTreeMap::new();
        for (sku, beside) in pick_list::beside_bins(tx, at)? {
            *seen_to.entry(sku).or_default() += beside.to_put_away;
            *about.entry(sku).or_default() -= beside.in_totes + beside.wanted;
        }
        for shelf in &shelves {
            *about.entry(shelf.sku).or_default() -= shelf.on_hand;
        }
        let is_doubted = |it: &Shelf| doubted.contains(&ordermill_base::Id::raw(it.bin));
        let (waiting, shelves): (Vec<Shelf>, Vec<Shelf>) =
            shelves.into_iter().partition(is_doubted);
        for shelf in waiting {
            *seen_to.entry(shelf.sku).or_default() += shelf.on_hand - shelf.claimed;
        }
        let layout = layout::fetch(tx, at)?;
        Ok(Some(Self { location, layout, work, shelves, about, seen_to }))
    }

    /// Leaves out work whose pieces lie in bins that wait for a count, or in totes that are to be put away:
    /// then they can be fetched, or are known to be missing. Until then a list could only send somebody to
    /// look for them.
    fn leave_out_what_is_seen_to(&mut self, now: Timestamp) {
        let mut there = self.about.clone();
        for shelf in self.shelves.iter().filter(|shelf| shelf.kind != plan::QUARANTINE) {
            let ends = shelf.expires_on.map(|day| end_of(day, &self.location));
            if ends.is_none_or(|ends| ends > now) {
                *there.entry(shelf.sku).or_default() += shelf.on_hand - shelf.claimed;
            }
        }
        self.work.retain(|together| {
            let mut wanted: BTreeMap<SkuId, i64> = BTreeMap::new();
            for line in together.iter().flat_map(|work| &work.facts().lines) {
                *wanted.entry(line.sku).or_default() += line.to_pick();
            }
            let waits = wanted.iter().any(|(sku, pieces)| {
                let is_seen_to = self.seen_to.get(sku).is_some_and(|pieces| *pieces > 0);
                is_seen_to && there.get(sku).copied().unwrap_or_default() < *pieces
            });
            if !waits {
                wanted.iter().for_each(|(sku, pieces)| *there.entry(*sku).or_default() -= pieces);
            }
            !waits
        });
    }

    /// The zones that each piece of work would be picked from, in its order.
    fn zones(&self, now: Timestamp) -> Vec<Vec<String>> {
        let wanted: Vec<Work> = self.work.iter().map(|together| work_of(together)).collect();
        plan::zones_of(&wanted, &self.shelves, |day| end_of(day, &self.location), now)
    }

    /// Leaves out what does not lie in one zone alone; empty for any.
    fn keep_zone(&mut self, zone: &str, now: Timestamp) {
        if !zone.is_empty() {
            let mut zones = self.zones(now).into_iter();
            self.work.retain(|_| zones.next().is_some_and(|zones| zones == [zone]));
        }
    }

    /// Chooses the work of the wave and plans its lists; none if no work waits.
    fn plan(mut self, wish: &Wish, now: Timestamp) -> Option<Ready> {
        self.leave_out_what_is_seen_to(now);
        self.keep_zone(&wish.zone, now);
        let end_of = |day| end_of(day, &self.location);
        let mut wanted: Vec<Work> = self.work.iter().map(|together| work_of(together)).collect();
        let most = fitting(&self.work, wish.most);
        let care = if wanted.len() / 2 > most { Care::Quick } else { Care::Thorough };
        wanted.truncate(most);
        self.work.truncate(most);
        if wanted.is_empty() {
            return None;
        }
        // A plan of a floor has been checked when it was drawn; what cannot be walked is walked by
        // positions.
        let walk = self.layout.and_then(|layout| Walk::new(layout).ok());
        let plan =
            plan::plan(walk.as_ref(), &wanted, &self.shelves, (wish.cart, care), end_of, now);
        let work: Vec<Fulfillment> = self.work.into_iter().flatten().collect();
        let orders = orders_of(&work);
        let work = work.iter().map(|work| (work.id(), work.version())).collect();
        Some(Ready { work, orders, plan })
    }
}

/// Those among orders of which no work begins: their review holds them, or a dispute does.
fn kept_back(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<HashSet<OrderId>, Error> {
    let mut held = review::held_among(tx, orders)?;
    held.extend(stopped_among(tx, orders)?);
    Ok(held)
}

fn orders_of(work: &[Fulfillment]) -> Vec<OrderId> {
    let mut orders: Vec<OrderId> = work.iter().map(|work| work.facts().order).collect();
    orders.sort_unstable();
    orders.dedup();
    orders
}

fn work_of(together: &[Fulfillment]) -> Work {
    let lines = together.iter().flat_map(|work| {
        let fulfillment = work.id();
        work.facts().lines.iter().map(move |line| Wanted {
            fulfillment,
            line_no: line.line_no,
            sku: line.sku,
            pieces: line.to_pick(),
        })
    });
    Work { lines: lines.collect() }
}

/// What travels together, in the order of the first of each. Where something of it is not here (held, for
/// later, or on another floor), all of it waits.
fn whole_merges(tx: &mut Tx<'_>, work: Vec<Fulfillment>) -> Result<Vec<Vec<Fulfillment>>, Error> {
    let mut merges: Vec<MergeId> = work.iter().filter_map(|work| work.facts().merge).collect();
    merges.sort_unstable();
    merges.dedup();
    let mut missing: HashMap<MergeId, usize> = HashMap::new();
    for member in fulfillment::of_merges(tx, &merges)? {
        let facts = member.facts();
        if let (Some(merge), true) = (facts.merge, facts.state == State::Planned) {
            *missing.entry(merge).or_default() += 1;
        }
    }
    let mut whole: Vec<Vec<Fulfillment>> = Vec::with_capacity(work.len());
    let mut places: HashMap<MergeId, usize> = HashMap::new();
    for it in work {
        let Some(merge) = it.facts().merge else {
            whole.push(vec![it]);
            continue;
        };
        if let Some(missing) = missing.get_mut(&merge) {
            *missing -= 1;
        }
        let at = *places.entry(merge).or_insert(whole.len());
        match whole.get_mut(at) {
            Some(together) => together.push(it),
            None => whole.push(vec![it]),
        }
    }
    whole.retain(|together| {
        let merge = together[0].facts().merge;
        merge.is_none_or(|merge| missing.get(&merge).copied().unwrap_or_default() == 0)
    });
    Ok(whole)
}

/// How many of these are not more fulfillments than a wave may have; one always is, however many travel
/// together.
fn fitting(work: &[Vec<Fulfillment>], most: i64) -> usize {
    let mut fulfillments = 0;
    let fits = |together: &&Vec<Fulfillment>| {
        fulfillments += together.len();
        i64::try_from(fulfillments).is_ok_and(|count| count <= most)
    };
    work.iter().take_while(fits).count().max(1)
}

impl Ready {
    fn carry_out(
        &self,
        tx: &mut Tx<'_>,
        act: &Act,
        at: LocationId,
        wish: &Wish,
    ) -> Result<Wave, ReleaseError> {
        let ids: Vec<FulfillmentId> = self.work.iter().map(|(id, _)| *id).collect();
        // A review that holds an order again locks the order, too.
        order::lock_each(tx, &self.orders)?;
        let mut files = FulfillmentFile::load_each(tx, &ids)?;
        let mut planned = self.work.clone();
        planned.sort_unstable();
        let found: Vec<_> =
            files.iter().map(|file| (file.work.id(), file.work.version())).collect();
        if found != planned || !kept_back(tx, &self.orders)?.is_empty() {
            return Err(Error::Stale("a fulfillment").into());
        }
        let lines = || self.plan.lists.iter().flat_map(|list| &list.lines);
        stock::lock(tx, lines().map(|line| line.sku))?;
        let claims = lines()
            .filter_map(|line| Some(((line.sku, at, line.bin?, line.lot.as_str()), line.quantity)));
        shelf::claim_each(tx, claims)?;
        let id: WaveId = tx.next_id(act.at);
        let wave = Wave {
            id,
            location: at,
            filter: serde_json::to_value(wish).map_err(Error::defect)?,
            fulfillments: self.work.len() as i64,
            pieces: lines().map(|line| line.quantity).sum(),
            lists: self.plan.lists.len() as i64,
            walk_mm: self.plan.lists.iter().map(|list| list.walk_mm).sum(),
            walk_alone_mm: self.plan.walk_alone_mm,
            released_at: act.at,
            released_by: act.actor.to_string(),
        };
        wave::insert(tx, act, &wave)?;
        for list in &self.plan.lists {
            let release = Release {
                location: at,
                wave: id,
                totes: list.totes,
                walk_mm: list.walk_mm,
                is_shortest: list.is_shortest,
                lines: list.lines.clone(),
            };
            let list: PickListId = tx.next_id(act.at);
            let (list, event) = PickList::release(list, release, act.at);
            pick_list::insert(tx, act, &list, &event)?;
        }
        for file in &mut files {
            file.step(act, |work| work.release(id, act.at)).map_err(WorkError::from)?;
        }
        FulfillmentFile::save_each(tx, &files.iter().collect::<Vec<_>>())?;
        Ok(wave)
    }
}
