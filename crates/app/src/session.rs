//! Signing in and out of the console, and cookies.
//!
//! Buyers sign in through [`crate::shopper`]. A session is a random token in a cookie, of which the
//! database keeps a digest. Every sign-in makes a new token, so none can be fixed beforehand.

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::ids::StaffId;
use ordermill_domain::staff::Login;
use ordermill_storage::session::{Holder, Session};
use ordermill_storage::staff::{self as stored, Credentials};
use ordermill_storage::{Error, Tx, session};
use ordermill_vault::password::Verdict;
use ordermill_vault::{Claim, IndexKind, Place, Token, TokenDigest, TotpSecret};
use zeroize::Zeroizing;

use crate::access::{Access, PasswordError};
use crate::privacy::Vault;
use crate::throttle::{self, Guesser, Throttled};

/// What a form of sign-in holds, and where it came from.
#[derive(Clone)]
pub struct SignIn {
    /// As typed.
    pub login: String,
    /// As typed.
    pub password: Zeroizing<String>,
    /// The browser.
    pub from: Visitor,
    /// The cookie of a browser where someone signed in before, if it has one ([`Ticket::device`]).
    pub device: Option<String>,
}

/// The browser behind a request.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// Its network address, as the edge trusts it.
    pub address: String,
    /// What it calls itself.
    pub user_agent: String,
}

/// What comes of the right password.
#[derive(Debug)]
pub enum Step {
    /// They are signed in.
    Done(Ticket),
    /// A code of their authenticator app is wanted: give this back with it, within five minutes.
    CodeWanted(String),
}

/// A fresh session.
#[derive(Debug)]
pub struct Ticket {
    /// Goes into the session's cookie and nowhere else.
    pub token: Token,
    /// Goes into a cookie that stays: this browser is not slowed down by strangers who guess.
    pub device: Option<String>,
}

/// Why someone is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No such login, another password, or no longer active: which one is not told.
    #[error("login or password is wrong")]
    Wrong,
    /// The code is wrong or was used, or the time for it is over.
    #[error("the code is wrong")]
    WrongCode,
    /// Too many tries; the next one is heard after this time.
    #[error("too many tries: wait {} seconds", .0.as_seconds() + 1)]
    Wait(Span),
    /// Too many people sign in at once.
    #[error("too many people sign in at once")]
    Overloaded,
    /// The database refused, or a secret cannot be read.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl From<Throttled> for SignInError {
    fn from(throttled: Throttled) -> Self {
        match throttled {
            Throttled::Wait(wait) => Self::Wait(wait),
            Throttled::Storage(error) => Self::Storage(error),
        }
    }
}

impl From<PasswordError> for SignInError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Overloaded => Self::Overloaded,
            PasswordError::Weak(_) => Self::Wrong,
            PasswordError::Unreadable => {
                Self::Storage(Error::Unreadable { what: "password", text: "a hash".to_owned() })
            }
        }
    }
}

/// Tries of one login, of one browser that is known, and of one network address, before they wait.
const FREE_TRIES: i64 = 10;
const FREE_TRIES_OF_ADDRESS: i64 = 60;
const FREE_CODES: i64 = 5;
const PROOF_GOOD_FOR: Span = Span::minutes(5);
const DEVICE_KNOWN_FOR: Span = Span::days(90);
const USER_AGENT_CHARS_MAX: usize = 160;

/// Checks login and password. Takes the same time whether or not there is such a login.
///
/// # Errors
/// See [`SignInError`].
pub async fn sign_in(access: &Access, form: SignIn, now: Timestamp) -> Result<Step, SignInError> {
    let vault = access.vault().clone();
    let login: Option<Login> = form.login.parse().ok();
    let found = match login {
        Some(login) => access.database().read(move |tx| stored::credentials(tx, &login)).await?,
        None => None,
    };
    let known_as = found.as_ref().map(|found| found.staff.facts().id);
    let guesser = match (&form.device, known_as) {
        (Some(device), Some(id)) if is_device_of(&vault, id, device, now) => {
            Guesser::new(&vault, "device", device, FREE_TRIES)
        }
        _ => Guesser::new(&vault, "login", &form.login, FREE_TRIES),
    };
    let address = Guesser::new(&vault, "address", &form.from.address, FREE_TRIES_OF_ADDRESS);
    access.database().write(move |tx| throttle::count(tx, &[guesser, address], now)).await?;

    let hash = found.as_ref().map(|found| found.password.clone());
    let verdict = access.verify_password(form.password.clone(), hash).await?;
    let found = found.filter(|found| found.staff.facts().is_active);
    let (Some(found), Verdict::Right | Verdict::RightButOutdated) = (found, verdict) else {
        return Err(SignInError::Wrong);
    };
    let id = found.staff.facts().id;
    let renewed = match verdict {
        Verdict::RightButOutdated => access.hash_password(form.password).await.ok(),
        Verdict::Right | Verdict::Wrong => None,
    };
    if found.staff.facts().has_totp {
        let proof = Proof::of(&vault, &found).to_text(&vault, now);
        access.database().write(move |tx| throttle::forget(tx, guesser)).await?;
        return Ok(Step::CodeWanted(proof));
    }
    let ticket = Ticket::new(&vault, id, now);
    let session = new_session(&ticket.token, Holder::Staff(id), &form.from, now);
    let write = move |tx: &mut Tx<'_>| {
        if let Some(renewed) = &renewed {
            stored::set_password(tx, id, renewed)?;
        }
        throttle::forget(tx, guesser)?;
        stored::note_sign_in(tx, id, now)?;
        session::insert(tx, &session)
    };
    access.database().write(write).await?;
    tracing::info!(staff.id = %id, "signed in");
    Ok(Step::Done(ticket))
}

