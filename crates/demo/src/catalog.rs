//! What the shop sells: categories and products, from the text in `data/catalog.txt`.
//!
//! A family (a mug) times its axes (glaze, size) gives the products. Codes, barcodes and prices
//! depend on that text alone, so a SKU is the same in every demo.
//!
//! Start at [`Catalog::standard`].

mod parse;

use std::collections::HashMap;

use ordermill_base::Random;

use crate::Text;
use crate::art::Drawing;

/// Everything on sale.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// In the order of the shop's menu.
    pub categories: Vec<Category>,
    /// In the order of the categories, the variants of a family side by side.
    pub products: Vec<Product>,
    by_sku: HashMap<String, usize>,
    /// Popularity of each product and all before it.
    running: Vec<u64>,
}

/// A group of products in the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Three letters, the start of its SKUs.
    pub code: String,
    /// For addresses of pages.
    pub slug: String,
    /// Its name.
    pub name: Text,
    /// One sentence about it.
    pub blurb: Text,
}

/// One SKU: a unit that is stocked, counted and sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Stable code, such as `CER-MUG-MST-S35`: category, family, one part per axis.
    pub sku: String,
    /// GTIN-13 of the in-store range.
    pub gtin: String,
    /// Code of its [`Category`].
    pub category: String,
    /// Code of category and family; products of one family are variants on one page.
    pub family: String,
    /// Name of the family, without the variant.
    pub family_name: Text,
    /// What tells it from its siblings.
    pub variant: Text,
    /// Full name: family and variant.
    pub name: Text,
    /// A few sentences.
    pub description: Text,
    /// Price in fen, tax included.
    pub price_fen: i64,
    /// The price struck through, in fen; never below the price.
    pub list_price_fen: i64,
    /// What it cost us, in fen.
    pub cost_fen: i64,
    /// Weight with its own packing.
    pub weight_grams: i64,
    /// Length, width and height with its own packing.
    pub dimensions_mm: [i64; 3],
    /// What the warehouse must mind.
    pub handling: Handling,
    /// Days from packing to expiry; only lots of such goods have a date.
    pub shelf_life_days: Option<i64>,
    /// Which rate of value-added tax it bears.
    pub tax: TaxClass,
    /// At or below this quantity, order again.
    pub reorder_point: i64,
    /// Pieces kept back from sale against miscounts.
    pub safety_stock: i64,
    /// SKUs to offer in its place, best first.
    pub substitutes: Vec<String>,
    /// How often it is looked for, relative to the others.
    pub popularity: u64,
    /// How [`crate::art`] draws it.
    pub drawing: Drawing,
}

/// What the warehouse must mind about a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Handling {
    /// Breaks; needs padding.
    pub fragile: bool,
    /// Flammable or with a battery; ground transport, never with food.
    pub hazardous: bool,
    /// Does not fit the conveyor or a standard carton.
    pub oversized: bool,
    /// Kept in the cage and counted at every touch.
    pub high_value: bool,
    /// Kept in lots with an expiry date, first expired first out.
    pub perishable: bool,
}

/// Rates of value-added tax in mainland China.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaxClass {
    /// 13 %.
    Standard,
    /// 9 %: farm produce, feed, books.
    Reduced,
}

impl TaxClass {
    /// The rate in percent.
    pub const fn percent(self) -> i64 {
        match self {
            Self::Standard => 13,
            Self::Reduced => 9,
        }
    }
}

impl Catalog {
    /// The shop's catalog.
    ///
    /// # Panics
    /// If the text compiled into this crate is malformed, which its tests exclude.
    pub fn standard() -> Self {
        let axes = parse::axes(include_str!("../data/axes.txt"));
        let (categories, products) = parse::catalog(include_str!("../data/catalog.txt"), &axes);
        let by_sku =
            products.iter().enumerate().map(|(index, it)| (it.sku.clone(), index)).collect();
        let running = products
            .iter()
            .scan(0, |sum, it| {
                *sum += it.popularity;
                Some(*sum)
            })
            .collect();
        let mut catalog = Self { categories, products, by_sku, running };
        for index in 0..catalog.products.len() {
            catalog.products[index].substitutes = catalog.substitutes_for(index);
        }
        catalog
    }

    /// The product of a SKU.
    pub fn product(&self, sku: &str) -> Option<&Product> {
        self.by_sku.get(sku).map(|&index| &self.products[index])
    }

    /// The products of a category; none if there is no such category.
    pub fn of_category(&self, code: &str) -> &[Product] {
        let start = self.products.iter().position(|it| it.category == code).unwrap_or(0);
        let count = self.products[start..].iter().take_while(|it| it.category == code).count();
        &self.products[start..start + count]
    }

