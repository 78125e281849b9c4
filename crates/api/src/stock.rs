//! Stock: what lies where, what moved, and booking receipts, differences, counts and transfers.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use ordermill_app::Services;
use ordermill_app::approval::decide_once;
use ordermill_app::once::{Key, once};
use ordermill_app::stock::{Lot, Spot, StockError, newest_movement, receive_stock, transfer_stock};
use ordermill_app::stock_desk::{self, BookError, Booking};
use ordermill_base::Quantity;
use ordermill_domain::actor::Act;
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::{BinId, IncomingId, LocationId, MovementId, SkuId};
use ordermill_domain::stock::StockLevel;
use ordermill_storage::stock::{self as stored, Movement};
use ordermill_storage::{Tx, sku as stored_sku};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::approval::ApprovalView;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::catalog::{check_lengths, wrong};
use crate::created::{Created, created_once, decided};
use crate::gate::Needs;
use crate::idempotency::key_of;
use crate::params::{PathId, not_found};
use crate::problem::Problem;
use crate::routes::Routes;

/// The addresses of stock.
pub(crate) fn routes(routes: Routes) -> Routes {
    let (read, write) = (Needs::WholeKey(Scope::ReadStock), Needs::WholeKey(Scope::WriteStock));
    routes
        .get("/api/v1/skus/{sku_id}/stock", read, get_stock)
        .get("/api/v1/skus/{sku_id}/movements", read, list_movements)
        .post("/api/v1/stock/receipts", write, receive)
        .post("/api/v1/stock/adjustments", write, adjust)
        .post("/api/v1/stock/counts", write, count)
        .post("/api/v1/stock/transfers", write, transfer)
}

/// Stock of a SKU at a location.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StockLevel)]
pub struct LevelView {
    /// The location.
    #[schema(example = "loc_01k2ey4xh0000")]
    pub location_id: String,
    /// Pieces that lie there.
    pub on_hand: i64,
    /// Held for orders that are not paid yet.
    pub reserved: i64,
    /// Promised to orders.
    pub allocated: i64,
    /// Kept back from sale.
    pub safety_stock: i64,
    /// Not sold until somebody has looked at them.
    pub quarantine: i64,
    /// What is left to sell; negative where more is promised than there is.
    pub available: i64,
    /// `deny` or `allow`.
    pub backorder: String,
}

/// Stock of a SKU at all locations.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Stock)]
pub struct StockView {
    /// The SKU.
    pub sku_id: String,
    /// Where it lies.
    pub levels: Vec<LevelView>,
}

impl From<&StockLevel> for LevelView {
    fn from(it: &StockLevel) -> Self {
        Self {
            location_id: it.location.to_string(),
            on_hand: it.on_hand,
            reserved: it.reserved,
            allocated: it.allocated,
            safety_stock: it.safety_stock,
            quarantine: it.quarantine,
            available: it.available(),
            backorder: it.backorder.code().to_owned(),
        }
    }
}

/// Read the stock of a SKU.
#[utoipa::path(
    get, path = "/api/v1/skus/{sku_id}/stock", tag = "stock", operation_id = "get_stock",
    params(("sku_id" = String, Path, description = "Its id.", example = "sku_01k2ey4xh0000")),
    responses((status = 200, description = "At every location that has had some.", body = StockView)),
)]
pub async fn get_stock(
    State(services): State<Services>,
    PathId(id): PathId<SkuId>,
) -> Result<Json<StockView>, Problem> {
    let read = move |tx: &mut Tx<'_>| {
        let found = stored_sku::fetch(tx, id)?;
        Ok::<_, ordermill_storage::Error>(match found {
            None => None,
            Some(_) => Some(stored::levels(tx, [id])?),
        })
    };
    let levels = services.database().snapshot(read).await?.ok_or_else(|| not_found("SKU"))?;
    let levels = levels.iter().map(LevelView::from).collect();
    Ok(Json(StockView { sku_id: id.to_string(), levels }))
}