/// Checks the code of an authenticator app after [`Step::CodeWanted`].
///
/// # Errors
/// See [`SignInError`].
pub async fn enter_totp(
    access: &Access,
    proof: &str,
    typed: &str,
    from: &Visitor,
    now: Timestamp,
) -> Result<Ticket, SignInError> {
    let vault = access.vault().clone();
    let (id, proof) = proof.split_once('~').ok_or(SignInError::WrongCode)?;
    let id: StaffId = id.parse().map_err(|_| SignInError::WrongCode)?;
    let guesser = Guesser::new(&vault, "totp", &id.to_string(), FREE_CODES);
    let address = Guesser::new(&vault, "address", &from.address, FREE_TRIES_OF_ADDRESS);
    access.database().write(move |tx| throttle::count(tx, &[guesser, address], now)).await?;

    let ticket = Ticket::new(&vault, id, now);
    let session = new_session(&ticket.token, Holder::Staff(id), from, now);
    let (proof, typed) = (proof.to_owned(), Zeroizing::new(typed.to_owned()));
    let write = move |tx: &mut Tx<'_>| {
        let found = stored::credentials_of(tx, id)?.ok_or(SignInError::WrongCode)?;
        let claim = Proof::of(&vault, &found).claim();
        let is_proven = vault.keyring().verify_token(claim, &proof, now).is_ok();
        if !is_proven || !found.staff.facts().is_active || !found.staff.facts().has_totp {
            return Err(SignInError::WrongCode);
        }
        use_totp(tx, &vault, &found, &typed, now)?;
        throttle::forget(tx, guesser)?;
        stored::note_sign_in(tx, id, now)?;
        Ok(session::insert(tx, &session)?)
    };
    access.database().write(write).await?;
    tracing::info!(staff.id = %id, "signed in with a second factor");
    Ok(ticket)
}

/// Ends the session of a token. Repeating it is harmless.
///
/// # Errors
/// If the database refuses.
pub async fn sign_out(access: &Access, token: &str) -> Result<(), Error> {
    let digest = *TokenDigest::of(token).as_bytes();
    access.administer(move |tx| session::delete(tx, &digest).map(drop)).await
}

/// What the database knows a session's token by.
pub fn digest_of(token: &str) -> [u8; 32] {
    *TokenDigest::of(token).as_bytes()
}

/// Ends all sessions of someone but that of the token to `keep`; gives how many.
///
/// # Errors
/// If the database refuses.
pub async fn sign_out_others(access: &Access, holder: Holder, keep: &str) -> Result<u64, Error> {
    let keep = *TokenDigest::of(keep).as_bytes();
    access.administer(move |tx| session::delete_of(tx, holder, Some(&keep))).await
}

/// Checks a code against the stored secret and uses it up.
pub(crate) fn use_totp(
    tx: &mut Tx<'_>,
    vault: &Vault,
    of: &Credentials,
    typed: &str,
    now: Timestamp,
) -> Result<(), SignInError> {
    let id = of.staff.facts().id;
    let sealed = of.totp.as_deref().ok_or(SignInError::WrongCode)?;
    let unreadable = || Error::Unreadable { what: "second factor", text: "ciphertext".to_owned() };
    let opened = vault.open_at(totp_place(id), sealed).map_err(|_| unreadable())?;
    let secret = TotpSecret::from_bytes(&opened).ok_or_else(unreadable)?;
    let step = secret.verify(typed, now, of.totp_step).map_err(|_| SignInError::WrongCode)?;
    if stored::use_totp_step(tx, id, step)? { Ok(()) } else { Err(SignInError::WrongCode) }
}

/// Where the secret of a second factor is sealed.
pub(crate) fn totp_place(id: StaffId) -> Place {
    Place { table: "staff", column: "totp", row: id.raw() }
}

