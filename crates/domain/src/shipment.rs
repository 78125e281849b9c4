//! Shipments: one parcel with a carrier, from its label to the door.
//!
//! Start at [`Shipment`]; its life is the one `match` in [`State::after`]. Beside it runs the
//! [tracking] axis, which only the carrier moves: what it reports late is kept as history and never
//! moves a shipment back.
//!
//! Invariant: carrier, service, waybill and package never change. Another label is another shipment.

pub mod position;
pub mod silence;
mod tracking;

use ordermill_base::{Currency, Timestamp};
use serde::{Deserialize, Serialize};

use crate::carrier::ServiceKind;
use crate::code::coded;
use crate::ids::{CarrierId, ManifestId, OrderId, PackageId, ShipmentId};
pub use position::Position;
pub use tracking::{Outcome, Scan, Track, TrackingStatus};

/// One parcel with a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    facts: Facts,
}

/// What is stored of a shipment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its key in the database; the reference under which the carrier made the label.
    pub id: ShipmentId,
    /// What was agreed with the carrier.
    pub terms: Terms,
    /// The sequence of its last event; 1 when just created.
    pub version: i64,
    /// Where it stands.
    pub state: State,
    /// What the carrier last said.
    pub track: Track,
    /// What is done about its delivery exception, once somebody has decided that.
    pub plan: Option<Plan>,
    /// The list on which the carrier took it over, if it was on one.
    pub manifest: Option<ManifestId>,
    /// When its label was there.
    pub created_at: Timestamp,
    /// When the carrier took it over.
    pub handed_over_at: Option<Timestamp>,
    /// When the buyer got it, by the carrier's clock.
    pub delivered_at: Option<Timestamp>,
    /// When its pieces were sent again in another parcel.
    pub reshipped_at: Option<Timestamp>,
}

/// What was agreed with the carrier when the label was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The order that it is for.
    pub order: OrderId,
    /// The parcel.
    pub package: PackageId,
    /// Who carries it.
    pub carrier: CarrierId,
    /// How.
    pub service: ServiceKind,
    /// The carrier's number of it, what buyers track.
    pub waybill: String,
    /// What it costs us, minor units.
    pub cost_minor: i64,
    /// For how much it is insured, minor units; 0 if it is not.
    pub insured_minor: i64,
    /// The currency of both.
    pub currency: Currency,
    /// By when it should be delivered.
    pub expected_by: Timestamp,
    /// What the parcel weighs with its carton.
    pub weight_grams: u32,
}

coded! {
    /// Where a shipment stands.
    enum State {
        /// The label is there, the parcel is with us.
        LabelCreated = "label_created",
        /// With the carrier.
        HandedOver = "handed_over",
        /// With the buyer.
        Delivered = "delivered",
        /// The label was given back unused.
        Voided = "voided",
        /// Back with us.
        ReturnedToSender = "returned_to_sender",
        /// The carrier does not find it.
        Lost = "lost",
    }
}

coded! {
    /// What moves a shipment on.
    enum Step {
        /// The carrier takes it over.
        HandOver = "hand_over",
        /// The buyer has it.
        Deliver = "deliver",
        /// The label is given back.
        Void = "void",
        /// It came back to us.
        Return = "return",
        /// The carrier gives it up.
        Lose = "lose",
    }
}

coded! {
    /// What is done about a delivery exception (D4).
    enum Plan {
        /// The carrier goes on by itself; it is watched.
        Wait = "wait",
        /// The carrier takes it to another place.
        Forward = "forward",
        /// The buyer collects it from the carrier.
        PickUp = "pick_up",
        /// Another parcel is sent.
        Reship = "reship",
        /// The carrier brings it back to us.
        ReturnToSender = "return_to_sender",
        /// Carrier or insurance pay for it.
        Claim = "claim",
    }
}

/// A step that a shipment does not have at this point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a shipment that is {from} has no step {step}")]
pub struct InvalidTransition {
    /// Where it stands.
    pub from: State,
    /// What was asked.
    pub step: Step,
}

/// Nothing is planned about a parcel that is not on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing can be done about a shipment that is {state}")]
pub struct NothingToPlan {
    /// Where it stands.
    pub state: State,
}

impl State {
    /// The whole life cycle. What the carrier has is no longer voided, and an end is an end: a parcel
    /// that turns up after it was lost is a case for a person.
    pub const fn after(self, step: Step) -> Result<Self, InvalidTransition> {
        match (self, step) {
            (Self::LabelCreated, Step::HandOver) => Ok(Self::HandedOver),
            (Self::LabelCreated, Step::Void) => Ok(Self::Voided),
            (Self::HandedOver, Step::Deliver) => Ok(Self::Delivered),
            (Self::HandedOver, Step::Return) => Ok(Self::ReturnedToSender),
            (Self::HandedOver, Step::Lose) => Ok(Self::Lost),
            (from, step) => Err(InvalidTransition { from, step }),
        }
    }

