//! Fulfillments: what each location ships of an order.

use std::collections::HashMap;

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::{Event, Facts, Fulfillment, Line, Milestones, State};
use ordermill_domain::ids::{DecisionId, FulfillmentId, LocationId, MergeId, OrderId, WaveId};

use crate::asked::Asked;
use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, Value, journal, params};

static INSERT: Insert = insert!("fulfillments" {
    id: Int, order_id: Int, location_id: Int, state: Text, version: Int, is_urgent: Int,
    ship_by: Int, not_before: Int, merge_id: Int, planned_at: Int,
});

static INSERT_LINE: Insert = insert!("fulfillment_lines" {
    fulfillment_id: Int, line_no: Int, sku_id: Int, quantity: Int, picked: Int,
});

static INSERT_DECISION: Insert = insert!("sourcing_decisions" {
    order_id: Int, id: Int, decided_at: Int, decision: Text,
});

/// Stores new fulfillments with their lines. Their event is journaled by [`record_each`].
pub fn insert_each<'f>(
    tx: &mut Tx<'_>,
    fulfillments: impl IntoIterator<Item = &'f Fulfillment, IntoIter: Clone>,
) -> Result<(), Error> {
    let all = fulfillments.into_iter().map(Fulfillment::facts);
    let mut rows = tx.appender(&INSERT)?;
    all.clone().try_for_each(|facts| {
        rows.push(params![
            facts.id.raw(),
            facts.order.raw(),
            facts.location.raw(),
            facts.state.code(),
            facts.version,
            facts.is_urgent,
            facts.ship_by,
            facts.not_before,
            facts.merge.map(Id::raw),
            facts.milestones.planned_at,
        ])
    })?;
    drop(rows);
    let mut rows = tx.appender(&INSERT_LINE)?;
    let mut lines = all.flat_map(|facts| facts.lines.iter().map(|line| (facts.id, *line)));
    lines.try_for_each(|(id, Line { line_no, sku, quantity, picked })| {
        rows.push(params![id.raw(), i64::from(line_no), sku.raw(), quantity, picked])
    })
}

/// Stores fulfillments after events, each with its version before them and all of its lines.
pub fn update_each(tx: &mut Tx<'_>, changed: &[(&Fulfillment, i64)]) -> Result<(), Error> {
    const KINDS: &[Kind] = &[
        Kind::Int,
        Kind::Int,
        Kind::Int,
        Kind::Text,
        Kind::Int,
        Kind::Text,
        Kind::Int,
        Kind::Int,
        Kind::Int,
        Kind::Int,
        Kind::Int,
        Kind::Int,
        Kind::Int,
    ];
    const SQL: PerRow<'_> = PerRow {
        sqlite: "UPDATE fulfillments SET version = $3, state = $4, wave_id = $5,
                reject_reason = $6, released_at = $7, picked_at = $8, rechecked_at = $9,
                packed_at = $10, handed_over_at = $11, ended_at = $12, merge_id = $13
            WHERE id = $1 AND version = $2",
        postgres: "UPDATE fulfillments f SET version = n.version, state = n.state,
                wave_id = n.wave_id, reject_reason = n.reject_reason,
                released_at = n.released_at, picked_at = n.picked_at,
                rechecked_at = n.rechecked_at, packed_at = n.packed_at,
                handed_over_at = n.handed_over_at, ended_at = n.ended_at,
                merge_id = n.merge_id
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[],
                $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
                $11::bigint[], $12::bigint[], $13::bigint[])
              AS n (id, version_before, version, state, wave_id, reject_reason, released_at,
                picked_at, rechecked_at, packed_at, handed_over_at, ended_at, merge_id)
            WHERE f.id = n.id AND f.version = n.version_before",
    };
    let mut rows = Columns::new(KINDS);
    for (fulfillment, before) in changed {
        let facts = fulfillment.facts();
        let Milestones {
            released_at,
            picked_at,
            rechecked_at,
            packed_at,
            handed_over_at,
            ended_at,
            ..
        } = facts.milestones;
        rows.push(params![
            facts.id.raw(),
            *before,
            facts.version,
            facts.state.code(),
            facts.wave.map(Id::raw),
            facts.reject_reason.map(|reason| reason.code()),
            released_at,
            picked_at,
            rechecked_at,
            packed_at,
            handed_over_at,
            ended_at,
            facts.merge.map(Id::raw),
        ]);
    }
    tx.change_every(&SQL, rows, "a fulfillment")
}

