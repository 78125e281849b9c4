//! `/console`: leads to the first page that someone may see. Below it, what does not exist.

use axum::response::Redirect;

use super::desk::Desk;
use super::route::{Needs, Routes};
use super::trouble::Trouble;

pub(super) fn routes() -> Routes {
    Routes::default().get("/console", Needs::SignIn, home).get(
        "/console/{*rest}",
        Needs::SignIn,
        nothing,
    )
}

async fn home(desk: Desk) -> Redirect {
    let t = desk.t();
    let first = desk.frame(ordermill_pages::console::Section::Account).allowed.first().copied();
    Redirect::to(first.map_or("/console/account", |section| section.link(&t).0))
}

async fn nothing() -> Trouble {
    Trouble::NotFound
}
