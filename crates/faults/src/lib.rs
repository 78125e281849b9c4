//! Breaks things on purpose, so that a test can show what survives.
//!
//! Each module is one thing that fails in the field: a [`Program`] that is killed or paused, a
//! network that a [`Proxy`] slows down, cuts or silences, a disk that is full ([`Tmpfs`]) or answers
//! with errors ([`Strace`]), a database server that goes away ([`Postgres`]).
//!
//! Everything started here ends with the value that stands for it. What a machine cannot do (mount
//! without root, trace without strace) is an error that says so, never a test that quietly passes.
//!
//! Start at [`Program`]; the others come in beside it.

mod postgres;
mod program;
mod proxy;
mod strace;
mod tmpfs;

use std::time::{Duration, Instant};

pub use postgres::{Postgres, PostgresError, PostgresOptions};
pub use program::{Program, ProgramError, Running};
pub use proxy::{Fault, Proxy};
pub use strace::{Injection, Strace};
pub use tmpfs::{Tmpfs, TmpfsError};

/// Asks `condition` again and again until it holds; false when it did not within that time.
pub fn eventually(within: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + within;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
