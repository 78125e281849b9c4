//! Carriers with books of their own, inside the simulation: they refuse labels, lose answers, fetch
//! parcels that nobody has scanned, and push what they know late, twice, in any order, or never. What their
//! books say is the truth about parcels.

mod tracker;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ordermill_base::{Clock, Currency, Id, Money, Random, Span, Timestamp};
use ordermill_domain::ids::ShipmentId;
use ordermill_domain::shipment::{Outcome, Scan, TrackingStatus};
use ordermill_ports::Answer;
use ordermill_ports::carrier::{
    Account, Carrier, CarrierError, CarrierKind, Instruction, Label, LabelRequest, Parcel, Pickup,
    PickupRequest, Rate, UnusableAccount, Voided,
};
use serde_json::json;

use crate::fate::{Call, Fate};

/// The protocol, and the name of who pushes.
pub(crate) const NAME: &str = "sim";
/// What pushes are believed by.
pub(crate) const SECRET: &str = "between us";
/// A push comes as late as this.
const LATE_MAX_HOURS: i64 = 30;

/// All carriers; clones share their books.
#[derive(Clone)]
pub(crate) struct SimCarriers {
    books: Arc<Mutex<Books>>,
    clock: Arc<dyn Clock>,
    fate: Fate,
}

/// What carriers know.
pub(crate) struct Books {
    /// Every label that was made, by our reference.
    pub(crate) labels: BTreeMap<i64, Made>,
    /// Drivers that were sent, by our reference.
    pub(crate) drivers: BTreeMap<String, u32>,
    /// What happened to parcels that were collected, by waybill, the oldest first.
    pub(crate) roads: BTreeMap<String, Vec<Scan>>,
    /// References that were refused.
    refused: BTreeSet<i64>,
    /// Pushes on their way: when, and what.
    pushes: Vec<(Timestamp, Vec<u8>)>,
    random: Random,
    is_calm: bool,
    count: u64,
    latest: Timestamp,
}

/// A label as its carrier knows it.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    /// By whom.
    pub(crate) carrier: String,
    /// Its number.
    pub(crate) waybill: String,
    /// Whether it was given back.
    pub(crate) is_void: bool,
}

impl SimCarriers {
    /// Carriers with empty books.
    pub(crate) fn new(clock: Arc<dyn Clock>, random: Random, fate: Fate) -> Self {
        let books = Books {
            labels: BTreeMap::new(),
            drivers: BTreeMap::new(),
            roads: BTreeMap::new(),
            refused: BTreeSet::new(),
            pushes: Vec::new(),
            random,
            is_calm: false,
            count: 0,
            latest: clock.now(),
        };
        Self { books: Arc::new(Mutex::new(books)), clock, fate }
    }

    /// Their books.
    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Their own clock, which nobody sets back.
    fn now(&self) -> Timestamp {
        let mut books = self.books();
        books.latest = books.latest.max(self.clock.now());
        books.latest
    }

    /// The next step has chances of its own.
    pub(crate) fn begin_step(&self, random: Random) {
        self.books().random = random;
    }

    /// From now on every call is answered and every push comes once; or again, as chance has it.
    pub(crate) fn set_calm(&self, is_calm: bool) {
        self.books().is_calm = is_calm;
    }

    /// A driver takes a parcel: its road is decided, and told scan by scan as time passes.
    pub(crate) fn collect(&self, waybill: &str) {
        let now = self.now();
        let mut books = self.books();
        if books.roads.contains_key(waybill) {
            return;
        }
        let road = books.road(now);
        for told in 1..=road.len() {
            books.push(waybill, &road[..told]);
        }
        books.roads.insert(waybill.to_owned(), road);
    }

    /// Whether a driver has it.
    pub(crate) fn has(&self, waybill: &str) -> bool {
        self.books().roads.contains_key(waybill)
    }

