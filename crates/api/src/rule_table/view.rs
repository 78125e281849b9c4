//! How a version of rules is written and read.

use ordermill_app::rule_table::{Name, Ruled};
use ordermill_domain::rule_table::{Purpose, RuleTable, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What rules decide about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RulePurpose)]
pub enum PurposeView {
    /// Which orders a person looks at.
    Review,
    /// Who may carry a parcel.
    Carrier,
    /// Which location ships an order.
    Sourcing,
}

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleTableState)]
pub enum StateView {
    /// It is being written and decides nothing.
    Draft,
    /// It decides beside the one in force; what it would have done is recorded.
    Shadow,
    /// It decides.
    Live,
    /// It decided once, or was given up.
    Retired,
}

/// A table of rules. Conditions and actions are described in the manual's chapter about rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RuleDefinition)]
pub struct DefinitionBody {
    /// How many of the matching rules count.
    pub hit: HitBody,
    /// The rules, in the order in which they are asked.
    #[schema(max_items = 100)]
    pub rules: Vec<RuleBody>,
    /// The action when no rule matches, such as `{"do": "pass"}`.
    #[schema(value_type = Object)]
    pub otherwise: Value,
}

/// How many of the matching rules count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleHitPolicy)]
pub enum HitBody {
    /// The first one.
    First,
    /// All of them.
    All,
}

/// When its condition holds, its action is meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rule)]
pub struct RuleBody {
    /// What it is called.
    pub name: RuleNameBody,
    /// Its condition.
    #[schema(min_length = 1, max_length = 2000, example = "order.total_minor > 5000000")]
    pub when: String,
    /// Its action: for reviews `{"do": "pass"}`, or `{"do": "hold", "reason": "amount"}` or
    /// `"intercept"` with one of the reasons of holds; for carriers `{"do": "forbid", "carrier": "swift"}`
    /// or `"force"`, with a `service` if only that is meant; for locations `{"do": "only", "location": "JX"}`,
    /// `"never"`, `"dearer"` with `minor`, `{"do": "weigh", "weight": "late_day", "minor": 900}`, `"urgent"` or
    /// `"whole"`.
    #[schema(value_type = Object)]
    pub then: Value,
}

/// The name of a rule, unique in its table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RuleName)]
pub struct RuleNameBody {
    /// Simplified Chinese.
    #[schema(min_length = 1, max_length = 60, example = "大额订单")]
    pub zh: String,
    /// English.
    #[schema(min_length = 1, max_length = 60, example = "Large order")]
    pub en: String,
}

/// Rules that had a say in a decision.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RulesThatMatched)]
pub struct RuledView {
    /// The number of the version.
    pub version: i64,
    /// The rules that matched, in their order.
    pub rules: Vec<RuleNameBody>,
}

impl RuledView {
    pub(crate) fn of(ruled: &Ruled) -> Self {
        let name = |it: &Name| RuleNameBody { zh: it.zh.to_string(), en: it.en.to_string() };
        Self { version: ruled.version, rules: ruled.matched.iter().map(name).collect() }
    }
}

/// A version of rules.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RuleTable)]
pub struct RuleTableView {
    /// Its key.
    #[schema(example = "rul_01k2ey4xh0000")]
    pub id: String,
    /// What it decides about.
    pub purpose: PurposeView,
    /// Its number among those of the purpose: what decisions name. 0 is what is built in.
    pub number: i64,
    /// Where it stands.
    pub state: StateView,
    /// What is new in it.
    pub note: String,
    /// Its rules.
    #[schema(value_type = DefinitionBody)]
    pub definition: Value,
    /// When it was put in force last.
    #[schema(format = DateTime)]
    pub live_at: Option<String>,
    /// The number of what it took the place of then, 0 for what is built in.
    pub follows: Option<i64>,
    /// Grows with every change; the value of `ETag`.
    pub version: i64,
}

impl From<Purpose> for PurposeView {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Review => Self::Review,
            Purpose::Carrier => Self::Carrier,
            Purpose::Sourcing => Self::Sourcing,
        }
    }
}

impl From<PurposeView> for Purpose {
    fn from(purpose: PurposeView) -> Self {
        match purpose {
            PurposeView::Review => Self::Review,
            PurposeView::Carrier => Self::Carrier,
            PurposeView::Sourcing => Self::Sourcing,
        }
    }
}

impl From<RuleTable> for RuleTableView {
    fn from(table: RuleTable) -> Self {
        Self {
            id: table.id.to_string(),
            purpose: table.purpose.into(),
            number: table.number,
            state: match table.state {
                State::Draft => StateView::Draft,
                State::Shadow => StateView::Shadow,
                State::Live => StateView::Live,
                State::Retired => StateView::Retired,
            },
            note: table.note,
            definition: table.definition,
            live_at: table.live_at.map(|at| at.to_string()),
            follows: table.follows,
            version: table.version,
        }
    }
}

impl DefinitionBody {
    /// As it is stored.
    pub(super) fn stored(&self) -> Value {
        serde_json::to_value(self).expect("a definition is plain values with text keys")
    }
}
