//! Vehicles on the road, and what the tracking page of a parcel on board tells; papers of hand-over lists.

use ordermill_app::shipment::paper;
use ordermill_app::shipment::tracking_page::{self, Tracked};
use ordermill_app::shipment::trail::Node;
use ordermill_app::shipment::vehicle::{Load, Outcome, Report, report};
use ordermill_base::{Span, Timestamp};
use ordermill_domain::shipment::Position;
use ordermill_storage::shipment::Stored;
use ordermill_storage::{Error, Tx, carrier, manifest};

use crate::kit::{Shop, logistics, on_each_database};

const HOME: Position = Position { latitude_micro: 30_270_000, longitude_micro: 120_150_000 };

/// So many thousandths of a degree north of the buyer: 111 meters each.
fn north(thousandths: i64) -> Position {
    Position { latitude_micro: HOME.latitude_micro + 1_000 * thousandths, ..HOME }
}

async fn reports(
    shop: &Shop,
    stored: &Stored,
    at: Timestamp,
    position: Position,
    is_loaded: bool,
) -> Outcome {
    let terms = stored.shipment.facts().terms.clone();
    let (vault, now) = (shop.vault.clone(), ordermill_base::Clock::now(&*shop.clock));
    let id = terms.carrier;
    let code = move |tx: &mut Tx<'_>| carrier::fetch(tx, id);
    let carrier = shop.database.read(code).await.unwrap().unwrap().carrier.code;
    let stranger = Load { waybill: "NOBODY".into(), stop: HOME, arrives_at: None };
    let loads = vec![Load { waybill: terms.waybill, stop: HOME, arrives_at: None }, stranger];
    let parcels = is_loaded.then_some(loads);
    let one = Report { carrier, vehicle: "V-1".into(), at, position, parcels };
    report(&shop.database, &vault, vec![one], now).await.unwrap()[0]
}

async fn tracked(shop: &Shop, stored: &Stored) -> Tracked {
    let order = stored.shipment.facts().terms.order;
    let (vault, now) = (shop.vault.clone(), ordermill_base::Clock::now(&*shop.clock));
    let read = move |tx: &mut Tx<'_>| tracking_page::load(tx, &vault, order, now);
    shop.database.read(read).await.unwrap().unwrap()
}

#[test]
fn a_parcel_on_a_vehicle_comes_nearer_and_only_later_positions_count() {
    on_each_database(async |shop| {
        let stored = shop.handed_over(1).await;
        let start = ordermill_base::Clock::now(&*shop.clock);
        assert_eq!(tracked(shop, &stored).await.parcels[0].live, None);
        let taken = reports(shop, &stored, start, north(90), true).await;
        assert_eq!(taken, Outcome::Taken { unknown_parcels: 1 });
        let live = tracked(shop, &stored).await.parcels[0].live.unwrap();
        assert!((9_900..10_100).contains(&live.meters), "{live:?}");
        let first = live.arrives_at.unwrap();
        assert!(first > start + Span::minutes(30) && first < start + Span::minutes(40));

        shop.clock.advance(Span::minutes(10));
        let later = start + Span::minutes(10);
        let moved = reports(shop, &stored, later, north(45), false).await;
        assert_eq!(moved, Outcome::Taken { unknown_parcels: 0 });
        // What was sent before, sent again, or sent too soon changes nothing.
        for at in [start, later, later + Span::seconds(2)] {
            assert_eq!(reports(shop, &stored, at, north(900), false).await, Outcome::Older);
        }
        let live = tracked(shop, &stored).await.parcels[0].live.unwrap();
        assert!((4_900..5_100).contains(&live.meters), "{live:?}");
        let ahead = later + Span::minutes(5);
        assert_eq!(reports(shop, &stored, ahead, HOME, false).await, Outcome::OutOfTime);
        // A vehicle that fell silent is not shown.
        shop.clock.advance(Span::minutes(31));
        assert_eq!(tracked(shop, &stored).await.parcels[0].live, None);
    });
}

