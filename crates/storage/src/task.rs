//! Tasks: what a person must do, one queue model for all desks.

use std::collections::HashSet;

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{StaffId, TaskId};
use ordermill_domain::role::Role;
use ordermill_domain::task::{Event, TaskKind, TaskState};

use crate::asked::Asked;
use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, Value, journal, params};

/// A task, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its key.
    pub id: TaskId,
    /// What is to be done.
    pub kind: TaskKind,
    /// What it is about, as a raw id.
    pub subject_id: i64,
    /// Whose desk.
    pub role: Role,
    /// Where it stands.
    pub state: TaskState,
    /// What a person needs to know, as JSON without personal data.
    pub detail: String,
    /// Who has taken it.
    pub assignee: Option<StaffId>,
    /// Until when it is theirs; none: until they put it back.
    pub claimed_until: Option<Timestamp>,
    /// By when.
    pub due_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
}

impl Task {
    /// Whether somebody is at it, and their time is not over.
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.state == TaskState::Claimed && self.claimed_until.is_none_or(|until| until > now)
    }

    /// Who is at it, if their time is not over.
    pub fn holder(&self, now: Timestamp) -> Option<StaffId> {
        self.assignee.filter(|_| self.is_held(now))
    }
}

static INSERT: Insert = insert!("tasks" {
    id: Int, kind: Text, subject_id: Int, role: Text, state: Text, priority: Int, detail: Text, due_at: Int,
    created_at: Int,
} "ON CONFLICT (subject_id, kind) WHERE state IN ('open', 'claimed') DO NOTHING");

/// Opens a task, unless one of this kind is open for the subject already.
pub fn open(
    tx: &mut Tx<'_>,
    kind: TaskKind,
    subject: impl Id,
    detail: &str,
    due_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    let role = kind.owner();
    let subject_id = subject.raw();
    open_for(tx, Concern { kind, subject_id, role, priority: 0, detail, due_at }, now)
}

/// What a task is to be about.
#[derive(Debug, Clone, Copy)]
pub struct Concern<'a> {
    /// What is to be done.
    pub kind: TaskKind,
    /// What it is about, as a raw id.
    pub subject_id: i64,
    /// Whose desk.
    pub role: Role,
    /// Higher ones are more urgent; 0 is usual.
    pub priority: i64,
    /// What a person needs to know, as JSON without personal data.
    pub detail: &'a str,
    /// By when.
    pub due_at: Option<Timestamp>,
}

/// As [`open`], for any desk and priority.
pub fn open_for(tx: &mut Tx<'_>, concern: Concern<'_>, now: Timestamp) -> Result<(), Error> {
    let id: TaskId = tx.next_id(now);
    tx.append(
        &INSERT,
        params![
            id.raw(),
            concern.kind.code(),
            concern.subject_id,
            concern.role.code(),
            TaskState::Open.code(),
            concern.priority,
            concern.detail,
            concern.due_at,
            now,
        ],
    )
}

/// The task of this kind that is open for a subject, locked where writers run side by side.
pub fn find_open(tx: &mut Tx<'_>, kind: TaskKind, subject_id: i64) -> Result<Option<Task>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} FROM tasks
          WHERE subject_id = $1 AND kind = $2 AND state IN ('open', 'claimed') {lock}"
    );
    tx.query_opt(&sql, params![subject_id, kind.code()], read)
}

/// Whether a task of this kind is open about it, for those who only look: it locks nothing.
pub fn is_open(tx: &mut Tx<'_>, kind: TaskKind, subject_id: i64) -> Result<bool, Error> {
    Ok(ask_is_open(tx, kind, subject_id)?.only(tx)?.is_some())
}

/// As [`is_open`], without waiting for the answer: there is one row if it is.
pub fn ask_is_open(tx: &mut Tx<'_>, kind: TaskKind, subject_id: i64) -> Result<Asked<()>, Error> {
    let sql = "SELECT 1 FROM tasks
          WHERE subject_id = $1 AND kind = $2 AND state IN ('open', 'claimed')";
    tx.ask(sql, params![subject_id, kind.code()], |_| Ok(()))
}

/// Those of these subjects about which a task of this kind is open; it locks nothing.
pub fn open_among<T: Id + std::hash::Hash>(
    tx: &mut Tx<'_>,
    kind: TaskKind,
    subjects: &[T],
) -> Result<HashSet<T>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT subject_id FROM tasks
            WHERE subject_id = $1 AND kind = $2 AND state IN ('open', 'claimed')",
        postgres: "SELECT t.subject_id FROM tasks t
             JOIN unnest($1::bigint[], $2::text[]) AS n (subject_id, kind)
               ON t.subject_id = n.subject_id AND t.kind = n.kind
            WHERE t.state IN ('open', 'claimed')",
    };
    let mut rows = Columns::new(&[Kind::Int, Kind::Text]);
    subjects.iter().for_each(|subject| rows.push(params![subject.raw(), kind.code()]));
    Ok(tx.query_each(&SQL, &rows, |row| row.id())?.into_iter().collect())
}