    /// What has happened to a parcel by now.
    pub(crate) fn words_of(&self, waybill: &str) -> Vec<Scan> {
        let now = self.now();
        let books = self.books();
        let road = books.roads.get(waybill).map_or(&[][..], Vec::as_slice);
        road.iter().filter(|scan| scan.at <= now).cloned().collect()
    }

    /// The pushes that arrive by now, in the order of their arrival.
    pub(crate) fn arriving(&self) -> Vec<Vec<u8>> {
        let now = self.now();
        let mut books = self.books();
        let (mut due, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut books.pushes).into_iter().partition(|(at, _)| *at <= now);
        books.pushes = rest;
        due.sort();
        due.into_iter().map(|(_, body)| body).collect()
    }
}

impl Books {
    /// What will happen to a parcel: most often it arrives.
    fn road(&mut self, now: Timestamp) -> Vec<Scan> {
        use TrackingStatus as Is;
        let trouble = *self.random.pick(&[Is::Stalled, Is::Address, Is::Damaged]);
        let has_trouble = self.random.percent(15);
        let end = match self.random.below(40) {
            0 if !self.is_calm => [(Is::Refused, None), (Is::InTransit, Some(Outcome::Returned))],
            1 if !self.is_calm => [(Is::Address, None), (Is::Stalled, Some(Outcome::Lost))],
            _ => [(Is::OutForDelivery, None), (Is::Delivered, Some(Outcome::Delivered))],
        };
        let trouble = has_trouble.then_some((trouble, None));
        let words = std::iter::once((Is::InTransit, None)).chain(trouble).chain(end);
        let mut at = now;
        let say = |(status, outcome)| {
            at = at + Span::minutes(self.random.between(1, 900));
            Scan { outcome, ..Scan::new(status, at) }
        };
        words.map(say).collect()
    }

    /// Pushes the whole history of a parcel: never, once or more often, each after a while of its own.
    fn push(&mut self, waybill: &str, told: &[Scan]) {
        let at = told.last().map_or(self.latest, |scan| scan.at);
        let copies =
            if self.is_calm { 1 } else { [0, 1, 1, 1, 2, 3][self.random.below(6) as usize] };
        let scans: Vec<_> = told.iter().map(tracker::written).collect();
        for nth in 0..copies {
            let late = match self.random.below(3) {
                _ if self.is_calm => 0,
                0 | 1 => self.random.between(0, 30 * 60),
                _ => self.random.between(0, LATE_MAX_HOURS * 3_600),
            };
            // Some copies are the same to the byte, others only say the same.
            if nth == 0 || self.random.percent(50) {
                self.count += 1;
            }
            let body = json!({
                "secret": SECRET, "number": self.count, "waybill": waybill, "scans": scans,
            });
            self.pushes.push((at + Span::seconds(late), body.to_string().into_bytes()));
        }
    }

    /// What becomes of a call that arrives: whether it is answered.
    fn is_answered(&mut self) -> bool {
        self.is_calm || !self.random.percent(10)
    }

    fn is_unreached(&mut self) -> bool {
        !self.is_calm && self.random.percent(5)
    }
}

impl CarrierKind for SimCarriers {
    fn name(&self) -> &str {
        NAME
    }

    fn connect(&self, account: &Account) -> Result<Arc<dyn Carrier>, UnusableAccount> {
        Ok(Arc::new(One { code: account.code.clone(), all: self.clone() }))
    }
}

/// One of the carriers.
struct One {
    code: String,
    all: SimCarriers,
}

impl One {
    /// A call that does something: it may not arrive, and its answer may be lost.
    fn call<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Books, Timestamp) -> Result<T, CarrierError>,
    ) -> Answer<'static, Result<T, CarrierError>> {
        let fate = self.all.fate.call();
        if fate == Call::DiesBefore {
            return Box::pin(std::future::pending());
        }
        let now = self.all.now();
        let mut books = self.all.books();
        if books.is_unreached() {
            let unreached = CarrierError::NotSent { reason: "simulated".to_owned() };
            return Box::pin(std::future::ready(Err(unreached)));
        }
        let answer = act(&mut books, now);
        if fate == Call::DiesAfter {
            return Box::pin(std::future::pending());
        }
        let lost = CarrierError::OutcomeUnknown { reason: "simulated".to_owned() };
        let answer = if books.is_answered() { answer } else { Err(lost) };
        Box::pin(std::future::ready(answer))
    }
}

