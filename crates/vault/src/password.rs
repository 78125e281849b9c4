//! Passwords: Argon2id, stored as a PHC string that carries its own parameters.
//!
//! The rules are those of NIST SP 800-63B: a length, a list of too common ones, and no demands on
//! kinds of characters. Hashing takes some 40 ms and 19 MiB on purpose: never on the writer's
//! thread, and only a few at a time.

use std::ops::RangeInclusive;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::Entropy;

/// How many characters a password may have.
pub const LENGTH: RangeInclusive<usize> = 8..=128;

/// Why a password is not accepted as a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer characters than [`LENGTH`] allows.
    #[error("password is shorter than {} characters", LENGTH.start())]
    TooShort,
    /// More characters than [`LENGTH`] allows.
    #[error("password is longer than {} characters", LENGTH.end())]
    TooLong,
    /// Among those that are tried first, or one character over and over.
    #[error("password is one of the most common ones")]
    TooCommon,
}

/// What came of comparing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not the password, or no such user.
    Wrong,
    /// The password.
    Right,
    /// The password, stored with parameters of another time: hash it anew and store that.
    RightButOutdated,
}

/// The stored text is no Argon2 hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stored password hash is malformed")]
pub struct MalformedHash;

/// Memory in KiB, passes and lanes: the first recommendation of OWASP for Argon2id that fits a
/// small machine (19 MiB, 2 passes, 1 lane).
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
const VERSION: Version = Version::V0x13;
const SALT_LEN: usize = 16;
const HASH_LEN: usize = 32;

/// The most common passwords of 8 characters and more, lower case, one a line.
const COMMON: &str = include_str!("common_passwords.txt");

/// Whether a password may be chosen.
pub fn check(password: &str) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    if length < *LENGTH.start() {
        return Err(WeakPassword::TooShort);
    }
    if length > *LENGTH.end() {
        return Err(WeakPassword::TooLong);
    }
    let lower = password.to_lowercase();
    let is_one_character = lower.chars().all(|character| lower.starts_with(character));
    if is_one_character || COMMON.lines().any(|common| common == lower) {
        return Err(WeakPassword::TooCommon);
    }
    Ok(())
}

/// The PHC string to store for a new password.
///
/// # Errors
/// If the password fails [`check`].
pub fn hash(password: &str, entropy: &dyn Entropy) -> Result<String, WeakPassword> {
    check(password)?;
    let mut salt = [0; SALT_LEN];
    entropy.fill(&mut salt);
    let hash = argon2()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .expect("password and salt are within Argon2's lengths");
    Ok(hash.to_string())
}

/// Compares a password with the stored string. Without one (no such user) the same work is done,
/// so the time taken does not tell which users exist.
///
/// # Errors
/// If the stored string is not an Argon2 hash.
pub fn verify(password: &str, stored: Option<&str>) -> Result<Verdict, MalformedHash> {
    if password.chars().count() > *LENGTH.end() {
        return Ok(Verdict::Wrong);
    }
    let Some(stored) = stored else {
        argon2()
            .hash_password_into(password.as_bytes(), &[0; SALT_LEN], &mut [0; HASH_LEN])
            .expect("password and salt are within Argon2's lengths");
        return Ok(Verdict::Wrong);
    };
    let hash = PasswordHash::new(stored).map_err(|_| MalformedHash)?;
    let params = Params::try_from(&hash).map_err(|_| MalformedHash)?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| MalformedHash)?;
    if hash.salt.is_none() || hash.hash.is_none() {
        return Err(MalformedHash);
    }
    match argon2().verify_password(password.as_bytes(), &hash) {
        Ok(()) => {}
        Err(Error::PasswordInvalid) => return Ok(Verdict::Wrong),
        Err(_) => return Err(MalformedHash),
    }
    let cost = (params.m_cost(), params.t_cost(), params.p_cost());
    let is_current_form = algorithm == Algorithm::Argon2id && hash.version == Some(VERSION.into());
    if is_current_form && cost == COST { Ok(Verdict::Right) } else { Ok(Verdict::RightButOutdated) }
}

fn argon2() -> Argon2<'static> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, Some(HASH_LEN)).expect("a legal cost");
    Argon2::new(Algorithm::Argon2id, VERSION, params)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{OsEntropy, SeededEntropy};

    const GOOD: &str = "seven red bicycles";

    #[test]
    fn the_right_password_is_known_again_and_others_are_not() {
        let stored = hash(GOOD, &OsEntropy).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(verify(GOOD, Some(&stored)), Ok(Verdict::Right));
        assert_eq!(verify("seven red bicycle", Some(&stored)), Ok(Verdict::Wrong));
        assert_eq!(verify("", Some(&stored)), Ok(Verdict::Wrong));
        assert_eq!(verify(&"x".repeat(129), Some(&stored)), Ok(Verdict::Wrong));
    }

    #[test]
    fn one_password_is_stored_differently_for_two_users() {
        let entropy = SeededEntropy::from_seed(1);
        assert_ne!(hash(GOOD, &entropy), hash(GOOD, &entropy));
    }

    #[test]
    fn nobody_has_no_password() {
        assert_eq!(verify(GOOD, None), Ok(Verdict::Wrong));
    }

    /// From the test suite of the reference implementation (phc-winner-argon2, `src/test.c`).
    #[test]
    fn a_hash_of_another_program_is_accepted_as_outdated() {
        let stored =
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert_eq!(verify("password", Some(stored)), Ok(Verdict::RightButOutdated));
        assert_eq!(verify("passwort", Some(stored)), Ok(Verdict::Wrong));
    }

    #[test]
    fn a_stored_text_that_is_no_hash_is_an_error() {
        for stored in
            ["", "secret", "$argon2id$v=19$m=256,t=2,p=1", "$2b$12$abcdefghijklmnopqrstuu"]
        {
            assert_eq!(verify(GOOD, Some(stored)), Err(MalformedHash), "{stored}");
        }
    }

    #[test]
    fn length_counts_characters_and_common_ones_are_refused() {
        assert_eq!(check("1234567"), Err(WeakPassword::TooShort));
        assert_eq!(check("红色自行车七辆"), Err(WeakPassword::TooShort));
        assert_eq!(check("红色自行车有七辆"), Ok(()));
        assert_eq!(check(&"éa".repeat(64)), Ok(()));
        assert_eq!(check(&"éa".repeat(65)), Err(WeakPassword::TooLong));
        for common in
            ["password", "PassWord1", "12345678", "woaini1314", "Qwertyuiop", "ééééééééééé"]
        {
            assert_eq!(check(common), Err(WeakPassword::TooCommon), "{common}");
            assert_eq!(hash(common, &OsEntropy), Err(WeakPassword::TooCommon));
        }
    }

    #[test]
    fn the_list_has_no_line_that_could_never_match() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.len() >= 200, "{}", lines.len());
        assert_eq!(lines.iter().collect::<HashSet<_>>().len(), lines.len());
        for line in lines {
            assert!(line.chars().count() >= *LENGTH.start(), "{line}");
            assert_eq!(line, line.to_lowercase().trim());
        }
    }
}
