//! A SKU as a body describes it: a new one, and an edit.

use std::collections::BTreeMap;

use ordermill_base::{Currency, Money};
use ordermill_domain::ids::SkuId;
use ordermill_domain::pricing::TaxClass;
use ordermill_domain::sku::Sku;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::{TextView, check_lengths, check_texts, wrong};
use super::HandlingView;
use crate::money::AmountBody;
use crate::problem::{FieldError, Problem};

/// The fields that a new SKU and an edit have in common, beside those in the braces. (Not a struct
/// of its own: unknown fields could then not be refused.)
macro_rules! sku_body {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)+
            /// Its barcode: a GTIN of 8, 12, 13 or 14 digits. Empty takes it away.
            #[schema(max_length = 14, example = "6901234567892")]
            pub gtin: Option<String>,
            /// What a buyer wants to know.
            pub description: Option<TextView>,
            /// Variants of one product share it.
            #[schema(max_length = 64)]
            pub family: Option<String>,
            /// What makes it different from the others of its family.
            pub variant: Option<TextView>,
            /// The price struck through beside it, an exact decimal. Empty takes it away.
            #[schema(max_length = 20)]
            pub list_price: Option<String>,
            /// All prices in other currencies than the shop's; those that are left out go.
            #[schema(max_items = 8)]
            pub prices: Option<Vec<AmountBody>>,
            /// `standard`, `reduced`, `low` or `exempt`.
            #[schema(max_length = 20, example = "standard")]
            pub tax_class: Option<String>,
            /// With its packing.
            #[schema(minimum = 0, maximum = 10_000_000)]
            pub weight_grams: Option<u32>,
            /// Length, width, height.
            #[schema(min_items = 3, max_items = 3)]
            pub dimensions_mm: Option<Vec<u32>>,
            /// What the warehouse and carriers must mind.
            pub handling: Option<HandlingView>,
            /// Days from packing to the last day of sale; 0 takes it away.
            #[schema(minimum = 0, maximum = 36_500)]
            pub shelf_life_days: Option<i64>,
            /// Whether it is on sale.
            pub is_active: Option<bool>,
            /// With fewer pieces than this it is ordered anew.
            #[schema(minimum = 0, maximum = 1_000_000)]
            pub reorder_point: Option<i64>,
            /// What can be offered in its place, best first.
            #[schema(max_items = 10)]
            pub substitutes: Option<Vec<String>>,
        }

        impl $name {
            pub(super) fn fields(&self, name: Option<TextView>) -> SkuFields {
                SkuFields {
                    gtin: self.gtin.clone(),
                    name,
                    description: self.description.clone(),
                    family: self.family.clone(),
                    variant: self.variant.clone(),
                    list_price: self.list_price.clone(),
                    prices: self.prices.clone(),
                    tax_class: self.tax_class.clone(),
                    weight_grams: self.weight_grams,
                    dimensions_mm: self.dimensions_mm.clone(),
                    handling: self.handling,
                    shelf_life_days: self.shelf_life_days,
                    is_active: self.is_active,
                    reorder_point: self.reorder_point,
                    substitutes: self.substitutes.clone(),
                }
            }
        }
    };
}

sku_body! {
    /// A SKU to be taken into the catalog. Amounts are in the currency of the shop.
    NewSku {
        /// Its short code, unique.
        #[schema(min_length = 1, max_length = 64)]
        code: String,
        /// The category it is in.
        #[schema(max_length = 40, example = "cat_01k2ey4xh0000")]
        category_id: String,
        /// What one piece costs, an exact decimal.
        #[schema(max_length = 20, example = "59.00")]
        price: String,
        /// Its name.
        name: TextView,
    }
}

sku_body! {
    /// Fields of a SKU that are to change; others stay.
    SkuEdit {
        /// Its short code, unique.
        #[schema(min_length = 1, max_length = 64)]
        code: Option<String>,
        /// The category it is in.
        #[schema(max_length = 40, example = "cat_01k2ey4xh0000")]
        category_id: Option<String>,
        /// What one piece costs, an exact decimal.
        #[schema(max_length = 20, example = "59.00")]
        price: Option<String>,
        /// Its name.
        name: Option<TextView>,
    }
}

/// What a SKU has beside its code, category and price.
pub(super) struct SkuFields {
    gtin: Option<String>,
    name: Option<TextView>,
    description: Option<TextView>,
    family: Option<String>,
    variant: Option<TextView>,
    list_price: Option<String>,
    prices: Option<Vec<AmountBody>>,
    tax_class: Option<String>,
    weight_grams: Option<u32>,
    dimensions_mm: Option<Vec<u32>>,
    handling: Option<HandlingView>,
    shelf_life_days: Option<i64>,
    is_active: Option<bool>,
    reorder_point: Option<i64>,
    substitutes: Option<Vec<String>>,
}

