//! Who carries a parcel by the rules in force, and by another version of them: one on trial beside them, or one
//! that looks at recent parcels.

use std::collections::BTreeSet;
use std::sync::Arc;

use ordermill_base::{Id as _, Timestamp};
use ordermill_domain::carrier::ruling::CarrierRule;
use ordermill_domain::ids::{CarrierId, RuleTableId};
use ordermill_domain::location::Location;
use ordermill_rules::Table;
use ordermill_storage::{Error, Tx, carrier, channel, label_request, location, order};

use super::label::{WantLabel, wanted_again};
use crate::carrier::choose::{
    Chosen, Field, Known, Place, Question, ReadyParcel, choose_by, choose_carrier,
};
use crate::carrier::rules::OrderOfParcel;
use crate::privacy::Vault;
use crate::rule_table::tried::{DryRun, LOOKED_AT_MAX, Side};

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
        let stored = order::fetch(tx, want.order)?.ok_or(Error::Stale("an order"))?;
        let contact = vault.open_recipient(want.order, &stored.recipient).map_err(Error::defect)?;
        let from = location::fetch(tx, want.location)?.ok_or(Error::Stale("a location"))?;
        let of_channel = known.rules.reads("order.channel");
        let channel = stored.order.facts().channel;
        let channel = if of_channel { channel::fetch(tx, channel)? } else { None };
        let channel = channel.map_or(String::new(), |channel| channel.code);
        let order = OrderOfParcel::of(&stored.order, channel);
        Ok(Self { order, to: Place::of(&contact.recipient.address), from })
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
    let goes = chosen.choice.chosen.as_ref().map(|offer| {
        let carrier = field.carriers.iter().find(|it| it.carrier.id == offer.carrier);
        let code = carrier.map_or_else(|| offer.carrier.to_string(), |it| it.carrier.code.clone());
        vec![code, offer.service.code().to_owned()]
    });
    Side::of(number, goes.unwrap_or_default(), chosen.ruled.as_ref())
}

/// Lets a version of the rules look at the newest `limit` parcels for which a label was wanted, beside the one in
/// force. Both see carriers, prices and scores of now, and whoever refused a parcel then as if they had not;
/// nothing is changed. Run it over a snapshot.
pub fn dry_run(
    tx: &mut Tx<'_>,
    vault: &Vault,
    known: &Known,
    other: Arc<Table<CarrierRule>>,
    limit: i64,
    now: Timestamp,
) -> Result<DryRun, Error> {
    let rules = Arc::new(known.rules.with_trial(RuleTableId::from_raw(0), other));
    let known = Known { histories: Arc::clone(&known.histories), rules };
    let carriers = carrier::list(tx)?;
    let field = Field { carriers: &carriers, known: &known };
    let nobody = BTreeSet::new();
    let (mut run, mut seen) = (DryRun::default(), BTreeSet::new());
    for request in label_request::newest(tx, limit.clamp(1, LOOKED_AT_MAX))? {
        // Of a parcel that several carriers were asked for, once; one whose recipient does not open any more
        // cannot be looked at.
        let is_first = seen.insert(request.package);
        let about = |tx: &mut Tx<'_>| {
            let want = wanted_again(&request)?;
            About::of(tx, vault, &want, &known).map(|about| (want, about))
        };
        let Some((want, about)) = is_first.then(|| about(tx).ok()).flatten() else { continue };
        let question = about.question(&want.parcel, &nobody);
        if let (_, Some((_, (live, other)))) = choose(tx, question, field, now)? {
            run.note(request.order, live, other);
        }
    }
    Ok(run)
}
