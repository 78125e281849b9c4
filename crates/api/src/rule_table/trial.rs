//! What a version of rules would decide: about recent orders, and on trial.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use ordermill_app::Services;
use ordermill_app::review::dry_run::{Difference, DryRun, ORDERS_MAX, Side, dry_run};
use ordermill_app::rule_table::Table;
use ordermill_app::rule_table::compile::compile;
use ordermill_app::rule_table::{Decides, Name, RulesError, tried};
use ordermill_app::{shipment, sourcing};
use ordermill_base::Id;
use ordermill_domain::carrier::ruling::CarrierRule;
use ordermill_domain::ids::{OrderId, RuleTableId};
use ordermill_domain::order::review::Verdict;
use ordermill_domain::rule_table::Purpose;
use ordermill_domain::sourcing::SourcingRule;
use ordermill_storage::{Tx, rule_table};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::RuleNameBody;
use crate::body::JsonBody;
use crate::cursor;
use crate::params::{Page, PageQuery, Params, PathId, limit, not_found};
use crate::problem::{FieldError, Problem};

/// How many orders a dry run looks at: of rules about carriers how many parcels.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RulesDryRun)]
pub struct DryRunBody {
    /// The newest so many: orders that were reviewed, or parcels that wanted a label.
    #[serde(default = "usual")]
    #[schema(minimum = 1, maximum = 500, default = 200)]
    pub orders: i64,
}

const fn usual() -> i64 {
    200
}

/// What a version would change.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RulesDryRunResult)]
pub struct DryRunView {
    /// How many orders or parcels it looked at.
    pub orders: i64,
    /// How many of them it would decide otherwise.
    pub changed: i64,
    /// How many go from one outcome to another.
    pub moves: Vec<MoveView>,
    /// The newest orders that it would decide otherwise, at most 20.
    pub examples: Vec<DifferenceView>,
}

/// Orders that go from one outcome to another.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RulesMove)]
pub struct MoveView {
    /// What the version in force decides: `auto_pass`, `queue`, `intercept`; codes of locations, or of a
    /// carrier and its service, with blanks between them; empty: nobody can.
    pub from: String,
    /// What the other one decides.
    pub to: String,
    /// How many.
    pub orders: i64,
}

/// An order about which two versions differ.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RulesDifference)]
pub struct DifferenceView {
    /// Which order.
    #[schema(example = "ord_01k2ey4xh0000")]
    pub order_id: String,
    /// What the version in force decided.
    pub live: SideView,
    /// What the other one decides.
    pub other: SideView,
}

/// One decision.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RulesDecision)]
pub struct SideView {
    /// The number of the version.
    pub number: i64,
    /// Of a review: `auto_pass`, `queue` or `intercept`.
    pub step: Option<String>,
    /// Codes of the locations that ship, or of the carrier and its service; empty for reviews, and where
    /// nobody can.
    pub goes: Vec<String>,
    /// Why a person must look.
    pub holds: Vec<String>,
    /// Why it is stopped.
    pub interceptions: Vec<String>,
    /// The rules that spoke up.
    pub rules: Vec<RuleNameBody>,
}

impl From<Side> for SideView {
    fn from(side: Side) -> Self {
        let codes = |reasons: Vec<ordermill_domain::order::review::HoldReason>| {
            reasons.into_iter().map(|reason| reason.code().to_owned()).collect()
        };
        Self {
            number: side.number,
            step: Some(side.step.code().to_owned()),
            goes: Vec::new(),
            holds: codes(side.holds),
            interceptions: codes(side.interceptions),
            rules: names(side.rules),
        }
    }
}

impl From<tried::Side> for SideView {
    fn from(side: tried::Side) -> Self {
        Self {
            number: side.number,
            step: None,
            goes: side.goes,
            holds: Vec::new(),
            interceptions: Vec::new(),
            rules: names(side.rules),
        }
    }
}

fn names(rules: Vec<Name>) -> Vec<RuleNameBody> {
    let body = |name: Name| RuleNameBody { zh: name.zh.into_owned(), en: name.en.into_owned() };
    rules.into_iter().map(body).collect()
}

impl DifferenceView {
    fn of(order: OrderId, live: impl Into<SideView>, other: impl Into<SideView>) -> Self {
        Self { order_id: order.to_string(), live: live.into(), other: other.into() }
    }

    /// Of a difference as it is stored for rules of a purpose.
    fn read(order: OrderId, text: &str, purpose: Purpose) -> Option<Self> {
        match purpose {
            Purpose::Review => {
                let Difference { live, other } = serde_json::from_str(text).ok()?;
                Some(Self::of(order, live, other))
            }
            Purpose::Carrier | Purpose::Sourcing => {
                let tried::Difference { live, other } = serde_json::from_str(text).ok()?;
                Some(Self::of(order, live, other))
            }
        }
    }
}

impl From<DryRun> for DryRunView {
    fn from(run: DryRun) -> Self {
        let moves = run.moves.into_iter().map(|((from, to), orders)| MoveView {
            from: from.code().to_owned(),
            to: to.code().to_owned(),
            orders,
        });
        let examples = run.examples.into_iter();
        Self {
            orders: run.orders,
            changed: run.changed,
            moves: moves.collect(),
            examples: examples
                .map(|(order, it)| DifferenceView::of(order, it.live, it.other))
                .collect(),
        }
    }
}

impl From<tried::DryRun> for DryRunView {
    fn from(run: tried::DryRun) -> Self {
        let moves = run.moves.into_iter().map(|((from, to), orders)| MoveView {
            from: from.join(" "),
            to: to.join(" "),
            orders,
        });
        let examples = run.examples.into_iter();
        Self {
            orders: run.looked_at,
            changed: run.changed,
            moves: moves.collect(),
            examples: examples
                .map(|(order, it)| DifferenceView::of(order, it.live, it.other))
                .collect(),
        }
    }
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
                shipment::ruled::dry_run(tx, &vault, &known, compiled, orders, now)?.into()
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
