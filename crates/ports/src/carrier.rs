//! The carrier: what we ask of whoever takes parcels to buyers.
//!
//! A label costs money and a pickup sends a driver, so three rules run through this port as through
//! that of the gateway: every call that does something carries an identity of ours and repeating it is
//! harmless; every error says whether nothing happened or whether nobody knows yet
//! ([`CarrierError`]); and what nobody knows is resolved by asking ([`Carrier::find`]), never by
//! trying something new.
//!
//! Tracking comes in two ways that mean the same: [pushes](crate::tracking) and [`Carrier::track`].

use std::sync::Arc;

use ordermill_base::{Money, Timestamp};
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::ids::ShipmentId;
use ordermill_domain::shipment::Scan;

use crate::Answer;

/// A protocol that carriers speak.
pub trait CarrierKind: Send + Sync {
    /// Our name of it, as stored with each carrier: `sandbox`.
    fn name(&self) -> &str;

    /// A carrier that speaks it. No call is made yet.
    fn connect(&self, account: &Account) -> Result<Arc<dyn Carrier>, UnusableAccount>;
}

/// Our account at a carrier.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Account {
    /// Our code of the carrier, and its own where the protocol has several: `swift`.
    pub code: String,
    /// Where it is reached.
    pub url: String,
    /// Who we are there.
    pub merchant: String,
    /// What proves that.
    pub secret: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("code", &self.code).finish_non_exhaustive()
    }
}

/// Nothing can be reached with this account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the account at the carrier cannot be used: {0}")]
pub struct UnusableAccount(pub String);

/// One carrier, with our account at it.
pub trait Carrier: Send + Sync {
    /// Our code of it, as stored with the carrier: `swift`.
    fn code(&self) -> &str;

    /// What it would take for a parcel, service by service; empty if it does not go there. Changes
    /// nothing, so it may always be repeated.
    fn rate<'a>(&'a self, parcel: &'a Parcel) -> Answer<'a, Result<Vec<Rate>, CarrierError>>;

    /// Makes a label. The same reference gives the same label, however often it is asked.
    fn label<'a>(&'a self, request: &'a LabelRequest) -> Answer<'a, Result<Label, CarrierError>>;

    /// What became of a label; `None` if the carrier never heard of it: a request whose outcome was
    /// unknown did not happen. Changes nothing, so it may always be repeated.
    fn find(&self, reference: ShipmentId) -> Answer<'_, Result<Option<Label>, CarrierError>>;

    /// Sends a driver to collect. The same reference never sends two.
    fn pickup<'a>(&'a self, request: &'a PickupRequest)
    -> Answer<'a, Result<Pickup, CarrierError>>;

    /// Everything the carrier has to say of a parcel, the oldest first.
    fn track<'a>(&'a self, waybill: &'a str) -> Answer<'a, Result<Vec<Scan>, CarrierError>>;

    /// Gives a label back unused. A parcel that the carrier has already cannot be taken back and is
    /// given as such.
    fn void(&self, reference: ShipmentId) -> Answer<'_, Result<Voided, CarrierError>>;

    /// Tells it what to do with a parcel that it has. Its reference is honored, so it may be repeated.
    /// One whose way is over, or that the carrier does not have yet, is refused.
    fn instruct<'a>(&'a self, instruction: &'a Instruction)
    -> Answer<'a, Result<(), CarrierError>>;
}

/// A parcel for which prices are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// From which province, by GB/T 2260: six digits.
    pub from_division: u32,
    /// To which place, by GB/T 2260: six digits, as fine as it is known.
    pub to_division: u32,
    /// What it weighs with its carton.
    pub weight_grams: u32,
    /// Length, width and height of its carton.
    pub dimensions_mm: [u32; 3],
}

/// A price of a service for a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// Which service.
    pub service: ServiceKind,
    /// What it costs.
    pub price: Money,
    /// The weight that is billed.
    pub billed_grams: u32,
    /// When it would be there at the latest.
    pub expected_by: Timestamp,
}

/// A label to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct LabelRequest {
    /// Our shipment: its identity at the carrier, however often it is sent.
    pub reference: ShipmentId,
    /// How it goes.
    pub service: ServiceKind,
    /// What is carried.
    pub parcel: Parcel,
    /// For how much it is insured; nothing if `None`.
    pub insured: Option<Money>,
    /// Who sends it.
    pub sender: Party,
    /// Who gets it.
    pub receiver: Party,
    /// Where tracking is pushed to; nowhere if `None`, then it is pulled.
    pub notify_url: Option<String>,
}

/// One end of a parcel's way, in the clear: a carrier must know. Never in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Party {
    /// Name.
    pub name: String,
    /// Phone number with its country code.
    pub phone: String,
    /// Province, city, district, street and door, as on a letter.
    pub address: String,
}

impl std::fmt::Debug for LabelRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LabelRequest")
            .field("reference", &self.reference)
            .field("service", &self.service)
            .field("parcel", &self.parcel)
            .finish_non_exhaustive()
    }
}

/// A label that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The carrier's number of the parcel.
    pub waybill: String,
    /// The routing code in large type on the label, where the carrier has one (大头笔).
    pub routing: String,
    /// What it costs.
    pub price: Money,
    /// When it should be there at the latest.
    pub expected_by: Timestamp,
    /// Whether it was given back meanwhile.
    pub is_void: bool,
}

/// What a carrier is to do with a parcel that it has.
#[derive(Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Ours, and the same however often it is sent.
    pub reference: String,
    /// Which parcel.
    pub waybill: String,
    /// What.
    pub what: What,
}

/// What a carrier is to do.
#[derive(Clone, PartialEq, Eq)]
pub enum What {
    /// Bring it back to the sender.
    Return,
    /// Take it to another address.
    Forward {
        /// One line with everything that a courier needs.
        address: String,
    },
}

/// A driver to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickupRequest {
    /// Ours, and the same however often it is sent: a hand-over list, or a day of a location.
    pub reference: String,
    /// Where to.
    pub address: String,
    /// From when on the parcels are ready.
    pub ready_at: Timestamp,
    /// Which ones, by waybill.
    pub waybills: Vec<String>,
}

/// A driver who is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pickup {
    /// The carrier's number of it.
    pub confirmation: String,
    /// From when on the driver comes.
    pub from: Timestamp,
    /// Until when the driver comes.
    pub until: Timestamp,
}

/// What became of a label that was to be given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voided {
    /// It is void; nothing is billed.
    Done,
    /// The carrier has the parcel already.
    TooLate,
    /// The carrier never heard of it.
    Unknown,
}

/// Why a call to a carrier gave no answer to go on with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarrierError {
    /// The carrier said no. Nothing happened, and asking the same again gives the same answer.
    #[error("the carrier refused: {code}: {message}")]
    Refused {
        /// The carrier's stable code.
        code: String,
        /// The carrier's words, for staff.
        message: String,
    },
    /// The call never reached the carrier's books. Nothing happened; it may be sent again later.
    #[error("the carrier was not reached: {reason}")]
    NotSent {
        /// What stood in the way, without addresses or secrets.
        reason: String,
    },
    /// Nobody knows whether it happened: no answer, a broken one, or a failure of the carrier.
    /// Resolve it with [`Carrier::find`].
    #[error("the outcome at the carrier is unknown: {reason}")]
    OutcomeUnknown {
        /// What was seen instead of an answer, without addresses or secrets.
        reason: String,
    },
}
