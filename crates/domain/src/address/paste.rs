//! Text that someone pasted: a name, a number and a Chinese address in any order, with or without labels.
//!
//! Nothing is decided here. [`read`] proposes fields and says how sure it is; the proposal goes
//! through [`Pasted::to_raw`] and the same validation as everything else, and what fits no field is
//! kept in [`Pasted::leftover`] for the person to see.

mod name;
mod number;
mod place;

use super::{Country, Division, RawAddress, RawRecipient, text};
use crate::phone::Phone;

/// The fields found in a pasted text.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Pasted {
    /// The name, if something looks like one.
    pub name: Option<String>,
    /// The first number that can exist; mobiles go before landlines.
    pub phone: Option<Phone>,
    /// The province.
    pub province: Option<Division>,
    /// The city.
    pub city: Option<Division>,
    /// The district.
    pub district: Option<Division>,
    /// What follows the region: road, number, building, room.
    pub detail: String,
    /// The postal code, if one stands alone or behind its label.
    pub postal_code: Option<String>,
    /// Text that fits no field.
    pub leftover: Vec<String>,
    /// How sure the reading is, 0 to 100. From 80 on every field was found by a clear sign.
    pub confidence: u8,
}

/// The most characters that are read; a recipient is never longer.
const CHARS_MAX: usize = 1_000;

/// Reads one recipient out of a text. Never fails: what is not found stays empty.
pub fn read(pasted: &str) -> Pasted {
    let pasted: String = pasted.chars().take(CHARS_MAX).collect();
    let labeled = with_marks(&pasted);
    let (phone, rest) = number::take_phone(&labeled);
    let (postal_code, rest) = number::take_postal_code(&rest);
    let chars: Vec<char> = rest.chars().collect();
    let folded: Vec<char> =
        chars.iter().map(|&c| text::simplified(text::narrow(c)).to_ascii_uppercase()).collect();
    let place = place::find(&folded);
    let (before, after) = match &place {
        Some(place) => (chars.get(..place.start), chars.get(place.end..)),
        None => (None, Some(&chars[..])),
    };
    let mut before = tokens(before.unwrap_or_default());
    let mut after = tokens(after.unwrap_or_default());
    let name = name::take(&mut before, &mut after, place.is_some());
    let unmarked = |tokens: Vec<String>| {
        let plain = tokens.into_iter().map(|token| token.replace([NAME_MARK, POSTAL_MARK], ""));
        plain.filter(|token| !token.is_empty()).collect::<Vec<_>>()
    };
    let detail = unmarked(after).join(" ");
    let leftover = unmarked(before);
    let confidence = confidence(name.as_ref(), phone.as_ref(), place.as_ref(), &detail, &leftover);
    let (province, city, district) = place.map(|place| place.divisions()).unwrap_or_default();
    let name = name.map(|name| name.text);
    Pasted { name, phone, province, city, district, detail, postal_code, leftover, confidence }
}

impl Pasted {
    /// The proposal as a recipient to validate, or to fill a form with.
    pub fn to_raw(&self) -> RawRecipient {
        let text = |level: &Option<Division>| {
            level.as_ref().map(|division| division.name.clone()).unwrap_or_default()
        };
        RawRecipient {
            name: self.name.clone().unwrap_or_default(),
            phone: self
                .phone
                .as_ref()
                .map(Phone::to_string)
                .unwrap_or_default()
                .replace(";ext=", "转"),
            address: RawAddress {
                country: Country::CHINA.to_string(),
                province: text(&self.province),
                city: text(&self.city),
                district: text(&self.district),
                street: vec![self.detail.clone()],
                postal_code: self.postal_code.clone().unwrap_or_default(),
            },
        }
    }
}

/// Masked, so that no log ever holds a recipient.
impl std::fmt::Debug for Pasted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pasted")
            .field("phone", &self.phone)
            .field("district", &self.district)
            .field("confidence", &self.confidence)
            .finish_non_exhaustive()
    }
}

/// How many bytes of a text are the region it begins with.
pub(super) fn region_prefix(text: &str) -> usize {
    let folded: Vec<char> =
        text.chars().take(CHARS_MAX).map(|c| text::simplified(text::narrow(c))).collect();
    let end = place::at(&folded, 0).map_or(0, |place| place.end);
    text.char_indices().nth(end).map_or(if end == 0 { 0 } else { text.len() }, |(at, _)| at)
}

const NAME_MARK: char = '\u{1}';
const POSTAL_MARK: char = '\u{2}';

/// The text with its labels taken out: those of names and postal codes leave a mark, all begin a line.
fn with_marks(pasted: &str) -> String {
    const LABELS: [(&str, &[&str]); 3] = [
        ("\n\u{1}", &["收货人姓名", "收件人姓名", "收货人", "收件人", "联系人", "姓名"]),
        ("\n\u{2}", &["邮政编码", "邮编"]),
        (
            "\n",
            &[
                "手机号码",
                "联系电话",
                "电话号码",
                "联系方式",
                "手机号",
                "手机",
                "电话",
                "所在地区",
                "所在地",
                "省市区",
                "收货地址",
                "收件地址",
                "详细地址",
                "街道地址",
                "邮寄地址",
                "地区",
                "街道",
                "地址",
            ],
        ),
    ];
    let mut text: String =
        pasted.chars().filter(|&c| !matches!(c, NAME_MARK | POSTAL_MARK)).collect();
    for (mark, labels) in LABELS {
        for label in labels {
            for end in ["：", ":", "\t"] {
                text = text.replace(&format!("{label}{end}"), mark);
            }
            // Without a colon, a label stands at the beginning of a line.
            let lines: Vec<String> = text
                .split('\n')
                .map(|line| match line.trim_start().strip_prefix(label) {
                    Some(rest) if rest.starts_with([' ', '　']) => format!("{mark}{rest}"),
                    _ => line.to_owned(),
                })
                .collect();
            text = lines.join("\n");
        }
    }
    text
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '，' | ';' | '；' | '、' | '|' | '/' | '。' | ':' | '：')
}

fn tokens(chars: &[char]) -> Vec<String> {
    let tokens = chars.split(|&c| is_separator(c)).map(|token| token.iter().collect::<String>());
    let tokens = tokens.map(|token| text::clean(&token));
    tokens.filter(|token| token.contains(char::is_alphanumeric)).collect()
}

fn confidence(
    name: Option<&name::Found>,
    phone: Option<&Phone>,
    place: Option<&place::Place>,
    detail: &str,
    leftover: &[String],
) -> u8 {
    let name: u8 = name.map_or(0, |name| match name.sign {
        name::Sign::Label => 25,
        name::Sign::FamilyName => 22,
        name::Sign::Position => 4,
    });
    let phone = if phone.is_some() { 25 } else { 0 };
    let place = place.map_or(0, |place| match (place.has_district(), place.is_written_out) {
        (true, true) => 30,
        (true, false) => 25,
        (false, _) => 5,
    });
    let detail = match detail.chars().count() {
        0..=1 => 0,
        _ if detail.contains(|c: char| c.is_ascii_digit()) => 20,
        _ => 12,
    };
    let lost = u8::try_from(leftover.len() * 5).unwrap_or(u8::MAX);
    (name + phone + place + detail).saturating_sub(lost)
}

#[cfg(test)]
mod tests;
