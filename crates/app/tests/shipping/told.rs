//! Parcels of a channel's orders, from the dock to what the channel has on record.

use std::sync::Arc;

use ordermill_adapters::shopify::Shopify;
use ordermill_app::catalog::CatalogHolder;
use ordermill_app::channel::report::{TRIES, reader};
use ordermill_app::channel::setup::{SetUpChannel, keep_access, set_up_channel};
use ordermill_app::channel::{ChannelSettings, SalesChannels};
use ordermill_app::links::Links;
use ordermill_app::payment::{Gateways, PaymentSettings, Payments};
use ordermill_app::scheduler::run_due;
use ordermill_base::{Clock as _, Random, Span};
use ordermill_domain::channel_order::State as CopyState;
use ordermill_domain::channel_report::State;
use ordermill_domain::ids::{ChannelOrderId, OrderId, ShipmentId};
use ordermill_domain::shipment::Plan;
use ordermill_domain::task::TaskKind;
use ordermill_sandbox::carriers::Word;
use ordermill_sandbox::fault::{Call, Fault};
use ordermill_sandbox::shopify::{Fulfillment, NewLine, NewOrder};
use ordermill_storage::channel_report::ChannelReport;
use ordermill_storage::shipment::Stored;
use ordermill_storage::{Error, Tx, channel_order, channel_report};
use ordermill_vault::Place;
use serde_json::json;

use crate::kit::{Shop, logistics, on_each_database, on_each_database_unchecked};

/// The order's number here and there.
pub(crate) const NUMBER: i64 = 4_507;
/// Shopify's id of its line.
pub(crate) const LINE: u64 = 11;

/// The shop's channel at Shopify, and an order of it that waits at the dock.
struct AtTheDock {
    channels: SalesChannels,
    order: OrderId,
    parcels: Vec<Stored>,
}

impl AtTheDock {
    async fn with(shop: &mut Shop, pieces: i64) -> Self {
        let channels = connect(shop).await;
        shop.pieces = pieces;
        let line_items = vec![NewLine { id: LINE, quantity: pieces.try_into().unwrap() }];
        let new = NewOrder { id: NUMBER.unsigned_abs(), line_items };
        shop.sandbox().place_at_shopify(&new).unwrap();
        let (order, ..) = shop.labeled_work(NUMBER).await;
        keep_copy(shop, order, ("S1", pieces)).await;
        let parcels = shop.parcels(order).await;
        assert_eq!(parcels.len() as i64, pieces + (shop.gifts - 1).max(0));
        Self { channels, order, parcels }
    }

    /// A parcel leaves on a list of its own, and the reader of the journal has seen it.
    async fn leaves(&self, shop: &Shop, index: usize) -> ShipmentId {
        let facts = self.parcels[index].shipment.facts();
        let scanned = shop.scan_out(&facts.terms.waybill).await;
        shop.close(scanned.manifest).await;
        shop.reads(reader(self.channels.clone()), "shipment", facts.id).await;
        facts.id
    }

    async fn report(&self, shop: &Shop, id: ShipmentId) -> ChannelReport {
        shop.database.read(move |tx| channel_report::fetch(tx, id)).await.unwrap().unwrap()
    }

    fn waybill(&self, index: usize) -> &str {
        &self.parcels[index].shipment.facts().terms.waybill
    }
}

/// What the channel has on record.
pub(crate) fn on_record(shop: &Shop) -> Vec<Fulfillment> {
    shop.sandbox().shopify_order(NUMBER.unsigned_abs()).unwrap().fulfillments
}

