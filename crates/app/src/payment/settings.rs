//! How patient we are with gateways, and what becomes of late money.

use ordermill_base::Span;
use ordermill_domain::payment::LatePolicy;

/// What a shop may set about its payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentSettings {
    /// What becomes of money whose stock is gone, where no shop's setting says so.
    pub late_policy: LatePolicy,
    /// The waits between questions about a payment that is not over; the last one repeats. When
    /// they are used up without an end, a person is asked to look.
    pub ask_after: Vec<Span>,
    /// The waits between looks at a refund that is not over, and before a failed one is sent again;
    /// the last one repeats.
    pub refund_after: Vec<Span>,
    /// How often a refund fails before a person is asked to look. It goes on being tried.
    pub refund_tries: i64,
    /// The waits before a notice that could not be processed is tried again; the last one repeats.
    pub notice_after: Vec<Span>,
    /// How often a notice is tried before it is put aside.
    pub notice_tries: i64,
    /// How often the list of disputes of a gateway is read, in case a notice was lost.
    pub disputes_every: Span,
    /// A gateway that gave no answer is asked again within this.
    pub answer_within: Span,
    /// Longer than any call to a gateway takes with all its repeats: who claimed something and has
    /// not come back by then is given up.
    pub call_within: Span,
    /// How long after its last moment to be paid a payment is closed at the gateway.
    pub close_after: Span,
    /// How many calls of one kind are made at once.
    pub calls_at_once: i64,
    /// How often the background work looks for something to do.
    pub look_every: Span,
}

impl Default for PaymentSettings {
    fn default() -> Self {
        Self {
            late_policy: LatePolicy::Refund,
            // Together 25 hours: an hour longer than buyers have to pay.
            ask_after: vec![
                Span::seconds(2),
                Span::seconds(5),
                Span::seconds(15),
                Span::minutes(1),
                Span::minutes(5),
                Span::minutes(15),
                Span::minutes(30),
                Span::hours(1),
                Span::hours(2),
                Span::hours(3),
                Span::hours(6),
                Span::hours(6),
                Span::hours(6),
            ],
            refund_after: vec![
                Span::seconds(5),
                Span::minutes(1),
                Span::minutes(15),
                Span::hours(1),
                Span::hours(6),
            ],
            refund_tries: 4,
            notice_after: vec![
                Span::seconds(1),
                Span::seconds(10),
                Span::minutes(1),
                Span::minutes(10),
            ],
            notice_tries: 5,
            disputes_every: Span::minutes(5),
            answer_within: Span::minutes(5),
            call_within: Span::minutes(1),
            close_after: Span::minutes(1),
            calls_at_once: 32,
            look_every: Span::seconds(1),
        }
    }
}

/// The wait behind the `nth` try, counted from 1.
pub(crate) fn wait_after(waits: &[Span], nth: i64) -> Span {
    let index = usize::try_from(nth - 1).unwrap_or(0);
    waits.get(index).or(waits.last()).copied().unwrap_or(Span::minutes(1))
}

/// Whether there were more tries than waits.
pub(crate) fn is_used_up(waits: &[Span], tries: i64) -> bool {
    usize::try_from(tries).is_ok_and(|tries| tries > waits.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_is_asked_about_for_as_long_as_it_can_be_paid() {
        let settings = PaymentSettings::default();
        let all = settings.ask_after.iter().map(|wait| wait.as_seconds()).sum::<i64>();
        assert!(all > Span::hours(24).as_seconds(), "{all} s");
    }

    #[test]
    fn the_last_wait_repeats() {
        let waits = [Span::seconds(1), Span::seconds(2)];
        let seconds = [1, 2, 3, 9].map(|nth| wait_after(&waits, nth).as_seconds());
        assert_eq!(seconds, [1, 2, 2, 2]);
        assert_eq!([2, 3].map(|tries| is_used_up(&waits, tries)), [false, true]);
    }
}
