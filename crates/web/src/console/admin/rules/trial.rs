//! What a version would change, for its page: on recent orders, and on trial.

use std::sync::Arc;

use ordermill_app::review::dry_run::{Difference, DryRun, dry_run};
use ordermill_app::rule_table::compile::compile;
use ordermill_app::rule_table::{Decides, Name, Table, tried};
use ordermill_app::shipment::ruled::dry_run as dry_run_of_carriers;
use ordermill_app::sourcing;
use ordermill_base::{Id, Timestamp};
use ordermill_domain::carrier::choice::Refusal;
use ordermill_domain::carrier::ruling::CarrierRule;
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::OrderNumber;
use ordermill_domain::order::review::{Step, Verdict};
use ordermill_domain::rule_table::{Purpose, RuleTable};
use ordermill_domain::sourcing::SourcingRule;
use ordermill_pages::console::rules::table::{
    DifferenceRow, DryRunResult, LeftRow, Trial, outcome,
};
use ordermill_pages::states::shipment::refusal;
use ordermill_pages::{Words, format};
use ordermill_storage::{Error, Tx, rule_table};

use crate::console::desk::Desk;
use crate::console::trouble::Trouble;

/// Orders or parcels that a dry run looks at.
const LOOKED_AT: i64 = 200;
/// Differences of a trial that are shown.
const ROWS: i64 = 20;
/// Orders of a trial are counted up to here.
const COUNTED_MAX: i64 = 100_000;

impl Desk {
    /// What a version would have done with recent orders; none if it does not compile any more.
    pub(super) async fn dry_run(&self, table: &RuleTable) -> Result<Option<DryRunResult>, Trouble> {
        let (services, now) = (self.site.services(), self.now());
        let (database, catalog) = (services.database(), services.catalog());
        let (definition, number) = (&table.definition, table.number);
        Ok(match table.purpose {
            Purpose::Review => {
                let Some(other) = compiled::<Verdict>(definition, number) else { return Ok(None) };
                let live = Arc::clone(&catalog.review_rules);
                let run = move |tx: &mut Tx<'_>| dry_run(tx, &live, other, LOOKED_AT, now);
                Some(self.of_reviews(&database.snapshot(run).await?))
            }
            Purpose::Carrier => {
                let Some(other) = compiled::<CarrierRule>(definition, number) else {
                    return Ok(None);
                };
                let vault = services.vault().clone();
                let known = services.carriers().known().await?;
                let run = move |tx: &mut Tx<'_>| {
                    dry_run_of_carriers(tx, &vault, &known, &catalog, other, LOOKED_AT, now)
                };
                Some(self.of_goods(&database.snapshot(run).await?))
            }
            Purpose::Sourcing => {
                let Some(other) = compiled::<SourcingRule>(definition, number) else {
                    return Ok(None);
                };
                let run = move |tx: &mut Tx<'_>| {
                    sourcing::dry_run::dry_run(tx, &catalog, other, LOOKED_AT, now)
                };
                Some(self.of_goods(&database.snapshot(run).await?))
            }
        })
    }

    fn of_reviews(&self, run: &DryRun) -> DryRunResult {
        let t = self.t();
        let word = |step: Step| outcome(step, &[], &[], t);
        let moves = run.moves.iter().map(|((from, to), count)| {
            (format!("{} → {}", word(*from), word(*to)), count.unsigned_abs())
        });
        DryRunResult {
            summary: summary(run.orders, run.changed, t),
            moves: moves.collect(),
            rows: run.examples.iter().map(|(id, it)| row(*id, None, it, t)).collect(),
            left: Vec::new(),
        }
    }

    fn of_goods(&self, run: &tried::DryRun) -> DryRunResult {
        let t = self.t();
        let moves = run.moves.iter().map(|((from, to), count)| {
            (format!("{} → {}", way(from, t), way(to, t)), count.unsigned_abs())
        });
        DryRunResult {
            summary: summary(run.looked_at, run.changed, t),
            moves: moves.collect(),
            rows: run.examples.iter().map(|(id, it)| goods_row(*id, None, it, t)).collect(),
            left: run.left.iter().map(|(id, side)| left_row(*id, side, t)).collect(),
        }
    }

    /// What a version did on trial; none if it never was.
    pub(super) async fn trial(&self, table: &RuleTable) -> Result<Option<Trial>, Trouble> {
        let (t, id, purpose) = (self.t(), table.id, table.purpose);
        let load = move |tx: &mut Tx<'_>| {
            let counts = rule_table::count_trials(tx, id, COUNTED_MAX)?;
            Ok::<_, Error>((counts, rule_table::trials_that_differ(tx, id, None, ROWS)?))
        };
        let loaded = self.site.services().database().snapshot(load).await?;
        let ((looked_at, different), trials) = loaded;
        let rows = trials.iter().filter_map(|trial| {
            let (order, text) = (OrderId::from_raw(trial.subject_id), trial.difference.as_deref()?);
            let at = Some(trial.decided_at);
            match purpose {
                Purpose::Review => {
                    let found = serde_json::from_str::<Difference>(text).ok()?;
                    Some(row(order, at, &found, t))
                }
                Purpose::Carrier | Purpose::Sourcing => {
                    let found = serde_json::from_str::<tried::Difference>(text).ok()?;
                    Some(goods_row(order, at, &found, t))
                }
            }
        });
        Ok((looked_at > 0)
            .then(|| Trial { summary: summary(looked_at, different, t), rows: rows.collect() }))
    }
}

