//! What a version would change, for its page: on recent orders, and on trial.

use std::sync::Arc;

use ordermill_app::review::dry_run::{Difference, dry_run};
use ordermill_app::rule_table::Name;
use ordermill_app::rule_table::compile::compile;
use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::OrderNumber;
use ordermill_domain::order::review::{Step, Verdict};
use ordermill_domain::rule_table::RuleTable;
use ordermill_pages::console::rules::table::{DifferenceRow, DryRunResult, Trial, outcome};
use ordermill_pages::{Words, format};
use ordermill_storage::{Error, Tx, rule_table};

use crate::console::desk::Desk;
use crate::console::trouble::Trouble;

/// Orders that a dry run looks at.
const ORDERS: i64 = 200;
/// Differences of a trial that are shown.
const ROWS: i64 = 20;
/// Orders of a trial are counted up to here.
const COUNTED_MAX: i64 = 100_000;

impl Desk {
    /// What a version would have done with recent orders; none if it does not compile any more.
    pub(super) async fn dry_run(&self, table: &RuleTable) -> Result<Option<DryRunResult>, Trouble> {
        let t = self.t();
        let Ok(compiled) = compile::<Verdict>(&table.definition, table.number) else {
            return Ok(None);
        };
        let services = self.site.services();
        let (live, now) = (Arc::clone(&services.catalog().review_rules), self.now());
        let run = move |tx: &mut Tx<'_>| dry_run(tx, &live, Arc::new(compiled), ORDERS, now);
        let run = services.database().snapshot(run).await?;
        let word = |step: Step| outcome(step, &[], &[], t);
        Ok(Some(DryRunResult {
            summary: summary(run.orders, run.changed, t),
            moves: run
                .moves
                .iter()
                .map(|((from, to), count)| {
                    (format!("{} → {}", word(*from), word(*to)), count.unsigned_abs())
                })
                .collect(),
            rows: run.examples.iter().map(|(id, it)| row(*id, None, it, t)).collect(),
        }))
    }

    /// What a version did on trial; none if it never was.
    pub(super) async fn trial(&self, table: &RuleTable) -> Result<Option<Trial>, Trouble> {
        let (t, id) = (self.t(), table.id);
        let load = move |tx: &mut Tx<'_>| {
            let counts = rule_table::count_trials(tx, id, COUNTED_MAX)?;
            Ok::<_, Error>((counts, rule_table::trials_that_differ(tx, id, None, ROWS)?))
        };
        let loaded = self.site.services().database().snapshot(load).await?;
        let ((looked_at, different), trials) = loaded;
        let rows = trials.iter().filter_map(|trial| {
            let difference: Difference = serde_json::from_str(trial.difference.as_deref()?).ok()?;
            let order = OrderId::from_raw(trial.subject_id);
            Some(row(order, Some(trial.decided_at), &difference, t))
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
    let name = |name: &Name| t.pick(name.zh.as_ref(), name.en.as_ref()).to_owned();
    let rules: Vec<String> = other.rules.iter().map(name).collect();
    DifferenceRow {
        number: OrderNumber::from(order).to_string(),
        at,
        live: outcome(live.step, &live.holds, &live.interceptions, t),
        other: outcome(other.step, &other.holds, &other.interceptions, t),
        rules: rules.join(t.pick("、", ", ")),
    }
}