/// Stores how many pieces of lines are to be shipped and how many were picked.
pub fn update_lines<'l>(
    tx: &mut Tx<'_>,
    lines: impl IntoIterator<Item = (FulfillmentId, &'l Line)>,
) -> Result<(), Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "UPDATE fulfillment_lines SET quantity = $3, picked = $4
            WHERE fulfillment_id = $1 AND line_no = $2",
        postgres: "UPDATE fulfillment_lines l SET quantity = n.quantity, picked = n.picked
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
              AS n (fulfillment_id, line_no, quantity, picked)
            WHERE l.fulfillment_id = n.fulfillment_id AND l.line_no = n.line_no",
    };
    let mut rows = Columns::new(&[Kind::Int; 4]);
    for (id, line) in lines {
        rows.push(params![id.raw(), i64::from(line.line_no), line.quantity, line.picked]);
    }
    tx.change_each(&SQL, rows)
}

/// Appends events of fulfillments to the journal: (act, fulfillment, sequence, event).
pub fn record_each<'e>(
    tx: &mut Tx<'_>,
    events: impl IntoIterator<Item = (&'e Act, FulfillmentId, i64, &'e Event)>,
) -> Result<(), Error> {
    let mut entries = journal::appender(tx)?;
    for (act, id, sequence, event) in events {
        let body = serde_json::to_string(event).map_err(Error::defect)?;
        entries.push(
            act,
            journal::NewEntry {
                aggregate: "fulfillment",
                aggregate_id: id.raw(),
                sequence,
                kind: event.kind(),
                body: &body,
            },
        )?;
    }
    Ok(())
}

/// Stores why the locations of orders were chosen, as JSON: (order, decision, why).
pub fn insert_decisions<'d>(
    tx: &mut Tx<'_>,
    decisions: impl IntoIterator<Item = (OrderId, DecisionId, &'d str)>,
    at: Timestamp,
) -> Result<(), Error> {
    let mut rows = tx.appender(&INSERT_DECISION)?;
    decisions.into_iter().try_for_each(|(order, id, decision)| {
        rows.push(params![order.raw(), id.raw(), at, decision])
    })
}

/// Why the locations of an order were chosen, the newest decision first: (when, JSON).
pub fn decisions(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<(Timestamp, String)>, Error> {
    tx.query(
        "SELECT decided_at, decision FROM sourcing_decisions WHERE order_id = $1
          ORDER BY id DESC",
        params![order.raw()],
        |row| Ok((row.at()?, row.text()?)),
    )
}

macro_rules! columns {
    () => {
        "id, order_id, location_id, state, version, is_urgent, ship_by, not_before, merge_id,
            wave_id, reject_reason, planned_at, released_at, picked_at, rechecked_at, packed_at, handed_over_at, ended_at"
    };
}

pub(crate) const COLUMNS: &str = columns!();

/// A fulfillment whose lines are still to be read.
pub(crate) fn read(row: &mut Row<'_>) -> Result<Facts, Error> {
    Ok(Facts {
        id: row.id()?,
        order: row.id()?,
        location: row.id()?,
        state: row.parsed()?,
        version: row.int()?,
        is_urgent: row.flag()?,
        ship_by: row.opt_at()?,
        not_before: row.opt_at()?,
        merge: row.opt_id()?,
        wave: row.opt_id()?,
        reject_reason: row.opt_parsed()?,
        lines: Vec::new(),
        milestones: Milestones {
            planned_at: row.at()?,
            released_at: row.opt_at()?,
            picked_at: row.opt_at()?,
            rechecked_at: row.opt_at()?,
            packed_at: row.opt_at()?,
            handed_over_at: row.opt_at()?,
            ended_at: row.opt_at()?,
        },
    })
}

fn read_line(row: &mut Row<'_>) -> Result<(FulfillmentId, Line), Error> {
    let (id, line_no) = (row.id()?, row.int()?);
    let unreadable = |_| Error::Unreadable { what: "line number", text: line_no.to_string() };
    let line_no = u16::try_from(line_no).map_err(unreadable)?;
    Ok((id, Line { line_no, sku: row.id()?, quantity: row.int()?, picked: row.int()? }))
}

/// Fulfillments that were asked for, heads and lines together.
#[derive(Debug)]
pub struct AskedWork {
    facts: Asked<Facts>,
    lines: Asked<(FulfillmentId, Line)>,
}

impl AskedWork {
    /// They, in the order in which they were asked for.
    ///
    /// # Errors
    /// Of the database.
    pub fn answer(self, tx: &mut Tx<'_>) -> Result<Vec<Fulfillment>, Error> {
        let facts = self.facts.answer(tx)?;
        Ok(joined(facts, self.lines.answer(tx)?))
    }
}

/// One fulfillment.
pub fn fetch(tx: &mut Tx<'_>, id: FulfillmentId) -> Result<Option<Fulfillment>, Error> {
    Ok(fetch_each(tx, &[id])?.pop())
}

/// Many fulfillments, for those who only look; those that do not exist are left out.
pub fn fetch_each(tx: &mut Tx<'_>, ids: &[FulfillmentId]) -> Result<Vec<Fulfillment>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: concat!("SELECT ", columns!(), " FROM fulfillments WHERE id = $1"),
        postgres: concat!(
            "SELECT ",
            columns!(),
            " FROM fulfillments WHERE id = ANY($1) ORDER BY id"
        ),
    };
    let facts = tx.ask_each(&SQL, Columns::of_ids(ids), read)?;
    let lines = tx.ask_each(&LINES, Columns::of_ids(ids), read_line)?;
    AskedWork { facts, lines }.answer(tx)
}

