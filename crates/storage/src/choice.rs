//! Questions to buyers about missing pieces.

use ordermill_base::{Id, Quantity};
use ordermill_domain::actor::Act;
use ordermill_domain::choice::{Answer, AnswerKind, Choice, Event, Facts, Question};
use ordermill_domain::ids::{ChoiceId, OrderId};

use crate::columns::Kind;
use crate::tx::PerRow;
use crate::{Columns, Error, Row, Tx, journal, params};

/// Questions about one order that are shown, at most.
const OF_ORDER_MAX: i64 = 100;

pub(crate) const COLUMNS: &str = "id, order_id, line_no, sku_id, pieces, expected_on, answer_by,
    state, answer, substitute_id, asked_at, closed_at, version";

pub(crate) fn read(row: &mut Row<'_>) -> Result<Choice, Error> {
    let id = row.id()?;
    let order = row.id()?;
    let line = row.int()?;
    let line_no = u16::try_from(line)
        .map_err(|_| Error::Unreadable { what: "line number", text: line.to_string() })?;
    let sku = row.id()?;
    let pieces = row.int()?;
    let pieces = Quantity::new(pieces)
        .map_err(|_| Error::Unreadable { what: "pieces of a choice", text: pieces.to_string() })?;
    let question = Question {
        order,
        line_no,
        sku,
        pieces,
        expected_on: row.opt_parsed()?,
        answer_by: row.at()?,
    };
    Ok(Choice::from_facts(Facts {
        id,
        question,
        state: row.parsed()?,
        answer: read_answer(row)?,
        asked_at: row.at()?,
        closed_at: row.opt_at()?,
        version: row.int()?,
    }))
}

fn read_answer(row: &mut Row<'_>) -> Result<Option<Answer>, Error> {
    let kind: Option<AnswerKind> = row.opt_parsed()?;
    let sku = row.opt_int()?.map(Id::from_raw);
    let unreadable =
        || Error::Unreadable { what: "answer of a choice", text: format!("{kind:?} {sku:?}") };
    kind.map(|kind| Answer::of(kind, sku).ok_or_else(unreadable)).transpose()
}

/// Stores a new question and journals it.
pub fn insert(tx: &mut Tx<'_>, act: &Act, choice: &Choice, event: &Event) -> Result<(), Error> {
    let Facts { id, question, state, asked_at, version, .. } = *choice.facts();
    let day = question.expected_on.map(|day| day.to_string());
    tx.execute(
        "INSERT INTO choices (id, order_id, line_no, sku_id, pieces, expected_on, answer_by, state,
            asked_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            id.raw(),
            question.order.raw(),
            i64::from(question.line_no),
            question.sku.raw(),
            question.pieces.get(),
            day.as_deref(),
            question.answer_by,
            state.code(),
            asked_at,
            version,
        ],
    )?;
    record(tx, act, choice, event)
}

/// Stores what happened to a question last, and journals it.
///
/// # Errors
/// [`Error::Stale`] if the question is not as it was before the event.
pub fn update(tx: &mut Tx<'_>, act: &Act, choice: &Choice, event: &Event) -> Result<(), Error> {
    let Facts { id, state, answer, closed_at, version, .. } = *choice.facts();
    let changed = tx.execute(
        "UPDATE choices
            SET state = $3, answer = $4, substitute_id = $5, closed_at = $6, version = $7
          WHERE id = $1 AND version = $2",
        params![
            id.raw(),
            version - 1,
            state.code(),
            answer.map(|answer| answer.kind().code()),
            answer.and_then(Answer::substitute).map(Id::raw),
            closed_at,
            version,
        ],
    )?;
    if changed != 1 {
        return Err(Error::Stale("a choice"));
    }
    record(tx, act, choice, event)
}

fn record(tx: &mut Tx<'_>, act: &Act, choice: &Choice, event: &Event) -> Result<(), Error> {
    let body = serde_json::to_string(event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: "choice",
        aggregate_id: choice.facts().id.raw(),
        sequence: choice.facts().version,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

/// The question of this id.
pub fn fetch(tx: &mut Tx<'_>, id: ChoiceId) -> Result<Option<Choice>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM choices WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// The question about a line that is open.
pub fn find_open(tx: &mut Tx<'_>, order: OrderId, line_no: u16) -> Result<Option<Choice>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM choices WHERE order_id = $1 AND line_no = $2 AND state = 'asked'"
    );
    tx.query_opt(&sql, params![order.raw(), i64::from(line_no)], read)
}

/// The questions about these orders that are open, by order and line.
pub fn open_of_each(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<Vec<Choice>, Error> {
    let end = "state = 'asked' ORDER BY order_id, line_no";
    let sqlite = format!("SELECT {COLUMNS} FROM choices WHERE order_id = $1 AND {end}");
    let postgres =
        format!("SELECT {COLUMNS} FROM choices WHERE order_id = ANY($1::bigint[]) AND {end}");
    let mut ids = Columns::new(&[Kind::Int]);
    orders.iter().for_each(|order| ids.push(params![order.raw()]));
    tx.query_each(&PerRow { sqlite: &sqlite, postgres: &postgres }, &ids, read)
}

/// The questions about an order, newest first.
pub fn of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Choice>, Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM choices WHERE order_id = $1 ORDER BY id DESC LIMIT $2");
    tx.query(&sql, params![order.raw(), OF_ORDER_MAX], read)
}
