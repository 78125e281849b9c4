//! From the pack bench to a completed order.

use ordermill_app::catalog::Catalog;
use ordermill_app::fulfillment::FulfillmentFile;
use ordermill_app::order::cancel::{CancelOrderError, cancel_order};
use ordermill_app::order::file::{FileError, OrderFile};
use ordermill_app::order::step::{Seen as SeenOrder, StepError, take};
use ordermill_app::pack::close::{PackedBox, close, open};
use ordermill_app::pack::{BenchError, Seen};
use ordermill_app::permission::Principal;
use ordermill_app::reader::Reader;
use ordermill_app::shipment::hand_over::{
    CloseManifestError, Refused, close as close_list, scan_out,
};
use ordermill_app::shipment::receipt::{ConfirmReceipt, Confirmed, confirm};
use ordermill_app::shipment::{leave, packed};
use ordermill_app::sourcing::{Wish, by_rules, source_each};
use ordermill_base::{Id, Quantity};
use ordermill_domain::actor::{Act, Name};
use ordermill_domain::fulfillment::State as Work;
use ordermill_domain::ids::{FulfillmentId, OrderId, WaveId};
use ordermill_domain::order::{
    Action, CancelReason, LineQuantity, OrderError, Progress, Status, review,
};
use ordermill_domain::package::Content;
use ordermill_domain::shipment::State;
use ordermill_sandbox::carriers::Word;
use ordermill_storage::shipment::Stored;
use ordermill_storage::{
    BatchCommand as _, Error, Tx, fulfillment, journal, order, shipment, stock,
};
use ordermill_testkit::stock::{location, sku};

use crate::kit::{Shop, logistics, on_each_database};

pub(crate) fn somebody() -> Principal {
    Principal::System(Name::fixed("test"))
}

impl Shop {
    pub(crate) fn looked_at(&self) -> Act {
        Act { reason: Some("a test".into()), ..self.act() }
    }

    /// An order whose pieces lie in closed boxes, each in its own.
    pub(crate) async fn packed(&self, number: i64) -> (OrderId, FulfillmentId) {
        let order = self.place(number).await;
        (order, self.pack(order, self.pieces).await)
    }

    /// Sources an order, and packs these pieces of its first line, which one location ships.
    pub(crate) async fn pack(&self, order: OrderId, pieces: i64) -> FulfillmentId {
        let (act, principal, now) = (self.looked_at(), somebody(), self.act().at);
        let gifts = self.gifts;
        let write = move |tx: &mut Tx<'_>| {
            let catalog = Catalog::load(tx)?;
            source_each(tx, &catalog, &by_rules(now), &[order].into(), &Wish::default())?;
            let all = fulfillment::of(tx, order)?;
            let id = all.iter().find(|it| it.state() == Work::Planned).unwrap().id();
            let of_line = |(line_no, pieces)| {
                Quantity::new(pieces).ok().map(|quantity| LineQuantity { line_no, quantity })
            };
            let picked: Vec<LineQuantity> =
                [(1, pieces), (2, gifts)].into_iter().filter_map(of_line).collect();
            let mut file = FulfillmentFile::load(tx, id).map_err(Error::defect)?;
            file.step(&act, |work| work.release(WaveId::from_raw(1), now)).unwrap();
            file.step(&act, |work| work.pick(picked.clone(), now)).unwrap();
            file.step(&act, |work| work.finish_picking(now)).unwrap();
            file.step(&act, |work| work.recheck(now)).unwrap();
            file.save(tx)?;
            let content = |line_no| {
                let (lot, serials) = (None, vec![]);
                Content { line_no, sku: sku(1), quantity: Quantity::ONE, lot, serials }
            };
            let boxed = |at| {
                let material = "BOX-M".to_owned();
                let line_no = if at < pieces { 1 } else { 2 };
                PackedBox { material, contents: vec![content(line_no)], gross_grams: None }
            };
            let more = (gifts - 1).max(0);
            let mut boxes: Vec<PackedBox> = (0..pieces + more).map(boxed).collect();
            if gifts > 0 {
                boxes[0].contents.push(content(2));
            }
            let seen = Seen { id, version: None };
            close(tx, &catalog, &principal, &act, seen, &boxes).map_err(Error::defect)?;
            Ok::<_, Error>(id)
        };
        self.database.write(write).await.unwrap()
    }

    /// Lets a reader read what has happened to one thing.
    pub(crate) async fn reads(&self, reader: Reader, aggregate: &'static str, id: impl Id) {
        let (id, now) = (OrderId::from_raw(id.raw()), self.act().at);
        let write = move |tx: &mut Tx<'_>| {
            let mut entries = journal::of(tx, aggregate, id, 1, 1_000)?;
            entries.retain(|entry| reader.kinds.unwrap().contains(&entry.kind.as_str()));
            let mut write = (reader.prepare)(tx, entries, now).map_err(Error::defect)?;
            write(tx).map_err(Error::defect)
        };
        self.database.write(write).await.unwrap();
    }

    /// The parcel of packed work, with its label.
    pub(crate) async fn labeled_work(&self, number: i64) -> (OrderId, FulfillmentId, Stored) {
        let (order, work) = self.packed(number).await;
        self.label(work).await;
        let stored = self.parcels(order).await.remove(0);
        self.reads(leave::reader(), "shipment", stored.shipment.facts().id).await;
        (order, work, stored)
    }

    /// Labels for the boxes of packed work.
    pub(crate) async fn label(&self, work: FulfillmentId) {
        self.reads(packed::reader(self.carriers.clone()), "fulfillment", work).await;
        self.carriers.make_labels().await.unwrap();
    }

    pub(crate) async fn parcels(&self, order: OrderId) -> Vec<Stored> {
        self.database.read(move |tx| shipment::of(tx, order)).await.unwrap()
    }

    pub(crate) async fn stands(&self, order: OrderId) -> (Status, Progress, Work) {
        let read = move |tx: &mut Tx<'_>| {
            let stored = order::fetch(tx, order)?.ok_or(Error::Stale("an order"))?;
            let work = fulfillment::of(tx, order)?;
            Ok::<_, Error>((stored.order.status(), stored.progress, work[0].state()))
        };
        self.database.read(read).await.unwrap()
    }

    pub(crate) async fn on_hand(&self) -> i64 {
        let levels = self.database.read(|tx| stock::levels(tx, [sku(1)])).await.unwrap();
        levels.iter().map(|level| level.on_hand).sum()
    }
}

