//! The catalog: SKUs with their facts, prices and pictures, categories, locations, and all of it as
//! files.
//!
//! Whoever works with goods may read it; changing it is the right to change rules and prices.

mod categories;
mod files;
mod layout;
mod list;
mod locations;
mod sku;
mod sku_form;
mod sourcing;

use axum::extract::DefaultBodyLimit;
use ordermill_domain::role::Permission;
use ordermill_domain::sku::Sku;
use ordermill_pages::Words;
use ordermill_pages::ui::Choice;

use super::desk::Desk;
use super::route::{Needs, Routes};
use crate::upload;

/// What reading the catalog asks for.
pub(super) const READ: Needs = Needs::AnyOf(&[Permission::ChangeRules, Permission::AdjustStock]);
/// What changing it asks for.
const CHANGE: Needs = Needs::Right(Permission::ChangeRules);

/// The address of the list.
const HERE: &str = "/console/catalog";

pub(super) fn routes() -> Routes {
    Routes::default()
        .merge(list::routes())
        .merge(sku::routes())
        .merge(sku_form::routes())
        .merge(categories::routes())
        .merge(locations::routes())
        .merge(layout::routes())
        .merge(sourcing::routes())
        .merge(files::routes())
}

/// The address of a SKU's page. Codes may have any letters, also those that mean something in
/// addresses.
pub(super) fn href_of(code: &str) -> String {
    format!("{HERE}/skus/{}", segment(code))
}

/// The address of a location's page.
pub(super) fn location_href(code: &str) -> String {
    locations::href_of(code)
}

/// Where all planned work of a location is sourced again.
pub(super) fn pool_href(code: &str) -> String {
    format!("{}/pool", locations::href_of(code))
}

/// A text as one part of a path.
pub(super) fn segment(text: &str) -> String {
    super::sign_in::encoded(text).replace('/', "%2F")
}

/// The address of a SKU's picture: by its digest, or drawn for its code.
pub(super) fn art_of(sku: &Sku) -> String {
    match &sku.art {
        Some(name) if ordermill_app::catalog::image::is_name(name) => format!("/art/{name}"),
        _ => format!("/art/{}.svg", segment(&sku.code)),
    }
}

fn name_of(sku: &Sku, t: Words) -> &str {
    t.pick(sku.name.zh(), sku.name.en())
}

impl Desk {
    /// The categories of the shop, to choose from.
    fn category_choices(&self) -> Vec<Choice> {
        let (catalog, t) = (self.site.services().catalog(), self.t());
        let choice = |category: &std::sync::Arc<ordermill_app::catalog::Category>| {
            Choice::new(category.code.clone(), t.pick(category.name.zh(), category.name.en()))
        };
        catalog.categories().iter().map(choice).collect()
    }

    /// The locations of the shop, to choose from.
    fn place_choices(&self) -> Vec<Choice> {
        let (catalog, t) = (self.site.services().catalog(), self.t());
        let choice = |location: &std::sync::Arc<ordermill_app::catalog::Location>| {
            let name = t.pick(location.name.zh(), location.name.en());
            Choice::new(location.code.clone(), format!("{} · {name}", location.code))
        };
        catalog.locations().iter().map(choice).collect()
    }

    /// Whether they may change the catalog.
    fn may_change_catalog(&self) -> bool {
        CHANGE.check(&self.member).is_ok()
    }
}

/// How large a form with a picture may be.
fn picture_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(ordermill_domain::image::BYTES_MAX + upload::AROUND_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_with_any_letters_has_an_address() {
        assert_eq!(href_of("A-1"), "/console/catalog/skus/A-1");
        assert_eq!(href_of("茶/1?#"), "/console/catalog/skus/%E8%8C%B6%2F1%3F%23");
    }
}
