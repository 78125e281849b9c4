//! What became of a file that was handed in.
#![expect(
    unused_qualifications,
    reason = "paths written by the macro that describes the operation"
)]

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use ordermill_app::Services;
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::ImportId;
use ordermill_storage::import::{self as runs, Import, Problem as Line};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::params::PathText;
use crate::problem::{FieldError, Problem};

/// Lines on one page at most.
const LIMIT_MAX: i64 = 1_000;
/// Lines that the report itself shows.
const SHOWN: i64 = 100;

/// A file that was handed in, and what became of it so far.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportView {
    /// Its key.
    pub id: String,
    /// What the file holds.
    #[schema(example = "orders")]
    pub kind: String,
    /// What the file is called.
    pub file_name: String,
    /// `done`, or `unfinished`: being taken in, or interrupted. Hand in the same file again to go on.
    pub state: &'static str,
    /// Orders of the file that are done with.
    pub looked_at: i64,
    /// Orders that were placed.
    pub created: i64,
    /// Orders that had come in before.
    pub unchanged: i64,
    /// Orders that could not be taken in.
    pub refused: i64,
    /// When it began.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it last went on.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// The first hundred lines that are wrong; `…/problems` has all of them.
    pub problems: Vec<LineProblem>,
}

/// A line that is wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineProblem {
    /// The line of the file, from 1.
    pub line: i64,
    /// The channel's order id, as far as it can be told.
    pub order: String,
    /// The column, or the path in the object.
    pub field: String,
    /// What is expected, without what stands there, in English.
    pub reason: String,
    /// The same as a stable code; empty for files of before there were any.
    #[schema(example = "one_of")]
    pub code: String,
    /// What the code is about.
    pub params: BTreeMap<String, String>,
}

/// A page of lines that are wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineProblemPage {
    /// In the order of the file.
    pub items: Vec<LineProblem>,
    /// The cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which lines are shown.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ProblemsQuery {
    /// Where the last page ended.
    #[param(max_length = 200)]
    cursor: Option<String>,
    /// Lines on the page.
    #[param(minimum = 1, maximum = 1000, default = 200)]
    limit: Option<i64>,
}

impl From<Line> for LineProblem {
    fn from(line: Line) -> Self {
        Self {
            line: line.line_no,
            order: line.code,
            field: line.field,
            reason: line.reason,
            code: line.reason_code,
            params: line.params,
        }
    }
}

impl ImportView {
    fn of(import: Import, problems: Vec<Line>) -> Self {
        Self {
            id: import.id.to_string(),
            kind: import.kind,
            file_name: import.file_name,
            state: if import.is_done { "done" } else { "unfinished" },
            looked_at: import.steps_done,
            created: import.counts.created,
            unchanged: import.counts.unchanged,
            refused: import.counts.refused,
            started_at: import.started_at.to_string(),
            updated_at: import.updated_at.to_string(),
            problems: problems.into_iter().map(Into::into).collect(),
        }
    }
}

/// Read what became of a file.
#[utoipa::path(
    get, path = "/api/v1/imports/{import_id}", tag = "imports", operation_id = "get_import",
    params(("import_id" = String, Path, description = "The import's id.", example = "imp_01k2ey4xh0000")),
    responses(
        (status = 200, description = "What became of it so far.", body = ImportView),
        (status = 401, description = "No key of this API.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks the scope orders:write.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such import, or not yours to know of.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded, or the database is away.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = [])),
)]
pub(crate) async fn get_import(
    State(services): State<Services>,
    caller: Caller,
    PathText(import_id): PathText,
) -> Result<Json<ImportView>, Problem> {
    caller.require(Scope::WriteOrders)?;
    load(&services, &caller, &import_id).await.map(Json)
}

/// List the lines of a file that are wrong.
#[utoipa::path(
    get, path = "/api/v1/imports/{import_id}/problems", tag = "imports",
    operation_id = "list_import_problems",
    params(
        ("import_id" = String, Path, description = "The import's id.", example = "imp_01k2ey4xh0000"),
        ProblemsQuery,
    ),
    responses(
        (status = 200, description = "A page.", body = LineProblemPage),
        (status = 400, description = "A parameter cannot be read.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key of this API.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks the scope orders:write.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such import, or not yours to know of.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is wrong.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded, or the database is away.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = [])),
)]
pub(crate) async fn list_import_problems(
    State(services): State<Services>,
    caller: Caller,
    PathText(import_id): PathText,
    query: Result<Query<ProblemsQuery>, QueryRejection>,
) -> Result<Json<LineProblemPage>, Problem> {
    caller.require(Scope::WriteOrders)?;
    let Query(query) = query.map_err(|rejection| {
        Problem::new(StatusCode::BAD_REQUEST, "parameters_unreadable", rejection.body_text())
    })?;
    let limit = query.limit.unwrap_or(200);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let error = FieldError::new("limit", "out_of_range", "expected 1 to 1000");
        return Err(Problem::invalid(vec![error]));
    }
    let (line, field) = match query.cursor.as_deref() {
        None => (0, String::new()),
        Some(cursor) => place(cursor)?,
    };
    let id = find(&services, &caller, &import_id).await?.id;
    let mut found = services
        .database()
        .read(move |tx| runs::problems(tx, id, (line, &field), limit + 1))
        .await?;
    let has_more = i64::try_from(found.len()).is_ok_and(|count| count > limit);
    if has_more {
        found.pop();
    }
    let next = found.last().filter(|_| has_more);
    let next = next.map(|last| format!("{}.{}", last.line_no, last.field));
    Ok(Json(LineProblemPage { items: found.into_iter().map(Into::into).collect(), next }))
}

/// The line and the column that a cursor stands for.
fn place(cursor: &str) -> Result<(i64, String), Problem> {
    let parts = cursor.split_once('.').filter(|(_, field)| !field.contains('\0'));
    let parts = parts.and_then(|(line, field)| Some((line.parse().ok()?, field.to_owned())));
    parts.ok_or_else(|| {
        let detail = "use the cursor of the page before, unchanged";
        Problem::new(StatusCode::BAD_REQUEST, "cursor_malformed", detail)
    })
}

/// The import of a path with the first of its problems, if the caller may know of it.
pub(super) async fn load(
    services: &Services,
    caller: &Caller,
    import_id: &str,
) -> Result<ImportView, Problem> {
    let import = find(services, caller, import_id).await?;
    let id = import.id;
    let problems =
        services.database().read(move |tx| runs::problems(tx, id, (0, ""), SHOWN)).await?;
    Ok(ImportView::of(import, problems))
}

async fn find(services: &Services, caller: &Caller, import_id: &str) -> Result<Import, Problem> {
    let not_found = || {
        let detail = format!("no import {}", import_id.escape_debug());
        Problem::new(StatusCode::NOT_FOUND, "import_not_found", detail)
    };
    let id: ImportId = import_id.parse().map_err(|_| not_found())?;
    let import = services.database().read(move |tx| runs::fetch(tx, id)).await?;
    let may_know =
        |import: &Import| caller.only_channel().is_none_or(|own| import.channel == Some(own));
    import.filter(may_know).ok_or_else(not_found)
}
