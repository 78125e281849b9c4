//! Labels: our intent first, then the carrier ([`make`](super::make)), then its answer ([`made`](super::made)).
//!
//! A request stands before the carrier is asked, and its id is the reference that the carrier knows.
//! Whoever comes back after a crash asks what became of it before asking for anything, so a parcel
//! never has two labels. What a carrier refuses goes to the next best one; what nobody takes is a task.

use std::collections::{BTreeSet, HashMap};

use ordermill_base::{Id as _, Money, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::carrier::choice::{Choice, Verdict};
use ordermill_domain::ids::{CarrierId, LocationId, OrderId, PackageId, ShipmentId};
use ordermill_domain::sku::Handling;
use ordermill_domain::task::TaskKind;
use ordermill_storage::label_request::{self, LabelRequest, State};
use ordermill_storage::{Error, Tx, shipment, task};
use serde::{Deserialize, Serialize};

use super::ShipmentError;
use super::ruled::{About, choose};
use crate::carrier::choose::{Chosen, Field, ReadyParcel};
use crate::privacy::Vault;
use crate::rule_table::{Ruled, tried};

/// A parcel that wants a label.
#[derive(Debug, Clone, PartialEq)]
pub struct WantLabel {
    /// Whose parcel.
    pub order: OrderId,
    /// Which parcel.
    pub package: PackageId,
    /// Where it waits.
    pub location: LocationId,
    /// What it is like.
    pub parcel: ReadyParcel,
}

/// What became of the wish for a label.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// A carrier is asked; the id is that of the shipment that it will be.
    Asked(ShipmentId),
    /// It was wanted before.
    Known(ShipmentId),
    /// No carrier takes it; a task was opened.
    NobodyTakesIt(Choice),
}

/// What a choice is explained with, and what it takes to choose again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Explained {
    /// What was decided, and everything that was looked at.
    #[serde(flatten)]
    pub choice: Choice,
    /// The rules that had a say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruled: Option<Ruled>,
    /// The value of the goods, minor units.
    pub value_minor: i64,
    /// The day that the buyer was promised.
    pub promised_by_on: Option<jiff::civil::Date>,
    /// What the buyer asked for.
    pub wish: Option<ordermill_domain::carrier::ServiceKind>,
    /// What must be minded, by its code.
    pub handling: BTreeSet<ordermill_domain::sku::HandlingFlag>,
}

/// Chooses a carrier for a parcel and lets it be asked for a label. Repeating it is harmless.
pub fn want_label(
    tx: &mut Tx<'_>,
    act: &Act,
    vault: &Vault,
    want: &WantLabel,
    field: Field<'_>,
) -> Result<Wanted, ShipmentError> {
    let mut wanted = want_labels(tx, act, vault, std::slice::from_ref(want), field)?;
    wanted.pop().ok_or(ShipmentError::Storage(Error::Stale("a parcel")))
}

/// As [`want_label`], for many different parcels.
pub(super) fn want_labels(
    tx: &mut Tx<'_>,
    act: &Act,
    vault: &Vault,
    wants: &[WantLabel],
    field: Field<'_>,
) -> Result<Vec<Wanted>, ShipmentError> {
    let packages: Vec<PackageId> = wants.iter().map(|want| want.package).collect();
    let standing: HashMap<PackageId, ShipmentId> =
        label_request::standing_of_each(tx, &packages)?.into_iter().collect();
    let mut orders: Vec<OrderId> = wants.iter().map(|want| want.order).collect();
    orders.sort_unstable();
    orders.dedup();
    let mut refused: HashMap<PackageId, BTreeSet<CarrierId>> = HashMap::new();
    for (package, carrier) in label_request::refusals_of_each(tx, &orders)? {
        refused.entry(package).or_default().insert(carrier);
    }
    let is_new = |want: &&WantLabel| !standing.contains_key(&want.package);
    let new: Vec<&WantLabel> = wants.iter().filter(is_new).collect();
    let mut abouts = About::of_each(tx, vault, &new, field.known)?.into_iter();
    let (mut wanted, mut asked) = (Vec::with_capacity(wants.len()), Vec::with_capacity(new.len()));
    for want in wants {
        if let Some(known) = standing.get(&want.package) {
            wanted.push(Wanted::Known(*known));
            continue;
        }
        let about = abouts.next().ok_or(Error::Stale("an order"))?;
        let refused = refused.remove(&want.package).unwrap_or_default();
        let outcome = want_one(tx, act, want, (&about, &refused), field)?;
        if let Wanted::Asked(_) = outcome {
            asked.push(want.package);
        }
        wanted.push(outcome);
    }
    task::close_each(tx, TaskKind::LabelFailed, &asked, "asked again", act.at)?;
    Ok(wanted)
}

