//! Finding a sealed value by its exact content: a keyed hash that is stored and indexed beside it.
//!
//! The hash is HMAC-SHA-256 over kind and normalized value, cut to 64 bits so that it is an integer
//! column. Without the key nobody can try out phone numbers against a stolen database. What the
//! column still shows is which rows have the *same* value; for the last four digits, of which there
//! are only 10,000, that is a filter over many people and never proof of one. Two values meet by
//! chance once in 2⁶⁴ pairs, so the reader compares after opening.
//!
//! Rotating this key means indexing anew: write with [`Keyring::blind_index`], look up with
//! [`Keyring::blind_index_candidates`] until every row is done, then destroy the old key.

use crate::key::Purpose;
use crate::keyring::Keyring;
use crate::secret::Secret;

/// What kind of value is looked up. The same text has another index under each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IndexKind {
    /// A whole phone number.
    Phone,
    /// An e-mail address.
    Email,
    /// The last four digits of a phone number, as a courier or a counter asks for them.
    PhoneTail,
    /// Whose tries are counted to slow down guessing: a login as typed, a network address.
    Guesser,
    /// The code of a gift card.
    GiftCard,
    /// A whole address, to find others to the same door.
    Address,
}

impl IndexKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Phone, Self::Email, Self::PhoneTail, Self::Guesser, Self::GiftCard, Self::Address];

    /// The form in which two spellings of one value are the same; `None` if nothing is left to look
    /// up.
    ///
    /// Phones keep their digits (full-width ones too), without a leading `00` and without `86` in
    /// front of a mainland number. E-mails and guessers are trimmed and lower-cased. Codes of gift
    /// cards are their letters and digits alone, as capitals; addresses theirs, in small letters.
    pub fn normalize(self, value: &str) -> Option<String> {
        let normalized = match self {
            Self::Phone => phone_digits(value),
            Self::Email | Self::Guesser => value.trim().to_lowercase(),
            Self::GiftCard => {
                let letters = value.chars().filter(char::is_ascii_alphanumeric);
                letters.map(|letter| letter.to_ascii_uppercase()).collect()
            }
            Self::Address => {
                let letters = value.chars().filter(|letter| letter.is_alphanumeric());
                let letters = letters.map(|letter| ascii_digit(letter).unwrap_or(letter));
                letters.flat_map(char::to_lowercase).collect()
            }
            Self::PhoneTail => {
                let digits = phone_digits(value);
                digits.get(digits.len().checked_sub(4)?..)?.to_owned()
            }
        };
        (!normalized.is_empty()).then_some(normalized)
    }

    /// Written in front of the hashed value: never change.
    const fn code(self) -> u8 {
        match self {
            Self::Phone => 1,
            Self::Email => 2,
            Self::PhoneTail => 3,
            Self::Guesser => 4,
            Self::GiftCard => 5,
            Self::Address => 6,
        }
    }
}

impl Keyring {
    /// The index to store beside a sealed value, or `None` if the value is empty after
    /// normalization (an empty phone must not find all other empty ones).
    pub fn blind_index(&self, kind: IndexKind, value: &str) -> Option<i64> {
        let value = kind.normalize(value)?;
        Some(index(self.active(Purpose::BlindIndex).1, kind, &value))
    }

    /// All indexes under which a value may be stored, newest key first; several while a rotation is
    /// under way, none if the value is empty.
    pub fn blind_index_candidates(&self, kind: IndexKind, value: &str) -> Vec<i64> {
        let Some(value) = kind.normalize(value) else { return Vec::new() };
        self.secrets(Purpose::BlindIndex).map(|key| index(key, kind, &value)).collect()
    }
}

fn index(key: &Secret, kind: IndexKind, normalized: &str) -> i64 {
    let message = [&[kind.code()], normalized.as_bytes()].concat();
    let hash = key.hmac(&message);
    let (first, _) = hash.split_first_chunk::<8>().expect("a hash has 32 bytes");
    i64::from_be_bytes(*first)
}

fn phone_digits(value: &str) -> String {
    let digits: String = value.chars().filter_map(ascii_digit).collect();
    let national = digits.strip_prefix("00").unwrap_or(&digits);
    match national.strip_prefix("86") {
        Some(mainland) if mainland.len() == 11 && mainland.starts_with('1') => mainland.to_owned(),
        _ => national.to_owned(),
    }
}

