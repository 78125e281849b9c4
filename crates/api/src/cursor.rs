//! Cursors of lists: where a page ended, opaque to the client.

use axum::http::StatusCode;
use ordermill_base::Id;

use crate::problem::Problem;

/// Letters of a cursor at most.
const CHARS_MAX: usize = 100;

/// The cursor behind an item.
pub fn write(last: impl Id) -> String {
    last.to_string()
}

/// The item behind which the next page starts.
pub fn read<T: std::str::FromStr>(text: &str) -> Result<T, Problem> {
    checked(text)?.parse().map_err(|_| malformed())
}

/// A cursor that is a label, as long as one can be.
pub fn checked(text: &str) -> Result<&str, Problem> {
    if text.chars().count() <= CHARS_MAX { Ok(text) } else { Err(malformed()) }
}

fn malformed() -> Problem {
    let detail = "use the cursor of the page before, unchanged";
    Problem::new(StatusCode::BAD_REQUEST, "cursor_malformed", detail)
}
