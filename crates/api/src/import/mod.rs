//! Files handed in through the API.

pub mod read;
pub mod upload;

use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Extension, Router};
use ordermill_app::Services;

/// The addresses of imports, with a limit of their own for what is handed in.
pub(crate) fn routes(services: Services) -> Router {
    let upload = Router::new()
        .route("/api/v1/imports/orders", post(upload::import_orders))
        .layer(DefaultBodyLimit::max(upload::FILE_BYTES_MAX))
        .layer(Extension(upload::Places::default()));
    Router::new()
        .route("/api/v1/imports/{import_id}", get(read::get_import))
        .route("/api/v1/imports/{import_id}/problems", get(read::list_import_problems))
        .merge(upload)
        .with_state(services)
}
