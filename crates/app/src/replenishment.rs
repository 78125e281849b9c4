//! Replenishment: a task for whoever orders goods, opened when a SKU runs low or an order was
//! refused for want of it, and closed when enough is there or on its way.
//!
//! Orders do not wait for this: [`reader`] reads the journal behind them, and refused orders, which
//! leave no trace there, are told by [`Refused`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::event::{Aggregate, Event};
use ordermill_domain::ids::{IncomingId, OrderId, SkuId};
use ordermill_domain::stock::Shortage;
use ordermill_domain::task::TaskKind;
use ordermill_domain::{order, reservation, stock};
use ordermill_storage::journal::Entry;
use ordermill_storage::task::{self, Task};
use ordermill_storage::{Database, Error, Tx, incoming};
use serde::{Deserialize, Serialize};

use crate::availability::Books;
use crate::catalog::{Catalog, CatalogHolder, Sku};
use crate::reader::Reader;

/// What the task says: nothing personal, and all that is needed to order goods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// The SKU's code.
    pub sku: String,
    /// Pieces that may be sold, at all locations.
    pub available: i64,
    /// Pieces that are announced.
    pub on_the_way: i64,
    /// Pieces that the largest order wanted that was refused for want of them.
    #[serde(default)]
    pub wanted: i64,
    /// At this number of pieces goods are ordered; 0 for never.
    pub reorder_point: i64,
    /// Up to twice the reorder point, so that the next order is not needed at once.
    pub suggested_quantity: i64,
}

/// What a task of replenishment says; `None` for other tasks.
pub fn read(task: &Task) -> Option<Detail> {
    (task.kind == TaskKind::Replenishment).then(|| serde_json::from_str(&task.detail).ok())?
}

/// The reader of the journal. It rests between batches: a task may come a second later, and a SKU
/// that is in every order is then looked at once a second.
pub fn reader(catalog: Arc<CatalogHolder>) -> Reader {
    let note = move |tx: &mut Tx<'_>, entries: &[Entry], now| {
        note_after(tx, &catalog, entries, now)?;
        Ok(())
    };
    Reader { batch: 1_024, rest: Span::seconds(1), ..Reader::new("replenishment", note) }
}

/// Opens a task for each of these SKUs of which no more is there and on its way than its reorder
/// point says, or than refused orders wanted; closes those of SKUs that have enough. Doing it again
/// changes nothing.
pub fn note(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    skus: impl IntoIterator<Item = SkuId>,
    now: Timestamp,
) -> Result<(), Error> {
    note_wanted(tx, catalog, &skus.into_iter().map(|sku| (sku, 0)).collect(), now)
}

/// As [`note`], for SKUs of which an order wanted more than there is: one without a reorder point is
/// noted too.
pub fn note_shortages(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    shortages: &[Shortage],
    now: Timestamp,
) -> Result<(), Error> {
    let wanted = shortages.iter().map(|short| (short.sku, short.wanted)).collect();
    note_wanted(tx, catalog, &wanted, now)
}

/// Orders that were refused lately. A rush for one SKU is told once a minute and not for everybody
/// who comes too late.
#[derive(Debug, Default)]
pub(crate) struct Refused(Mutex<HashMap<SkuId, Timestamp>>);

impl Refused {
    /// Notes what was short, unless that was done a moment ago.
    pub(crate) async fn note(
        &self,
        database: &Database,
        catalog: Arc<Catalog>,
        shortages: &[Shortage],
        now: Timestamp,
    ) {
        let shortages: Vec<Shortage> = {
            let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let is_due = |sku: SkuId| {
                noted.get(&sku).is_none_or(|at| now.since(*at).as_micros() >= REFUSED_EVERY)
            };
            let due: Vec<Shortage> =
                shortages.iter().filter(|short| is_due(short.sku)).copied().collect();
            noted.extend(due.iter().map(|short| (short.sku, now)));
            due
        };
        if shortages.is_empty() {
            return;
        }
        let work = move |tx: &mut Tx<'_>| note_shortages(tx, &catalog, &shortages, now);
        if let Err(error) = database.write(work).await {
            // The next buyer who is refused tells it again.
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "a shortage was not noted");
        }
    }
}

const REFUSED_EVERY: i64 = Span::minutes(1).as_micros();

/// Notes the SKUs that these entries of the journal concern.
fn note_after(
    tx: &mut Tx<'_>,
    catalog: &CatalogHolder,
    entries: &[Entry],
    now: Timestamp,
) -> Result<(), Error> {
    // As the transaction sees it: an edit that is read here may not have come to memory yet.
    let catalog = catalog.seen_by(tx)?;
    let kept = catalog.skus().iter().filter(|sku| sku.reorder_point > 0).map(|sku| sku.id);
    let mut skus: BTreeSet<SkuId> = kept.collect();
    skus.extend(task::subjects_open(tx, TaskKind::Replenishment, TASKS_MAX)?.map(SkuId::from_raw));
    if skus.is_empty() {
        return Ok(());
    }
    let touched = touched(tx, entries)?;
    if !touched.is_everything {
        skus.retain(|sku| touched.skus.contains(sku));
    }
    note(tx, &catalog, skus, now)
}

