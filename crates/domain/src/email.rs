//! Mail addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::address::mask;

/// A mail address that can exist: one `@`, a domain with a dot, at most 254 characters, nothing
/// invisible. Whether mail arrives is another matter.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// Why a text cannot be a mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a mail address")]
pub struct InvalidEmail;

impl Email {
    /// The most characters of an address (RFC 5321).
    pub const CHARS_MAX: usize = 254;

    /// The whole address. It is personal: show [`Email::masked`] unless the reader gave a reason.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What may be shown to anyone, such as `l***@example.com`.
    pub fn masked(&self) -> String {
        mask::mask_email(&self.0)
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (local, domain) = text.split_once('@').ok_or(InvalidEmail)?;
        let is_printable = text.chars().all(|c| !c.is_control() && !c.is_whitespace());
        // Quoted local parts and address literals are legal and used by nobody but attackers.
        let is_plain = |c: char| !matches!(c, '"' | '<' | '>' | '(' | ')' | ',' | ';' | ':' | '\\');
        let is_label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let is_valid = text.len() <= Self::CHARS_MAX
            && (1..=64).contains(&local.len())
            && is_printable
            && text.chars().all(is_plain)
            && domain.contains('.')
            && domain.split('.').all(is_label);
        if is_valid { Ok(Self(text.to_owned())) } else { Err(InvalidEmail) }
    }
}

/// Masked, so that no log ever holds an address.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({})", self.masked())
    }
}

impl TryFrom<String> for Email {
    type Error = InvalidEmail;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_people_have_are_accepted() {
        for text in
            ["li.lei@example.com", "a@b.cn", "o'neill+shop@mail.example.co.uk", "李@例子.中国"]
        {
            assert_eq!(text.parse::<Email>().unwrap().as_str(), text);
        }
        assert_eq!(" li@example.com ".parse::<Email>().unwrap().as_str(), "li@example.com");
    }

    #[test]
    fn what_would_inject_headers_or_cannot_exist_is_refused() {
        for text in [
            "",
            "@",
            "li",
            "li@",
            "@example.com",
            "li@localhost",
            "li@example..com",
            "li@-a.com",
            "li@a@b.com",
            "li lei@example.com",
            "li@example.com\r\nBcc: all@example.com",
            "<li@example.com>",
            "li@[127.0.0.1]",
            &format!("{}@example.com", "a".repeat(250)),
        ] {
            assert_eq!(text.parse::<Email>(), Err(InvalidEmail), "{text:?}");
        }
    }

    #[test]
    fn an_address_in_a_log_is_masked() {
        let email: Email = "li.lei@example.com".parse().unwrap();
        assert_eq!(format!("{email:?}"), "Email(l***@example.com)");
    }
}
