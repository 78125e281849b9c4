//! Promises: the day an order leaves and the days on which it may arrive.
//!
//! The clock that counts is the location's: an order before its cut-off on a working day is handled
//! that day. Handling is counted in working days of the location, transit in days of the carrier.
//! Days are days of the calendar, without a time zone; start at [`promise`].

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use ordermill_base::Timestamp;

use super::{Destination, RegionPattern};

/// When a location handles orders.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocationCalendar {
    /// The IANA time zone of its clock, `Asia/Shanghai`.
    #[serde(with = "jiff::fmt::serde::tz::required")]
    pub time_zone: TimeZone,
    /// Orders from this time of day on are handled as those of the next day.
    pub cut_off: Time,
    /// The days on which it works.
    pub days: WorkingDays,
    /// Working days between the day of handling and the day of sending; 0: sent the same day.
    pub handling_days: u8,
    /// Working days from the arrival of goods until they can be sent; 0: the day they arrive.
    pub receiving_days: u8,
}

/// Which days of the calendar are working days.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkingDays {
    /// Monday to Sunday.
    pub week: [bool; 7],
    /// Days off that would be working days.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub holidays: BTreeSet<Date>,
    /// Working days that would be days off (调休).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub extra: BTreeSet<Date>,
}

/// How long a carrier is on the way.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitTable {
    /// The days on which the carrier delivers; only these are counted.
    pub days: WorkingDays,
    /// Tried in this order; the first whose region fits decides.
    pub zones: Vec<TransitZone>,
}

/// How long a carrier needs to one region.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitZone {
    /// Where to.
    pub region: RegionPattern,
    /// At least this many of the carrier's days after sending.
    pub days_min: u8,
    /// At most this many.
    pub days_max: u8,
}

/// Where the goods come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supply {
    /// They lie on the shelf.
    OnHand,
    /// They are announced for this day.
    Incoming {
        /// The day of arrival, of the location's calendar.
        on: Date,
    },
    /// They are ordered from the supplier when the buyer orders them.
    Backorder {
        /// Days of the calendar until they arrive.
        lead_time_days: u16,
    },
    /// Nobody knows.
    Unknown,
}

/// When the order leaves and arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Promise {
    /// The location's day of sending.
    pub ship_on: Date,
    /// The earliest day of delivery.
    pub deliver_from_on: Date,
    /// The last day of delivery: what is promised.
    pub deliver_by_on: Date,
    /// What decided the day of sending.
    pub because: Because,
}

/// What decided the day of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// Goods are there and the order came in time.
    OnHand,
    /// Goods are there, but the day's cut-off had passed or it was a day off.
    NextWorkingDay,
    /// Goods must arrive first.
    ArrivalOn(Date),
}

/// Why nothing can be promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPromise {
    /// Nobody knows when goods come.
    #[error("it is not known when goods arrive")]
    SupplyUnknown,
    /// No transit zone fits the destination.
    #[error("the carrier does not serve the destination")]
    NotServed,
    /// There is no working day within [`SEARCH_DAYS_MAX`], or the calendar ends.
    #[error("there is no working day within a year")]
    NoWorkingDay,
}

/// How far a next working day is searched for.
pub const SEARCH_DAYS_MAX: u16 = 366;

/// The day an order of `at` leaves a location and the days on which it may arrive.
///
/// # Errors
/// [`NoPromise`] if goods, carrier or calendar give no day; then nothing must be promised.
pub fn promise(
    at: Timestamp,
    supply: Supply,
    location: &LocationCalendar,
    transit: &TransitTable,
    destination: Destination<'_>,
) -> Result<Promise, NoPromise> {
    let zone = transit.zones.iter().find(|zone| zone.region.matches(destination));
    let zone = zone.ok_or(NoPromise::NotServed)?;
    let (handled_on, because) = location.handled_on(at, supply)?;
    let ship_on = location.days.after(handled_on, location.handling_days)?;
    let deliver_from_on = transit.days.delivery(ship_on, zone.days_min)?;
    let deliver_by_on = transit.days.delivery(ship_on, zone.days_max.max(zone.days_min))?;
    Ok(Promise { ship_on, deliver_from_on, deliver_by_on, because })
}

