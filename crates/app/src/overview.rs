//! How the day goes, for the dashboard: asked at most every few seconds, and shared by everybody who
//! looks. What a quarter of an hour brought never changes once it is over, so each is counted once:
//! the cost does not grow with the history.

use std::collections::{BTreeMap, BTreeSet};

use ordermill_base::{Currency, Money, Span, Timestamp};
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{ChannelId, SkuId};
use ordermill_storage::fulfillment::{self, InState};
use ordermill_storage::order::Tally;
use ordermill_storage::{Database, Error, cart, deadline, order, stock};
use tokio::sync::Mutex;

use crate::catalog::Catalog;

/// The length of a slot.
pub const SLOT: Span = Span::minutes(15);
/// Slots of a day.
pub const SLOTS_OF_DAY: usize = 96;
const SLOTS_OF_WEEK: i64 = 7 * SLOTS_OF_DAY as i64;
/// How old an overview may be.
const FRESH_FOR: Span = Span::seconds(3);
/// A slot counts as over so long after its end: what was decided in it is written by then.
const SETTLED_AFTER: Span = Span::minutes(2);
/// Carts, deadlines and the like are counted up to here.
const COUNTED_MAX: i64 = 10_000;
/// SKUs that run low, the worst first.
const ALERTS_MAX: usize = 6;

/// What one slot brought, by channel and currency.
type Slot = Vec<(ChannelId, Currency, Tally)>;

/// How the day goes.
#[derive(Debug, Clone)]
pub struct Overview {
    /// As of when.
    pub as_of: Timestamp,
    /// When the day began.
    pub day_began_at: Timestamp,
    /// Orders of each slot of today up to now, oldest first.
    pub today: Vec<u64>,
    /// Orders of each slot of the same day last week, all of it.
    pub last_week: Vec<u64>,
    /// What today's orders are worth, the shop's currency alone.
    pub value: Money,
    /// Orders of today by channel, the most first.
    pub channels: Vec<(ChannelId, u64)>,
    /// Of the carts that were touched in the last 24 hours: all, those that became an order, those
    /// whose order is paid.
    pub carts: cart::Conversion,
    /// Orders that end unpaid within the hour.
    pub unpaid_ending: u64,
    /// What each location still has to do, by state.
    pub work: Vec<InState>,
    /// How many SKUs run low.
    pub low: u64,
    /// The worst of them: what is left to sell of each.
    pub alerts: Vec<(SkuId, i64)>,
}

/// The overview of a moment ago, and the slots that are over.
#[derive(Debug, Default)]
pub struct Overviews(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    last: Option<Overview>,
    /// By the number of the slot since the epoch.
    slots: BTreeMap<i64, Slot>,
    /// Those of them that were read before they were over.
    running: BTreeSet<i64>,
}

/// The number of the slot that a moment lies in.
const fn slot_of(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(SLOT.as_micros())
}

const fn start_of(slot: i64) -> Timestamp {
    Timestamp::from_micros(slot * SLOT.as_micros())
}

