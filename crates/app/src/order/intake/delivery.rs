//! How the buyer wants an order brought: only what a carrier of the shop offers there can be promised.

use ordermill_domain::address::Recipient;
use ordermill_domain::carrier::ServiceKind;

use super::{FieldIssue, NewOrder, issue};
use crate::carrier::choose::Place;
use crate::catalog::Catalog;

/// The field where the wish stands.
pub const FIELD: &str = "delivery_service";

/// What is wrong with the wish of an order, once it is known where that goes.
pub(super) fn check(
    catalog: &Catalog,
    new: &NewOrder,
    recipient: Option<&Recipient>,
) -> Option<FieldIssue> {
    let (wish, recipient) = (new.service_wish?, recipient?);
    let place = Place::of(&recipient.address);
    not_offered(wish, &catalog.offered.kinds((&place).into(), new.currency))
}

/// What is wrong with a wish where these services are offered.
pub(crate) fn not_offered(wish: ServiceKind, offered: &[ServiceKind]) -> Option<FieldIssue> {
    let codes: Vec<&str> = offered.iter().map(|kind| kind.code()).collect();
    let there = if codes.is_empty() { "none".to_owned() } else { codes.join(", ") };
    let detail = format!("no carrier of the shop offers {wish} there; offered: {there}");
    (!offered.contains(&wish)).then(|| issue(FIELD, "not_offered", detail))
}
