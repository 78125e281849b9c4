//! What buyers are told of their parcels: each step once, and no step of yesterday.

use std::sync::Arc;

use ordermill_app::catalog::{CatalogHolder, settings};
use ordermill_app::links::Links;
use ordermill_app::message::{BuyerMessages, Messages, news};
use ordermill_app::shipment::desk;
use ordermill_base::Span;
use ordermill_domain::actor::Act;
use ordermill_domain::message::{Cause, State};
use ordermill_domain::shipment::Plan;
use ordermill_ports::notifier::Outbox;
use ordermill_sandbox::carriers::Word;
use ordermill_storage::message::{self, Message};
use ordermill_storage::shipment::Stored;
use ordermill_storage::{Error, Tx};

use crate::kit::{Shop, logistics, on_each_database};

/// Reads what has happened to a parcel, twice: once is enough for a buyer.
async fn read(shop: &Shop, stored: &Stored) {
    for _ in 0..2 {
        shop.reads(news::reader(), "shipment", stored.shipment.facts().id).await;
    }
}

async fn told(shop: &Shop, stored: &Stored) -> Vec<Message> {
    let order = stored.shipment.facts().terms.order;
    shop.database.read(move |tx| message::of(tx, order)).await.unwrap()
}

async fn causes(shop: &Shop, stored: &Stored) -> Vec<Cause> {
    told(shop, stored).await.into_iter().map(|message| message.cause).collect()
}

/// Sends what is due and gives all texts.
pub(crate) async fn sent(shop: &Shop) -> Vec<String> {
    let outbox = Arc::new(Outbox::new(100));
    let catalog = Arc::new(shop.database.read(CatalogHolder::load).await.unwrap());
    let messages = Messages::new(
        shop.database.clone(),
        shop.vault.clone(),
        outbox.clone(),
        Links::new("https://shop.example"),
        catalog,
        shop.clock.clone(),
        Span::seconds(1),
    );
    while messages.send_due().await.unwrap() > 0 {}
    outbox.messages().into_iter().map(|message| message.text).collect()
}

#[test]
fn a_buyer_follows_a_parcel_from_the_dock_to_the_door() {
    on_each_database(async |shop| {
        let stored = shop.handed_over(1).await;
        read(shop, &stored).await;
        let [text] = &sent(shop).await[..] else { panic!("one message") };
        let waybill = &stored.shipment.facts().terms.waybill;
        assert!(text.contains("已发出") && text.contains(&**waybill), "{text}");
        assert!(text.contains("https://shop.example/t/"), "{text}");
        shop.clock.advance(Span::minutes(1));
        shop.reports(&stored, Word::WithCourier).await;
        read(shop, &stored).await;
        assert!(sent(shop).await[0].contains("正在派送"));
        shop.clock.advance(Span::minutes(1));
        shop.reports(&stored, Word::Signed).await;
        read(shop, &stored).await;
        assert!(sent(shop).await[0].contains("已签收"));
        let all = [Cause::Shipped, Cause::OutForDelivery, Cause::Delivered];
        assert_eq!(causes(shop, &stored).await, all);
        assert!(told(shop, &stored).await.iter().all(|it| it.state == State::Sent));
    });
}

#[test]
fn a_step_of_yesterday_is_no_news() {
    on_each_database(async |shop| {
        let stored = shop.handed_over(1).await;
        shop.reports(&stored, Word::WithCourier).await;
        // Nobody could read for most of a day.
        shop.clock.advance(Span::hours(13));
        read(shop, &stored).await;
        assert_eq!(causes(shop, &stored).await, []);
    });
}

#[test]
fn who_has_the_parcel_is_not_told_that_it_has_left() {
    on_each_database(async |shop| {
        let stored = shop.handed_over(1).await;
        read(shop, &stored).await;
        assert_eq!(causes(shop, &stored).await, [Cause::Shipped]);
        shop.clock.advance(Span::minutes(1));
        shop.reports(&stored, Word::Signed).await;
        read(shop, &stored).await;
        assert_eq!(sent(shop).await.len(), 1, "the first had not gone out yet");
        let states: Vec<State> = told(shop, &stored).await.iter().map(|it| it.state).collect();
        assert_eq!(states, [State::Moot, State::Sent]);
    });
}

#[test]
fn a_buyer_whose_address_is_not_found_is_asked_for_it_until_somebody_has_a_plan() {
    on_each_database(async |shop| {
        let stored = shop.handed_over(1).await;
        shop.reports(&stored, Word::AddressProblem).await;
        read(shop, &stored).await;
        assert_eq!(causes(shop, &stored).await, [Cause::AddressProblem]);
        let facts = stored.shipment.facts();
        let version = shop.shipment(facts.id).await.unwrap().shipment.facts().version;
        let act = Act { reason: Some("the buyer was called".into()), ..shop.act() };
        let id = facts.id;
        let plan = move |tx: &mut Tx<'_>| {
            desk::plan(tx, &logistics(), &act, id, version, Plan::Wait).map_err(Error::defect)
        };
        shop.database.write(plan).await.unwrap();
        assert_eq!(sent(shop).await, [] as [String; 0]);
        assert_eq!(told(shop, &stored).await[0].state, State::Moot);
    });
}

#[test]
fn a_shop_says_what_its_buyers_are_told() {
    on_each_database(async |shop| {
        let act = shop.act();
        let wanted = BuyerMessages { shipped: false, completed: true, ..BuyerMessages::default() };
        let save = move |tx: &mut Tx<'_>| settings::save(tx, &act, &wanted, 0);
        shop.database.write(save).await.unwrap();
        let stored = shop.handed_over(1).await;
        read(shop, &stored).await;
        assert_eq!(causes(shop, &stored).await, []);
        shop.clock.advance(Span::minutes(1));
        shop.reports(&stored, Word::Signed).await;
        read(shop, &stored).await;
        assert_eq!(causes(shop, &stored).await, [Cause::Delivered]);
    });
}