    /// Whether its end is still to come.
    pub const fn is_moving(self) -> bool {
        !self.is_over()
    }

    /// Whether it has left us.
    pub const fn has_left(self) -> bool {
        !matches!(self, Self::LabelCreated | Self::Voided)
    }

    /// Whether nothing more happens to it.
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::LabelCreated | Self::HandedOver)
    }
}

/// One change of a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// The carrier has made its label.
    #[serde(rename = "shipment.created")]
    Created(Box<Terms>),
    /// The carrier took it over.
    #[serde(rename = "shipment.handed_over")]
    HandedOver {
        /// On which list; absent if the carrier's own scan is the proof.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        manifest: Option<ManifestId>,
    },
    /// The carrier says something new about where it is.
    #[serde(rename = "shipment.tracked")]
    Tracked {
        /// What.
        status: TrackingStatus,
        /// When, by the carrier's clock.
        scanned_at: Timestamp,
    },
    /// Carrier and buyer were contacted about a delivery exception, and somebody has decided.
    #[serde(rename = "shipment.planned")]
    Planned {
        /// What is done.
        plan: Plan,
    },
    /// Somebody had the order's channel told again that it has left.
    #[serde(rename = "shipment.told_again")]
    ToldAgain,
    /// Its pieces are sent again in another parcel.
    #[serde(rename = "shipment.reshipped")]
    Reshipped,
    /// The buyer has it.
    #[serde(rename = "shipment.delivered")]
    Delivered {
        /// When, by the carrier's clock.
        scanned_at: Timestamp,
    },
    /// The label was given back.
    #[serde(rename = "shipment.voided")]
    Voided,
    /// It came back to us.
    #[serde(rename = "shipment.returned_to_sender")]
    ReturnedToSender,
    /// The carrier gave it up.
    #[serde(rename = "shipment.lost")]
    Lost,
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Created(_) => "shipment.created",
            Self::HandedOver { .. } => "shipment.handed_over",
            Self::Tracked { .. } => "shipment.tracked",
            Self::Planned { .. } => "shipment.planned",
            Self::ToldAgain => "shipment.told_again",
            Self::Reshipped => "shipment.reshipped",
            Self::Delivered { .. } => "shipment.delivered",
            Self::Voided => "shipment.voided",
            Self::ReturnedToSender => "shipment.returned_to_sender",
            Self::Lost => "shipment.lost",
        }
    }
}

impl Shipment {
    /// A shipment whose label the carrier has just made.
    pub fn create(id: ShipmentId, terms: Terms, at: Timestamp) -> (Self, Event) {
        let event = Event::Created(Box::new(terms.clone()));
        (Self::with(id, terms, at), event)
    }

    /// The shipment right after its label, where a fold of its journal starts; `None` for any other
    /// event.
    pub fn created(id: ShipmentId, event: &Event, at: Timestamp) -> Option<Self> {
        let Event::Created(terms) = event else { return None };
        Some(Self::with(id, (**terms).clone(), at))
    }

    fn with(id: ShipmentId, terms: Terms, at: Timestamp) -> Self {
        let facts = Facts {
            id,
            terms,
            version: 1,
            state: State::LabelCreated,
            track: Track::default(),
            plan: None,
            manifest: None,
            created_at: at,
            handed_over_at: None,
            delivered_at: None,
            reshipped_at: None,
        };
        Self { facts }
    }

    /// A shipment as it was stored.
    pub const fn from_facts(facts: Facts) -> Self {
        Self { facts }
    }

    /// What is to be stored.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Where it stands.
    pub const fn state(&self) -> State {
        self.facts.state
    }

    /// The carrier takes it over, on a list or by a scan of its own; the same again gives `None`.
    pub fn hand_over(
        &mut self,
        manifest: Option<ManifestId>,
        at: Timestamp,
    ) -> Result<Option<Event>, InvalidTransition> {
        if self.facts.state == State::HandedOver {
            return Ok(None);
        }
        self.facts.state.after(Step::HandOver)?;
        Ok(Some(self.happened(Event::HandedOver { manifest }, at)))
    }

    /// Gives the label back.
    pub fn void(&mut self, at: Timestamp) -> Result<Event, InvalidTransition> {
        self.facts.state.after(Step::Void)?;
        Ok(self.happened(Event::Voided, at))
    }

