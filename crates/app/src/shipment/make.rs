//! Carriers are asked for the labels that are wanted, between transactions, and what they answer is noted.

use std::collections::HashMap;
use std::sync::Arc;

use ordermill_base::Money;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{CarrierId, LocationId, OrderId};
use ordermill_domain::location::Location;
use ordermill_domain::task::TaskKind;
use ordermill_ports::carrier::{
    Carrier, CarrierError, Label, LabelRequest as Ask, Parcel, Party, Voided,
};
use ordermill_storage::label_request::{self, LabelRequest, State};
use ordermill_storage::{Error, Tx, carrier, location, order, task, tracking};
use tokio::task::JoinSet;

use super::ShipmentError;
use super::label::{want_label, wanted_again};
use super::made::StoreLabel;
use crate::carrier::choose::Field;
use crate::carrier::{Carriers, Sender};
use crate::catalog::settings;
use crate::payment::settings::{is_used_up, wait_after};

/// What the requests of one round are about.
struct Round {
    carriers: HashMap<CarrierId, carrier::Stored>,
    orders: HashMap<OrderId, order::Stored>,
    locations: HashMap<LocationId, Location>,
    sender: Sender,
    trackers: Vec<tracking::Tracker>,
}

impl Round {
    fn read(tx: &mut Tx<'_>, orders: &[OrderId], sites: &[LocationId]) -> Result<Self, Error> {
        let stored = order::ask_each(tx, orders)?;
        let (sender, _) = settings::read::<Sender>(tx)?;
        let trackers = tracking::trackers(tx)?;
        let carriers = carrier::list(tx)?.into_iter().map(|it| (it.carrier.id, it)).collect();
        let mut locations = HashMap::new();
        for site in sites {
            if !locations.contains_key(site)
                && let Some(location) = location::fetch(tx, *site)?
            {
                locations.insert(*site, location);
            }
        }
        let orders = stored.answer(tx)?.into_iter().map(|it| (it.order.id(), it)).collect();
        Ok(Self { carriers, orders, locations, sender, trackers })
    }
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
        if count == 0 {
            return Ok(0);
        }
        let orders: Vec<OrderId> = claimed.iter().map(|request| request.order).collect();
        let sites: Vec<LocationId> = claimed.iter().map(|request| request.location).collect();
        let known = self.database().read(move |tx| Round::read(tx, &orders, &sites)).await?;
        let known = Arc::new(known);
        let mut asking = JoinSet::new();
        for request in claimed {
            let (carriers, known) = (self.clone(), Arc::clone(&known));
            asking.spawn(async move { carriers.make_one(request, &known).await });
        }
        while let Some(asked) = asking.join_next().await {
            // What could not be stored is due again when its claim has run out.
            if let Ok(Err(error)) = asked {
                tracing::error!(error = &error as &dyn std::error::Error, "a label failed");
            }
        }
        Ok(count)
    }

    async fn make_one(&self, request: LabelRequest, round: &Round) -> Result<(), Error> {
        let id = request.id;
        let Round { carriers, orders, locations, sender, trackers } = round;
        let (Some(stored), Some(order), Some(location)) = (
            carriers.get(&request.carrier),
            orders.get(&request.order),
            locations.get(&request.location),
        ) else {
            return Err(Error::Stale("what a label is about"));
        };
        if request.state == State::Withdrawn {
            return self.take_back(request, self.connect(stored)).await;
        }
        let Some(port) = self.connect(stored) else {
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
                from_division: division_of(location),
                to_division: to.address.division_code().map_or(0, |code| code.get()),
                weight_grams: request.weight_grams,
                dimensions_mm: request.dimensions_mm,
            },
            insured: (request.insured_minor > 0)
                .then(|| Money::new(request.insured_minor, request.currency)),
            sender: Party { name, phone: sender.phone.clone(), address: location.address.clone() },
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
        port: Arc<dyn Carrier>,
    ) -> Result<(), Error> {
        let id = request.id;
        let store = StoreLabel { act: self.act(), request, label };
        let is_wanted = self.database().submit(store).await?;
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
        port: Option<Arc<dyn Carrier>>,
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

/// Where a location is, as carriers want it: the capital of its province, as finer is not kept of it.
/// `CN-33` is 330100.
pub fn division_of(location: &Location) -> u32 {
    let province = location.region.split_once('-').map_or("", |(_, province)| province);
    province.parse::<u32>().map_or(0, |province| province * 10_000 + 100)
}
