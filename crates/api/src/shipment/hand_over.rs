//! The dock: parcels are scanned onto a carrier's list, and the list is closed when the truck is there.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ordermill_app::Services;
use ordermill_app::shipment::hand_over::{
    self, CloseManifestError, Refused, ScanOutError, ScannedOut, TakeOffError,
};
use ordermill_domain::ids::{LocationId, ManifestId, ShipmentId};
use ordermill_storage::shipment::Stored;
use ordermill_storage::{Tx, manifest, shipment};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{ManifestView, ShipmentView};
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::cursor;
use crate::params::{Page, PageQuery, Params, PathId, PathIds, limit, not_found};
use crate::problem::{FieldError, Problem};

/// Waybills in one call at most.
const WAYBILLS_MAX: usize = 200;
const WAYBILL_CHARS_MAX: usize = 64;

/// Parcels that were scanned at the dock.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScanOut)]
pub struct ScanOutBody {
    /// Their waybills, as they were scanned.
    #[schema(min_items = 1, max_items = 200, example = json!(["SW1000000017"]))]
    pub waybills: Vec<String>,
}

/// What became of the scans.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ScannedOut)]
pub struct ScannedOutView {
    /// One answer for each waybill, in their order.
    pub parcels: Vec<ScannedParcelView>,
}

/// What became of one scan.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ScannedParcel)]
pub struct ScannedParcelView {
    /// What was scanned.
    pub waybill: String,
    /// The list that the parcel is on; absent if it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest_id: Option<String>,
    /// The parcel; absent if it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipment_id: Option<String>,
    /// Whether it was on the list before.
    pub was_on_it: bool,
    /// Why it was refused: `unknown` here, `not_waiting`, `not_wanted` any more, its money is `disputed`,
    /// or the list is `full`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// What was handed over with a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HandedOver)]
pub struct HandedOverView {
    /// The list.
    pub manifest: ManifestView,
    /// How many parcels the carrier has with it. What its own scan has handed over before, or was voided
    /// meanwhile, is left out.
    pub handed_over: usize,
}

/// List parcels that wait at a location.
///
/// Those with a label that stand on no list yet, oldest first.
#[utoipa::path(
    get, path = "/api/v1/locations/{location_id}/hand-over", tag = "shipping", operation_id = "list_waiting_parcels",
    params(("location_id" = String, Path, description = "Where.", example = "loc_01k2ey4xh0000"), PageQuery),
    responses((status = 200, description = "A page.", body = Page<ShipmentView>)),
)]
pub async fn list_waiting_parcels(
    State(services): State<Services>,
    PathId(at): PathId<LocationId>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<ShipmentView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(cursor::read::<ShipmentId>).transpose()?;
    let list = move |tx: &mut Tx<'_>| shipment::waiting(tx, at, after, limit + 1);
    let found = services.database().read(list).await?;
    let cursor = |last: &Stored| cursor::write(last.shipment.facts().id);
    Ok(Json(Page::of(found, limit, cursor, |it| ShipmentView::from(&it))))
}

/// Scan parcels out.
///
/// Each goes on the open list of its carrier, which is opened for the first one. Scanning a parcel twice is
/// harmless; one that is refused does not hold up the others.
#[utoipa::path(
    post, path = "/api/v1/locations/{location_id}/hand-over", tag = "shipping", operation_id = "scan_parcels_out",
    params(("location_id" = String, Path, description = "Where.", example = "loc_01k2ey4xh0000")),
    request_body = ScanOutBody,
    responses((status = 200, description = "What became of each.", body = ScannedOutView)),
)]
pub async fn scan_parcels(
    State(services): State<Services>,
    caller: Caller,
    PathId(at): PathId<LocationId>,
    body: JsonBody<ScanOutBody>,
) -> Result<Json<ScannedOutView>, Problem> {
    let waybills = body.value.waybills;
    check(&waybills)?;
    let (principal, act, scanned) =
        (caller.principal().clone(), caller.act(&services), waybills.clone());
    let scan = move |tx: &mut Tx<'_>| {
        let waybills: Vec<&str> = scanned.iter().map(String::as_str).collect();
        hand_over::scan_out(tx, &principal, &act, at, &waybills)
    };
    let answers = services.database().write(scan).await?;
    let parcels = waybills.into_iter().zip(answers).map(|(waybill, answer)| told(waybill, answer));
    Ok(Json(ScannedOutView { parcels: parcels.collect() }))
}

fn check(waybills: &[String]) -> Result<(), Problem> {
    let mut wrong = Vec::new();
    if waybills.is_empty() || waybills.len() > WAYBILLS_MAX {
        let expected = format!("1 to {WAYBILLS_MAX} waybills");
        wrong.push(FieldError::new("/waybills", "out_of_range", expected));
    }
    let is_wrong = |text: &str| {
        let text = text.trim();
        text.is_empty() || text.chars().count() > WAYBILL_CHARS_MAX
    };
    for (at, _) in waybills.iter().enumerate().filter(|(_, text)| is_wrong(text)) {
        let expected = format!("1 to {WAYBILL_CHARS_MAX} characters");
        wrong.push(FieldError::new(format!("/waybills/{at}"), "out_of_range", expected));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Problem::invalid(wrong)) }
}