impl Default for TransitTable {
    /// A carrier that serves nothing yet.
    fn default() -> Self {
        Self { days: WorkingDays::EVERY_DAY, zones: Vec::new() }
    }
}

impl Promise {
    /// Both in one parcel: it leaves when the later one can.
    pub fn together(self, other: Self) -> Self {
        let later = if other.ship_on > self.ship_on { other } else { self };
        Self {
            deliver_from_on: self.deliver_from_on.max(other.deliver_from_on),
            deliver_by_on: self.deliver_by_on.max(other.deliver_by_on),
            ..later
        }
    }
}

impl LocationCalendar {
    /// The moment until which an order is handled on a day: its cut-off by the location's clock.
    pub fn cut_off_at(&self, on: Date) -> Result<Timestamp, NoPromise> {
        let local = self.time_zone.to_ambiguous_zoned(on.to_datetime(self.cut_off)).compatible();
        local.map(|zoned| zoned.timestamp().into()).map_err(|_| NoPromise::NoWorkingDay)
    }

    /// The first working day on which goods are there and the order can be handled.
    fn handled_on(&self, at: Timestamp, supply: Supply) -> Result<(Date, Because), NoPromise> {
        let local = self.time_zone.to_datetime(at.to_jiff());
        let today = local.date();
        let first = if local.time() < self.cut_off { today } else { next(today)? };
        let handled_on = self.days.from(first)?;
        let arrival_on = match supply {
            Supply::OnHand => None,
            Supply::Incoming { on } => Some(on),
            Supply::Backorder { lead_time_days } => {
                let lead_time = i32::from(lead_time_days).days();
                Some(today.checked_add(lead_time).map_err(|_| NoPromise::NoWorkingDay)?)
            }
            Supply::Unknown => return Err(NoPromise::SupplyUnknown),
        };
        if let Some(arrival_on) = arrival_on {
            let ready_on = self.days.after(self.days.from(arrival_on)?, self.receiving_days)?;
            if ready_on > handled_on {
                return Ok((ready_on, Because::ArrivalOn(arrival_on)));
            }
        }
        let in_time = handled_on == today;
        Ok((handled_on, if in_time { Because::OnHand } else { Because::NextWorkingDay }))
    }
}

impl WorkingDays {
    /// Monday to Friday, no holidays.
    pub const WEEKDAYS: Self = Self {
        week: [true, true, true, true, true, false, false],
        holidays: BTreeSet::new(),
        extra: BTreeSet::new(),
    };

    /// Every day of the year.
    pub const EVERY_DAY: Self =
        Self { week: [true; 7], holidays: BTreeSet::new(), extra: BTreeSet::new() };

    /// Whether a day is a working day. An extra day is one even if it is also a holiday.
    pub fn contains(&self, day: Date) -> bool {
        let weekday = usize::from(day.weekday().to_monday_zero_offset().unsigned_abs());
        self.extra.contains(&day) || (self.week[weekday] && !self.holidays.contains(&day))
    }

    /// This day if it is a working day, or the next one.
    fn from(&self, mut day: Date) -> Result<Date, NoPromise> {
        for _ in 0..SEARCH_DAYS_MAX {
            if self.contains(day) {
                return Ok(day);
            }
            day = next(day)?;
        }
        Err(NoPromise::NoWorkingDay)
    }

    /// The working day that is so many working days after a day.
    fn after(&self, mut day: Date, count: u8) -> Result<Date, NoPromise> {
        for _ in 0..count {
            day = self.from(next(day)?)?;
        }
        Ok(day)
    }

    /// The day of delivery so many days after sending; on the same day only if it is delivered then.
    fn delivery(&self, ship_on: Date, count: u8) -> Result<Date, NoPromise> {
        if count == 0 { self.from(ship_on) } else { self.after(ship_on, count) }
    }
}

