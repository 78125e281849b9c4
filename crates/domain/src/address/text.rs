//! Reading text as people and channels type it: widths, blanks, invisible and traditional characters.

use std::sync::OnceLock;

/// The ASCII form of a full-width character, and a plain blank for an ideographic one.
pub(crate) fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => {
            char::from_u32(u32::from(c) - 0xFF01 + u32::from('!')).unwrap_or(c)
        }
        '\u{3000}' => ' ',
        _ => c,
    }
}

/// Narrow digits and letters, single blanks, no invisible characters, nothing around it.
///
/// Chinese punctuation stays as it was written.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars().filter(|&c| !is_invisible(c)) {
        let narrowed = narrow(c);
        let c = if narrowed.is_ascii_alphanumeric() { narrowed } else { c };
        if !c.is_whitespace() {
            cleaned.push(c);
        } else if !cleaned.is_empty() && !cleaned.ends_with(' ') {
            cleaned.push(' ');
        }
    }
    cleaned.truncate(cleaned.trim_end().len());
    cleaned
}

/// A form to compare names of places in: narrow, simplified, upper case, without any blanks.
pub(crate) fn fold(text: &str) -> String {
    text.chars()
        .filter(|&c| !c.is_whitespace() && !is_invisible(c))
        .map(|c| simplified(narrow(c)).to_ascii_uppercase())
        .collect()
}

/// The simplified form of a traditional character that occurs in names of divisions.
pub(crate) fn simplified(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    static PAIRS: OnceLock<Vec<(char, char)>> = OnceLock::new();
    let pairs = PAIRS.get_or_init(|| {
        let mut pairs: Vec<(char, char)> = include_str!("../../data/traditional.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(str::split_whitespace)
            .filter_map(|pair| {
                let mut chars = pair.chars();
                Some((chars.next()?, chars.next()?))
            })
            .collect();
        pairs.sort_unstable();
        pairs
    });
    match pairs.binary_search_by_key(&c, |&(traditional, _)| traditional) {
        Ok(at) => pairs.get(at).map_or(c, |&(_, simplified)| simplified),
        Err(_) => c,
    }
}

/// Characters that print nothing and only hide differences.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' | '\u{FE0E}' | '\u{FE0F}'
    )
}

/// Control characters, and those that reorder the text around them. Blanks, tabs and line ends are none.
pub(crate) fn has_control(text: &str) -> bool {
    text.chars().any(|c| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
            || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    })
}

/// An ideograph, as Chinese and Japanese names and places are written in.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}' | '〇' | '々')
}

/// Whether any ideograph occurs.
pub(crate) fn has_han(text: &str) -> bool {
    text.chars().any(is_han)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_is_cleaned_without_losing_chinese_punctuation() {
        assert_eq!(clean("　文三路１２３号 \t （Ａ座）\u{200B} "), "文三路123号 （A座）");
        assert_eq!(fold("臺 灣"), "台湾");
        assert_eq!(fold("ｇuang dong"), "GUANGDONG");
    }

    #[test]
    fn text_that_reorders_its_neighbors_counts_as_control() {
        assert!(has_control("a\u{202E}b"));
        assert!(has_control("a\u{0}b"));
        assert!(!has_control("a\tb\n"));
    }
}