/// Says anew until when a task is its assignee's, who is still at it; that is no news.
pub fn prolong(tx: &mut Tx<'_>, id: TaskId, until: Timestamp) -> Result<(), Error> {
    tx.change(
        "UPDATE tasks SET claimed_until = $2, version = version + 1 WHERE id = $1",
        params![id.raw(), until],
    )
}

/// The open tasks of a kind, the most urgent first; those that nothing drives come last. At most
/// `limit`.
pub fn queue(tx: &mut Tx<'_>, kind: TaskKind, limit: i64) -> Result<Vec<Task>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM tasks WHERE kind = $1 AND state IN ('open', 'claimed')
          ORDER BY due_at NULLS LAST, id LIMIT $2"
    );
    tx.query(&sql, params![kind.code(), limit], read)
}

/// The most urgent task of a kind that nobody is at, locked; what others are just taking is left to
/// them. Those that nothing drives wait for something else, and are not among them.
pub fn next_free(
    tx: &mut Tx<'_>,
    kind: TaskKind,
    now: Timestamp,
    except: Option<TaskId>,
) -> Result<Option<Task>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} FROM tasks
          WHERE kind = $1 AND (state = 'open' OR (state = 'claimed' AND claimed_until <= $2))
            AND state IN ('open', 'claimed') AND due_at IS NOT NULL AND id <> $3
          ORDER BY due_at, id LIMIT 1 {lock}"
    );
    tx.query_opt(&sql, params![kind.code(), now, except.map_or(0, Id::raw)], read)
}

/// How many tasks of a kind are open, counted up to `limit`.
pub fn count_open(tx: &mut Tx<'_>, kind: TaskKind, limit: i64) -> Result<i64, Error> {
    tx.query_one(
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM tasks
            WHERE kind = $1 AND state IN ('open', 'claimed') LIMIT $2) AS waiting",
        params![kind.code(), limit],
        |row| row.int(),
    )
}

/// What open tasks of a kind are about, as raw ids; the oldest `limit`.
pub fn subjects_open(
    tx: &mut Tx<'_>,
    kind: TaskKind,
    limit: i64,
) -> Result<impl Iterator<Item = i64>, Error> {
    let sql = "SELECT subject_id FROM tasks
          WHERE state IN ('open', 'claimed') AND kind = $1 ORDER BY id LIMIT $2";
    Ok(tx.query(sql, params![kind.code(), limit], |row| row.int())?.into_iter())
}

/// What open tasks of a kind are about, as raw ids, and since when they are open; the oldest `limit`.
pub fn open_since(
    tx: &mut Tx<'_>,
    kind: TaskKind,
    limit: i64,
) -> Result<Vec<(i64, Timestamp)>, Error> {
    let sql = "SELECT subject_id, created_at FROM tasks
          WHERE state IN ('open', 'claimed') AND kind = $1 ORDER BY id LIMIT $2";
    tx.query(sql, params![kind.code(), limit], |row| Ok((row.int()?, row.at()?)))
}

/// Makes a task that is open at least as urgent as `priority`, and says anew what it is about.
pub fn raise(tx: &mut Tx<'_>, id: TaskId, priority: i64, detail: &str) -> Result<(), Error> {
    tx.change(
        "UPDATE tasks SET priority = CASE WHEN priority < $2 THEN $2 ELSE priority END,
                detail = $3, version = version + 1
          WHERE id = $1",
        params![id.raw(), priority, detail],
    )
}

/// Says anew by when a task is to be done; none: nobody waits for it now.
pub fn set_due(tx: &mut Tx<'_>, id: TaskId, due_at: Option<Timestamp>) -> Result<(), Error> {
    tx.change(
        "UPDATE tasks SET due_at = $2, version = version + 1 WHERE id = $1",
        params![id.raw(), due_at],
    )
}

/// Ends a task, with its outcome, if it is open.
pub fn close(
    tx: &mut Tx<'_>,
    kind: TaskKind,
    subject: impl Id,
    outcome: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.change(
        "UPDATE tasks SET state = 'done', outcome = $3, closed_at = $4, version = version + 1
          WHERE subject_id = $1 AND kind = $2 AND state IN ('open', 'claimed')",
        params![subject.raw(), kind.code(), outcome, now],
    )
}

/// As [`close`], for many subjects at once.
pub fn close_each<T: Id>(
    tx: &mut Tx<'_>,
    kind: TaskKind,
    subjects: &[T],
    outcome: &str,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite:
            "UPDATE tasks SET state = 'done', outcome = $3, closed_at = $4, version = version + 1
              WHERE subject_id = $1 AND kind = $2 AND state IN ('open', 'claimed')",
        postgres: "UPDATE tasks t SET state = 'done', outcome = n.outcome, closed_at = n.closed_at,
                   version = t.version + 1
              FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[])
                AS n (subject_id, kind, outcome, closed_at)
              WHERE t.subject_id = n.subject_id AND t.kind = n.kind
                AND t.state IN ('open', 'claimed')",
    };
    let mut rows = Columns::new(&[Kind::Int, Kind::Text, Kind::Text, Kind::Int]);
    for subject in subjects {
        rows.push(params![subject.raw(), kind.code(), outcome, now]);
    }
    tx.change_each(&SQL, rows)
}

