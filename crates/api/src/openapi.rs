//! The API's description: what the handlers say of themselves, completed with what is the same for
//! all of them.
//!
//! A handler describes its success and what is special about it. That a call without a key is
//! answered 401, one that asks too much 429, and so on, follows from how the operation is called and
//! is added here, so that it is never forgotten.

use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::gate::Needs;
use crate::problem::{FieldError, Problem};
use crate::routes::Operation;
use crate::{
    approval, carrier, cart, catalog, channel, dispute, events, fulfillment, gateway, gift_card,
    gift_rule, health, import, journal, merge, order, pack, payment, pick_list, points, quote,
    refund, rule_table, shipment, sourcing, stock, tracking, vehicle, wave, webhook,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ordermill",
        description = "Orders from checkout to the last refund. Creating calls take an \
            Idempotency-Key; edits take the ETag that was read as If-Match; problems follow RFC 9457; \
            lists go by cursor; amounts are exact decimals.",
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
        order::missing::list_choices,
        order::missing::ask_buyer,
        order::missing::give_up_pieces,
        order::substitute::list_substitutes,
        order::substitute::substitute_pieces,
        order::notes::list_order_notes,
        order::notes::write_order_note,
        order::review::list_reviews,
        order::review::get_review,
        order::review::decide_review,
        cart::edit::create_cart,
        cart::view::get_cart,
        cart::edit::add_cart_line,
        cart::edit::change_cart_line,
        cart::edit::remove_cart_line,
        cart::edit::set_cart_coupons,
        cart::quote::quote_cart,
        cart::checkout::check_out_cart,
        import::upload::import_orders,
        import::read::get_import,
        import::read::list_import_problems,
        payment::start::start_payment,
        payment::read::list_payments,
        payment::check::check_payment,
        payment::read::list_refunds,
        refund::refund_order,
        dispute::read::list_disputes,
        dispute::read::get_dispute,
        dispute::read::list_of_order,
        dispute::answer::submit_evidence,
        dispute::answer::accept_dispute,
        approval::list_approvals,
        approval::get_approval,
        approval::approve_request,
        approval::reject_request,
        catalog::skus::list_skus,
        catalog::skus::get_sku,
        catalog::skus::create_sku,
        catalog::skus::edit_sku,
        catalog::skus::get_availability,
        catalog::categories::list_categories,
        catalog::categories::get_category,
        catalog::categories::create_category,
        catalog::categories::edit_category,
        catalog::locations::list_locations,
        catalog::locations::get_location,
        catalog::locations::create_location,
        catalog::locations::edit_location,
        catalog::layout::get_layout,
        catalog::layout::draw_layout,
        catalog::layout::list_bins,
        fulfillment::read::list_fulfillments,
        fulfillment::read::get_fulfillment,
        fulfillment::read::list_order_fulfillments,
        pack::settings::get_packing_settings,
        pack::settings::edit_packing_settings,
        pack::recheck::recheck_fulfillment,
        pack::recheck::send_back_fulfillment,
        pack::proposal::propose_packing,
        pack::close::pack_fulfillment,
        pack::close::unpack_fulfillment,
        pack::close::list_packages,
        pack::label::ask_for_label,
        sourcing::explain::list_sourcing_decisions,
        sourcing::by_hand::send_to,
        sourcing::by_hand::give_back,
        sourcing::by_hand::hurry_order,
        sourcing::by_hand::pool_location,
        sourcing::split::split_fulfillment,
        sourcing::split::put_order_together,
        merge::list_merge_candidates,
        merge::merge_fulfillment,
        merge::take_fulfillment_out,
        sourcing::settings::get_sourcing_settings,
        sourcing::settings::edit_sourcing_settings,
        stock::get_stock,
        stock::list_movements,
        stock::receive,
        stock::adjust,
        stock::count,
        stock::transfer,
        vehicle::report_positions,
        wave::list_waves,
        wave::release_wave,
        wave::preview_wave,
        pick_list::list_pick_lists,
        pick_list::get_pick_list,
        pick_list::take_pick_list,
        pick_list::hand_back_pick_list,
        pick_list::scan::scan_pick_list,
        shipment::read::list_shipments,
        shipment::read::get_shipment,
        shipment::read::list_order_shipments,
        shipment::desk::plan_shipment,
        shipment::desk::end_shipment,
        shipment::hand_over::list_waiting_parcels,
        shipment::hand_over::scan_parcels,
        shipment::hand_over::list_manifests,
        shipment::hand_over::get_manifest,
        shipment::hand_over::close_manifest,
        shipment::hand_over::take_parcel_off,
        shipment::receipt::confirm_receipt,
        shipment::receipt::report_not_received,
        gift_rule::get_gift_rules,
        gift_rule::edit_gift_rules,
        gift_card::issue_gift_card,
        gift_card::find_gift_card,
        gift_card::get_gift_card,
        gift_card::list_gift_card_movements,
        gift_card::adjust_gift_card,
        gift_card::collect_gift_card,
        points::get_points,
        points::list_points_movements,
        points::adjust_customer_points,
        carrier::keep::list_carriers,
        carrier::keep::create_carrier,
        carrier::keep::get_carrier,
        carrier::keep::edit_carrier,
        carrier::compare::compare_carriers,
        carrier::settings::get_shipping_settings,
        carrier::settings::set_shipping_settings,
        rule_table::keep::list_rule_tables,
        rule_table::keep::draft_rule_table,
        rule_table::keep::get_rule_table,
        rule_table::keep::edit_rule_table,
        rule_table::keep::step_rule_table,
        rule_table::force::put_rules_in_force,
        rule_table::force::roll_back_rules,
        rule_table::trial::dry_run_rules,
        rule_table::trial::list_rule_differences,
        webhook::endpoints::list_webhooks,
        webhook::endpoints::get_webhook,
        webhook::endpoints::create_webhook,
        webhook::endpoints::edit_webhook,
        webhook::endpoints::delete_webhook,
        webhook::endpoints::rotate_webhook_secret,
        webhook::endpoints::test_webhook,
        webhook::deliveries::list_webhook_deliveries,
        webhook::deliveries::replay_webhook_delivery,
        webhook::deliveries::replay_webhook,
        events::stream_events,
        journal::list_journal,
        journal::get_journal_entry,
        channel::list_channel_orders,
        channel::get_channel_order_copy,
        channel::retry_channel_order,
        channel::receive_message,
        gateway::receive_notice,
        tracking::receive_tracking_push,
    ),
    components(schemas(Problem, FieldError)),
    tags(
        (name = "orders", description = "Placing, reading and canceling orders."),
        (name = "carts", description = "What a buyer gathers before ordering."),
        (name = "quotes", description = "What an order would cost, and when it would arrive."),
        (name = "imports", description = "Orders by the file, each once, with a report by line."),
        (name = "payments", description = "Money in, and money back."),
        (name = "disputes", description = "Money that buyers' banks want back, and what we say to it."),
        (name = "approvals", description = "What takes two: one asks, another approves."),
        (name = "gift cards", description = "Balances that are known by a code, and pay."),
        (name = "points", description = "What customers have earned, and can spend."),
        (name = "catalog", description = "SKUs with their prices, categories, locations."),
        (name = "fulfillments", description = "Which location ships what of an order, why, and how far it is."),
        (name = "packing", description = "Rechecking what was picked, boxes that it fits into, and packages."),
        (name = "stock", description = "What lies where, and booking what changes it."),
        (name = "reviews", description = "Orders that the rules hold, and deciding about them."),
        (name = "floor", description = "Waves and pick lists of a location, followed scan by scan."),
        (name = "rules", description = "Which orders a person looks at: versions, trials, what is in force; how locations are chosen."),
        (name = "shipping", description = "Parcels on their way, hand-over lists, and what buyers say at the door."),
        (name = "carriers", description = "Who takes parcels: what was agreed, our accounts, and what a parcel would cost."),
        (name = "webhooks", description = "Being told of what happens, signed and in order."),
        (name = "events", description = "What happens, as it happens, and what happened."),
        (name = "channels", description = "Orders of sales channels, as they came in."),
        (name = "partners", description = "Where partners call us; signed by them, without a key of ours."),
        (name = "health", description = "Whether a node lives and can serve."),
    ),
)]
struct Handlers;

