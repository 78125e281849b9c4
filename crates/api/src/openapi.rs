//! The API's description, made from the handlers.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::{events, gateway, health, import, order, payment, quote, refund};

/// OpenAPI 3.1 of everything under `/api/v1`, and of the health checks.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ordermill",
        description = "Orders from checkout to the last refund. Creating calls take an \
            Idempotency-Key; problems follow RFC 9457; lists go by cursor; amounts are exact decimals.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        health::live,
        health::ready,
        order::place::place_order,
        order::read::list_orders,
        order::read::get_order,
        order::cancel::cancel_order,
        quote::create::quote,
        import::upload::import_orders,
        import::read::get_import,
        import::read::list_import_problems,
        payment::start::start_payment,
        payment::read::list_payments,
        payment::check::check_payment,
        payment::read::list_refunds,
        refund::refund_order,
        events::stream_events,
        gateway::receive_notice,
    ),
    modifiers(&Keys),
    tags(
        (name = "orders", description = "Placing, reading and canceling orders."),
        (name = "quotes", description = "What an order would cost, and when it would arrive."),
        (name = "imports", description = "Orders by the file, each once, with a report by line."),
        (name = "payments", description = "Money in, and money back."),
        (name = "events", description = "What happens, as it happens."),
        (name = "partners", description = "Where partners call us; signed by them, without a key of ours."),
        (name = "health", description = "Whether a node lives and can serve."),
    ),
)]
#[derive(Debug)]
pub struct Document;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let key = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key: `Authorization: Bearer omk_…`."))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(key));
    }
}
