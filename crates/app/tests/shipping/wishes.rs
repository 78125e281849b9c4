//! What the buyer wished and was promised decides which carrier brings it.

use std::num::NonZeroU32;

use jiff::civil::Date;
use ordermill_app::carrier::setup::keep_carrier;
use ordermill_app::catalog::Catalog;
use ordermill_app::shipment::label::Explained;
use ordermill_app::sourcing::{Wish, by_rules, source_each};
use ordermill_app::wave::foresee::{Foreseen, Known, foresee};
use ordermill_app::wave::plan::Cart;
use ordermill_app::wave::preview::{Preview, preview};
use ordermill_app::wave::{ReleaseError, Wish as WaveWish, release};
use ordermill_domain::carrier::{Carrier, ServiceKind};
use ordermill_domain::ids::{CarrierId, OrderId};
use ordermill_domain::task::TaskKind;
use ordermill_storage::wave::Wave;
use ordermill_storage::{Error, Tx, carrier, fulfillment, label_request, location};
use ordermill_testkit::stock::location as place;

use crate::kit::{Shop, harbor, on_each_database, swift};
use crate::packed::somebody;

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

    /// How planned work of an order would travel.
    async fn foreseen(&self, order: OrderId) -> Option<(CarrierId, ServiceKind)> {
        let now = self.act().at;
        let look = move |tx: &mut Tx<'_>| {
            let catalog = Catalog::load(tx)?;
            source_each(tx, &catalog, &by_rules(now), &[order].into(), &Wish::default())?;
            let work = vec![fulfillment::of(tx, order)?];
            let known = Known { catalog: catalog.into(), ..Known::default() };
            let from = location::fetch(tx, place(1))?.unwrap();
            foresee(tx, &known, &from, &work, now)
        };
        let way = self.database.write(look).await.unwrap().remove(0);
        way.map(|Foreseen { carrier, service }| (carrier, service))
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
        assert_eq!(shop.foreseen(usual).await, Some((swift().id, ServiceKind::Standard)));
        shop.service_wish = Some(ServiceKind::PickupPoint);
        let order = shop.place(2).await;
        assert_eq!(
            shop.foreseen(order).await,
            Some((harbor().id, ServiceKind::PickupPoint)),
            "known before"
        );
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
        assert_eq!(shop.foreseen(usual).await, Some((harbor().id, ServiceKind::Standard)));
        // Harbor comes on the 27th, Swift on the 25th.
        let promised = Date::constant(2026, 11, 25);
        shop.promised_by_on = Some(promised);
        let order = shop.place(2).await;
        assert_eq!(shop.foreseen(order).await, Some((swift().id, ServiceKind::Standard)));
        let work = shop.pack(order, 1).await;
        shop.label(work).await;
        let (carrier, service, explained) = shop.asked(order).await;
        assert_eq!((carrier, service), (swift().id, ServiceKind::Standard));
        assert_eq!(explained.promised_by_on, Some(promised));
    });
}

impl Shop {
    /// Two orders with planned work: one for the door, one for a pick-up point.
    async fn has_work_for_door_and_point(&mut self) {
        self.harbor_has_dear_points().await;
        for (number, wish) in [(1, None), (2, Some(ServiceKind::PickupPoint))] {
            self.service_wish = wish;
            let order = self.place(number).await;
            self.foreseen(order).await;
        }
    }

    async fn known(&self) -> Known {
        let catalog = self.database.read(Catalog::load).await.unwrap();
        Known { catalog: catalog.into(), ..Known::default() }
    }

    async fn would_take(&self, wish: &WaveWish) -> Preview {
        let (known, now) = (self.known().await, self.act().at);
        preview(&self.database, &somebody(), place(1), (wish, &known), now).await.unwrap()
    }

    async fn releases(&self, wish: &WaveWish) -> Result<Wave, ReleaseError> {
        let (known, act) = (self.known().await, self.looked_at());
        release(&self.database, &somebody(), &act, place(1), (wish, &known), None).await
    }
}

fn all_by(service: Option<ServiceKind>) -> WaveWish {
    let cart = Cart { totes: 12, pieces_per_tote: NonZeroU32::new(20).unwrap() };
    let (zone, most) = (String::new(), 200);
    WaveWish { ship_by: None, is_urgent: false, zone, carrier: None, service, most, cart }
}

#[test]
fn a_wave_takes_only_what_would_be_brought_as_it_asks() {
    on_each_database(async |shop| {
        shop.has_work_for_door_and_point().await;
        let (door, point) = (ServiceKind::Standard, ServiceKind::PickupPoint);
        let by_service = |of: &Preview| -> Vec<(Option<ServiceKind>, i64)> {
            of.by_service.iter().map(|(kind, count)| (*kind, count.fulfillments)).collect()
        };
        let all = shop.would_take(&all_by(None)).await;
        assert_eq!(by_service(&all), [(Some(door), 1), (Some(point), 1)]);
        let some = shop.would_take(&all_by(Some(point))).await;
        assert_eq!((some.taken.fulfillments, by_service(&some)), (1, vec![(Some(point), 1)]));
        let none = shop.would_take(&all_by(Some(ServiceKind::Timed))).await;
        assert_eq!((none.taken.fulfillments, by_service(&none)), (0, vec![]));

        let wave = shop.releases(&all_by(Some(point))).await.unwrap();
        assert_eq!((wave.fulfillments, &wave.filter["service"]), (1, &"pickup_point".into()));
        let again = shop.releases(&all_by(Some(point))).await;
        assert!(matches!(again, Err(ReleaseError::Nothing)), "{again:?}");
        let left = shop.would_take(&all_by(None)).await;
        assert_eq!(by_service(&left), [(Some(door), 1)]);
    });
}
