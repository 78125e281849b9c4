//! The console at `/console`.
//!
//! Each file is a page: its addresses with what each asks of whoever comes ([`route::Needs`]), its
//! handlers, its forms. What is not named there is answered like what does not exist.

mod account;
mod admin;
mod approvals;
mod bench;
mod catalog;
mod dashboard;
mod desk;
mod disputes;
mod home;
mod live;
mod logistics;
mod merge;
mod order;
mod orders;
mod pairs;
mod paper;
mod pda;
mod people;
mod promotions;
mod review;
mod route;
mod search;
mod sign_in;
mod sourcing;
mod split;
mod stock;
mod tasks;
mod told;
mod trouble;
mod warehouse;
mod work;

use axum::{Router, middleware};

use self::route::Routes;
pub use self::route::{Known, Needs};
use crate::Site;

/// Every page of the console.
fn routes() -> Routes {
    Routes::default()
        .merge(account::routes())
        .merge(admin::routes())
        .merge(approvals::routes())
        .merge(catalog::routes())
        .merge(dashboard::routes())
        .merge(disputes::routes())
        .merge(home::routes())
        .merge(live::routes())
        .merge(logistics::routes())
        .merge(order::routes())
        .merge(orders::routes())
        .merge(paper::routes())
        .merge(pda::routes())
        .merge(promotions::routes())
        .merge(review::routes())
        .merge(search::routes())
        .merge(sign_in::routes())
        .merge(sourcing::routes())
        .merge(split::routes())
        .merge(merge::routes())
        .merge(stock::routes())
        .merge(tasks::routes())
        .merge(warehouse::routes())
        .merge(bench::routes())
        .merge(work::routes())
}

/// The addresses of the console. Who comes is looked up once for each request; what did not work is
/// explained in the visitor's language.
pub(crate) fn router(site: &Site) -> Router<Site> {
    let around = middleware::from_fn_with_state(site.clone(), desk::around);
    routes().into_router().layer(around)
}

/// Every address of the console with what it asks of whoever comes.
pub fn known() -> Vec<Known> {
    routes().into_known()
}
