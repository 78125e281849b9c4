//! Fulfillments that end with their order before anything left the building.

use ordermill_domain::actor::Act;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Tx, task};

use super::file::{FulfillmentFile, WorkError};

/// Ends the open fulfillments among these, which are all of one order. What was picked already is put back
/// by somebody: a task tells the location.
///
/// # Errors
/// If a carrier has one of them: it is too late.
pub fn cancel_each(
    tx: &mut Tx<'_>,
    act: &Act,
    mut files: Vec<FulfillmentFile>,
) -> Result<(), WorkError> {
    files.retain(|file| file.work.facts().milestones.ended_at.is_none());
    for file in &mut files {
        file.step(act, |work| work.cancel(act.at))?;
        if file.work.has_picked() {
            let facts = file.work.facts();
            let detail = serde_json::json!({ "order": facts.order, "location": facts.location });
            let detail = detail.to_string();
            task::open(tx, TaskKind::PutBack, file.work.id(), &detail, None, act.at)?;
        }
    }
    FulfillmentFile::save_each(tx, &files.iter().collect::<Vec<_>>())?;
    Ok(())
}
