//! Versions of rules: listing, drafting, editing, trying.
#![expect(
    unused_qualifications,
    reason = "paths written by the macro that describes the operation"
)]

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::once::once;
use ordermill_app::rule_table::{Written, draft, edit, step};
use ordermill_domain::ids::RuleTableId;
use ordermill_domain::rule_table::{Purpose, RuleTable, Step};
use ordermill_storage::{Tx, rule_table};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::view::{DefinitionBody, PurposeView, RuleTableView};
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::created::{Created, created_once};
use crate::cursor;
use crate::etag::{IfMatch, etag};
use crate::idempotency::key_of;
use crate::params::{Page, Params, PathId, limit, not_found};
use crate::problem::Problem;

/// Which versions, and which page of them.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// What they decide about.
    #[serde(default = "review")]
    #[param(inline, default = "review")]
    pub purpose: PurposeView,
    /// Where the last page ended: its `next`, unchanged.
    #[param(max_length = 100)]
    pub cursor: Option<String>,
    /// Versions on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<i64>,
}

const fn review() -> PurposeView {
    PurposeView::Review
}

/// A version of rules to be drafted.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRuleTable)]
pub struct NewRuleTable {
    /// What it decides about.
    pub purpose: PurposeView,
    /// What is new in it.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub note: String,
    /// Its rules.
    pub definition: DefinitionBody,
}

/// A draft as it is to be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RuleTableEdit)]
pub struct RuleTableEdit {
    /// What is new in it.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub note: String,
    /// Its rules.
    pub definition: DefinitionBody,
}

/// What is done with a version.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RuleTableStep)]
pub struct StepBody {
    /// Which step.
    pub step: StepView,
}

/// A step that one person takes alone.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleTableStepKind)]
pub enum StepView {
    /// It begins to decide beside the version in force.
    StartShadow,
    /// It ends to do so, and may be edited again.
    StopShadow,
    /// It is given up.
    Retire,
}

fn shown(table: RuleTable) -> Response {
    ([etag(table.version)], Json(RuleTableView::from(table))).into_response()
}

/// List versions of rules.
///
/// The newest first.
#[utoipa::path(
    get, path = "/api/v1/rule-tables", tag = "rules", operation_id = "list_rule_tables",
    params(ListQuery),
    responses((status = 200, description = "A page.", body = Page<RuleTableView>)),
)]
pub async fn list_rule_tables(
    State(services): State<Services>,
    Params(query): Params<ListQuery>,
) -> Result<Json<Page<RuleTableView>>, Problem> {
    let limit = limit(query.limit)?;
    let before = query.cursor.as_deref().map(cursor::read::<i64>).transpose()?;
    let purpose: Purpose = query.purpose.into();
    let list = move |tx: &mut Tx<'_>| rule_table::list(tx, purpose, before, limit + 1);
    let found = services.database().read(list).await?;
    Ok(Json(Page::of(found, limit, |last| last.number.to_string(), RuleTableView::from)))
}

/// Read a version of rules.
#[utoipa::path(
    get, path = "/api/v1/rule-tables/{table_id}", tag = "rules", operation_id = "get_rule_table",
    params(("table_id" = String, Path, description = "Its id.", example = "rul_01k2ey4xh0000")),
    responses((status = 200, description = "It; its version is in ETag.", body = RuleTableView)),
)]
pub async fn get_rule_table(
    State(services): State<Services>,
    PathId(id): PathId<RuleTableId>,
) -> Result<Response, Problem> {
    let found = services.database().read(move |tx| rule_table::fetch(tx, id)).await?;
    found.map(shown).ok_or_else(|| not_found("version of rules"))
}

/// Draft a version of rules.
///
/// It is compiled, and kept only if nothing is wrong with it: `errors` names each rule, its field and
/// the place in a condition. It decides nothing yet.
#[utoipa::path(
    post, path = "/api/v1/rule-tables", tag = "rules", operation_id = "draft_rule_table",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128)),
    request_body = NewRuleTable,
    responses((status = 201, description = "It is there.", body = Created)),
)]
pub async fn draft_rule_table(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody<NewRuleTable>,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, "POST /rule-tables", body.digest)?;
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let NewRuleTable { purpose, note, definition } = body.value;
    let written = Written { note, definition: definition.stored() };
    let make = move |tx: &mut Tx<'_>| {
        once(tx, &key, act.at, |tx| {
            draft(tx, &principal, &act, purpose.into(), written.clone()).map(|it| (it.id, ()))
        })
    };
    let made = services.database().write(make).await?;
    Ok(created_once("/api/v1/rule-tables", &made))
}

/// Edit a draft of rules.
#[utoipa::path(
    put, path = "/api/v1/rule-tables/{table_id}", tag = "rules", operation_id = "edit_rule_table",
    params(
        ("table_id" = String, Path, description = "Its id.", example = "rul_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = RuleTableEdit,
    responses(
        (status = 200, description = "As it is now.", body = RuleTableView),
        (status = 409, description = "It is no draft: something was or is decided by it.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn edit_rule_table(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<RuleTableId>,
    IfMatch(version): IfMatch,
    body: JsonBody<RuleTableEdit>,
) -> Result<Response, Problem> {
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let RuleTableEdit { note, definition } = body.value;
    let written = Written { note, definition: definition.stored() };
    let work = move |tx: &mut Tx<'_>| edit(tx, &principal, &act, (id, version), written.clone());
    Ok(shown(services.database().write(work).await?))
}

/// Try a version of rules, or give it up.
///
/// What is in force is not touched.
#[utoipa::path(
    post, path = "/api/v1/rule-tables/{table_id}/steps", tag = "rules", operation_id = "step_rule_table",
    params(
        ("table_id" = String, Path, description = "Its id.", example = "rul_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = StepBody,
    responses(
        (status = 200, description = "As it is now.", body = RuleTableView),
        (status = 409, description = "It has no such step, or another version is on trial.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn step_rule_table(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<RuleTableId>,
    IfMatch(version): IfMatch,
    body: JsonBody<StepBody>,
) -> Result<Response, Problem> {
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let wanted = match body.value.step {
        StepView::StartShadow => Step::StartShadow,
        StepView::StopShadow => Step::StopShadow,
        StepView::Retire => Step::Retire,
    };
    let work = move |tx: &mut Tx<'_>| step(tx, &principal, &act, (id, version), wanted);
    let table = services.database().write(work).await?;
    services.catalog_changed().await;
    Ok(shown(table))
}
