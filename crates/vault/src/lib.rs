//! Everything secret: keys, sealed fields, blind indexes, tokens, passwords, codes and signatures.
//!
//! The way in is the [`Keyring`]: it is unwrapped once at start from stored rows with the
//! [`RootKey`], and then seals fields ([`seal`]), looks them up ([`blind_index`]) and signs links
//! ([`token`]). [`password`], [`totp`] and the signatures of webhooks need no key of ours.
//!
//! Invariants: randomness is an argument ([`Entropy`]); comparisons of secrets take the same time
//! whatever they hold; no `Debug` prints a secret; what this crate owns is erased when dropped.
//! Absent: SQL, HTTP, async, the clock.

mod aead;
pub mod blind_index;
pub mod entropy;
pub mod key;
pub mod keyring;
pub mod one_time_code;
pub mod password;
pub mod root_key;
pub mod seal;
mod secret;
pub mod signature;
pub mod standard_webhooks;
pub mod token;
pub mod totp;

pub use blind_index::IndexKind;
pub use entropy::{Entropy, OsEntropy, SeededEntropy};
pub use key::{KeyId, KeyInfo, KeyState, Purpose, UnknownWord, WrappedKey};
pub use keyring::{Keyring, KeyringError};
pub use one_time_code::OneTimeCode;
pub use root_key::{RootKey, RootKeyError};
pub use seal::{OpenError, Place};
pub use standard_webhooks::WebhookSecret;
pub use token::{Claim, Token, TokenDigest, TokenError};
pub use totp::TotpSecret;

/// The README's example compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
