//! What the carriers of the demo had of the ninety days: they are those of the sandbox, with the same books.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use anyhow::Context as _;
use ordermill_adapters::tracking::sandbox::read_event;
use ordermill_app::carrier::Carriers;
use ordermill_app::carrier::choose::Field;
use ordermill_app::fulfillment::FulfillmentFile;
use ordermill_app::fulfillment::progress::roll_up;
use ordermill_app::order::file::OrderFile;
use ordermill_app::permission::Principal;
use ordermill_app::privacy::Vault;
use ordermill_app::shipment::hand_over::{close, scan_out};
use ordermill_app::shipment::leave::follow;
use ordermill_app::shipment::made::store_label;
use ordermill_app::shipment::make::division_of;
use ordermill_app::shipment::scan::{Heard, take_in};
use ordermill_app::shipment::{packed, receipt};
use ordermill_app::{Services, shipment as parcels};
use ordermill_base::{Id as _, IdGenerator, Money, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::address::Country;
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::fulfillment::State as Work;
use ordermill_domain::ids::{CarrierId, OrderId, ShipmentId};
use ordermill_domain::package::Package;
use ordermill_domain::shipment::{Plan, Scan, TrackingStatus};
use ordermill_ports::carrier::Label;
use ordermill_sandbox::Carriers as Network;
use ordermill_sandbox::carriers::{Order, Service};
use ordermill_sandbox::fault::Fault;
use ordermill_storage::label_request::{self, LabelRequest};
use ordermill_storage::shipment::Stored;
use ordermill_storage::{Error, Tx, carrier, location, manifest, order, shipment, stock, tracking};

/// Which books these are: waybills of other books differ.
const SEED: u64 = 90;
/// More than there are.
const PARCELS_MAX: usize = 1_000_000;
/// How long after the delivery its buyer says that all is well.
const RECEIPT_TAKES: Span = Span::hours(30);
/// How long what leaves the country is under way.
const ABROAD_TAKES: Span = Span::days(9);
/// Lists that may be open at once.
const LISTS_MAX: i64 = 100;

/// How the merchant of the past reached its carriers.
pub(super) struct Road {
    carriers: Carriers,
    vault: Vault,
    ids: IdGenerator,
    /// The tracker by which carriers are heard; none: there are no carriers, and labels were made elsewhere.
    tracker: Option<String>,
    listed: Vec<carrier::Stored>,
    codes: HashMap<CarrierId, String>,
}

/// What carriers and buyers know so far.
#[derive(Debug, Clone)]
pub(super) struct Books {
    network: Network,
    /// References of parcels that their buyers will not take.
    refused: BTreeSet<String>,
    /// Parcels by their waybill.
    parcels: HashMap<String, (ShipmentId, OrderId)>,
    /// When buyers confirm their orders.
    confirming: BTreeMap<Timestamp, Vec<OrderId>>,
    /// When orders arrive of whose carriers nothing is heard.
    abroad: BTreeMap<Timestamp, Vec<OrderId>>,
}

impl Default for Books {
    fn default() -> Self {
        Self {
            network: Network::new(SEED, Span::days(1), PARCELS_MAX),
            refused: BTreeSet::new(),
            parcels: HashMap::new(),
            confirming: BTreeMap::new(),
            abroad: BTreeMap::new(),
        }
    }
}

impl Road {
    pub(super) fn new(services: &Services) -> anyhow::Result<Self> {
        let read = |tx: &mut Tx<'_>| Ok::<_, Error>((carrier::list(tx)?, tracking::trackers(tx)?));
        let (listed, trackers) = services.database().write_blocking(read)?;
        let tracker = trackers.iter().find(|tracker| tracker.partner == "sandbox");
        Ok(Self {
            carriers: services.carriers().clone(),
            vault: services.vault().clone(),
            ids: IdGenerator::new(0),
            tracker: tracker.map(|tracker| tracker.id.to_string()),
            codes: listed.iter().map(|it| (it.carrier.id, it.carrier.code.clone())).collect(),
            listed,
        })
    }

    /// Gets labels for packages and scans them out, onto the lists of their carriers. What leaves the country
    /// has a carrier of its own, who tells nothing.
    pub(super) fn label(
        &self,
        tx: &mut Tx<'_>,
        books: &mut Books,
        (id, packages): (OrderId, &[Package]),
        is_refused: bool,
        at: Timestamp,
    ) -> anyhow::Result<()> {
        let act = Act::new(Actor::system("warehouse"), at);
        let stored = order::fetch(tx, id)?.context("an order that was packed")?;
        let to = self.vault.open_recipient(id, &stored.recipient)?.recipient.address;
        if self.tracker.is_none() || to.country() != Country::CHINA {
            books.abroad.entry(at + ABROAD_TAKES).or_default().push(id);
            return leave_unlabeled(tx, &act, id);
        }
        let to = to.division_code().map_or(0, |code| code.get());
        for package in packages {
            self.label_one(tx, books, (package, to), is_refused, &act)?;
        }
        Ok(())
    }

    /// Asks one carrier after the other, as the shop does, until one takes the package.
    fn label_one(
        &self,
        tx: &mut Tx<'_>,
        books: &mut Books,
        (package, to): (&Package, u32),
        is_refused: bool,
        act: &Act,
    ) -> anyhow::Result<()> {
        let known = self.carriers.known_now();
        let field = Field { carriers: &self.listed, known: &known };
        loop {
            packed::want(tx, &self.carriers, field, act, &[package.id])?;
            let requests = label_request::of(tx, package.order)?;
            let is_wanted = |it: &LabelRequest| {
                it.package == package.id && it.state == label_request::State::Wanted
            };
            let Some(request) = requests.into_iter().find(is_wanted) else { return Ok(()) };
            let from = location::fetch(tx, request.location)?.context("where it was packed")?;
            let ask = asked(&request, division_of(&from), to, Some(String::new()));
            let code = self.codes.get(&request.carrier).context("a carrier that is not there")?;
            let made = match books.network.label(code, ask.clone(), act.at) {
                Ok(made) => made,
                Err(refusal) => {
                    let (state, why) = (label_request::State::Refused, refusal.to_string());
                    label_request::end(tx, request.id, state, Some(&why))?;
                    continue;
                }
            };
            if is_refused {
                books.refused.insert(ask.reference);
            }
            let label = Label {
                waybill: made.waybill.clone(),
                routing: made.routing,
                price: Money::new(made.quote.price_minor, request.currency),
                expected_by: made.quote.expected_by,
                is_void: false,
            };
            store_label(tx, act, &request, &label)?;
            let scanned = scan_out(tx, &worker(), act, request.location, &[&made.waybill])?;
            scanned.into_iter().collect::<Result<Vec<_>, _>>()?;
            books.parcels.insert(made.waybill, (request.id, package.order));
            return Ok(());
        }
    }

    /// The trucks are there: every open list is closed, and its carrier has what stands on it.
    pub(super) fn trucks(
        &self,
        tx: &mut Tx<'_>,
        books: &mut Books,
        at: Timestamp,
    ) -> anyhow::Result<()> {
        let act = Act::new(Actor::system("warehouse"), at);
        let lists = manifest::list(tx, None, LISTS_MAX)?;
        for (list, _) in lists.into_iter().filter(|(list, _)| list.closed_at.is_none()) {
            let handed = close(tx, &worker(), &act, list.id)?;
            let waybill = |it: &Stored| it.shipment.facts().terms.waybill.clone();
            let waybills: Vec<String> = handed.iter().map(waybill).collect();
            let code = self.codes.get(&list.carrier).context("a carrier that is not there")?;
            let refused = &books.refused;
            let faults = |reference: &str| match refused.contains(reference) {
                true => vec![Fault::RefuseParcel],
                false => Vec::new(),
            };
            let reference = list.id.to_string();
            let driver = books.network.pickup(code, &reference, &waybills, at, faults)?;
            manifest::set_pickup(tx, list.id, &driver.confirmation, driver.from, driver.until)?;
        }
        Ok(())
    }

    /// What carriers have to say is taken in, and buyers confirm what they have.
    pub(super) fn news(
        &self,
        tx: &mut Tx<'_>,
        books: &mut Books,
        at: Timestamp,
    ) -> anyhow::Result<()> {
        let Some(tracker) = &self.tracker else { return Ok(()) };
        let act = Act::new(Actor::system("carriers"), at);
        let (mut heard, mut orders) = (Vec::new(), BTreeSet::new());
        for news in books.network.news(at) {
            let Some((id, order)) = books.parcels.get(&news.parcel.waybill).copied() else {
                continue;
            };
            let scans = news.events.iter().map(|event| Ok(serde_json::to_value(event)?));
            let scans = scans.collect::<anyhow::Result<Vec<_>>>()?;
            let scans: Vec<Scan> = scans.into_iter().filter_map(read_event).collect();
            let delivered = scans.iter().find(|scan| scan.status == TrackingStatus::Delivered);
            if let Some(scan) = delivered {
                books.confirming.entry(scan.at + RECEIPT_TAKES).or_default().push(order);
            }
            heard.push(Heard::new(&self.vault, &self.ids, id, tracker, scans, at));
            orders.insert(order);
        }
        if !heard.is_empty() {
            take_in(tx, &act, &heard)?;
        }
        follow(tx, &act, &orders.into_iter().collect::<Vec<_>>())?;
        for heard in &heard {
            let_it_come_back(tx, heard.shipment, at)?;
        }
        while let Some(entry) = books.abroad.first_entry().filter(|entry| *entry.key() <= at) {
            for order in entry.remove() {
                arrive(tx, &act, order)?;
                books.confirming.entry(at + RECEIPT_TAKES).or_default().push(order);
            }
        }
        while let Some(entry) = books.confirming.first_entry().filter(|entry| *entry.key() <= at) {
            let act = Act::new(Actor::Buyer(None), at);
            for order in entry.remove() {
                receipt::confirm(tx, &act, order)?;
            }
        }
        Ok(())
    }
}

/// Somebody of service has spoken with whoever did not take a parcel: its carrier brings it back by itself.
fn let_it_come_back(tx: &mut Tx<'_>, id: ShipmentId, at: Timestamp) -> anyhow::Result<()> {
    let Some(stored) = shipment::fetch(tx, id)? else { return Ok(()) };
    let facts = stored.shipment.facts();
    if facts.track.status.is_exception() && facts.plan.is_none() {
        let act = Act::new(Actor::system("service"), at);
        let act = Act { reason: Some("the buyer does not want it".to_owned()), ..act };
        parcels::desk::plan(tx, &worker(), &act, id, facts.version, Plan::Wait)?;
    }
    Ok(())
}

/// The buyer abroad has it.
fn arrive(tx: &mut Tx<'_>, act: &Act, id: OrderId) -> anyhow::Result<()> {
    let mut works = FulfillmentFile::of_orders(tx, &[id])?;
    works.retain(|file| file.work.state() == Work::HandedOver);
    for file in &mut works {
        file.step(act, |work| work.close(act.at))?;
    }
    FulfillmentFile::save_each(tx, &works.iter().collect::<Vec<_>>())?;
    Ok(roll_up(tx, &[id], &HashSet::new())?)
}

/// Without labels of ours: the work is with a carrier whom we do not hear.
fn leave_unlabeled(tx: &mut Tx<'_>, act: &Act, id: OrderId) -> anyhow::Result<()> {
    let mut works = FulfillmentFile::of_orders(tx, &[id])?;
    works.retain(|file| file.work.state() == Work::Packed);
    let mut file = OrderFile::load(tx, id)?;
    let mut booked = Vec::new();
    for work in &mut works {
        work.step(act, |work| work.hand_over(act.at))?;
        let left = file.ship(act, &[work.work.id()])?;
        booked.extend(left.into_iter().map(|event| (event, work.work.id().raw())));
    }
    FulfillmentFile::save_each(tx, &works.iter().collect::<Vec<_>>())?;
    file.save(tx)?;
    stock::record_shipped(tx, act, &booked)?;
    Ok(roll_up(tx, &[id], &HashSet::new())?)
}

const fn worker() -> Principal {
    Principal::system("history")
}

/// A request as the sandbox's carriers hear it.
pub(super) fn asked(
    request: &LabelRequest,
    from_division: u32,
    to_division: u32,
    notify_url: Option<String>,
) -> Order {
    Order {
        reference: request.id.to_string(),
        service: match request.service {
            ServiceKind::Standard => Service::Standard,
            ServiceKind::NextDay => Service::NextDay,
            ServiceKind::Timed => Service::Timed,
            ServiceKind::PickupPoint => Service::PickupPoint,
        },
        from_division,
        to_division,
        weight_grams: request.weight_grams,
        dimensions_mm: request.dimensions_mm,
        insured_minor: request.insured_minor,
        notify_url,
    }
}
