//! Packed work wants labels: a reader of the journal behind the pack bench.
//!
//! Each closed package wants one label. Packages that are opened again, or whose work ends, give theirs
//! up. In a shop that speaks with no carrier labels are made outside.

use ordermill_base::{Id, Money, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::event::Event;
use ordermill_domain::fulfillment;
use ordermill_domain::ids::{FulfillmentId, PackageId};
use ordermill_domain::package::Package;
use ordermill_domain::sku::Handling;
use ordermill_domain::task::TaskKind;
use ordermill_storage::journal::Entry;
use ordermill_storage::{Error, Tx, carrier, order, package, task};

use super::ShipmentError;
use super::label::{WantLabel, want_label, withdraw};
use crate::carrier::Carriers;
use crate::carrier::choose::{Field, ReadyParcel};
use crate::catalog::Catalog;
use crate::reader::{ReadError, Reader};

/// The name of the cursor.
pub const READER: &str = "labels";

/// Wants labels for what was packed.
pub fn reader(carriers: Carriers) -> Reader {
    let reader = Reader::new(READER, move |tx, entries, now| {
        let listed = carrier::list(tx)?;
        if listed.is_empty() {
            return Ok(());
        }
        let known = carriers.known_now();
        let field = Field { carriers: &listed, known: &known };
        for entry in entries {
            follow(tx, &carriers, field, entry, now)?;
        }
        carriers.hurry();
        Ok(())
    });
    Reader { kinds: Some(PACKING), is_command: true, ..reader }
}

/// What closes packages, and what opens them.
const PACKING: &[&str] = &["fulfillment.packed", "fulfillment.unpacked", "fulfillment.canceled"];

fn follow(
    tx: &mut Tx<'_>,
    carriers: &Carriers,
    field: Field<'_>,
    entry: &Entry,
    now: Timestamp,
) -> Result<(), ReadError> {
    let act = Act::new(Actor::system(READER), now);
    let work = FulfillmentId::from_raw(entry.aggregate_id);
    let event = Event::from_json(&entry.kind, &entry.body)
        .map_err(|error| ReadError::Entry(error.to_string()))?;
    let Event::Fulfillment(event) = event else { return Ok(()) };
    let speaks = speaks_with_any(field.carriers);
    match event {
        fulfillment::Event::Packed { packages } if speaks => {
            for id in packages {
                let found = package::fetch(tx, id)?;
                // Opened again before anybody has looked: the next packing wants its own.
                // What lies in the box of another travels with its label.
                let is_box =
                    |package: &Package| package.opened_at.is_none() && package.inside.is_none();
                let closed = found.filter(is_box);
                if let Some(package) = closed {
                    want(tx, carriers, field, &act, work, &package)?;
                }
            }
        }
        fulfillment::Event::Unpacked | fulfillment::Event::Canceled { .. } => {
            let Some(work) = ordermill_storage::fulfillment::fetch(tx, work)? else {
                return Ok(());
            };
            // Also boxes that nobody took: they have no request, but somebody's task.
            for package in package::ever_of(tx, work.id())? {
                if is_opened(&package, &work) {
                    give_up(tx, &act, package.id)?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// Whether any of these carriers is spoken with; otherwise labels are made outside.
pub(super) fn speaks_with_any(carriers: &[carrier::Stored]) -> bool {
    carriers.iter().any(|stored| !stored.account.protocol.is_empty())
}

/// Whether a package of this work was opened again, or its work has ended.
fn is_opened(package: &Package, work: &fulfillment::Fulfillment) -> bool {
    package.opened_at.is_some() || work.state() == fulfillment::State::Canceled
}

/// Wants a label for a closed package of packed work, as the reader does.
pub fn want(
    tx: &mut Tx<'_>,
    carriers: &Carriers,
    field: Field<'_>,
    act: &Act,
    work: FulfillmentId,
    package: &Package,
) -> Result<(), ReadError> {
    let Some(work) = ordermill_storage::fulfillment::fetch(tx, work)? else { return Ok(()) };
    // What has left meanwhile, or was canceled, needs none.
    if work.state() != fulfillment::State::Packed {
        return Ok(());
    }
    let catalog = carriers.shop().current();
    let Some(want) = wanted(tx, &catalog, &work, package)? else { return Ok(()) };
    match want_label(tx, act, carriers.vault(), &want, field) {
        Ok(_) => Ok(()),
        Err(ShipmentError::Storage(error)) => Err(error.into()),
        Err(error) => Err(ReadError::Entry(error.to_string())),
    }
}

/// What a closed box of this work wants a label for, with all that lies in it; `None` if its order is gone.
pub(super) fn wanted(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    work: &fulfillment::Fulfillment,
    package: &Package,
) -> Result<Option<WantLabel>, Error> {
    let stored = order::ask(tx, package.order)?;
    let own = order::ask_lines(tx, package.order)?;
    let mut shares = vec![package.clone()];
    shares.extend(package::inside_of(tx, package.id)?);
    let Some(stored) = stored.only(tx)? else { return Ok(None) };
    let own = own.answer(tx)?;
    let mut value_minor = 0;
    // Orders that travel together were asked for alike; none of them may come late.
    let mut promised_by_on = stored.order.facts().expected_by_on();
    for share in &shares {
        if share.order != package.order {
            let theirs = order::fetch(tx, share.order)?;
            let theirs = theirs.and_then(|stored| stored.order.facts().expected_by_on());
            promised_by_on = promised_by_on.into_iter().chain(theirs).min();
        }
        let theirs = match share.order == package.order {
            true => Vec::new(),
            false => order::lines(tx, share.order)?,
        };
        let lines = if share.order == package.order { &own } else { &theirs };
        let values = share.contents.iter().map(|content| {
            let line = lines.iter().find(|line| line.terms.line_no == content.line_no);
            line.map_or(0, |line| line.terms.unit_price_minor * content.quantity.get())
        });
        value_minor += values.sum::<i64>();
    }
    let currency = stored.order.facts().amounts.currency;
    Ok(Some(WantLabel {
        order: package.order,
        package: package.id,
        location: work.facts().location,
        parcel: ReadyParcel {
            weight_grams: package.gross_grams.max(1),
            dimensions_mm: package.size_mm.map(|side| side.max(1)),
            handling: handling_of(catalog, &shares),
            value: Money::new(value_minor, currency),
            promised_by_on,
            wish: stored.order.facts().service_wish,
        },
    }))
}

fn give_up(tx: &mut Tx<'_>, act: &Act, package: PackageId) -> Result<(), ReadError> {
    task::close(tx, TaskKind::LabelFailed, package, "not wanted any more", act.at)?;
    match withdraw(tx, act, package) {
        // What the carrier has already is on its way, and comes back as such.
        Ok(_) | Err(ShipmentError::Refused(_)) => Ok(()),
        Err(ShipmentError::Storage(error)) => Err(error.into()),
        Err(error) => Err(ReadError::Entry(error.to_string())),
    }
}

/// What must be minded of any of the goods in a box.
fn handling_of(catalog: &Catalog, shares: &[Package]) -> Handling {
    let contents = shares.iter().flat_map(|share| &share.contents);
    let goods = contents.filter_map(|content| catalog.sku(content.sku));
    goods.fold(Handling::default(), |all, sku| all.or(sku.handling))
}
