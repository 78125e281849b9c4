//! Scanners and closing lists at one dock, at the same time.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use ordermill_app::shipment::hand_over::{CloseManifestError, close, scan_out};
use ordermill_base::IdGenerator;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{ManifestId, ShipmentId};
use ordermill_domain::shipment::State;
use ordermill_storage::{Connection, Database, Error, Tx, manifest, params, shipment};
use ordermill_testkit::stock::location as place;

use crate::kit::{logistics, on_each_database};

/// Scans each of these at the dock.
async fn scans(database: Database, act: Act, waybills: Vec<String>) {
    for waybill in waybills {
        let act = act.clone();
        let write = move |tx: &mut Tx<'_>| {
            scan_out(tx, &logistics(), &act, place(1), &[&waybill]).map_err(Error::defect)
        };
        database.write(write).await.unwrap().remove(0).unwrap();
    }
}

/// Closes whatever list is open. Gives how many parcels were handed over.
async fn closes(database: &Database, act: &Act) -> usize {
    let lists = database.read(|tx| manifest::list(tx, None, 100)).await.unwrap();
    let open: Vec<ManifestId> =
        lists.into_iter().filter(|(it, _)| it.closed_at.is_none()).map(|(it, _)| it.id).collect();
    let mut handed = 0;
    for id in open {
        let act = act.clone();
        let write = move |tx: &mut Tx<'_>| close(tx, &logistics(), &act, id);
        match database.write(write).await {
            Ok(parcels) => handed += parcels.len(),
            Err(CloseManifestError::Closed(_) | CloseManifestError::Empty(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    handed
}

#[test]
fn lists_are_closed_while_others_scan_and_each_parcel_leaves_once() {
    on_each_database(async |shop| {
        let count = 12;
        let (mut waybills, mut ids) = (Vec::new(), Vec::new());
        for number in 1..=count {
            let facts = shop.labeled(number).await.shipment.facts().clone();
            waybills.push(facts.terms.waybill);
            ids.push(facts.id);
        }
        let scanners: Vec<_> = waybills
            .chunks(3)
            .map(|some| tokio::spawn(scans(shop.database.clone(), shop.act(), some.to_vec())))
            .collect();
        let (start, mut handed) = (Instant::now(), 0);
        while handed < ids.len() {
            handed += closes(&shop.database, &shop.act()).await;
            assert!(start.elapsed() < Duration::from_secs(60), "{handed} have left");
        }
        for scanner in scanners {
            scanner.await.unwrap();
        }
        assert_eq!(handed, ids.len());
        for id in ids {
            assert_eq!(shop.shipment(id).await.unwrap().shipment.state(), State::HandedOver);
        }
    });
}

/// Whether somebody waits for a row of the database that this transaction reads.
fn somebody_waits(tx: &mut Tx<'_>) -> bool {
    let sql = "SELECT COUNT(*) FROM pg_locks l JOIN pg_database d ON d.datname = current_database()
        WHERE NOT l.granted AND (l.database IS NULL OR l.database = d.oid)";
    tx.query_one(sql, params![], |row| row.int()).unwrap() > 0
}

/// Whoever has a list may lock its parcels: a scan that waits for the list holds none of them.
#[test]
fn a_scan_that_waits_for_a_list_holds_no_parcel() {
    on_each_database(async |shop| {
        let listed = shop.labeled(1).await.shipment.facts().terms.waybill.clone();
        let facts = shop.labeled(2).await.shipment.facts().clone();
        let (list, parcel) = (shop.scan_out(&listed).await.manifest, facts.id);
        let (has_list, go_on) = mpsc::channel();
        let address = shop.address().clone();
        if !address.is_postgres() {
            // One writer at a time: nobody waits in the middle of anything.
            return;
        }
        let closing = std::thread::spawn(move || {
            let mut connection = Connection::open(&address, Arc::new(IdGenerator::new(9))).unwrap();
            connection.transact(|tx| holds(tx, list, parcel, &has_list))
        });
        go_on.recv().unwrap();
        shop.scan_out(&facts.terms.waybill).await;
        closing.join().unwrap().unwrap();
    });
}

/// Holds a list until somebody waits for it, and then wants one of its parcels without waiting.
fn holds(
    tx: &mut Tx<'_>,
    list: ManifestId,
    parcel: ShipmentId,
    has_list: &mpsc::Sender<()>,
) -> Result<(), Error> {
    manifest::fetch_for_update(tx, list)?;
    has_list.send(()).unwrap();
    let start = Instant::now();
    while !somebody_waits(tx) {
        assert!(start.elapsed() < Duration::from_secs(20), "nobody scans");
        std::thread::sleep(Duration::from_millis(5));
    }
    tx.execute("SET LOCAL lock_timeout = '300ms'", params![])?;
    shipment::fetch_each_for_update(tx, &[parcel]).map(drop)
}
