//! The console at `/console`.

use axum::Router;

use crate::Site;

/// The addresses of the console, without `/console` in front.
pub(crate) fn router() -> Router<Site> {
    Router::new()
}