/// Many fulfillments, sorted by id and locked until the transaction ends where writers run side by
/// side; those that do not exist are left out.
pub fn fetch_each_for_update(
    tx: &mut Tx<'_>,
    ids: &[FulfillmentId],
) -> Result<Vec<Fulfillment>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: concat!("SELECT ", columns!(), " FROM fulfillments WHERE id = $1"),
        postgres: concat!(
            "SELECT ",
            columns!(),
            " FROM fulfillments WHERE id = ANY($1) ORDER BY id FOR UPDATE"
        ),
    };
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let facts = tx.ask_each(&SQL, Columns::of_ids(&ids), read)?;
    let lines = tx.ask_each(&LINES, Columns::of_ids(&ids), read_line)?;
    AskedWork { facts, lines }.answer(tx)
}

/// The fulfillments of orders, the oldest of each order first.
pub fn of_each(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<Vec<Fulfillment>, Error> {
    ask_of_each(tx, orders)?.answer(tx)
}

/// As [`of_each`], without waiting for the answer.
pub fn ask_of_each(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<AskedWork, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: concat!(
            "SELECT ",
            columns!(),
            " FROM fulfillments WHERE order_id = $1 ORDER BY id"
        ),
        postgres: concat!(
            "SELECT ",
            columns!(),
            " FROM fulfillments WHERE order_id = ANY($1) ORDER BY order_id, id"
        ),
    };
    const LINES: PerRow<'_> = PerRow {
        sqlite: "SELECT fulfillment_id, line_no, sku_id, quantity, picked FROM fulfillment_lines
            WHERE fulfillment_id IN (SELECT id FROM fulfillments WHERE order_id = $1)
            ORDER BY fulfillment_id, line_no",
        // The fence keeps a plan that is made once from reading all lines for a join.
        postgres: "SELECT l.fulfillment_id, l.line_no, l.sku_id, l.quantity, l.picked
            FROM fulfillments f
            CROSS JOIN LATERAL (SELECT fulfillment_id, line_no, sku_id, quantity, picked
                FROM fulfillment_lines WHERE fulfillment_id = f.id OFFSET 0) AS l
            WHERE f.order_id = ANY($1) ORDER BY l.fulfillment_id, l.line_no",
    };
    let facts = tx.ask_each(&SQL, Columns::of_ids(orders), read)?;
    let lines = tx.ask_each(&LINES, Columns::of_ids(orders), read_line)?;
    Ok(AskedWork { facts, lines })
}

/// The fulfillments of an order, the oldest first.
pub fn of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Fulfillment>, Error> {
    of_each(tx, &[order])
}

/// The fulfillments of merges, the oldest of each merge first; also those that have ended.
pub fn of_merges(tx: &mut Tx<'_>, merges: &[MergeId]) -> Result<Vec<Fulfillment>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: concat!(
            "SELECT ",
            columns!(),
            " FROM fulfillments WHERE merge_id = $1 ORDER BY id"
        ),
        postgres: concat!(
            "SELECT ",
            columns!(),
            " FROM fulfillments WHERE merge_id = ANY($1) ORDER BY merge_id, id"
        ),
    };
    let facts = tx.query_each(&SQL, &Columns::of_ids(merges), read)?;
    with_lines(tx, facts)
}

/// Orders together with those that any of their work travels or travelled with, sorted.
pub fn with_merged(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<Vec<OrderId>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT o.order_id FROM fulfillments f
            JOIN fulfillments o ON o.merge_id = f.merge_id
            WHERE f.order_id = $1 AND f.merge_id IS NOT NULL",
        postgres: "SELECT o.order_id FROM fulfillments f
            JOIN fulfillments o ON o.merge_id = f.merge_id
            WHERE f.order_id = ANY($1) AND f.merge_id IS NOT NULL",
    };
    let mut all = tx.query_each(&SQL, &Columns::of_ids(orders), |row| row.id())?;
    all.extend_from_slice(orders);
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

