//! SKUs: the units that are stocked, counted and sold, with their prices and what is available.
#![expect(
    unused_qualifications,
    reason = "paths written by the macro that describes the operation"
)]

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::availability;
use ordermill_app::catalog::edit;
use ordermill_app::once::once;
use ordermill_base::{Currency, Money};
use ordermill_domain::ids::{CategoryId, SkuId};
use ordermill_domain::pricing::TaxClass;
use ordermill_domain::sku::{Handling, Sku};
use ordermill_storage::sku as stored;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{TextView, check_lengths, check_texts, wrong};
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::created::{Created, created_once};
use crate::cursor;
use crate::etag::{IfMatch, etag};
use crate::idempotency::key_of;
use crate::money::{AmountBody, MoneyView};
use crate::params::{Page, Params, PathId, limit, not_found};
use crate::problem::{FieldError, Problem};

/// A SKU.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Sku)]
pub struct SkuView {
    /// Its key.
    #[schema(example = "sku_01k2ey4xh0000")]
    pub id: String,
    /// Its short code.
    #[schema(example = "CER-BOWL-11")]
    pub code: String,
    /// Its barcode.
    pub gtin: Option<String>,
    /// Its name.
    pub name: TextView,
    /// What a buyer wants to know.
    pub description: TextView,
    /// The category it is in.
    pub category_id: String,
    /// Variants of one product share it.
    pub family: String,
    /// What makes it different from the others of its family.
    pub variant: TextView,
    /// What one piece costs.
    pub price: MoneyView,
    /// What it costs in other currencies, set by people and never converted.
    pub prices: Vec<MoneyView>,
    /// The price struck through beside it.
    pub list_price: Option<MoneyView>,
    /// `standard`, `reduced`, `low` or `exempt`.
    pub tax_class: String,
    /// With its packing.
    pub weight_grams: u32,
    /// Length, width, height.
    pub dimensions_mm: Vec<u32>,
    /// What the warehouse and carriers must mind.
    pub handling: HandlingView,
    /// Days from packing to the last day of sale.
    pub shelf_life_days: Option<i64>,
    /// Whether it is on sale.
    pub is_active: bool,
    /// With fewer pieces than this it is ordered anew.
    pub reorder_point: i64,
    /// What can be offered in its place, best first.
    pub substitutes: Vec<String>,
    /// Grows with every change; the value of `ETag`.
    pub version: i64,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// What the warehouse and carriers must mind.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Handling)]
pub struct HandlingView {
    /// Breaks; needs padding.
    pub fragile: bool,
    /// Kept behind a lock and counted at every touch.
    pub high_value: bool,
    /// Kept in lots with an expiry date.
    pub perishable: bool,
    /// Flammable or with a battery.
    pub hazardous: bool,
    /// Fits no standard carton.
    pub oversized: bool,
}

impl From<Handling> for HandlingView {
    fn from(it: Handling) -> Self {
        Self {
            fragile: it.is_fragile,
            high_value: it.is_high_value,
            perishable: it.is_perishable,
            hazardous: it.is_hazardous,
            oversized: it.is_oversized,
        }
    }
}

impl From<HandlingView> for Handling {
    fn from(it: HandlingView) -> Self {
        Self {
            is_fragile: it.fragile,
            is_high_value: it.high_value,
            is_perishable: it.perishable,
            is_hazardous: it.hazardous,
            is_oversized: it.oversized,
        }
    }
}

impl From<&Sku> for SkuView {
    fn from(sku: &Sku) -> Self {
        let currency = sku.price.currency;
        Self {
            id: sku.id.to_string(),
            code: sku.code.clone(),
            gtin: sku.gtin.clone(),
            name: (&sku.name).into(),
            description: (&sku.description).into(),
            category_id: sku.category.to_string(),
            family: sku.family.clone(),
            variant: (&sku.variant).into(),
            price: sku.price.into(),
            prices: sku.prices.iter().map(|(it, minor)| MoneyView::of(*minor, *it)).collect(),
            list_price: sku.list_price_minor.map(|minor| MoneyView::of(minor, currency)),
            tax_class: sku.tax_class.code().to_owned(),
            weight_grams: sku.weight_grams,
            dimensions_mm: sku.dimensions_mm.to_vec(),
            handling: sku.handling.into(),
            shelf_life_days: sku.shelf_life_days,
            is_active: sku.is_active,
            reorder_point: sku.reorder_point,
            substitutes: sku.substitutes.iter().map(ToString::to_string).collect(),
            version: sku.version,
            updated_at: sku.updated_at.to_string(),
        }
    }
}

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
            fn fields(&self, name: Option<TextView>) -> SkuFields {
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
struct SkuFields {
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
    fn into_change(self, shop: Money) -> Result<impl Fn(&mut Sku) + Clone + Send, Problem> {
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

fn amount(field: &str, text: &str, shop: Money) -> Result<Money, Problem> {
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

fn category(text: &str) -> Result<CategoryId, Problem> {
    text.parse().map_err(|error| wrong("category_id", error))
}

/// Which SKUs, and which page of them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SkuQuery {
    /// Only those of this category.
    #[param(max_length = 40)]
    category_id: Option<String>,
    /// Where the last page ended: its `next`, unchanged.
    #[param(max_length = 100)]
    cursor: Option<String>,
    /// Things on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

/// List SKUs.
///
/// In the order in which they were made, also those that are not on sale.
#[utoipa::path(
    get, path = "/api/v1/skus", tag = "catalog", operation_id = "list_skus",
    params(SkuQuery),
    responses((status = 200, description = "A page.", body = Page<SkuView>)),
)]
pub async fn list_skus(
    State(services): State<Services>,
    Params(query): Params<SkuQuery>,
) -> Result<Json<Page<SkuView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(cursor::read::<SkuId>).transpose()?;
    let of = query.category_id.as_deref().map(category).transpose()?;
    let list = move |tx: &mut ordermill_storage::Tx<'_>| stored::list(tx, of, after, limit + 1);
    let found = services.database().read(list).await?;
    let cursor = |last: &Sku| cursor::write(last.id);
    Ok(Json(Page::of(found, limit, cursor, |sku| SkuView::from(&sku))))
}

/// Read a SKU.
#[utoipa::path(
    get, path = "/api/v1/skus/{sku_id}", tag = "catalog", operation_id = "get_sku",
    params(("sku_id" = String, Path, description = "Its id.", example = "sku_01k2ey4xh0000")),
    responses((status = 200, description = "It; its version is in ETag.", body = SkuView)),
)]
pub async fn get_sku(
    State(services): State<Services>,
    PathId(id): PathId<SkuId>,
) -> Result<Response, Problem> {
    let found = services.database().read(move |tx| stored::fetch(tx, id)).await?;
    found.map(|sku| shown(&sku)).ok_or_else(|| not_found("SKU"))
}

