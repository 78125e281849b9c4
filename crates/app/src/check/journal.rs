//! The journal itself: no history has gaps, and the audit chain holds.

use ordermill_storage::Error;
use ordermill_storage::audit::{self, VerifyError};
use ordermill_storage::check::{self, Sequenced};

use super::Examination;

const ENTRIES: i64 = 4_096;

/// I5: each history counts 1, 2, 3 …
pub(super) fn run_sequences(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    let mut before: Option<Sequenced> = None;
    let mut count = 0;
    loop {
        let steps = check::sequences(examination.tx, before.as_ref(), ENTRIES)?;
        if steps.is_empty() {
            return Ok(count);
        }
        count += steps.len() as i64;
        for step in steps {
            let (id, aggregate, sequence) = &step;
            let same = before.as_ref().filter(|(i, a, _)| (i, a) == (id, aggregate));
            let expected = same.map_or(1, |(_, _, sequence)| sequence + 1);
            if *sequence != expected {
                let what = format!("event {sequence} stands where {expected} is expected");
                examination.found("I5", format!("{aggregate} {id}"), what);
            }
            before = Some(step);
        }
        (examination.progress)("histories", count);
    }
}

/// I9: the chain verifies from first to last event.
pub(super) fn run_audit(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    let progress = &mut *examination.progress;
    let verified = audit::verify(examination.tx, examination.published, &mut |so_far| {
        progress("audit chain", so_far.entries);
    });
    match verified {
        Ok(verified) => Ok(verified.entries),
        Err(VerifyError::Storage(error)) => Err(error),
        Err(VerifyError::Bad(bad)) => {
            examination.found("I9", bad.position, bad.to_string());
            Ok(0)
        }
    }
}
