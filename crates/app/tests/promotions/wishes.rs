//! How an order is wished to be brought, and the day that it is promised for.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use ordermill_app::carrier::setup::keep_carrier;
use ordermill_app::order::PlacingError;
use ordermill_app::order::intake::{FieldIssue, IntakeError, NewOrder};
use ordermill_app::order::place::Key;
use ordermill_app::quote::{QuoteError, QuoteRequest};
use ordermill_base::{Currency, Id};
use ordermill_domain::carrier::{Carrier, Service, ServiceKind, Terms, Zone};
use ordermill_domain::ids::CarrierId;
use ordermill_domain::pricing::{ProvinceCode, RegionPattern};
use ordermill_domain::text::Text;
use ordermill_storage::{Error, Tx, journal};

use crate::kit::{Shop, on_each_database};

/// Brings to the door and, in Shanghai, to pick-up points.
fn carrier(version: i64, is_active: bool) -> Carrier {
    let zone = Zone {
        region: RegionPattern::provinces([ProvinceCode::of(310_000).unwrap()]),
        cities: BTreeSet::new(),
        first_grams: 1_000,
        first_minor: 800,
        step_grams: 500.try_into().unwrap(),
        step_minor: 100,
        days_min: 1,
        days_max: 3,
    };
    let service = |kind| Service { kind, zones: vec![zone.clone()] };
    Carrier {
        id: CarrierId::from_raw(1),
        code: "swift".into(),
        name: Text::new("云雀速运", "Swift"),
        terms: Terms {
            services: vec![service(ServiceKind::Standard), service(ServiceKind::PickupPoint)],
            refuses: BTreeSet::new(),
            volumetric_divisor: 6_000.try_into().unwrap(),
            weight_grams_max: 30_000,
            side_mm_max: 1_500,
            cut_off: Time::constant(18, 0, 0, 0),
            insurance_basis_points: 50,
            currency: Currency::Cny,
        },
        is_active,
        version,
    }
}

impl Shop {
    async fn keeps(&self, carrier: Carrier) {
        let (act, vault) = (self.clerk(), self.services.vault().clone());
        let keep = move |tx: &mut Tx<'_>| {
            keep_carrier(tx, &act, &vault, &carrier, None).map_err(Error::defect)
        };
        self.services.database().write(keep).await.unwrap();
        self.services.catalog_changed().await;
    }

    fn a_wish(&self, phone: u32, kind: ServiceKind) -> NewOrder {
        NewOrder { service_wish: Some(kind), ..self.a_bowl(phone) }
    }
}

/// What is wrong with the one field that is.
fn issue_of(refused: PlacingError) -> FieldIssue {
    match refused {
        PlacingError::Intake(IntakeError::Fields(mut issues)) if issues.len() == 1 => {
            issues.remove(0)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_service_that_no_carrier_of_the_shop_offers_there_is_refused_at_its_field() {
    on_each_database(async |shop: &Shop| {
        let wish = |phone| shop.a_wish(phone, ServiceKind::PickupPoint);
        let nobody = issue_of(shop.place(wish(1)).await.unwrap_err());
        assert_eq!((nobody.field.as_str(), nobody.code), ("delivery_service", "not_offered"));
        assert!(nobody.detail.ends_with("offered: none"), "{}", nobody.detail);
        shop.keeps(carrier(1, true)).await;
        shop.place(wish(1)).await.unwrap();
        let timed = shop.place(shop.a_wish(2, ServiceKind::Timed)).await.unwrap_err();
        let detail = issue_of(timed).detail;
        assert!(detail.ends_with("timed there; offered: standard, pickup_point"), "{detail}");
        let mut elsewhere = wish(3);
        let address = &mut elsewhere.recipient.address;
        (address.province, address.city) = ("浙江省".into(), "杭州市".into());
        address.district = "西湖区".into();
        let refused = issue_of(shop.place(elsewhere).await.unwrap_err());
        assert!(refused.detail.ends_with("offered: none"), "{}", refused.detail);
    });
}

#[test]
fn an_order_keeps_its_wish_and_the_day_that_the_quote_has_named() {
    on_each_database(async |shop: &Shop| {
        shop.keeps(carrier(1, true)).await;
        let new = shop.a_wish(1, ServiceKind::PickupPoint);
        let quoted = shop.quote(&new).await;
        assert_eq!(quoted.services, [ServiceKind::Standard, ServiceKind::PickupPoint]);
        let promised = quoted.promise.unwrap().deliver_by_on;
        let id = shop.place(new).await.unwrap().id;
        let facts = shop.order(id).await.facts().clone();
        assert_eq!(facts.service_wish, Some(ServiceKind::PickupPoint));
        assert_eq!(facts.promised_by_on, Some(promised));
        let read = move |tx: &mut Tx<'_>| journal::of(tx, "order", id, 1, 1);
        let entry = shop.services.database().read(read).await.unwrap().remove(0);
        let body: serde_json::Value = serde_json::from_str(&entry.body).unwrap();
        assert_eq!(body["service_wish"], "pickup_point");
        assert_eq!(body["promised_by_on"], promised.to_string());
        let plain = shop.place(shop.a_bowl(2)).await.unwrap().id;
        assert_eq!(shop.order(plain).await.facts().service_wish, None, "any will do");
    });
}

#[test]
fn the_day_that_a_buyer_was_told_is_promised_whatever_would_be_said_now() {
    on_each_database(async |shop: &Shop| {
        let mut new = shop.a_bowl(1);
        let told = Date::constant(2026, 12, 24);
        new.agreed.arrives_by_on = Some(told);
        let id = shop.place(new).await.unwrap().id;
        assert_eq!(shop.order(id).await.facts().promised_by_on, Some(told));
    });
}

#[test]
fn an_order_is_known_again_by_its_key_when_its_service_is_offered_no_more() {
    on_each_database(async |shop: &Shop| {
        shop.keeps(carrier(1, true)).await;
        let key = Some(Key::new("test", "k", b"one pick-up"));
        let new = NewOrder { key, ..shop.a_wish(1, ServiceKind::PickupPoint) };
        let placed = shop.place(new.clone()).await.unwrap();
        shop.keeps(carrier(1, false)).await;
        let again = shop.place(new).await.unwrap();
        assert!(again.is_replay && again.id == placed.id, "{again:?}");
        let fresh = shop.place(shop.a_wish(2, ServiceKind::PickupPoint)).await.unwrap_err();
        assert_eq!(issue_of(fresh).code, "not_offered", "a paused carrier brings nothing");
    });
}

#[test]
fn a_quote_refuses_a_service_that_is_not_offered_there() {
    on_each_database(async |shop: &Shop| {
        shop.keeps(carrier(1, true)).await;
        let new = shop.a_wish(1, ServiceKind::PickupPoint);
        let request = |region: &str| QuoteRequest {
            channel: new.channel,
            customer: None,
            phone: None,
            currency: new.currency,
            lines: new.lines.clone(),
            region: region.to_owned(),
            service_wish: new.service_wish,
            handed_in: new.handed_in(),
        };
        let quote = async |region| shop.services.quote(&shop.act(), request(region)).await;
        assert!(quote("CN-31").await.is_ok());
        let refused = quote("CN-33").await.unwrap_err();
        let QuoteError::Intake(IntakeError::Fields(issues)) = refused else { panic!("{refused}") };
        assert_eq!(issues[0].field, "delivery_service");
    });
}