pub(crate) async fn connect(shop: &mut Shop) -> SalesChannels {
    let catalog = Arc::new(shop.database.read(CatalogHolder::load).await.unwrap());
    let settings = PaymentSettings::default();
    let payments = Payments::new(
        shop.database.clone(),
        Gateways::default(),
        Arc::new(shop.vault.clone()),
        shop.clock.clone(),
        settings.clone(),
        Random::from_seed(1),
    );
    let channels = SalesChannels::new(
        shop.database.clone(),
        shop.vault.clone(),
        catalog,
        payments,
        Links::new("https://shop.example"),
        vec![Arc::new(Shopify::new(shop.guard(), shop.clock.clone(), Random::from_seed(2)))],
        shop.clock.clone(),
        settings,
    );
    let (vault, now) = (shop.vault.clone(), shop.clock.now());
    let url = format!("{}/shopify", shop.sandbox_url());
    let set_up = move |tx: &mut Tx<'_>| {
        let account = "tea.myshopify.com".to_owned();
        let new = SetUpChannel {
            code: "shopify-eu".into(),
            kind: "shopify".into(),
            name: "Europe".into(),
            settings: ChannelSettings { account, ..ChannelSettings::default() },
            secrets: vec!["secret".into()],
        };
        let id = set_up_channel(tx, &vault, &new, now).map_err(Error::defect)?;
        keep_access(tx, &vault, "shopify-eu", Some(&url), "key").map_err(Error::defect)?;
        Ok::<_, Error>(id)
    };
    shop.channel = Some(shop.database.write(set_up).await.unwrap());
    channels
}

/// The copy of the order, as it would have come in by the channel's message.
pub(crate) async fn keep_copy(shop: &Shop, order: OrderId, (sku, pieces): (&str, i64)) {
    let body = json!({
        "id": NUMBER, "name": format!("#{NUMBER}"), "test": false, "email": "ada@example.com",
        "created_at": "2026-11-22T15:00:00+08:00", "updated_at": "2026-11-22T15:00:00+08:00",
        "currency": "CNY", "taxes_included": true, "total_price": "200.00",
        "financial_status": "pending", "payment_gateway_names": ["Cash on Delivery (COD)"],
        "line_items": [{
            "id": LINE, "sku": sku, "title": "Green tea", "quantity": pieces, "price": "200.00",
            "requires_shipping": true, "gift_card": false, "properties": [],
            "discount_allocations": [], "tax_lines": [],
        }],
        "shipping_lines": [],
    });
    let (vault, now, channel) = (shop.vault.clone(), shop.clock.now(), shop.channel.unwrap());
    let write = move |tx: &mut Tx<'_>| {
        let id: ChannelOrderId = tx.next_id(now);
        let place =
            Place { table: "channel_orders", column: "original", row: ordermill_base::Id::raw(id) };
        let copy = channel_order::ChannelOrder {
            id,
            channel,
            external_id: NUMBER.to_string(),
            number: format!("#{NUMBER}"),
            state: CopyState::Waiting,
            order: None,
            original: vault.seal(place, body.to_string().as_bytes()),
            latest: None,
            changed_at: now,
            problem: None,
            received_at: now,
        };
        channel_order::insert(tx, &copy, now)?;
        channel_order::settle(tx, id, CopyState::Placed, Some(order))
    };
    shop.database.write::<_, Error, _>(write).await.unwrap();
}

#[test]
fn a_channel_knows_each_parcel_with_its_waybill_and_what_is_in_it() {
    on_each_database(async |shop| {
        let dock = AtTheDock::with(shop, 2).await;
        let first = dock.leaves(shop, 0).await;
        assert_eq!(shop.deadlines(first).await, ["status_sync"]);
        shop.clock.advance(Span::millis(1_500));
        assert_eq!(dock.channels.tell_due().await.unwrap(), 1);
        assert_eq!(shop.deadlines(first).await, [] as [&str; 0]);
        let [told] = &on_record(shop)[..] else { panic!("one parcel has left") };
        assert_eq!(
            (&*told.numbers, &told.lines),
            (&[dock.waybill(0).to_owned()][..], &vec![(LINE, 1)])
        );
        assert!(told.url.starts_with("https://shop.example/t/") && told.notified, "{told:?}");
        assert!(!told.company.is_empty());
        let report = dock.report(shop, first).await;
        assert_eq!((report.state, report.told_at), (State::Told, Some(shop.clock.now())));
        let lags = dock.channels.lags();
        assert_eq!((lags.count, lags.buckets[2], lags.sum_micros), (1, 1, 1_500_000));

        dock.leaves(shop, 1).await;
        assert_eq!(dock.channels.tell_due().await.unwrap(), 1);
        assert_eq!(on_record(shop).len(), 2);
        assert_eq!(dock.channels.tell_due().await.unwrap(), 0);
    });
}

