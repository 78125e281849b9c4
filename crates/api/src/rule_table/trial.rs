//! What a version of rules would decide: about recent orders, and on trial.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use ordermill_app::Services;
use ordermill_app::review::dry_run::{ORDERS_MAX, dry_run};
use ordermill_app::rule_table::Table;
use ordermill_app::rule_table::compile::compile;
use ordermill_app::rule_table::{Decides, RulesError};
use ordermill_app::{shipment, sourcing};
use ordermill_base::Id;
use ordermill_domain::carrier::ruling::CarrierRule;
use ordermill_domain::ids::{OrderId, RuleTableId};
use ordermill_domain::order::review::Verdict;
use ordermill_domain::rule_table::Purpose;
use ordermill_domain::sourcing::SourcingRule;
use ordermill_storage::{Tx, rule_table};
use serde::Deserialize;
use utoipa::ToSchema;

use super::tried::{DifferenceView, DryRunView};
use crate::body::JsonBody;
use crate::cursor;
use crate::params::{Page, PageQuery, Params, PathId, limit, not_found};
use crate::problem::{FieldError, Problem};

/// How many orders a dry run looks at: of rules about carriers how many parcels.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RulesDryRun)]
pub struct DryRunBody {
    /// The newest so many: orders that were reviewed, or parcels that wanted a label; of rules about carriers also
    /// packed parcels that nobody takes, at most half of them.
    #[serde(default = "usual")]
    #[schema(minimum = 1, maximum = 500, default = 200)]
    pub orders: i64,
}

const fn usual() -> i64 {
    200
}

/// Try rules on recent orders.
///
/// Nothing is changed. Both versions see each order as it is now.
#[utoipa::path(
    post, path = "/api/v1/rule-tables/{table_id}/dry-run", tag = "rules", operation_id = "dry_run_rules",
    params(("table_id" = String, Path, description = "Its id.", example = "rul_01k2ey4xh0000")),
    request_body = DryRunBody,
    responses((status = 200, description = "What it would change.", body = DryRunView)),
)]
pub async fn dry_run_rules(
    State(services): State<Services>,
    PathId(id): PathId<RuleTableId>,
    body: JsonBody<DryRunBody>,
) -> Result<Json<DryRunView>, Problem> {
    let orders = body.value.orders;
    if !(1..=ORDERS_MAX).contains(&orders) {
        let error = FieldError::new("/orders", "out_of_range", format!("1 to {ORDERS_MAX}"));
        return Err(Problem::invalid(vec![error]));
    }
    let (catalog, now) = (services.catalog(), services.now());
    let (vault, known) = (services.vault().clone(), services.carriers().known().await?);
    let run = move |tx: &mut Tx<'_>| {
        let table = rule_table::fetch(tx, id)?.ok_or(RulesError::NotFound)?;
        let (definition, number) = (&table.definition, table.number);
        Ok::<DryRunView, RulesError>(match table.purpose {
            Purpose::Review => {
                let compiled = compiled::<Verdict>(definition, number)?;
                dry_run(tx, &catalog.review_rules, compiled, orders, now)?.into()
            }
            Purpose::Carrier => {
                let compiled = compiled::<CarrierRule>(definition, number)?;
                shipment::ruled::dry_run(tx, &vault, &known, &catalog, compiled, orders, now)?
                    .into()
            }
            Purpose::Sourcing => {
                let compiled = compiled::<SourcingRule>(definition, number)?;
                sourcing::dry_run::dry_run(tx, &catalog, compiled, orders, now)?.into()
            }
        })
    };
    Ok(Json(services.database().snapshot(run).await?))
}

fn compiled<A: Decides>(
    definition: &serde_json::Value,
    number: i64,
) -> Result<Arc<Table<A>>, RulesError> {
    compile::<A>(definition, number).map(Arc::new).map_err(RulesError::Flawed)
}

/// List where a version on trial differs.
///
/// The newest orders first. What it agreed about is only counted.
#[utoipa::path(
    get, path = "/api/v1/rule-tables/{table_id}/differences", tag = "rules", operation_id = "list_rule_differences",
    params(
        ("table_id" = String, Path, description = "Its id.", example = "rul_01k2ey4xh0000"),
        PageQuery,
    ),
    responses((status = 200, description = "A page.", body = Page<DifferenceView>)),
)]
pub async fn list_rule_differences(
    State(services): State<Services>,
    PathId(id): PathId<RuleTableId>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<DifferenceView>>, Problem> {
    let limit = limit(query.limit)?;
    let before = query.cursor.as_deref().map(cursor::read::<Behind>).transpose()?;
    let list = move |tx: &mut Tx<'_>| {
        let table = rule_table::fetch(tx, id)?;
        let before = before.map(|it| (it.order.raw(), it.sequence));
        let found = rule_table::trials_that_differ(tx, id, before, limit + 1)?;
        Ok::<_, ordermill_storage::Error>(table.map(|table| (table.purpose, found)))
    };
    let found = services.database().snapshot(list).await?;
    let (purpose, found) = found.ok_or_else(|| not_found("version of rules"))?;
    let read = |trial: rule_table::Trial| {
        let order = OrderId::from_raw(trial.subject_id);
        DifferenceView::read(order, trial.difference.as_deref()?, purpose)
    };
    let cursor = |trial: &rule_table::Trial| {
        let (order, sequence) = (OrderId::from_raw(trial.subject_id), trial.sequence);
        Behind { order, sequence }.to_string()
    };
    let Page { items, next } = Page::of(found, limit, cursor, read);
    Ok(Json(Page { items: items.into_iter().flatten().collect(), next }))
}

/// Behind which decision a page starts: of several about one order, the newest comes first.
struct Behind {
    order: OrderId,
    sequence: i64,
}

impl fmt::Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.order, self.sequence)
    }
}

impl FromStr for Behind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (order, sequence) = text.split_once('.').ok_or(())?;
        let order = order.parse().map_err(drop)?;
        Ok(Self { order, sequence: sequence.parse().map_err(drop)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_written() {
        let behind = Behind { order: OrderId::from_raw(77), sequence: 9_000_000_000 };
        let read: Behind = behind.to_string().parse().unwrap();
        assert_eq!((read.order, read.sequence), (behind.order, behind.sequence));
        assert!("ord_1".parse::<Behind>().is_err() && "".parse::<Behind>().is_err());
    }
}