    /// A product by popularity, of a category or of all.
    pub(crate) fn pick(&self, category: Option<&str>, random: &mut Random) -> &Product {
        let wanted = |it: &Product| category.is_none_or(|code| it.category == code);
        let start = self.products.iter().position(wanted).unwrap_or(0);
        let end = self.products.iter().rposition(wanted).unwrap_or(self.products.len() - 1);
        let before = if start == 0 { 0 } else { self.running[start - 1] };
        let point = before + random.below(self.running[end] - before);
        &self.products[self.running.partition_point(|&sum| sum <= point)]
    }

    /// Up to three siblings, those of the nearest price first.
    fn substitutes_for(&self, index: usize) -> Vec<String> {
        let wanted = &self.products[index];
        let mut siblings: Vec<&Product> = self
            .products
            .iter()
            .filter(|other| other.family == wanted.family && other.sku != wanted.sku)
            .collect();
        siblings.sort_by_key(|other| (other.price_fen.abs_diff(wanted.price_fen), &other.sku));
        siblings.into_iter().take(3).map(|other| other.sku.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::gtin;

    #[test]
    fn a_real_shop_has_hundreds_of_products_in_a_dozen_categories() {
        let catalog = Catalog::standard();
        assert_eq!(catalog.categories.len(), 12);
        assert!(catalog.products.len() >= 300, "{}", catalog.products.len());
        for category in &catalog.categories {
            assert!(catalog.of_category(&category.code).len() >= 15, "{}", category.code);
        }
    }

    #[test]
    fn codes_and_barcodes_are_unique_and_valid() {
        let catalog = Catalog::standard();
        let (mut skus, mut gtins) = (HashSet::new(), HashSet::new());
        for product in &catalog.products {
            assert!(skus.insert(&product.sku), "{} twice", product.sku);
            assert!(gtins.insert(&product.gtin), "{} twice", product.gtin);
            let (body, check) = product.gtin.split_at(12);
            assert!(body.starts_with("29"), "{}", product.gtin);
            assert_eq!(gtin::check_digit(body).to_string(), check, "{}", product.gtin);
        }
    }

    #[test]
    fn every_text_is_written_in_both_languages() {
        let catalog = Catalog::standard();
        let of_products = catalog
            .products
            .iter()
            .flat_map(|it| [&it.name, &it.family_name, &it.variant, &it.description]);
        let of_categories = catalog.categories.iter().flat_map(|it| [&it.name, &it.blurb]);
        for text in of_products.chain(of_categories) {
            assert!(!text.zh.trim().is_empty() && !text.en.trim().is_empty(), "{text:?}");
            assert_ne!(text.zh, text.en);
            let is_han = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
            assert!(!text.en.chars().any(is_han), "Chinese in the English text: {text:?}");
        }
        let names: HashSet<_> = catalog.products.iter().map(|it| &it.name).collect();
        assert_eq!(names.len(), catalog.products.len(), "two products share a name");
    }

    #[test]
    fn prices_leave_a_margin_and_sizes_are_those_of_things() {
        for product in Catalog::standard().products {
            let sku = &product.sku;
            assert!((500..200_000).contains(&product.price_fen), "{sku}: {}", product.price_fen);
            assert!(product.list_price_fen >= product.price_fen, "{sku}");
            assert!(product.cost_fen > 0 && product.cost_fen * 10 < product.price_fen * 8, "{sku}");
            assert!((20..20_000).contains(&product.weight_grams), "{sku}");
            assert!(product.dimensions_mm.iter().all(|side| (10..2_000).contains(side)), "{sku}");
            assert!(product.reorder_point > product.safety_stock, "{sku}");
            assert_eq!(product.handling.perishable, product.shelf_life_days.is_some(), "{sku}");
        }
    }

    #[test]
    fn substitutes_are_on_sale_and_never_the_product_itself() {
        let catalog = Catalog::standard();
        for product in &catalog.products {
            assert!(!product.substitutes.is_empty(), "{}", product.sku);
            assert!(!product.substitutes.contains(&product.sku));
            assert!(product.substitutes.iter().all(|sku| catalog.product(sku).is_some()));
        }
    }

    #[test]
    fn every_way_of_handling_occurs() {
        let products = Catalog::standard().products;
        let count =
            |has: fn(Handling) -> bool| products.iter().filter(|it| has(it.handling)).count();
        assert!(count(|it| it.fragile) > 20);
        assert!(count(|it| it.hazardous) > 5);
        assert!(count(|it| it.oversized) > 5);
        assert!(count(|it| it.high_value) > 10);
        assert!(count(|it| it.perishable) > 40);
        assert!(products.iter().any(|it| it.tax == TaxClass::Reduced));
    }
}