impl Overviews {
    /// How the day that began at `day_began_at` goes.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn of(
        &self,
        database: &Database,
        catalog: &Catalog,
        day_began_at: Timestamp,
        now: Timestamp,
    ) -> Result<Overview, Error> {
        // One at a time: whoever waits finds what whoever was first has read.
        let mut known = self.0.lock().await;
        if let Some(last) = &known.last
            && last.day_began_at == day_began_at
            && now.since(last.as_of).as_micros() < FRESH_FOR.as_micros()
        {
            return Ok(last.clone());
        }
        let (first, current) = (slot_of(day_began_at), slot_of(now));
        let before = first - SLOTS_OF_WEEK;
        known.read(database, before, before + SLOTS_OF_DAY as i64, now).await?;
        known.read(database, first, current + 1, now).await?;
        let orders = |slot: i64| -> u64 {
            known.slots.get(&slot).map_or(0, |slot| {
                slot.iter().map(|(_, _, tally)| tally.orders.unsigned_abs()).sum()
            })
        };
        let today: Vec<u64> = (first..=current).map(orders).collect();
        let last_week = (before..before + SLOTS_OF_DAY as i64).map(orders).collect();
        let mut value = Money::zero(catalog.shop.currency);
        let mut channels: BTreeMap<ChannelId, u64> = BTreeMap::new();
        for (channel, currency, tally) in known.slots.range(first..=current).flat_map(|it| it.1) {
            *channels.entry(*channel).or_default() += tally.orders.unsigned_abs();
            if *currency == value.currency {
                value.minor = value.minor.saturating_add(tally.total_minor);
            }
        }
        let mut channels: Vec<(ChannelId, u64)> = channels.into_iter().collect();
        channels.sort_by_key(|(_, orders)| std::cmp::Reverse(*orders));

        let watched: Vec<(SkuId, i64)> = catalog
            .skus()
            .iter()
            .filter(|sku| sku.is_active && sku.reorder_point > 0)
            .map(|sku| (sku.id, sku.reorder_point))
            .collect();
        let ids: Vec<SkuId> = watched.iter().map(|(id, _)| *id).collect();
        let load = move |tx: &mut ordermill_storage::Tx<'_>| {
            let carts = cart::conversion(tx, now - Span::hours(24), COUNTED_MAX)?;
            let hour = now + Span::hours(1);
            let ending = deadline::count_due(tx, DeadlineKind::Pay, hour, COUNTED_MAX)?;
            let work = fulfillment::open_work(tx, now)?;
            Ok::<_, Error>((carts, ending, work, stock::totals(tx, ids)?))
        };
        let (carts, ending, work, totals) = database.snapshot(load).await?;
        let mut low: Vec<(SkuId, i64, i64)> = watched
            .into_iter()
            .map(|(id, point)| (id, totals.get(&id).map_or(0, |(_, available)| *available), point))
            .filter(|(_, available, point)| available <= point)
            .collect();
        low.sort_by_key(|(_, available, point)| (*available - *point, *available));
        let overview = Overview {
            as_of: now,
            day_began_at,
            today,
            last_week,
            value,
            channels,
            carts,
            unpaid_ending: ending.unsigned_abs(),
            work,
            low: low.len() as u64,
            alerts: low.into_iter().take(ALERTS_MAX).map(|(id, left, _)| (id, left)).collect(),
        };
        known.last = Some(overview.clone());
        Ok(overview)
    }
}

impl Known {
    /// Reads the slots from `first` to before `end`: from the first that is not known as over.
    async fn read(
        &mut self,
        database: &Database,
        first: i64,
        end: i64,
        now: Timestamp,
    ) -> Result<(), Error> {
        let settled = slot_of(now - SETTLED_AFTER);
        let Some(from) = (first..end).find(|slot| !self.is_over(*slot, settled)) else {
            return Ok(());
        };
        let (start, before) = (start_of(from), start_of(end));
        let read =
            move |tx: &mut ordermill_storage::Tx<'_>| order::tallies(tx, start, before, SLOT);
        let tallies = database.read(read).await?;
        for slot in from..end {
            self.slots.insert(slot, Vec::new());
        }
        // An order that was taken over from elsewhere may be older than its id: its day is over.
        let of_these = tallies.into_iter().filter(|(slot, ..)| (from..end).contains(slot));
        for (slot, channel, currency, tally) in of_these {
            self.slots.entry(slot).or_default().push((channel, currency, tally));
        }
        for slot in from..end {
            if slot >= settled {
                // Not over: the next look reads it again.
                self.running.insert(slot);
            } else {
                self.running.remove(&slot);
            }
        }
        let oldest = slot_of(now) - 2 * SLOTS_OF_WEEK;
        self.slots.retain(|slot, _| *slot >= oldest);
        self.running.retain(|slot| *slot >= oldest);
        Ok(())
    }

    fn is_over(&self, slot: i64, settled: i64) -> bool {
        slot < settled && self.slots.contains_key(&slot) && !self.running.contains(&slot)
    }
}
