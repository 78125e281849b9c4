//! Cursors of lists: where a page ended, opaque to the client.

use axum::http::StatusCode;
use ordermill_base::Id;

use crate::problem::Problem;

/// The cursor behind an item.
pub fn write(last: impl Id) -> String {
    last.to_string()
}

/// The item behind which the next page starts.
pub fn read<T: Id + std::str::FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| {
        let detail = "use the cursor of the page before, unchanged";
        Problem::new(StatusCode::BAD_REQUEST, "cursor_malformed", detail)
    })
}