/// The whole document, for a router with these operations.
pub(crate) fn document(operations: &[Operation]) -> Value {
    let mut document =
        serde_json::to_value(Handlers::openapi()).expect("a document is plain values");
    let key = json!({
        "type": "http",
        "scheme": "bearer",
        "description": "An API key: `Authorization: Bearer omk_…`.",
    });
    document["components"]["securitySchemes"] = json!({ "api_key": key });
    for operation in operations {
        let described = &mut document["paths"][operation.path][operation.method];
        if let Value::Object(described) = described {
            complete(described, operation);
        }
    }
    document
}

fn complete(described: &mut Map<String, Value>, operation: &Operation) {
    let has = |place: &str, name: Option<&str>| {
        let all = described.get("parameters").and_then(Value::as_array);
        all.is_some_and(|all| {
            all.iter().any(|it| {
                it["in"] == place && name.is_none_or(|name| it["name"].as_str() == Some(name))
            })
        })
    };
    let has_body = described.contains_key("requestBody");
    let (has_key, has_match) =
        (has("header", Some("Idempotency-Key")), has("header", Some("If-Match")));
    let is_keyed = operation.needs != Needs::Nothing;
    let has_query = has("query", None);
    let has_id = has("path", None);
    let scope = operation.needs.scope();

    let mut add = |status: u16, needed: bool, words: &str| {
        if needed {
            let responses = described.entry("responses").or_insert_with(|| json!({}));
            if responses.get(status.to_string()).is_none() {
                responses[status.to_string()] = problem(words);
            }
        }
    };
    let is_ours = operation.path.starts_with("/api/v1/") && is_keyed;
    add(400, is_ours && (has_body || has_key || has_query || has_match), "It cannot be read.");
    add(401, is_keyed, "No key of this API.");
    add(403, is_keyed, "The key may not do this.");
    add(404, has_id && is_ours, "No such thing, or not yours to know of.");
    add(412, has_match, "Somebody else has changed it meanwhile; read it again.");
    add(413, has_body && is_ours, "The body is too large.");
    add(415, has_body && is_ours, "The body is not JSON.");
    let words = "Fields or parameters are wrong, or the key was used for another request.";
    add(422, is_ours && (has_body || has_key || has_query), words);
    add(409, has_match && has_body, "It does not allow that now.");
    add(428, has_match, "Send If-Match.");
    add(429, is_keyed, "Too many requests.");
    add(503, is_keyed, "Overloaded, disk full or database away; nothing was changed.");
    add(500, is_keyed, "A defect of ours; the request may be sent again.");
    if let Some(scope) = scope {
        described.insert("security".to_owned(), json!([{ "api_key": [scope.code()] }]));
    }
    for (status, header, words) in [
        ("429", "Retry-After", "Seconds to wait."),
        ("503", "Retry-After", "Seconds to wait."),
        ("201", "Location", "Where it is."),
        ("202", "Location", "Where it is asked about."),
    ] {
        if let Some(Value::Object(response)) =
            described.get_mut("responses").and_then(|all| all.get_mut(status))
        {
            let headers = response.entry("headers").or_insert_with(|| json!({}));
            headers[header] = json!({ "description": words, "schema": { "type": "string" } });
        }
    }
}

fn problem(words: &str) -> Value {
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    json!({
        "description": words,
        "content": { "application/problem+json": { "schema": schema } },
    })
}
