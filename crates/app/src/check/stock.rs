//! Stock levels against everything that explains them.

use std::collections::HashMap;

use ordermill_base::Id;
use ordermill_domain::event::Event as AnyEvent;
use ordermill_domain::reservation::Claim;
use ordermill_domain::stock::{Event, StockLevel};
use ordermill_storage::Error;
use ordermill_storage::check::{self, Movement, Walk};

use super::{Examination, PAGE};

/// What reservations, movements, bins and the journal say about one level.
#[derive(Debug, Default)]
struct Sums {
    reserved: i64,
    allocated: i64,
    moved: i64,
    in_bins: i64,
    events: i64,
}

type Ledger = HashMap<(i64, i64), Sums>;

pub(super) fn run(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    let mut sums = Ledger::new();
    sum_reservations(examination, &mut sums)?;
    sum_movements(examination, &mut sums)?;
    sum_bins(examination, &mut sums)?;
    let mut after = (i64::MIN, 0);
    let mut count = 0;
    loop {
        let levels = check::levels(examination.tx, after, PAGE)?;
        let Some((last, _)) = levels.last() else { break };
        after = (last.sku.raw(), last.location.raw());
        count += levels.len() as i64;
        for (level, version) in &levels {
            let place = (level.sku.raw(), level.location.raw());
            let sums = sums.remove(&place).unwrap_or_default();
            examine(examination, level, *version, &sums);
        }
        (examination.progress)("stock levels", count);
    }
    for ((sku, location), sums) in sums {
        let is_nothing = (sums.reserved, sums.allocated, sums.moved, sums.in_bins) == (0, 0, 0, 0);
        if !is_nothing {
            let subject = format!("SKU {sku} at location {location}");
            examination.found("I2", subject, "stock is claimed or moved without a level");
        }
    }
    Ok(count)
}

fn examine(examination: &mut Examination<'_, '_>, level: &StockLevel, version: i64, sums: &Sums) {
    let subject = format!("{} at {}", level.sku, level.location);
    let buckets =
        [level.on_hand, level.reserved, level.allocated, level.quarantine, level.incoming];
    if buckets.iter().any(|pieces| *pieces < 0) {
        examination.found("I1", &subject, "fewer than no pieces");
    }
    if level.unclaimed() < 0 {
        let over = -level.unclaimed();
        examination.found("I1", &subject, format!("{over} pieces are claimed that are not there"));
    }
    let mut compare = |invariant, what: &str, is: i64, should: i64| {
        if is != should {
            examination.found(
                invariant,
                &subject,
                format!("{what} is {is}, explained are {should}"),
            );
        }
    };
    compare("I2", "reserved", level.reserved, sums.reserved);
    compare("I2", "allocated", level.allocated, sums.allocated);
    compare("I2", "on hand", level.on_hand, sums.moved);
    compare("I5", "the number of changes", version, sums.events);
    if sums.in_bins > level.on_hand {
        let what = format!("{} pieces are in bins, {} on hand", sums.in_bins, level.on_hand);
        examination.found("I2", &subject, what);
    }
}

fn sum_reservations(examination: &mut Examination<'_, '_>, sums: &mut Ledger) -> Result<(), Error> {
    let walked = examination.walk("reservations", Walk::Orders, |examination, range| {
        for stored in check::reservations(examination.tx, range)? {
            let facts = stored.reservation.facts();
            let sums = sums.entry((facts.sku.raw(), facts.location.raw())).or_default();
            match facts.state.claims() {
                Some(Claim::Reserved) => sums.reserved += facts.quantity.get(),
                Some(Claim::Allocated) => sums.allocated += facts.quantity.get(),
                None => {}
            }
        }
        Ok(())
    });
    walked.map(drop)
}

/// I5: each movement has its event, and each event that moved something its movement.
fn sum_movements(examination: &mut Examination<'_, '_>, sums: &mut Ledger) -> Result<(), Error> {
    let walked = examination.walk("stock movements", Walk::Movements, |examination, range| {
        let movements = check::movements(examination.tx, range)?;
        let mut movements: HashMap<i64, Movement> =
            movements.into_iter().map(|movement| (movement.id, movement)).collect();
        for movement in movements.values() {
            sums.entry(movement.place).or_default().moved += movement.quantity;
        }
        for entry in check::histories(examination.tx, "stock", range)? {
            let event = AnyEvent::from_json(&entry.kind, &entry.body);
            let Ok(AnyEvent::Stock(event)) = event else {
                let subject = format!("movement {}", entry.aggregate_id);
                examination.found("I5", subject, "its event cannot be read");
                continue;
            };
            let Event::Moved { sku, location, movement: kind, delta, .. } = event;
            let place = (sku.raw(), location.raw());
            sums.entry(place).or_default().events += 1;
            let stored = movements.remove(&entry.aggregate_id);
            let is_told = match &stored {
                // A count that found what is there moved nothing.
                None => delta == 0,
                Some(it) => {
                    (it.place, it.quantity, it.kind.as_str()) == (place, delta, kind.code())
                }
            };
            if !is_told {
                let subject = format!("movement {}", entry.aggregate_id);
                examination.found("I5", subject, "it is not what its event says");
            }
        }
        for id in movements.keys() {
            examination.found("I5", format!("movement {id}"), "it has no event");
        }
        Ok(())
    });
    walked.map(drop)
}

fn sum_bins(examination: &mut Examination<'_, '_>, sums: &mut Ledger) -> Result<(), Error> {
    let mut after = None;
    loop {
        let bins = check::bins(examination.tx, after.as_ref(), PAGE)?;
        for ((sku, location, _, _), on_hand) in &bins {
            sums.entry((*sku, *location)).or_default().in_bins += on_hand;
        }
        match bins.into_iter().next_back() {
            Some((last, _)) => after = Some(last),
            None => return Ok(()),
        }
    }
}
