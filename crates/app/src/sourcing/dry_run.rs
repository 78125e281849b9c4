//! What a version of the rules about locations would decide: about recent orders, or beside the one in force.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use ordermill_base::Timestamp;
use ordermill_domain::fulfillment::State as Work;
use ordermill_domain::ids::{LocationId, OrderId, SkuId};
use ordermill_domain::order::OrderLine;
use ordermill_domain::reservation::State;
use ordermill_domain::sourcing::{Ruling, SourcingRule};
use ordermill_rules::Table;
use ordermill_storage::{Error, Tx, fulfillment, order, reservation, stock};

use super::carry_out::open_work;
use super::place::Places;
use super::plan::Want;
use super::rules::Asking;
use crate::catalog::Catalog;
use crate::rule_table::tried::{DryRun, LOOKED_AT_MAX};

/// Lets a version look at the newest `limit` orders that were confirmed, beside the one in force. Both see the
/// stock, the work and the settings of now, and what an order has taken as if it were still there; nothing is
/// changed. Run it over a snapshot.
pub fn dry_run(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    other: Arc<Table<SourcingRule>>,
    limit: i64,
    now: Timestamp,
) -> Result<DryRun, Error> {
    let rules = catalog.sourcing_rules.with_trial(ordermill_base::Id::from_raw(0), other);
    let asking = Asking::new(tx, catalog, &rules)?;
    let places = Places::new(catalog, open_work(tx, now)?);
    let mut run = DryRun::default();
    for id in order::newest_confirmed(tx, limit.clamp(1, LOOKED_AT_MAX))? {
        let Some(stored) = order::fetch(tx, id)? else { continue };
        let want = want(&stored, &order::lines(tx, id)?, claimed(tx, id)?, now);
        if want.lines.is_empty() {
            continue;
        }
        let its_own = gone(tx, id)?;
        let levels = stock::levels(tx, want.lines.iter().map(|(_, sku, _)| *sku))?;
        let there_is = |location, sku| {
            let level = levels.iter().find(|it| (it.location, it.sku) == (location, sku));
            let own = its_own.get(&(location, sku)).copied().unwrap_or_default();
            level.map_or(0, |level| level.available().max(0)) + own
        };
        let document = asking.document(&stored, &want.lines);
        let (live, other) = asking.sides(&places, &want, &document, &there_is);
        run.note(id, live, other);
    }
    Ok(run)
}

/// All that is wanted of an order, without gifts, as if none of it had been planned.
fn want(
    stored: &order::Stored,
    lines: &[OrderLine],
    claimed: BTreeMap<(LocationId, SkuId), i64>,
    now: Timestamp,
) -> Want {
    let goods = lines.iter().filter(|line| !line.terms.is_gift());
    let pieces = goods.map(|line| {
        let left = line.terms.quantity.get() - line.pieces().canceled;
        (line.terms.line_no, line.terms.sku, left)
    });
    Want {
        region: stored.region.clone(),
        ready_at: now,
        lines: pieces.filter(|(.., pieces)| *pieces > 0).collect(),
        claimed,
        excluded: BTreeSet::new(),
        restocked: BTreeSet::new(),
        only: None,
        is_urgent: false,
        ruling: Ruling::default(),
        ruled: None,
    }
}

/// What is claimed for an order, planned or not.
fn claimed(tx: &mut Tx<'_>, order: OrderId) -> Result<BTreeMap<(LocationId, SkuId), i64>, Error> {
    let mut claimed = BTreeMap::new();
    for part in reservation::of(tx, order)? {
        let facts = part.reservation.facts();
        if facts.state == State::Allocated {
            *claimed.entry((facts.location, facts.sku)).or_default() += facts.quantity.get();
        }
    }
    Ok(claimed)
}

/// What of an order has left from where.
fn gone(tx: &mut Tx<'_>, order: OrderId) -> Result<HashMap<(LocationId, SkuId), i64>, Error> {
    let mut gone = HashMap::new();
    for work in fulfillment::of(tx, order)? {
        let facts = work.facts();
        if matches!(facts.state, Work::HandedOver | Work::Closed) {
            for line in &facts.lines {
                *gone.entry((facts.location, line.sku)).or_default() += line.quantity;
            }
        }
    }
    Ok(gone)
}
