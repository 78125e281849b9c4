//! Reasons that stand in the journal, in the language of whoever reads them.

use jiff::tz::TimeZone;
use ordermill_domain::because::Because;

use crate::console::order::purpose;
use crate::words::Words;
use crate::{format, states};

/// Why buyers cancel, as their page sends it and the journal keeps it.
pub const CANCEL_REASONS: [&str; 4] = ["changed_mind", "wrong_item", "wrong_address", "too_slow"];

/// Why something was done: what a mechanism says, or was chosen from a list, in the reader's language; the
/// words of a person as they are. Moments are told in the zone of the site.
pub fn because(reason: &str, zone: &TimeZone, t: Words) -> String {
    match reason.parse() {
        Ok(Because::Ruled { version, has_found }) => {
            let by =
                version.map_or_else(|| t.because_built_in().to_owned(), |it| t.because_version(it));
            if has_found { t.because_rules_found(by) } else { t.because_rules_found_nothing(by) }
        }
        Ok(Because::Due { deadline, due_at }) => {
            let due_at = format::moment(due_at, zone);
            t.because_due(states::deadline(deadline, t), due_at)
        }
        Err(_) => cancel_reason_of(reason, t).map_or_else(|| purpose(reason, t), str::to_owned),
    }
}

/// Why a buyer canceled, for a code of [`CANCEL_REASONS`].
pub fn cancel_reason_of(code: &str, t: Words) -> Option<&'static str> {
    match CANCEL_REASONS.iter().position(|known| *known == code)? {
        0 => Some(t.reason_changed_mind()),
        1 => Some(t.reason_wrong_item()),
        2 => Some(t.reason_wrong_address()),
        _ => Some(t.reason_too_slow()),
    }
}

crate::words! {
    because_built_in = "内置规则", "the built-in rules";
    because_version(number) = "第 {number} 版规则", "version {number} of the rules";
    because_rules_found(by) = "{by}发现需要人工查看", "{by} found a reason to look";
    because_rules_found_nothing(by) = "{by}未发现问题", "{by} found nothing";
    because_due(deadline, at) = "时限“{deadline}”，{at} 到期", "deadline “{deadline}”, due {at}";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    fn told(reason: &str, language: Language) -> String {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        because(reason, &zone, Words::new(language))
    }

    #[test]
    fn what_a_mechanism_says_is_told_in_the_readers_language() {
        let table = [
            (
                "the built-in rules found nothing",
                "内置规则未发现问题",
                "the built-in rules found nothing",
            ),
            (
                "version 3 of the rules found a reason to look",
                "第 3 版规则发现需要人工查看",
                "version 3 of the rules found a reason to look",
            ),
            (
                "D1 pay, due 2026-11-18T11:06:40Z",
                "时限“付款”，11-18 19:06 到期",
                "deadline “Pay”, due 11-18 19:06",
            ),
            ("too_slow", "送达太慢", "It takes too long"),
        ];
        for (reason, zh, en) in table {
            assert_eq!(told(reason, Language::Zh), zh);
            assert_eq!(told(reason, Language::En), en);
        }
    }

    #[test]
    fn the_words_of_a_person_are_told_as_they_are() {
        for language in Language::ALL {
            assert_eq!(told("客户来电，等他确认", language), "客户来电，等他确认");
        }
    }
}
