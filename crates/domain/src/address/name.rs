//! The name on a parcel: a person, a family or a company.

use serde::{Deserialize, Serialize};

use super::{mask, text};

/// A name that fits on a label: 1 to 64 characters, at least one of them a letter, none invisible.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecipientName(String);

/// Why a text cannot be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing but blanks.
    #[error("a name is required")]
    Empty,
    /// Longer than a label can carry.
    #[error("a name has at most {} characters", RecipientName::CHARS_MAX)]
    TooLong,
    /// Control characters, or those that reorder the text around them.
    #[error("a name has no control characters")]
    ControlCharacter,
    /// Digits or signs alone.
    #[error("a name has at least one letter")]
    NoLetter,
}

impl RecipientName {
    /// The most characters of a name.
    pub const CHARS_MAX: usize = 64;

    /// Cleans blanks and widths, then checks the rules.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let name = text::clean(text);
        if text::has_control(text) || text.trim().contains(['\n', '\r', '\t']) {
            Err(InvalidName::ControlCharacter)
        } else if name.is_empty() {
            Err(InvalidName::Empty)
        } else if name.chars().count() > Self::CHARS_MAX {
            Err(InvalidName::TooLong)
        } else if !name.chars().any(char::is_alphabetic) {
            Err(InvalidName::NoLetter)
        } else {
            Ok(Self(name))
        }
    }

    /// The whole name. It is personal: show [`RecipientName::masked`] unless the reader gave a reason.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What may be shown to anyone, such as `林**`.
    pub fn masked(&self) -> String {
        mask::mask_name(&self.0)
    }
}

/// Masked, so that no log ever holds a name.
impl std::fmt::Debug for RecipientName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecipientName({})", self.masked())
    }
}

impl TryFrom<String> for RecipientName {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<RecipientName> for String {
    fn from(name: RecipientName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_and_latin_names_are_accepted() {
        for name in ["林", "欧阳修远", "阿卜杜拉·买买提", "Anna-Lena O'Neill", "Zoë", "李 Li"]
        {
            assert_eq!(RecipientName::parse(name).unwrap().as_str(), name);
        }
        assert_eq!(RecipientName::parse("  林　小明 ").unwrap().as_str(), "林 小明");
    }

    #[test]
    fn what_is_no_name_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", InvalidName::Empty),
            (" \u{200B}　", InvalidName::Empty),
            ("12345", InvalidName::NoLetter),
            ("林\u{0}", InvalidName::ControlCharacter),
            ("林\n明", InvalidName::ControlCharacter),
            ("\u{202E}林", InvalidName::ControlCharacter),
            (&"林".repeat(65), InvalidName::TooLong),
        ] {
            assert_eq!(RecipientName::parse(text), Err(reason), "{text:?}");
        }
        assert!(RecipientName::parse(&"林".repeat(64)).is_ok());
    }

    #[test]
    fn a_name_in_a_log_is_masked() {
        let name = RecipientName::parse("林小明").unwrap();
        assert_eq!(format!("{name:?}"), "RecipientName(林**)");
    }
}
