//! Looks at personal data.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, RevealId, StaffId};
use ordermill_domain::reveal::{Event, Field};

use crate::{Error, Tx, journal, params};

/// One look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reveal {
    /// Its id.
    pub id: RevealId,
    /// At which order.
    pub order: OrderId,
    /// By whom.
    pub staff: StaffId,
    /// At which fields.
    pub fields: Vec<Field>,
    /// When.
    pub at: Timestamp,
}

/// Stores a look and journals it with its reason, as an aggregate of its own.
pub fn insert(tx: &mut Tx<'_>, act: &Act, reveal: &Reveal) -> Result<(), Error> {
    let fields: Vec<&str> = reveal.fields.iter().map(|field| field.code()).collect();
    tx.execute(
        "INSERT INTO reveals (id, order_id, staff_id, fields, at) VALUES ($1, $2, $3, $4, $5)",
        params![
            reveal.id.raw(),
            reveal.order.raw(),
            reveal.staff.raw(),
            &fields.join(" "),
            reveal.at,
        ],
    )?;
    let event = Event::Made { order: reveal.order, fields: reveal.fields.clone() };
    let body = serde_json::to_string(&event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: "reveal",
        aggregate_id: reveal.id.raw(),
        sequence: 1,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

/// How many looks someone had since a moment.
pub fn count_since(tx: &mut Tx<'_>, staff: StaffId, since: Timestamp) -> Result<i64, Error> {
    tx.query_one(
        "SELECT COUNT(*) FROM reveals WHERE staff_id = $1 AND at > $2",
        params![staff.raw(), since],
        |row| row.int(),
    )
}

/// The looks at an order, newest first, at most `limit`.
pub fn of(tx: &mut Tx<'_>, order: OrderId, limit: i64) -> Result<Vec<Reveal>, Error> {
    tx.query(
        "SELECT id, order_id, staff_id, fields, at FROM reveals
          WHERE order_id = $1 ORDER BY id DESC LIMIT $2",
        params![order.raw(), limit],
        |row| {
            let (id, order, staff) = (row.id()?, row.id()?, row.id()?);
            let text = row.text()?;
            let unreadable = |_| Error::Unreadable { what: "field", text: text.clone() };
            let fields: Result<Vec<Field>, Error> = text
                .split_whitespace()
                .map(|field| Field::from_code(field).map_err(unreadable))
                .collect();
            Ok(Reveal { id, order, staff, fields: fields?, at: row.at()? })
        },
    )
}
