//! What is sent in place of missing pieces leaves like all goods: its channel is told of the line that was
//! ordered, its papers name both, and its buyer hears of it.

use ordermill_app::catalog::Catalog;
use ordermill_app::channel::report::reader;
use ordermill_app::message::news;
use ordermill_app::order::substitute::substitute_by_hand;
use ordermill_app::pack::paper::{self, Which};
use ordermill_domain::ids::{FulfillmentId, OrderId};
use ordermill_domain::sku::Sku;
use ordermill_domain::stock::{BackorderPolicy, StockLevel};
use ordermill_sandbox::shopify::{NewLine, NewOrder};
use ordermill_storage::{Error, Tx, stock};
use ordermill_testkit::catalog;
use ordermill_testkit::stock::{location, sku};

use crate::kit::{Shop, on_each_database};
use crate::messages::sent;
use crate::packed::somebody;
use crate::samples::an_order;
use crate::told::{LINE, NUMBER, connect, keep_copy, on_record};

/// Nobody has it; what the warehouse has lots of may be sent for it.
async fn a_rare_tea(shop: &Shop) {
    let act = shop.act();
    let add = move |tx: &mut Tx<'_>| {
        let rare = Sku { substitutes: vec![sku(1)], ..catalog::sku(sku(9), "RARE") };
        ordermill_storage::sku::insert(tx, &act, &rare)?;
        stock::set_policy(tx, &StockLevel::new(sku(9), location(1), BackorderPolicy::Allow))
    };
    shop.database.write(add).await.unwrap();
}

/// An order for two rare teas, for which others are sent: they lie in a box.
async fn packed(shop: &mut Shop) -> (OrderId, FulfillmentId) {
    let mut order = an_order(NUMBER, 2, &shop.vault, shop.act());
    order.placed.lines[0].sku = sku(9);
    order.accepts_backorder = true;
    if let Some(channel) = shop.channel {
        order.placed.channel = channel;
        order.placed.channel_order_id = Some(NUMBER.to_string());
    }
    let id = shop.database.submit(order).await.unwrap().unwrap().id();
    let (act, principal) = (shop.looked_at(), somebody());
    let replace = move |tx: &mut Tx<'_>| {
        let known = Catalog::load(tx)?;
        substitute_by_hand(tx, &known, &principal, &act, id, (1, sku(1))).map_err(Error::defect)
    };
    assert_eq!(shop.database.write(replace).await.unwrap().line_no, 2);
    // Two pieces of the second line, and none of the first.
    shop.gifts = 2;
    (id, shop.pack(id, 0).await)
}

#[test]
fn a_channel_is_told_that_the_line_has_left_which_it_knows() {
    on_each_database(async |shop| {
        a_rare_tea(shop).await;
        let channels = connect(shop).await;
        let new = NewOrder {
            id: NUMBER.unsigned_abs(),
            line_items: vec![NewLine { id: LINE, quantity: 2 }],
        };
        shop.sandbox().place_at_shopify(&new).unwrap();
        let (order, work) = packed(shop).await;
        keep_copy(shop, order, ("RARE", 2)).await;
        shop.label(work).await;
        let parcels = shop.parcels(order).await;
        let facts = parcels[0].shipment.facts();
        let scanned = shop.scan_out(&facts.terms.waybill).await;
        shop.close(scanned.manifest).await;
        shop.reads(reader(channels.clone()), "shipment", facts.id).await;
        assert_eq!(channels.tell_due().await.unwrap(), 1);
        let told = on_record(shop);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].lines, [(LINE, 2)]);
    });
}

#[test]
fn the_papers_in_the_box_name_what_it_is_sent_in_place_of() {
    on_each_database(async |shop| {
        a_rare_tea(shop).await;
        let (_, work) = packed(shop).await;
        let (vault, principal) = (shop.vault.clone(), somebody());
        let read = move |tx: &mut Tx<'_>| {
            paper::read(tx, &vault, &principal, Which::Note(work)).map_err(Error::defect)
        };
        let note = shop.database.read(read).await.unwrap();
        let line = &note.parcels[0].lines[0];
        assert_eq!((line.sku, line.pieces, line.in_place_of), (sku(1), 2, Some(sku(9))));
    });
}

#[test]
fn the_buyer_reads_what_is_sent_in_place_of_what() {
    on_each_database(async |shop| {
        a_rare_tea(shop).await;
        let (order, _) = packed(shop).await;
        for _ in 0..2 {
            shop.reads(news::reader(), "order", order).await;
        }
        let texts = sent(shop).await;
        let [text] = &texts[..] else { panic!("{texts:?}") };
        assert!(text.contains("商品 RARE 缺货,改发 商品 S1 2 件,不另收费。"), "{text}");
    });
}
