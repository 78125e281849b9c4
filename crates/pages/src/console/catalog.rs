//! The catalog, `/console/catalog`: SKUs, categories, locations, and files in and out.
//!
//! A SKU is at `/console/catalog/skus/{code}`, its form at `…/edit`; a new one at
//! `/console/catalog/new`.

pub mod list;
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
}

impl Part {
    /// Every part, in the order of the navigation.
    pub const ALL: [Self; 1] = [Self::Skus];

    fn view(self, t: Words) -> View {
        match self {
            Self::Skus => View::new("skus", t.catalog_skus(), HERE),
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
