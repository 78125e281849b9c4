//! Looks for words in bytes, in every dress that a program might put them in.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

/// By so many bytes at its start a word is recognized; none is shorter.
const START: usize = 8;

/// The words to look for, each in all its dresses.
#[derive(Default)]
pub(crate) struct Scanner {
    by_start: HashMap<[u8; START], Vec<Dressed>>,
    /// Whether any begins with these two bytes.
    pairs: Vec<bool>,
}

struct Dressed {
    bytes: Vec<u8>,
    word: String,
    dress: &'static str,
}

impl Scanner {
    /// Looks for these words.
    pub(crate) fn new(words: impl IntoIterator<Item = String>) -> Self {
        let mut scanner = Self { by_start: HashMap::new(), pairs: vec![false; 1 << 16] };
        for word in words {
            for (dress, text) in dresses(&word) {
                let start: [u8; START] = text.as_bytes()[..START].try_into().unwrap();
                scanner.pairs[pair(start[0], start[1])] = true;
                let bytes = text.into_bytes();
                let known = scanner.by_start.entry(start).or_default();
                if known.iter().all(|other| other.bytes != bytes) {
                    known.push(Dressed { bytes, word: word.clone(), dress });
                }
            }
        }
        scanner
    }

    /// What is found in the bytes of a place.
    pub(crate) fn scan(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        for (at, window) in bytes.windows(START).enumerate() {
            if !self.pairs[pair(window[0], window[1])] {
                continue;
            }
            let Some(candidates) = self.by_start.get(window) else { continue };
            for it in candidates.iter().filter(|it| bytes[at..].starts_with(&it.bytes)) {
                let around = &bytes[at.saturating_sub(80)..bytes.len().min(at + 120)];
                let around = String::from_utf8_lossy(around);
                found.push(format!("{} ({}) in {place} at {at}: {around:?}", it.word, it.dress));
            }
        }
        found
    }

    /// What is found in the files of a folder and of those in it; also how many bytes were read.
    pub(crate) fn scan_folder(&self, folder: &Path) -> (Vec<String>, usize) {
        let (mut found, mut read) = (Vec::new(), 0);
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                let (more, bytes) = self.scan_folder(&path);
                found.extend(more);
                read += bytes;
            } else if entry.file_type().unwrap().is_file() {
                found.extend(self.scan("a file's name", path.to_string_lossy().as_bytes()));
                match std::fs::read(&path) {
                    Ok(bytes) => {
                        read += bytes.len();
                        found.extend(self.scan(&path.to_string_lossy(), &bytes));
                    }
                    // A running database removes files of its own.
                    Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{path:?}"),
                }
            }
        }
        (found, read)
    }
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

/// A word as it is and in capitals and small letters, in base64 at every offset, hexadecimal, JSON
/// escapes and percent signs.
fn dresses(word: &str) -> Vec<(&'static str, String)> {
    let hex = |before: &str| -> String {
        word.bytes().map(|byte| format!("{before}{byte:02x}")).collect()
    };
    let escaped = |keeps_ascii: bool| -> String {
        let escape = |letter: char| match letter {
            _ if keeps_ascii && letter.is_ascii() => letter.to_string(),
            _ => letter.encode_utf16(&mut [0; 2]).iter().map(|it| format!("\\u{it:04x}")).collect(),
        };
        word.chars().map(escape).collect()
    };
    let percent = |keeps: fn(u8) -> bool, space: &str| -> String {
        let write = |byte: u8| match byte {
            b' ' => space.to_owned(),
            _ if keeps(byte) => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        };
        word.bytes().map(write).collect()
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let lenient = |byte: u8| byte.is_ascii_graphic();
    let mut all = vec![
        ("plain", word.to_owned()),
        ("small letters", word.to_lowercase()),
        ("capitals", word.to_uppercase()),
        ("hexadecimal", hex("")),
        ("hexadecimal", hex("").to_uppercase()),
        ("JSON escapes", escaped(true)),
        ("JSON escapes", escaped(true).to_uppercase().replace("\\U", "\\u")),
        ("JSON escapes", escaped(false)),
        ("percent signs", percent(plain, "%20")),
        ("percent signs", percent(plain, "+")),
        ("percent signs", percent(lenient, "%20")),
        ("percent signs", percent(plain, "%20").to_lowercase()),
        ("percent signs", hex("%")),
    ];
    for offset in 0..3 {
        for engine in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
            let mut bytes = vec![0; offset];
            bytes.extend_from_slice(word.as_bytes());
            let text = engine.encode(&bytes);
            // Letters that also hold bits of a neighbor are not the word's own.
            let end = text.len() - usize::from(!bytes.len().is_multiple_of(3));
            let begin = [0, 2, 3][offset];
            all.push(("base64", text[begin..end].to_owned()));
        }
    }
    all
}
