//! The people on the floor: they release what waits and pick it scan by scan, with what a handheld sends.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use ordermill_app::Services;
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_app::pick_list::{Asked, Sent, Stop, stops, take_next, work};
use ordermill_app::wave::foresee::Known;
use ordermill_app::wave::plan::Cart;
use ordermill_app::wave::{ReleaseError, Wish, release};
use ordermill_domain::fulfillment::ShortReason;
use ordermill_domain::ids::{LocationId, PickListId};
use ordermill_domain::pick_list::{PickList, Step};
use ordermill_domain::role::Role;
use ordermill_storage::{Error, Tx, pick_list, staff};
use tokio::sync::watch;

/// They look for work so often.
const LOOKED_EVERY: Duration = Duration::from_secs(3);
/// Between two scans of one person: quicker than life, so that a fast pace is kept up with.
const SCANNED_EVERY: Duration = Duration::from_millis(40);
/// Of so many stops, the pieces of one are not where they should be.
const MISSING_ONE_IN: usize = 90;
/// What fits on a cart of the demo.
const TOTES: u32 = 8;
const PIECES_PER_TOTE: std::num::NonZeroU32 = std::num::NonZeroU32::new(24).expect("24 pieces");

/// Lets everybody of the warehouse work until `stop` turns true.
pub(super) async fn run(services: Services, mut stop: watch::Receiver<bool>) {
    let mut walked = 0;
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOKED_EVERY) => {}
            _ = stop.wait_for(|is_stopping| *is_stopping) => return,
        }
        let crew = match crew(&services).await {
            Ok(crew) => crew,
            Err(error) => {
                tracing::debug!("the floor could not be looked at: {error:#}");
                continue;
            }
        };
        for (person, at) in crew {
            let shift = shift(&services, &person, at, &mut walked);
            let done = tokio::select! {
                done = shift => done,
                _ = stop.wait_for(|is_stopping| *is_stopping) => return,
            };
            if let Err(error) = done {
                tracing::debug!("somebody on the floor could not go on: {error:#}");
            }
        }
    }
}

/// Everybody who picks, and where.
async fn crew(services: &Services) -> anyhow::Result<Vec<(Principal, LocationId)>> {
    let all = services.database().read(|tx| staff::list(tx, None, 500)).await?;
    let works = |it: &&ordermill_domain::staff::Staff| {
        it.facts().is_active && it.facts().roles.contains(&Role::Warehouse)
    };
    let person = |it: &ordermill_domain::staff::Staff| {
        let facts = it.facts();
        let member = StaffMember {
            id: facts.id,
            name: facts.name.clone(),
            roles: facts.roles.clone(),
            location: facts.location,
        };
        Some((Principal::Staff(Arc::new(member)), facts.location?))
    };
    Ok(all.iter().filter(works).filter_map(person).collect())
}

/// One person releases what waits and picks one list.
async fn shift(
    services: &Services,
    person: &Principal,
    at: LocationId,
    walked: &mut usize,
) -> anyhow::Result<()> {
    let cart = Cart { totes: TOTES, pieces_per_tote: PIECES_PER_TOTE };
    let wish = Wish {
        ship_by: None,
        is_urgent: false,
        zone: String::new(),
        carrier: None,
        service: None,
        most: 200,
        cart,
    };
    let all = (&wish, &Known::default());
    let act = person.act(services.now());
    match release(services.database(), person, &act, at, all, None).await {
        Ok(_) | Err(ReleaseError::Nothing | ReleaseError::Busy) => {}
        Err(error) => return Err(error.into()),
    }
    let by = person.staff().context("only staff pick")?.id;
    let (picker, act) = (person.clone(), person.act(services.now()));
    let taken = services.database().write(move |tx| take_next(tx, &picker, &act, at, by)).await?;
    let Some(list) = taken else { return Ok(()) };
    pick(services, person, list.facts().id, walked).await
}

/// What is known of a list before the next scan.
async fn look(services: &Services, id: PickListId) -> Result<Option<(PickList, Vec<Stop>)>, Error> {
    let load = move |tx: &mut Tx<'_>| {
        let Some(list) = pick_list::fetch(tx, id)? else { return Ok(None) };
        let stops = stops(tx, &list)?;
        Ok(Some((list, stops)))
    };
    services.database().snapshot(load).await
}

/// Walks along a list: bin, item, lot, until each line is complete.
async fn pick(
    services: &Services,
    person: &Principal,
    id: PickListId,
    walked: &mut usize,
) -> anyhow::Result<()> {
    let by = person.staff().context("only staff pick")?.id;
    while let Some((list, stops)) = look(services, id).await? {
        let Some(line) = list.at_hand() else { break };
        let catalog = services.catalog();
        let sku = catalog.sku(line.sku).context("goods that are not in the catalog")?;
        let bin = stops.iter().find(|stop| stop.line.no == line.no);
        let bin = bin.map(|stop| stop.bin.clone()).unwrap_or_default();
        let scan = |text: String| Asked::Scan { text, pieces: 1 };
        let asked = match line.step {
            Step::Bin => {
                *walked += 1;
                scan(bin)
            }
            Step::Item if *walked % MISSING_ONE_IN == MISSING_ONE_IN - 1 => {
                *walked += 1;
                Asked::Short { pieces: Some(1), reason: ShortReason::NotFound }
            }
            Step::Item => scan(sku.gtin.clone().unwrap_or_else(|| sku.code.clone())),
            Step::Lot => scan(line.lot.clone()),
        };
        let sent = Sent { key: None, line: Some(line.no), asked };
        let (picker, act) = (person.clone(), person.act(services.now()));
        let answer = services
            .database()
            .write(move |tx| work(tx, &catalog, (&picker, by), &act, id, &sent))
            .await?;
        if !answer.outcome.is_taken() {
            // Canceled meanwhile: the list learns it from the journal, and goes on behind it.
            tokio::time::sleep(LOOKED_EVERY).await;
        }
        tokio::time::sleep(SCANNED_EVERY).await;
    }
    Ok(())
}
