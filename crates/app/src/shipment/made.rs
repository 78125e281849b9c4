//! Labels that carriers have made. Those that come in together are stored together.

use std::collections::HashSet;

use ordermill_base::Timestamp;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{PackageId, ShipmentId};
use ordermill_domain::shipment::{Shipment, Terms, silence};
use ordermill_domain::task::TaskKind;
use ordermill_ports::carrier::Label;
use ordermill_storage::label_request::{self, LabelRequest};
use ordermill_storage::shipment::{self, Stored};
use ordermill_storage::{BatchCommand, Error, Tx, task};

/// Stores the shipment of a label that a carrier has made.
#[derive(Debug, Clone)]
pub struct StoreLabel {
    /// Who asked for it, and when the answer came.
    pub act: Act,
    /// What was asked.
    pub request: LabelRequest,
    /// What was answered.
    pub label: Label,
}

impl BatchCommand for StoreLabel {
    /// Whether it was still wanted.
    type Output = bool;

    fn run(batch: &[&Self], tx: &mut Tx<'_>) -> Result<Vec<bool>, Error> {
        let labels: Vec<_> = batch.iter().map(|it| (&it.act, &it.request, &it.label)).collect();
        store_each(tx, &labels)
    }
}

/// [`StoreLabel`] of one, in a transaction that the caller has opened.
pub fn store_label(
    tx: &mut Tx<'_>,
    act: &Act,
    request: &LabelRequest,
    label: &Label,
) -> Result<bool, Error> {
    Ok(store_each(tx, &[(act, request, label)])? == [true])
}

fn store_each(
    tx: &mut Tx<'_>,
    labels: &[(&Act, &LabelRequest, &Label)],
) -> Result<Vec<bool>, Error> {
    let mut ids: Vec<ShipmentId> = labels.iter().map(|(_, request, _)| request.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let wanted = label_request::made_each(tx, &ids)?;
    let mut wanted: HashSet<ShipmentId> = wanted.into_iter().collect();
    let mut answers = Vec::with_capacity(labels.len());
    let mut labeled: Vec<PackageId> = Vec::with_capacity(labels.len());
    for (act, request, label) in labels {
        if !wanted.remove(&request.id) {
            // Another node has stored it meanwhile, or it was withdrawn.
            answers.push(shipment::fetch(tx, request.id)?.is_some());
            continue;
        }
        let terms = Terms {
            order: request.order,
            package: request.package,
            carrier: request.carrier,
            service: request.service,
            waybill: label.waybill.clone(),
            cost_minor: label.price.minor,
            insured_minor: request.insured_minor,
            currency: request.currency,
            expected_by: label.expected_by,
            weight_grams: request.weight_grams,
        };
        let (shipment, event) = Shipment::create(request.id, terms, act.at);
        let look_at = look_at(&shipment, None, act.at);
        let stored = Stored {
            shipment,
            location: request.location,
            routing: label.routing.clone(),
            heard_at: None,
            had_exception: false,
            was_damaged: false,
            look_at,
        };
        shipment::insert(tx, &stored)?;
        shipment::record_each(tx, act, [(request.id, 1, &event)])?;
        labeled.push(request.package);
        answers.push(true);
    }
    if let Some((act, ..)) = labels.first() {
        task::close_each(tx, TaskKind::LabelFailed, &labeled, "made", act.at)?;
    }
    Ok(answers)
}

/// When the silence of a shipment is looked at next.
pub(super) fn look_at(
    shipment: &Shipment,
    heard_at: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    use silence::Silence;
    match silence::judge(shipment.facts(), heard_at, now)? {
        Silence::Normal { until } => {
            let late_at = shipment.facts().terms.expected_by;
            Some(if late_at > now { until.min(late_at) } else { until })
        }
        Silence::AskCarrier | Silence::Exception(_) => Some(now),
    }
}