fn label_of(made: &Made, now: Timestamp) -> Label {
    Label {
        waybill: made.waybill.clone(),
        routing: String::new(),
        price: Money::new(1_000, Currency::Cny),
        expected_by: now + Span::days(3),
        is_void: made.is_void,
    }
}

impl Carrier for One {
    fn code(&self) -> &str {
        &self.code
    }

    fn rate<'a>(&'a self, _parcel: &'a Parcel) -> Answer<'a, Result<Vec<Rate>, CarrierError>> {
        self.call(|_, _| Ok(Vec::new()))
    }

    fn label<'a>(&'a self, request: &'a LabelRequest) -> Answer<'a, Result<Label, CarrierError>> {
        let reference = request.reference.raw();
        let code = self.code.clone();
        self.call(move |books, now| {
            if let Some(made) = books.labels.get(&reference) {
                return Ok(label_of(made, now));
            }
            let is_refused = !books.is_calm && books.random.percent(8);
            if books.refused.contains(&reference) || is_refused {
                books.refused.insert(reference);
                let (code, message) = ("no_way".to_owned(), "simulated".to_owned());
                return Err(CarrierError::Refused { code, message });
            }
            let waybill = format!("{}{:09}", code.to_uppercase(), books.labels.len() + 1);
            let made = Made { carrier: code, waybill, is_void: false };
            let label = label_of(&made, now);
            books.labels.insert(reference, made);
            Ok(label)
        })
    }

    fn find(&self, reference: ShipmentId) -> Answer<'_, Result<Option<Label>, CarrierError>> {
        self.call(move |books, now| {
            Ok(books.labels.get(&reference.raw()).map(|made| label_of(made, now)))
        })
    }

    fn pickup<'a>(
        &'a self,
        request: &'a PickupRequest,
    ) -> Answer<'a, Result<Pickup, CarrierError>> {
        let reference = request.reference.clone();
        self.call(move |books, now| {
            // The same reference is the same driver.
            let asked = books.drivers.entry(reference.clone()).or_default();
            *asked += 1;
            Ok(Pickup { confirmation: reference, from: now, until: now + Span::hours(2) })
        })
    }

    fn track<'a>(&'a self, waybill: &'a str) -> Answer<'a, Result<Vec<Scan>, CarrierError>> {
        let waybill = waybill.to_owned();
        self.call(move |books, now| {
            let road = books.roads.get(&waybill).map_or(&[][..], Vec::as_slice);
            Ok(road.iter().filter(|scan| scan.at <= now).cloned().collect())
        })
    }

    fn void(&self, reference: ShipmentId) -> Answer<'_, Result<Voided, CarrierError>> {
        self.call(move |books, _| {
            let Some(made) = books.labels.get_mut(&reference.raw()) else {
                return Ok(Voided::Unknown);
            };
            if books.roads.contains_key(&made.waybill) {
                return Ok(Voided::TooLate);
            }
            made.is_void = true;
            Ok(Voided::Done)
        })
    }

    /// It goes on as planned: what it is told comes too late.
    fn instruct<'a>(
        &'a self,
        instruction: &'a Instruction,
    ) -> Answer<'a, Result<(), CarrierError>> {
        let waybill = instruction.waybill.clone();
        self.call(move |books, _| match books.roads.contains_key(&waybill) {
            true => Ok(()),
            false => {
                let (code, message) = ("not_here".to_owned(), "simulated".to_owned());
                Err(CarrierError::Refused { code, message })
            }
        })
    }
}
