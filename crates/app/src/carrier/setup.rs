//! Keeping carriers and trackers: their terms, our accounts, and the secrets, which are sealed.

use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::carrier::{Carrier, Flaw};
use ordermill_domain::ids::{CarrierId, TrackerId};
use ordermill_domain::role::Permission;
use ordermill_ports::carrier::Account;
use ordermill_storage::carrier::{self, Stored};
use ordermill_storage::tracking::{self, Tracker};
use ordermill_storage::{Error, Tx};
use ordermill_vault::Place;

use crate::permission::{About, Forbidden, Principal, authorize};
use crate::privacy::Vault;

/// Our account at a carrier, as people enter it.
#[derive(Clone, Default)]
pub struct NewAccount {
    /// The protocol: `sandbox`; empty if labels are made outside.
    pub protocol: String,
    /// Where it is reached.
    pub url: String,
    /// Who we are there.
    pub merchant: String,
    /// What proves it; `None` leaves what there is.
    pub secret: Option<String>,
}

/// Why a carrier was not kept; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum KeepCarrierError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No such carrier.
    #[error("carrier {0} not found")]
    NotFound(CarrierId),
    /// Fields with values that they cannot have.
    #[error("{} fields are wrong", .0.len())]
    Invalid(Vec<Flaw>),
    /// Another carrier has this code.
    #[error("the code {0} is taken")]
    CodeTaken(String),
    /// Someone else changed it after they saw it.
    #[error("the carrier changed meanwhile")]
    Stale,
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl NewAccount {
    /// What cannot be an account.
    fn check(&self) -> Vec<Flaw> {
        let Self { protocol, url, merchant, secret } = self;
        let is_url = url.starts_with("https://") || url.starts_with("http://");
        let is_spoken = !protocol.is_empty();
        let checks = [
            (protocol.len() <= 40, "account.protocol", "at most 40 letters"),
            (!is_spoken || is_url, "account.url", "an address with http:// or https://"),
            (url.len() <= 300, "account.url", "at most 300 letters"),
            (merchant.len() <= 200, "account.merchant", "at most 200 letters"),
            (
                secret.as_ref().is_none_or(|it| (1..=2_000).contains(&it.len())),
                "account.secret",
                "1 to 2,000 letters",
            ),
        ];
        let wrong = checks.into_iter().filter(|(holds, ..)| !holds);
        wrong.map(|(_, field, expected)| Flaw { field: field.to_owned(), expected }).collect()
    }
}

/// Whether they may change carriers: their prices decide what parcels cost.
///
/// # Errors
/// [`Forbidden`] if not.
pub fn may_keep(principal: &Principal) -> Result<(), Forbidden> {
    authorize(principal, Permission::ChangeRules, &About::default()).map(drop)
}

/// As [`keep_carrier`], by somebody who may.
///
/// # Errors
/// [`KeepCarrierError`]; nothing has changed then.
pub fn keep_by_hand(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    vault: &Vault,
    carrier: &Carrier,
    account: &NewAccount,
) -> Result<(), KeepCarrierError> {
    may_keep(principal)?;
    keep_carrier(tx, act, vault, carrier, Some(account))
}

/// Pauses a carrier, so that it gets no parcels, or ends its pause.
///
/// # Errors
/// [`KeepCarrierError`]; nothing has changed then.
pub fn set_active(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    vault: &Vault,
    (id, version): (CarrierId, i64),
    is_active: bool,
) -> Result<(), KeepCarrierError> {
    may_keep(principal)?;
    let stored = carrier::fetch(tx, id)?.ok_or(KeepCarrierError::NotFound(id))?;
    let wanted = Carrier { is_active, version, ..stored.carrier };
    keep_carrier(tx, act, vault, &wanted, None)
}

