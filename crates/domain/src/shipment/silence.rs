//! Parcels that nobody reports: how long silence is normal, and from when on it is an exception.
//!
//! A carrier that says nothing says something, too. Each place of a parcel has a time after which
//! the next scan is usually there; twice that without one is a stall that nobody has told us of.

use ordermill_base::{Span, Timestamp};

use super::{Facts, State, TrackingStatus};

/// What the silence of a parcel means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Nothing yet: the next word is expected by then.
    Normal {
        /// When to look again.
        until: Timestamp,
    },
    /// The carrier should be asked; it is too early to worry a person.
    AskCarrier,
    /// A delivery exception that the carrier has not told.
    Exception(Overdue),
}

/// Why silence is an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Overdue {
    /// The label is old and the carrier has not got the parcel.
    NotCollected,
    /// No scan for too long.
    NoScan,
    /// The day by which it should be there has passed.
    Late,
}

/// How long until the next scan is expected.
pub const fn usual_gap(status: TrackingStatus) -> Span {
    match status {
        TrackingStatus::Unknown | TrackingStatus::PreTransit => Span::hours(24),
        TrackingStatus::InTransit => Span::hours(36),
        TrackingStatus::OutForDelivery => Span::hours(12),
        TrackingStatus::AtPickupPoint => Span::days(3),
        // A person has it on the desk already; the carrier is asked in between.
        TrackingStatus::Stalled
        | TrackingStatus::Address
        | TrackingStatus::OutOfZone
        | TrackingStatus::Damaged
        | TrackingStatus::Refused => Span::hours(24),
        TrackingStatus::Delivered | TrackingStatus::SignOffDisputed => Span::days(365),
    }
}

/// What the silence since the last word means; `heard_at` is when the carrier last said anything at
/// all, by its own clock.
pub fn judge(facts: &Facts, heard_at: Option<Timestamp>, now: Timestamp) -> Option<Silence> {
    if facts.state.is_over() {
        return None;
    }
    let since =
        [heard_at, facts.handed_over_at, Some(facts.created_at)].into_iter().flatten().max();
    let since = since.unwrap_or(facts.created_at);
    let gap = usual_gap(facts.track.status);
    let is_late = facts.state == State::HandedOver
        && facts.terms.expected_by < now
        && facts.track.status != TrackingStatus::AtPickupPoint;
    Some(if is_late {
        Silence::Exception(Overdue::Late)
    } else if now < since + gap {
        Silence::Normal { until: since + gap }
    } else if now < since + gap + gap {
        Silence::AskCarrier
    } else if facts.state == State::LabelCreated {
        Silence::Exception(Overdue::NotCollected)
    } else {
        Silence::Exception(Overdue::NoScan)
    })
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;

    use super::super::{Scan, Shipment, tests::terms};
    use super::*;
    use crate::ids::ShipmentId;

    const AT: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    fn on_the_way() -> Facts {
        let (mut shipment, _) = Shipment::create(ShipmentId::from_raw(1), terms(), AT);
        shipment.scanned(&Scan::new(TrackingStatus::InTransit, AT), AT);
        shipment.facts().clone()
    }

    #[test]
    fn the_carrier_is_asked_before_a_person_is() {
        let facts = Facts { created_at: AT, ..on_the_way() };
        let after = |hours| judge(&facts, Some(AT), AT + Span::hours(hours)).unwrap();
        assert_eq!(after(35), Silence::Normal { until: AT + Span::hours(36) });
        assert_eq!(after(36), Silence::AskCarrier);
        assert_eq!(after(72), Silence::Exception(Overdue::NoScan));
    }

    #[test]
    fn a_scan_a_day_does_not_hide_that_it_should_be_there() {
        let late = AT + Span::days(3) + Span::hours(1);
        let judged = judge(&on_the_way(), Some(late), late);
        assert_eq!(judged, Some(Silence::Exception(Overdue::Late)));
    }

    #[test]
    fn what_waits_at_the_pick_up_point_is_not_late() {
        let mut facts = on_the_way();
        facts.track.status = TrackingStatus::AtPickupPoint;
        let later = AT + Span::days(4);
        assert!(matches!(judge(&facts, Some(later), later), Some(Silence::Normal { .. })));
    }

    #[test]
    fn nobody_waits_for_a_word_about_what_is_over() {
        let facts = Facts { state: State::Delivered, ..on_the_way() };
        assert_eq!(judge(&facts, None, AT + Span::days(99)), None);
    }
}
