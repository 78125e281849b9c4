//! Where vehicles of carriers are, as their systems report it.

use axum::Json;
use axum::extract::State;
use ordermill_app::Services;
use ordermill_app::shipment::vehicle::{Load, Outcome, PARCELS_MAX, Report, VEHICLES_MAX, report};
use ordermill_base::Timestamp;
use ordermill_domain::api_key::Scope;
use ordermill_domain::shipment::Position;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::JsonBody;
use crate::gate::Needs;
use crate::problem::{FieldError, Problem};
use crate::routes::Routes;

/// Letters of a carrier's code, a vehicle's name and a waybill at most.
const CHARS_MAX: usize = 64;

/// The addresses of vehicles.
pub(crate) fn routes(routes: Routes) -> Routes {
    let tracking = Needs::WholeKey(Scope::WriteTracking);
    routes.post("/api/v1/vehicle-positions", tracking, report_positions)
}

/// Positions of vehicles.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Positions {
    /// One for each vehicle is usual; several of one vehicle count in their order.
    #[schema(min_items = 1, max_items = 200)]
    pub positions: Vec<PositionBody>,
}

/// Where a vehicle is.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VehiclePosition)]
pub struct PositionBody {
    /// The carrier's code.
    #[schema(min_length = 1, max_length = 64, example = "tern")]
    pub carrier: String,
    /// What the carrier calls the vehicle; no name of a person.
    #[schema(min_length = 1, max_length = 64, example = "V-0417")]
    pub vehicle: String,
    /// When it was there, RFC 3339.
    #[schema(max_length = 40, format = DateTime, example = "2026-11-22T08:00:00Z")]
    pub at: String,
    /// Degrees north, in millionths.
    #[schema(minimum = -90_000_000, maximum = 90_000_000, example = 30_270_000)]
    pub latitude_micro: i64,
    /// Degrees east, in millionths.
    #[schema(minimum = -180_000_000, maximum = 180_000_000, example = 120_150_000)]
    pub longitude_micro: i64,
    /// Everything on board; left out if that is as before.
    #[schema(max_items = 2000)]
    pub parcels: Option<Vec<LoadBody>>,
}

/// A parcel on board.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VehicleParcel)]
pub struct LoadBody {
    /// The carrier's number of it.
    #[schema(min_length = 1, max_length = 64)]
    pub waybill: String,
    /// Where it is handed out, degrees north, in millionths. It is kept sealed and never shown.
    #[schema(minimum = -90_000_000, maximum = 90_000_000)]
    pub latitude_micro: i64,
    /// Where it is handed out, degrees east, in millionths.
    #[schema(minimum = -180_000_000, maximum = 180_000_000)]
    pub longitude_micro: i64,
    /// When the carrier expects to be there, RFC 3339; guessed by the distance if it is left out.
    #[schema(max_length = 40, format = DateTime)]
    pub arrives_at: Option<String>,
}

// Personal: where somebody lives.
impl std::fmt::Debug for LoadBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadBody").field("waybill", &self.waybill).finish()
    }
}

/// What became of the positions.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PositionsTaken {
    /// In the order of the positions.
    pub results: Vec<PositionResult>,
}

/// What became of one position.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PositionResult {
    /// `taken`, `older` (as late a one is known, or one of the five seconds before), `out_of_time` (from more
    /// than an hour ago, or from the future) or `unknown_carrier`.
    pub outcome: &'static str,
    /// Parcels on board that are not ours, or not on their way.
    pub unknown_parcels: usize,
}

impl From<Outcome> for PositionResult {
    fn from(outcome: Outcome) -> Self {
        let (outcome, unknown_parcels) = match outcome {
            Outcome::Taken { unknown_parcels } => ("taken", unknown_parcels),
            Outcome::Older => ("older", 0),
            Outcome::OutOfTime => ("out_of_time", 0),
            Outcome::UnknownCarrier => ("unknown_carrier", 0),
        };
        Self { outcome, unknown_parcels }
    }
}

