//! Setting a channel up: its account, and its secrets, which are sealed.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::ChannelId;
use ordermill_storage::channel::{self, Channel};
use ordermill_storage::{Error, Tx};
use ordermill_vault::{OpenError, Place};

use super::ChannelSettings;
use crate::privacy::Vault;

/// A channel to be made, or changed if its code is there.
#[derive(Clone)]
pub struct SetUpChannel {
    /// A short name for addresses: 1 to 40 of `a`–`z`, `0`–`9` and `-`.
    pub code: String,
    /// What speaks through it: `shopify`.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// Everything but secrets.
    pub settings: ChannelSettings,
    /// The newest first; the one before is kept while it is being changed.
    pub secrets: Vec<String>,
}

/// Why a channel was not set up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpChannelError {
    /// Letters that have no place in an address.
    #[error("a code has 1 to 40 of a-z, 0-9 and -")]
    Code,
    /// No secret, or an empty one: every message would be believed.
    #[error("a channel has a secret, and none is empty")]
    Secret,
    /// The code belongs to a channel of another kind.
    #[error("{0} is a channel of another kind")]
    OtherKind(String),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Why a channel's secrets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// It has none.
    #[error("the channel has no secret")]
    None,
    /// They do not open.
    #[error("the channel's secrets do not open")]
    Sealed(#[from] OpenError),
    /// They open and are no secrets: a defect.
    #[error("the channel's secrets cannot be read")]
    Unreadable,
}

/// Makes a channel, or changes the one of this code.
///
/// # Errors
/// [`SetUpChannelError`]; nothing has changed then.
pub fn set_up_channel(
    tx: &mut Tx<'_>,
    vault: &Vault,
    new: &SetUpChannel,
    now: Timestamp,
) -> Result<ChannelId, SetUpChannelError> {
    let is_letter = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if !(1..=40).contains(&new.code.len()) || !new.code.bytes().all(is_letter) {
        return Err(SetUpChannelError::Code);
    }
    if new.secrets.is_empty() || new.secrets.iter().any(|secret| secret.trim().is_empty()) {
        return Err(SetUpChannelError::Secret);
    }
    let existing = channel::find(tx, &new.code)?;
    if existing.as_ref().is_some_and(|channel| channel.kind != new.kind) {
        return Err(SetUpChannelError::OtherKind(new.code.clone()));
    }
    let id = existing.as_ref().map_or_else(|| tx.next_id(now), |channel| channel.id);
    let plain = serde_json::to_vec(&new.secrets).map_err(Error::defect)?;
    let before = existing.as_ref().map(settings_of).transpose()?;
    let api_url = new.settings.api_url.clone().or(before.and_then(|before| before.api_url));
    let settings = ChannelSettings { api_url, ..new.settings.clone() };
    let settings = serde_json::to_string(&settings).map_err(Error::defect)?;
    let stored = Channel {
        id,
        code: new.code.clone(),
        kind: new.kind.clone(),
        name: new.name.clone(),
        settings,
        secret: Some(vault.seal(place(id), &plain)),
        access_token: existing.as_ref().and_then(|channel| channel.access_token.clone()),
        is_active: true,
    };
    match existing {
        Some(_) => channel::update(tx, &stored)?,
        None => channel::insert(tx, &stored)?,
    }
    Ok(id)
}

/// Why a channel was not given access to be told with; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum KeepAccessError {
    /// No channel has this code.
    #[error("there is no channel {0}")]
    NoChannel(String),
    /// An address that is none.
    #[error("an address begins with http:// or https://")]
    Url,
    /// A token of more than 2,000 letters, or with white space in it.
    #[error("that is no access token")]
    Token,
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Keeps what a channel is told with: the token of our own calls, sealed, and where they go if not where
/// the account says. An empty token ends the telling.
///
/// # Errors
/// [`KeepAccessError`].
pub fn keep_access(
    tx: &mut Tx<'_>,
    vault: &Vault,
    code: &str,
    url: Option<&str>,
    token: &str,
) -> Result<(), KeepAccessError> {
    let channel = channel::find(tx, code)?;
    let channel = channel.ok_or_else(|| KeepAccessError::NoChannel(code.to_owned()))?;
    if url.is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
        return Err(KeepAccessError::Url);
    }
    if token.len() > 2_000 || token.contains(char::is_whitespace) {
        return Err(KeepAccessError::Token);
    }
    let settings = ChannelSettings { api_url: url.map(str::to_owned), ..settings_of(&channel)? };
    let settings = serde_json::to_string(&settings).map_err(Error::defect)?;
    let sealed = (!token.is_empty()).then(|| vault.seal(token_place(channel.id), token.as_bytes()));
    channel::update(tx, &Channel { settings, access_token: sealed, ..channel })?;
    Ok(())
}

/// What our own calls to a channel prove themselves with, if it opens.
pub(super) fn open_token(vault: &Vault, channel: &Channel) -> Option<String> {
    let token = vault.open_at(token_place(channel.id), channel.access_token.as_ref()?).ok()?;
    String::from_utf8(token.to_vec()).ok()
}

fn token_place(id: ChannelId) -> Place {
    Place { table: "channels", column: "access_token", row: id.raw() }
}

pub(super) fn secrets_of(vault: &Vault, channel: &Channel) -> Result<Vec<String>, SecretsError> {
    let sealed = channel.secret.as_ref().ok_or(SecretsError::None)?;
    let plain = vault.open_at(place(channel.id), sealed)?;
    serde_json::from_slice(&plain).map_err(|_| SecretsError::Unreadable)
}

pub(super) fn settings_of(channel: &Channel) -> Result<ChannelSettings, Error> {
    serde_json::from_str(&channel.settings)
        .map_err(|_| Error::Unreadable { what: "channel", text: channel.settings.clone() })
}

fn place(id: ChannelId) -> Place {
    Place { table: "channels", column: "secret", row: id.raw() }
}
