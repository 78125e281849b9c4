//! Keeping endpoints: new ones, edits, pauses, other secrets, tests.

use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{EndpointId, EventId};
use ordermill_domain::webhook::{Endpoint, Event, Filter, State, Step, plan};
use ordermill_storage::delivery::{self, NewDelivery};
use ordermill_storage::webhook::{self as stored, SealedSecrets};
use ordermill_storage::{Error, Tx};
use ordermill_vault::standard_webhooks::WebhookSecret;
use ordermill_vault::{OpenError, Place};
use zeroize::Zeroizing;

use super::{WebhookError, authorize_managing};
use crate::carrier::setup::may_read;
use crate::permission::Principal;
use crate::privacy::Vault;

/// How long a description may be.
pub const DESCRIPTION_CHARS_MAX: usize = 200;
/// How many endpoints there may be.
pub const ENDPOINTS_MAX: i64 = 500;

/// What people say about an endpoint. Its address has been through
/// [`Messenger::check`](ordermill_ports::webhook::Messenger::check).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEndpoint {
    /// Where it listens.
    pub url: String,
    /// What people call it.
    pub description: String,
    /// Which events it wants.
    pub filter: Filter,
}

/// A secret on its way to its owner; not printed by `Debug`.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// `whsec_…`, to hand out.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText([secret])")
    }
}

fn place(column: &'static str, id: EndpointId) -> Place {
    Place { table: "webhook_endpoints", column, row: id.raw() }
}

fn check(principal: &Principal, new: &NewEndpoint) -> Result<(), WebhookError> {
    if new.filter.names_confidential() {
        may_read(principal)?;
    }
    let is_short = new.description.chars().count() <= DESCRIPTION_CHARS_MAX;
    if is_short { Ok(()) } else { Err(WebhookError::Description) }
}

/// Adds an endpoint; it is told of what happens from now on. Gives it with its secret.
pub fn create(
    tx: &mut Tx<'_>,
    vault: &Vault,
    principal: &Principal,
    act: &Act,
    new: &NewEndpoint,
) -> Result<(Endpoint, SecretText), WebhookError> {
    authorize_managing(principal)?;
    check(principal, new)?;
    if stored::count(tx)? >= ENDPOINTS_MAX {
        return Err(WebhookError::TooMany);
    }
    let endpoint = Endpoint {
        id: tx.next_id(act.at),
        url: new.url.clone(),
        description: new.description.trim().to_owned(),
        filter: new.filter.clone(),
        state: State::Active,
        disabled_because: None,
        failing_since: None,
        delivered_at: None,
        previous_until: None,
        version: 1,
        created_at: act.at,
    };
    let text = WebhookSecret::generate(vault.entropy()).to_text();
    let sealed = vault.seal(place("secret", endpoint.id), text.as_bytes());
    stored::insert(tx, &endpoint, &sealed)?;
    let event = Event::Created { url: endpoint.url.clone(), events: endpoint.filter.clone() };
    stored::record(tx, act, endpoint.id, &event)?;
    Ok((endpoint, SecretText(text)))
}

/// One endpoint.
pub fn get(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: EndpointId,
) -> Result<Endpoint, WebhookError> {
    authorize_managing(principal)?;
    stored::fetch(tx, id)?.ok_or(WebhookError::NotFound(id))
}

/// Endpoints, newest first: at most `limit` of those before `before`, each with the number of
/// deliveries that wait for it.
pub fn list(
    tx: &mut Tx<'_>,
    principal: &Principal,
    before: Option<EndpointId>,
    limit: i64,
) -> Result<Vec<(Endpoint, i64)>, WebhookError> {
    authorize_managing(principal)?;
    let endpoints = stored::list(tx, before, limit)?;
    endpoints
        .into_iter()
        .map(|endpoint| {
            let waiting = delivery::count_waiting(tx, endpoint.id)?;
            Ok((endpoint, waiting))
        })
        .collect()
}

/// Changes address, words or filter. Gives the endpoint as it is now.
pub fn edit(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    (id, version): (EndpointId, Option<i64>),
    new: &NewEndpoint,
) -> Result<Endpoint, WebhookError> {
    let before = load(tx, principal, id, version)?;
    check(principal, new)?;
    let after = Endpoint {
        url: new.url.clone(),
        description: new.description.trim().to_owned(),
        filter: new.filter.clone(),
        ..before.clone()
    };
    if after == before {
        return Ok(before);
    }
    let after = Endpoint { version: before.version + 1, ..after };
    stored::update(tx, &after, before.version)?;
    let event = Event::Edited { url: after.url.clone(), events: after.filter.clone() };
    stored::record(tx, act, id, &event)?;
    Ok(after)
}

/// Stops an endpoint for a while, or has it told again. What a paused one has missed is delivered
/// when it goes on; what a disabled one has missed can be replayed.
pub fn switch(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    (id, version): (EndpointId, Option<i64>),
    step: Step,
) -> Result<Endpoint, WebhookError> {
    let before = load(tx, principal, id, version)?;
    let to = before.state.after(step)?;
    if to == State::Deleted {
        stored::delete(tx, id, before.version)?;
        delivery::drop_waiting(tx, id, act.at)?;
    } else {
        let after = Endpoint {
            state: to,
            disabled_because: None,
            failing_since: None,
            version: before.version + 1,
            ..before.clone()
        };
        stored::update(tx, &after, before.version)?;
    }
    let event = Event::Moved { from: before.state, to, because: None };
    stored::record(tx, act, id, &event)?;
    Ok(Endpoint { state: to, version: before.version + 1, ..before })
}

