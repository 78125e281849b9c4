//! Signing in with a code.

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::ids::{CustomerId, LoginCodeId};
use ordermill_domain::phone;
use ordermill_ports::notifier::{Message, Notifier, NotifyError, Recipient};
use ordermill_storage::customer;
use ordermill_storage::login_code::{self, LoginCode};
use ordermill_storage::session::{self, Holder};
use ordermill_storage::{Error, Tx};
use ordermill_vault::{Claim, OneTimeCode, Token};
use zeroize::Zeroizing;

use super::profile::{self, ProfileError};
use super::{Contact, Profile};
use crate::access::Access;
use crate::privacy::Vault;
use crate::session::{Visitor, new_session};
use crate::throttle::{self, Guesser, Throttled};

/// How long a code is good.
pub const CODE_GOOD_FOR: Span = Span::minutes(10);
/// How often a code may be tried.
pub const TRIES_MAX: i64 = 5;
/// How long to wait before another code is sent to the same phone or mailbox.
pub const RESEND_AFTER: Span = Span::seconds(60);
/// How many codes one phone or mailbox gets in an hour.
pub const CODES_PER_HOUR: usize = 5;

/// How many codes one network address may ask for before it has to wait.
const FREE_CODES_OF_ADDRESS: i64 = 20;

/// Why no code was sent.
#[derive(Debug, thiserror::Error)]
pub enum RequestCodeError {
    /// A landline or a service number receives no text messages.
    #[error("this number receives no text messages")]
    NotMobile,
    /// Too many codes; the next one after this time.
    #[error("too many codes: wait {} seconds", .0.as_seconds() + 1)]
    Wait(Span),
    /// It could not be handed over; asking again later is right.
    #[error("the code could not be sent")]
    Unsent(#[source] NotifyError),
    /// The database refused.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Why a buyer is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum EnterCodeError {
    /// Wrong, used, expired, tried too often, or never sent: which one is not told.
    #[error("the code is wrong or no longer good")]
    Wrong,
    /// What is stored of the buyer does not open.
    #[error("the buyer's data cannot be read")]
    Profile(#[source] ProfileError),
    /// The database refused.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl From<Throttled> for RequestCodeError {
    fn from(throttled: Throttled) -> Self {
        match throttled {
            Throttled::Wait(wait) => Self::Wait(wait),
            Throttled::Storage(error) => Self::Storage(error),
        }
    }
}

/// A buyer's fresh session.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub customer: CustomerId,
    /// Goes into the session's cookie and nowhere else.
    pub token: Token,
    /// They were never here before.
    pub is_new: bool,
}

/// Sends a code of six digits. Codes sent there before are then worth nothing. The answer is the same
/// whether or not someone bought here with this contact.
///
/// # Errors
/// See [`RequestCodeError`].
pub async fn request_code(
    access: &Access,
    notifier: &dyn Notifier,
    contact: &Contact,
    from: &Visitor,
    now: Timestamp,
) -> Result<(), RequestCodeError> {
    let to = match contact {
        Contact::Phone(phone) => match phone.kind() {
            phone::Kind::Mobile | phone::Kind::Other => Recipient::Phone(phone.e164()),
            phone::Kind::Landline | phone::Kind::Service => {
                return Err(RequestCodeError::NotMobile);
            }
        },
        Contact::Email(email) => Recipient::Mail(email.as_str().to_owned()),
    };
    let (vault, blind) = (access.vault().clone(), contact.blind(access.vault()));
    let address = Guesser::new(&vault, "codes", &from.address, FREE_CODES_OF_ADDRESS);
    let code = OneTimeCode::generate(vault.entropy());
    let kept = code.clone();
    let write = move |tx: &mut Tx<'_>| {
        throttle::count(tx, &[address], now)?;
        store_code(tx, &vault, blind, &kept, now)
    };
    let id = access.database().write(write).await?;
    let message = message(id, to, &code);
    notifier.send(&message).await.map_err(RequestCodeError::Unsent)
}

