//! A label that nobody has made is asked for again, by a person: prices, zones and accounts were mended, a
//! carrier has changed its mind, or another one is there.
//!
//! What carriers have refused before is forgotten, so that each is looked at anew. A label that stands, or
//! that is asked for just now, is not asked for twice; one that was put off is asked for at once.

use std::collections::HashSet;

use ordermill_base::{Id as _, Span, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::State;
use ordermill_domain::ids::PackageId;
use ordermill_domain::package::Package;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Error, Tx, carrier, fulfillment, label_request, package, task};

use super::contents::Contents;
use super::label::{Wanted, want_label};
use super::packed::speaks_with_any;
use super::{ShipmentError, may_ship};
use crate::carrier::Carriers;
use crate::carrier::choose::{Field, Known};
use crate::permission::{Forbidden, Principal};
use crate::pick_list::may_pick;

/// Why no label was asked for.
#[derive(Debug, thiserror::Error)]
pub enum AskAgainError {
    /// They neither pack nor ship at its location.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No such box, or it was opened again.
    #[error("package {0} not found")]
    NotFound(PackageId),
    /// It is not to leave: it has left, or its work has ended.
    #[error("package {0} does not wait for a carrier")]
    NotWaiting(PackageId),
    /// The database, or what is stored makes no sense.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Asks for the label of a box anew. Repeating it is harmless.
pub fn ask_again(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    carriers: &Carriers,
    known: &Known,
    id: PackageId,
) -> Result<Wanted, AskAgainError> {
    // Goods in the box of another travel with its label.
    let is_box = |it: &Package| it.opened_at.is_none() && it.inside.is_none();
    let package = package::fetch(tx, id)?.filter(is_box).ok_or(AskAgainError::NotFound(id))?;
    // Locked, so that nobody opens the box meanwhile; who has done so just before is seen by the second look.
    let work = fulfillment::fetch_each_for_update(tx, &[package.fulfillment])?.pop();
    let work = work.ok_or(AskAgainError::NotFound(id))?;
    let package = package::fetch(tx, id)?.filter(is_box).ok_or(AskAgainError::NotFound(id))?;
    let location = work.facts().location;
    may_pick(principal, location).or_else(|_| may_ship(principal, Some(location), true))?;
    if work.state() != State::Packed {
        return Err(AskAgainError::NotWaiting(id));
    }
    let catalog = carriers.shop().current();
    let contents = Contents::of(tx, std::slice::from_ref(&package))?;
    let want = contents.wanted(&catalog, &work, &package).ok_or(AskAgainError::NotFound(id))?;
    label_request::forget_refusals(tx, id)?;
    let listed = carrier::list(tx)?;
    let field = Field { carriers: &listed, known };
    match want_label(tx, act, carriers.vault(), &want, field) {
        Ok(wanted) => {
            if let Wanted::Known(request) = wanted {
                // Twice that: whoever has claimed it since this was asked for is left alone.
                let call = carriers.patience().call_within;
                let claimed_until = act.at + call + call;
                label_request::hurry(tx, request, act.at, claimed_until)?;
            }
            Ok(wanted)
        }
        Err(ShipmentError::Storage(error)) => Err(error.into()),
        Err(defect) => Err(Error::defect(defect).into()),
    }
}

/// After so long a box that was packed has its label asked for; until then nobody looks.
const ASKED_WITHIN: Span = Span::minutes(1);

/// Those of these packages whose label somebody has to see to: every carrier has refused it, or it was never
/// asked for, as no carrier was spoken with when it was packed.
pub fn lacking(
    tx: &mut Tx<'_>,
    packages: &[Package],
    now: Timestamp,
) -> Result<HashSet<PackageId>, Error> {
    let mut lacking = HashSet::new();
    for package in packages {
        if task::is_open(tx, TaskKind::LabelFailed, package.id.raw())? {
            lacking.insert(package.id);
        }
    }
    let is_old = |it: &&Package| it.inside.is_none() && it.packed_at + ASKED_WITHIN < now;
    let old: Vec<PackageId> = packages.iter().filter(is_old).map(|it| it.id).collect();
    let found = label_request::without(tx, &old)?;
    if !found.is_empty() && speaks_with_any(&carrier::list(tx)?) {
        lacking.extend(found);
    }
    Ok(lacking)
}
