//! What a buyer told us about themselves, sealed.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::address::{Recipient, RecipientName};
use ordermill_domain::customer::Event;
use ordermill_domain::email::Email;
use ordermill_domain::ids::CustomerId;
use ordermill_domain::phone::Phone;
use ordermill_storage::customer::{self, Customer};
use ordermill_storage::{Error, Tx};
use ordermill_vault::Place;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Contact;
use crate::privacy::Vault;

/// A buyer's own data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// What to call them.
    pub name: Option<RecipientName>,
    /// The phone they proved.
    pub phone: Option<Phone>,
    /// The mailbox they proved.
    pub email: Option<Email>,
    /// Where they had parcels sent, the newest first.
    pub addresses: Vec<Recipient>,
}

/// Why a profile is not shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// No such buyer.
    #[error("{0} not found")]
    NotFound(CustomerId),
    /// Someone changed it meanwhile: load it again.
    #[error("the profile changed meanwhile")]
    Stale,
    /// More addresses than fit.
    #[error("at most {} addresses are kept", Profile::ADDRESSES_MAX)]
    TooManyAddresses,
    /// It does not open: erased, tampered with, or of another installation.
    #[error("the profile does not open")]
    Unreadable,
    /// The database refused.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl Profile {
    /// The most addresses of a buyer.
    pub const ADDRESSES_MAX: usize = 20;

    /// Of someone who has just proven a phone or a mailbox.
    pub(super) fn of(contact: &Contact) -> Self {
        match contact {
            Contact::Phone(phone) => Self { phone: Some(phone.clone()), ..Self::default() },
            Contact::Email(email) => Self { email: Some(email.clone()), ..Self::default() },
        }
    }

    /// Whether they proved this phone or mailbox. Two contacts share a blind index once in 2⁶⁴.
    pub(super) fn has(&self, contact: &Contact) -> bool {
        match contact {
            Contact::Phone(asked) => {
                self.phone.as_ref().is_some_and(|own| own.e164() == asked.e164())
            }
            Contact::Email(asked) => self
                .email
                .as_ref()
                .is_some_and(|own| own.as_str().to_lowercase() == asked.as_str().to_lowercase()),
        }
    }
}

/// A buyer's profile with its version.
pub fn fetch(
    tx: &mut Tx<'_>,
    vault: &Vault,
    id: CustomerId,
) -> Result<(Profile, i64), ProfileError> {
    let row = customer::fetch(tx, id)?.ok_or(ProfileError::NotFound(id))?;
    Ok((open(vault, &row)?, row.version))
}

/// Changes name and addresses; phone and mailbox stay as they were proven.
pub fn change(
    tx: &mut Tx<'_>,
    vault: &Vault,
    act: &Act,
    id: CustomerId,
    version: i64,
    changed: &Profile,
) -> Result<(), ProfileError> {
    if changed.addresses.len() > Profile::ADDRESSES_MAX {
        return Err(ProfileError::TooManyAddresses);
    }
    let mut row = customer::fetch(tx, id)?.ok_or(ProfileError::NotFound(id))?;
    if row.version != version {
        return Err(ProfileError::Stale);
    }
    let before = open(vault, &row)?;
    let after =
        Profile { name: changed.name.clone(), addresses: changed.addresses.clone(), ..before };
    row.profile = seal(vault, id, &after);
    row.version += 1;
    customer::update(tx, &row)?;
    Ok(customer::record(tx, act, &row, Event::ProfileChanged)?)
}

/// Makes a buyer's account, known by the phone and the mail address of its profile.
pub fn open_account(
    tx: &mut Tx<'_>,
    vault: &Vault,
    profile: &Profile,
    now: Timestamp,
) -> Result<CustomerId, Error> {
    let id: CustomerId = tx.next_id(now);
    let phone_blind = profile.phone.clone().map(|phone| Contact::Phone(phone).blind(vault));
    let email_blind = profile.email.clone().map(|email| Contact::Email(email).blind(vault));
    let sealed = seal(vault, id, profile);
    let (version, created_at) = (1, now);
    let row = Customer { id, phone_blind, email_blind, profile: sealed, version, created_at };
    customer::insert(tx, &row)?;
    let act = Act::new(Actor::Buyer(Some(id)), now);
    customer::record(tx, &act, &row, Event::Created)?;
    Ok(id)
}

/// The account that is known by the phone of a profile, opened if there is none.
pub fn find_or_open_account(
    tx: &mut Tx<'_>,
    vault: &Vault,
    profile: &Profile,
    now: Timestamp,
) -> Result<CustomerId, Error> {
    if let Some(phone) = profile.phone.clone() {
        let blind = Contact::Phone(phone).blind(vault);
        if let Some(known) = customer::find_by_phone(tx, blind)? {
            return Ok(known.id);
        }
    }
    open_account(tx, vault, profile, now)
}

pub(super) fn open(vault: &Vault, row: &Customer) -> Result<Profile, ProfileError> {
    let plain = vault.open_at(place(row.id), &row.profile).map_err(|_| ProfileError::Unreadable)?;
    serde_json::from_slice(&plain).map_err(|_| ProfileError::Unreadable)
}

fn seal(vault: &Vault, id: CustomerId, profile: &Profile) -> Vec<u8> {
    let plain = Zeroizing::new(
        serde_json::to_vec(profile).expect("a profile is plain values with text keys"),
    );
    vault.seal(place(id), &plain)
}

fn place(id: CustomerId) -> Place {
    Place { table: "customers", column: "profile", row: id.raw() }
}
