//! Recipients that are valid in form and still look made up or too vague to deliver to.
//!
//! A suspicion never refuses anything: it is a reason for a person to look.

use serde::{Deserialize, Serialize};

use super::{Address, Recipient, text};

/// Why a reviewer should look at a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suspicion {
    /// One character again and again: 啊啊啊啊, 1111.
    RepeatedCharacters,
    /// Words that testers and pranksters use: 测试, test, asdf.
    TestWord,
    /// No number, building, village or place of any kind, so a courier cannot find the door.
    NoHouseNumber,
    /// Too few characters to be a street.
    TooShort,
    /// The street says nothing beyond the region.
    OnlyRegion,
    /// The street contains a telephone number or a web address.
    ContactInStreet,
    /// The number counts up or repeats one digit: 13812345678, 13888888888.
    PatternedPhone,
    /// The name is a word for a person, not a name: 收件人, 先生, customer.
    PlaceholderName,
}

/// All that is suspicious about a recipient, each reason once, in the order of [`Suspicion`].
pub fn of_recipient(recipient: &Recipient) -> Vec<Suspicion> {
    let mut found = of_address(&recipient.address);
    let name = text::fold(recipient.name.as_str());
    if has_test_word(recipient.name.as_str()) {
        found.push(Suspicion::TestWord);
    }
    if longest_run(&name) >= 4 {
        found.push(Suspicion::RepeatedCharacters);
    }
    if PLACEHOLDER_NAMES.contains(&name.as_str()) {
        found.push(Suspicion::PlaceholderName);
    }
    if is_patterned(&recipient.phone.national()) {
        found.push(Suspicion::PatternedPhone);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// All that is suspicious about an address, each reason once, in the order of [`Suspicion`].
pub fn of_address(address: &Address) -> Vec<Suspicion> {
    let street = text::fold(&address.street().concat());
    let letters = street.chars().filter(|c| c.is_alphanumeric()).count();
    let is_region = |name: &str| text::fold(name) == street;
    let region = [address.province(), address.city(), address.district()];
    let is_only_region =
        is_region(&address.region()) || region.into_iter().flatten().any(|d| is_region(&d.name));
    let has_place = street.contains(|c: char| c.is_numeric())
        || has_chinese_number(&street)
        || PLACES.iter().any(|place| street.contains(place));
    let longest_digits =
        street.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or_default();
    let has_contact = longest_digits >= 11
        || ["HTTP:", "HTTPS:", "WWW.", "微信"].iter().any(|mark| street.contains(mark));
    [
        (longest_run(&street) >= 4, Suspicion::RepeatedCharacters),
        (has_test_word(&address.street().join(" ")), Suspicion::TestWord),
        (!has_place, Suspicion::NoHouseNumber),
        (letters < 4, Suspicion::TooShort),
        (is_only_region, Suspicion::OnlyRegion),
        (has_contact, Suspicion::ContactInStreet),
    ]
    .into_iter()
    .filter_map(|(is_so, suspicion)| is_so.then_some(suspicion))
    .collect()
}

/// A number written out, as in 三十八号; that of a road, as in 文三路, leads to no door.
fn has_chinese_number(street: &str) -> bool {
    let counted = street.chars().zip(street.chars().skip(1));
    counted.into_iter().any(|(c, unit)| {
        "零〇一二三四五六七八九十百".contains(c) && "号弄楼栋幢座单室层组队".contains(unit)
    })
}

/// Places a courier finds without a number.
const PLACES: [&str; 28] = [
    "村",
    "屯",
    "小区",
    "大厦",
    "广场",
    "学校",
    "大学",
    "学院",
    "中学",
    "小学",
    "医院",
    "公司",
    "酒店",
    "宾馆",
    "超市",
    "菜鸟驿站",
    "驿站",
    "花园",
    "公寓",
    "家园",
    "市场",
    "商场",
    "银行",
    "车站",
    "机场",
    "部队",
    "工业园",
    "POBOX",
];

const PLACEHOLDER_NAMES: [&str; 14] = [
    "收件人",
    "收货人",
    "姓名",
    "先生",
    "女士",
    "小姐",
    "客户",
    "顾客",
    "匿名",
    "无名",
    "某某",
    "CUSTOMER",
    "NAME",
    "ANONYMOUS",
];

fn has_test_word(given: &str) -> bool {
    const CHINESE: [&str; 8] =
        ["测试", "試試", "试试", "随便", "不知道", "不告诉你", "虚拟", "勿发"];
    const LATIN: [&str; 9] =
        ["TEST", "TESTING", "ASDF", "QWERTY", "XXX", "XXXX", "ABCDEF", "FAKE", "DEMO"];
    let upper = given.to_ascii_uppercase();
    let mut words = upper.split(|c: char| !c.is_ascii_alphabetic());
    CHINESE.iter().any(|word| given.contains(word)) || words.any(|word| LATIN.contains(&word))
}

/// How often the most repeated character stands in a row.
fn longest_run(text: &str) -> usize {
    let mut longest = 0;
    let mut run = (0, None);
    for c in text.chars() {
        run = if run.1 == Some(c) { (run.0 + 1, run.1) } else { (1, Some(c)) };
        longest = longest.max(run.0);
    }
    longest
}

/// Seven digits in a row that are the same or count by one.
fn is_patterned(digits: &str) -> bool {
    let steps: Vec<i16> = digits
        .as_bytes()
        .windows(2)
        .filter_map(|pair| Some(i16::from(*pair.last()?) - i16::from(*pair.first()?)))
        .collect();
    steps.windows(6).any(|run| {
        run.first().is_some_and(|first| first.abs() <= 1 && run.iter().all(|step| step == first))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{RawAddress, RawRecipient};

    fn recipient(name: &str, phone: &str, street: &str) -> Recipient {
        let raw = RawRecipient {
            name: name.into(),
            phone: phone.into(),
            address: RawAddress {
                country: "CN".into(),
                province: "浙江".into(),
                city: "杭州".into(),
                district: "西湖".into(),
                street: vec![street.into()],
                ..RawAddress::default()
            },
        };
        raw.validate().unwrap()
    }

    #[test]
    fn ordinary_recipients_are_not_suspicious() {
        for street in [
            "文三路123号",
            "古荡街道嘉绿苑小区",
            "转塘镇上城埭村",
            "浙江大学玉泉校区",
            "文二路三十八号",
            "Room 501, 3 Wensan Road",
        ] {
            let found = of_recipient(&recipient("林小明", "13805718021", street));
            assert_eq!(found, [], "{street}");
        }
    }

    #[test]
    fn each_reason_is_found() {
        use Suspicion as S;
        for (name, phone, street, expected) in [
            ("林小明", "13805718021", "啊啊啊啊啊1号", &[S::RepeatedCharacters][..]),
            ("林小明", "13805718021", "测试地址请勿发货1号", &[S::TestWord]),
            ("林小明", "13805718021", "test road 1", &[S::TestWord]),
            ("林小明", "13805718021", "文三路附近某处", &[S::NoHouseNumber]),
            ("林小明", "13805718021", "1号", &[S::TooShort]),
            (
                "林小明",
                "13805718021",
                "浙江省杭州市西湖区",
                &[S::NoHouseNumber, S::TooShort, S::OnlyRegion],
            ),
            ("林小明", "13805718021", "文三路1号电话13805718021", &[S::ContactInStreet]),
            ("林小明", "13888888888", "文三路123号", &[S::PatternedPhone]),
            ("林小明", "13812345678", "文三路123号", &[S::PatternedPhone]),
            ("收件人", "13805718021", "文三路123号", &[S::PlaceholderName]),
            ("测试", "13805718021", "文三路123号", &[S::TestWord]),
        ] {
            assert_eq!(of_recipient(&recipient(name, phone, street)), expected, "{name} {street}");
        }
    }
}