fn store_code(
    tx: &mut Tx<'_>,
    vault: &Vault,
    blind: i64,
    code: &OneTimeCode,
    now: Timestamp,
) -> Result<LoginCodeId, RequestCodeError> {
    let limit = i64::try_from(CODES_PER_HOUR).unwrap_or(i64::MAX);
    let earlier = login_code::of(tx, blind, limit)?;
    if let Some(newest) = earlier.first() {
        let next_at = newest.created_at + RESEND_AFTER;
        if next_at > now {
            return Err(RequestCodeError::Wait(next_at.since(now)));
        }
        login_code::end(tx, newest.id, now)?;
    }
    if let Some(oldest) = earlier.get(CODES_PER_HOUR - 1) {
        let next_at = oldest.created_at + Span::hours(1);
        if next_at > now {
            return Err(RequestCodeError::Wait(next_at.since(now)));
        }
    }
    let id: LoginCodeId = tx.next_id(now);
    let stored = LoginCode {
        id,
        code: vault.keyring().code_digest(claim(id), code),
        attempts: 0,
        created_at: now,
        expires_at: now + CODE_GOOD_FOR,
    };
    login_code::insert(tx, blind, &stored)?;
    Ok(id)
}

/// Short, in both languages, and without a link: what asks for a code is the page that is open.
fn message(id: LoginCodeId, to: Recipient, code: &OneTimeCode) -> Message {
    let minutes = CODE_GOOD_FOR.as_seconds() / 60;
    let digits = code.as_str();
    Message {
        id: id.to_string(),
        to,
        subject: Some("登录验证码 Sign-in code".to_owned()),
        text: format!(
            "登录验证码 {digits}，{minutes} 分钟内有效，请勿告诉他人。\n\
             Your sign-in code is {digits}, good for {minutes} minutes. Tell it to nobody."
        ),
    }
}

/// Checks a typed code against the one sent last, and signs in whoever has that phone or mailbox,
/// for the first time or again.
///
/// # Errors
/// See [`EnterCodeError`].
pub async fn enter_code(
    access: &Access,
    contact: &Contact,
    typed: &str,
    from: &Visitor,
    now: Timestamp,
) -> Result<SignedIn, EnterCodeError> {
    let (vault, blind) = (access.vault().clone(), contact.blind(access.vault()));
    let typed = Zeroizing::new(typed.to_owned());
    // The count of tries must outlast a wrong code, so it is a transaction of its own.
    let count = move |tx: &mut Tx<'_>| {
        let newest = login_code::of(tx, blind, 1)?.into_iter().next();
        let Some(newest) = newest else { return Ok::<_, Error>(None) };
        let is_counted = login_code::count_attempt(tx, newest.id, TRIES_MAX, now)?;
        Ok(is_counted.then_some(newest))
    };
    let sent = access.database().write(count).await?.ok_or(EnterCodeError::Wrong)?;
    if !vault.keyring().verify_code(claim(sent.id), &typed, &sent.code) {
        return Err(EnterCodeError::Wrong);
    }
    let token = Token::generate(vault.entropy());
    let (from, contact, made) = (from.clone(), contact.clone(), token.clone());
    let write = move |tx: &mut Tx<'_>| {
        // Whoever typed the same code at the same moment finds it ended.
        if !login_code::count_attempt(tx, sent.id, i64::MAX, now)? {
            return Err(EnterCodeError::Wrong);
        }
        login_code::end(tx, sent.id, now)?;
        let (customer, is_new) = find_or_create(tx, &vault, &contact, blind, now)?;
        session::insert(tx, &new_session(&made, Holder::Customer(customer), &from, now))?;
        Ok((customer, is_new))
    };
    let (customer, is_new) = access.database().write(write).await?;
    Ok(SignedIn { customer, token, is_new })
}

fn find_or_create(
    tx: &mut Tx<'_>,
    vault: &Vault,
    contact: &Contact,
    blind: i64,
    now: Timestamp,
) -> Result<(CustomerId, bool), EnterCodeError> {
    let found = match contact {
        Contact::Phone(_) => customer::find_by_phone(tx, blind)?,
        Contact::Email(_) => customer::find_by_email(tx, blind)?,
    };
    if let Some(row) = found {
        let profile = profile::open(vault, &row).map_err(EnterCodeError::Profile)?;
        // Two people with one blind index: refusing the second is better than mixing them up.
        return if profile.has(contact) { Ok((row.id, false)) } else { Err(EnterCodeError::Wrong) };
    }
    let id = profile::open_account(tx, vault, &Profile::of(contact), now)?;
    Ok((id, true))
}

fn claim(id: LoginCodeId) -> Claim {
    Claim { audience: "login_code", id: id.raw() }
}