/// Makes a carrier, or changes the one of this id. Its version must be the one that they saw.
pub fn keep_carrier(
    tx: &mut Tx<'_>,
    act: &Act,
    vault: &Vault,
    carrier: &Carrier,
    account: Option<&NewAccount>,
) -> Result<(), KeepCarrierError> {
    let mut flaws = carrier.check().err().unwrap_or_default();
    flaws.extend(account.into_iter().flat_map(NewAccount::check));
    if !flaws.is_empty() {
        return Err(KeepCarrierError::Invalid(flaws));
    }
    let taken = carrier::find_by_code(tx, &carrier.code)?;
    if taken.is_some_and(|other| other.carrier.id != carrier.id) {
        return Err(KeepCarrierError::CodeTaken(carrier.code.clone()));
    }
    let before = carrier::fetch(tx, carrier.id)?;
    let known = before.as_ref().and_then(|stored| stored.account.secret.clone());
    let sealed = account.map(|account| carrier::Account {
        protocol: account.protocol.clone(),
        url: account.url.clone(),
        merchant: account.merchant.clone(),
        secret: match &account.secret {
            Some(secret) => Some(vault.seal(place(carrier.id), secret.as_bytes())),
            None => known,
        },
    });
    match before {
        None => carrier::insert(tx, act, carrier, &sealed.unwrap_or_default())?,
        Some(before) if before.carrier.version != carrier.version => {
            return Err(KeepCarrierError::Stale);
        }
        Some(before) => {
            let account = sealed.unwrap_or_else(|| before.account.clone());
            carrier::update(tx, act, &before, carrier, &account)?;
        }
    }
    Ok(())
}

/// Changes how a carrier is reached, and nothing else of it.
pub fn set_up_account(
    tx: &mut Tx<'_>,
    vault: &Vault,
    id: CarrierId,
    account: &NewAccount,
) -> Result<(), Error> {
    let before = carrier::fetch(tx, id)?.ok_or(Error::Stale("a carrier"))?;
    let secret = account.secret.as_ref().map(|it| vault.seal(place(id), it.as_bytes()));
    let account = carrier::Account {
        protocol: account.protocol.clone(),
        url: account.url.clone(),
        merchant: account.merchant.clone(),
        secret: secret.or(before.account.secret),
    };
    carrier::set_account(tx, id, &account)
}

/// Changes what somebody who pushes tracking signs with.
pub fn keep_tracker_secret(
    tx: &mut Tx<'_>,
    vault: &Vault,
    tracker: &Tracker,
    secret: &str,
) -> Result<(), Error> {
    let secret = vault.seal(tracker_place(tracker.id), secret.as_bytes());
    tracking::update_tracker(tx, &Tracker { secret, ..tracker.clone() })
}

/// Lets somebody push tracking to us. Gives the id that stands in the address they push to.
pub fn add_tracker(
    tx: &mut Tx<'_>,
    act: &Act,
    vault: &Vault,
    partner: &str,
    name: &str,
    secret: &str,
) -> Result<TrackerId, Error> {
    let id: TrackerId = tx.next_id(act.at);
    let tracker = Tracker {
        id,
        partner: partner.to_owned(),
        name: name.to_owned(),
        secret: vault.seal(tracker_place(id), secret.as_bytes()),
        is_active: true,
    };
    tracking::insert_tracker(tx, &tracker, act.at)?;
    Ok(id)
}

/// What a carrier is reached with; `None`, logged, if its secret does not open.
pub(super) fn open_account(vault: &Vault, stored: &Stored) -> Option<Account> {
    let id = stored.carrier.id;
    let secret = match &stored.account.secret {
        Some(sealed) => vault.open_at(place(id), sealed),
        None => return None,
    };
    let secret = secret
        .inspect_err(|error| tracing::error!(carrier.id = %id, %error, "a secret does not open"))
        .ok()?;
    Some(Account {
        code: stored.carrier.code.clone(),
        url: stored.account.url.clone(),
        merchant: stored.account.merchant.clone(),
        secret: String::from_utf8(secret.to_vec()).ok()?,
    })
}

/// What a tracker signs with; `None` if it does not open.
pub(crate) fn open_tracker(vault: &Vault, tracker: &Tracker) -> Option<String> {
    let secret = vault.open_at(tracker_place(tracker.id), &tracker.secret).ok()?;
    String::from_utf8(secret.to_vec()).ok()
}

fn place(id: CarrierId) -> Place {
    Place { table: "carriers", column: "secret", row: id.raw() }
}

fn tracker_place(id: TrackerId) -> Place {
    Place { table: "trackers", column: "secret", row: id.raw() }
}
