//! What commands tell whoever typed them.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// Prints a line to standard output: the result of a command.
pub(crate) fn say(line: impl std::fmt::Display) {
    // A closed pipe is the reader's wish to hear no more.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A progress bar on standard error, when a person looks at it; silent otherwise.
#[derive(Debug)]
pub(crate) struct Progress {
    what: &'static str,
    is_shown: bool,
    drawn_at: Option<Instant>,
}

impl Progress {
    /// A bar for long work.
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, is_shown: std::io::stderr().is_terminal(), drawn_at: None }
    }

    /// So much is done; `total` is 0 while it is not known.
    pub(crate) fn at(&mut self, done: u64, total: u64) {
        let is_due = self.drawn_at.is_none_or(|at| at.elapsed() > Duration::from_millis(100));
        if !self.is_shown || !(is_due || done == total) {
            return;
        }
        self.drawn_at = Some(Instant::now());
        let mut terminal = std::io::stderr();
        let width = 30;
        let _ = match (done * width).checked_div(total) {
            None => write!(terminal, "\r{} {done}\x1b[K", self.what),
            Some(filled) => {
                let part = |cells: u64, of: &str| of.repeat(usize::try_from(cells).unwrap_or(0));
                let (full, empty) = (part(filled, "█"), part(width.saturating_sub(filled), "░"));
                write!(terminal, "\r{} {full}{empty} {}%\x1b[K", self.what, filled * 100 / width)
            }
        };
        let _ = terminal.flush();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown && self.drawn_at.is_some() {
            let _ = writeln!(std::io::stderr());
        }
    }
}
