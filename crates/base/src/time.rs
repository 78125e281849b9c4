//! Moments and spans: microseconds of UTC, as stored, without a time zone.
//!
//! Calendars (a location's cut-off, a working day) are computed from these with `jiff` where they
//! are needed; inside the system a moment is one integer.

use std::fmt;
use std::ops::{Add, Sub};

/// A moment: microseconds since the Unix epoch, UTC. Written as RFC 3339 in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A length of time in microseconds; negative when it points into the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

/// Where the edge gets the time from. Only the binary has the real one; everything else is handed
/// a [`Timestamp`].
pub trait Clock: Send + Sync {
    /// The moment now, UTC.
    fn now(&self) -> Timestamp;
}

impl Timestamp {
    /// From microseconds since the epoch, as stored.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis * 1_000)
    }

    /// Microseconds since the epoch, as stored.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since the epoch, rounded down.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Seconds since the epoch, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// How long ago `earlier` was; negative if it lies ahead.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0 - earlier.0)
    }

    /// The same moment for calendar arithmetic. Values beyond the calendar's range are clamped.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(moment: jiff::Timestamp) -> Self {
        Self(moment.as_microsecond())
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A number of microseconds.
    pub const fn micros(count: i64) -> Self {
        Self(count)
    }

    /// A number of milliseconds.
    pub const fn millis(count: i64) -> Self {
        Self(count * 1_000)
    }

    /// A number of seconds.
    pub const fn seconds(count: i64) -> Self {
        Self(count * 1_000_000)
    }

    /// A number of minutes.
    pub const fn minutes(count: i64) -> Self {
        Self::seconds(count * 60)
    }

    /// A number of hours.
    pub const fn hours(count: i64) -> Self {
        Self::minutes(count * 60)
    }

    /// A number of days of 24 hours.
    pub const fn days(count: i64) -> Self {
        Self::hours(count * 24)
    }

    /// The length in microseconds.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The length in whole seconds, rounded toward zero.
    pub const fn as_seconds(self) -> i64 {
        self.0 / 1_000_000
    }

    /// For a wait of the standard library or the runtime; a negative span waits not at all.
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_micros(self.0.max(0).unsigned_abs())
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_jiff().fmt(f)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = jiff::Error;
    /// Reads RFC 3339 with an offset.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>().map(Self::from)
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_rfc_3339_in_utc() {
        let moment = Timestamp::from_millis(1_795_000_000_120);
        assert_eq!(moment.to_string(), "2026-11-18T11:06:40.12Z");
        assert_eq!(moment.to_string().parse::<Timestamp>().ok(), Some(moment));
        assert_eq!("2026-11-18T19:06:40.12+08:00".parse::<Timestamp>().ok(), Some(moment));
    }

    #[test]
    fn spans_add_up() {
        let moment = Timestamp::from_micros(0) + Span::days(1) + Span::minutes(30);
        assert_eq!(moment.since(Timestamp::from_micros(0)), Span::seconds(88_200));
    }
}
