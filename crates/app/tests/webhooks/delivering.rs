//! What arrives: each event once, signed, in order, until it is taken.

use ordermill_base::{Clock, Span};
use ordermill_domain::task::TaskKind;
use ordermill_domain::webhook::DeliveryState::{Delivered, Failed, Waiting};
use ordermill_domain::webhook::{DisableReason, State};
use ordermill_storage::{Error, task, webhook};
use ordermill_testkit::each_database;
use ordermill_vault::standard_webhooks::{Headers, WebhookSecret, verify};

use crate::kit::{World, order, runtime};

/// Runs a test on each engine.
macro_rules! on_each {
    ($world:ident, $test:expr) => {
        for under in each_database() {
            let database = under.open();
            runtime().block_on(async {
                let $world = &mut crate::kit::World::open(&under, database.clone()).await;
                $test
            });
            database.close();
        }
    };
}
pub(crate) use on_each;

#[test]
fn an_event_arrives_once_signed_as_a_cloud_event() {
    on_each!(world, {
        let (id, secret) = world.endpoint("ok", "order.*").await;
        let event = world.happens("order", order(7), "order.paid").await;
        world.happens("payment", 8, "payment.captured").await;
        assert_eq!(world.deliver().await, 1);
        assert_eq!(world.deliver().await, 0, "once");
        assert_eq!(world.states(id).await, [(event, Delivered)]);

        let arrived = world.receivers.arrived("ok").remove(0);
        let headers = Headers {
            id: arrived.header("webhook-id"),
            timestamp: arrived.header("webhook-timestamp"),
            signature: arrived.header("webhook-signature"),
        };
        let secret = WebhookSecret::parse(&secret).unwrap();
        verify(&[&secret], headers, &arrived.body, world.clock.now()).unwrap();
        assert_eq!(arrived.header("content-type"), "application/cloudevents+json");
        let body = arrived.json();
        assert_eq!(body["id"], headers.id);
        assert_eq!(body["id"], event.to_string());
        let text = String::from_utf8(arrived.body).unwrap();
        assert_eq!(
            text.replace(&event.to_string(), "evt_…"),
            r#"{"specversion":"1.0","id":"evt_…","source":"https://shop.example","type":"order.paid","subject":"ord_0000000000007","time":"2026-11-22T08:00:00Z","datacontenttype":"application/json","data":{"aggregate":"order","aggregate_id":"ord_0000000000007","sequence":1,"actor":"system:test","event":{"kind":"order.paid","amount_minor":100}}}"#
        );
    });
}

/// The attributes that CloudEvents demands, each a text that is not empty; its own schema says no
/// more about them.
#[test]
fn the_body_is_what_the_schema_of_cloud_events_demands() {
    let schema = ordermill_testkit::fixture::beside("cloudevents/cloudevents.schema.json");
    let Some(schema) = schema else { return };
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let required: Vec<&str> =
        schema["required"].as_array().unwrap().iter().filter_map(|it| it.as_str()).collect();
    assert_eq!(required, ["id", "source", "specversion", "type"]);
    on_each!(world, {
        world.endpoint("ok", "*").await;
        world.happens("order", order(7), "order.paid").await;
        world.deliver().await;
        for arrived in world.receivers.arrived("ok") {
            let body = arrived.json();
            for attribute in &required {
                assert!(!body[*attribute].as_str().unwrap().is_empty(), "{attribute}: {body}");
            }
            let known = schema["properties"].as_object().unwrap();
            for name in body.as_object().unwrap().keys() {
                assert!(known.contains_key(name), "{name} is no attribute of the schema");
            }
        }
    });
}

#[test]
fn what_happened_before_an_endpoint_was_added_is_none_of_its_business() {
    on_each!(world, {
        world.happens("order", order(7), "order.placed").await;
        world.pass(Span::seconds(1));
        let (id, _) = world.endpoint("ok", "order.*").await;
        let event = world.happens("order", order(7), "order.paid").await;
        world.deliver().await;
        assert_eq!(world.states(id).await, [(event, Delivered)]);
    });
}