/// One movement.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StockMovement)]
pub struct MovementView {
    /// Its key.
    #[schema(example = "mov_01k2ey4xh0000")]
    pub id: String,
    /// Where.
    pub location_id: String,
    /// `receive`, `ship`, `adjust`, `count`, `transfer_out`, `transfer_in`.
    pub kind: String,
    /// Pieces that came (positive) or went.
    pub quantity: i64,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// Who.
    pub actor: String,
}

/// The newest movements of a SKU.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StockMovements {
    /// Newest first.
    pub items: Vec<MovementView>,
}

impl From<&Movement> for MovementView {
    fn from(it: &Movement) -> Self {
        Self {
            id: it.id.to_string(),
            location_id: it.location.to_string(),
            kind: it.kind.clone(),
            quantity: it.quantity,
            reason: it.reason.clone(),
            actor: it.actor.clone(),
        }
    }
}

/// List the movements of a SKU.
///
/// The newest 200; all of them are in the journal.
#[utoipa::path(
    get, path = "/api/v1/skus/{sku_id}/movements", tag = "stock", operation_id = "list_movements",
    params(("sku_id" = String, Path, description = "Its id.", example = "sku_01k2ey4xh0000")),
    responses((status = 200, description = "Newest first.", body = StockMovements)),
)]
pub async fn list_movements(
    State(services): State<Services>,
    PathId(id): PathId<SkuId>,
) -> Result<Json<StockMovements>, Problem> {
    let found = services.database().read(move |tx| stored::movements(tx, id, 200)).await?;
    Ok(Json(StockMovements { items: found.iter().map(MovementView::from).collect() }))
}

/// Where exactly pieces are.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Spot)]
pub struct SpotBody {
    /// The shelf position; none: somewhere at the location.
    #[schema(max_length = 40, example = "bin_01k2ey4xh0000")]
    pub bin_id: Option<String>,
    /// The lot, as printed on the packing.
    #[schema(max_length = 64)]
    pub lot: Option<String>,
    /// The last day on which the lot may be sold.
    #[schema(format = Date, max_length = 10, example = "2027-01-31")]
    pub expires_on: Option<String>,
}

impl SpotBody {
    fn read(self) -> Result<Spot, Problem> {
        let bin = self.bin_id.as_deref().map(str::parse::<BinId>).transpose();
        let bin = bin.map_err(|error| wrong("spot/bin_id", error))?;
        let day = self.expires_on.as_deref().map(str::parse::<jiff::civil::Date>).transpose();
        let day = day.map_err(|_| wrong("spot/expires_on", "a day such as 2027-01-31"))?;
        let lot = self.lot.unwrap_or_default();
        check_lengths(&[("spot/lot", &lot, 64)])?;
        if lot.is_empty() && day.is_some() {
            return Err(wrong("spot/lot", "a last day of sale is that of a lot"));
        }
        let lot = (!lot.is_empty()).then_some(Lot { code: lot, expires_on: day });
        Ok(Spot { bin, lot })
    }
}

/// Goods that came in.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// What.
    #[schema(max_length = 40, example = "sku_01k2ey4xh0000")]
    pub sku_id: String,
    /// Where.
    #[schema(max_length = 40, example = "loc_01k2ey4xh0000")]
    pub location_id: String,
    /// Pieces.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: i64,
    /// Where they lie now.
    #[serde(default)]
    pub spot: SpotBody,
    /// The announcement that they belong to.
    #[schema(max_length = 40, example = "inc_01k2ey4xh0000")]
    pub incoming_id: Option<String>,
}

/// A known difference, such as damage or a find.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    /// What.
    #[schema(max_length = 40, example = "sku_01k2ey4xh0000")]
    pub sku_id: String,
    /// Where.
    #[schema(max_length = 40, example = "loc_01k2ey4xh0000")]
    pub location_id: String,
    /// This many more, or fewer.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub delta: i64,
    /// Where exactly.
    #[serde(default)]
    pub spot: SpotBody,
    /// Why, in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200, example = "broken in the aisle")]
    pub reason: String,
}

