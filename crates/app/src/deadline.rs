//! The task that tells a person of deadlines: one for each thing, whatever is near or breached of it.
//!
//! It opens with a warning, becomes urgent with a breach, and ends by itself when the last deadline that
//! it tells of is met.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::task::TaskKind;
use ordermill_storage::deadline::{Due, Stage};
use ordermill_storage::task::{self, Concern};
use ordermill_storage::{Error, Tx};
use serde_json::{Map, Value};

/// Higher than anything that is only near.
const BREACHED_PRIORITY: i64 = 10;

/// Tells of a deadline that is near or breached.
pub(crate) fn tell(tx: &mut Tx<'_>, due: &Due, now: Timestamp) -> Result<(), Error> {
    let open = task::find_open(tx, TaskKind::Deadline, due.subject_id)?;
    let mut detail = open.as_ref().map(|task| read(&task.detail)).unwrap_or_default();
    let is_breached = due.stage == Stage::Breach;
    let about = serde_json::json!({ "due_at": due.due_at, "breached": is_breached });
    detail.insert(due.kind.code().to_owned(), about);
    let (detail, priority) =
        (Value::Object(detail).to_string(), if is_breached { BREACHED_PRIORITY } else { 0 });
    match open {
        Some(task) => task::raise(tx, task.id, priority, &detail),
        None => {
            let (subject_id, role) = (due.subject_id, due.kind.rule().owner);
            let (kind, due_at) = (TaskKind::Deadline, Some(due.due_at));
            let detail = &detail;
            task::open_for(tx, Concern { kind, subject_id, role, priority, detail, due_at }, now)
        }
    }
}

/// A deadline is met, or over: nobody has to be told of it any more. What else the task tells of stays.
pub(crate) fn settle(
    tx: &mut Tx<'_>,
    subject: impl Id,
    met: DeadlineKind,
    outcome: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(open) = task::find_open(tx, TaskKind::Deadline, subject.raw())? else {
        return Ok(());
    };
    let mut detail = read(&open.detail);
    if detail.remove(met.code()).is_none() {
        return Ok(());
    }
    if detail.is_empty() {
        task::close(tx, TaskKind::Deadline, subject, outcome, now)
    } else {
        task::raise(tx, open.id, 0, &Value::Object(detail).to_string())
    }
}

fn read(detail: &str) -> Map<String, Value> {
    serde_json::from_str(detail).unwrap_or_default()
}
