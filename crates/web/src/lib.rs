#![doc = include_str!("../README.md")]

mod choice;
pub mod console;
mod origin;
mod rate;
pub mod shop;
mod site;
mod stream;
mod tracking;
mod upload;
mod visit;

use axum::extract::DefaultBodyLimit;
use axum::{Router, middleware};
use ordermill_pages::shell::preferences;
use ordermill_pages::{assets, reply};

pub use site::Site;
pub use visit::Visit;

/// How large a form may be; the upload of a file has a limit of its own.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// Every address of shop and console, with their assets. What no address matches is the shop's page
/// for that.
pub fn router(site: Site) -> Router {
    Router::new()
        .merge(shop::router(site.clone()))
        .merge(console::router(&site))
        .merge(tracking::routes())
        .merge(choice::routes())
        .merge(assets::router())
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(middleware::from_fn(origin::own_forms_only))
        .layer(middleware::from_fn(preferences::remembered))
        .layer(middleware::from_fn(reply::secured))
        .layer(middleware::from_fn(ordermill_api::name_request))
        .with_state(site)
}
