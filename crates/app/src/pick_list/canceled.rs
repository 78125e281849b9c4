//! Lists learn what is no longer wanted: a reader of the journal drops the stops of fulfillments that were
//! canceled, rejected or withdrawn, and gives their claims in bins back.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::FulfillmentId;
use ordermill_domain::pick_list::Line;
use ordermill_storage::{Error, Tx, pick_list as stored, shelf, stock};

use crate::reader::Reader;

/// The name of the cursor.
const READER: &str = "pick_lists";
/// After these, nothing is picked for a fulfillment any more.
const KINDS: &[&str] = &["fulfillment.canceled", "fulfillment.rejected", "fulfillment.withdrawn"];

/// Takes what is no longer wanted off the lists.
pub fn reader() -> Reader {
    let reader = Reader::new(READER, |tx, entries, now| {
        let mut gone = entries.iter().map(|entry| FulfillmentId::from_raw(entry.aggregate_id));
        Ok(gone.try_for_each(|id| drop_fulfillment(tx, id, now))?)
    });
    Reader { kinds: Some(KINDS), is_command: true, ..reader }
}

/// Nothing more is picked for a fulfillment. It may run twice.
pub fn drop_fulfillment(tx: &mut Tx<'_>, id: FulfillmentId, now: Timestamp) -> Result<(), Error> {
    let act = Act::new(Actor::system(READER), now);
    for list in stored::of_fulfillment(tx, id)? {
        let Some(mut list) = stored::fetch_for_update(tx, list)? else { continue };
        let at = list.facts().location;
        let lines = list.facts().lines.iter();
        let left: Vec<Line> = lines.filter(|line| line.fulfillment == id).cloned().collect();
        let Some(event) = list.drop_fulfillment(id, now) else { continue };
        stock::lock(tx, left.iter().map(|line| line.sku))?;
        let claims = left
            .iter()
            .filter_map(|line| Some(((line.sku, at, line.bin?, line.lot.as_str()), -line.left())));
        shelf::claim_each(tx, claims)?;
        stored::update(tx, &act, &list, &event)?;
    }
    Ok(())
}
