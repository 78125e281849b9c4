//! `ordermill check`: the invariants, on any database, also while it is in use.

use std::process::ExitCode;
use std::sync::Arc;

use ordermill_app::check as invariants;
use ordermill_base::{Clock as _, IdGenerator};
use ordermill_storage::Connection;

use super::terminal::{Progress, say};
use crate::clock::SystemClock;
use crate::config::Settings;

/// Checks everything and lists what is broken.
pub(crate) fn check(settings: &Settings) -> anyhow::Result<ExitCode> {
    let ids = Arc::new(IdGenerator::new(0));
    let mut connection = Connection::open_reader(&settings.address()?, ids)?;
    let mut progress = Progress::new("checking");
    let mut done = 0;
    let report = invariants::check(&mut connection, SystemClock.now(), None, &mut |_, count| {
        done += u64::try_from(count).unwrap_or(0);
        progress.at(done, 0);
    })?;
    drop(progress);
    for (name, count) in &report.checked {
        say(format_args!("{name:<14} {count:>12}"));
    }
    for violation in &report.violations {
        say(format_args!("{} {}: {}", violation.invariant, violation.subject, violation.what));
    }
    if report.unlisted > 0 {
        say(format_args!("and {} more", report.unlisted));
    }
    if report.is_healthy() {
        say("every invariant holds");
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}
