//! Telling the name from the rest of a pasted text.

use super::NAME_MARK;
use crate::address::{mask::COMPOUND_FAMILY_NAMES, text};

/// A name and the sign it was found by.
pub(super) struct Found {
    pub(super) text: String,
    pub(super) sign: Sign,
}

/// What made a text a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// A label in front of it.
    Label,
    /// A Chinese family name, or a form of address behind it.
    FamilyName,
    /// Nothing but where it stands.
    Position,
}

/// Removes the name from the texts before and behind the region.
pub(super) fn take(
    before: &mut Vec<String>,
    after: &mut Vec<String>,
    has_place: bool,
) -> Option<Found> {
    for tokens in [&mut *before, &mut *after] {
        if let Some(at) = tokens.iter().position(|token| token.starts_with(NAME_MARK)) {
            let text = tokens.remove(at).replace(NAME_MARK, "");
            return Some(Found { text, sign: Sign::Label });
        }
    }
    let by_family = |token: &String| has_family_name(token);
    if let Some(at) = before.iter().rposition(by_family) {
        return Some(Found { text: before.remove(at), sign: Sign::FamilyName });
    }
    if let Some(at) = after.iter().rposition(by_family) {
        return Some(Found { text: after.remove(at), sign: Sign::FamilyName });
    }
    if let Some(text) = after.last_mut().and_then(glued) {
        return Some(Found { text, sign: Sign::FamilyName });
    }
    let by_position = |token: &String| is_latin(token) || is_short_chinese(token);
    if has_place && before.iter().any(by_position) {
        let (names, rest) = std::mem::take(before).into_iter().partition(by_position);
        *before = rest;
        let names: Vec<String> = names;
        return Some(Found { text: names.join(" "), sign: Sign::Position });
    }
    // Behind the region the last text alone may be a name, if something else is the street.
    let is_name = after.len() > 1 && after.last().is_some_and(by_position);
    is_name.then(|| after.pop()).flatten().map(|text| Found { text, sign: Sign::Position })
}

/// Two to four ideographs that begin with a family name, or anything with a form of address behind.
fn has_family_name(token: &str) -> bool {
    let polite =
        ["先生", "女士", "小姐", "老师", "同学"].iter().find_map(|t| token.strip_suffix(t));
    if let Some(name) = polite {
        return (1..=4).contains(&name.chars().count()) && name.chars().all(text::is_han);
    }
    let has_compound = COMPOUND_FAMILY_NAMES.iter().any(|family| token.starts_with(family));
    let has_single = token.chars().next().is_some_and(|first| FAMILY_NAMES.contains(first));
    (has_compound || has_single) && is_short_chinese(token)
}

fn is_short_chinese(token: &str) -> bool {
    let count = token.chars().count();
    (2..=4).contains(&count)
        && token.chars().all(text::is_han)
        && !token.contains(|c| PLACE_CHARS.contains(c))
        || (3..=16).contains(&count)
            && token.contains(['·', '•'])
            && token.chars().all(|c| text::is_han(c) || matches!(c, '·' | '•'))
}

fn is_latin(token: &str) -> bool {
    token.chars().count() >= 2
        && token
            .chars()
            .all(|c| c.is_alphabetic() && !text::is_han(c) || matches!(c, '\'' | '-' | '.'))
}

/// Cuts a name of two or three characters off the end of a street, as in `文三路123号林小明`.
fn glued(street: &mut String) -> Option<String> {
    let last_sign = |c: char| c.is_ascii_alphanumeric() || "号室楼栋幢单元座层户".contains(c);
    let (at, sign) = street.char_indices().rfind(|&(_, c)| last_sign(c))?;
    let name = street.get(at + sign.len_utf8()..)?.to_owned();
    if at == 0 || !(2..=3).contains(&name.chars().count()) || !has_family_name(&name) {
        return None;
    }
    street.truncate(street.len() - name.len());
    Some(name)
}

/// Characters of places that are rare in given names.
const PLACE_CHARS: &str = "路街号楼室栋村镇县市省巷弄苑园区层座幢厦店厂校院寓组队";

/// The family names of well over nine in ten people in China.
const FAMILY_NAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付傅方邹熊白孟秦邱侯江尹薛闫阎段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文施洪辛柯庄温牛樊葛邢安齐伍庞颜倪鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮纪梅童凌毕单裴霍成苗谷盛曲翁冉骆蓝路游靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤时穆司古吉缪车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝陳張劉黃趙吳馬羅鄭謝許韓鄧馮蕭葉蘇呂盧鍾譚陸範賈鄒龍賀顧龔萬錢嚴湯喬賴莊溫齊龐顏魯歐關蘭";
