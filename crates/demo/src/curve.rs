//! When people shop: a day that is quiet before dawn and peaks at lunch and in the evening.

use ordermill_base::Timestamp;

/// Visits at the start of each hour in China, relative to each other.
const HOURS: [u64; 24] = [
    48, 26, 14, 8, 5, 5, 9, 20, 36, 50, 62, 76, 104, 92, 66, 62, 64, 66, 72, 86, 118, 140, 120, 82,
];

/// China has one time zone, UTC+8, and no summer time.
const SHANGHAI_OFFSET_SECONDS: i64 = 8 * 3_600;

/// What [`weight`] adds up to over the minutes of a working day.
pub(crate) const WORKING_DAY: u64 = {
    let (mut sum, mut hour) = (0, 0);
    while hour < 24 {
        sum += HOURS[hour];
        hour += 1;
    }
    sum * 60 * 60 * 100
};

/// How busy the minute of a moment is; weekends are busier by 15 %.
pub(crate) fn weight(at: Timestamp) -> u64 {
    let local = at.as_seconds() + SHANGHAI_OFFSET_SECONDS;
    let minute = local.div_euclid(60).rem_euclid(1_440).unsigned_abs();
    let (hour, minute) = ((minute / 60) as usize, minute % 60);
    let level = HOURS[hour] * (60 - minute) + HOURS[(hour + 1) % 24] * minute;
    // 1970-01-01 was a Thursday.
    let weekday = (local.div_euclid(86_400) + 3).rem_euclid(7);
    level * if weekday >= 5 { 115 } else { 100 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> u64 {
        weight(text.parse().expect("RFC 3339"))
    }

    #[test]
    fn the_day_peaks_at_lunch_and_in_the_evening() {
        let of_hour = |hour: u32| at(&format!("2026-11-18T{hour:02}:00:00+08:00"));
        let busiest = (0..24).max_by_key(|&hour| of_hour(hour));
        assert_eq!(busiest, Some(21));
        let morning_busiest = (0..17).max_by_key(|&hour| of_hour(hour));
        assert_eq!(morning_busiest, Some(12));
        assert!(of_hour(4) * 10 < of_hour(12));
    }

    #[test]
    fn weekends_are_busier_than_working_days() {
        assert!(at("2026-11-21T21:00:00+08:00") > at("2026-11-20T21:00:00+08:00"), "Saturday");
        assert_eq!(at("2026-11-22T21:00:00+08:00"), at("2026-11-21T21:00:00+08:00"));
        assert_eq!(at("2026-11-23T21:00:00+08:00"), at("2026-11-20T21:00:00+08:00"));
    }

    #[test]
    fn the_minutes_of_a_working_day_add_up() {
        let start: Timestamp = "2026-11-18T00:00:00+08:00".parse().expect("RFC 3339");
        let sum: u64 = (0..1_440).map(|it| weight(start + ordermill_base::Span::minutes(it))).sum();
        assert_eq!(sum, WORKING_DAY);
    }
}
