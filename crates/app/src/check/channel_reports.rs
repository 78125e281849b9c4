//! What channels are told of parcels: each is told, scheduled, or failed with a task for a person.

use ordermill_domain::channel_report::State;
use ordermill_storage::check::{self, Walk};
use ordermill_storage::{Error, task};

use super::Examination;
use crate::channel::report::TRIES;

/// I7: nothing is forgotten, nothing is tried beyond its plan, and only what has left is told.
pub(super) fn run(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    examination.walk("channel reports", Walk::ChannelReports, |examination, range| {
        for report in check::channel_reports(examination.tx, range)? {
            // One more than its plan: a claim that a crash cut short is tried again.
            if report.state == State::Waiting && report.attempts > TRIES + 1 {
                let what = format!("told {} times, beyond its plan", report.attempts);
                examination.found("I7", report.id, what);
            }
            if report.told_at.is_some_and(|told_at| told_at < report.left_at) {
                examination.found("I7", report.id, "told before it had left");
            }
            let is_failed = report.state == State::Failed;
            if is_failed && task::of(examination.tx, report.id)?.is_empty() {
                examination.found("I7", report.id, "not told, and nobody knows");
            }
        }
        for id in check::channel_reports_of_nothing(examination.tx, range)? {
            examination.found("I7", id, "a channel is told of a parcel that has not left");
        }
        Ok(())
    })
}
