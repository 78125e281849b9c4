//! When a delivery is tried again: the schedule of the Standard Webhooks specification.
//!
//! The first try is at once, the others after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and
//! 24 h, each up to a fifth later so that receivers are not hit by everyone at once. An endpoint that
//! asks for more time by `Retry-After` gets it, up to a day.

use ordermill_base::{Random, Span, Timestamp};

/// The waits behind the first try, the second, and so on.
pub const WAITS: [Span; 9] = [
    Span::seconds(5),
    Span::minutes(5),
    Span::minutes(30),
    Span::hours(2),
    Span::hours(5),
    Span::hours(10),
    Span::hours(14),
    Span::hours(20),
    Span::hours(24),
];

/// An endpoint that took nothing for so long is disabled.
pub const GIVEN_UP_AFTER: Span = Span::days(5);

/// For so long after a rotation the secret before signs too.
pub const SECRETS_OVERLAP: Span = Span::days(1);

/// No wait is longer, whatever an endpoint asks for.
pub const WAIT_MAX: Span = Span::hours(29);

/// How long to wait after so many failed tries; `None` when the plan is at its end.
pub fn wait_after(tries: i64, retry_after: Option<Span>, random: &mut Random) -> Option<Span> {
    let planned = usize::try_from(tries - 1).ok().and_then(|index| WAITS.get(index))?.as_micros();
    let jittered = random.between(planned, planned + planned / 5);
    let asked = retry_after.map_or(0, |span| span.as_micros().clamp(0, Span::days(1).as_micros()));
    Some(Span::micros(jittered.max(asked)))
}

/// Whether an endpoint that has failed since then is given up now.
pub fn is_given_up(failing_since: Timestamp, now: Timestamp) -> bool {
    now.since(failing_since) >= GIVEN_UP_AFTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_tried_ten_times_over_three_days() {
        let mut random = Random::from_seed(1);
        let mut total = 0;
        for (tries, planned) in (1..).zip(WAITS) {
            let wait = wait_after(tries, None, &mut random).unwrap();
            let (wait, planned) = (wait.as_micros(), planned.as_micros());
            assert!((planned..=planned + planned / 5).contains(&wait), "{tries}: {wait}");
            total += planned;
        }
        assert_eq!(wait_after(10, None, &mut random), None);
        assert_eq!(total / 1_000_000, 5 + 5 * 60 + 30 * 60 + 3_600 * (2 + 5 + 10 + 14 + 20 + 24));
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_but_not_for_less_or_for_ever() {
        let mut random = Random::from_seed(2);
        let asked = |span| wait_after(1, Some(span), &mut Random::from_seed(2)).unwrap();
        assert_eq!(asked(Span::minutes(7)), Span::minutes(7));
        assert!(asked(Span::seconds(1)).as_micros() >= WAITS[0].as_micros());
        assert_eq!(asked(Span::days(400)), Span::days(1));
        let last = wait_after(9, Some(Span::days(400)), &mut random).unwrap();
        assert!(last.as_micros() <= WAIT_MAX.as_micros());
    }

    #[test]
    fn five_days_of_failure_are_the_end() {
        let start = Timestamp::from_micros(0);
        assert!(!is_given_up(start, start + Span::hours(119)));
        assert!(is_given_up(start, start + Span::days(5)));
    }
}