#[test]
fn vehicles_that_exchange_their_parcels_all_the_time_never_wait_for_each_other_in_a_circle() {
    on_each_database(async |shop| {
        let mut waybills = Vec::new();
        for number in 1..=6 {
            let parcel = shop.handed_over(number).await.shipment.facts().terms.clone();
            waybills.push(parcel);
        }
        let id = waybills[0].carrier;
        let code = move |tx: &mut Tx<'_>| carrier::fetch(tx, id);
        let carrier = shop.database.read(code).await.unwrap().unwrap().carrier.code;
        let (vault, now) = (shop.vault.clone(), ordermill_base::Clock::now(&*shop.clock));
        let of = |vehicle: &str, is_reversed: bool, at: Timestamp| {
            let mut parcels: Vec<Load> = waybills
                .iter()
                .map(|it| Load { waybill: it.waybill.clone(), stop: HOME, arrives_at: None })
                .collect();
            if is_reversed {
                parcels.reverse();
            }
            let (carrier, vehicle, parcels) = (carrier.clone(), vehicle.into(), Some(parcels));
            Report { carrier, vehicle, at, position: HOME, parcels }
        };
        let start = now - Span::minutes(50);
        for round in 0..12 {
            let at = start + Span::seconds(10 * round);
            let one = vec![of("V-1", false, at), of("V-2", true, at)];
            let two = vec![of("V-4", true, at), of("V-3", false, at)];
            let (one, two) = tokio::join!(
                report(&shop.database, &vault, one, now),
                report(&shop.database, &vault, two, now),
            );
            let taken = vec![Outcome::Taken { unknown_parcels: 0 }; 2];
            assert_eq!((one.unwrap(), two.unwrap()), (taken.clone(), taken));
        }
    });
}

#[test]
fn the_last_report_of_a_batch_says_on_which_vehicle_a_parcel_is() {
    on_each_database(async |shop| {
        let stored = shop.handed_over(1).await;
        let terms = stored.shipment.facts().terms.clone();
        let id = terms.carrier;
        let code = move |tx: &mut Tx<'_>| carrier::fetch(tx, id);
        let carrier = shop.database.read(code).await.unwrap().unwrap().carrier.code;
        let (vault, now) = (shop.vault.clone(), ordermill_base::Clock::now(&*shop.clock));
        let load = Load { waybill: terms.waybill, stop: HOME, arrives_at: None };
        let of = |vehicle: &str, seconds: i64, position: Position, parcels: Vec<Load>| {
            let at = now - Span::minutes(1) + Span::seconds(seconds);
            let (carrier, vehicle) = (carrier.clone(), vehicle.into());
            Report { carrier, vehicle, at, position, parcels: Some(parcels) }
        };
        // It is on the second one, then on the first one, which it leaves again for the third one.
        let batch = vec![
            of("V-2", 0, north(1), vec![load.clone()]),
            of("V-1", 0, north(2), vec![load.clone()]),
            of("V-3", 0, north(3), vec![load]),
            of("V-1", 10, north(4), vec![]),
        ];
        let outcomes = report(&shop.database, &vault, batch, now).await.unwrap();
        assert_eq!(outcomes, [Outcome::Taken { unknown_parcels: 0 }; 4]);
        let live = tracked(shop, &stored).await.parcels[0].live.unwrap();
        assert!((300..370).contains(&live.meters), "{live:?}");
    });
}

#[test]
fn where_a_parcel_is_handed_out_is_sealed() {
    on_each_database(async |shop| {
        let stored = shop.handed_over(1).await;
        let start = ordermill_base::Clock::now(&*shop.clock);
        reports(shop, &stored, start, north(9), true).await;
        let id = stored.shipment.facts().id;
        let read = move |tx: &mut Tx<'_>| ordermill_storage::vehicle::ask_of(tx, id)?.only(tx);
        let on_board = shop.database.read(read).await.unwrap().unwrap();
        let text = String::from_utf8_lossy(&on_board.stop);
        assert!(!text.contains("30270000") && !text.contains("latitude"), "{text}");
    });
}

#[test]
fn the_trail_and_the_paper_of_the_list_know_that_a_parcel_was_scanned_at_the_dock() {
    on_each_database(async |shop| {
        let stored = shop.handed_over(1).await;
        let trail = tracked(shop, &stored).await.trail;
        assert!(trail.iter().any(|scan| scan.node == Node::AtDock), "{trail:?}");
        let (id, act) = (stored.shipment.facts().id, shop.act());
        let print = move |tx: &mut Tx<'_>| {
            let list = manifest::of_each(tx, &[id])?[0].1;
            let copies: Vec<u32> =
                (0..2).map(|_| paper::print(tx, &logistics(), &act, list).unwrap()).collect();
            let paper = paper::read(tx, &logistics(), list).unwrap();
            Ok::<_, Error>((copies, paper.copy, paper.parcels.len()))
        };
        assert_eq!(shop.database.write(print).await.unwrap(), (vec![1, 2], 2, 1));
    });
}
