//! What is stored of a data key, and the words for it.

use std::fmt;

use ordermill_base::Timestamp;

/// A data key as stored: a row that tells nothing without the root key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// The row's key.
    pub id: KeyId,
    /// What the key is for.
    pub purpose: Purpose,
    /// The key under the root key; empty once destroyed.
    pub wrapped: Vec<u8>,
    /// How far it is in its life.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The number of a data key, written in front of what it sealed. Ids count up and are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(u32);

/// What a key is for. A key serves one purpose only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Sealing fields: [`crate::seal`].
    Seal,
    /// Looking up sealed values: [`crate::blind_index`].
    BlindIndex,
    /// Signing links and codes: [`crate::token`], [`crate::one_time_code`].
    Token,
}

/// How far a key is in its life. It only moves downward in this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// Seals and opens.
    Active,
    /// Opens what it once sealed.
    Retired,
    /// Destroyed on purpose; what it sealed cannot be read by anybody.
    Destroyed,
}

/// What may be shown of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its id.
    pub id: KeyId,
    /// What it is for.
    pub purpose: Purpose,
    /// How far it is in its life.
    pub state: KeyState,
    /// When it was made; decides when the next rotation is due.
    pub created_at: Timestamp,
}

/// A stored word is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {word:?} of a key")]
pub struct UnknownWord {
    /// `purpose` or `state`.
    pub what: &'static str,
    /// The word found.
    pub word: String,
}

impl KeyId {
    /// From the stored number.
    pub const fn new(id: u32) -> Self {
        Self(id)
    }

    /// The number to store.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data key {}", self.0)
    }
}

impl Purpose {
    /// All purposes.
    pub const ALL: [Self; 3] = [Self::Seal, Self::BlindIndex, Self::Token];

    /// The word to store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::BlindIndex => "blind_index",
            Self::Token => "token",
        }
    }

    /// From the stored word.
    ///
    /// # Errors
    /// If it is none of ours.
    pub fn parse(word: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.into_iter().find(|purpose| purpose.as_str() == word);
        found.ok_or_else(|| UnknownWord { what: "purpose", word: word.to_owned() })
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl KeyState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Active, Self::Retired, Self::Destroyed];

    /// The word to store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Destroyed => "destroyed",
        }
    }

    /// From the stored word.
    ///
    /// # Errors
    /// If it is none of ours.
    pub fn parse(word: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == word);
        found.ok_or_else(|| UnknownWord { what: "state", word: word.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_words_come_back() {
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::parse(purpose.as_str()), Ok(purpose));
        }
        for state in KeyState::ALL {
            assert_eq!(KeyState::parse(state.as_str()), Ok(state));
        }
        assert!(Purpose::parse("Seal").is_err());
        assert!(KeyState::parse("").is_err());
    }
}
