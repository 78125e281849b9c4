//! Carriers: what was agreed with each, our account at it, and what a parcel would cost.

pub mod compare;
pub mod keep;
pub mod settings;
mod terms;
pub mod view;

use axum::http::StatusCode;
use ordermill_app::carrier::setup::KeepCarrierError;
use ordermill_domain::api_key::Scope;
use ordermill_domain::carrier::Flaw;

use crate::etag;
use crate::gate::Needs;
use crate::params::not_found;
use crate::problem::{FieldError, Problem};
use crate::routes::Routes;

/// The addresses of carriers.
pub(crate) fn routes(routes: Routes) -> Routes {
    // What was agreed with carriers concerns every channel, and is nobody else's business.
    let needs = Needs::WholeKey(Scope::WriteRules);
    routes
        .get("/api/v1/carriers", needs, keep::list_carriers)
        .post("/api/v1/carriers", needs, keep::create_carrier)
        .post("/api/v1/carriers/compare", needs, compare::compare_carriers)
        .get("/api/v1/carriers/{carrier_id}", needs, keep::get_carrier)
        .put("/api/v1/carriers/{carrier_id}", needs, keep::edit_carrier)
        .get("/api/v1/shipping-settings", needs, settings::get_shipping_settings)
        .put("/api/v1/shipping-settings", needs, settings::set_shipping_settings)
}

impl From<&Flaw> for FieldError {
    fn from(flaw: &Flaw) -> Self {
        // Prices are amounts here.
        let field = flaw.field.replace("_minor", "_price").replace('.', "/");
        let detail = format!("expected {}", flaw.expected);
        Self::new(format!("/{field}"), "out_of_range", detail)
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<KeepCarrierError> for Problem {
    fn from(error: KeepCarrierError) -> Self {
        use KeepCarrierError as E;
        match &error {
            E::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            E::NotFound(_) => not_found("carrier"),
            E::Invalid(flaws) => Self::invalid(flaws.iter().map(FieldError::from).collect()),
            E::CodeTaken(_) => Self::new(StatusCode::CONFLICT, "code_taken", &error),
            E::Stale => etag::changed(&error),
            E::Storage(_) => match error {
                E::Storage(error) => error.into(),
                other => Self::internal(&other),
            },
        }
    }
}
