//! The search in the header: a number opens its order, anything else becomes a list.

use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use ordermill_app::order::sight::Sight;
use ordermill_domain::order::OrderNumber;
use ordermill_pages::console::order::href;
use serde::Deserialize;

use super::desk::Desk;
use super::route::{Needs, Routes};
use super::sign_in::encoded;
use super::trouble::Trouble;

pub(super) fn routes() -> Routes {
    Routes::default().get("/console/search", Needs::SignIn, search)
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

async fn search(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let q = asked.q.trim();
    let to = if Sight::of(&desk.member.principal).is_err() {
        "/console".to_owned()
    } else if let Ok(number) = OrderNumber::parse(q) {
        href(&number.to_string())
    } else {
        format!("/console/orders?q={}", encoded(q))
    };
    Ok(Redirect::to(&to).into_response())
}
