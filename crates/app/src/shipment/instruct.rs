//! What carriers are told to do with parcels that they have: bring one back, or take it elsewhere.
//!
//! The instruction stands before the carrier is told, and its id is the reference that the carrier
//! honors, so telling it again after a lost answer is one errand. What the carrier refuses is a task for
//! logistics again; what it takes on is followed by its own scans, until the parcel is where it should be.

use ordermill_base::Timestamp;
use ordermill_domain::carrier::instruction::Errand;
use ordermill_domain::ids::{InstructionId, ShipmentId};
use ordermill_domain::shipment::State;
use ordermill_domain::task::TaskKind;
use ordermill_ports::carrier::{CarrierError, Instruction as Order, What};
use ordermill_storage::instruction::{self, Instruction};
use ordermill_storage::{Error, Tx, carrier, shipment, task};
use ordermill_vault::Place;
use tokio::task::JoinSet;

use crate::carrier::Carriers;
use crate::payment::settings::wait_after;
use crate::privacy::Vault;

const CLAIMED_MAX: i64 = 16;
/// How often a carrier that does not answer is told before a person has to call it.
pub const TRIES: i64 = 10;

/// Lets a carrier be told; what it was still to be told before is given up.
pub(super) fn want(
    tx: &mut Tx<'_>,
    shipment: ShipmentId,
    errand: Errand,
    address: Option<(&Vault, &str)>,
    now: Timestamp,
) -> Result<(), Error> {
    instruction::supersede(tx, shipment)?;
    let id: InstructionId = tx.next_id(now);
    let sealed = address.map(|(vault, text)| vault.seal(place(id), text.as_bytes()));
    instruction::insert(tx, id, shipment, errand, sealed.as_deref(), now)
}

impl Carriers {
    /// Tells carriers what is due, once each. Gives how many instructions there were.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn instruct(&self) -> Result<usize, Error> {
        let now = self.now();
        let again_at = now + self.patience().call_within;
        let claim = move |tx: &mut Tx<'_>| instruction::claim(tx, now, again_at, CLAIMED_MAX);
        let claimed: Vec<Instruction> = self.database().write(claim).await?;
        let count = claimed.len();
        let mut telling = JoinSet::new();
        for it in claimed {
            let carriers = self.clone();
            telling.spawn(async move { carriers.instruct_one(it).await });
        }
        while let Some(told) = telling.join_next().await {
            // What could not be stored is due again when its claim has run out.
            if let Ok(Err(error)) = told {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "a carrier was not told what to do");
            }
        }
        Ok(count)
    }

    async fn instruct_one(&self, it: Instruction) -> Result<(), Error> {
        let (id, parcel) = (it.id, it.shipment);
        let read = move |tx: &mut Tx<'_>| {
            let Some(stored) = shipment::fetch(tx, parcel)? else { return Ok(None) };
            let facts = stored.shipment.facts();
            let carrier = carrier::fetch(tx, facts.terms.carrier)?;
            Ok::<_, Error>(Some((facts.state, facts.terms.waybill.clone(), carrier)))
        };
        let Some((state, waybill, carrier)) = self.database().read(read).await? else {
            return self.pointless(it, "the parcel is not there any more".to_owned(), true).await;
        };
        // What is back is where it was wanted; anything else is not what somebody has planned. But who was asked
        // before and did not answer may have done it: they tell whether they have.
        let is_met = (it.errand, state) == (Errand::Return, State::ReturnedToSender);
        if is_met || (state != State::HandedOver && it.asked <= 1) {
            return self.pointless(it, format!("the parcel is {state}"), !is_met).await;
        }
        let what = match (it.errand, &it.address) {
            (Errand::Return, _) => Some(What::Return),
            (Errand::Forward, Some(sealed)) => {
                let text = self.vault().open_at(place(id), sealed).ok();
                let text = text.and_then(|text| String::from_utf8(text.to_vec()).ok());
                text.map(|address| What::Forward { address })
            }
            (Errand::Forward, None) => None,
        };
        let port = carrier.as_ref().and_then(|carrier| self.connect(carrier));
        let told = match (port, what) {
            (Some(port), Some(what)) => {
                port.instruct(&Order { reference: id.to_string(), waybill, what }).await
            }
            (None, _) => Err(refused("unreachable", "it is not reached with its account")),
            (_, None) => Err(refused("no_address", "the new address does not open")),
        };
        let (now, asked) = (self.now(), it.asked);
        let wait = wait_after(&self.patience().refund_after, asked);
        let note = move |tx: &mut Tx<'_>| match &told {
            Ok(()) => instruction::done(tx, id, now).map(drop),
            Err(error) => {
                let is_over = matches!(error, CarrierError::Refused { .. }) || asked >= TRIES;
                let why = error.to_string();
                tracing::warn!(shipment.id = %parcel, why, "a carrier does not do what it is told");
                if !is_over {
                    return instruction::put_off(tx, id, now + wait, &why);
                }
                if instruction::fail(tx, id, &why)? {
                    open_task(tx, &it, &why, now)?;
                }
                Ok(())
            }
        };
        self.database().write(note).await
    }

    /// Ends an instruction that nobody can follow any more, with a task if somebody has to decide anew.
    async fn pointless(&self, it: Instruction, why: String, is_task: bool) -> Result<(), Error> {
        let now = self.now();
        let note = move |tx: &mut Tx<'_>| {
            if instruction::fail(tx, it.id, &why)? && is_task {
                open_task(tx, &it, &why, now)?;
            }
            Ok(())
        };
        self.database().write(note).await
    }
}

/// What the carrier does not do is somebody's to decide again.
fn open_task(tx: &mut Tx<'_>, it: &Instruction, why: &str, now: Timestamp) -> Result<(), Error> {
    let detail = serde_json::json!({ "errand": it.errand, "error": why }).to_string();
    task::open(tx, TaskKind::DeliveryException, it.shipment, &detail, None, now)
}

fn refused(code: &str, message: &str) -> CarrierError {
    CarrierError::Refused { code: code.into(), message: message.into() }
}

fn place(id: InstructionId) -> Place {
    Place { table: "carrier_instructions", column: "address", row: ordermill_base::Id::raw(id) }
}
