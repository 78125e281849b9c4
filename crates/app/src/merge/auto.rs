//! Merging by itself: a reader of the journal lets work that was just planned travel with what waits for
//! the same buyer, where the shop's settings say so.
//!
//! What a person has decided is not undone by itself: an order that somebody let pass would be held again,
//! so it is only suggested. Work that lies elsewhere is brought by a person, too.

use std::sync::Arc;

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::fulfillment::State;
use ordermill_domain::ids::FulfillmentId;
use ordermill_domain::merge::MEMBERS_MAX;
use ordermill_domain::order::Review;
use ordermill_storage::journal::Entry;
use ordermill_storage::{Error, Tx, fulfillment, order, risk};

use super::by_hand::{By, MergeError, join};
use super::candidates;
use crate::catalog::{Catalog, CatalogHolder};
use crate::fulfillment::WorkError;
use crate::order::file::FileError;
use crate::privacy::Vault;
use crate::reader::{ReadError, Reader};
use crate::risk::marks_now;
use crate::sourcing::by_hand::Seen;
use crate::sourcing::settings::MergeMode;

/// The name of the cursor.
pub const READER: &str = "merges";
const KINDS: &[&str] = &["fulfillment.planned"];

/// Merges work as it is planned.
pub fn reader(catalog: Arc<CatalogHolder>, vault: Vault) -> Reader {
    let reader = Reader::new(READER, move |tx, entries, now| {
        let catalog = catalog.current();
        // Work that a person has planned so, by splitting or moving it, travels as they planned it.
        let by_rules = |entry: &&Entry| matches!(entry.actor, Actor::System(_));
        for entry in entries.iter().filter(by_rules) {
            let id = FulfillmentId::from_raw(entry.aggregate_id);
            merge_planned(tx, &catalog, &vault, id, now).map_err(ReadError::Storage)?;
        }
        Ok(())
    });
    Reader { kinds: Some(KINDS), is_command: true, ..reader }
}

/// Merges work that was just planned with what waits, if the settings want it. It may run twice.
///
/// # Errors
/// If the database does not answer.
pub fn merge_planned(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    vault: &Vault,
    id: FulfillmentId,
    now: Timestamp,
) -> Result<(), Error> {
    if catalog.sourcing.merge.mode != MergeMode::Automatic {
        return Ok(());
    }
    let Some(work) = fulfillment::fetch(tx, id)? else { return Ok(()) };
    let facts = work.facts();
    if facts.state != State::Planned || facts.merge.is_some() {
        return Ok(());
    }
    if let Some(marks) = marks_now(tx, vault, facts.order)? {
        // The next order of the same hand finds this one, however far the reader of marks is.
        risk::insert_marks(tx, facts.order, &marks)?;
    }
    let mut together = vec![Seen { id, version: work.version() }];
    let own = order::fetch(tx, facts.order)?.map(|stored| stored.order.facts().review);
    if own != Some(Review::AutoPassed) {
        return Ok(());
    }
    for candidate in candidates(tx, catalog, vault, &work)? {
        let theirs = order::fetch(tx, candidate.work.facts().order)?;
        let review = theirs.map(|stored| stored.order.facts().review);
        if candidate.obstacles.is_empty() && review == Some(Review::AutoPassed) {
            together.push(Seen { id: candidate.work.id(), version: candidate.work.version() });
        }
    }
    together.truncate(MEMBERS_MAX);
    let act = Act::new(Actor::system(READER), now);
    // All of them, or as many of the newest as may travel together.
    while together.len() > 1 {
        match join(tx, catalog, vault, &act, &together, By::Rules) {
            Ok(_) => return Ok(()),
            Err(
                MergeError::Work(WorkError::Storage(error))
                | MergeError::Work(WorkError::Order(FileError::Storage(error))),
            ) => return Err(error),
            Err(_) => together.truncate(together.len() - 1),
        }
    }
    Ok(())
}
