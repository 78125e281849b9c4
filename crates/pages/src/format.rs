//! How moments, days and spans are written for people.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use ordermill_base::{Span, Timestamp};

use crate::words::{Language, Words};

/// `11-22 22:58` in the site's time zone.
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_jiff().to_zoned(zone.clone()).strftime("%m-%d %H:%M").to_string()
}

/// `22:58` in the site's time zone.
pub fn time_of_day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_jiff().to_zoned(zone.clone()).strftime("%H:%M").to_string()
}

/// A day of the calendar with its weekday: `Tue 11-24`, `11-24 周二`.
pub fn day(at: Timestamp, zone: &TimeZone, language: Language) -> String {
    date(at.to_jiff().to_zoned(zone.clone()).date(), language)
}

/// As [`day`], for a day that is known already.
pub fn date(day: Date, language: Language) -> String {
    let number = day.strftime("%m-%d");
    let index = usize::from(day.weekday().to_monday_zero_offset().unsigned_abs());
    match language {
        Language::Zh => format!("{number} 周{}", ["一", "二", "三", "四", "五", "六", "日"][index]),
        Language::En => {
            format!("{} {number}", ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][index])
        }
    }
}

/// A length of time in its two largest units: `2d 4h`, `3h 12m`, `42m`; `3小时12分` in Chinese.
/// Less than a minute counts as one, and the sign is left out: "late" is a word beside it.
pub fn span(span: Span, words: Words) -> String {
    let minutes = (span.as_micros().unsigned_abs() / 60_000_000).max(1);
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let (day, hour, minute) = words.pick(("天", "小时", "分"), ("d", "h", "m"));
    let gap = words.pick("", " ");
    match (days, hours) {
        (0, 0) => format!("{minutes}{minute}{}", words.pick("钟", "")),
        (0, _) if minutes == 0 => format!("{hours}{hour}"),
        (0, _) => format!("{hours}{hour}{gap}{minutes:02}{minute}"),
        (_, 0) => format!("{days}{day}"),
        (_, _) => format!("{days}{day}{gap}{hours}{hour}"),
    }
}

/// A whole number with its thousands grouped: `12,487`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUNDAY_EVENING: Timestamp = Timestamp::from_millis(1_795_359_480_000); // 2026-11-22T14:58Z

    fn shanghai() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    #[test]
    fn moments_are_told_in_the_zone_of_the_site() {
        assert_eq!(moment(SUNDAY_EVENING, &shanghai()), "11-22 22:58");
        assert_eq!(moment(SUNDAY_EVENING, &TimeZone::UTC), "11-22 14:58");
        assert_eq!(time_of_day(SUNDAY_EVENING, &shanghai()), "22:58");
    }

    #[test]
    fn days_carry_their_weekday() {
        assert_eq!(day(SUNDAY_EVENING, &shanghai(), Language::En), "Sun 11-22");
        assert_eq!(day(SUNDAY_EVENING, &shanghai(), Language::Zh), "11-22 周日");
    }

    #[test]
    fn spans_show_their_two_largest_units() {
        let minutes = |count: i64| Span::minutes(count);
        let english = |count| span(minutes(count), Words::new(Language::En));
        let chinese = |count| span(minutes(count), Words::new(Language::Zh));
        assert_eq!(english(0), "1m");
        assert_eq!(english(42), "42m");
        assert_eq!(english(192), "3h 12m");
        assert_eq!(english(185), "3h 05m");
        assert_eq!(english(240), "4h");
        assert_eq!(english(2 * 1440 + 245), "2d 4h");
        assert_eq!(english(-192), "3h 12m");
        assert_eq!(chinese(192), "3小时12分");
        assert_eq!(chinese(42), "42分钟");
        assert_eq!(chinese(1440), "1天");
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(487), "487");
        assert_eq!(grouped(12_487), "12,487");
        assert_eq!(grouped(1_000_000), "1,000,000");
    }
}
