//! Looking at personal data that is masked by default.

use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, RevealId};
use ordermill_domain::reveal::{Field, LIMIT, LIMIT_WINDOW};
use ordermill_domain::role::Permission;
use ordermill_storage::reveal as stored;
use ordermill_storage::{Error, Tx, order, staff};

use super::recipient::ContactError;
use super::{OrderContact, Vault};
use crate::permission::{About, Forbidden, Principal, authorize};

/// What someone wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reveal {
    /// Of which order.
    pub order: OrderId,
    /// Which fields: the fewest that the work needs.
    pub fields: Vec<Field>,
    /// For what: a label at a location, a parcel on its way. Order, customer and channel are filled in.
    pub about: About,
}

/// The fields that were asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Revealed {
    /// The look, as found in the journal.
    pub id: RevealId,
    /// Field and value; a mail address or a note that the order does not have is left out.
    pub values: Vec<(Field, String)>,
}

// Personal: prints the fields and not what stands in them.
impl std::fmt::Debug for Revealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fields: Vec<Field> = self.values.iter().map(|(field, _)| *field).collect();
        f.debug_struct("Revealed").field("id", &self.id).field("fields", &fields).finish()
    }
}

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
pub enum RevealError {
    /// They may not, or not without a reason, or the order is not within their work.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No such order.
    #[error("order {0} not found")]
    NotFound(OrderId),
    /// No field was named.
    #[error("no field is asked for")]
    NoField,
    /// They have seen as much as one may in an hour.
    #[error("{LIMIT} looks within an hour are the limit")]
    TooMany,
    /// The data was destroyed on purpose.
    #[error("the personal data of order {0} was erased")]
    Erased(OrderId),
    /// The data does not open: tampered with, or of another installation.
    #[error("the personal data does not open")]
    Unreadable(#[source] ContactError),
    /// The database refused.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// The fewest characters of a reason.
const REASON_CHARS_MIN: usize = 4;

/// Shows fields of an order's recipient to a member of staff who may see them, at most
/// [`LIMIT`] times in [`LIMIT_WINDOW`]. The journal tells who, when, why (the reason of `act`) and
/// which fields, and never what was seen.
pub fn reveal(
    tx: &mut Tx<'_>,
    vault: &Vault,
    principal: &Principal,
    act: &Act,
    wanted: &Reveal,
) -> Result<Revealed, RevealError> {
    let forbidden = Forbidden(Permission::RevealContact);
    let person = principal.staff().ok_or(forbidden)?;
    let reason = act.reason.as_deref().unwrap_or_default().trim();
    let has_reason = reason.chars().count() >= REASON_CHARS_MIN;
    // Asked before the order is read, so that who may see nothing does not learn what exists.
    authorize(principal, Permission::RevealContact, &About { has_reason, ..wanted.about })?;
    let mut fields = wanted.fields.clone();
    fields.sort_unstable();
    fields.dedup();
    if fields.is_empty() {
        return Err(RevealError::NoField);
    }
    // Their own row is the lock: two looks at once are counted one after the other.
    staff::fetch_for_update(tx, person.id)?.filter(|s| s.facts().is_active).ok_or(forbidden)?;
    if stored::count_since(tx, person.id, act.at - LIMIT_WINDOW)? >= LIMIT {
        return Err(RevealError::TooMany);
    }
    let row = order::fetch(tx, wanted.order)?.ok_or(RevealError::NotFound(wanted.order))?;
    let contact = match vault.open_recipient(wanted.order, &row.recipient) {
        Ok(contact) => contact,
        Err(error) if error.is_erased() => return Err(RevealError::Erased(wanted.order)),
        Err(error) => return Err(RevealError::Unreadable(error)),
    };
    let id = tx.next_id(act.at);
    let look = stored::Reveal {
        id,
        order: wanted.order,
        staff: person.id,
        fields: fields.clone(),
        at: act.at,
    };
    stored::insert(tx, act, &look)?;
    let values = fields.into_iter().filter_map(|field| Some((field, value(&contact, field)?)));
    Ok(Revealed { id, values: values.collect() })
}

fn value(contact: &OrderContact, field: Field) -> Option<String> {
    let recipient = &contact.recipient;
    match field {
        Field::Name => Some(recipient.name.as_str().to_owned()),
        Field::Phone => Some(recipient.phone.to_string()),
        Field::Address => Some(recipient.address.one_line()),
        Field::Email => contact.email.as_ref().map(|email| email.as_str().to_owned()),
        Field::Note => contact.note.clone(),
    }
}