/// Report where vehicles are.
///
/// The tracking pages of the parcels on board tell how far they are, rounded, and when they arrive. Only later
/// positions count, at most one in five seconds for each vehicle; a vehicle that falls silent is forgotten after
/// a day. All vehicles of one call together have at most 2,000 parcels on board.
#[utoipa::path(
    post, path = "/api/v1/vehicle-positions", tag = "partners", operation_id = "report_vehicle_positions",
    request_body = Positions,
    responses((status = 200, description = "What became of each.", body = PositionsTaken)),
)]
pub async fn report_positions(
    State(services): State<Services>,
    body: JsonBody<Positions>,
) -> Result<Json<PositionsTaken>, Problem> {
    let reports = read(&body.value)?;
    let outcomes = report(services.database(), services.vault(), reports, services.now()).await?;
    Ok(Json(PositionsTaken { results: outcomes.into_iter().map(PositionResult::from).collect() }))
}

fn read(body: &Positions) -> Result<Vec<Report>, Problem> {
    let mut errors = Vec::new();
    let mut wrong = |field: String, code, detail: &str| {
        errors.push(FieldError::new(field, code, detail));
    };
    let count = body.positions.len();
    if !(1..=VEHICLES_MAX).contains(&count) {
        let detail = format!("1 to {VEHICLES_MAX} positions");
        return Err(Problem::invalid(vec![FieldError::new("/positions", "out_of_range", detail)]));
    }
    let parcels: usize = body.positions.iter().flat_map(|it| &it.parcels).map(Vec::len).sum();
    if parcels > PARCELS_MAX {
        let detail = format!("at most {PARCELS_MAX} parcels on all vehicles together");
        return Err(Problem::invalid(vec![FieldError::new("/positions", "out_of_range", detail)]));
    }
    let mut reports = Vec::with_capacity(count);
    for (number, it) in body.positions.iter().enumerate() {
        let at = format!("/positions/{number}");
        for (name, text) in [("carrier", &it.carrier), ("vehicle", &it.vehicle)] {
            if !(1..=CHARS_MAX).contains(&text.chars().count()) {
                wrong(format!("{at}/{name}"), "out_of_range", "1 to 64 characters");
            }
        }
        let moment = instant(&it.at);
        if moment.is_none() {
            wrong(format!("{at}/at"), "invalid", "a moment in RFC 3339");
        }
        let position = Position::new(it.latitude_micro, it.longitude_micro);
        if position.is_none() {
            wrong(format!("{at}/latitude_micro"), "out_of_range", "a place on the globe");
        }
        let parcels = it.parcels.as_deref().map(|parcels| loads(parcels, &at, &mut wrong));
        if let (Some(moment), Some(position)) = (moment, position) {
            reports.push(Report {
                carrier: it.carrier.clone(),
                vehicle: it.vehicle.clone(),
                at: moment,
                position,
                parcels,
            });
        }
    }
    if errors.is_empty() { Ok(reports) } else { Err(Problem::invalid(errors)) }
}

fn loads(
    parcels: &[LoadBody],
    at: &str,
    wrong: &mut impl FnMut(String, &'static str, &str),
) -> Vec<Load> {
    let mut loads = Vec::with_capacity(parcels.len());
    for (number, it) in parcels.iter().enumerate() {
        let at = format!("{at}/parcels/{number}");
        if !(1..=CHARS_MAX).contains(&it.waybill.chars().count()) {
            wrong(format!("{at}/waybill"), "out_of_range", "1 to 64 characters");
        }
        let arrives_at = it.arrives_at.as_deref().map(instant);
        if arrives_at == Some(None) {
            wrong(format!("{at}/arrives_at"), "invalid", "a moment in RFC 3339");
        }
        match Position::new(it.latitude_micro, it.longitude_micro) {
            Some(stop) => loads.push(Load {
                waybill: it.waybill.clone(),
                stop,
                arrives_at: arrives_at.flatten(),
            }),
            None => wrong(format!("{at}/latitude_micro"), "out_of_range", "a place on the globe"),
        }
    }
    loads
}

fn instant(text: &str) -> Option<Timestamp> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    Some(moment.into())
}
