//! The carriers of the demo go on with what is on the road when it starts again.
//!
//! The sandbox keeps nothing from one start to the next. What happens to a parcel follows from its waybill, so
//! its carriers of today know the rest of every way.

use std::collections::HashMap;

use ordermill_app::Services;
use ordermill_app::privacy::Vault;
use ordermill_app::shipment::make::division_of;
use ordermill_domain::ids::CarrierId;
use ordermill_domain::shipment::{State, TrackingStatus};
use ordermill_sandbox::Sandbox;
use ordermill_sandbox::carriers::{self as theirs, Before};
use ordermill_sandbox::fault::Fault;
use ordermill_storage::label_request;
use ordermill_storage::shipment::{Stored, View};
use ordermill_storage::{Tx, carrier, location, order, shipment, tracking};

use super::road::asked;

/// Parcels that are read at a time.
const AT_ONCE: i64 = 500;

/// Lets the carriers of a new sandbox go on with every parcel that waits for them or is on the road.
pub(crate) fn go_on(services: &Services, sandbox: &Sandbox) -> anyhow::Result<()> {
    let (vault, links) = (services.vault().clone(), services.links().clone());
    let read = move |tx: &mut Tx<'_>| {
        let notify = tracking::trackers(tx)?.into_iter().find(|it| it.partner == "sandbox");
        let notify = notify.map(|it| links.tracking_push(&it.partner, it.id));
        let codes: HashMap<CarrierId, String> =
            carrier::list(tx)?.into_iter().map(|it| (it.carrier.id, it.carrier.code)).collect();
        let mut known = Vec::new();
        for state in [State::LabelCreated, State::HandedOver] {
            let mut last = None;
            loop {
                let page = shipment::list(tx, View::In(state), last, AT_ONCE)?;
                let Some(oldest) = page.last() else { break };
                last = Some(oldest.shipment.facts().id);
                for stored in &page {
                    known.extend(before(tx, &vault, &codes, stored, notify.as_deref())?);
                }
            }
        }
        Ok::<_, anyhow::Error>(known)
    };
    let known = services.database().write_blocking(read)?;
    let count = known.len();
    let taken = sandbox.take_over(known);
    tracing::debug!(count, taken, "carriers go on with what is on the road");
    Ok(())
}

/// A parcel as its carrier had it. `None` if it is not of the sandbox's carriers.
fn before(
    tx: &mut Tx<'_>,
    vault: &Vault,
    codes: &HashMap<CarrierId, String>,
    stored: &Stored,
    notify: Option<&str>,
) -> anyhow::Result<Option<Before>> {
    let facts = stored.shipment.facts();
    let request = label_request::fetch(tx, facts.id)?;
    let order = order::fetch(tx, facts.terms.order)?;
    let from = location::fetch(tx, stored.location)?;
    let code = codes.get(&facts.terms.carrier).filter(|it| theirs::network::find(it).is_some());
    let (Some(request), Some(order), Some(from), Some(code)) = (request, order, from, code) else {
        return Ok(None);
    };
    let to = vault.open_recipient(facts.terms.order, &order.recipient)?.recipient.address;
    let to = to.division_code().map_or(0, |code| code.get());
    Ok(Some(Before {
        carrier: code.clone(),
        waybill: facts.terms.waybill.clone(),
        order: asked(&request, division_of(&from), to, notify.map(str::to_owned)),
        labeled_at: facts.created_at,
        collected_at: facts.handed_over_at,
        heard_at: stored.heard_at.unwrap_or(facts.created_at),
        faults: fault_of(facts.track.status).into_iter().collect(),
    }))
}

/// What must have gone wrong, if this was said last.
const fn fault_of(status: TrackingStatus) -> Option<Fault> {
    match status {
        TrackingStatus::Stalled => Some(Fault::StallParcel),
        TrackingStatus::Damaged => Some(Fault::DamageParcel),
        TrackingStatus::Refused => Some(Fault::RefuseParcel),
        TrackingStatus::Address => Some(Fault::MistakeAddress),
        TrackingStatus::OutOfZone => Some(Fault::LeaveZone),
        _ => None,
    }
}
