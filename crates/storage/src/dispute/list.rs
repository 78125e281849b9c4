//! Lists of disputes.

use ordermill_base::Id;
use ordermill_domain::dispute::{Dispute, State};
use ordermill_domain::ids::DisputeId;

use super::{COLUMNS, read};
use crate::{Error, Tx, params};

/// Which disputes are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only those that stand so.
    pub state: Option<State>,
    /// Only those that were known before this one.
    pub before: Option<DisputeId>,
}

/// Disputes, the newest first, at most `limit`.
pub fn list(tx: &mut Tx<'_>, filter: Filter, limit: i64) -> Result<Vec<Dispute>, Error> {
    let before = filter.before.map_or(i64::MAX, Id::raw);
    match filter.state {
        Some(state) => {
            let sql = format!(
                "SELECT {COLUMNS} FROM disputes WHERE state = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
            );
            tx.query(&sql, params![state.code(), before, limit], read)
        }
        None => {
            let sql =
                format!("SELECT {COLUMNS} FROM disputes WHERE id < $1 ORDER BY id DESC LIMIT $2");
            tx.query(&sql, params![before, limit], read)
        }
    }
}

/// How many disputes wait for an answer, counted up to `limit`.
pub fn count_waiting(tx: &mut Tx<'_>, limit: i64) -> Result<i64, Error> {
    tx.query_one(
        "SELECT COUNT(*) FROM (
            SELECT 1 AS one FROM disputes WHERE state = 'needs_response' LIMIT $1) AS counted",
        params![limit],
        |row| row.int(),
    )
}
