//! Goods of several orders in one box: one label, and each order's own way.

use jiff::civil::Date;
use ordermill_app::catalog::Catalog;
use ordermill_app::fulfillment::FulfillmentFile;
use ordermill_app::merge::by_hand::merge;
use ordermill_app::message::news;
use ordermill_app::order::cancel::cancel_order;
use ordermill_app::pack::close::{PackedBox, close};
use ordermill_app::pack::proposal::propose;
use ordermill_app::pack::{Seen, together};
use ordermill_app::shipment::receipt::{Confirmed, Reported, confirm, report_not_received};
use ordermill_app::shipment::{leave, packed, tracking_page};
use ordermill_app::sourcing::by_hand::Seen as SeenPlan;
use ordermill_app::sourcing::{Wish, by_rules, source_each};
use ordermill_base::{Id, Quantity, Span};
use ordermill_domain::fulfillment::State as Work;
use ordermill_domain::ids::{FulfillmentId, OrderId, WaveId};
use ordermill_domain::message::Cause;
use ordermill_domain::order::{CancelReason, LineQuantity, Pieces, Progress, Status};
use ordermill_domain::package::Content;
use ordermill_domain::shipment::{Plan, State};
use ordermill_sandbox::carriers::Word;
use ordermill_storage::shipment::Stored;
use ordermill_storage::{Error, Tx, fulfillment, message};
use ordermill_testkit::stock::sku;

use crate::kit::{Shop, on_each_database, swift};
use crate::packed::somebody;

impl Shop {
    /// Two orders of one buyer in one box with its label: both, and the parcel.
    async fn merged(&self) -> ([OrderId; 2], [FulfillmentId; 2], Stored) {
        let orders = [self.place(1).await, self.place(2).await];
        self.merged_of(orders).await
    }

    /// These two orders of one buyer in one box, as [`Shop::merged`].
    async fn merged_of(&self, orders: [OrderId; 2]) -> ([OrderId; 2], [FulfillmentId; 2], Stored) {
        let (act, principal, vault) = (self.looked_at(), somebody(), self.vault.clone());
        let now = self.act().at;
        let write = move |tx: &mut Tx<'_>| {
            let catalog = Catalog::load(tx)?;
            source_each(tx, &catalog, &by_rules(now), &orders.into(), &Wish::default())?;
            let mut ids = Vec::new();
            for order in orders {
                ids.push(fulfillment::of(tx, order)?[0].id());
            }
            let seen: Vec<_> = ids.iter().map(|id| SeenPlan { id: *id, version: 1 }).collect();
            merge(tx, &catalog, &vault, &principal, &act, &seen).map_err(Error::defect)?;
            let one = LineQuantity { line_no: 1, quantity: Quantity::ONE };
            for id in &ids {
                let mut file = FulfillmentFile::load(tx, *id).map_err(Error::defect)?;
                file.step(&act, |work| work.release(WaveId::from_raw(1), now)).unwrap();
                file.step(&act, |work| work.pick(vec![one], now)).unwrap();
                file.step(&act, |work| work.finish_picking(now)).unwrap();
                file.step(&act, |work| work.recheck(now)).unwrap();
                file.save(tx)?;
            }
            let both = together::read(tx, ids[0])?.ok_or(Error::Stale("work"))?;
            let proposal = propose(&catalog, &catalog.materials, &both.work);
            let boxes = proposal.map_err(Error::defect)?.boxes.into_iter();
            let boxes: Vec<PackedBox> = boxes
                .map(|it| PackedBox {
                    material: it.material,
                    contents: it.contents,
                    gross_grams: None,
                })
                .collect();
            let seen = Seen { id: ids[0], version: None };
            close(tx, &catalog, &principal, &act, seen, &boxes).map_err(Error::defect)?;
            Ok::<_, Error>([ids[0], ids[1]])
        };
        let works = self.database.write(write).await.unwrap();
        for work in works {
            self.reads(packed::reader(self.carriers.clone()), "fulfillment", work).await;
        }
        self.carriers.make_labels().await.unwrap();
        let stored = self.parcels(orders[0]).await.remove(0);
        self.reads(leave::reader(), "shipment", stored.shipment.facts().id).await;
        (orders, works, stored)
    }
}

#[test]
fn two_orders_in_one_box_have_one_label_and_both_are_shipped_and_delivered_with_it() {
    on_each_database(async |shop| {
        let before = shop.on_hand().await;
        let (orders, _, stored) = shop.merged().await;
        assert_eq!(shop.sandbox().parcels().len(), 1, "one label, one freight");
        assert!(stored.shipment.facts().terms.weight_grams > 800, "of both");
        let id = stored.shipment.facts().id;
        for order in orders {
            let its: Vec<_> = shop.parcels(order).await;
            assert_eq!(its.iter().map(|it| it.shipment.facts().id).collect::<Vec<_>>(), [id]);
            let labeled = (Status::Confirmed, Progress::Labeled, Work::Packed);
            assert_eq!(shop.stands(order).await, labeled);
        }
        let scanned = shop.scan_out(&stored.shipment.facts().terms.waybill).await;
        shop.close(scanned.manifest).await;
        assert_eq!(shop.on_hand().await, before - 2);
        shop.carriers.call_drivers().await.unwrap();
        for order in orders {
            assert_eq!(shop.stands(order).await.1, Progress::Shipped);
        }
        shop.reports(&stored, Word::Signed).await;
        shop.reads(leave::reader(), "shipment", id).await;
        for order in orders {
            assert_eq!(shop.stands(order).await.2, Work::Closed);
            assert_eq!(shop.deadlines(order).await, ["confirm_receipt"], "time completes each");
            let act = shop.act();
            let write = move |tx: &mut Tx<'_>| confirm(tx, &act, order).map_err(Error::defect);
            assert_eq!(shop.database.write(write).await.unwrap(), Confirmed::Completed);
        }
    });
}

