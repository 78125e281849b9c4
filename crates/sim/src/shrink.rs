//! Making a failing run shorter: fewer days, fewer steps and fewer buyers at once that still fail.
//!
//! Delta debugging (Zeller and Hildebrandt, 2002) on the list of steps: parts of it are left out, ever
//! smaller ones, and what fails without them goes on without them.

use std::time::{Duration, Instant};

use ordermill_storage::Address;

use crate::{Failure, Settings, Steps, run};

/// A failure with the smallest run that was found to show one.
#[derive(Debug, Clone)]
pub struct Shrunk {
    /// How that run goes wrong.
    pub failure: Failure,
    /// Runs that it took to find it.
    pub tries: u32,
}

/// Makes a failing run shorter for at most so long. `fresh` gives the address of an empty database
/// for each try.
pub fn shrink(failure: &Failure, within: Duration, mut fresh: impl FnMut() -> Address) -> Shrunk {
    let mut search = Search {
        best: failure.clone(),
        until: Instant::now() + within,
        tries: 0,
        fresh: &mut fresh,
    };
    search.cut_the_end();
    search.leave_out_steps();
    search.fewer_at_once();
    // Fewer buyers may leave steps without a purpose.
    search.leave_out_steps();
    Shrunk { failure: search.best, tries: search.tries }
}

struct Search<'a> {
    best: Failure,
    until: Instant,
    tries: u32,
    fresh: &'a mut dyn FnMut() -> Address,
}

impl Search<'_> {
    /// Whether the run still fails with these settings; if so, they are the best.
    fn fails(&mut self, settings: Settings) -> bool {
        if Instant::now() >= self.until {
            return false;
        }
        self.tries += 1;
        let Err(failure) = run(&(self.fresh)(), self.best.seed, &settings) else { return false };
        self.best = failure;
        true
    }

    fn steps(&self) -> Vec<u32> {
        let settings = &self.best.settings;
        let all = 1..=settings.days * settings.acts;
        all.filter(|step| settings.only.as_ref().is_none_or(|only| only.has(*step))).collect()
    }

    /// Nothing behind the failure is needed.
    fn cut_the_end(&mut self) {
        let mut settings = self.best.settings.clone();
        settings.days = self.best.day;
        let last = self.best.step.unwrap_or(settings.days * settings.acts);
        settings.only = Some(Steps::of(self.steps().into_iter().filter(|step| *step <= last)));
        self.fails(settings);
    }

    fn leave_out_steps(&mut self) {
        let mut parts = 2;
        loop {
            let steps = self.steps();
            if steps.is_empty() {
                return;
            }
            let size = steps.len().div_ceil(parts);
            let without = |index: usize| {
                let kept = steps.chunks(size).enumerate().filter(move |(at, _)| *at != index);
                Steps::of(kept.flat_map(|(_, part)| part.iter().copied()))
            };
            // The newest first: what comes late is least often what all the rest stands on.
            let candidates = (0..steps.len().div_ceil(size)).rev().map(without);
            let found = candidates.into_iter().any(|only| {
                let only = Some(only);
                self.fails(Settings { only, ..self.best.settings.clone() })
            });
            match found {
                true => parts = parts.saturating_sub(1).max(2),
                false if size == 1 => return,
                false => parts = (parts * 2).min(steps.len()),
            }
            if Instant::now() >= self.until {
                return;
            }
        }
    }

    fn fewer_at_once(&mut self) {
        let mut batch_max = 1;
        while batch_max < self.best.settings.batch_max {
            if self.fails(Settings { batch_max, ..self.best.settings.clone() }) {
                return;
            }
            batch_max *= 2;
        }
    }
}