/// Chooses a carrier for a parcel that has no label, without those that have refused it.
fn want_one(
    tx: &mut Tx<'_>,
    act: &Act,
    want: &WantLabel,
    (about, refused): (&About, &BTreeSet<CarrierId>),
    field: Field<'_>,
) -> Result<Wanted, Error> {
    let question = about.question(&want.parcel, refused);
    let (Chosen { choice, ruled }, tried) = choose(tx, question, field, act.at)?;
    let Some(chosen) = choice.chosen.clone() else {
        let is_told = task::is_open(tx, TaskKind::LabelFailed, want.package.raw())?;
        tell_nobody_takes_it(tx, want, &choice, act.at)?;
        if let Some((trial, sides)) = tried.filter(|_| !is_told)
            && let Some(told) = task::find_open(tx, TaskKind::LabelFailed, want.package.raw())?
        {
            // There is no label: the task stands for this decision.
            tried::record(tx, trial, (want.order, told.id.raw()), sides, act.at)?;
        }
        return Ok(Wanted::NobodyTakesIt(choice));
    };
    let explained = Explained {
        choice,
        ruled,
        value_minor: want.parcel.value.minor,
        promised_by_on: want.parcel.promised_by_on,
        wish: want.parcel.wish,
        handling: flags(want.parcel.handling),
    };
    let id: ShipmentId = tx.next_id(act.at);
    let request = LabelRequest {
        id,
        order: want.order,
        package: want.package,
        location: want.location,
        carrier: chosen.carrier,
        service: chosen.service,
        weight_grams: want.parcel.weight_grams,
        dimensions_mm: want.parcel.dimensions_mm,
        insured_minor: chosen.insured_minor,
        currency: want.parcel.value.currency,
        expected_by: chosen.expected_by,
        choice: serde_json::to_string(&explained).map_err(Error::defect)?,
        created_at: act.at,
        state: State::Wanted,
        failure: None,
        asked: 0,
    };
    label_request::insert(tx, &request, act.at)?;
    if let Some((trial, sides)) = tried {
        tried::record(tx, trial, (want.order, id.raw()), sides, act.at)?;
    }
    Ok(Wanted::Asked(id))
}

/// Gives up a parcel's label; the worker has the carrier take it back. Gives the one that stood.
pub fn withdraw(
    tx: &mut Tx<'_>,
    act: &Act,
    package: PackageId,
) -> Result<Option<ShipmentId>, ShipmentError> {
    let Some(request) = label_request::standing(tx, package)? else { return Ok(None) };
    if request.state == State::Wanted {
        label_request::withdraw(tx, request.id, act.at)?;
        return Ok(Some(request.id));
    }
    let Some(mut stored) = shipment::fetch_each_for_update(tx, &[request.id])?.pop() else {
        return Ok(None);
    };
    let before = stored.shipment.facts().version;
    let event = stored.shipment.void(act.at)?;
    stored.look_at = None;
    ordermill_storage::manifest::remove(tx, request.id)?;
    shipment::update_each(tx, &[(&stored, before)])?;
    let version = stored.shipment.facts().version;
    shipment::record_each(tx, act, [(request.id, version, &event)])?;
    label_request::withdraw(tx, request.id, act.at)?;
    Ok(Some(request.id))
}

fn tell_nobody_takes_it(
    tx: &mut Tx<'_>,
    want: &WantLabel,
    choice: &Choice,
    now: Timestamp,
) -> Result<(), Error> {
    let reasons: Vec<_> = choice
        .others
        .iter()
        .filter_map(|verdict| match verdict {
            Verdict::Refused { carrier, service, because } => Some(
                serde_json::json!({"carrier": carrier, "service": service, "because": because}),
            ),
            Verdict::Offered(_) => None,
        })
        .collect();
    let detail = serde_json::json!({ "order": want.order, "nobody_takes_it": reasons }).to_string();
    task::open(tx, TaskKind::LabelFailed, want.package, &detail, None, now)
}

/// The same parcel, as it was wanted first.
pub(super) fn wanted_again(request: &LabelRequest) -> Result<WantLabel, Error> {
    let explained: Explained = serde_json::from_str(&request.choice).map_err(|_| {
        Error::Unreadable { what: "choice of a carrier", text: request.choice.clone() }
    })?;
    let has = |flag| explained.handling.contains(&flag);
    use ordermill_domain::sku::HandlingFlag as Flag;
    Ok(WantLabel {
        order: request.order,
        package: request.package,
        location: request.location,
        parcel: ReadyParcel {
            weight_grams: request.weight_grams,
            dimensions_mm: request.dimensions_mm,
            handling: Handling {
                is_fragile: has(Flag::Fragile),
                is_high_value: has(Flag::HighValue),
                is_perishable: has(Flag::Perishable),
                is_hazardous: has(Flag::Hazardous),
                is_oversized: has(Flag::Oversized),
            },
            value: Money::new(explained.value_minor, request.currency),
            promised_by_on: explained.promised_by_on,
            wish: explained.wish,
        },
    })
}

fn flags(handling: Handling) -> BTreeSet<ordermill_domain::sku::HandlingFlag> {
    let all = ordermill_domain::sku::HandlingFlag::ALL.into_iter();
    all.filter(|flag| handling.has(*flag)).collect()
}
