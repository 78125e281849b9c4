//! Orders that a browser may see without an account: by the token of each, in one cookie.

use axum::response::{IntoResponse, Response};
use ordermill_app::shopper::{guest, guest_token};
use ordermill_base::Span;
use ordermill_domain::ids::OrderId;

use super::Here;

/// Orders that a browser remembers, the latest.
const REMEMBERED_MAX: usize = 12;
const REMEMBERED_FOR: Span = Span::days(180);

/// The answer with which the browser may see this order from now on, whoever is signed in.
pub(super) fn remembering(here: &Here, order: OrderId, response: impl IntoResponse) -> Response {
    let token = guest_token(here.services().vault(), order, here.now);
    keeping(here, order, &token, response)
}

/// As [`remembering`], with the token of a link.
pub(super) fn keeping(
    here: &Here,
    order: OrderId,
    token: &str,
    response: impl IntoResponse,
) -> Response {
    let name = cookie(here);
    let known = pairs(here).filter(|(known, _)| *known != order);
    let all = std::iter::once((order, token.to_owned()))
        .chain(known.map(|(order, token)| (order, token.to_owned())));
    let value: Vec<String> =
        all.take(REMEMBERED_MAX).map(|(order, token)| format!("{order}~{token}")).collect();
    let pair = format!("{name}={}", value.join("."));
    here.with_cookie(&pair, Some(REMEMBERED_FOR.as_seconds()), response)
}

/// Whether the browser has this order's token.
pub(super) fn knows(here: &Here, order: OrderId) -> bool {
    pairs(here).any(|(known, token)| {
        known == order && guest(here.services().vault(), order, token, here.now).is_some()
    })
}

/// The orders that the browser has tokens of, the latest first.
pub(super) fn known(here: &Here) -> Vec<OrderId> {
    pairs(here).map(|(order, _)| order).filter(|order| knows(here, *order)).collect()
}

fn pairs(here: &Here) -> impl Iterator<Item = (OrderId, &str)> {
    let value = here.visit.cookie(cookie(here)).unwrap_or_default();
    value.split('.').take(REMEMBERED_MAX).filter_map(|pair| {
        let (order, token) = pair.split_once('~')?;
        Some((order.parse().ok()?, token))
    })
}

fn cookie(here: &Here) -> &'static str {
    if here.site.is_secure() { "__Host-ordermill-orders" } else { "ordermill-orders" }
}