fn summary(orders: i64, changed: i64, t: Words) -> String {
    let grouped = |count: i64| format::grouped(count.unsigned_abs());
    t.rules_looked_at(grouped(orders), grouped(changed))
}

fn row(
    order: OrderId,
    at: Option<Timestamp>,
    Difference { live, other }: &Difference,
    t: Words,
) -> DifferenceRow {
    DifferenceRow {
        number: OrderNumber::from(order).to_string(),
        at,
        live: outcome(live.step, &live.holds, &live.interceptions, t),
        other: outcome(other.step, &other.holds, &other.interceptions, t),
        rules: names(&other.rules, t),
    }
}

fn goods_row(
    order: OrderId,
    at: Option<Timestamp>,
    tried::Difference { live, other }: &tried::Difference,
    t: Words,
) -> DifferenceRow {
    DifferenceRow {
        number: OrderNumber::from(order).to_string(),
        at,
        live: side(live, t),
        other: side(other, t),
        rules: names(&other.rules, t),
    }
}

/// What nobody can ship or carry, and why.
fn left_row(order: OrderId, left: &tried::Side, t: Words) -> LeftRow {
    LeftRow {
        number: OrderNumber::from(order).to_string(),
        why: side(left, t),
        rules: names(&left.rules, t),
    }
}

/// Who ships or carries, by their codes; where no carrier can, why not.
fn side(side: &tried::Side, t: Words) -> String {
    let mut carriers: Vec<(Refusal, Vec<&str>)> = Vec::new();
    for refused in &side.refused {
        match carriers.iter_mut().find(|(because, _)| *because == refused.because) {
            Some((_, codes)) if codes.contains(&&*refused.carrier) => {}
            Some((_, codes)) => codes.push(&refused.carrier),
            None => carriers.push((refused.because, vec![&refused.carrier])),
        }
    }
    if carriers.is_empty() {
        return way(&side.goes, t);
    }
    let because = |(because, codes): &(Refusal, Vec<&str>)| {
        format!("{} ({})", refusal(*because, t), codes.join(", "))
    };
    let reasons: Vec<String> = carriers.iter().map(because).collect();
    t.rules_nobody_because(reasons.join(t.pick("；", "; ")))
}

/// Who ships or carries, by their codes.
fn way(goes: &[String], t: Words) -> String {
    if goes.is_empty() { t.rules_nobody().to_owned() } else { goes.join(" + ") }
}

fn names(rules: &[Name], t: Words) -> String {
    let name = |name: &Name| t.pick(name.zh.as_ref(), name.en.as_ref()).to_owned();
    rules.iter().map(name).collect::<Vec<_>>().join(t.pick("、", ", "))
}

fn compiled<A: Decides>(definition: &serde_json::Value, number: i64) -> Option<Arc<Table<A>>> {
    compile::<A>(definition, number).ok().map(Arc::new)
}
