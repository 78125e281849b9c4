//! The carriers' books: labels, pickups, and where every parcel is.
//!
//! Pure: a function of what was asked and when. A reference that was used gives its first label
//! again, so there is one waybill per reference; what is going to happen to a parcel is decided when it
//! is collected, from the seed and the faults that were asked for, and comes to light as time passes.

pub mod journey;
pub mod network;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ordermill_base::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, fnv};
pub use journey::{Event, Word};
pub use network::{Carrier, Quote, Service};

/// All parcels of all carriers.
#[derive(Debug, Clone)]
pub struct Carriers {
    seed: u64,
    day: Span,
    parcels: BTreeMap<String, Parcel>,
    /// When something comes to light of a parcel, and of which: what nothing is to be told of costs nothing.
    coming: BTreeSet<(Timestamp, String)>,
    /// Carrier and reference to waybill.
    by_reference: HashMap<(String, String), String>,
    pickups: BTreeMap<(String, String), Pickup>,
    /// Carrier and reference of what was told to be done.
    instructed: BTreeSet<(String, String)>,
    parcels_max: usize,
}

/// What a merchant wants carried.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Order {
    /// The merchant's id of it.
    pub reference: String,
    /// How.
    pub service: Service,
    /// From where, by GB/T 2260: six digits.
    pub from_division: u32,
    /// To where, by GB/T 2260: six digits.
    pub to_division: u32,
    /// What it weighs.
    pub weight_grams: u32,
    /// Its sides.
    pub dimensions_mm: [u32; 3],
    /// For how much it is insured, minor units.
    #[serde(default)]
    pub insured_minor: i64,
    /// Where events are pushed to; nowhere if absent.
    #[serde(default)]
    pub notify_url: Option<String>,
}

/// A parcel as its carrier knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parcel {
    /// The carrier's code.
    pub carrier: &'static str,
    /// The carrier's number of it.
    pub waybill: String,
    /// What the merchant wants.
    pub order: Order,
    /// What it costs and when it should be there.
    #[serde(flatten)]
    pub quote: Quote,
    /// The hub in large letters.
    pub routing: String,
    /// When its label was made.
    pub labeled_at: Timestamp,
    /// Whether the label was given back.
    pub is_void: bool,
    /// Everything that happens to it, known and to come, the oldest first.
    #[serde(skip)]
    pub journey: Vec<Event>,
    /// How many of these have been pushed.
    #[serde(skip)]
    pub told: usize,
}

/// A driver who was called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pickup {
    /// The carrier's number of it.
    pub confirmation: String,
    /// From when on the driver comes.
    pub from: Timestamp,
    /// Until when the driver comes.
    pub until: Timestamp,
}

/// A parcel that a merchant has had carried since before these books were begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// The carrier's code.
    pub carrier: String,
    /// The carrier's number of it.
    pub waybill: String,
    /// What the merchant wants.
    pub order: Order,
    /// When its label was made.
    pub labeled_at: Timestamp,
    /// When a driver took it; absent if it still waits for one.
    pub collected_at: Option<Timestamp>,
    /// What came to light up to then is known to its merchant, and is not told again.
    pub heard_at: Timestamp,
    /// What went wrong with it.
    pub faults: Vec<Fault>,
}

/// What a merchant wants done with a parcel on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Errand {
    /// Back to the sender.
    Return,
    /// To another address.
    Forward,
}

/// Why a carrier says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such carrier, parcel or reference.
    #[error("the carrier knows nothing of it")]
    NotFound,
    /// The reference is that of another parcel.
    #[error("the reference belongs to another parcel")]
    ReferenceReused,
    /// No zone of the service goes there.
    #[error("the service does not go there")]
    NotServed,
    /// More than the carrier takes.
    #[error("the parcel is too heavy or too long")]
    TooHeavy,
    /// The driver has it already.
    #[error("the parcel has been collected")]
    Collected,
    /// No driver has it yet.
    #[error("the parcel has not been collected")]
    NotCollected,
    /// It is at its end.
    #[error("the way of the parcel is over")]
    Ended,
    /// No on request.
    #[error("declined on request")]
    Declined,
    /// No room; a restart makes some.
    #[error("the carriers keep no more parcels")]
    Full,
}

/// Something to be pushed to a merchant: the whole history, as most carriers do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// About which parcel.
    pub parcel: Parcel,
    /// What is known of it now.
    pub events: Vec<Event>,
}

impl Carriers {
    /// Carriers without parcels; `day` is how long a day on the road takes.
    pub fn new(seed: u64, day: Span, parcels_max: usize) -> Self {
        Self {
            seed,
            day,
            parcels: BTreeMap::new(),
            coming: BTreeSet::new(),
            by_reference: HashMap::new(),
            pickups: BTreeMap::new(),
            instructed: BTreeSet::new(),
            parcels_max,
        }
    }

