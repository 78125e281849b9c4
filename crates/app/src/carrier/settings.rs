//! The settings of shipping that people keep together: who sends, what decides between carriers, and
//! what buyers are told.

use ordermill_domain::actor::Act;
use ordermill_domain::carrier::Flaw;
use ordermill_domain::carrier::choice::Policy;
use ordermill_storage::{Error, Tx};

use super::Sender;
use super::setup::may_keep;
use crate::catalog::settings;
use crate::message::BuyerMessages;
use crate::permission::{Forbidden, Principal};

/// Letters of a name, at most.
const NAME_CHARS_MAX: usize = 100;
/// What anything is worth, at most, minor units.
const WORTH_MINOR_MAX: i64 = 100_000_000;

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipping {
    /// Who sends.
    pub sender: Sender,
    /// What decides between carriers.
    pub policy: Policy,
    /// What buyers are told.
    pub messages: BuyerMessages,
}

/// Why they stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum SaveShippingError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Fields with values that they cannot have.
    #[error("{} fields are wrong", .0.len())]
    Invalid(Vec<Flaw>),
    /// Someone else changed them after they were read.
    #[error("the settings of shipping are at version {0} meanwhile")]
    Stale(i64),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// The settings, and their version: it grows with every change of any of them.
pub fn read(tx: &mut Tx<'_>) -> Result<(Shipping, i64), Error> {
    let (shipping, versions) = read_each(tx)?;
    Ok((shipping, versions.iter().sum()))
}

fn read_each(tx: &mut Tx<'_>) -> Result<(Shipping, [i64; 3]), Error> {
    let (sender, of_sender) = settings::read::<Sender>(tx)?;
    let (policy, of_policy) = settings::read::<Policy>(tx)?;
    let (messages, of_messages) = settings::read::<BuyerMessages>(tx)?;
    Ok((Shipping { sender, policy, messages }, [of_sender, of_policy, of_messages]))
}

/// Keeps what is different; `version` must be the one that they saw. Gives the new one.
///
/// # Errors
/// [`SaveShippingError`]; nothing has changed then.
pub fn save(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    wanted: &Shipping,
    version: i64,
) -> Result<i64, SaveShippingError> {
    may_keep(principal)?;
    let flaws = wanted.check();
    if !flaws.is_empty() {
        return Err(SaveShippingError::Invalid(flaws));
    }
    let (before, [of_sender, of_policy, of_messages]) = read_each(tx)?;
    let found = of_sender + of_policy + of_messages;
    if found != version {
        return Err(SaveShippingError::Stale(found));
    }
    if before.sender != wanted.sender {
        settings::save(tx, act, &wanted.sender, of_sender)?;
    }
    if before.policy != wanted.policy {
        settings::save(tx, act, &wanted.policy, of_policy)?;
    }
    if before.messages != wanted.messages {
        settings::save(tx, act, &wanted.messages, of_messages)?;
    }
    Ok(read(tx)?.1)
}

impl Shipping {
    fn check(&self) -> Vec<Flaw> {
        let Sender { name, phone, service_phone } = &self.sender;
        let is_phone = |text: &str| {
            let digits = text.strip_prefix('+').unwrap_or(text);
            text.is_empty()
                || ((5..=20).contains(&digits.len())
                    && digits.bytes().all(|it| it.is_ascii_digit() || matches!(it, b'-' | b' ')))
        };
        let is_worth = |minor: i64| (0..=WORTH_MINOR_MAX).contains(&minor);
        let is_name = |text: &str| text.chars().count() <= NAME_CHARS_MAX;
        let phone_like = "5 to 20 digits, with a + before them if you like";
        let checks = [
            (is_name(&name.zh) && is_name(&name.en), "name", "at most 100 letters"),
            (is_phone(phone), "phone", phone_like),
            (is_phone(service_phone), "service_phone", phone_like),
            (is_worth(self.policy.late_day_minor), "late_day_minor", "an amount of zero or more"),
            (
                is_worth(self.policy.score_point_minor),
                "score_point_minor",
                "an amount of zero or more",
            ),
            (
                is_worth(self.policy.insured_from_minor),
                "insured_from_minor",
                "an amount of zero or more",
            ),
        ];
        let wrong = checks.into_iter().filter(|(holds, ..)| !holds);
        wrong.map(|(_, field, expected)| Flaw { field: field.to_owned(), expected }).collect()
    }
}