fn told(waybill: String, answer: Result<ScannedOut, Refused>) -> ScannedParcelView {
    match answer {
        Ok(scanned) => ScannedParcelView {
            waybill,
            manifest_id: Some(scanned.manifest.to_string()),
            shipment_id: Some(scanned.shipment.to_string()),
            was_on_it: scanned.was_on_it,
            refused: None,
        },
        Err(refused) => ScannedParcelView {
            waybill,
            manifest_id: None,
            shipment_id: None,
            was_on_it: false,
            refused: Some(refused.code().to_owned()),
        },
    }
}

/// List hand-over lists.
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/manifests", tag = "shipping", operation_id = "list_manifests",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<ManifestView>)),
)]
pub async fn list_manifests(
    State(services): State<Services>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<ManifestView>>, Problem> {
    let limit = limit(query.limit)?;
    let before = query.cursor.as_deref().map(cursor::read::<ManifestId>).transpose()?;
    let list = move |tx: &mut Tx<'_>| manifest::list(tx, before, limit + 1);
    let found = services.database().read(list).await?;
    let cursor = |(last, _): &(manifest::Manifest, i64)| cursor::write(last.id);
    Ok(Json(Page::of(found, limit, cursor, |(list, parcels)| ManifestView::of(&list, parcels))))
}

/// Read a hand-over list.
///
/// Its parcels are those of `GET /api/v1/shipments?manifest_id=`.
#[utoipa::path(
    get, path = "/api/v1/manifests/{manifest_id}", tag = "shipping", operation_id = "get_manifest",
    params(("manifest_id" = String, Path, description = "Its id.", example = "mnf_01k2ey4xh0000")),
    responses((status = 200, description = "It.", body = ManifestView)),
)]
pub async fn get_manifest(
    State(services): State<Services>,
    PathId(id): PathId<ManifestId>,
) -> Result<Json<ManifestView>, Problem> {
    seen(&services, id).await.map(Json)
}

async fn seen(services: &Services, id: ManifestId) -> Result<ManifestView, Problem> {
    let read = move |tx: &mut Tx<'_>| {
        let Some(list) = manifest::fetch(tx, id)? else { return Ok(None) };
        let parcels = manifest::length(tx, id)?;
        Ok::<_, ordermill_storage::Error>(Some(ManifestView::of(&list, parcels as i64)))
    };
    let found = services.database().snapshot(read).await?;
    found.ok_or_else(|| not_found("manifest"))
}

/// Close a hand-over list.
///
/// The carrier has its parcels: their pieces leave the stock, and their orders are shipped as far as that goes.
#[utoipa::path(
    post, path = "/api/v1/manifests/{manifest_id}/close", tag = "shipping", operation_id = "close_manifest",
    params(("manifest_id" = String, Path, description = "Its id.", example = "mnf_01k2ey4xh0000")),
    responses(
        (status = 200, description = "Its parcels are with the carrier.", body = HandedOverView),
        (status = 409, description = "It was closed before, or nothing stands on it.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn close_manifest(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<ManifestId>,
) -> Result<Json<HandedOverView>, Problem> {
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let close = move |tx: &mut Tx<'_>| hand_over::close(tx, &principal, &act, id);
    let handed_over = services.database().write(close).await?.len();
    Ok(Json(HandedOverView { manifest: seen(&services, id).await?, handed_over }))
}

/// Take a parcel off a list.
///
/// It waits again. One that stands on no open list stays where it is.
#[utoipa::path(
    delete, path = "/api/v1/manifests/{manifest_id}/parcels/{shipment_id}", tag = "shipping", operation_id = "take_parcel_off",
    params(
        ("manifest_id" = String, Path, description = "The list.", example = "mnf_01k2ey4xh0000"),
        ("shipment_id" = String, Path, description = "The parcel.", example = "shp_01k2ey4xh0000"),
    ),
    responses(
        (status = 204, description = "It is not on the list."),
        (status = 409, description = "The list is closed.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn take_parcel_off(
    State(services): State<Services>,
    caller: Caller,
    PathIds(list, id): PathIds<ManifestId, ShipmentId>,
) -> Result<StatusCode, Problem> {
    let principal = caller.principal().clone();
    let take = move |tx: &mut Tx<'_>| hand_over::take_off(tx, &principal, list, id);
    services.database().write(take).await?;
    Ok(StatusCode::NO_CONTENT)
}

// No `_` arm: a new kind of failure is given its status here.
impl From<CloseManifestError> for Problem {
    fn from(error: CloseManifestError) -> Self {
        match error {
            CloseManifestError::Forbidden(_) => {
                Self::new(StatusCode::FORBIDDEN, "forbidden", error)
            }
            CloseManifestError::NotFound(_) => not_found("manifest"),
            CloseManifestError::Closed(_) => {
                Self::new(StatusCode::CONFLICT, "manifest_closed", error)
            }
            CloseManifestError::Empty(_) => {
                Self::new(StatusCode::CONFLICT, "manifest_empty", error)
            }
            CloseManifestError::Storage(error) => error.into(),
        }
    }
}

impl From<ScanOutError> for Problem {
    fn from(error: ScanOutError) -> Self {
        match error {
            ScanOutError::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", error),
            ScanOutError::Storage(error) => error.into(),
        }
    }
}

impl From<TakeOffError> for Problem {
    fn from(error: TakeOffError) -> Self {
        match error {
            TakeOffError::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", error),
            TakeOffError::NotFound(_) => not_found("manifest"),
            TakeOffError::Closed(_) => Self::new(StatusCode::CONFLICT, "manifest_closed", error),
            TakeOffError::Storage(error) => error.into(),
        }
    }
}