#[test]
fn a_packed_order_goes_to_the_door_and_is_completed() {
    on_each_database(async |shop| {
        let before = shop.on_hand().await;
        let (order, _, stored) = shop.labeled_work(1).await;
        let confirmed = Status::Confirmed;
        assert_eq!(shop.stands(order).await, (confirmed, Progress::Labeled, Work::Packed));
        let scanned = shop.scan_out(&stored.shipment.facts().terms.waybill).await;
        shop.close(scanned.manifest).await;
        assert_eq!(shop.stands(order).await, (confirmed, Progress::Shipped, Work::HandedOver));
        assert_eq!(shop.on_hand().await, before - 1);
        shop.carriers.call_drivers().await.unwrap();
        shop.reports(&stored, Word::Signed).await;
        shop.reads(leave::reader(), "shipment", stored.shipment.facts().id).await;
        assert_eq!(shop.stands(order).await, (confirmed, Progress::Delivered, Work::Closed));
        assert_eq!(shop.deadlines(order).await, ["confirm_receipt"]);
        let act = shop.act();
        let write = move |tx: &mut Tx<'_>| confirm(tx, &act, order).map_err(Error::defect);
        assert_eq!(shop.database.write(write).await.unwrap(), Confirmed::Completed);
        assert_eq!(shop.stands(order).await.0, Status::Completed);
        assert_eq!(shop.deadlines(order).await, [] as [&str; 0]);
    });
}

#[test]
fn buyers_who_confirm_at_one_moment_complete_each_order_once() {
    on_each_database(async |shop| {
        let (order, stored) = shop.on_its_way(1).await;
        let (later, _, _) = shop.labeled_work(2).await;
        shop.reports(&stored, Word::Signed).await;
        let said = |order| ConfirmReceipt { act: shop.act(), order };
        let (there, waits, nobody) = (said(order), said(later), said(OrderId::from_raw(7)));
        let write =
            move |tx: &mut Tx<'_>| ConfirmReceipt::run(&[&there, &waits, &nobody, &there], tx);
        let told = shop.database.write(write).await.unwrap();
        let (completed, nothing) = (Some(Confirmed::Completed), Some(Confirmed::Nothing));
        assert_eq!(told, [completed, nothing, None, nothing]);
        assert_eq!(shop.stands(order).await.0, Status::Completed);
        assert_eq!(shop.stands(later).await.0, Status::Confirmed);
    });
}

#[test]
fn what_the_carriers_own_scan_hands_over_leaves_the_books_as_well_and_once() {
    on_each_database(async |shop| {
        let before = shop.on_hand().await;
        let (order, _, stored) = shop.labeled_work(1).await;
        shop.reports(&stored, Word::Collected).await;
        let id = stored.shipment.facts().id;
        for _ in 0..2 {
            shop.reads(leave::reader(), "shipment", id).await;
        }
        assert_eq!(shop.stands(order).await.1, Progress::Shipped);
        assert_eq!(shop.on_hand().await, before - 1);
    });
}

