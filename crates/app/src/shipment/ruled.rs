//! Who carries a parcel by the rules in force, and by another version of them: one on trial beside them, or one
//! that looks at recent parcels.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ordermill_base::{Id as _, Timestamp};
use ordermill_domain::carrier::choice::Verdict;
use ordermill_domain::carrier::ruling::CarrierRule;
use ordermill_domain::fulfillment::State;
use ordermill_domain::ids::{
    CarrierId, ChannelId, FulfillmentId, LocationId, OrderId, PackageId, RuleTableId,
};
use ordermill_domain::location::Location;
use ordermill_domain::task::TaskKind;
use ordermill_rules::Table;
use ordermill_storage::{
    Error, Tx, carrier, channel, fulfillment, label_request, location, order, package, task,
};

use super::contents::Contents;
use super::label::{WantLabel, wanted_again};
use crate::carrier::choose::{
    Chosen, Field, Known, Place, Question, ReadyParcel, choose_by, choose_carrier,
};
use crate::carrier::rules::OrderOfParcel;
use crate::catalog::Catalog;
use crate::privacy::Vault;
use crate::rule_table::tried::{DryRun, LOOKED_AT_MAX, Refused, Side};

/// What a choice asks about, beside the parcel itself.
pub(super) struct About {
    order: OrderOfParcel,
    to: Place,
    from: Location,
}

impl About {
    pub(super) fn of(
        tx: &mut Tx<'_>,
        vault: &Vault,
        want: &WantLabel,
        known: &Known,
    ) -> Result<Self, Error> {
        Self::of_each(tx, vault, &[want], known)?.pop().ok_or(Error::Stale("an order"))
    }

    /// As [`About::of`], for many parcels, in their order.
    pub(super) fn of_each(
        tx: &mut Tx<'_>,
        vault: &Vault,
        wants: &[&WantLabel],
        known: &Known,
    ) -> Result<Vec<Self>, Error> {
        let mut orders: Vec<OrderId> = wants.iter().map(|want| want.order).collect();
        orders.sort_unstable();
        orders.dedup();
        let stored = order::ask_each(tx, &orders)?.answer(tx)?;
        let stored: HashMap<OrderId, order::Stored> =
            stored.into_iter().map(|it| (it.order.id(), it)).collect();
        let mut locations: HashMap<LocationId, Location> = HashMap::new();
        let mut channels: HashMap<ChannelId, String> = HashMap::new();
        let of_channel = known.rules.reads("order.channel");
        let mut abouts = Vec::with_capacity(wants.len());
        for want in wants {
            let stored = stored.get(&want.order).ok_or(Error::Stale("an order"))?;
            let contact =
                vault.open_recipient(want.order, &stored.recipient).map_err(Error::defect)?;
            let from = match locations.get(&want.location) {
                Some(known) => known.clone(),
                None => {
                    let from = location::fetch(tx, want.location)?;
                    let from = from.ok_or(Error::Stale("a location"))?;
                    locations.insert(want.location, from.clone());
                    from
                }
            };
            let id = stored.order.facts().channel;
            let channel = match channels.get(&id) {
                Some(known) => known.clone(),
                None => {
                    let channel = if of_channel { channel::fetch(tx, id)? } else { None };
                    let code = channel.map_or(String::new(), |channel| channel.code);
                    channels.insert(id, code.clone());
                    code
                }
            };
            let order = OrderOfParcel::of(&stored.order, channel);
            abouts.push(Self { order, to: Place::of(&contact.recipient.address), from });
        }
        Ok(abouts)
    }

    pub(super) const fn question<'a>(
        &'a self,
        parcel: &'a ReadyParcel,
        without: &'a BTreeSet<CarrierId>,
    ) -> Question<'a> {
        Question { parcel, order: &self.order, to: &self.to, from: &self.from, without }
    }
}

/// What a version on trial says beside the rules in force: which version, and both decisions.
pub(super) type Tried = (RuleTableId, (Side, Side));