    /// What a carrier would take, service by service; those that do not go there are left out.
    pub fn rates(
        &self,
        carrier: &str,
        order: &Order,
        now: Timestamp,
    ) -> Result<Vec<(Service, Quote)>, Refusal> {
        let carrier = network::find(carrier).ok_or(Refusal::NotFound)?;
        let quote = |service: Service| {
            let order = Order { service, ..order.clone() };
            Some((service, carrier.quote(&order, now, self.day).ok()?))
        };
        Ok(carrier.services.iter().filter_map(|offer| quote(offer.service)).collect())
    }

    /// Makes a label, or gives the one that was made for this reference.
    pub fn label(
        &mut self,
        carrier: &str,
        order: Order,
        now: Timestamp,
    ) -> Result<Parcel, Refusal> {
        let carrier = network::find(carrier).ok_or(Refusal::NotFound)?;
        let key = (carrier.code.to_owned(), order.reference.clone());
        if let Some(known) = self.by_reference.get(&key).and_then(|it| self.parcels.get(it)) {
            return if known.order == order {
                Ok(known.clone())
            } else {
                Err(Refusal::ReferenceReused)
            };
        }
        if self.parcels.len() >= self.parcels_max {
            return Err(Refusal::Full);
        }
        let quote = carrier.quote(&order, now, self.day)?;
        let mut waybills =
            (self.parcels.len() as u64 + 1..).map(|it| carrier.waybill(self.seed, it));
        // What was taken over may have any number.
        let waybill = waybills.find(|waybill| !self.parcels.contains_key(waybill));
        let waybill = waybill.ok_or(Refusal::Full)?;
        let parcel = Parcel {
            carrier: carrier.code,
            waybill: waybill.clone(),
            routing: carrier.routing(order.to_division),
            order,
            quote,
            labeled_at: now,
            is_void: false,
            journey: vec![Event::new(Word::Labeled, now, "")],
            told: 0,
        };
        self.by_reference.insert(key, waybill.clone());
        self.coming.insert((now, waybill.clone()));
        self.parcels.insert(waybill, parcel.clone());
        Ok(parcel)
    }

    /// Goes on with a parcel where other books left off: its way follows from its waybill, so it is the same
    /// as there. A parcel that is known already is left as it is.
    pub fn take_over(&mut self, before: Before) -> Result<(), Refusal> {
        let Before { carrier, waybill, order, labeled_at, collected_at, heard_at, faults } = before;
        let carrier = network::find(&carrier).ok_or(Refusal::NotFound)?;
        if self.parcels.contains_key(&waybill) {
            return Ok(());
        }
        if self.parcels.len() >= self.parcels_max {
            return Err(Refusal::Full);
        }
        let quote = carrier.quote(&order, labeled_at, self.day)?;
        let key = (carrier.code.to_owned(), order.reference.clone());
        let mut parcel = Parcel {
            carrier: carrier.code,
            waybill: waybill.clone(),
            routing: carrier.routing(order.to_division),
            order,
            quote,
            labeled_at,
            is_void: false,
            journey: vec![Event::new(Word::Labeled, labeled_at, "")],
            told: 0,
        };
        if let Some(from) = collected_at {
            parcel.journey.extend(journey::plan(carrier, &parcel, from, self.day, &faults));
        }
        parcel.told = parcel.known_by(heard_at).len();
        let to_come = parcel.journey.iter().skip(parcel.told);
        self.coming.extend(to_come.map(|event| (event.at, waybill.clone())));
        self.by_reference.insert(key, waybill.clone());
        self.parcels.insert(waybill, parcel);
        Ok(())
    }

    /// The parcel of a reference.
    pub fn find(&self, carrier: &str, reference: &str) -> Result<Parcel, Refusal> {
        let key = (carrier.to_owned(), reference.to_owned());
        let waybill = self.by_reference.get(&key).ok_or(Refusal::NotFound)?;
        self.parcels.get(waybill).cloned().ok_or(Refusal::NotFound)
    }

    /// Gives a label back; again is the same.
    pub fn void(&mut self, carrier: &str, reference: &str) -> Result<Parcel, Refusal> {
        let waybill = self.find(carrier, reference)?.waybill;
        let parcel = self.parcels.get_mut(&waybill).ok_or(Refusal::NotFound)?;
        if parcel.is_collected() {
            return Err(Refusal::Collected);
        }
        parcel.is_void = true;
        Ok(parcel.clone())
    }

    /// Calls a driver, who takes these parcels within two hours of `ready_at`; the same reference
    /// calls nobody a second time. Parcels that the carrier does not know, or whose label was given
    /// back, are left where they stand.
    pub fn pickup(
        &mut self,
        carrier: &str,
        reference: &str,
        waybills: &[String],
        ready_at: Timestamp,
        faults: impl Fn(&str) -> Vec<Fault>,
    ) -> Result<Pickup, Refusal> {
        let carrier = network::find(carrier).ok_or(Refusal::NotFound)?;
        let key = (carrier.code.to_owned(), reference.to_owned());
        if let Some(known) = self.pickups.get(&key) {
            return Ok(known.clone());
        }
        let hour = Span::micros(self.day.as_micros() / 24);
        let confirmation = format!("PU{:012}", fnv(reference) % 1_000_000_000_000);
        let pickup = Pickup { confirmation, from: ready_at, until: ready_at + hour + hour };
        for waybill in waybills {
            if let Some(parcel) = self.parcels.get_mut(waybill)
                && parcel.carrier == carrier.code
                && !parcel.is_void
                && !parcel.is_collected()
            {
                let faults = faults(&parcel.order.reference);
                let road = journey::plan(carrier, parcel, ready_at, self.day, &faults);
                let comes = |event: &Event| (event.at, waybill.clone());
                self.coming.extend(road.iter().map(comes));
                parcel.journey.extend(road);
            }
        }
        self.pickups.insert(key, pickup.clone());
        Ok(pickup)
    }

