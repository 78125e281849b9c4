//! Slowing down whoever guesses, without locking anybody out.
//!
//! A try is counted before it is looked at, so that many at once gain nothing. After some free tries
//! each further one has to wait, longer every time up to a minute; a success forgets them, and so
//! does a quarter of an hour of quiet. Logins and network addresses are kept as keyed digests.

use ordermill_base::{Span, Timestamp};
use ordermill_storage::attempt::{self, Attempts};
use ordermill_storage::{Error, Tx};
use ordermill_vault::IndexKind;

use crate::privacy::Vault;

/// Whose tries are counted, and how many are free.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guesser {
    subject: i64,
    free: i64,
}

/// Why a try was not looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Throttled {
    #[error("too many tries")]
    Wait(Span),
    #[error(transparent)]
    Storage(#[from] Error),
}

/// After so much quiet all tries are forgotten.
pub(crate) const QUIET: Span = Span::minutes(15);
const WAIT_MAX_SECONDS: i64 = 60;

impl Guesser {
    /// Whoever tries `what` (a login, a code) for `whom`.
    pub(crate) fn new(vault: &Vault, what: &str, whom: &str, free: i64) -> Self {
        let subject = format!("{what}:{whom}");
        let subject = vault.keyring().blind_index(IndexKind::Guesser, &subject);
        Self { subject: subject.expect("a subject that begins with a word"), free }
    }
}

/// Counts a try of all of them, or tells how long to wait and counts nothing.
pub(crate) fn count(
    tx: &mut Tx<'_>,
    guessers: &[Guesser],
    now: Timestamp,
) -> Result<(), Throttled> {
    let mut guessers = guessers.to_vec();
    // One order for all, so that two tries never wait for each other's rows.
    guessers.sort_unstable_by_key(|guesser| guesser.subject);
    let mut counted = Vec::with_capacity(guessers.len());
    let mut wait = None;
    for guesser in guessers {
        let known = attempt::fetch_for_update(tx, guesser.subject)?
            .filter(|known| now.since(known.last_at).as_micros() < QUIET.as_micros());
        if let Some(known) = known.filter(|known| known.next_at > now) {
            wait = wait.max(Some(known.next_at.since(now)));
        }
        let count = known.map_or(0, |known| known.count) + 1;
        let next_at = now + wait_after(count, guesser.free);
        counted.push((guesser.subject, Attempts { count, last_at: now, next_at }));
    }
    if let Some(wait) = wait {
        return Err(Throttled::Wait(wait));
    }
    for (subject, attempts) in counted {
        attempt::save(tx, subject, attempts)?;
    }
    Ok(())
}

/// Forgets the tries of someone who succeeded.
pub(crate) fn forget(tx: &mut Tx<'_>, guesser: Guesser) -> Result<(), Error> {
    attempt::delete(tx, guesser.subject)
}

/// How long to wait after so many tries: nothing while they are free, then 1, 2, 4 … 60 seconds.
fn wait_after(count: i64, free: i64) -> Span {
    let over = count - free;
    if over < 0 {
        return Span::seconds(0);
    }
    let doubled = 1_i64.checked_shl(u32::try_from(over.min(32)).unwrap_or(32));
    Span::seconds(doubled.unwrap_or(WAIT_MAX_SECONDS).min(WAIT_MAX_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_after_the_free_tries_and_never_exceeds_a_minute() {
        let seconds: Vec<i64> = (1..=12).map(|count| wait_after(count, 4).as_seconds()).collect();
        assert_eq!(seconds, [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(wait_after(i64::MAX, 4).as_seconds(), WAIT_MAX_SECONDS);
    }
}
