//! Tables of rules: versions, trials, and what is in force.

pub mod force;
pub mod keep;
pub mod trial;
pub mod tried;
pub mod view;

use axum::http::StatusCode;
use ordermill_app::rule_table::{Flaw, RulesError};
use ordermill_domain::api_key::Scope;

use crate::etag;
use crate::gate::Needs;
use crate::params::not_found;
use crate::problem::{FieldError, Problem};
use crate::routes::Routes;

/// The addresses of the rules.
pub(crate) fn routes(routes: Routes) -> Routes {
    // Rules concern every channel, and tell a fraudster what to avoid.
    let needs = Needs::WholeKey(Scope::WriteRules);
    routes
        .get("/api/v1/rule-tables", needs, keep::list_rule_tables)
        .post("/api/v1/rule-tables", needs, keep::draft_rule_table)
        .post("/api/v1/rule-tables/roll-back", needs, force::roll_back_rules)
        .get("/api/v1/rule-tables/{table_id}", needs, keep::get_rule_table)
        .put("/api/v1/rule-tables/{table_id}", needs, keep::edit_rule_table)
        .post("/api/v1/rule-tables/{table_id}/steps", needs, keep::step_rule_table)
        .post("/api/v1/rule-tables/{table_id}/go-live", needs, force::put_rules_in_force)
        .post("/api/v1/rule-tables/{table_id}/dry-run", needs, trial::dry_run_rules)
        .get("/api/v1/rule-tables/{table_id}/differences", needs, trial::list_rule_differences)
}

impl From<&Flaw> for FieldError {
    fn from(flaw: &Flaw) -> Self {
        let field = match (flaw.rule, flaw.place.code()) {
            (None, _) => "/definition".to_owned(),
            (Some(rule), "") => format!("/definition/rules/{rule}"),
            (Some(rule), place) => format!("/definition/rules/{rule}/{place}"),
        };
        let detail = match flaw.position {
            Some(at) => format!("line {}, column {}: {}", at.line, at.column, flaw.message),
            None => flaw.message.clone(),
        };
        Self::new(field, "invalid", detail)
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<RulesError> for Problem {
    fn from(error: RulesError) -> Self {
        use RulesError as E;
        let conflict = |code| Self::new(StatusCode::CONFLICT, code, &error);
        match &error {
            E::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            E::NotFound => not_found("version of rules"),
            E::Changed { .. } => etag::changed(&error),
            E::Flawed(flaws) => Self::invalid(flaws.iter().map(FieldError::from).collect()),
            E::Note => {
                Self::invalid(vec![FieldError::new("/note", "out_of_range", error.to_string())])
            }
            E::NeedsReason => {
                Self::invalid(vec![FieldError::new("/reason", "out_of_range", error.to_string())])
            }
            E::NotEditable | E::Transition(_) | E::AnotherOnTrial(_) | E::NoWayBack => {
                conflict("step_not_allowed")
            }
            E::AnotherWaits(_) => conflict("approval_awaited"),
            E::Storage(_) => match error {
                E::Storage(error) => error.into(),
                other => Self::internal(&other),
            },
        }
    }
}