#[test]
fn an_order_arrives_in_order_and_others_overtake_one_that_is_stuck() {
    on_each!(world, {
        world.endpoint("ok", "order.*").await;
        world.receivers.answer("ok", &[503]);
        let placed = world.happens("order", order(7), "order.placed").await;
        let paid = world.happens("order", order(7), "order.paid").await;
        let other = world.happens("order", order(8), "order.placed").await;
        world.deliver().await;
        world.pass(Span::seconds(2));
        world.deliver().await;
        let ids = |world: &World<'_>| world.receivers.ids("ok");
        assert_eq!(ids(world), [placed.to_string(), other.to_string()]);
        world.pass(Span::seconds(10));
        world.deliver().await;
        let expected = [placed, other, placed, paid].map(|event| event.to_string());
        assert_eq!(ids(world), expected);
    });
}

#[test]
fn a_failing_delivery_is_tried_ten_times_then_a_person_is_told() {
    on_each!(world, {
        let (id, _) = world.endpoint("fail", "order.*").await;
        let event = world.happens("order", order(7), "order.placed").await;
        let mut tries = 0;
        for _ in 0..200 {
            tries += world.deliver().await;
            world.pass(Span::minutes(30));
        }
        assert_eq!(tries, 10);
        assert_eq!(world.receivers.ids("fail"), vec![event.to_string(); 10]);
        assert_eq!(world.states(id).await, [(event, Failed)]);
        let tasks = world.database.read::<_, Error, _>(move |tx| task::of(tx, id)).await.unwrap();
        let kinds: Vec<TaskKind> = tasks.iter().map(|task| task.kind).collect();
        assert_eq!(kinds, [TaskKind::DeliveryDeadLetter]);
    });
}

#[test]
fn an_endpoint_that_fails_for_five_days_is_disabled() {
    on_each!(world, {
        let (id, _) = world.endpoint("fail", "order.*").await;
        for day in 0..7 {
            world.happens("order", order(day), "order.placed").await;
            for _ in 0..48 {
                world.deliver().await;
                world.pass(Span::minutes(30));
            }
        }
        let found = world.database.read(move |tx| webhook::fetch(tx, id)).await.unwrap().unwrap();
        assert_eq!(found.state, State::Disabled);
        assert_eq!(found.disabled_because, Some(DisableReason::Failing));
        assert_eq!(world.deliver().await, 0, "it is told no more");
        let tasks = world.database.read::<_, Error, _>(move |tx| task::of(tx, id)).await.unwrap();
        assert_eq!(tasks.len(), 1);
    });
}

#[test]
fn an_endpoint_that_is_gone_is_told_no_more() {
    on_each!(world, {
        let (id, _) = world.endpoint("gone", "order.*").await;
        let event = world.happens("order", order(7), "order.placed").await;
        world.deliver().await;
        world.happens("order", order(8), "order.placed").await;
        world.pass(Span::days(1));
        assert_eq!(world.deliver().await, 0);
        assert_eq!(world.states(id).await, [(event, Failed)]);
        let found = world.database.read(move |tx| webhook::fetch(tx, id)).await.unwrap().unwrap();
        assert_eq!(found.disabled_because, Some(DisableReason::Gone));
    });
}

#[test]
fn a_receiver_that_asks_for_an_hour_gets_it() {
    on_each!(world, {
        let (id, _) = world.endpoint("busy", "order.*").await;
        let event = world.happens("order", order(7), "order.placed").await;
        assert_eq!(world.deliver().await, 1);
        world.pass(Span::minutes(59));
        assert_eq!(world.deliver().await, 0);
        world.pass(Span::minutes(2));
        assert_eq!(world.deliver().await, 1);
        assert_eq!(world.states(id).await, [(event, Waiting)]);
    });
}

#[test]
fn a_node_that_died_gives_its_claims_back() {
    on_each!(world, {
        let (id, _) = world.endpoint("ok", "order.*").await;
        let event = world.happens("order", order(7), "order.placed").await;
        world.read_on().await;
        let (now, until) = (world.clock.now(), world.clock.now() + Span::seconds(60));
        let claimed = world
            .database
            .write(move |tx| ordermill_storage::delivery::claim(tx, id, now, until, 10))
            .await
            .unwrap();
        assert_eq!(claimed.len(), 1);
        assert_eq!(world.deliver().await, 0, "another node is at it");
        world.pass(Span::seconds(61));
        assert_eq!(world.deliver().await, 1);
        // The one that was thought dead comes back late and changes nothing.
        let late = claimed[0];
        let outcome = ordermill_storage::delivery::Outcome::Failed;
        let changed = world
            .database
            .write(move |tx| ordermill_storage::delivery::finish(tx, &late, outcome, "late", until))
            .await;
        assert!(!changed.unwrap());
        assert_eq!(world.states(id).await, [(event, Delivered)]);
    });
}