/// What a count has found.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// What.
    #[schema(max_length = 40, example = "sku_01k2ey4xh0000")]
    pub sku_id: String,
    /// Where.
    #[schema(max_length = 40, example = "loc_01k2ey4xh0000")]
    pub location_id: String,
    /// Pieces found in the bin (and lot), or of all that lies there without a bin.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub counted: i64,
    /// Where exactly.
    #[serde(default)]
    pub spot: SpotBody,
    /// Why, in words for the journal; needed where it differs by more than one may decide alone. No
    /// personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: Option<String>,
}

/// Pieces that go to another location.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// What.
    #[schema(max_length = 40, example = "sku_01k2ey4xh0000")]
    pub sku_id: String,
    /// From where.
    #[schema(max_length = 40, example = "loc_01k2ey4xh0000")]
    pub from_location_id: String,
    /// To where.
    #[schema(max_length = 40, example = "loc_01k2ey4xh0001")]
    pub to_location_id: String,
    /// Pieces.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: i64,
    /// From which spot; what expires first if it is left out.
    pub from_spot: Option<SpotBody>,
    /// Into which shelf position.
    #[schema(max_length = 40, example = "bin_01k2ey4xh0000")]
    pub to_bin_id: Option<String>,
}

const PIECES_MAX: i64 = 1_000_000;

fn id<T: std::str::FromStr<Err: std::fmt::Display>>(field: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: T::Err| wrong(field, error))
}

fn quantity(pieces: i64) -> Result<Quantity, Problem> {
    Quantity::new(pieces).map_err(|_| wrong("quantity", "a whole number from 1 to 1000000"))
}

/// Books something once.
async fn book(
    services: &Services,
    key: Key,
    act: Act,
    work: impl Fn(&mut Tx<'_>, &Act) -> Result<MovementId, StockError> + Send + 'static,
) -> Result<Response, Problem> {
    let book = move |tx: &mut Tx<'_>| {
        once(tx, &key, act.at, |tx| work(tx, &act).map(|movement| (movement, ())))
    };
    let made = services.database().write(book).await?;
    Ok(created_once("/api/v1/stock/movements", &made))
}

/// Books a correction once, or asks a second person if it is more than one may decide alone.
async fn correct(
    services: &Services,
    caller: &Caller,
    key: Key,
    act: Act,
    place: (SkuId, LocationId),
    (booking, spot): (Booking, Spot),
) -> Result<Response, Problem> {
    let principal = caller.principal().clone();
    let book = move |tx: &mut Tx<'_>| {
        decide_once(tx, &key, act.at, |tx| {
            stock_desk::book(tx, &principal, &act, place, &booking, &spot)
        })
    };
    let made = services.database().write(book).await?;
    decided(services, "/api/v1/stock/movements", made).await
}