fn shown(sku: &Sku) -> Response {
    ([etag(sku.version)], Json(SkuView::from(sku))).into_response()
}

/// Take a SKU into the catalog.
#[utoipa::path(
    post, path = "/api/v1/skus", tag = "catalog", operation_id = "create_sku",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128)),
    request_body = NewSku,
    responses(
        (status = 201, description = "It is there.", body = Created),
        (status = 409, description = "Another one has the code or the barcode.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn create_sku(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody<NewSku>,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, "POST /skus", body.digest)?;
    let shop = Money::zero(services.catalog().shop.currency);
    let new = body.value;
    let (category, price) = (category(&new.category_id)?, amount("price", &new.price, shop)?);
    let change = new.fields(Some(new.name.clone())).into_change(shop)?;
    let act = caller.act(&services);
    let id: SkuId = services.database().ids().next(act.at);
    let mut sku = Sku { category, ..Sku::new(id, new.code, new.name.into(), price) };
    change(&mut sku);
    let make = move |tx: &mut ordermill_storage::Tx<'_>| {
        once(tx, &key, act.at, |tx| edit::create_sku(tx, &act, &sku).map(|()| (id, ())))
    };
    let made = services.database().write(make).await?;
    services.catalog_changed().await;
    Ok(created_once("/api/v1/skus", &made))
}

/// Edit a SKU.
///
/// Its price too: orders that were placed keep theirs.
#[utoipa::path(
    patch, path = "/api/v1/skus/{sku_id}", tag = "catalog", operation_id = "edit_sku",
    params(
        ("sku_id" = String, Path, description = "Its id.", example = "sku_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = SkuEdit,
    responses(
        (status = 200, description = "As it is now.", body = SkuView),
        (status = 409, description = "Another one has the code or the barcode.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn edit_sku(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<SkuId>,
    IfMatch(version): IfMatch,
    body: JsonBody<SkuEdit>,
) -> Result<Response, Problem> {
    let shop = Money::zero(services.catalog().shop.currency);
    let it = body.value;
    let category = it.category_id.as_deref().map(category).transpose()?;
    let price = it.price.as_deref().map(|text| amount("price", text, shop)).transpose()?;
    let change = it.fields(it.name.clone()).into_change(shop)?;
    let code = it.code;
    let act = caller.act(&services);
    let edited = services
        .database()
        .write(move |tx| {
            edit::edit_sku(tx, &act, id, version, |sku| {
                change(sku);
                if let Some(code) = &code {
                    sku.code.clone_from(code);
                }
                sku.category = category.unwrap_or(sku.category);
                sku.price = price.unwrap_or(sku.price);
            })
        })
        .await?;
    services.catalog_changed().await;
    Ok(shown(&edited))
}

/// What can be sold of a SKU.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Availability)]
pub struct AvailabilityView {
    /// The SKU.
    pub sku_id: String,
    /// Pieces that can be sold now, over all locations that sell.
    pub available: i64,
    /// The first day on which a piece that is on its way can be sold, when there is none now.
    #[schema(format = Date)]
    pub replenished_on: Option<String>,
    /// Buyers may order it while there is none, and wait.
    pub can_backorder: bool,
}

/// Ask what can be sold of a SKU.
#[utoipa::path(
    get, path = "/api/v1/skus/{sku_id}/availability", tag = "catalog", operation_id = "get_availability",
    params(("sku_id" = String, Path, description = "Its id.", example = "sku_01k2ey4xh0000")),
    responses((status = 200, description = "As of now; only an order makes sure.", body = AvailabilityView)),
)]
pub async fn get_availability(
    State(services): State<Services>,
    PathId(id): PathId<SkuId>,
) -> Result<Json<AvailabilityView>, Problem> {
    let catalog = services.catalog();
    catalog.sku(id).ok_or_else(|| not_found("SKU"))?;
    let now = services.now();
    let ask = move |tx: &mut ordermill_storage::Tx<'_>| availability::of(tx, &catalog, &[id], now);
    let mut found = services.database().snapshot(ask).await?;
    let it = found.remove(&id).ok_or_else(|| not_found("SKU"))?;
    Ok(Json(AvailabilityView {
        sku_id: id.to_string(),
        available: it.available,
        replenished_on: it.replenished_on.map(|day| day.to_string()),
        can_backorder: it.can_backorder,
    }))
}
