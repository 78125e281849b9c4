//! The people at the pack bench and at the dock: they recheck and pack what was picked, and hand parcels over
//! to the carriers' trucks.

use std::sync::Arc;
use std::time::Duration;

use ordermill_app::Services;
use ordermill_app::catalog::Catalog;
use ordermill_app::pack::Seen;
use ordermill_app::pack::close::{PackedBox, close};
use ordermill_app::pack::proposal::propose;
use ordermill_app::pack::recheck::{Findings, recheck, weight_of};
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_app::shipment::hand_over;
use ordermill_domain::fulfillment::{Fulfillment, State};
use ordermill_domain::ids::{LocationId, ManifestId};
use ordermill_domain::role::Role;
use ordermill_storage::fulfillment::{self, Filter};
use ordermill_storage::shipment::{self, Stored};
use ordermill_storage::{Error, Tx, location, staff};
use tokio::sync::watch;

/// They look for work so often.
const LOOKED_EVERY: Duration = Duration::from_secs(4);
/// One fulfillment takes so long at the bench.
const PACKED_EVERY: Duration = Duration::from_millis(150);
/// Fulfillments that are looked at, at a time.
const AT_ONCE: i64 = 25;
/// A truck comes after so many looks.
const TRUCK_EVERY: u32 = 15;
const PARCELS_MAX: i64 = 500;

/// Lets everybody work until `stop` turns true.
pub(super) async fn run(services: Services, mut stop: watch::Receiver<bool>) {
    let mut looks = 0_u32;
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOKED_EVERY) => {}
            _ = stop.wait_for(|is_stopping| *is_stopping) => return,
        }
        looks = looks.wrapping_add(1);
        let work = shift(&services, looks.is_multiple_of(TRUCK_EVERY));
        let done = tokio::select! {
            done = work => done,
            _ = stop.wait_for(|is_stopping| *is_stopping) => return,
        };
        if let Err(error) = done {
            tracing::debug!("somebody at the dock could not go on: {error:#}");
        }
    }
}

async fn shift(services: &Services, is_truck_here: bool) -> anyhow::Result<()> {
    let all = services.database().read(|tx| staff::list(tx, None, 500)).await?;
    let of_role = |role: Role| {
        let works = move |it: &&ordermill_domain::staff::Staff| {
            it.facts().is_active && it.facts().roles.contains(&role)
        };
        all.iter().filter(works).map(person).collect::<Vec<_>>()
    };
    for (packer, at) in of_role(Role::Warehouse) {
        if let Some(at) = at {
            pack(services, &packer, at).await?;
        }
    }
    if let Some((shipper, _)) = of_role(Role::Logistics).first().filter(|_| is_truck_here) {
        hand_over_all(services, shipper).await?;
    }
    Ok(())
}

fn person(it: &ordermill_domain::staff::Staff) -> (Principal, Option<LocationId>) {
    let facts = it.facts();
    let member = StaffMember {
        id: facts.id,
        name: facts.name.clone(),
        roles: facts.roles.clone(),
        location: facts.location,
    };
    (Principal::Staff(Arc::new(member)), facts.location)
}

/// Rechecks and packs what waits at a location.
async fn pack(services: &Services, packer: &Principal, at: LocationId) -> anyhow::Result<()> {
    let states = vec![State::Picked, State::Rechecked];
    let waiting = Filter { location: Some(at), states, ..Filter::default() };
    let list = move |tx: &mut Tx<'_>| fulfillment::list(tx, &waiting, None, AT_ONCE);
    for work in services.database().read(list).await? {
        let (catalog, who) = (services.catalog(), packer.clone());
        let act = packer.act(services.now());
        let boxes = boxes(&catalog, &work);
        let seen = Seen { id: work.id(), version: None };
        let take = move |tx: &mut Tx<'_>| {
            if work.state() == State::Picked {
                let findings = findings(&catalog, &work);
                recheck(tx, &catalog, &who, &act, seen, &findings)?;
            }
            if let Some(boxes) = &boxes {
                close(tx, &catalog, &who, &act, seen, boxes)?;
            }
            Ok::<_, anyhow::Error>(())
        };
        // A colleague, or whoever tries the bench out, was quicker.
        if let Err(error) = services.database().write(take).await {
            tracing::debug!("not packed: {error:#}");
        }
        tokio::time::sleep(PACKED_EVERY).await;
    }
    Ok(())
}

/// Everything as it should be.
fn findings(catalog: &Catalog, work: &Fulfillment) -> Findings {
    let code = |sku| catalog.sku(sku).map(|sku| sku.code.clone()).unwrap_or_default();
    let lines = work.facts().lines.iter().filter(|line| line.quantity > 0);
    Findings {
        scanned: lines.map(|line| (code(line.sku), line.quantity)).collect(),
        weight_grams: Some(weight_of(catalog, work)),
        is_intact: true,
        is_reinforced: true,
    }
}

/// The boxes that are proposed; none where somebody has to think.
fn boxes(catalog: &Catalog, work: &Fulfillment) -> Option<Vec<PackedBox>> {
    let proposal = propose(catalog, &catalog.materials, work).ok()?;
    let packed = proposal.boxes.into_iter().map(|it| PackedBox {
        material: it.material,
        contents: it.contents,
        gross_grams: Some(it.gross_grams),
    });
    Some(packed.collect())
}

/// Scans every parcel that waits onto its carrier's list, and closes the lists.
async fn hand_over_all(services: &Services, shipper: &Principal) -> anyhow::Result<()> {
    let read = |tx: &mut Tx<'_>| {
        let mut waiting = Vec::new();
        for place in location::list(tx, None, 100)? {
            let parcels = shipment::waiting(tx, place.id, None, PARCELS_MAX)?;
            let waybill = |it: &Stored| it.shipment.facts().terms.waybill.clone();
            waiting.push((place.id, parcels.iter().map(waybill).collect::<Vec<_>>()));
        }
        Ok::<_, Error>(waiting)
    };
    let waiting = services.database().read(read).await?;
    let (who, act) = (shipper.clone(), shipper.act(services.now()));
    let scan = move |tx: &mut Tx<'_>| {
        let mut lists: Vec<ManifestId> = Vec::new();
        for (at, waybills) in &waiting {
            let waybills: Vec<&str> = waybills.iter().map(String::as_str).collect();
            let scanned = hand_over::scan_out(tx, &who, &act, *at, &waybills)?;
            lists.extend(scanned.into_iter().flatten().map(|it| it.manifest));
        }
        lists.sort_unstable();
        lists.dedup();
        for list in lists {
            hand_over::close(tx, &who, &act, list)?;
        }
        Ok::<_, anyhow::Error>(())
    };
    services.database().write(scan).await
}
