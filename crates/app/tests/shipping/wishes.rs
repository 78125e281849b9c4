//! What the buyer wished and was promised decides which carrier brings it.

use jiff::civil::Date;
use ordermill_app::carrier::setup::keep_carrier;
use ordermill_app::catalog::Catalog;
use ordermill_app::shipment::label::Explained;
use ordermill_app::sourcing::{Wish, by_rules, source_each};
use ordermill_app::wave::foresee::{Known, carriers_of};
use ordermill_domain::carrier::{Carrier, ServiceKind};
use ordermill_domain::ids::{CarrierId, OrderId};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Error, Tx, carrier, fulfillment, label_request, location};
use ordermill_testkit::stock::location as place;

use crate::kit::{Shop, harbor, on_each_database, swift};

impl Shop {
    /// Harbor brings to pick-up points only, for 30.00; Swift to the door for 18.00.
    async fn harbor_has_dear_points(&self) {
        let (act, vault) = (self.act(), self.vault.clone());
        let keep = move |tx: &mut Tx<'_>| {
            let before = carrier::fetch(tx, harbor().id)?.unwrap().carrier;
            let mut terms = before.terms.clone();
            terms.services[0].kind = ServiceKind::PickupPoint;
            terms.services[0].zones[0].first_minor = 3_000;
            let wanted = Carrier { terms, ..before };
            keep_carrier(tx, &act, &vault, &wanted, None).map_err(Error::defect)
        };
        self.database.write(keep).await.unwrap();
    }

    /// The carrier that planned work of an order would get.
    async fn foreseen(&self, order: OrderId) -> Option<CarrierId> {
        let now = self.act().at;
        let look = move |tx: &mut Tx<'_>| {
            let catalog = Catalog::load(tx)?;
            source_each(tx, &catalog, &by_rules(now), &[order].into(), &Wish::default())?;
            let work = vec![fulfillment::of(tx, order)?];
            let known = Known { catalog: catalog.into(), ..Known::default() };
            let from = location::fetch(tx, place(1))?.unwrap();
            carriers_of(tx, &known, &from, &work, now)
        };
        self.database.write(look).await.unwrap().remove(0)
    }

    /// Who was asked for the label of an order's one parcel, how it is brought, and what was known.
    async fn asked(&self, order: OrderId) -> (CarrierId, ServiceKind, Explained) {
        let read = move |tx: &mut Tx<'_>| label_request::of(tx, order);
        let request = self.database.read(read).await.unwrap().remove(0);
        let explained = serde_json::from_str(&request.choice).unwrap();
        (request.carrier, request.service, explained)
    }
}

#[test]
fn what_is_wished_to_a_pick_up_point_goes_with_the_carrier_that_has_one_although_it_is_dearer() {
    on_each_database(async |shop| {
        shop.harbor_has_dear_points().await;
        let usual = shop.place(1).await;
        assert_eq!(shop.foreseen(usual).await, Some(swift().id));
        shop.service_wish = Some(ServiceKind::PickupPoint);
        let order = shop.place(2).await;
        assert_eq!(shop.foreseen(order).await, Some(harbor().id), "a wave may know before");
        let work = shop.pack(order, 1).await;
        shop.label(work).await;
        let (carrier, service, explained) = shop.asked(order).await;
        assert_eq!((carrier, service), (harbor().id, ServiceKind::PickupPoint));
        assert_eq!(explained.wish, Some(ServiceKind::PickupPoint));
        let terms = shop.parcels(order).await[0].shipment.facts().terms.clone();
        assert_eq!((terms.carrier, terms.service), (harbor().id, ServiceKind::PickupPoint));
    });
}

#[test]
fn a_wish_that_no_carrier_keeps_any_more_is_seen_to_by_a_person() {
    on_each_database(async |shop| {
        shop.service_wish = Some(ServiceKind::Timed);
        let order = shop.place(1).await;
        assert_eq!(shop.foreseen(order).await, None);
        let work = shop.pack(order, 1).await;
        shop.label(work).await;
        assert_eq!(shop.open_tasks().await, [TaskKind::LabelFailed]);
        assert!(shop.parcels(order).await.is_empty(), "nobody brings it otherwise unasked");
    });
}

#[test]
fn a_carrier_that_would_come_after_the_promised_day_is_passed_over_although_it_is_cheaper() {
    on_each_database(async |shop| {
        let usual = shop.place(1).await;
        assert_eq!(shop.foreseen(usual).await, Some(harbor().id));
        // Harbor comes on the 27th, Swift on the 25th.
        let promised = Date::constant(2026, 11, 25);
        shop.promised_by_on = Some(promised);
        let order = shop.place(2).await;
        assert_eq!(shop.foreseen(order).await, Some(swift().id));
        let work = shop.pack(order, 1).await;
        shop.label(work).await;
        let (carrier, service, explained) = shop.asked(order).await;
        assert_eq!((carrier, service), (swift().id, ServiceKind::Standard));
        assert_eq!(explained.promised_by_on, Some(promised));
    });
}
