//! Reading parcels: those that stand somewhere, one with its way, those of an order.
#![expect(
    unused_qualifications,
    reason = "paths written by the macro that describes the operation"
)]

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::shipment::tracking_page;
use ordermill_domain::ids::{ManifestId, ShipmentId};
use ordermill_domain::shipment::State as Stand;
use ordermill_storage::shipment::{self as stored, Stored, View};
use ordermill_storage::{Error, Tx, tracking};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::{OrderShipmentsView, ShipmentView, TrackedView, TrackingEventView};
use crate::auth::Caller;
use crate::catalog::wrong;
use crate::cursor;
use crate::etag::etag;
use crate::order::read::own;
use crate::params::{Page, Params, PathId, PathText, limit, not_found};
use crate::problem::Problem;

/// Words of a carrier that are shown of one parcel.
const EVENTS_MAX: i64 = 100;
const IN_TROUBLE: &str = "in_trouble";

/// Which parcels, and which page of them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ShipmentQuery {
    /// Those that are `label_created`, `handed_over`, `delivered`, `voided`, `returned_to_sender` or
    /// `lost`, or `in_trouble` by their carrier's word; `handed_over` if neither this nor a list is named.
    #[param(max_length = 20, example = "handed_over")]
    pub state: Option<String>,
    /// Those of a hand-over list, whatever their state.
    #[param(max_length = 40, example = "mnf_01k2ey4xh0000")]
    pub manifest_id: Option<String>,
    /// Where the last page ended: its `next`, unchanged.
    #[param(max_length = 100)]
    pub cursor: Option<String>,
    /// Parcels on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<i64>,
}

impl ShipmentQuery {
    fn view(&self) -> Result<View, Problem> {
        if let Some(text) = &self.manifest_id {
            if self.state.is_some() {
                return Err(wrong("state", "not together with manifest_id"));
            }
            let id: Result<ManifestId, _> = text.parse();
            return id.map(View::Of).map_err(|_| wrong("manifest_id", "the id of a list"));
        }
        match self.state.as_deref() {
            None => Ok(View::In(Stand::HandedOver)),
            Some(IN_TROUBLE) => Ok(View::InTrouble),
            Some(code) => Stand::from_code(code).map(View::In).map_err(|_| {
                let codes = Stand::ALL.map(Stand::code).join(", ");
                wrong("state", format!("expected one of {codes}, {IN_TROUBLE}"))
            }),
        }
    }
}

/// List parcels.
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/shipments", tag = "shipping", operation_id = "list_shipments",
    params(ShipmentQuery),
    responses((status = 200, description = "A page.", body = Page<ShipmentView>)),
)]
pub async fn list_shipments(
    State(services): State<Services>,
    Params(query): Params<ShipmentQuery>,
) -> Result<Json<Page<ShipmentView>>, Problem> {
    let (view, limit) = (query.view()?, limit(query.limit)?);
    let before = query.cursor.as_deref().map(cursor::read::<ShipmentId>).transpose()?;
    let list = move |tx: &mut Tx<'_>| stored::list(tx, view, before, limit + 1);
    let found = services.database().read(list).await?;
    let cursor = |last: &Stored| cursor::write(last.shipment.facts().id);
    Ok(Json(Page::of(found, limit, cursor, |it| ShipmentView::from(&it))))
}

/// Read a parcel.
#[utoipa::path(
    get, path = "/api/v1/shipments/{shipment_id}", tag = "shipping", operation_id = "get_shipment",
    params(("shipment_id" = String, Path, description = "Its id.", example = "shp_01k2ey4xh0000")),
    responses((status = 200, description = "It and its way; its version is in ETag.", body = TrackedView)),
)]
pub async fn get_shipment(
    State(services): State<Services>,
    PathId(id): PathId<ShipmentId>,
) -> Result<Response, Problem> {
    seen(&services, id).await
}

/// A parcel as it stands now.
pub(super) async fn seen(services: &Services, id: ShipmentId) -> Result<Response, Problem> {
    let read = move |tx: &mut Tx<'_>| {
        let Some(stored) = stored::fetch(tx, id)? else { return Ok(None) };
        Ok::<_, Error>(Some((stored, tracking::of(tx, id, EVENTS_MAX)?)))
    };
    let found = services.database().snapshot(read).await?;
    let (stored, events) = found.ok_or_else(|| not_found("shipment"))?;
    let view = TrackedView {
        shipment: ShipmentView::from(&stored),
        events: events.iter().map(TrackingEventView::from).collect(),
    };
    Ok(([etag(stored.shipment.facts().version)], Json(view)).into_response())
}

/// List the parcels of an order.
///
/// With the address of the page that shows anybody who has it how far the order is.
#[utoipa::path(
    get, path = "/api/v1/orders/{order_id}/shipments", tag = "shipping", operation_id = "list_order_shipments",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    responses((status = 200, description = "All of them.", body = OrderShipmentsView)),
)]
pub async fn list_order_shipments(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
) -> Result<Json<OrderShipmentsView>, Problem> {
    let id = own(&services, &caller, &order_id).await?;
    let found = services.database().snapshot(move |tx| stored::of(tx, id)).await?;
    let token = tracking_page::token(services.vault(), id);
    Ok(Json(OrderShipmentsView {
        tracking_url: services.links().tracking(&token),
        items: found.iter().map(ShipmentView::from).collect(),
    }))
}