const LINES: PerRow<'_> = PerRow {
    sqlite: "SELECT fulfillment_id, line_no, sku_id, quantity, picked FROM fulfillment_lines
        WHERE fulfillment_id = $1 ORDER BY line_no",
    postgres: "SELECT fulfillment_id, line_no, sku_id, quantity, picked FROM fulfillment_lines
        WHERE fulfillment_id = ANY($1) ORDER BY fulfillment_id, line_no",
};

pub(crate) fn with_lines(tx: &mut Tx<'_>, facts: Vec<Facts>) -> Result<Vec<Fulfillment>, Error> {
    let ids: Vec<FulfillmentId> = facts.iter().map(|facts| facts.id).collect();
    let lines = tx.query_each(&LINES, &Columns::of_ids(&ids), read_line)?;
    Ok(joined(facts, lines))
}

fn joined(facts: Vec<Facts>, all: Vec<(FulfillmentId, Line)>) -> Vec<Fulfillment> {
    let mut lines: HashMap<FulfillmentId, Vec<Line>> = HashMap::new();
    for (id, line) in all {
        lines.entry(id).or_default().push(line);
    }
    let whole = facts.into_iter().map(|mut facts| {
        facts.lines = lines.remove(&facts.id).unwrap_or_default();
        Fulfillment::from_facts(facts)
    });
    whole.collect()
}

/// Which fulfillments a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of a location.
    pub location: Option<LocationId>,
    /// Only those in one of these states; open ones of any state if empty.
    pub states: Vec<State>,
    /// Only those of a wave.
    pub wave: Option<WaveId>,
    /// Only those that may be on the floor at this moment.
    pub ready_at: Option<Timestamp>,
}

/// Fulfillments that match, the oldest first: at most `limit` of those behind `after`.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    after: Option<FulfillmentId>,
    limit: i64,
) -> Result<Vec<Fulfillment>, Error> {
    let open: Vec<State> = State::ALL.into_iter().filter(|state| state.is_open()).collect();
    let states = if filter.states.is_empty() { &open } else { &filter.states };
    let mut values = vec![Value::Int(after.map_or(i64::MIN, Id::raw)), Value::Int(limit)];
    let mut conditions = vec!["id > $1".to_owned()];
    let mut place = |value: Value<'static>| {
        values.push(value);
        format!("${}", values.len())
    };
    // In so many words: a plan that is kept finds the index of open work by them.
    let states: Vec<String> = states.iter().map(|state| format!("'{state}'")).collect();
    conditions.push(format!("state IN ({})", states.join(", ")));
    if let Some(location) = filter.location {
        conditions.push(format!("location_id = {}", place(Value::Int(location.raw()))));
    }
    if let Some(wave) = filter.wave {
        conditions.push(format!("wave_id = {}", place(Value::Int(wave.raw()))));
    }
    if let Some(at) = filter.ready_at {
        conditions.push(format!("(not_before IS NULL OR not_before <= {})", place(at.into())));
    }
    let conditions = conditions.join(" AND ");
    let sql = format!("SELECT {COLUMNS} FROM fulfillments WHERE {conditions} ORDER BY id LIMIT $2");
    let facts = tx.query(&sql, &values, read)?;
    with_lines(tx, facts)
}

/// Work of one location in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InState {
    /// Which location.
    pub location: LocationId,
    /// Which state.
    pub state: State,
    /// How many fulfillments.
    pub count: i64,
    /// How many of them should have left by now.
    pub late: i64,
    /// When the oldest of them was planned.
    pub oldest_at: Timestamp,
}

/// How much open work each location has in each state. The cost is that of the open work.
pub fn open_work(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<InState>, Error> {
    tx.query(
        "SELECT location_id, state, COUNT(*),
                CAST(SUM(CASE WHEN ship_by < $1 THEN 1 ELSE 0 END) AS BIGINT), MIN(planned_at)
           FROM fulfillments
          WHERE state IN ('planned', 'released', 'picking', 'picked', 'rechecked', 'packed')
          GROUP BY location_id, state ORDER BY location_id, state",
        params![now],
        |row| {
            Ok(InState {
                location: row.id()?,
                state: row.parsed()?,
                count: row.int()?,
                late: row.int()?,
                oldest_at: row.at()?,
            })
        },
    )
}