    /// Notes that it is back with us.
    pub fn return_to_sender(&mut self, at: Timestamp) -> Result<Event, InvalidTransition> {
        self.facts.state.after(Step::Return)?;
        Ok(self.happened(Event::ReturnedToSender, at))
    }

    /// Notes that the carrier has given it up.
    pub fn lose(&mut self, at: Timestamp) -> Result<Event, InvalidTransition> {
        self.facts.state.after(Step::Lose)?;
        Ok(self.happened(Event::Lost, at))
    }

    /// Takes in what the carrier says, in whatever order it comes, and gives what changed by it:
    /// nothing if the scan is older than what is known.
    ///
    /// A scan on the way of a parcel that nobody has handed over is the hand-over; a label that was
    /// given back and moves all the same only has its track moved, and stands out by that.
    pub fn scanned(&mut self, scan: &Scan, at: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        let is_news = self.facts.track.is_moved_by(scan.status, scan.at);
        if scan.status.is_with_carrier() && self.facts.state == State::LabelCreated {
            events.push(self.happened(Event::HandedOver { manifest: None }, at));
        }
        if is_news {
            let tracked = Event::Tracked { status: scan.status, scanned_at: scan.at };
            events.push(self.happened(tracked, at));
        }
        let ends = self.facts.state == State::HandedOver;
        match scan.outcome {
            Some(Outcome::Delivered) if ends => {
                events.push(self.happened(Event::Delivered { scanned_at: scan.at }, at));
            }
            Some(Outcome::Returned) if ends => {
                events.push(self.happened(Event::ReturnedToSender, at));
            }
            Some(Outcome::Lost) if ends => events.push(self.happened(Event::Lost, at)),
            _ => {}
        }
        events
    }

    /// Notes what is done about a delivery exception, or about one that nobody but the silence has
    /// told of. What is over but signed for may still be disputed, and that needs a plan, too.
    pub fn plan(&mut self, plan: Plan, at: Timestamp) -> Result<Event, NothingToPlan> {
        let state = self.facts.state;
        if state == State::Voided || (state == State::LabelCreated && plan != Plan::Wait) {
            return Err(NothingToPlan { state });
        }
        Ok(self.happened(Event::Planned { plan }, at))
    }

    /// Notes that its pieces are sent again in another parcel.
    pub fn replace(&mut self, at: Timestamp) -> Event {
        self.happened(Event::Reshipped, at)
    }

    /// Notes that the order's channel is to be told again.
    pub fn tell_again(&mut self, at: Timestamp) -> Event {
        self.happened(Event::ToldAgain, at)
    }

    /// The buyer says that it has not come, whatever the carrier says; `None` if that is known.
    pub fn dispute(&mut self, at: Timestamp) -> Option<Event> {
        let status = TrackingStatus::SignOffDisputed;
        if self.facts.track.status == status {
            return None;
        }
        // By the carrier's clock a signature may lie ahead of ours.
        let scanned_at = self.facts.track.scanned_at.map_or(at, |since| since.max(at));
        Some(self.happened(Event::Tracked { status, scanned_at }, at))
    }

    /// Folds one event that was recorded at `at`.
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        let facts = &mut self.facts;
        facts.version += 1;
        match event {
            Event::Created(_) => facts.version = 1,
            Event::HandedOver { manifest } => {
                facts.state = State::HandedOver;
                facts.manifest = *manifest;
                facts.handed_over_at = Some(at);
            }
            Event::Tracked { status, scanned_at } => {
                // A new exception is another one than that which the plan is for; that it goes back is
                // no news of a parcel that is wanted back.
                let goes_home =
                    facts.plan == Some(Plan::ReturnToSender) && *status == TrackingStatus::Refused;
                if status.is_exception() && *status != facts.track.status && !goes_home {
                    facts.plan = None;
                }
                facts.track = Track { status: *status, scanned_at: Some(*scanned_at) };
            }
            Event::Planned { plan } => facts.plan = Some(*plan),
            Event::ToldAgain => {}
            Event::Reshipped => facts.reshipped_at = Some(at),
            Event::Delivered { scanned_at } => {
                facts.state = State::Delivered;
                facts.delivered_at = Some(*scanned_at);
            }
            Event::Voided => facts.state = State::Voided,
            Event::ReturnedToSender => facts.state = State::ReturnedToSender,
            Event::Lost => facts.state = State::Lost,
        }
    }

    fn happened(&mut self, event: Event, at: Timestamp) -> Event {
        self.apply(&event, at);
        event
    }
}

#[cfg(test)]
pub(crate) mod tests;
