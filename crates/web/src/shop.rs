//! The shop at `/`.

use axum::Router;

use crate::Site;

/// The addresses of the shop.
pub(crate) fn router() -> Router<Site> {
    Router::new()
}