/// Receive goods.
#[utoipa::path(
    post, path = "/api/v1/stock/receipts", tag = "stock", operation_id = "receive_stock",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128)),
    request_body = Receipt,
    responses(
        (status = 201, description = "The movement is booked.", body = Created),
        (status = 409, description = "The books do not allow it.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn receive(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody<Receipt>,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, "POST /stock/receipts", body.digest)?;
    let it = body.value;
    let (sku, at): (SkuId, LocationId) =
        (id("sku_id", &it.sku_id)?, id("location_id", &it.location_id)?);
    let (pieces, spot) = (quantity(it.quantity)?, it.spot.read()?);
    let announced: Option<IncomingId> =
        it.incoming_id.as_deref().map(|text| id("incoming_id", text)).transpose()?;
    let act = caller.act(&services);
    book(&services, key, act, move |tx, act| {
        receive_stock(tx, act, sku, at, pieces, &spot, announced)
    })
    .await
}

/// Book a difference.
///
/// More pieces than the shop's limit wait until somebody else approves them.
#[utoipa::path(
    post, path = "/api/v1/stock/adjustments", tag = "stock", operation_id = "adjust_stock",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128)),
    request_body = Adjustment,
    responses(
        (status = 201, description = "The movement is booked.", body = Created),
        (status = 202, description = "It is more than one may decide alone and waits for a second one.", body = ApprovalView),
        (status = 409, description = "Fewer are there, or orders claim them.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn adjust(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody<Adjustment>,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, "POST /stock/adjustments", body.digest)?;
    let it = body.value;
    let (sku, at): (SkuId, LocationId) =
        (id("sku_id", &it.sku_id)?, id("location_id", &it.location_id)?);
    if !(-PIECES_MAX..=PIECES_MAX).contains(&it.delta) {
        return Err(wrong("delta", "-1000000 to 1000000"));
    }
    check_lengths(&[("reason", &it.reason, 200)])?;
    if it.reason.trim().is_empty() {
        return Err(wrong("reason", "1 to 200 characters"));
    }
    let (delta, spot) = (it.delta, it.spot.read()?);
    let act = Act { reason: Some(it.reason), ..caller.act(&services) };
    correct(&services, &caller, key, act, (sku, at), (Booking::Adjust(delta), spot)).await
}

/// Book a count.
///
/// One that differs by more pieces than the shop's limit says why, and waits until somebody else approves
/// it.
#[utoipa::path(
    post, path = "/api/v1/stock/counts", tag = "stock", operation_id = "count_stock",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128)),
    request_body = Count,
    responses(
        (status = 201, description = "The movement is booked, also if nothing was different.", body = Created),
        (status = 202, description = "It is more than one may decide alone and waits for a second one.", body = ApprovalView),
        (status = 409, description = "Orders claim more than were found.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn count(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody<Count>,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, "POST /stock/counts", body.digest)?;
    let it = body.value;
    let (sku, at): (SkuId, LocationId) =
        (id("sku_id", &it.sku_id)?, id("location_id", &it.location_id)?);
    if !(0..=PIECES_MAX).contains(&it.counted) {
        return Err(wrong("counted", "0 to 1000000"));
    }
    let reason = it.reason.map(crate::body::reason).transpose()?;
    let (counted, spot) = (it.counted, it.spot.read()?);
    let act = Act { reason, ..caller.act(&services) };
    correct(&services, &caller, key, act, (sku, at), (Booking::Count(counted), spot)).await
}

/// Move goods to another location.
///
/// Booked as one movement out and one in for each lot; the answer names the last of them.
#[utoipa::path(
    post, path = "/api/v1/stock/transfers", tag = "stock", operation_id = "transfer_stock",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128)),
    request_body = Transfer,
    responses(
        (status = 201, description = "The movements are booked.", body = Created),
        (status = 409, description = "Fewer are there, or orders claim them.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn transfer(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody<Transfer>,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, "POST /stock/transfers", body.digest)?;
    let it = body.value;
    let sku: SkuId = id("sku_id", &it.sku_id)?;
    let from: LocationId = id("from_location_id", &it.from_location_id)?;
    let to: LocationId = id("to_location_id", &it.to_location_id)?;
    let pieces = quantity(it.quantity)?;
    let spot = it.from_spot.map(SpotBody::read).transpose()?;
    let bin: Option<BinId> =
        it.to_bin_id.as_deref().map(|text| id("to_bin_id", text)).transpose()?;
    let act = caller.act(&services);
    book(&services, key, act, move |tx, act| {
        transfer_stock(tx, act, sku, (from, spot.as_ref()), (to, bin), pieces)?;
        // The newest of this SKU is the last that came in; all of them share the moment.
        newest_movement(tx, sku)
    })
    .await
}

// No `_` arm: a new kind of failure is given its status here.
impl From<BookError> for Problem {
    fn from(error: BookError) -> Self {
        match error {
            BookError::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            BookError::Stock(error) => error.into(),
        }
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<StockError> for Problem {
    fn from(error: StockError) -> Self {
        let status = match &error {
            StockError::Storage(_) => {
                return match error {
                    StockError::Storage(error) => error.into(),
                    other => Self::internal(&other),
                };
            }
            StockError::NotFound(_)
            | StockError::BinElsewhere
            | StockError::NeedsLot
            | StockError::NeedsReason
            | StockError::OtherAnnouncement
            | StockError::SameLocation => StatusCode::UNPROCESSABLE_ENTITY,
            StockError::Short { .. } | StockError::Refused(_) | StockError::LotsShort(_) => {
                StatusCode::CONFLICT
            }
        };
        Self::new(status, "movement_refused", &error)
    }
}
