//! What commands tell whoever typed them.

use std::io::Write as _;

/// Prints a line to standard output: the result of a command.
pub(crate) fn say(line: impl std::fmt::Display) {
    // A closed pipe is the reader's wish to hear no more.
    let _ = writeln!(std::io::stdout(), "{line}");
}