const GRAMS_MAX: u32 = 10_000_000;
const MILLIMETERS_MAX: u32 = 100_000;

impl SkuFields {
    /// Checks what the types do not, and gives the change to make.
    pub(super) fn into_change(
        self,
        shop: Money,
    ) -> Result<impl Fn(&mut Sku) + Clone + Send, Problem> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        check_lengths(&[("family", &text(&self.family), 64), ("gtin", &text(&self.gtin), 14)])?;
        check_texts(&[
            ("name", self.name.as_ref()),
            ("description", self.description.as_ref()),
            ("variant", self.variant.as_ref()),
        ])?;
        let list_price = match self.list_price.as_deref() {
            None => None,
            Some("") => Some(None),
            Some(text) => Some(Some(amount("list_price", text, shop)?.minor)),
        };
        let prices = self.prices.as_deref().map(|prices| other_prices(prices, shop)).transpose()?;
        let tax_class = self.tax_class.as_deref().map(str::parse::<TaxClass>).transpose();
        let tax_class =
            tax_class.map_err(|_| wrong("tax_class", "standard, reduced, low or exempt"))?;
        let dimensions: Option<[u32; 3]> = match self.dimensions_mm {
            None => None,
            Some(sides) if sides.iter().any(|side| *side > MILLIMETERS_MAX) => {
                return Err(wrong("dimensions_mm", "at most 100000 mm a side"));
            }
            Some(sides) => {
                let sides = sides.try_into();
                Some(sides.map_err(|_| wrong("dimensions_mm", "length, width, height"))?)
            }
        };
        if self.weight_grams.is_some_and(|grams| grams > GRAMS_MAX) {
            return Err(wrong("weight_grams", "at most 10000000"));
        }
        if self.reorder_point.is_some_and(|point| !(0..=1_000_000).contains(&point)) {
            return Err(wrong("reorder_point", "0 to 1000000"));
        }
        let substitutes = self.substitutes.map(|ids| {
            let ids = ids.iter().map(|id| id.parse::<SkuId>()).collect::<Result<Vec<_>, _>>();
            ids.map_err(|error| wrong("substitutes", error))
        });
        let substitutes = substitutes.transpose()?;
        let Self { gtin, name, description, family, variant, .. } = self;
        let (weight, handling, life) = (self.weight_grams, self.handling, self.shelf_life_days);
        let (is_active, reorder_point) = (self.is_active, self.reorder_point);
        Ok(move |sku: &mut Sku| {
            if let Some(gtin) = &gtin {
                sku.gtin = Some(gtin.clone()).filter(|gtin| !gtin.is_empty());
            }
            for (field, value) in [
                (&mut sku.name, &name),
                (&mut sku.description, &description),
                (&mut sku.variant, &variant),
            ] {
                if let Some(value) = value {
                    *field = value.clone().into();
                }
            }
            if let Some(family) = &family {
                sku.family.clone_from(family);
            }
            if let Some(list_price) = list_price {
                sku.list_price_minor = list_price;
            }
            if let Some(prices) = &prices {
                sku.prices.clone_from(prices);
            }
            if let Some(days) = life {
                sku.shelf_life_days = Some(days).filter(|days| *days != 0);
            }
            if let Some(substitutes) = &substitutes {
                sku.substitutes.clone_from(substitutes);
            }
            sku.tax_class = tax_class.unwrap_or(sku.tax_class);
            sku.weight_grams = weight.unwrap_or(sku.weight_grams);
            sku.dimensions_mm = dimensions.unwrap_or(sku.dimensions_mm);
            sku.handling = handling.map_or(sku.handling, Into::into);
            sku.is_active = is_active.unwrap_or(sku.is_active);
            sku.reorder_point = reorder_point.unwrap_or(sku.reorder_point);
        })
    }
}

pub(super) fn amount(field: &str, text: &str, shop: Money) -> Result<Money, Problem> {
    check_lengths(&[(field, text, 20)])?;
    Money::parse(text, shop.currency).map_err(|error| wrong(field, error))
}

/// Prices in other currencies than the shop's, each currency once.
fn other_prices(prices: &[AmountBody], shop: Money) -> Result<BTreeMap<Currency, i64>, Problem> {
    let (mut read, mut errors) = (BTreeMap::new(), Vec::new());
    for (index, price) in prices.iter().enumerate() {
        let at = format!("/prices/{index}");
        match price.read(&at) {
            Ok(price) if price.currency == shop.currency => {
                let detail = "the price in the shop's currency stands in price";
                errors.push(FieldError::new(format!("{at}/currency"), "mismatch", detail));
            }
            Ok(price) if read.insert(price.currency, price.minor).is_some() => {
                errors.push(FieldError::new(format!("{at}/currency"), "twice", "named twice"));
            }
            Ok(_) => {}
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(read) } else { Err(Problem::invalid(errors)) }
}
