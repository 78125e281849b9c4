//! What may be shown of a recipient without a reason (GB/T 41833-2022, express waybills).
//!
//! At least one character of the name, six digits of the number, and unit and room are hidden. A
//! mask never tells how much it hides of a name or an address, and it works on any text: what it
//! does not understand is hidden whole.

use super::{Country, text};
use crate::phone::Phone;

/// What stands for hidden text.
pub const HIDDEN: &str = "****";

/// `林**`, `欧阳**`, `J**`: the family name of a Chinese name, the first letter of any other.
pub fn mask_name(name: &str) -> String {
    let cleaned = text::clean(name);
    let letters = cleaned.chars().filter(|c| c.is_alphabetic()).count();
    let family = match cleaned.get(..6) {
        Some(two) if letters > 2 && COMPOUND_FAMILY_NAMES.contains(&two) => 2,
        _ => usize::from(letters > 1),
    };
    let shown: String = cleaned.chars().filter(|c| c.is_alphabetic()).take(family).collect();
    format!("{shown}**")
}

/// `138******21`: like [`Phone::masked`], for text that may not be a number that can exist.
pub fn mask_phone(phone: &str) -> String {
    match Phone::parse(phone, Country::CHINA) {
        Ok(phone) => phone.masked(),
        Err(_) => {
            let narrow = phone.chars().map(text::narrow);
            mask_digits(&narrow.filter(char::is_ascii_digit).collect::<String>())
        }
    }
}

/// `浙江省杭州市西湖区文三路****`: for an address in one text. See [`super::Address::masked`].
pub fn mask_address(address: &str) -> String {
    let cleaned = text::clean(address);
    let region_end = super::paste::region_prefix(&cleaned);
    let (region, street) = cleaned.split_at(region_end);
    format!("{}{}", region.trim_end(), mask_street(street))
}

/// `文三路****`: at most the road that a street line begins with.
///
/// Only a short Chinese road name in front is kept. Anything that looks like a number, a building,
/// an estate or a room before the road hides all of it, as do Latin lines.
pub fn mask_street(street: &str) -> String {
    const ROAD_CHARS_MAX: usize = 8;
    let street = text::clean(street);
    let chars: Vec<char> = street.chars().collect();
    let mut start = 0;
    for (at, &c) in chars.iter().enumerate() {
        let before = chars.get(start..at).unwrap_or_default();
        let next = chars.get(at + 1).copied().map(text::simplified);
        match text::simplified(c) {
            // A street office or a town is wider than a road, which may follow.
            '街' if next == Some('道') => {}
            '道' if chars.get(at.wrapping_sub(1)) == Some(&'街') && before.len() > 2 => {
                start = at + 1
            }
            '镇' | '乡' if before.len() >= 2 && before.len() <= 6 => start = at + 1,
            '路' | '街' | '道' | '巷' if before.len() <= ROAD_CHARS_MAX && !before.is_empty() =>
            {
                let shown: String = chars.iter().take(at + 1).collect();
                return format!("{shown}{HIDDEN}");
            }
            c if !text::is_han(c) || HIDING.contains(c) => break,
            _ => {}
        }
    }
    let shown: String = chars.iter().take(start).collect();
    format!("{shown}{HIDDEN}")
}

/// `l***@example.com`: the first letter and the domain.
pub fn mask_email(email: &str) -> String {
    let cleaned = text::clean(email);
    let (local, domain) = cleaned.rsplit_once('@').unzip();
    let is_domain = |d: &&str| {
        d.contains('.') && d.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
    };
    match (local, domain.filter(is_domain)) {
        (Some(local), Some(domain)) => {
            let mut letters = local.chars();
            let first = letters.next().filter(|c| c.is_alphanumeric() && letters.next().is_some());
            format!("{}***@{domain}", first.map(String::from).unwrap_or_default())
        }
        _ => "***".to_owned(),
    }
}

/// Up to four digits in front and two at the end around at least six hidden ones.
pub(crate) fn mask_digits(digits: &str) -> String {
    let count = digits.len();
    let tail = count.saturating_sub(6).min(2);
    let head = count.saturating_sub(6 + tail).min(4);
    let hidden = "*".repeat((count - head - tail).max(6));
    let front = digits.get(..head).unwrap_or_default();
    let back = digits.get(count - tail..).unwrap_or_default();
    format!("{front}{hidden}{back}")
}

/// Characters of numbers, buildings, estates, units and rooms.
const HIDING: &str =
    "号楼栋幢座层室房户单元院弄园苑村寓厦场庄居墅区组队社坊里店铺门间馆院校厂公司收";

