//! A person asks again for a label that no carrier would make.

use ordermill_app::pack::Seen;
use ordermill_app::pack::close::open;
use ordermill_app::shipment::ask_again::{AskAgainError, ask_again, lacking};
use ordermill_app::shipment::label::Wanted;
use ordermill_app::shipment::packed;
use ordermill_base::{Id, Span};
use ordermill_domain::ids::{FulfillmentId, PackageId};
use ordermill_domain::task::TaskKind;
use ordermill_sandbox::fault::{Call, Fault};
use ordermill_storage::{Error, Tx, package};

use crate::kit::{Shop, harbor, logistics, on_each_database, swift};
use crate::labels::account_at;
use crate::packed::somebody;

#[test]
fn a_label_that_every_carrier_has_refused_is_asked_for_again_and_made() {
    on_each_database(async |shop| {
        let (order, work) = shop.packed(1).await;
        let package = shop.boxes(work).await[0];
        shop.break_next(Call::Label, Fault::Decline, 2);
        shop.label(work).await;
        while shop.carriers.make_labels().await.unwrap() > 0 {}
        assert_eq!(shop.open_tasks().await, [TaskKind::LabelFailed]);
        let again = shop.asks_again(package).await;
        let Ok(Wanted::Asked(id)) = again else { panic!("asked again: {again:?}") };
        assert!(matches!(shop.asks_again(package).await, Ok(Wanted::Known(known)) if known == id));
        assert_eq!(shop.open_tasks().await, []);
        // Refused once more, it goes to the next best one as ever.
        shop.break_next(Call::Label, Fault::Decline, 1);
        while shop.carriers.make_labels().await.unwrap() > 0 {}
        let [parcel] = &shop.parcels(order).await[..] else { panic!("one label") };
        assert_eq!(parcel.shipment.facts().terms.carrier, swift().id);
        shop.scan_out(&parcel.shipment.facts().terms.waybill).await;
    });
}

#[test]
fn the_label_of_one_box_is_asked_for_again_when_the_other_has_left() {
    on_each_database(async |shop| {
        shop.pieces = 2;
        let (order, work) = shop.packed(1).await;
        shop.break_next(Call::Label, Fault::Decline, 2);
        shop.label(work).await;
        while shop.carriers.make_labels().await.unwrap() > 0 {}
        let parcels = shop.parcels(order).await;
        let labeled: Vec<PackageId> =
            parcels.iter().map(|it| it.shipment.facts().terms.package).collect();
        let stuck: Vec<PackageId> =
            shop.boxes(work).await.into_iter().filter(|id| !labeled.contains(id)).collect();
        assert_eq!(parcels.len() + stuck.len(), 2);
        for parcel in &parcels {
            let list = shop.scan_out(&parcel.shipment.facts().terms.waybill).await.manifest;
            shop.close(list).await;
        }
        for package in stuck {
            assert!(matches!(shop.asks_again(package).await, Ok(Wanted::Asked(_))));
        }
        while shop.carriers.make_labels().await.unwrap() > 0 {}
        assert_eq!(shop.parcels(order).await.len(), 2);
        assert_eq!(shop.open_tasks().await, []);
    });
}

#[test]
fn no_label_is_asked_for_where_no_box_waits() {
    on_each_database(async |shop| {
        let unknown = PackageId::from_raw(77);
        let none = shop.asks_again(unknown).await;
        assert!(matches!(none, Err(AskAgainError::NotFound(_))), "{none:?}");
        let (_, work, stored) = shop.labeled_work(1).await;
        let package = shop.boxes(work).await[0];
        let list = shop.scan_out(&stored.shipment.facts().terms.waybill).await.manifest;
        shop.close(list).await;
        let left = shop.asks_again(package).await;
        assert!(matches!(left, Err(AskAgainError::NotWaiting(_))), "{left:?}");
    });
}

#[test]
fn a_label_that_was_put_off_is_asked_for_at_once() {
    on_each_database(async |shop| {
        let (order, work) = shop.packed(1).await;
        let package = shop.boxes(work).await[0];
        // Three times in vain, with three tries of the adapter each; after that it is asked in a quarter of
        // an hour.
        shop.break_next(Call::Label, Fault::Unavailable, 9);
        shop.label(work).await;
        for _ in 0..2 {
            shop.clock.advance(Span::minutes(1));
            assert_eq!(shop.carriers.make_labels().await.unwrap(), 1);
        }
        shop.clock.advance(Span::minutes(2));
        assert_eq!(shop.carriers.make_labels().await.unwrap(), 0);
        assert!(matches!(shop.asks_again(package).await, Ok(Wanted::Known(_))));
        assert_eq!(shop.carriers.make_labels().await.unwrap(), 1);
        assert_eq!(shop.parcels(order).await.len(), 1);
    });
}

#[test]
fn nobody_looks_for_the_label_of_a_box_that_is_opened_again() {
    on_each_database(async |shop| {
        let (_, work) = shop.packed(1).await;
        let package = shop.boxes(work).await[0];
        shop.break_next(Call::Label, Fault::Decline, 2);
        shop.label(work).await;
        while shop.carriers.make_labels().await.unwrap() > 0 {}
        assert_eq!(shop.open_tasks().await, [TaskKind::LabelFailed]);
        let act = shop.looked_at();
        let write = move |tx: &mut Tx<'_>| {
            let seen = Seen { id: work, version: None };
            open(tx, &somebody(), &act, seen).map_err(Error::defect)
        };
        shop.database.write(write).await.unwrap();
        shop.reads(packed::reader(shop.carriers.clone()), "fulfillment", work).await;
        assert_eq!(shop.open_tasks().await, []);
        let opened = shop.asks_again(package).await;
        assert!(matches!(opened, Err(AskAgainError::NotFound(_))), "{opened:?}");
    });
}

#[test]
fn a_box_that_was_packed_before_any_carrier_was_spoken_with_shows_that_it_has_no_label() {
    on_each_database(async |shop| {
        for carrier in [swift(), harbor()] {
            account_at(shop, carrier, "").await;
        }
        let (order, work) = shop.packed(1).await;
        shop.label(work).await;
        shop.clock.advance(Span::minutes(2));
        assert!(!shop.lacks_label(work).await, "labels are made outside");
        account_at(shop, harbor(), "sandbox").await;
        assert!(shop.lacks_label(work).await);
        let package = shop.boxes(work).await[0];
        assert!(matches!(shop.asks_again(package).await, Ok(Wanted::Asked(_))));
        assert!(!shop.lacks_label(work).await);
        shop.carriers.make_labels().await.unwrap();
        assert_eq!(shop.parcels(order).await.len(), 1);
    });
}

impl Shop {
    async fn lacks_label(&self, work: FulfillmentId) -> bool {
        let now = self.act().at;
        let read = move |tx: &mut Tx<'_>| {
            let packages = package::of_each(tx, &[work])?;
            Ok::<_, Error>(!lacking(tx, &packages, now)?.is_empty())
        };
        self.database.read(read).await.unwrap()
    }

    async fn boxes(&self, work: FulfillmentId) -> Vec<PackageId> {
        let found = self.database.read(move |tx| package::of_each(tx, &[work])).await.unwrap();
        found.into_iter().map(|package| package.id).collect()
    }

    async fn asks_again(&self, package: PackageId) -> Result<Wanted, AskAgainError> {
        let (act, carriers) = (self.act(), self.carriers.clone());
        let known = carriers.known().await.unwrap();
        let write =
            move |tx: &mut Tx<'_>| ask_again(tx, &logistics(), &act, &carriers, &known, package);
        self.database.write(write).await
    }
}
