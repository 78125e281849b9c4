//! The catalog, `/console/catalog`: SKUs, categories, locations, and files in and out.
//!
//! A SKU is at `/console/catalog/skus/{code}`, its form at `…/edit`; a new one at
//! `/console/catalog/new`.

pub mod categories;
pub mod files;
pub mod floor_plan;
pub mod layout;
pub mod list;
pub mod locations;
pub mod sku;
pub mod sku_form;

pub use list::{CatalogPage, SkuRow};
pub use sku::SkuPage;
pub use sku_form::SkuEntered;

use crate::ui::{View, Views};
use crate::words::Words;

/// The address of the list.
pub const HERE: &str = "/console/catalog";

/// A part of the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `/console/catalog`: what is stocked and sold.
    Skus,
    /// `/console/catalog/categories`: groups of it in the shop.
    Categories,
    /// `/console/catalog/locations`: where it lies.
    Locations,
    /// `/console/catalog/files`: all of it in and out.
    Files,
}

impl Part {
    /// Every part, in the order of the navigation.
    pub const ALL: [Self; 4] = [Self::Skus, Self::Categories, Self::Locations, Self::Files];

    fn view(self, t: Words) -> View {
        match self {
            Self::Skus => View::new("skus", t.catalog_skus(), HERE),
            Self::Categories => {
                View::new("categories", t.categories_title(), "/console/catalog/categories")
            }
            Self::Locations => {
                View::new("locations", t.locations_title(), "/console/catalog/locations")
            }
            Self::Files => View::new("files", t.files_title(), "/console/catalog/files"),
        }
    }
}

/// The navigation between the parts.
pub fn parts(current: Part, t: Words) -> Views {
    let views = Part::ALL
        .into_iter()
        .map(|part| View { is_current: part == current, ..part.view(t) })
        .collect();
    Views { label: t.catalog_parts().into(), views, region: "" }
}

crate::words! {
    catalog_parts = "商品分类导航", "Parts of the catalog";
    catalog_skus = "商品", "SKUs";
}
