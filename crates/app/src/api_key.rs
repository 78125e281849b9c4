//! API keys of channels and integrations: made once, shown once, kept as a digest.

use ordermill_domain::actor::Act;
use ordermill_domain::api_key::{Event, Facts, Scope};
use ordermill_domain::ids::{ApiKeyId, ChannelId};
use ordermill_domain::role::Permission;
use ordermill_storage::api_key as stored;
use ordermill_storage::{Error, Tx};
use ordermill_vault::{Token, TokenDigest};
use zeroize::Zeroizing;

use crate::permission::{About, Forbidden, Principal, authorize};
use crate::privacy::Vault;

/// A key that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The only channel that it works for; all if none.
    pub channel: Option<ChannelId>,
}

/// A fresh key. Its text is shown once and stored nowhere.
#[derive(Debug)]
pub struct FreshApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// `omk_` and 43 characters, for the header `Authorization: Bearer …`.
    pub text: KeyText,
}

/// The text of a key; not printed by `Debug`.
#[derive(Clone)]
pub struct KeyText(Zeroizing<String>);

impl KeyText {
    /// The text to hand out.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for KeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyText([secret])")
    }
}

/// Why keys could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeApiKeyError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The name is empty or longer than 64 characters.
    #[error("a name has 1 to 64 characters")]
    Name,
    /// A key that may do nothing is of no use.
    #[error("a key has at least one scope")]
    NoScope,
    /// No such key, or it is worth nothing already.
    #[error("{0} not found")]
    NotFound(ApiKeyId),
    /// The database refused.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// What every key begins with, so that scanners find one that leaked.
pub const PREFIX: &str = "omk_";

const HINT_CHARS: usize = PREFIX.len() + 4;
const NAME_CHARS_MAX: usize = 64;

/// Makes a key.
pub fn create(
    tx: &mut Tx<'_>,
    vault: &Vault,
    principal: &Principal,
    act: &Act,
    new: &NewApiKey,
) -> Result<FreshApiKey, ChangeApiKeyError> {
    authorize(principal, Permission::ManageAccess, &About::default())?;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(ChangeApiKeyError::Name);
    }
    if new.scopes.is_empty() {
        return Err(ChangeApiKeyError::NoScope);
    }
    let token = Token::generate(vault.entropy());
    let text = Zeroizing::new(format!("{PREFIX}{}", token.as_str()));
    let mut scopes = new.scopes.clone();
    scopes.sort_unstable();
    scopes.dedup();
    let key = Facts {
        id: tx.next_id(act.at),
        name: name.to_owned(),
        hint: text.chars().take(HINT_CHARS).collect(),
        scopes: scopes.clone(),
        channel: new.channel,
        created_at: act.at,
        last_used_at: None,
        revoked_at: None,
    };
    stored::insert(tx, &key, TokenDigest::of(&text).as_bytes())?;
    stored::record(tx, act, key.id, &Event::Created { scopes, channel: new.channel })?;
    Ok(FreshApiKey { id: key.id, text: KeyText(text) })
}

/// Makes a key worthless.
pub fn revoke(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: ApiKeyId,
) -> Result<(), ChangeApiKeyError> {
    authorize(principal, Permission::ManageAccess, &About::default())?;
    if !stored::revoke(tx, id, act.at)? {
        return Err(ChangeApiKeyError::NotFound(id));
    }
    Ok(stored::record(tx, act, id, &Event::Revoked)?)
}

/// All keys, newest first: at most `limit` of those before `before`.
pub fn list(
    tx: &mut Tx<'_>,
    principal: &Principal,
    before: Option<ApiKeyId>,
    limit: i64,
) -> Result<Vec<Facts>, ChangeApiKeyError> {
    authorize(principal, Permission::ManageAccess, &About::default())?;
    Ok(stored::list(tx, before, limit)?)
}