/// Gives an endpoint another secret; the one before signs beside it for a day.
pub fn rotate_secret(
    tx: &mut Tx<'_>,
    vault: &Vault,
    principal: &Principal,
    act: &Act,
    (id, version): (EndpointId, Option<i64>),
) -> Result<(Endpoint, SecretText), WebhookError> {
    let before = load(tx, principal, id, version)?;
    let sealed = stored::secrets(tx, id)?.ok_or(WebhookError::NotFound(id))?;
    let old = vault.open_at(place("secret", id), &sealed.current);
    let old = old.map_err(|_| WebhookError::Secret)?;
    let text = WebhookSecret::generate(vault.entropy()).to_text();
    let until = act.at + plan::SECRETS_OVERLAP;
    let fresh = SealedSecrets {
        current: vault.seal(place("secret", id), text.as_bytes()),
        previous: Some(vault.seal(place("previous_secret", id), &old)),
        previous_until: Some(until),
    };
    stored::replace_secrets(tx, id, before.version, &fresh)?;
    stored::record(tx, act, id, &Event::SecretRotated)?;
    let version = before.version + 1;
    Ok((Endpoint { previous_until: Some(until), version, ..before }, SecretText(text)))
}

/// The secret as it was given out when the endpoint was made; `None` once it was rotated. For the
/// repeat of a request whose answer was lost.
pub fn first_secret(
    tx: &mut Tx<'_>,
    vault: &Vault,
    principal: &Principal,
    endpoint: &Endpoint,
) -> Result<Option<SecretText>, WebhookError> {
    authorize_managing(principal)?;
    if endpoint.previous_until.is_some() {
        return Ok(None);
    }
    let Some(sealed) = stored::secrets(tx, endpoint.id)? else { return Ok(None) };
    let text = vault.open_at(place("secret", endpoint.id), &sealed.current);
    let text = text.map_err(|_| WebhookError::Secret)?;
    let text = std::str::from_utf8(&text).map_err(|_| WebhookError::Secret)?;
    Ok(Some(SecretText(Zeroizing::new(text.to_owned()))))
}

/// Sends an endpoint an event of its own, to see whether it arrives. Gives the event.
pub fn test(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: EndpointId,
) -> Result<EventId, WebhookError> {
    load(tx, principal, id, None)?;
    let event = stored::note(tx, act, id, &Event::Tested)?;
    let new = NewDelivery {
        endpoint: id,
        event,
        kind: Event::TESTED,
        aggregate: Event::AGGREGATE,
        aggregate_id: id.raw(),
        // A lane of its own: a test never waits behind what happened to the endpoint before.
        lane: event.raw(),
        happened_at: act.at,
    };
    delivery::insert(tx, new, act.at)?;
    Ok(event)
}

/// The secrets that sign now: the current one, and for a day after a rotation the one before.
pub(super) fn signing_secrets(
    vault: &Vault,
    id: EndpointId,
    sealed: &SealedSecrets,
    now: ordermill_base::Timestamp,
) -> Result<Vec<WebhookSecret>, OpenError> {
    let mut secrets = vec![open(vault, place("secret", id), &sealed.current)?];
    let overlaps = sealed.previous_until.is_some_and(|until| now < until);
    if let Some(previous) = sealed.previous.as_ref().filter(|_| overlaps) {
        secrets.push(open(vault, place("previous_secret", id), previous)?);
    }
    Ok(secrets)
}

fn open(vault: &Vault, place: Place, sealed: &[u8]) -> Result<WebhookSecret, OpenError> {
    let text = vault.open_at(place, sealed)?;
    let secret = std::str::from_utf8(&text).ok().and_then(|it| WebhookSecret::parse(it).ok());
    secret.ok_or(OpenError::Tampered)
}

fn load(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: EndpointId,
    version: Option<i64>,
) -> Result<Endpoint, WebhookError> {
    authorize_managing(principal)?;
    let found = stored::fetch_for_update(tx, id)?.ok_or(WebhookError::NotFound(id))?;
    match version {
        Some(expected) if expected != found.version => {
            Err(WebhookError::Changed { expected, found: found.version })
        }
        _ => Ok(found),
    }
}

/// The endpoint has said that it is gone, or has failed for days: it is told no more, and a person
/// is told that.
pub(super) fn disable(
    tx: &mut Tx<'_>,
    act: &Act,
    id: EndpointId,
    because: ordermill_domain::webhook::DisableReason,
) -> Result<(), Error> {
    use ordermill_domain::task::TaskKind;
    let Some(before) = stored::fetch_for_update(tx, id)? else { return Ok(()) };
    let Ok(to) = before.state.after(Step::Disable) else { return Ok(()) };
    let version = before.version + 1;
    let after = Endpoint { state: to, disabled_because: Some(because), version, ..before.clone() };
    stored::update(tx, &after, before.version)?;
    let event = Event::Moved { from: before.state, to, because: Some(because) };
    stored::record(tx, act, id, &event)?;
    let detail = serde_json::json!({ "endpoint": before.description, "disabled": because });
    let detail = detail.to_string();
    ordermill_storage::task::open(tx, TaskKind::DeliveryDeadLetter, id, &detail, None, act.at)
}