/// Of so many SKUs with a task, the oldest, the journal is followed.
const TASKS_MAX: i64 = 10_000;

/// What entries of the journal are about.
#[derive(Debug, Default)]
struct Touched {
    skus: BTreeSet<SkuId>,
    /// A place was opened or closed: what lies there counts or does not.
    is_everything: bool,
}

fn touched(tx: &mut Tx<'_>, entries: &[Entry]) -> Result<Touched, Error> {
    let mut touched = Touched::default();
    let mut orders = BTreeSet::new();
    let is_plain =
        |entry: &&Entry| entry.aggregate == Aggregate::Order.code() && entry.kind != "order.placed";
    for entry in entries.iter().filter(|entry| !is_plain(entry)) {
        let id = entry.aggregate_id;
        match Event::from_json(&entry.kind, &entry.body) {
            Ok(Event::Order(order::Event::Placed(placed))) => {
                touched.skus.extend(placed.lines.iter().map(|line| line.sku));
            }
            Ok(Event::Reservation(event)) => {
                // A soft hold and a firm claim take the same piece.
                if !matches!(event, reservation::Event::Allocated { .. }) {
                    orders.insert(OrderId::from_raw(id));
                }
            }
            Ok(Event::Stock(stock::Event::Moved { sku, .. })) => drop(touched.skus.insert(sku)),
            Ok(Event::Record(event)) => match event.kind.aggregate() {
                Aggregate::StockPolicy | Aggregate::Sku => {
                    touched.skus.insert(SkuId::from_raw(id));
                }
                Aggregate::Location => touched.is_everything = true,
                Aggregate::Incoming => {
                    let announced = incoming::fetch(tx, IncomingId::from_raw(id))?;
                    touched.skus.extend(announced.map(|announced| announced.sku));
                }
                _ => {}
            },
            Ok(_) | Err(_) => {}
        }
    }
    let orders: Vec<OrderId> = orders.into_iter().collect();
    let lines = ordermill_storage::order::lines_of_each(tx, &orders)?;
    touched.skus.extend(lines.into_iter().map(|(_, line)| line.terms.sku));
    Ok(touched)
}

/// Opens, brings up to date and closes tasks; `wanted` is what orders asked for in vain.
fn note_wanted(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    wanted: &BTreeMap<SkuId, i64>,
    now: Timestamp,
) -> Result<(), Error> {
    let skus: Vec<SkuId> = wanted.keys().copied().collect();
    let books = Books::read(tx, catalog, &skus)?;
    for (&sku, &wanted) in wanted {
        let Some(known) = catalog.sku(sku) else { continue };
        let open = task::find_open(tx, TaskKind::Replenishment, sku.raw())?;
        let before: Option<Detail> =
            open.as_ref().and_then(|task| serde_json::from_str(&task.detail).ok());
        let wanted = wanted.max(before.as_ref().map_or(0, |before| before.wanted));
        let needed = Some(known).filter(|known| known.is_active);
        match (open, needed.and_then(|known| lack(known, &books, wanted))) {
            (None, None) => {}
            (Some(_), None) => {
                task::close(tx, TaskKind::Replenishment, sku, "replenished", now)?;
            }
            (None, Some(detail)) => {
                task::open(tx, TaskKind::Replenishment, sku, &json(&detail)?, None, now)?;
            }
            (Some(task), Some(detail)) if before.as_ref() != Some(&detail) => {
                task::raise(tx, task.id, 0, &json(&detail)?)?;
            }
            (Some(_), Some(_)) => {}
        }
    }
    Ok(())
}

/// What there is too little of; `None` if there is enough.
fn lack(known: &Sku, books: &Books, wanted: i64) -> Option<Detail> {
    let (available, on_the_way) = (books.available(known.id), books.on_the_way(known.id));
    let position = available + on_the_way;
    let is_low = known.reorder_point > 0 && position <= known.reorder_point;
    (is_low || position < wanted).then(|| Detail {
        sku: known.code.clone(),
        available,
        on_the_way,
        wanted,
        reorder_point: known.reorder_point,
        suggested_quantity: (wanted.max(2 * known.reorder_point) - position).max(1),
    })
}

fn json(detail: &Detail) -> Result<String, Error> {
    serde_json::to_string(detail).map_err(Error::defect)
}
