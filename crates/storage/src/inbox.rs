//! The inbox: what came in from outside, stored sealed as received before anything is made of it.
//!
//! A message is stored once for each (source, its own id there), claimed by one node at a time, and
//! ends done or, if it cannot be processed, in quarantine, from where a person may replay it.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::InboxId;

use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{BatchCommand, Columns, Error, Insert, Row, Tx, params};

/// A message as it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Our key, made before so that the body could be sealed for it.
    pub id: InboxId,
    /// Who sent it: the name of a gateway or a channel.
    pub source: String,
    /// The sender's own id of the message, the same for each delivery.
    pub external_id: String,
    /// What kind of message it is: which use case processes it.
    pub topic: &'static str,
    /// Headers and body as received, as ciphertext.
    pub body: Vec<u8>,
    /// When it came in.
    pub received_at: Timestamp,
}

/// A message that waits or was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Our key.
    pub id: InboxId,
    /// Who sent it.
    pub source: String,
    /// The sender's own id of the message.
    pub external_id: String,
    /// Headers and body as received, as ciphertext.
    pub body: Vec<u8>,
    /// How often it was claimed, this time included.
    pub attempts: i64,
    /// When it came in.
    pub received_at: Timestamp,
    /// What was wrong with it last time. Never personal data.
    pub last_error: Option<String>,
}

static INSERT: Insert = insert!("inbox" {
    id: Int, source: Text, external_id: Text, topic: Text, body: Blob, state: Text, next_at: Int,
    received_at: Int,
} "ON CONFLICT (source, external_id) DO NOTHING");

/// Stores a message, unless the same one came in before. It is due at once. Partners push by the thousand,
/// so those that come in together are stored together.
impl BatchCommand for NewMessage {
    type Output = ();

    fn run(batch: &[&Self], tx: &mut Tx<'_>) -> Result<Vec<()>, Error> {
        // Two writers that hold the same messages wait for each other in one direction only.
        let mut messages = batch.to_vec();
        messages.sort_by_key(|message| (&message.source, &message.external_id));
        let mut rows = tx.appender(&INSERT)?;
        for message in messages {
            rows.push(params![
                message.id.raw(),
                &message.source,
                &message.external_id,
                message.topic,
                &message.body,
                "waiting",
                message.received_at,
                message.received_at,
            ])?;
        }
        Ok(vec![(); batch.len()])
    }
}

const COLUMNS: &str = "id, source, external_id, body, attempts, received_at, last_error";

fn read(row: &mut Row<'_>) -> Result<Message, Error> {
    Ok(Message {
        id: row.id()?,
        source: row.text()?,
        external_id: row.text()?,
        body: row.bytes()?,
        attempts: row.int()?,
        received_at: row.at()?,
        last_error: row.opt_text()?,
    })
}

/// Claims messages of a topic that are due, at most `limit`; each is due again at `again_at`, in
/// case the node that has claimed it does not come back.
pub fn claim(
    tx: &mut Tx<'_>,
    topic: &str,
    now: Timestamp,
    again_at: Timestamp,
    limit: i64,
) -> Result<Vec<Message>, Error> {
    let skip_locked = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE inbox SET next_at = $3, attempts = attempts + 1 WHERE id IN (
            SELECT id FROM inbox WHERE state = 'waiting' AND next_at <= $2 AND topic = $1
             ORDER BY next_at LIMIT $4 {skip_locked})
      RETURNING {COLUMNS}"
    );
    let mut claimed = tx.query_write(&sql, params![topic, now, again_at, limit], read)?;
    claimed.sort_by_key(|message| message.id);
    Ok(claimed)
}

/// Ends messages that were processed. Gives how many of them were waiting.
pub fn finish(tx: &mut Tx<'_>, ids: &[InboxId], now: Timestamp) -> Result<u64, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "UPDATE inbox SET state = 'done', closed_at = $2
            WHERE id = $1 AND state = 'waiting'",
        postgres: "UPDATE inbox i SET state = 'done', closed_at = n.closed_at
            FROM unnest($1::bigint[], $2::bigint[]) AS n (id, closed_at)
            WHERE i.id = n.id AND i.state = 'waiting'",
    };
    let mut rows = Columns::new(&[Kind::Int, Kind::Int]);
    ids.iter().for_each(|id| rows.push(params![id.raw(), now]));
    tx.execute_each(&SQL, &rows)
}

/// Puts a message off that could not be processed this time.
pub fn put_off(tx: &mut Tx<'_>, id: InboxId, next_at: Timestamp, error: &str) -> Result<(), Error> {
    tx.change(
        "UPDATE inbox SET next_at = $2, last_error = $3 WHERE id = $1 AND state = 'waiting'",
        params![id.raw(), next_at, error],
    )
}

/// Puts a message aside that cannot be processed, so that it holds up nothing else.
pub fn quarantine(tx: &mut Tx<'_>, id: InboxId, error: &str, now: Timestamp) -> Result<(), Error> {
    tx.change(
        "UPDATE inbox SET state = 'quarantined', last_error = $2, closed_at = $3
          WHERE id = $1 AND state = 'waiting'",
        params![id.raw(), error, now],
    )
}

/// Lets a message in quarantine be processed again from the start. Gives whether there was one.
pub fn replay(tx: &mut Tx<'_>, id: InboxId, now: Timestamp) -> Result<bool, Error> {
    let replayed = tx.execute(
        "UPDATE inbox SET state = 'waiting', attempts = 0, next_at = $2, closed_at = NULL
          WHERE id = $1 AND state = 'quarantined'",
        params![id.raw(), now],
    )?;
    Ok(replayed > 0)
}

/// Messages in quarantine behind `after`, oldest first, at most `limit`.
pub fn quarantined(
    tx: &mut Tx<'_>,
    after: Option<InboxId>,
    limit: i64,
) -> Result<Vec<Message>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM inbox WHERE state = 'quarantined' AND id > $1 ORDER BY id LIMIT $2"
    );
    tx.query(&sql, params![after.map_or(0, Id::raw), limit], read)
}

/// How many messages wait, counted up to `limit`: a figure for `/metrics`.
pub fn count_waiting(tx: &mut Tx<'_>, limit: i64) -> Result<i64, Error> {
    tx.query_one(
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM inbox WHERE state = 'waiting' LIMIT $1) AS counted",
        params![limit],
        |row| row.int(),
    )
}

/// Forgets messages that were processed before `before`, at most `limit`; gives how many.
pub fn prune(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    // Rows are due when they come in, so the index by state and due time finds old ones first.
    tx.execute(
        "DELETE FROM inbox WHERE id IN (
            SELECT id FROM inbox WHERE state = 'done' AND next_at < $1 AND closed_at < $1
             ORDER BY next_at LIMIT $2)",
        params![before, limit],
    )
}
