//! Taking telephone numbers and postal codes out of a pasted text.

use super::POSTAL_MARK;
use crate::{
    address::{Country, text},
    phone::{Kind, Phone},
};

/// The best number, and the text with a line end in its place.
pub(super) fn take_phone(given: &str) -> (Option<Phone>, String) {
    let chars: Vec<char> = given.chars().collect();
    let mut best: Option<(usize, usize, Phone)> = None;
    let mut at = 0;
    while at < chars.len() {
        let Some((end, phone)) = number_at(&chars, at) else {
            at += 1;
            continue;
        };
        let is_better = best.as_ref().is_none_or(|(_, _, found)| {
            found.kind() != Kind::Mobile && phone.kind() == Kind::Mobile
        });
        if is_better {
            best = Some((at, end, phone));
        }
        at = end;
    }
    match best {
        None => (None, given.to_owned()),
        Some((start, end, phone)) => {
            let before = chars.iter().take(start);
            let rest = before.chain(&['\n']).chain(chars.iter().skip(end)).collect();
            (Some(phone), rest)
        }
    }
}

/// The longest number that begins here and is not part of a longer row of digits.
fn number_at(chars: &[char], start: usize) -> Option<(usize, Phone)> {
    const CHARS_MAX: usize = 28;
    let char_at = |at: usize| chars.get(at).copied().map(text::narrow);
    let begins = char_at(start).is_some_and(|c| matches!(c, '+' | '(' | '0'..='9'));
    let follows_digit = start > 0
        && char_at(start - 1).is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+'));
    if !begins || follows_digit {
        return None;
    }
    let is_part = |c: char| {
        matches!(c, '0'..='9' | '+' | '-' | ' ' | '(' | ')' | '转' | '轉' | '‐' | '–' | '—')
    };
    let mut ends: Vec<usize> = Vec::new();
    let mut digits = 0;
    for at in start..chars.len().min(start + CHARS_MAX) {
        let Some(c) = char_at(at).filter(|&c| is_part(c)) else { break };
        if c.is_ascii_digit() {
            digits += 1;
            let ends_here = char_at(at + 1).is_none_or(|next| !next.is_ascii_alphanumeric());
            if ends_here && digits >= 8 {
                ends.push(at + 1);
            }
        }
    }
    ends.into_iter().rev().find_map(|end| {
        let typed: String = chars.get(start..end)?.iter().collect();
        // Blanks hold the groups of one number together, not a number and what follows it.
        let phone = Phone::parse(&typed, Country::CHINA).ok()?;
        let is_dialable = phone.kind() != Kind::Other || typed.starts_with('+');
        is_dialable.then_some((end, phone))
    })
}

/// A postal code behind its label, or six digits that stand alone.
pub(super) fn take_postal_code(given: &str) -> (Option<String>, String) {
    let is_code = |token: &str| {
        let digits: String = token.chars().map(text::narrow).collect();
        (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
    };
    let is_labeled = given.contains(POSTAL_MARK);
    let found = given.split(super::is_separator).find_map(|token| {
        let plain = token.strip_prefix(POSTAL_MARK);
        if is_labeled && plain.is_none() {
            return None;
        }
        Some((token, is_code(plain.unwrap_or(token))?))
    });
    match found {
        Some((token, code)) => (Some(code), given.replacen(token, "\n", 1)),
        None => (None, given.to_owned()),
    }
}
