//! Files handed in through the API.

pub mod read;
pub mod upload;

use axum::Extension;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;
use ordermill_domain::api_key::Scope;

use crate::gate::Needs;
use crate::routes::Routes;

/// The addresses of imports, with a limit of their own for what is handed in.
pub(crate) fn routes(routes: Routes) -> Routes {
    let write = Needs::Key(Scope::WriteOrders);
    let upload = post(upload::import_orders)
        .layer::<_, std::convert::Infallible>(DefaultBodyLimit::max(upload::FILE_BYTES_MAX))
        .layer(Extension(upload::Places::default()));
    routes
        .add("post", "/api/v1/imports/orders", write, upload)
        .get("/api/v1/imports/{import_id}", write, read::get_import)
        .get("/api/v1/imports/{import_id}/problems", write, read::list_import_problems)
}
