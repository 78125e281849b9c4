//! Categories: groups of SKUs in the shop.

use serde::Serialize;

use crate::ids::CategoryId;
use crate::sku::{Invalid, check_code, check_name};
use crate::text::Text;

/// A group of SKUs in the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Category {
    /// Its key.
    #[serde(skip)]
    pub id: CategoryId,
    /// Its short code, in files and APIs.
    pub code: String,
    /// For addresses of pages; empty: the code is used.
    pub slug: String,
    /// Its name.
    pub name: Text,
    /// One sentence about it.
    pub about: Text,
    /// Its place in the menu, from the smallest.
    pub position: i64,
    /// Grows with every change.
    #[serde(skip)]
    pub version: i64,
}

impl Category {
    /// Everything that is wrong with it.
    pub fn check(&self) -> Result<(), Vec<Invalid>> {
        let mut wrong = Vec::new();
        check_code(&self.code, &mut wrong);
        check_name(&self.name, &mut wrong);
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}
