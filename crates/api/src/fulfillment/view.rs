//! A fulfillment as the API shows it.

use ordermill_base::Timestamp;
use ordermill_domain::fulfillment::{Fulfillment, Line};
use ordermill_domain::order::OrderNumber;
use serde::Serialize;
use utoipa::ToSchema;

/// What one location ships of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Fulfillment)]
pub struct FulfillmentView {
    /// Its key.
    #[schema(example = "ful_01k2ey4xh0000")]
    pub id: String,
    /// The order whose share it is.
    #[schema(example = "ord_01k2ey4xh0000")]
    pub order_id: String,
    /// The order's number, as people read it out.
    #[schema(example = "261122-41AX-SC0C-0H9")]
    pub order_number: String,
    /// Where the pieces are. It never changes: work that moves is given back and planned anew.
    #[schema(example = "loc_01k2ey4xh0000")]
    pub location_id: String,
    /// `planned`, `released`, `picking`, `picked`, `rechecked`, `packed`, `handed_over`, `closed`,
    /// `rejected`, `canceled`.
    #[schema(example = "planned")]
    pub state: String,
    /// Whether it goes before the others of its location.
    pub is_urgent: bool,
    /// When it must have left to arrive as promised.
    #[schema(format = DateTime)]
    pub ship_by: Option<String>,
    /// It is not given to the floor before this moment.
    #[schema(format = DateTime)]
    pub not_before: Option<String>,
    /// Work with the same one travels together, in one parcel.
    #[schema(example = "mrg_01k2ey4xh0000")]
    pub merge_id: Option<String>,
    /// The wave with which it was given to the floor, while it is there.
    pub wave_id: Option<String>,
    /// Why its location gave it back: `no_stock`, `damaged`, `no_capacity`, `location_down`, `by_hand`,
    /// `regrouped` (it was split, or put together with other work of its order).
    pub reject_reason: Option<String>,
    /// What is to be shipped.
    pub lines: Vec<FulfillmentLineView>,
    /// When its location was chosen.
    #[schema(format = DateTime)]
    pub planned_at: String,
    /// When it was given to the floor.
    #[schema(format = DateTime)]
    pub released_at: Option<String>,
    /// When all of it lay in totes.
    #[schema(format = DateTime)]
    pub picked_at: Option<String>,
    /// When it was compared with the order.
    #[schema(format = DateTime)]
    pub rechecked_at: Option<String>,
    /// When its packages were closed.
    #[schema(format = DateTime)]
    pub packed_at: Option<String>,
    /// When the carrier had it.
    #[schema(format = DateTime)]
    pub handed_over_at: Option<String>,
    /// When it was closed, given back or canceled.
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// Grows with every change; the value of `ETag`.
    pub version: i64,
}

/// What is to be shipped of a line of the order.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = FulfillmentLine)]
pub struct FulfillmentLineView {
    /// Which line of the order.
    pub line_no: u16,
    /// The SKU.
    pub sku_id: String,
    /// Pieces to be shipped; fewer when some cannot be found.
    pub quantity: i64,
    /// Pieces that were taken from their bins.
    pub picked: i64,
}

impl From<&Fulfillment> for FulfillmentView {
    fn from(work: &Fulfillment) -> Self {
        let facts = work.facts();
        let at = &facts.milestones;
        let moment = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let line = |line: &Line| FulfillmentLineView {
            line_no: line.line_no,
            sku_id: line.sku.to_string(),
            quantity: line.quantity,
            picked: line.picked,
        };
        Self {
            id: facts.id.to_string(),
            order_id: facts.order.to_string(),
            order_number: OrderNumber::from(facts.order).to_string(),
            location_id: facts.location.to_string(),
            state: facts.state.code().to_owned(),
            is_urgent: facts.is_urgent,
            ship_by: moment(facts.ship_by),
            not_before: moment(facts.not_before),
            merge_id: facts.merge.map(|merge| merge.to_string()),
            wave_id: facts.wave.map(|wave| wave.to_string()),
            reject_reason: facts.reject_reason.map(|reason| reason.code().to_owned()),
            lines: facts.lines.iter().map(line).collect(),
            planned_at: at.planned_at.to_string(),
            released_at: moment(at.released_at),
            picked_at: moment(at.picked_at),
            rechecked_at: moment(at.rechecked_at),
            packed_at: moment(at.packed_at),
            handed_over_at: moment(at.handed_over_at),
            ended_at: moment(at.ended_at),
            version: facts.version,
        }
    }
}
