//! What is sold, and where from: SKUs, categories, locations.

pub mod categories;
pub mod layout;
pub mod locations;
pub mod skus;

use axum::http::StatusCode;
use ordermill_app::catalog::edit::EditError;
use ordermill_domain::api_key::Scope;
use ordermill_domain::sku::Invalid;
use ordermill_domain::text::Text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::etag;
use crate::gate::Needs;
use crate::params::not_found;
use crate::problem::{FieldError, Problem};
use crate::routes::Routes;

/// The addresses of the catalog.
pub(crate) fn routes(routes: Routes) -> Routes {
    let (read, write) = (Needs::Key(Scope::ReadCatalog), Needs::WholeKey(Scope::WriteCatalog));
    routes
        .get("/api/v1/skus", read, skus::list_skus)
        .post("/api/v1/skus", write, skus::create_sku)
        .get("/api/v1/skus/{sku_id}", read, skus::get_sku)
        .patch("/api/v1/skus/{sku_id}", write, skus::edit_sku)
        .get("/api/v1/skus/{sku_id}/availability", read, skus::get_availability)
        .get("/api/v1/categories", read, categories::list_categories)
        .post("/api/v1/categories", write, categories::create_category)
        .get("/api/v1/categories/{category_id}", read, categories::get_category)
        .patch("/api/v1/categories/{category_id}", write, categories::edit_category)
        .get("/api/v1/locations", read, locations::list_locations)
        .post("/api/v1/locations", write, locations::create_location)
        .get("/api/v1/locations/{location_id}", read, locations::get_location)
        .patch("/api/v1/locations/{location_id}", write, locations::edit_location)
        .get("/api/v1/locations/{location_id}/layout", read, layout::get_layout)
        .put("/api/v1/locations/{location_id}/layout", write, layout::draw_layout)
        .get("/api/v1/locations/{location_id}/bins", read, layout::list_bins)
}

/// The same in Chinese and in English; one of them may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Text)]
pub struct TextView {
    /// Simplified Chinese.
    #[schema(max_length = 2000, example = "青瓷饭碗")]
    pub zh: String,
    /// English.
    #[schema(max_length = 2000, example = "Celadon rice bowl")]
    pub en: String,
}

impl From<&Text> for TextView {
    fn from(text: &Text) -> Self {
        Self { zh: text.zh.clone(), en: text.en.clone() }
    }
}

impl From<TextView> for Text {
    fn from(text: TextView) -> Self {
        Self::new(text.zh, text.en)
    }
}

const TEXT_CHARS_MAX: usize = 2_000;

/// Names what is too long, so that no text grows without a bound.
pub(crate) fn check_texts(texts: &[(&str, Option<&TextView>)]) -> Result<(), Problem> {
    let is_long = |text: &TextView| {
        [&text.zh, &text.en].iter().any(|text| text.chars().count() > TEXT_CHARS_MAX)
    };
    let wrong: Vec<FieldError> = texts
        .iter()
        .filter(|(_, text)| text.is_some_and(is_long))
        .map(|(field, _)| {
            let detail = format!("at most {TEXT_CHARS_MAX} characters");
            FieldError::new(format!("/{field}"), "out_of_range", detail)
        })
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(Problem::invalid(wrong)) }
}

/// As [`check_texts`] for plain texts: (field, text, characters).
pub(crate) fn check_lengths(texts: &[(&str, &str, usize)]) -> Result<(), Problem> {
    let wrong: Vec<FieldError> = texts
        .iter()
        .filter(|(_, text, max)| text.chars().count() > *max || text.contains('\0'))
        .map(|(field, _, max)| {
            let detail = format!("at most {max} characters, none of them NUL");
            FieldError::new(format!("/{field}"), "out_of_range", detail)
        })
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(Problem::invalid(wrong)) }
}

/// The number behind a field's name must be one of the business.
pub(crate) fn wrong(field: &str, detail: impl ToString) -> Problem {
    Problem::invalid(vec![FieldError::new(format!("/{field}"), "invalid", detail.to_string())])
}

impl From<&Invalid> for FieldError {
    fn from(invalid: &Invalid) -> Self {
        Self::new(format!("/{}", invalid.field), "invalid", format!("must be {}", invalid.expected))
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<EditError> for Problem {
    fn from(error: EditError) -> Self {
        match error {
            EditError::NotFound(what) => not_found(what),
            EditError::Changed { .. } => etag::changed(&error),
            EditError::Invalid(wrong) => {
                Self::invalid(wrong.iter().map(FieldError::from).collect())
            }
            EditError::Taken { field, .. } => {
                let detail = error.to_string();
                let errors = vec![FieldError::new(format!("/{field}"), "taken", &*detail)];
                Self { errors, ..Self::new(StatusCode::CONFLICT, "taken", detail) }
            }
            EditError::Storage(error) => error.into(),
        }
    }
}
