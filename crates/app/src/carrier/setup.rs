//! Keeping carriers and trackers: their terms, our accounts, and the secrets, which are sealed.

use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::api_key::Scope;
use ordermill_domain::carrier::{Carrier, Flaw};
use ordermill_domain::ids::{CarrierId, TrackerId};
use ordermill_domain::role::Permission;
use ordermill_ports::carrier::Account;
use ordermill_ports::webhook::Messenger;
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
    /// What proves it; `None` leaves what there is, as long as protocol and address stay.
    pub secret: Option<String>,
}

/// An account whose address may be called: people keep no other.
pub struct CheckedAccount(NewAccount);

const ADDRESS_EXPECTED: &str =
    "an address with https:// on the public internet, or of a host that the operator has allowed";

/// Checks the address of an account that somebody enters, as that of a webhook is checked: labels, and with
/// them buyers' addresses and our secret, go nowhere inside our network. An address that stands in `known`
/// stays; whether it may be called is looked at again with each call.
///
/// # Errors
/// [`KeepCarrierError::Invalid`] if it may not be called.
pub async fn check_address(
    messenger: &dyn Messenger,
    known: Option<&Stored>,
    account: NewAccount,
) -> Result<CheckedAccount, KeepCarrierError> {
    let is_known = known.is_some_and(|stored| stored.account.url == account.url);
    if is_known || account.url.is_empty() {
        return Ok(CheckedAccount(account));
    }
    // Behind a query or a fragment our own path would be no path any more.
    let is_base = !account.url.contains(['?', '#']);
    if is_base && messenger.check(&account.url).await.is_ok() {
        return Ok(CheckedAccount(account));
    }
    let field = "account.url".to_owned();
    Err(KeepCarrierError::Invalid(vec![Flaw { field, expected: ADDRESS_EXPECTED }]))
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
        let is_spoken = !protocol.is_empty();
        let checks = [
            (protocol.len() <= 40, "account.protocol", "at most 40 letters"),
            (!is_spoken || !url.is_empty(), "account.url", ADDRESS_EXPECTED),
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

/// Whether they may read what carriers offer and charge.
///
/// # Errors
/// [`Forbidden`] if not.
pub fn may_read(principal: &Principal) -> Result<(), Forbidden> {
    match principal {
        Principal::ApiKey(key) if !key.scopes.contains(&Scope::WriteRules) => {
            Err(Forbidden(Permission::ChangeRules))
        }
        other => may_keep(other),
    }
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
    account: &CheckedAccount,
) -> Result<(), KeepCarrierError> {
    may_keep(principal)?;
    keep_carrier(tx, act, vault, carrier, Some(&account.0))
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
    let sealed = match account {
        Some(account) => Some(sealed(vault, carrier.id, account, before.as_ref())?),
        None => None,
    };
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

/// An account as it is stored. A secret was entered for one place: whoever names another place enters it
/// again, or they could have it sent to a host of theirs.
fn sealed(
    vault: &Vault,
    id: CarrierId,
    account: &NewAccount,
    before: Option<&Stored>,
) -> Result<carrier::Account, KeepCarrierError> {
    let known = before.map(|stored| &stored.account);
    let is_moved =
        known.is_some_and(|it| (&it.protocol, &it.url) != (&account.protocol, &account.url));
    let secret = match (&account.secret, known.and_then(|it| it.secret.clone())) {
        (Some(secret), _) => Some(vault.seal(place(id), secret.as_bytes())),
        // Nobody is spoken to any more: nothing is proven to anybody.
        (None, Some(_)) if is_moved && account.protocol.is_empty() => None,
        (None, Some(_)) if is_moved => {
            let field = "account.secret".to_owned();
            let expected = "the secret again, as the address or the protocol is another one";
            return Err(KeepCarrierError::Invalid(vec![Flaw { field, expected }]));
        }
        (None, known) => known,
    };
    let NewAccount { protocol, url, merchant, .. } = account.clone();
    Ok(carrier::Account { protocol, url, merchant, secret })
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