/// A session for a fresh token.
pub(crate) fn new_session(
    token: &Token,
    holder: Holder,
    from: &Visitor,
    now: Timestamp,
) -> Session {
    Session {
        digest: *token.digest().as_bytes(),
        holder,
        user_agent: from
            .user_agent
            .chars()
            .filter(|c| !c.is_control())
            .take(USER_AGENT_CHARS_MAX)
            .collect(),
        created_at: now,
        seen_at: now,
        expires_at: now + Door::of(holder).lifetime(),
    }
}

impl Ticket {
    fn new(vault: &Vault, id: StaffId, now: Timestamp) -> Self {
        let claim = device_claim(id);
        let device = vault.keyring().sign_token(claim, Some(now + DEVICE_KNOWN_FOR));
        Self { token: Token::generate(vault.entropy()), device: Some(device) }
    }
}

fn device_claim(id: StaffId) -> Claim {
    Claim { audience: "known_device", id: id.raw() }
}

fn is_device_of(vault: &Vault, id: StaffId, presented: &str, now: Timestamp) -> bool {
    vault.keyring().verify_token(device_claim(id), presented, now).is_ok()
}

/// That someone knew the password: worth nothing once the password is another.
struct Proof {
    staff: StaffId,
    of_password: i64,
}

impl Proof {
    fn of(vault: &Vault, found: &Credentials) -> Self {
        let staff = found.staff.facts().id;
        let text = format!("proof:{staff}:{}", found.password);
        let index = vault.keyring().blind_index(IndexKind::Guesser, &text);
        Self { staff, of_password: index.expect("a text that begins with a word") }
    }

    fn claim(&self) -> Claim {
        Claim { audience: "password_proven", id: self.of_password }
    }

    fn to_text(&self, vault: &Vault, now: Timestamp) -> String {
        let signed = vault.keyring().sign_token(self.claim(), Some(now + PROOF_GOOD_FOR));
        format!("{}~{signed}", self.staff)
    }
}

/// The two places where people sign in; each has its own cookie, so that a colleague may also shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Door {
    /// Staff.
    Console,
    /// Buyers.
    Shop,
}

/// The cookie of [`Ticket::device`] over HTTPS.
pub const DEVICE_COOKIE: &str = "__Host-ordermill-device";
/// The cookie of [`Ticket::device`] on a machine without HTTPS.
pub const DEVICE_COOKIE_INSECURE: &str = "ordermill-device";

/// What stands behind every cookie over HTTPS. `__Host-` in front of the name makes browsers insist
/// on it.
pub const COOKIE_ATTRIBUTES: &str = "Path=/; HttpOnly; SameSite=Lax; Secure";
/// What stands behind every cookie on a machine without HTTPS.
pub const COOKIE_ATTRIBUTES_INSECURE: &str = "Path=/; HttpOnly; SameSite=Lax";

impl Door {
    /// Where someone signed in.
    pub const fn of(holder: Holder) -> Self {
        match holder {
            Holder::Staff(_) => Self::Console,
            Holder::Customer(_) => Self::Shop,
        }
    }

    /// The name of the session's cookie.
    pub const fn cookie(self, is_secure: bool) -> &'static str {
        match (self, is_secure) {
            (Self::Console, true) => "__Host-ordermill-console",
            (Self::Console, false) => "ordermill-console",
            (Self::Shop, true) => "__Host-ordermill-shop",
            (Self::Shop, false) => "ordermill-shop",
        }
    }

    /// How long a session lasts at most.
    pub const fn lifetime(self) -> Span {
        match self {
            Self::Console => Span::hours(12),
            Self::Shop => Span::days(30),
        }
    }

    /// How long a session lasts without a visit.
    pub const fn idle(self) -> Span {
        match self {
            Self::Console => Span::hours(2),
            Self::Shop => Span::days(30),
        }
    }

    /// The value of `Set-Cookie` for a fresh session. The console's ends with the browser.
    pub fn set_cookie(self, token: &Token, is_secure: bool) -> String {
        let age = match self {
            Self::Console => String::new(),
            Self::Shop => format!("; Max-Age={}", self.lifetime().as_seconds()),
        };
        let (name, attributes) = (self.cookie(is_secure), cookie_attributes(is_secure));
        format!("{name}={}; {attributes}{age}", token.as_str())
    }

    /// The value of `Set-Cookie` that removes the cookie.
    pub fn clear_cookie(self, is_secure: bool) -> String {
        format!("{}=; {}; Max-Age=0", self.cookie(is_secure), cookie_attributes(is_secure))
    }
}

/// What stands behind a cookie.
pub const fn cookie_attributes(is_secure: bool) -> &'static str {
    if is_secure { COOKIE_ATTRIBUTES } else { COOKIE_ATTRIBUTES_INSECURE }
}
