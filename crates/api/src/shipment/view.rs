//! Shipments and hand-over lists as the API shows them.

use ordermill_app::shipment::hand_over;
use ordermill_storage::manifest::Manifest;
use ordermill_storage::shipment::Stored;
use ordermill_storage::tracking::TrackingEvent;
use serde::Serialize;
use utoipa::ToSchema;

use crate::money::MoneyView;

/// A parcel with a carrier.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Shipment)]
pub struct ShipmentView {
    /// Its key.
    #[schema(example = "shp_01k2ey4xh0000")]
    pub id: String,
    /// The order that it is for.
    pub order_id: String,
    /// What is in it.
    pub package_id: String,
    /// Where it was packed.
    pub location_id: String,
    /// Who carries it.
    pub carrier_id: String,
    /// How: `standard`, `next_day`, `timed` or `pickup_point`.
    pub service: String,
    /// The carrier's number of it.
    #[schema(example = "SW1000000017")]
    pub waybill: String,
    /// `label_created`, `handed_over`, `delivered`, `voided`, `returned_to_sender` or `lost`.
    pub state: String,
    /// What the carrier last said: `pre_transit`, `in_transit`, `out_for_delivery`, `delivered` …
    pub track: String,
    /// What is done about its delivery exception, once that is decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// What the carrier asks for it.
    pub cost: MoneyView,
    /// For how much it is insured; absent if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insured: Option<MoneyView>,
    /// With its carton, in grams.
    pub weight_grams: u32,
    /// By when it should be delivered.
    #[schema(format = DateTime)]
    pub expected_by: String,
    /// The list on which the carrier took it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest_id: Option<String>,
    /// When its label was there.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the carrier took it over.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed_over_at: Option<String>,
    /// When it was delivered, by the carrier's clock.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<String>,
}

impl From<&Stored> for ShipmentView {
    fn from(stored: &Stored) -> Self {
        let facts = stored.shipment.facts();
        let terms = &facts.terms;
        let money = |minor| MoneyView::of(minor, terms.currency);
        Self {
            id: facts.id.to_string(),
            order_id: terms.order.to_string(),
            package_id: terms.package.to_string(),
            location_id: stored.location.to_string(),
            carrier_id: terms.carrier.to_string(),
            service: terms.service.code().to_owned(),
            waybill: terms.waybill.clone(),
            state: facts.state.code().to_owned(),
            track: facts.track.status.code().to_owned(),
            plan: facts.plan.map(|plan| plan.code().to_owned()),
            cost: money(terms.cost_minor),
            insured: (terms.insured_minor > 0).then(|| money(terms.insured_minor)),
            weight_grams: terms.weight_grams,
            expected_by: terms.expected_by.to_string(),
            manifest_id: facts.manifest.map(|id| id.to_string()),
            created_at: facts.created_at.to_string(),
            handed_over_at: facts.handed_over_at.map(|at| at.to_string()),
            delivered_at: facts.delivered_at.map(|at| at.to_string()),
        }
    }
}

/// A parcel and what its carrier has said.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TrackedShipment)]
pub struct TrackedView {
    /// The parcel.
    #[serde(flatten)]
    pub shipment: ShipmentView,
    /// The latest hundred words of the carrier, newest first.
    pub events: Vec<TrackingEventView>,
}

/// One word of a carrier. Its own text names people, and is not given.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TrackingEvent)]
pub struct TrackingEventView {
    /// When, by the carrier's clock.
    #[schema(format = DateTime)]
    pub at: String,
    /// What it means.
    pub status: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// When it was heard.
    #[schema(format = DateTime)]
    pub received_at: String,
}

impl From<&TrackingEvent> for TrackingEventView {
    fn from(event: &TrackingEvent) -> Self {
        Self {
            at: event.at.to_string(),
            status: event.status.code().to_owned(),
            place: Some(event.place.clone()).filter(|place| !place.is_empty()),
            received_at: event.received_at.to_string(),
        }
    }
}

/// The parcels of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OrderShipments)]
pub struct OrderShipmentsView {
    /// The page that shows anybody who has its address how far the order is.
    pub tracking_url: String,
    /// All parcels that have or had a label, oldest first.
    pub items: Vec<ShipmentView>,
}

/// Parcels that a carrier takes from a location together.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Manifest)]
pub struct ManifestView {
    /// Its key.
    #[schema(example = "mnf_01k2ey4xh0000")]
    pub id: String,
    /// What people read out.
    #[schema(example = "M00000017")]
    pub number: String,
    /// Who takes them.
    pub carrier_id: String,
    /// From where.
    pub location_id: String,
    /// How many there are.
    pub parcels: i64,
    /// When the first was scanned.
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// When the carrier had them; absent while more may be scanned.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
    /// The carrier's number of its driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Why no driver was called yet, in the carrier's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl ManifestView {
    /// From what is stored.
    pub fn of(list: &Manifest, parcels: i64) -> Self {
        Self {
            id: list.id.to_string(),
            number: hand_over::number(list.id),
            carrier_id: list.carrier.to_string(),
            location_id: list.location.to_string(),
            parcels,
            opened_at: list.opened_at.to_string(),
            closed_at: list.closed_at.map(|at| at.to_string()),
            driver: list.confirmation.clone(),
            failure: list.failure.clone(),
        }
    }
}