#[test]
fn a_box_that_is_opened_again_gives_its_label_back() {
    on_each_database(async |shop| {
        let (order, work, stored) = shop.labeled_work(1).await;
        let (act, principal) = (shop.looked_at(), somebody());
        let write = move |tx: &mut Tx<'_>| {
            let seen = Seen { id: work, version: None };
            open(tx, &principal, &act, seen).map_err(Error::defect)
        };
        shop.database.write(write).await.unwrap();
        shop.reads(packed::reader(shop.carriers.clone()), "fulfillment", work).await;
        shop.carriers.make_labels().await.unwrap();
        assert_eq!(shop.parcels(order).await[0].shipment.state(), State::Voided);
        assert!(shop.sandbox().parcels()[0].is_void);
        shop.reads(leave::reader(), "shipment", stored.shipment.facts().id).await;
        assert_eq!(shop.stands(order).await.1, Progress::NotPacked);
    });
}

#[test]
fn hundreds_of_parcels_leave_in_one_command() {
    on_each_database(async |shop| {
        let before = shop.on_hand().await;
        let count = 120;
        let mut orders = Vec::new();
        for number in 1..=count {
            let (order, _, stored) = shop.labeled_work(number).await;
            shop.scan_out(&stored.shipment.facts().terms.waybill).await;
            orders.push(order);
        }
        let list = shop.database.read(|tx| ordermill_storage::manifest::list(tx, None, 9)).await;
        let (list, parcels) = list.unwrap().remove(0);
        assert_eq!(parcels, count);
        assert_eq!(shop.close(list.id).await.len() as i64, count);
        assert_eq!(shop.on_hand().await, before - count);
        for order in orders {
            assert_eq!(shop.stands(order).await.1, Progress::Shipped);
        }
    });
}

#[test]
fn a_parcel_whose_order_was_canceled_stays_when_its_list_is_closed() {
    on_each_database(async |shop| {
        let before = shop.on_hand().await;
        let (order, _, stored) = shop.labeled_work(1).await;
        let waybill = stored.shipment.facts().terms.waybill.clone();
        let list = shop.scan_out(&waybill).await.manifest;
        let act = shop.looked_at();
        let cancel = move |tx: &mut Tx<'_>| {
            cancel_order(tx, &act, order, CancelReason::Buyer).map_err(Error::defect)
        };
        assert!(shop.database.write(cancel).await.unwrap());
        // Whoever scans hears it, although the label is still there.
        let act = shop.act();
        let scan =
            move |tx: &mut Tx<'_>| scan_out(tx, &logistics(), &act, location(1), &[&waybill]);
        let scanned = shop.database.write(scan).await.unwrap();
        assert_eq!(scanned, [Err(Refused::NotWanted)]);
        let act = shop.act();
        let closing = move |tx: &mut Tx<'_>| close_list(tx, &logistics(), &act, list);
        let closed = shop.database.write(closing).await;
        assert!(matches!(closed, Err(CloseManifestError::Empty(_))), "{closed:?}");
        assert_eq!(shop.parcels(order).await[0].shipment.state(), State::LabelCreated);
        assert_eq!(shop.on_hand().await, before);
    });
}

#[test]
fn once_a_carrier_has_a_parcel_its_order_is_not_canceled_and_its_box_not_opened() {
    on_each_database(async |shop| {
        let (order, work, stored) = shop.labeled_work(1).await;
        // The carrier's own scan, which the books have not followed yet.
        shop.reports(&stored, Word::Collected).await;
        let act = shop.looked_at();
        let cancel = move |tx: &mut Tx<'_>| cancel_order(tx, &act, order, CancelReason::Buyer);
        let canceled = shop.database.write(cancel).await;
        let is_refused = matches!(
            canceled,
            Err(CancelOrderError::File(FileError::Refused(OrderError::AlreadyShipped)))
        );
        assert!(is_refused, "{canceled:?}");
        // Held by its review since it was changed: it is too late to refuse it, too.
        let act = shop.looked_at();
        let hold = move |tx: &mut Tx<'_>| {
            let mut file = OrderFile::load(tx, order).map_err(Error::defect)?;
            for step in [review::Step::Reopen, review::Step::Queue] {
                file.review(&act, step).map_err(Error::defect)?;
            }
            file.save(tx)?;
            Ok::<_, Error>(file.order().facts().version)
        };
        let version = shop.database.write(hold).await.unwrap();
        let (act, principal) = (shop.looked_at(), somebody());
        let seen_order = SeenOrder { id: order, version };
        let refuse = move |tx: &mut Tx<'_>| take(tx, &principal, &act, seen_order, Action::Refuse);
        let refused = shop.database.write(refuse).await;
        let is_refused =
            matches!(refused, Err(StepError::File(FileError::Refused(OrderError::AlreadyShipped))));
        assert!(is_refused, "{refused:?}");
        let (act, principal) = (shop.looked_at(), somebody());
        let seen = Seen { id: work, version: None };
        let opening = move |tx: &mut Tx<'_>| open(tx, &principal, &act, seen);
        let opened = shop.database.write(opening).await;
        assert!(matches!(opened, Err(BenchError::Left(_))), "{opened:?}");
        shop.reads(leave::reader(), "shipment", stored.shipment.facts().id).await;
        assert_eq!(shop.stands(order).await.1, Progress::Shipped);
    });
}
