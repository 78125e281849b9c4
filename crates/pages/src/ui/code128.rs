use std::fmt::Write as _;

use askama::Template;

/// A text as a Code 128 barcode (ISO/IEC 15417), drawn into the page.
///
/// Dark on light in both themes, as scanners want it. Pairs of digits are written in set C, all else in
/// set B.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "ui/code128.html")]
pub struct Code128 {
    /// What it says.
    text: String,
    /// Modules from quiet zone to quiet zone.
    width: usize,
    /// The dark bars, as a path of height 1.
    path: String,
}

/// Light modules before and behind the bars.
const QUIET: usize = 10;
const START_B: usize = 104;
const START_C: usize = 105;
const TO_C: usize = 99;
const TO_B: usize = 100;
const STOP: usize = 106;

/// Widths of bars and spaces in turn, by value; the last is the stop with its final bar.
const PATTERNS: [&str; 107] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212",
    "221213", "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221",
    "223211", "221132", "221231", "213212", "223112", "312131", "311222", "321122", "321221",
    "312212", "322112", "322211", "212123", "212321", "232121", "111323", "131123", "131321",
    "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331", "132131",
    "113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311", "213131",
    "311123", "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111",
    "111224", "111422", "121124", "121421", "141122", "141221", "112214", "112412", "122114",
    "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111", "111242",
    "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311",
    "113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
];

impl Code128 {
    /// The barcode of a text; none if it has letters beside printable ASCII, or none at all.
    pub fn new(text: &str) -> Option<Self> {
        let is_printable = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        if text.is_empty() || text.len() > 80 || !is_printable {
            return None;
        }
        let mut path = String::new();
        let mut at = QUIET;
        for value in values(text) {
            for (index, width) in PATTERNS[value].bytes().enumerate() {
                let width = usize::from(width - b'0');
                if index % 2 == 0 {
                    let _ = write!(path, "M{at} 0h{width}v1h-{width}z");
                }
                at += width;
            }
        }
        Some(Self { text: text.to_owned(), width: at + QUIET, path })
    }
}

/// The values of start, data, check and stop.
fn values(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|it| it.is_ascii_digit()).count();
    let mut values = Vec::new();
    let mut at = 0;
    let mut is_in_c = digits(0) >= 4 || (digits(0) == bytes.len() && bytes.len() == 2);
    values.push(if is_in_c { START_C } else { START_B });
    while at < bytes.len() {
        let run = digits(at);
        if is_in_c && run >= 2 {
            let (tens, ones) = (bytes[at] - b'0', bytes[at + 1] - b'0');
            values.push(usize::from(tens * 10 + ones));
            at += 2;
        } else if is_in_c {
            values.push(TO_B);
            is_in_c = false;
        } else if run >= 6 || (run >= 4 && at + run == bytes.len()) {
            // An odd digit stays in set B, so that pairs are left.
            if run % 2 == 1 {
                values.push(usize::from(bytes[at] - 0x20));
                at += 1;
            }
            values.push(TO_C);
            is_in_c = true;
        } else {
            values.push(usize::from(bytes[at] - 0x20));
            at += 1;
        }
    }
    let sum: usize = values.iter().enumerate().map(|(place, value)| place.max(1) * value).sum();
    values.push(sum % 103);
    values.push(STOP);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pattern_has_eleven_modules_and_no_two_are_alike() {
        let mut seen = std::collections::HashSet::new();
        for (value, pattern) in PATTERNS.iter().enumerate() {
            let modules: u32 = pattern.bytes().map(|it| u32::from(it - b'0')).sum();
            assert_eq!(modules, if value == STOP { 13 } else { 11 }, "{value}");
            assert!(seen.insert(pattern));
        }
    }

    #[test]
    fn digits_are_written_in_pairs_and_the_check_is_right() {
        // 104 + 1·48 + 2·42 + 3·42 + 4·17 + 5·18 + 6·19 + 7·35 = 879 = 8·103 + 55.
        assert_eq!(values("PJJ123C"), [104, 48, 42, 42, 17, 18, 19, 35, 55, 106]);
        assert_eq!(values("123456"), [105, 12, 34, 56, 44, 106]);
        assert_eq!(values("A12345")[..4], [104, 33, 17, 99]);
        assert!(values("12345").ends_with(&[106]));
    }

    #[test]
    fn what_has_no_barcode_gives_none() {
        for text in ["", "茶", "a\nb", &"1".repeat(81)] {
            assert_eq!(Code128::new(text), None);
        }
        let html = Code128::new("P-01K2EY4XH0000").unwrap().to_string();
        assert!(html.contains("P-01K2EY4XH0000") && html.contains("<path"), "{html}");
    }
}
