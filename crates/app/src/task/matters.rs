//! Tasks that several things may be to do about one subject: the goods to count in a bin, the lines of an
//! order that lack pieces. Of a kind and subject one task is open at a time, so what comes later is added to
//! it, and it is over when each of its matters is.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Error, Tx, task};
use serde_json::Value;

/// Adds a matter to the open task, or opens one. A matter that agrees with another in the named fields takes
/// its place.
pub(crate) fn add(
    tx: &mut Tx<'_>,
    kind: TaskKind,
    subject: impl Id,
    (matter, same): (&Value, &[&str]),
    now: Timestamp,
) -> Result<(), Error> {
    let detail = written(std::slice::from_ref(matter));
    if task::find_open(tx, kind, subject.raw())?.is_none() {
        task::open(tx, kind, subject, &detail, None, now)?;
    }
    // Of two who open it at once, one finds the other's.
    let Some(open) = task::find_open(tx, kind, subject.raw())? else { return Err(tx.lost_race()) };
    let mut matters = read(&open.detail);
    if matters.contains(matter) {
        return Ok(());
    }
    let agrees = |known: &Value| same.iter().all(|name| known.get(name) == matter.get(name));
    matters.retain(|known| !agrees(known));
    matters.push(matter.clone());
    task::raise(tx, open.id, 0, &written(&matters))
}

/// The matters that agree with `done` in each of its fields are over. The task ends with the last of them.
pub(crate) fn settle(
    tx: &mut Tx<'_>,
    kind: TaskKind,
    subject: impl Id,
    done: &Value,
    outcome: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(open) = task::find_open(tx, kind, subject.raw())? else { return Ok(()) };
    let mut matters = read(&open.detail);
    let before = matters.len();
    matters.retain(|known| !agrees(known, done));
    if matters.is_empty() {
        task::close(tx, kind, subject, outcome, now)?;
    } else if matters.len() < before {
        task::raise(tx, open.id, 0, &written(&matters))?;
    }
    Ok(())
}

/// Whether a matter that agrees with `about` in each of its fields is still to be done.
pub(crate) fn is_open(
    tx: &mut Tx<'_>,
    kind: TaskKind,
    subject: impl Id,
    about: &Value,
) -> Result<bool, Error> {
    let open = task::find_open(tx, kind, subject.raw())?;
    Ok(open.is_some_and(|open| read(&open.detail).iter().any(|known| agrees(known, about))))
}

fn agrees(known: &Value, about: &Value) -> bool {
    let mut fields = about.as_object().into_iter().flatten();
    fields.all(|(name, value)| known.get(name) == Some(value))
}

/// What a task is about; one from before there could be several is about what it says.
fn read(detail: &str) -> Vec<Value> {
    let Ok(mut detail) = serde_json::from_str::<Value>(detail) else { return Vec::new() };
    match detail.get_mut(MATTERS).map(Value::take) {
        Some(Value::Array(matters)) => matters,
        _ => vec![detail],
    }
}

fn written(matters: &[Value]) -> String {
    serde_json::json!({ MATTERS: matters }).to_string()
}

/// The field of the details that lists them.
pub const MATTERS: &str = "matters";
