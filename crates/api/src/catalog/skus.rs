//! SKUs: the units that are stocked, counted and sold, with their prices and what is available.
#![expect(
    unused_qualifications,
    reason = "paths written by the macro that describes the operation"
)]

mod body;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::availability;
use ordermill_app::catalog::edit;
use ordermill_app::once::once;
use ordermill_app::price::{EditByHandError, edit_by_hand};
use ordermill_base::Money;
use ordermill_domain::ids::{CategoryId, SkuId};
use ordermill_domain::sku::{Handling, Sku};
use ordermill_storage::sku as stored;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use self::body::amount;
pub use self::body::{NewSku, SkuEdit};
use super::{TextView, wrong};
use crate::approval::{self, ApprovalView};
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::created::{Created, created_once};
use crate::cursor;
use crate::etag::{IfMatch, etag};
use crate::idempotency::key_of;
use crate::money::MoneyView;
use crate::params::{Page, Params, PathId, limit, not_found};
use crate::problem::Problem;

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
/// Its price too: orders that were placed keep theirs. A price that leaps by more than the shop's limit
/// stays as it is and waits until somebody else approves it; everything else is changed at once.
#[utoipa::path(
    patch, path = "/api/v1/skus/{sku_id}", tag = "catalog", operation_id = "edit_sku",
    params(
        ("sku_id" = String, Path, description = "Its id.", example = "sku_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = SkuEdit,
    responses(
        (status = 200, description = "As it is now.", body = SkuView),
        (status = 202, description = "A price is more than one may decide alone and waits for a second one; the rest is changed.", body = ApprovalView),
        (status = 409, description = "Another one has the code or the barcode, or other prices wait for approval.", body = Problem, content_type = "application/problem+json"),
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
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let (edited, asked) = services
        .database()
        .write(move |tx| {
            edit_by_hand(tx, &principal, &act, id, version, |sku| {
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
    match asked {
        Some(task) => approval::awaited(&services, task).await,
        None => Ok(shown(&edited)),
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<EditByHandError> for Problem {
    fn from(error: EditByHandError) -> Self {
        use EditByHandError as E;
        match error {
            E::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            E::AnotherWaits(_) => Self::new(StatusCode::CONFLICT, "approval_awaited", &error),
            E::Edit(error) => error.into(),
        }
    }
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