#[test]
fn a_box_of_two_orders_comes_in_time_for_the_one_that_was_promised_earlier() {
    on_each_database(async |shop| {
        shop.promised_by_on = Some(Date::constant(2026, 11, 30));
        let first = shop.place(1).await;
        shop.promised_by_on = Some(Date::constant(2026, 11, 25));
        let second = shop.place(2).await;
        let (_, _, stored) = shop.merged_of([first, second]).await;
        assert_eq!(stored.shipment.facts().terms.carrier, swift().id, "harbor would be late");
    });
}

#[test]
fn canceling_the_order_on_the_label_gives_the_label_back_and_the_other_has_one_of_its_own() {
    on_each_database(async |shop| {
        let (orders, works, _) = shop.merged().await;
        let act = shop.act();
        let write = move |tx: &mut Tx<'_>| {
            cancel_order(tx, &act, orders[0], CancelReason::Buyer).map_err(Error::defect)
        };
        assert!(shop.database.write(write).await.unwrap());
        for work in works {
            shop.reads(packed::reader(shop.carriers.clone()), "fulfillment", work).await;
        }
        shop.carriers.make_labels().await.unwrap();
        assert_eq!(shop.parcels(orders[0]).await[0].shipment.state(), State::Voided);
        assert_eq!(shop.stands(orders[1]).await.2, Work::Rechecked);
        let (act, principal) = (shop.looked_at(), somebody());
        let pack = move |tx: &mut Tx<'_>| {
            let catalog = Catalog::load(tx)?;
            let both = together::read(tx, works[1])?.ok_or(Error::Stale("work"))?;
            assert_eq!(both.members().len(), 1, "it travels by itself now");
            let content = Content {
                line_no: 1,
                sku: sku(1),
                quantity: Quantity::ONE,
                lot: None,
                serials: vec![],
            };
            let boxes = [PackedBox {
                material: "BOX-M".to_owned(),
                contents: vec![content],
                gross_grams: None,
            }];
            let seen = Seen { id: works[1], version: None };
            close(tx, &catalog, &principal, &act, seen, &boxes).map_err(Error::defect)
        };
        shop.database.write(pack).await.unwrap();
        shop.reads(packed::reader(shop.carriers.clone()), "fulfillment", works[1]).await;
        shop.carriers.make_labels().await.unwrap();
        let own = shop.parcels(orders[1]).await;
        let open: Vec<State> = own.iter().map(|it| it.shipment.state()).collect();
        assert_eq!(open, [State::LabelCreated]);
    });
}

#[test]
fn the_buyers_of_all_orders_in_a_box_are_told_of_it() {
    on_each_database(async |shop| {
        let (orders, _, stored) = shop.merged().await;
        let scanned = shop.scan_out(&stored.shipment.facts().terms.waybill).await;
        shop.close(scanned.manifest).await;
        shop.reads(news::reader(), "shipment", stored.shipment.facts().id).await;
        for order in orders {
            let told = shop.database.read(move |tx| message::of(tx, order)).await.unwrap();
            let causes: Vec<Cause> = told.into_iter().map(|message| message.cause).collect();
            assert_eq!(causes, [Cause::Shipped]);
        }
    });
}

#[test]
fn a_lost_box_is_sent_again_for_every_order_that_has_goods_in_it() {
    on_each_database(async |shop| {
        let (orders, _, stored) = shop.merged().await;
        let id = stored.shipment.facts().id;
        let scanned = shop.scan_out(&stored.shipment.facts().terms.waybill).await;
        shop.close(scanned.manifest).await;
        shop.carriers.call_drivers().await.unwrap();
        shop.clock.advance(Span::minutes(1));
        shop.reports(&stored, Word::Lost).await;
        shop.plans(id, Plan::Reship).await.unwrap();
        let again = Pieces { allocated: 1, resent: 1, ..Pieces::default() };
        for order in orders {
            assert_eq!(shop.pieces(order).await, again);
        }
        assert!(shop.plans(id, Plan::Reship).await.is_err(), "once");
        assert_eq!(shop.violations(), []);
    });
}

#[test]
fn one_buyer_who_has_not_received_it_does_not_speak_for_the_other() {
    on_each_database(async |shop| {
        let (orders, _, stored) = shop.merged().await;
        let scanned = shop.scan_out(&stored.shipment.facts().terms.waybill).await;
        shop.close(scanned.manifest).await;
        shop.carriers.call_drivers().await.unwrap();
        shop.reports(&stored, Word::Signed).await;
        for (order, others) in [(orders[0], [true, false]), (orders[1], [true, true])] {
            let act = shop.act();
            let report =
                move |tx: &mut Tx<'_>| report_not_received(tx, &act, order).map_err(Error::defect);
            assert_eq!(shop.database.write(report).await.unwrap(), Reported::Opened);
            let (now, vault) = (shop.act().at, shop.vault.clone());
            let mut disputed = Vec::new();
            for order in orders {
                let vault = vault.clone();
                let load = move |tx: &mut Tx<'_>| tracking_page::load(tx, &vault, order, now);
                disputed.push(shop.database.read(load).await.unwrap().unwrap().is_disputed);
            }
            assert_eq!(disputed, others);
        }
    });
}
