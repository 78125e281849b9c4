//! What a version of rules has decided, as programs read it.

use ordermill_app::review::dry_run::{Difference, DryRun, Side};
use ordermill_app::rule_table::{Name, tried};
use ordermill_domain::ids::OrderId;
use ordermill_domain::rule_table::Purpose;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::RuleNameBody;

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
    /// How many of them nobody could ship or carry under it, whether or not somebody does now.
    pub nobody: i64,
    /// The first of these with the reasons, at most 20.
    pub left: Vec<LeftView>,
}

/// An order that nobody could ship or carry.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RulesLeft)]
pub struct LeftView {
    /// Which order.
    #[schema(example = "ord_01k2ey4xh0000")]
    pub order_id: String,
    /// What the version decides.
    pub decision: SideView,
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
    /// Where no carrier takes a parcel: every service that was looked at, and why not.
    pub refused: Vec<RefusedView>,
}

/// A carrier's service that cannot take a parcel.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RulesRefused)]
pub struct RefusedView {
    /// The carrier's code.
    pub carrier: String,
    /// `standard`, `next_day`, `timed` or `pickup_point`.
    pub service: String,
    /// `inactive`, `no_account`, `forbidden`, `not_forced`, `not_wished`, `out_of_zone`, `handling`,
    /// `too_heavy`, `too_long`, `currency`.
    pub because: String,
}

impl From<tried::Refused> for RefusedView {
    fn from(refused: tried::Refused) -> Self {
        Self {
            carrier: refused.carrier,
            service: refused.service.code().to_owned(),
            because: refused.because.code().to_owned(),
        }
    }
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
            refused: Vec::new(),
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
            refused: side.refused.into_iter().map(RefusedView::from).collect(),
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
    pub(super) fn read(order: OrderId, text: &str, purpose: Purpose) -> Option<Self> {
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
            nobody: 0,
            left: Vec::new(),
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
            nobody: run.nobody,
            left: run
                .left
                .into_iter()
                .map(|(order, side)| LeftView {
                    order_id: order.to_string(),
                    decision: side.into(),
                })
                .collect(),
        }
    }
}