/// An ASCII digit for an ASCII or a full-width one.
pub(crate) fn ascii_digit(character: char) -> Option<char> {
    match character {
        '0'..='9' => Some(character),
        '０'..='９' => char::from_u32(u32::from(character) - u32::from('０') + u32::from('0')),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use ordermill_base::Timestamp;

    use super::*;
    use crate::{OsEntropy, SeededEntropy};

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    #[test]
    fn spellings_of_one_phone_number_find_each_other() {
        let keyring = Keyring::generate(&OsEntropy, NOW);
        let spellings = [
            "13800138000",
            "138 0013 8000",
            "138-0013-8000",
            "+86 138 0013 8000",
            "0086-13800138000",
            "8613800138000",
            "１３８００１３８０００",
        ];
        let found: HashSet<Option<i64>> = spellings
            .iter()
            .map(|spelling| keyring.blind_index(IndexKind::Phone, spelling))
            .collect();
        assert_eq!(found.len(), 1);
        assert_ne!(
            keyring.blind_index(IndexKind::Phone, "13800138001"),
            keyring.blind_index(IndexKind::Phone, "13800138000")
        );
    }

    #[test]
    fn a_foreign_number_keeps_its_country() {
        let normalize = |value| IndexKind::Phone.normalize(value);
        assert_eq!(normalize("+1 (415) 555-0100").as_deref(), Some("14155550100"));
        assert_eq!(normalize("+49 30 901820").as_deref(), Some("4930901820"));
        assert_eq!(normalize("8621 5555 6666").as_deref(), Some("862155556666"));
    }

    #[test]
    fn the_tail_is_the_last_four_digits() {
        let tail = |value| IndexKind::PhoneTail.normalize(value);
        assert_eq!(tail("+86 138 0013 8042").as_deref(), Some("8042"));
        assert_eq!(tail("8042").as_deref(), Some("8042"));
        assert_eq!(tail("042"), None);
    }

    #[test]
    fn kinds_and_keyrings_do_not_share_indexes() {
        let (one, other) = (Keyring::generate(&OsEntropy, NOW), Keyring::generate(&OsEntropy, NOW));
        let indexes: HashSet<i64> = [&one, &other]
            .into_iter()
            .flat_map(|keyring| IndexKind::ALL.map(|kind| keyring.blind_index(kind, "8042")))
            .map(|index| index.expect("four digits are something to look up"))
            .collect();
        assert_eq!(indexes.len(), 2 * IndexKind::ALL.len());
    }

    #[test]
    fn emails_are_found_whatever_their_case() {
        let keyring = Keyring::generate(&OsEntropy, NOW);
        assert_eq!(
            keyring.blind_index(IndexKind::Email, " Li.Lei@Example.com "),
            keyring.blind_index(IndexKind::Email, "li.lei@example.com")
        );
    }

    #[test]
    fn nothing_is_not_looked_up() {
        let keyring = Keyring::generate(&OsEntropy, NOW);
        for (kind, value) in [
            (IndexKind::Phone, ""),
            (IndexKind::Phone, "unknown"),
            (IndexKind::Email, "  "),
            (IndexKind::PhoneTail, "123"),
        ] {
            assert_eq!(keyring.blind_index(kind, value), None);
            assert!(keyring.blind_index_candidates(kind, value).is_empty());
        }
    }

    #[test]
    fn during_a_rotation_old_and_new_rows_are_both_found() {
        let mut keyring = Keyring::generate(&OsEntropy, NOW);
        let old = keyring.blind_index(IndexKind::Phone, "13800138000").unwrap();
        let old_key = keyring.active(Purpose::BlindIndex).0;
        keyring.rotate(Purpose::BlindIndex, &OsEntropy, NOW);
        let new = keyring.blind_index(IndexKind::Phone, "13800138000").unwrap();
        let candidates =
            |keyring: &Keyring| keyring.blind_index_candidates(IndexKind::Phone, "13800138000");
        assert_ne!(old, new);
        assert_eq!(candidates(&keyring), [new, old]);
        keyring.destroy(old_key).unwrap();
        assert_eq!(candidates(&keyring), [new]);
    }

    /// Stored indexes must stay findable: never change the numbers, which another program computed.
    #[test]
    fn the_stored_index_stays() {
        let keyring = Keyring::generate(&SeededEntropy::from_seed(1), NOW);
        let index = |kind, value| keyring.blind_index(kind, value).unwrap();
        assert_eq!(index(IndexKind::Phone, "13800138000"), -1_842_752_138_779_076_287);
        assert_eq!(index(IndexKind::Email, "li.lei@example.com"), -4_499_674_694_770_822_194);
        assert_eq!(index(IndexKind::PhoneTail, "8000"), -2_041_801_728_834_994_477);
    }
}
