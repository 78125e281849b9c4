//! Pieces that were picked in vain go back to a shelf.

use std::collections::{BTreeMap, BTreeSet};

use ordermill_base::Id as _;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{BinId, FulfillmentId, PickListId};
use ordermill_domain::pick_list::{Event, ListError, PickList};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Tx, location, pick_list as stored, shelf, stock, task};

use super::{PickError, may_pick};
use crate::permission::Principal;

/// Pieces of a line that were picked in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InVain {
    /// Of which list.
    pub list: PickListId,
    /// Of which of its lines.
    pub line: i64,
    /// How many.
    pub pieces: i64,
}

/// Puts pieces that were picked in vain on a shelf. Gives how many of the line are still to be put away.
///
/// # Errors
/// If the line has fewer of them, if nobody is asked to put them back, or if the bin is elsewhere.
pub fn put_away(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    (list, line): (PickListId, i64),
    bin: BinId,
    pieces: i64,
) -> Result<i64, PickError> {
    let lists = put_away_each(tx, principal, act, &[InVain { list, line, pieces }], bin)?;
    let line = lists.first().and_then(|list| list.line(line));
    Ok(line.map_or(0, |line| line.picked - line.returned))
}

/// As [`put_away`], for lines of several lists, which are locked before any stock. Gives the lists, by id.
pub(crate) fn put_away_each(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    goods: &[InVain],
    bin: BinId,
) -> Result<Vec<PickList>, PickError> {
    let ids: BTreeSet<PickListId> = goods.iter().map(|it| it.list).collect();
    let mut lists: BTreeMap<PickListId, (PickList, Vec<Event>)> = BTreeMap::new();
    for id in ids {
        let list = stored::fetch_for_update(tx, id)?.ok_or(PickError::NotFound)?;
        may_pick(principal, list.facts().location)?;
        lists.insert(id, (list, Vec::new()));
    }
    let mut lines = Vec::with_capacity(goods.len());
    for it in goods {
        let (list, events) = lists.get_mut(&it.list).ok_or(PickError::NotFound)?;
        let line = list.line(it.line).ok_or(ListError::NoLine)?.clone();
        let at = list.facts().location;
        events.push(list.put_away(it.line, it.pieces, act.at)?);
        lines.push((line, at, it.pieces));
    }
    let work: BTreeSet<FulfillmentId> = lines.iter().map(|(line, ..)| line.fulfillment).collect();
    for id in &work {
        task::find_open(tx, TaskKind::PutBack, id.raw())?.ok_or(PickError::NotFound)?;
    }
    let bin_at = location::fetch_bin(tx, bin)?.map(|bin| bin.location);
    if lines.iter().any(|(_, at, _)| bin_at != Some(*at)) {
        return Err(PickError::NotFound);
    }
    stock::lock(tx, lines.iter().map(|(line, ..)| line.sku))?;
    for (line, at, pieces) in &lines {
        let spot = (line.sku, *at, bin, line.lot.as_str());
        shelf::put(tx, spot, line.expires_on, *pieces, 0)?;
    }
    for (list, events) in lists.values() {
        stored::update_each(tx, act, list, events)?;
    }
    for id in work {
        if stored::to_put_away_of(tx, id)? == 0 {
            task::close(tx, TaskKind::PutBack, id, "put_away", act.at)?;
        }
    }
    Ok(lists.into_values().map(|(list, _)| list).collect())
}
