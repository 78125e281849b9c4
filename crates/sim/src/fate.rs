//! When a process dies: at a chosen moment of all those at which it can.
//!
//! Each transaction of the writer has two such moments, before its commit and after it, before anybody
//! hears of it; each call to a partner that does something has two, before it arrives and before its answer
//! comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts the moments at which a process can die, and says at which it does; clones count together.
#[derive(Clone, Default)]
pub(crate) struct Fate(Arc<Inner>);

#[derive(Default)]
struct Inner {
    passed: AtomicU64,
    /// The moment, counted from 1; 0 for never.
    last: AtomicU64,
    is_over: std::sync::atomic::AtomicBool,
}

/// What becomes of a call to a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// The process lives.
    Lives,
    /// It dies before the partner hears of it.
    DiesBefore,
    /// It dies when the partner has done it.
    DiesAfter,
}

impl Fate {
    /// The process dies once, at this moment from now on.
    pub(crate) fn dies_at(&self, moment: u64) {
        self.0.passed.store(0, Relaxed);
        self.0.last.store(moment, Relaxed);
    }

    /// Moments that have passed.
    pub(crate) fn passed(&self) -> u64 {
        self.0.passed.load(Relaxed)
    }

    /// One more moment passes; whether the process dies at it.
    pub(crate) fn passes(&self) -> bool {
        let is_last = self.0.passed.fetch_add(1, Relaxed) + 1 == self.0.last.load(Relaxed);
        if is_last {
            self.0.is_over.store(true, Relaxed);
        }
        is_last
    }

    /// A partner is called.
    pub(crate) fn call(&self) -> Call {
        match (self.passes(), self.passes()) {
            (true, _) => Call::DiesBefore,
            (_, true) => Call::DiesAfter,
            _ => Call::Lives,
        }
    }

    /// Whether the process has died in a call, and nobody has noticed yet.
    pub(crate) fn is_over(&self) -> bool {
        self.0.is_over.swap(false, Relaxed)
    }
}