#[test]
fn of_gifts_a_channel_is_told_nothing_not_even_of_a_parcel_with_nothing_else() {
    on_each_database(async |shop| {
        shop.gifts = 2;
        let dock = AtTheDock::with(shop, 1).await;
        dock.leaves(shop, 0).await;
        dock.leaves(shop, 1).await;
        assert_eq!(dock.channels.tell_due().await.unwrap(), 1);
        let [told] = &on_record(shop)[..] else { panic!("one parcel has what was bought") };
        assert_eq!(told.numbers, [dock.waybill(0)]);
        assert_eq!(told.lines, [(LINE, 1)]);
    });
}

#[test]
fn what_the_carriers_own_scan_hands_over_is_told_as_well() {
    on_each_database(async |shop| {
        let dock = AtTheDock::with(shop, 1).await;
        let stored = &dock.parcels[0];
        shop.reports(stored, Word::Collected).await;
        for _ in 0..2 {
            let id = stored.shipment.facts().id;
            shop.reads(reader(dock.channels.clone()), "shipment", id).await;
        }
        assert_eq!(dock.channels.tell_due().await.unwrap(), 1);
        assert_eq!(on_record(shop).len(), 1);
    });
}

#[test]
fn a_lost_answer_leaves_one_parcel_on_record_however_it_is_lost() {
    let lost = [Fault::LoseAnswer, Fault::FailAfterSuccess, Fault::HangAfterSuccess];
    on_each_database(async |shop| {
        let dock = AtTheDock::with(shop, 3).await;
        for (index, fault) in lost.iter().enumerate() {
            shop.break_next(Call::ShopTell, fault.clone(), 1);
            let id = dock.leaves(shop, index).await;
            dock.channels.tell_due().await.unwrap();
            let report = dock.report(shop, id).await;
            assert_eq!((report.state, report.attempts), (State::Waiting, 1), "{fault:?}");
            assert_eq!(on_record(shop).len(), index + 1, "{fault:?}");
            shop.clock.advance(Span::seconds(11));
            dock.channels.tell_due().await.unwrap();
            assert_eq!(dock.report(shop, id).await.state, State::Told, "{fault:?}");
            assert_eq!(on_record(shop).len(), index + 1, "{fault:?}");
        }
    });
}

#[test]
fn a_channel_that_wants_to_be_left_alone_is_left_alone_for_as_long_as_it_says() {
    on_each_database(async |shop| {
        let dock = AtTheDock::with(shop, 1).await;
        shop.break_next(Call::ShopLook, Fault::Throttle { seconds: 45 }, 1);
        let id = dock.leaves(shop, 0).await;
        dock.channels.tell_due().await.unwrap();
        shop.clock.advance(Span::seconds(44));
        assert_eq!(dock.channels.tell_due().await.unwrap(), 0);
        shop.clock.advance(Span::seconds(1));
        assert_eq!(dock.channels.tell_due().await.unwrap(), 1);
        assert_eq!(dock.report(shop, id).await.state, State::Told);
    });
}

#[test]
fn a_channel_that_does_not_answer_in_time_is_a_task_for_operations_and_then_told() {
    on_each_database(async |shop| {
        let dock = AtTheDock::with(shop, 1).await;
        shop.break_next(Call::ShopLook, Fault::Unavailable, 1_000);
        let id = dock.leaves(shop, 0).await;
        for _ in 0..5 {
            dock.channels.tell_due().await.unwrap();
            shop.clock.advance(Span::minutes(5));
        }
        run_due(&shop.database, shop.clock.now()).await.unwrap();
        assert_eq!(shop.open_tasks().await, [TaskKind::Deadline]);
        shop.sandbox().clear_faults();
        shop.clock.advance(Span::hours(1));
        dock.channels.tell_due().await.unwrap();
        assert_eq!(dock.report(shop, id).await.state, State::Told);
        assert_eq!(shop.open_tasks().await, []);
    });
}

