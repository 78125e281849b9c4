//! What a shop packs in.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::catalog::settings::read;
use ordermill_app::pack::Materials;
use ordermill_app::pack::edit::{EditError, Flaw, Wrong, edit};
use ordermill_domain::package::Material;
use ordermill_domain::text::Text;
use ordermill_storage::{Error, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body::JsonBody;
use crate::etag::{self, IfMatch, etag};
use crate::problem::{FieldError, Problem};

/// A box or a bag. Lengths are in millimeters, weights in grams, costs in the smallest unit of the shop's
/// currency.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PackingMaterial)]
pub struct MaterialView {
    /// Capitals, digits and hyphens.
    #[schema(min_length = 1, max_length = 24, example = "BOX-S")]
    pub code: String,
    /// Its name in Chinese.
    #[schema(min_length = 1, max_length = 60)]
    pub name_zh: String,
    /// Its name in English.
    #[schema(min_length = 1, max_length = 60)]
    pub name_en: String,
    /// Inner length, width and height.
    pub inner_mm: [u32; 3],
    /// Outer length, width and height.
    pub outer_mm: [u32; 3],
    /// What it weighs empty.
    #[schema(maximum = 2_000_000)]
    pub tare_grams: u32,
    /// What it may weigh with its contents.
    #[schema(minimum = 1, maximum = 2_000_000)]
    pub max_gross_grams: u32,
    /// Material and handling.
    #[schema(maximum = 10_000_000)]
    pub cost_minor: u32,
    /// Whether it is recycled.
    pub is_recyclable: bool,
}

/// What a shop packs in, and what matters to it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PackingSettings)]
pub struct SettingsView {
    /// The boxes and bags; codes are unique.
    #[schema(min_items = 1, max_items = 100)]
    pub materials: Vec<MaterialView>,
    /// What each parcel costs beside its material.
    #[schema(maximum = 10_000_000)]
    pub parcel_minor: u32,
    /// What material that is not recycled is worse by.
    #[schema(maximum = 10_000_000)]
    pub not_recyclable_minor: u32,
    /// Pairs of codes of categories that never share a box.
    #[schema(max_items = 200)]
    pub apart: Vec<[String; 2]>,
    /// By how many percent a parcel may differ from its computed weight.
    #[schema(maximum = 100)]
    pub weight_tolerance_percent: u32,
    /// By how many grams it may differ however light it is.
    #[schema(maximum = 2_000_000)]
    pub weight_tolerance_grams: u32,
}

impl From<Materials> for SettingsView {
    fn from(it: Materials) -> Self {
        let material = |it: Material| MaterialView {
            code: it.code,
            name_zh: it.name.zh,
            name_en: it.name.en,
            inner_mm: it.inner_mm,
            outer_mm: it.outer_mm,
            tare_grams: it.tare_grams,
            max_gross_grams: it.max_gross_grams,
            cost_minor: it.cost_minor,
            is_recyclable: it.is_recyclable,
        };
        Self {
            materials: it.materials.into_iter().map(material).collect(),
            parcel_minor: it.parcel_minor,
            not_recyclable_minor: it.not_recyclable_minor,
            apart: it.apart.into_iter().map(|(a, b)| [a, b]).collect(),
            weight_tolerance_percent: it.weight_tolerance_percent,
            weight_tolerance_grams: it.weight_tolerance_grams,
        }
    }
}

impl From<SettingsView> for Materials {
    fn from(it: SettingsView) -> Self {
        let material = |it: MaterialView| Material {
            code: it.code,
            name: Text::new(it.name_zh, it.name_en),
            inner_mm: it.inner_mm,
            outer_mm: it.outer_mm,
            tare_grams: it.tare_grams,
            max_gross_grams: it.max_gross_grams,
            cost_minor: it.cost_minor,
            is_recyclable: it.is_recyclable,
        };
        Self {
            materials: it.materials.into_iter().map(material).collect(),
            parcel_minor: it.parcel_minor,
            not_recyclable_minor: it.not_recyclable_minor,
            apart: it.apart.into_iter().map(|[a, b]| (a, b)).collect(),
            weight_tolerance_percent: it.weight_tolerance_percent,
            weight_tolerance_grams: it.weight_tolerance_grams,
        }
    }
}

/// Read what a shop packs in.
#[utoipa::path(
    get, path = "/api/v1/packing-settings", tag = "packing", operation_id = "get_packing_settings",
    responses((status = 200, description = "They; their version is in ETag.", body = SettingsView)),
)]
pub async fn get_packing_settings(State(services): State<Services>) -> Result<Response, Problem> {
    let read = |tx: &mut Tx<'_>| read::<Materials>(tx);
    let (materials, version) = services.database().read(read).await?;
    Ok(([etag(version)], Json(SettingsView::from(materials))).into_response())
}

