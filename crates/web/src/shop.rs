//! The shop at `/`: one file for each page, and what they share.
//!
//! Start at [`here`]: who is here, with which cart. A handler gives a page or a [`Trouble`]; the
//! layer [`trouble::shown`] makes a page of the latter.

mod art;
mod cart;
mod checkout;
mod goods;
mod guest;
mod here;
mod home;
mod listing;
mod live;
mod order;
mod orders;
mod pay;
mod price;
mod product;
mod sign_in;
mod trouble;

pub(crate) use goods::art_of;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};

use self::here::Here;
use self::trouble::Trouble;
use crate::Site;

/// What a handler answers.
type Answer = Result<Response, Trouble>;

/// The addresses of the shop.
pub(crate) fn router(site: Site) -> Router<Site> {
    let pages = Router::new()
        .merge(home::routes())
        .merge(listing::routes())
        .merge(product::routes())
        .merge(cart::routes())
        .merge(checkout::routes())
        .merge(orders::routes())
        .merge(order::routes())
        .merge(live::routes())
        .merge(pay::routes())
        .merge(sign_in::routes())
        .fallback(nothing_here)
        .layer(middleware::from_fn_with_state(site, trouble::shown));
    art::routes().merge(pages)
}

/// What an address that does not exist is answered.
async fn nothing_here(_: State<Site>) -> Response {
    Trouble::NotFound.into_response()
}