#[test]
fn a_channel_that_never_answers_is_given_up_with_a_task() {
    on_each_database(async |shop| {
        let dock = AtTheDock::with(shop, 1).await;
        shop.break_next(Call::ShopLook, Fault::Unavailable, 1_000);
        let id = dock.leaves(shop, 0).await;
        for _ in 0..TRIES {
            assert_eq!(dock.channels.tell_due().await.unwrap(), 1);
            shop.clock.advance(Span::hours(6));
        }
        assert_eq!(dock.report(shop, id).await.state, State::Failed);
        assert_eq!(shop.open_tasks().await, [TaskKind::DeliveryDeadLetter]);
    });
}

#[test]
fn what_a_channel_refuses_is_told_again_when_somebody_has_looked() {
    on_each_database(async |shop| {
        let dock = AtTheDock::with(shop, 1).await;
        shop.break_next(Call::ShopTell, Fault::Decline, 1);
        let id = dock.leaves(shop, 0).await;
        dock.channels.tell_due().await.unwrap();
        let report = dock.report(shop, id).await;
        assert_eq!(report.state, State::Failed);
        assert!(report.last_error.unwrap().contains("line item quantity"));
        assert_eq!(shop.open_tasks().await, [TaskKind::DeliveryDeadLetter]);
        assert_eq!(dock.channels.tell_due().await.unwrap(), 0);

        let again = || dock.channels.tell_again(logistics(), shop.act(), id);
        assert!(again().await.unwrap());
        assert_eq!(dock.channels.tell_due().await.unwrap(), 1);
        assert_eq!(dock.report(shop, id).await.state, State::Told);
        assert_eq!(shop.open_tasks().await, []);
        assert!(!again().await.unwrap(), "there is nothing to tell any more");
        assert_eq!(shop.history(id).await.last().unwrap(), "shipment.told_again");
    });
}

#[test]
fn a_parcel_in_the_place_of_a_lost_one_is_its_new_waybill_at_the_channel_and_told_once() {
    on_each_database(async |shop| {
        let dock = AtTheDock::with(shop, 2).await;
        let (lost, other) = (dock.leaves(shop, 0).await, dock.leaves(shop, 1).await);
        assert_eq!(dock.channels.tell_due().await.unwrap(), 2);
        shop.carriers.call_drivers().await.unwrap();
        shop.clock.advance(Span::minutes(1));
        shop.reports(&dock.parcels[0], Word::Lost).await;
        shop.plans(lost, Plan::Reship).await.unwrap();
        let work = shop.pack(dock.order, 1).await;
        shop.label(work).await;
        let second = shop.parcels(dock.order).await.pop().unwrap().shipment.facts().clone();
        let list = shop.scan_out(&second.terms.waybill).await.manifest;
        shop.close(list).await;
        shop.reads(reader(dock.channels.clone()), "shipment", second.id).await;
        // The answer is lost: whoever comes back finds the waybill, and changes nothing.
        shop.break_next(Call::ShopTell, Fault::LoseAnswer, 1);
        assert_eq!(dock.channels.tell_due().await.unwrap(), 1);
        assert_eq!(dock.report(shop, second.id).await.state, State::Waiting);
        shop.clock.advance(Span::seconds(11));
        assert_eq!(dock.channels.tell_due().await.unwrap(), 1);
        let report = dock.report(shop, second.id).await;
        assert_eq!(report.state, State::Told, "{report:?}");
        assert_eq!(report.reference, dock.report(shop, lost).await.reference);
        // Both were told at once, in whatever order.
        let mut numbers: Vec<_> = on_record(shop).into_iter().map(|it| it.numbers).collect();
        let mut expected = [vec![second.terms.waybill], vec![dock.waybill(1).to_owned()]];
        numbers.sort_unstable();
        expected.sort_unstable();
        assert_eq!(numbers, expected, "two parcels, as before");
        assert_ne!(dock.report(shop, other).await.reference, report.reference);
        assert_eq!(shop.deadlines(second.id).await, [] as [&str; 0]);
    });
}