/// Chooses by the rules in force, and looks what a version on trial would choose.
pub(super) fn choose(
    tx: &mut Tx<'_>,
    question: Question<'_>,
    field: Field<'_>,
    now: Timestamp,
) -> Result<(Chosen, Option<Tried>), Error> {
    let rules = &field.known.rules;
    let live = choose_carrier(tx, question, field, now)?;
    let Some(trial) = rules.on_trial() else { return Ok((live, None)) };
    let other = choose_by(tx, &trial.table, question, field, now)?;
    let sides =
        (side(rules.live().version(), &live, field), side(trial.table.version(), &other, field));
    Ok((live, Some((trial.id, sides))))
}

fn side(number: i64, chosen: &Chosen, field: Field<'_>) -> Side {
    let code = |id: CarrierId| {
        let carrier = field.carriers.iter().find(|it| it.carrier.id == id);
        carrier.map_or_else(|| id.to_string(), |it| it.carrier.code.clone())
    };
    let ruled = chosen.ruled.as_ref();
    if let Some(offer) = &chosen.choice.chosen {
        let goes = vec![code(offer.carrier), offer.service.code().to_owned()];
        return Side::of(number, goes, ruled);
    }
    let refused = chosen.choice.others.iter().filter_map(|verdict| match *verdict {
        Verdict::Refused { carrier, service, because } => {
            Some(Refused { carrier: code(carrier), service, because })
        }
        Verdict::Offered(_) => None,
    });
    Side { refused: refused.collect(), ..Side::of(number, Vec::new(), ruled) }
}

/// Lets a version of the rules look at `limit` parcels, beside the one in force: first those that nobody takes, at
/// most half of them, then the newest for which a label was wanted. Both see carriers, prices and scores of now,
/// and whoever refused a parcel then as if they had not; nothing is changed. Run it over a snapshot.
pub fn dry_run(
    tx: &mut Tx<'_>,
    vault: &Vault,
    known: &Known,
    catalog: &Catalog,
    other: Arc<Table<CarrierRule>>,
    limit: i64,
    now: Timestamp,
) -> Result<DryRun, Error> {
    let limit = limit.clamp(1, LOOKED_AT_MAX);
    let rules = Arc::new(known.rules.with_trial(RuleTableId::from_raw(0), other));
    let known = Known { histories: Arc::clone(&known.histories), rules };
    let carriers = carrier::list(tx)?;
    let field = Field { carriers: &carriers, known: &known };
    let nobody = BTreeSet::new();
    let mut wanted = untaken(tx, catalog, limit.midpoint(1))?;
    for request in label_request::newest(tx, limit)? {
        wanted.extend(wanted_again(&request));
    }
    let (mut run, mut seen) = (DryRun::default(), BTreeSet::new());
    for want in wanted {
        // Of a parcel that several carriers were asked for, once; one whose recipient does not open any more
        // cannot be looked at.
        if run.looked_at == limit || !seen.insert(want.package) {
            continue;
        }
        let Ok(about) = About::of(tx, vault, &want, &known) else { continue };
        let question = about.question(&want.parcel, &nobody);
        if let (_, Some((_, (live, other)))) = choose(tx, question, field, now)? {
            run.note(want.order, live, other);
        }
    }
    Ok(run)
}

/// Boxes that wait packed and that no carrier takes, as somebody was told: the oldest `limit`.
fn untaken(tx: &mut Tx<'_>, catalog: &Catalog, limit: i64) -> Result<Vec<WantLabel>, Error> {
    let told = task::subjects_open(tx, TaskKind::LabelFailed, limit)?;
    let told: Vec<PackageId> = told.map(PackageId::from_raw).collect();
    let mut boxes = package::fetch_each(tx, &told)?;
    boxes.retain(|package| package.opened_at.is_none());
    let works: Vec<FulfillmentId> = boxes.iter().map(|package| package.fulfillment).collect();
    let works = fulfillment::fetch_each(tx, &works)?;
    let contents = Contents::of(tx, &boxes)?;
    let untaken = boxes.iter().filter_map(|package| {
        let mut packed = works.iter().filter(|work| work.state() == State::Packed);
        let work = packed.find(|work| work.id() == package.fulfillment)?;
        contents.wanted(catalog, work, package)
    });
    Ok(untaken.collect())
}