fn next(day: Date) -> Result<Date, NoPromise> {
    day.tomorrow().map_err(|_| NoPromise::NoWorkingDay)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    use super::super::{ProvinceCode, Region};
    use super::*;
    use crate::address::Country;

    /// Shanghai, cut-off at four, Monday to Friday, sent the same day, goods on the shelf a day
    /// after they arrived.
    fn shanghai() -> LocationCalendar {
        LocationCalendar {
            time_zone: TimeZone::get("Asia/Shanghai").unwrap(),
            cut_off: time(16, 0, 0, 0),
            days: WorkingDays::WEEKDAYS,
            handling_days: 0,
            receiving_days: 1,
        }
    }

    fn guangdong() -> ProvinceCode {
        ProvinceCode::of(440_000).unwrap()
    }

    /// To Guangdong 1 to 2 days, to the rest of China 2 to 4, every day.
    fn courier() -> TransitTable {
        let zone = |region, days_min, days_max| TransitZone { region, days_min, days_max };
        TransitTable {
            days: WorkingDays::EVERY_DAY,
            zones: vec![
                zone(RegionPattern::provinces([guangdong()]), 1, 2),
                zone(RegionPattern::country(Country::CHINA), 2, 4),
            ],
        }
    }

    fn promised(at: &str, supply: Supply, location: &LocationCalendar) -> Promise {
        let region = Region::Province(guangdong());
        let destination = Destination { country: Country::CHINA, region };
        promise(at.parse().unwrap(), supply, location, &courier(), destination).unwrap()
    }

    #[test]
    fn the_cut_off_is_read_from_the_clock_of_the_location() {
        // Wednesday; four in the afternoon in Shanghai is eight in the morning in UTC.
        let before = promised("2026-11-18T07:59:59Z", Supply::OnHand, &shanghai());
        assert_eq!(before.ship_on, date(2026, 11, 18));
        assert_eq!(before.deliver_from_on, date(2026, 11, 19));
        assert_eq!(before.deliver_by_on, date(2026, 11, 20));
        assert_eq!(before.because, Because::OnHand);
        let after = promised("2026-11-18T08:00:00Z", Supply::OnHand, &shanghai());
        assert_eq!(after.ship_on, date(2026, 11, 19));
        assert_eq!(after.because, Because::NextWorkingDay);
        assert_eq!(
            shanghai().cut_off_at(date(2026, 11, 18)),
            Ok("2026-11-18T08:00:00Z".parse().unwrap())
        );
    }

    #[test]
    fn the_cut_off_follows_summer_time() {
        let berlin =
            LocationCalendar { time_zone: TimeZone::get("Europe/Berlin").unwrap(), ..shanghai() };
        let ship_on = |at| promised(at, Supply::OnHand, &berlin).ship_on;
        assert_eq!(ship_on("2026-07-01T14:00:00Z"), date(2026, 7, 2));
        assert_eq!(ship_on("2026-12-01T14:00:00Z"), date(2026, 12, 1));
    }

    #[test]
    fn holidays_are_skipped_and_make_up_days_are_worked() {
        let mut location = shanghai();
        location.handling_days = 2;
        // National Day week 2026: off from Thursday 1 to Wednesday 7 October; Saturday 10 is worked.
        location.days.holidays = (1..=7).map(|day| date(2026, 10, day)).collect();
        location.days.extra = BTreeSet::from([date(2026, 10, 10)]);
        let promise = promised("2026-10-01T02:00:00Z", Supply::OnHand, &location);
        assert_eq!(promise.ship_on, date(2026, 10, 10));
        assert_eq!(promise.because, Because::NextWorkingDay);
    }

    #[test]
    fn incoming_goods_are_sent_a_working_day_after_they_arrive() {
        let on = date(2026, 11, 20);
        let friday = promised("2026-11-18T02:00:00Z", Supply::Incoming { on }, &shanghai());
        assert_eq!(friday.ship_on, date(2026, 11, 23));
        assert_eq!(friday.because, Because::ArrivalOn(on));
        let long_there = Supply::Incoming { on: date(2026, 11, 2) };
        let promise = promised("2026-11-18T02:00:00Z", long_there, &shanghai());
        assert_eq!(promise.ship_on, date(2026, 11, 18));
        assert_eq!(promise.because, Because::OnHand);
    }

    #[test]
    fn a_backorder_waits_for_the_supplier() {
        let supply = Supply::Backorder { lead_time_days: 10 };
        let promise = promised("2026-11-18T02:00:00Z", supply, &shanghai());
        assert_eq!(promise.because, Because::ArrivalOn(date(2026, 11, 28)));
        assert_eq!(promise.ship_on, date(2026, 12, 1), "Saturday, received Monday, sent Tuesday");
    }

    #[test]
    fn nothing_is_promised_without_goods_carrier_or_working_days() {
        let at: Timestamp = "2026-11-18T02:00:00Z".parse().unwrap();
        let to = |country: &str| Destination {
            country: country.parse().unwrap(),
            region: Region::Unknown,
        };
        let ask = |supply, location: &LocationCalendar, country| {
            promise(at, supply, location, &courier(), to(country))
        };
        let mut closed = shanghai();
        closed.days.week = [false; 7];
        assert_eq!(ask(Supply::Unknown, &shanghai(), "CN"), Err(NoPromise::SupplyUnknown));
        assert_eq!(ask(Supply::OnHand, &shanghai(), "JP"), Err(NoPromise::NotServed));
        assert_eq!(ask(Supply::OnHand, &closed, "CN"), Err(NoPromise::NoWorkingDay));
        let end = Supply::Incoming { on: Date::MAX };
        assert_eq!(ask(end, &shanghai(), "CN"), Err(NoPromise::NoWorkingDay));
    }

    #[test]
    fn lines_in_one_parcel_leave_with_the_last() {
        let now = promised("2026-11-18T02:00:00Z", Supply::OnHand, &shanghai());
        let on = date(2026, 11, 20);
        let later = promised("2026-11-18T02:00:00Z", Supply::Incoming { on }, &shanghai());
        assert_eq!(now.together(later), later);
        assert_eq!(later.together(now), later);
    }

    #[test]
    fn calendars_are_stored_as_readable_json() {
        let json = r#"{"time_zone":"Asia/Shanghai","cut_off":"16:00:00","days":{"week":[true,true,true,true,true,false,false],"holidays":["2026-10-01"]},"handling_days":0,"receiving_days":1}"#;
        let mut location = shanghai();
        location.days.holidays = BTreeSet::from([date(2026, 10, 1)]);
        assert_eq!(serde_json::to_string(&location).unwrap(), json);
        assert_eq!(serde_json::from_str::<LocationCalendar>(json).unwrap(), location);
        assert!(serde_json::from_str::<LocationCalendar>(&json.replace("Shanghai", "X")).is_err());
    }

    proptest! {
        /// Waiting never brings an order forward, and each day of the promise is a day of work.
        #[test]
        fn a_later_order_is_never_promised_earlier(
            minute in 0_i64..60 * 24 * 400,
            wait in 0_i64..60 * 24 * 14,
            week in any::<[bool; 6]>(),
            handling_days in 0_u8..5,
        ) {
            let mut location = shanghai();
            location.handling_days = handling_days;
            location.days.week[..6].copy_from_slice(&week);
            location.days.week[6] = true;
            let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
            let at = |minutes| (start + ordermill_base::Span::minutes(minutes)).to_string();
            let first = promised(&at(minute), Supply::OnHand, &location);
            let second = promised(&at(minute + wait), Supply::OnHand, &location);
            prop_assert!(first.ship_on <= second.ship_on);
            prop_assert!(first.deliver_by_on <= second.deliver_by_on);
            prop_assert!(location.days.contains(first.ship_on));
            prop_assert!(first.ship_on < first.deliver_from_on);
            prop_assert!(first.deliver_from_on <= first.deliver_by_on);
        }
    }
}
