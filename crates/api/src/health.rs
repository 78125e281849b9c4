//! Whether the process lives, and whether it can do its work.

use axum::Json;
use axum::extract::State;
use ordermill_app::Services;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;

/// A node that is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`; anything else is a problem.
    pub status: &'static str,
}

/// Whether the process lives.
#[utoipa::path(
    get, path = "/health/live", tag = "health", operation_id = "live",
    responses((status = 200, description = "It lives.", body = Health)),
)]
pub async fn live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Whether the node can serve: the database answers and the process is not stopping.
#[utoipa::path(
    get, path = "/health/ready", tag = "health", operation_id = "ready",
    responses(
        (status = 200, description = "It can serve.", body = Health),
        (status = 503, description = "Stopping, or the database is away.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn ready(State(services): State<Services>) -> Result<Json<Health>, Problem> {
    if services.is_stopping() {
        let error = ordermill_storage::Error::Unavailable(None);
        return Err(error.into());
    }
    let ask = services.database().read(ordermill_storage::journal::end);
    match tokio::time::timeout(std::time::Duration::from_secs(2), ask).await {
        Ok(answer) => answer.map(|_| Json(Health { status: "ok" })).map_err(Problem::from),
        Err(_) => Err(ordermill_storage::Error::Unavailable(None).into()),
    }
}