const COLUMNS: &str = "id, kind, subject_id, role, state, detail, assignee_id, claimed_until, due_at, outcome, created_at";

fn read(row: &mut Row<'_>) -> Result<Task, Error> {
    Ok(Task {
        id: row.id()?,
        kind: row.parsed()?,
        subject_id: row.int()?,
        role: row.parsed()?,
        state: row.parsed()?,
        detail: row.text()?,
        assignee: row.opt_id()?,
        claimed_until: row.opt_at()?,
        due_at: row.opt_at()?,
        outcome: row.opt_text()?,
        created_at: row.at()?,
    })
}

/// One task.
pub fn fetch(tx: &mut Tx<'_>, id: TaskId) -> Result<Option<Task>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM tasks WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// One task, locked until the transaction ends where writers run side by side.
pub fn fetch_for_update(tx: &mut Tx<'_>, id: TaskId) -> Result<Option<Task>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM tasks WHERE id = $1 {lock}");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// Stores what people did about a task, and journals it. `task` is as it is now; `outcome` and the
/// moment of its end are set when it is over.
pub fn update(tx: &mut Tx<'_>, act: &Act, task: &Task, event: &Event) -> Result<(), Error> {
    let closed_at = (!task.state.is_open()).then_some(act.at);
    tx.execute(
        "UPDATE tasks SET state = $2, assignee_id = $3, outcome = $4, closed_at = $5,
                claimed_until = $6, version = version + 1
          WHERE id = $1",
        params![
            task.id.raw(),
            task.state.code(),
            task.assignee.map(Id::raw),
            task.outcome.as_deref(),
            closed_at,
            task.claimed_until,
        ],
    )?;
    record(tx, act, task.id, event)
}

/// Appends an event of a task to the journal.
pub fn record(tx: &mut Tx<'_>, act: &Act, id: TaskId, event: &Event) -> Result<(), Error> {
    let body = serde_json::to_string(event).map_err(Error::defect)?;
    let sequence = journal::next_sequence(tx, "task", id.raw())?;
    let entry = journal::NewEntry {
        aggregate: "task",
        aggregate_id: id.raw(),
        sequence,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

/// Which tasks a desk looks at. All of them are open or claimed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of these desks; none if empty.
    pub roles: Vec<Role>,
    /// Only those that someone has taken.
    pub assignee: Option<StaffId>,
    /// Only those of a kind.
    pub kind: Option<TaskKind>,
}

/// Tasks that wait or are being done, behind `after`, oldest first, at most `limit`.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    after: Option<TaskId>,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let mut values = vec![Value::Int(after.map_or(0, Id::raw))];
    let mut conditions = "state IN ('open', 'claimed') AND id > $1".to_owned();
    let mut place = |value: Value<'static>| {
        values.push(value);
        format!("${}", values.len())
    };
    let roles: Vec<String> =
        filter.roles.iter().map(|role| place(Value::Text(role.code()))).collect();
    if roles.is_empty() {
        return Ok(Vec::new());
    }
    conditions.push_str(&format!(" AND role IN ({})", roles.join(", ")));
    if let Some(assignee) = filter.assignee {
        conditions.push_str(&format!(" AND assignee_id = {}", place(Value::Int(assignee.raw()))));
    }
    if let Some(kind) = filter.kind {
        conditions.push_str(&format!(" AND kind = {}", place(Value::Text(kind.code()))));
    }
    let limit = place(Value::Int(limit));
    let sql = format!("SELECT {COLUMNS} FROM tasks WHERE {conditions} ORDER BY id LIMIT {limit}");
    tx.query(&sql, &values, read)
}

/// How many tasks wait or are being done at each desk, counted over the oldest `limit`.
pub fn count_by_role(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(Role, i64)>, Error> {
    tx.query(
        "SELECT role, COUNT(*) FROM (SELECT role FROM tasks
            WHERE state IN ('open', 'claimed') ORDER BY id LIMIT $1) AS waiting
          GROUP BY role ORDER BY role",
        params![limit],
        |row| Ok((row.parsed()?, row.int()?)),
    )
}

/// Open tasks behind `after`, oldest first, of one desk or of all, at most `limit`.
pub fn list_open(
    tx: &mut Tx<'_>,
    role: Option<Role>,
    after: Option<TaskId>,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM tasks WHERE state = 'open' AND id > $1
            AND ($2 = '' OR role = $2) ORDER BY id LIMIT $3"
    );
    let role = role.map_or("", |role| role.code());
    tx.query(&sql, params![after.map_or(0, Id::raw), role, limit], read)
}

/// All tasks about a subject, newest first.
pub fn of(tx: &mut Tx<'_>, subject: impl Id) -> Result<Vec<Task>, Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM tasks WHERE subject_id = $1 ORDER BY id DESC LIMIT 100");
    tx.query(&sql, params![subject.raw()], read)
}