#[test]
fn a_channel_that_is_told_just_now_is_not_told_a_second_time_side_by_side() {
    on_each_database(async |shop| {
        let dock = AtTheDock::with(shop, 1).await;
        let id = dock.leaves(shop, 0).await;
        let (now, again_at) = (shop.clock.now(), shop.clock.now() + Span::minutes(2));
        // Another node has claimed it, and is at it.
        let claim = move |tx: &mut Tx<'_>| channel_report::claim(tx, now, again_at, 9);
        assert_eq!(shop.database.write(claim).await.unwrap().len(), 1);
        shop.clock.advance(Span::seconds(30));
        assert!(dock.channels.tell_again(logistics(), shop.act(), id).await.unwrap());
        assert_eq!(dock.channels.tell_due().await.unwrap(), 0);
        assert_eq!(dock.report(shop, id).await.next_at, Some(again_at));
        // It does not come back: the report is due when its claim has run out.
        shop.clock.advance(Span::seconds(90));
        assert_eq!(dock.channels.tell_due().await.unwrap(), 1);
        assert_eq!(on_record(shop).len(), 1);
    });
}

#[test]
fn what_was_put_off_for_hours_is_told_at_once_when_somebody_wants_it() {
    on_each_database(async |shop| {
        let dock = AtTheDock::with(shop, 1).await;
        shop.break_next(Call::ShopLook, Fault::Throttle { seconds: 3_600 }, 1);
        let id = dock.leaves(shop, 0).await;
        dock.channels.tell_due().await.unwrap();
        shop.clock.advance(Span::seconds(1));
        assert!(dock.channels.tell_again(logistics(), shop.act(), id).await.unwrap());
        assert_eq!(dock.channels.tell_due().await.unwrap(), 1);
        assert_eq!(dock.report(shop, id).await.state, State::Told);
    });
}

#[test]
fn a_parcel_that_cannot_be_told_of_is_a_task_and_not_tried_for_ever() {
    let spoilt = [
        ("UPDATE shipments SET waybill = '' WHERE id = $1", "waybill"),
        (
            "UPDATE channels SET settings = 'nothing' WHERE id IN
                (SELECT channel_id FROM channel_reports WHERE id = $1)",
            "does not make sense",
        ),
        ("UPDATE channel_reports SET channel_id = 404 WHERE id = $1", "channel is not there"),
    ];
    for (sql, why) in spoilt {
        on_each_database_unchecked(async |shop| {
            let dock = AtTheDock::with(shop, 1).await;
            let id = dock.leaves(shop, 0).await;
            let raw = ordermill_base::Id::raw(id);
            let spoil = move |tx: &mut Tx<'_>| tx.execute(sql, ordermill_storage::params![raw]);
            shop.database.write(spoil).await.unwrap();
            dock.channels.tell_due().await.unwrap();
            let report = dock.report(shop, id).await;
            assert_eq!(report.state, State::Failed, "{sql}");
            assert!(report.last_error.as_ref().unwrap().contains(why), "{report:?}");
            assert_eq!(shop.open_tasks().await, [TaskKind::DeliveryDeadLetter]);
        });
    }
}

#[test]
fn orders_of_channels_without_access_and_of_the_own_shop_need_nothing() {
    on_each_database(async |shop| {
        let dock = AtTheDock::with(shop, 1).await;
        let vault = shop.vault.clone();
        let end = move |tx: &mut Tx<'_>| keep_access(tx, &vault, "shopify-eu", None, "");
        shop.database.write(end).await.unwrap();
        dock.leaves(shop, 0).await;
        shop.channel = None;
        shop.pieces = 1;
        let own = shop.handed_over(8).await.shipment.facts().id;
        shop.reads(reader(dock.channels.clone()), "shipment", own).await;
        assert_eq!(dock.channels.tell_due().await.unwrap(), 0);
        let order = dock.order;
        let told = shop.database.read(move |tx| channel_report::of(tx, order)).await.unwrap();
        assert_eq!(told, []);
        assert_eq!(shop.deadlines(own).await, [] as [&str; 0]);
    });
}
