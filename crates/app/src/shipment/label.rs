//! Labels: our intent first, then the carrier, then its answer.
//!
//! A request stands before the carrier is asked, and its id is the reference that the carrier knows.
//! Whoever comes back after a crash asks what became of it before asking for anything, so a parcel
//! never has two labels. What a carrier refuses goes to the next best one; what nobody takes is a task.

use std::collections::BTreeSet;

use ordermill_base::{Id as _, Money, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::carrier::choice::{Choice, Verdict};
use ordermill_domain::ids::{LocationId, OrderId, PackageId, ShipmentId};
use ordermill_domain::location::Location;
use ordermill_domain::shipment::{Shipment, Terms, silence};
use ordermill_domain::sku::Handling;
use ordermill_domain::task::TaskKind;
use ordermill_ports::carrier::{
    Carrier, CarrierError, Label, LabelRequest as Ask, Parcel, Party, Voided,
};
use ordermill_storage::label_request::{self, LabelRequest, State};
use ordermill_storage::shipment::{self, Stored};
use ordermill_storage::{Error, Tx, carrier, location, order, task, tracking};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::ShipmentError;
use super::ruled::{About, choose};
use crate::carrier::choose::{Chosen, Field, ReadyParcel};
use crate::carrier::{Carriers, Sender};
use crate::catalog::settings;
use crate::payment::settings::{is_used_up, wait_after};
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
    let known = label_request::ask_standing(tx, want.package)?;
    let requests = label_request::of(tx, want.order)?;
    if let Some(known) = known.only(tx)? {
        return Ok(Wanted::Known(known.id));
    }
    let refused = requests.iter().filter(|it| it.package == want.package);
    let refused = refused.filter(|it| it.state == State::Refused).map(|it| it.carrier).collect();
    let about = About::of(tx, vault, want, field.known)?;
    let question = about.question(&want.parcel, &refused);
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
    task::close(tx, TaskKind::LabelFailed, want.package, "asked again", act.at)?;
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

impl Carriers {
    /// Asks carriers for the labels that are due, once each. Gives how many there were.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn make_labels(&self) -> Result<usize, Error> {
        let (now, limit) = (self.now(), self.patience().calls_at_once);
        let again_at = now + self.patience().call_within;
        let claim = move |tx: &mut Tx<'_>| label_request::claim(tx, now, again_at, limit);
        let claimed: Vec<LabelRequest> = self.database().write(claim).await?;
        let count = claimed.len();
        let mut asking = JoinSet::new();
        for request in claimed {
            let carriers = self.clone();
            asking.spawn(async move { carriers.make_one(request).await });
        }
        while let Some(asked) = asking.join_next().await {
            // What could not be stored is due again when its claim has run out.
            if let Ok(Err(error)) = asked {
                tracing::error!(error = &error as &dyn std::error::Error, "a label failed");
            }
        }
        Ok(count)
    }

    async fn make_one(&self, request: LabelRequest) -> Result<(), Error> {
        let (id, carrier, order, site) =
            (request.id, request.carrier, request.order, request.location);
        let read = move |tx: &mut Tx<'_>| {
            let (sender, _) = settings::read::<Sender>(tx)?;
            let notify = tracking::trackers(tx)?;
            Ok::<_, Error>((
                carrier::fetch(tx, carrier)?,
                order::fetch(tx, order)?,
                location::fetch(tx, site)?,
                sender,
                notify,
            ))
        };
        let (Some(stored), Some(order), Some(location), sender, trackers) =
            self.database().read(read).await?
        else {
            return Err(Error::Stale("what a label is about"));
        };
        if request.state == State::Withdrawn {
            return self.take_back(request, self.connect(&stored)).await;
        }
        let Some(port) = self.connect(&stored) else {
            let why = "no_account: the carrier cannot be reached with its account".to_owned();
            // Somebody has to mend the account; meanwhile another carrier may take the parcel, unless this one
            // was asked before: it may have made the label.
            return match request.asked {
                ..=1 => self.refused(request, why).await,
                _ => self.try_later(&request, &why).await,
            };
        };
        let contact = self.vault().open_recipient(request.order, &order.recipient);
        let Ok(contact) = contact else {
            return self.try_later(&request, "the recipient does not open").await;
        };
        let notify = trackers
            .iter()
            .find(|tracker| tracker.is_active && tracker.partner == stored.account.protocol);
        let notify_url = notify.map(|it| self.links().tracking_push(&it.partner, it.id));
        let to = &contact.recipient;
        let shop_name = self.shop().current().shop.name.clone();
        let names = [&sender.name, &shop_name, &location.name];
        let name = names.into_iter().find(|name| !name.is_empty());
        let name = name.map_or(String::new(), |name| name.zh().to_owned());
        let ask = Ask {
            reference: id,
            service: request.service,
            parcel: Parcel {
                from_division: division_of(&location),
                to_division: to.address.division_code().map_or(0, |code| code.get()),
                weight_grams: request.weight_grams,
                dimensions_mm: request.dimensions_mm,
            },
            insured: (request.insured_minor > 0)
                .then(|| Money::new(request.insured_minor, request.currency)),
            sender: Party { name, phone: sender.phone, address: location.address.clone() },
            receiver: Party {
                name: to.name.as_str().to_owned(),
                phone: to.phone.e164(),
                address: to.address.one_line(),
            },
            notify_url,
        };
        if ask.sender.phone.is_empty() {
            return self.try_later(&request, "no phone of the sender is set").await;
        }
        match get_label(&*port, &ask, request.asked).await {
            Ok(label) => self.made(request, label, port).await,
            Err(CarrierError::Refused { code, message }) => {
                self.refused(request, format!("{code}: {message}")).await
            }
            Err(error) => {
                tracing::warn!(shipment.id = %id, %error, "a label is in doubt");
                self.try_later(&request, &error.to_string()).await
            }
        }
    }

    async fn made(
        &self,
        request: LabelRequest,
        label: Label,
        port: std::sync::Arc<dyn Carrier>,
    ) -> Result<(), Error> {
        let (id, act) = (request.id, self.act());
        let store = move |tx: &mut Tx<'_>| store_label(tx, &act, &request, &label);
        let is_wanted = self.database().write(store).await?;
        if !is_wanted {
            // Withdrawn while the carrier was asked: it is given back, or nobody would ever use it.
            match port.void(id).await {
                Ok(Voided::Done | Voided::Unknown) => {}
                Ok(Voided::TooLate) => {
                    tracing::error!(shipment.id = %id, "a label that nobody wants was collected");
                }
                Err(error) => {
                    tracing::warn!(shipment.id = %id, %error, "a label was not given back");
                }
            }
        }
        Ok(())
    }

    /// The carrier takes back a label that nobody wants any more.
    async fn take_back(
        &self,
        request: LabelRequest,
        port: Option<std::sync::Arc<dyn Carrier>>,
    ) -> Result<(), Error> {
        let id = request.id;
        let failure = match port {
            None => Some("the carrier cannot be reached with its account".to_owned()),
            Some(port) => match port.void(id).await {
                Ok(Voided::Done | Voided::Unknown) => None,
                Ok(Voided::TooLate) => Some("the carrier has the parcel already".to_owned()),
                Err(CarrierError::Refused { code, message }) => Some(format!("{code}: {message}")),
                Err(error) => return self.try_later(&request, &error.to_string()).await,
            },
        };
        if let Some(failure) = &failure {
            tracing::error!(shipment.id = %id, failure, "an unused label is not taken back");
        }
        let note = move |tx: &mut Tx<'_>| label_request::taken_back(tx, id, failure.as_deref());
        self.database().write(note).await
    }

    /// The next best carrier is asked.
    async fn refused(&self, request: LabelRequest, why: String) -> Result<(), Error> {
        let (act, vault) = (self.act(), self.vault().clone());
        let known = self.known().await?;
        tracing::warn!(shipment.id = %request.id, why, "a carrier refused a label");
        let next = move |tx: &mut Tx<'_>| {
            if !label_request::end(tx, request.id, State::Refused, Some(&why))? {
                return Ok(());
            }
            let carriers = carrier::list(tx)?;
            let field = Field { carriers: &carriers, known: &known };
            match want_label(tx, &act, &vault, &wanted_again(&request)?, field) {
                Ok(_) => Ok(()),
                Err(ShipmentError::Storage(error)) => Err(error),
                Err(other) => Err(Error::defect(other)),
            }
        };
        self.database().write::<_, Error, _>(next).await?;
        self.hurry();
        Ok(())
    }

    async fn try_later(&self, request: &LabelRequest, why: &str) -> Result<(), Error> {
        let wait = wait_after(&self.patience().refund_after, request.asked);
        let is_stuck = is_used_up(&self.patience().refund_after, request.asked);
        let (id, package, now, why) = (request.id, request.package, self.now(), why.to_owned());
        let put_off = move |tx: &mut Tx<'_>| {
            let is_open = label_request::put_off(tx, id, now + wait, &why)?;
            if is_open && is_stuck {
                let detail = serde_json::json!({ "shipment": id, "error": why }).to_string();
                task::open(tx, TaskKind::LabelFailed, package, &detail, None, now)?;
            }
            Ok::<_, Error>(())
        };
        self.database().write(put_off).await
    }

    pub(super) fn act(&self) -> Act {
        Act::new(Actor::system("carriers"), self.now())
    }
}

/// Asks for a label, or what became of it if it may have been asked for before.
async fn get_label(port: &dyn Carrier, ask: &Ask, asked: i64) -> Result<Label, CarrierError> {
    if asked > 1
        && let Some(label) = port.find(ask.reference).await?
        && !label.is_void
    {
        return Ok(label);
    }
    port.label(ask).await
}

/// Stores the shipment of a label that a carrier has made. Gives whether it was still wanted.
pub fn store_label(
    tx: &mut Tx<'_>,
    act: &Act,
    request: &LabelRequest,
    label: &Label,
) -> Result<bool, Error> {
    if !label_request::end(tx, request.id, State::Made, None)? {
        // Another node has stored it meanwhile, or it was withdrawn.
        return Ok(shipment::fetch(tx, request.id)?.is_some());
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
    task::close(tx, TaskKind::LabelFailed, request.package, "made", act.at)?;
    Ok(true)
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

/// Where a location is, as carriers want it: the capital of its province, as finer is not kept of it.
/// `CN-33` is 330100.
pub fn division_of(location: &Location) -> u32 {
    let province = location.region.split_once('-').map_or("", |(_, province)| province);
    province.parse::<u32>().map_or(0, |province| province * 10_000 + 100)
}