/// Family names of two characters.
pub(super) const COMPOUND_FAMILY_NAMES: [&str; 36] = [
    "欧阳", "司马", "上官", "诸葛", "东方", "独孤", "南宫", "万俟", "闻人", "夏侯", "皇甫", "尉迟",
    "公羊", "澹台", "公冶", "宗政", "濮阳", "淳于", "单于", "太叔", "申屠", "公孙", "仲孙", "轩辕",
    "令狐", "钟离", "宇文", "长孙", "慕容", "鲜于", "闾丘", "司徒", "司空", "端木", "呼延", "歐陽",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_keep_the_family_name_at_most() {
        for (name, masked) in [
            ("林", "**"),
            ("林一", "林**"),
            ("林小明", "林**"),
            ("欧阳修", "欧阳**"),
            ("欧阳修远", "欧阳**"),
            ("欧阳", "欧**"),
            ("司马", "司**"),
            ("阿卜杜拉·买买提·吐尔逊江", "阿**"),
            ("买买提吐尔逊阿卜杜热合曼江", "买**"),
            ("Anna-Lena Schmidt", "A**"),
            ("J", "**"),
            ("  ", "**"),
            ("13800138021", "**"),
        ] {
            assert_eq!(mask_name(name), masked, "{name}");
        }
        let long = "古丽巴哈尔阿不都热西提买买提江";
        assert_eq!(long.chars().count(), 15);
        assert_eq!(mask_name(long), "古**");
    }

    #[test]
    fn numbers_hide_six_digits_whatever_they_are() {
        for (phone, masked) in [
            ("13800138021", "138******21"),
            ("+86 138 0013 8021", "138******21"),
            ("１３８００１３８０２１", "138******21"),
            ("0571-87654321", "0571******21"),
            ("010-62345678", "010******78"),
            ("13800138021转1234", "138******21"),
            ("87654321", "******21"),
            ("8765432", "******2"),
            ("12345", "******"),
            ("", "******"),
            ("wechat: abc", "******"),
        ] {
            assert_eq!(mask_phone(phone), masked, "{phone}");
        }
    }

    #[test]
    fn addresses_keep_region_and_road_at_most() {
        for (address, masked) in [
            ("浙江省杭州市西湖区文三路123号3幢2单元501室", "浙江省杭州市西湖区文三路****"),
            ("浙江杭州西湖区文三路一百二十三号", "浙江杭州西湖区文三路****"),
            ("上海市浦东新区张江镇科苑路88号", "上海市浦东新区张江镇****"),
            ("广东省深圳市南山区粤海街道科技园路1号", "广东省深圳市南山区粤海街道****"),
            ("广东省深圳市南山区粤海街道高新南一道2号", "广东省深圳市南山区粤海街道高新南一道****"),
            ("北京市海淀区中关村大街1号", "北京市海淀区****"),
            ("北京市朝阳区建国路88号SOHO现代城A座1203", "北京市朝阳区建国路****"),
            ("浙江省杭州市西湖区幸福小区3号楼501室翠竹路口", "浙江省杭州市西湖区****"),
            ("浙江省杭州市西湖区501室文三路", "浙江省杭州市西湖区****"),
            ("浙江省杭州市西湖区五零一室文三路", "浙江省杭州市西湖区****"),
            ("Room 501, Building 3, Wensan Road, Hangzhou", "****"),
            ("文三路123号", "文三路****"),
            ("", "****"),
        ] {
            assert_eq!(mask_address(address), masked, "{address}");
        }
    }

    #[test]
    fn mail_addresses_keep_the_domain() {
        for (email, masked) in [
            ("lin.xiaoming@example.com", "l***@example.com"),
            ("a@example.com", "***@example.com"),
            ("a@b@example.com", "a***@example.com"),
            ("林@example.com", "***@example.com"),
            ("no address", "***"),
            ("x@localhost", "***"),
        ] {
            assert_eq!(mask_email(email), masked, "{email}");
        }
    }

    proptest! {
        /// No text slips through a mask: names show at most two letters and never all.
        #[test]
        fn names_are_never_revealed(name in "\\PC{0,20}|[\\u{4e00}-\\u{4fff}]{1,15}") {
            let masked = mask_name(&name);
            let shown = masked.strip_suffix("**").unwrap();
            prop_assert!(shown.chars().count() <= 2);
            let letters = name.chars().filter(|c| c.is_alphabetic()).count();
            prop_assert!(shown.is_empty() || shown.chars().count() < letters);
        }

        /// Of any digits at most six are shown, and six stars always.
        #[test]
        fn digits_are_never_revealed(phone in "[0-9 +()-]{0,24}|\\PC{0,24}") {
            let masked = mask_phone(&phone);
            let given = phone.chars().map(text::narrow).filter(char::is_ascii_digit).count();
            let shown = masked.chars().filter(char::is_ascii_digit).count();
            prop_assert!(masked.contains("******"));
            prop_assert!(shown == 0 || shown + 6 <= given);
            prop_assert!(!masked.contains(char::is_alphabetic));
        }

        /// A street shows no digit, no Latin letter, and no room.
        #[test]
        fn rooms_are_never_revealed(
            road in "[\\u{4e00}-\\u{4fff}]{0,6}[路街巷]?",
            room in "[0-9]{1,4}(号|幢|室|楼|-)[0-9A-Z]{0,4}",
            rest in "\\PC{0,12}",
        ) {
            let masked = mask_street(&format!("{road}{room}{rest}"));
            prop_assert!(masked.ends_with(HIDDEN));
            prop_assert!(!masked.contains(|c: char| c.is_ascii_alphanumeric()));
            prop_assert!(!masked.contains('室'));
        }
    }
}
