//! Risk: marks of orders, what speaks against somebody, and the watchlist.
//!
//! Start at [`reader`], which collects; [`known`] is what the rules of reviews ask about; [`watch`] is what
//! people do. Nothing here refuses an order: marking is automatic, refusing is a rule and a person.

mod collect;
pub(crate) mod marks;
pub mod watch;

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::{CustomerId, OrderId};
use ordermill_domain::risk::{Marks, Subject, SubjectKind};
use ordermill_storage::risk::{self, Known};
use ordermill_storage::{Error, Tx};

use crate::privacy::Vault;

pub use collect::{READER, reader};

/// The marks of an order as they are stored, or made now if the reader has not come to it; none if its
/// recipient does not open.
pub(crate) fn marks_now(
    tx: &mut Tx<'_>,
    vault: &Vault,
    order: OrderId,
) -> Result<Option<Marks>, Error> {
    match risk::marks_of(tx, order)? {
        Some(marks) => Ok(Some(marks)),
        None => collect::marks_of(tx, vault, order),
    }
}

/// Whom an order is about: its buyer, its phone, its address, as far as they are known.
pub fn subjects(customer: Option<CustomerId>, marks: Option<&Marks>) -> Vec<Subject> {
    let of = |kind, key: Option<i64>| key.map(|key| Subject { kind, key });
    [
        of(SubjectKind::Buyer, customer.map(Id::raw)),
        of(SubjectKind::Phone, marks.and_then(|marks| marks.phone)),
        of(SubjectKind::Address, marks.and_then(|marks| marks.address)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What is known of those whom an order is about, in other orders than this one.
pub fn known(
    tx: &mut Tx<'_>,
    customer: Option<CustomerId>,
    marks: Option<&Marks>,
    order: OrderId,
    now: Timestamp,
) -> Result<Known, Error> {
    risk::known_of(tx, &subjects(customer, marks), order, now)
}