/// Change what a shop packs in.
///
/// All of it at once. Boxes that are proposed from then on are these; packages that are closed stay.
#[utoipa::path(
    put, path = "/api/v1/packing-settings", tag = "packing", operation_id = "edit_packing_settings",
    params(("If-Match" = String, Header, description = "The ETag that was read.", example = "\"0\"")),
    request_body = SettingsView,
    responses((status = 200, description = "As they are now.", body = SettingsView)),
)]
pub async fn edit_packing_settings(
    State(services): State<Services>,
    caller: Caller,
    IfMatch(version): IfMatch,
    body: JsonBody<SettingsView>,
) -> Result<Response, Problem> {
    let (catalog, wanted) = (services.catalog(), Materials::from(body.value));
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let change = move |tx: &mut Tx<'_>| {
        let version = edit(tx, &catalog, &principal, &act, &wanted, version)?;
        Ok::<_, EditError>((read::<Materials>(tx)?.0, version))
    };
    let (materials, version) = services.database().write(change).await.map_err(refused)?;
    services.catalog_changed().await;
    Ok(([etag(version)], Json(SettingsView::from(materials))).into_response())
}

// No `_` arm: a new kind of failure is given its status here.
fn refused(error: EditError) -> Problem {
    match error {
        EditError::Forbidden(_) => Problem::new(StatusCode::FORBIDDEN, "forbidden", &error),
        EditError::Invalid(wrong) => Problem::invalid(wrong.iter().map(field_error).collect()),
        EditError::Storage(Error::Stale(what)) => {
            etag::changed(format!("{what} changed meanwhile; read it again"))
        }
        EditError::Storage(error) => error.into(),
    }
}

fn field_error(wrong: &Wrong) -> FieldError {
    let own = match wrong.field {
        "inner_length" => "inner_mm/0",
        "inner_width" => "inner_mm/1",
        "inner_height" => "inner_mm/2",
        "outer_length" => "outer_mm/0",
        "outer_width" => "outer_mm/1",
        "outer_height" => "outer_mm/2",
        same => same,
    };
    let field = match wrong.material {
        Some(at) => format!("/materials/{at}/{own}"),
        None => format!("/{own}"),
    };
    let (code, detail) = match wrong.flaw {
        Flaw::OutOfRange(least, most) => ("out_of_range", format!("expected {least} to {most}")),
        Flaw::Text => {
            ("invalid", "a text that is not empty, not too long, of signs that it may have".into())
        }
        Flaw::Taken => ("taken", "each code stands here once".into()),
        Flaw::InnerLarger => ("out_of_range", "expected at least the inner edge".into()),
        Flaw::TareHeavier => ("out_of_range", "expected more than it weighs empty".into()),
        Flaw::Unknown => ("unknown", "expected codes of categories that are known here".into()),
        Flaw::TooMany(most) => ("out_of_range", format!("expected {most} at most")),
        Flaw::None => ("required", "a shop packs in something".into()),
    };
    FieldError::new(field, code, detail)
}
