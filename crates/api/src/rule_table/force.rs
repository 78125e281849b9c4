//! Putting rules in force, and going back.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::approval::Decision;
use ordermill_app::rule_table::{put_in_force, roll_back};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::RuleTableId;
use ordermill_storage::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{PurposeView, RuleTableView};
use crate::approval::{self, ApprovalView};
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::etag::{IfMatch, etag};
use crate::params::PathId;
use crate::problem::Problem;

/// Why a version is to be put in force.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RulesGoLive)]
pub struct GoLiveBody {
    /// In words for the journal and for who approves it; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Which rules are to go back, and why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RulesRollBack)]
pub struct RollBackBody {
    /// What they decide about.
    pub purpose: PurposeView,
    /// The number of the version that is in force and shall not be.
    #[schema(minimum = 1)]
    pub from_number: i64,
    /// Why, in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// What is in force now.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RulesInForce)]
pub struct InForceView {
    /// Its number; 0 is what is built in.
    pub number: i64,
    /// It; absent for what is built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<RuleTableView>,
}

/// Put a version of rules in force.
///
/// It takes two: the answer is 202 with the request that a second person approves.
#[utoipa::path(
    post, path = "/api/v1/rule-tables/{table_id}/go-live", tag = "rules", operation_id = "put_rules_in_force",
    params(
        ("table_id" = String, Path, description = "Its id.", example = "rul_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = GoLiveBody,
    responses(
        (status = 200, description = "It is in force.", body = RuleTableView),
        (status = 202, description = "A second person has to approve it; Location is the request.", body = ApprovalView),
        (status = 409, description = "It cannot be put in force from where it stands, or another request about these rules waits.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn put_rules_in_force(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<RuleTableId>,
    IfMatch(version): IfMatch,
    body: JsonBody<GoLiveBody>,
) -> Result<Response, Problem> {
    let reason = crate::body::reason(body.value.reason)?;
    let act = Act { reason: Some(reason), ..caller.act(&services) };
    let principal = caller.principal().clone();
    let work = move |tx: &mut Tx<'_>| put_in_force(tx, &principal, &act, (id, version));
    match services.database().write(work).await? {
        Decision::Done(table) => {
            services.catalog_changed().await;
            let tag = [etag(table.version)];
            Ok((tag, Json(RuleTableView::from(table))).into_response())
        }
        Decision::AwaitsApproval(task) => approval::awaited(&services, task).await,
    }
}

/// Go back to the rules that were in force before.
///
/// At once and without a second person, who approved them when they were put in force. Repeating the
/// call is harmless: `from_number` is in force no more then.
#[utoipa::path(
    post, path = "/api/v1/rule-tables/roll-back", tag = "rules", operation_id = "roll_back_rules",
    request_body = RollBackBody,
    responses(
        (status = 200, description = "What is in force now.", body = InForceView),
        (status = 409, description = "Another version is in force, or there is nothing to go back to.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn roll_back_rules(
    State(services): State<Services>,
    caller: Caller,
    body: JsonBody<RollBackBody>,
) -> Result<Json<InForceView>, Problem> {
    let RollBackBody { purpose, from_number, reason } = body.value;
    let reason = crate::body::reason(reason)?;
    let act = Act { reason: Some(reason), ..caller.act(&services) };
    let principal = caller.principal().clone();
    let work = move |tx: &mut Tx<'_>| roll_back(tx, &principal, &act, purpose.into(), from_number);
    let table = services.database().write(work).await?;
    services.catalog_changed().await;
    let number = table.as_ref().map_or(0, |table| table.number);
    Ok(Json(InForceView { number, table: table.map(RuleTableView::from) }))
}