    /// What a carrier says of a parcel by now, the oldest first.
    pub fn track(
        &self,
        carrier: &str,
        waybill: &str,
        now: Timestamp,
    ) -> Result<(Parcel, Vec<Event>), Refusal> {
        let parcel = self.parcels.get(waybill).filter(|parcel| parcel.carrier == carrier);
        let parcel = parcel.ok_or(Refusal::NotFound)?;
        Ok((parcel.clone(), parcel.known_by(now)))
    }

    /// Does with a parcel what its merchant wants; the same reference does nothing a second time. What
    /// was planned from here on does not happen any more.
    pub fn instruct(
        &mut self,
        carrier: &str,
        waybill: &str,
        reference: &str,
        errand: Errand,
        now: Timestamp,
    ) -> Result<Parcel, Refusal> {
        let day = self.day;
        let parcel = self.parcels.get_mut(waybill).filter(|parcel| parcel.carrier == carrier);
        let parcel = parcel.ok_or(Refusal::NotFound)?;
        let key = (carrier.to_owned(), reference.to_owned());
        if self.instructed.contains(&key) {
            return Ok(parcel.clone());
        }
        let known = parcel.known_by(now);
        let is_end = |word| matches!(word, Word::Signed | Word::ReturnedToSender | Word::Lost);
        match known.last().map(|event| event.word) {
            None | Some(Word::Labeled) => return Err(Refusal::NotCollected),
            Some(word) if is_end(word) => return Err(Refusal::Ended),
            Some(_) => {}
        }
        parcel.journey = known;
        parcel.told = parcel.told.min(parcel.journey.len());
        let at = |part: i64| now + Span::micros(day.as_micros() / 8 * part);
        let here = parcel.journey.last().map_or_else(String::new, |event| event.place.clone());
        let road = match errand {
            Errand::Return => vec![(Word::Returning, 1), (Word::ReturnedToSender, 8)],
            Errand::Forward => {
                vec![(Word::Departed, 1), (Word::WithCourier, 6), (Word::Signed, 8)]
            }
        };
        let road = road.into_iter().map(|(word, part)| Event::new(word, at(part), here.clone()));
        let road: Vec<Event> = road.collect();
        self.coming.extend(road.iter().map(|event| (event.at, waybill.to_owned())));
        parcel.journey.extend(road);
        let parcel = parcel.clone();
        self.instructed.insert(key);
        Ok(parcel)
    }

    /// Writes a word of its carrier into a parcel's history, as a tester wants it.
    pub fn report(&mut self, waybill: &str, event: Event) -> Result<Parcel, Refusal> {
        let parcel = self.parcels.get_mut(waybill).ok_or(Refusal::NotFound)?;
        // What was planned from here on does not happen any more.
        parcel.journey.retain(|known| known.at <= event.at);
        parcel.told = parcel.told.min(parcel.journey.len());
        self.coming.insert((event.at, waybill.to_owned()));
        parcel.journey.push(event);
        Ok(parcel.clone())
    }

    /// Whether anything has come to light since news were last asked for.
    pub fn has_news(&self, now: Timestamp) -> bool {
        self.coming.first().is_some_and(|(at, _)| *at <= now)
    }

    /// What has come to light since it was last asked for.
    pub fn news(&mut self, now: Timestamp) -> Vec<News> {
        let mut due = BTreeSet::new();
        while let Some(first) = self.coming.first().filter(|(at, _)| *at <= now) {
            due.insert(first.1.clone());
            self.coming.pop_first();
        }
        let mut news = Vec::new();
        for waybill in due {
            let Some(parcel) = self.parcels.get_mut(&waybill) else { continue };
            let events = parcel.known_by(now);
            if events.len() > parcel.told {
                parcel.told = events.len();
                if parcel.order.notify_url.is_some() {
                    news.push(News { parcel: parcel.clone(), events });
                }
            }
        }
        news
    }

    /// The parcels, by waybill.
    pub fn parcels(&self) -> impl Iterator<Item = &Parcel> {
        self.parcels.values()
    }
}

impl Parcel {
    /// Whether a driver has it, or will.
    pub fn is_collected(&self) -> bool {
        self.journey.len() > 1
    }

    /// What the carrier knows of it at a moment.
    pub fn known_by(&self, now: Timestamp) -> Vec<Event> {
        self.journey.iter().filter(|event| event.at <= now).cloned().collect()
    }
}

#[cfg(test)]
mod tests;
