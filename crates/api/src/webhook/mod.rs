//! Endpoints of outgoing webhooks, and their deliveries.

pub mod deliveries;
pub mod endpoints;

use axum::http::StatusCode;
use ordermill_app::webhook::WebhookError;
use ordermill_domain::api_key::Scope;
use ordermill_domain::outgoing::Refused;

use crate::catalog::wrong;
use crate::etag;
use crate::gate::Needs;
use crate::params::not_found;
use crate::problem::Problem;
use crate::routes::Routes;

/// The addresses of webhooks.
pub(crate) fn routes(routes: Routes) -> Routes {
    let manage = Needs::WholeKey(Scope::ManageWebhooks);
    routes
        .get("/api/v1/webhooks", manage, endpoints::list_webhooks)
        .post("/api/v1/webhooks", manage, endpoints::create_webhook)
        .get("/api/v1/webhooks/{endpoint_id}", manage, endpoints::get_webhook)
        .patch("/api/v1/webhooks/{endpoint_id}", manage, endpoints::edit_webhook)
        .delete("/api/v1/webhooks/{endpoint_id}", manage, endpoints::delete_webhook)
        .post(
            "/api/v1/webhooks/{endpoint_id}/rotate-secret",
            manage,
            endpoints::rotate_webhook_secret,
        )
        .post("/api/v1/webhooks/{endpoint_id}/test", manage, endpoints::test_webhook)
        .post("/api/v1/webhooks/{endpoint_id}/replay", manage, deliveries::replay_webhook)
        .get(
            "/api/v1/webhooks/{endpoint_id}/deliveries",
            manage,
            deliveries::list_webhook_deliveries,
        )
        .post(
            "/api/v1/webhooks/{endpoint_id}/deliveries/{delivery_id}/replay",
            manage,
            deliveries::replay_webhook_delivery,
        )
}

// No `_` arm: a new kind of failure is given its status here.
impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        match &error {
            WebhookError::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            WebhookError::NotFound(_) => not_found("endpoint"),
            WebhookError::DeliveryNotFound(_) => not_found("delivery"),
            WebhookError::Changed { .. } => etag::changed(&error),
            WebhookError::Address(refused) => (*refused).into(),
            WebhookError::Filter(refused) => wrong("events", refused),
            WebhookError::Description => wrong("description", &error),
            WebhookError::TooMany => Self::new(StatusCode::CONFLICT, "too_many", &error),
            WebhookError::Step(_) => Self::new(StatusCode::CONFLICT, "step_not_allowed", &error),
            WebhookError::Secret => Self::internal(&error),
            WebhookError::Storage(_) => match error {
                WebhookError::Storage(error) => error.into(),
                other => Self::internal(&other),
            },
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        wrong("url", refused)
    }
}
