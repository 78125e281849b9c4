//! Lists as people see them: with labels in place of keys.

use std::collections::{BTreeSet, HashMap};

use ordermill_domain::ids::BinId;
use ordermill_domain::pick_list::{Line, PickList};
use ordermill_storage::{Error, Tx, location};

/// A stop with the label of its bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The line.
    pub line: Line,
    /// The label of the bin; empty if it lies somewhere without one.
    pub bin: String,
}

/// The stops of a list in the order of the walk.
pub fn stops(tx: &mut Tx<'_>, list: &PickList) -> Result<Vec<Stop>, Error> {
    let lines = &list.facts().lines;
    let labels = labels_of(tx, lines)?;
    let label = |line: &Line| line.bin.and_then(|bin| labels.get(&bin)).cloned();
    let stop = |line: &Line| Stop { line: line.clone(), bin: label(line).unwrap_or_default() };
    Ok(lines.iter().map(stop).collect())
}

/// The labels of the bins that these lines lead to.
pub(super) fn labels_of<'a>(
    tx: &mut Tx<'_>,
    lines: impl IntoIterator<Item = &'a Line>,
) -> Result<HashMap<BinId, String>, Error> {
    let bins: BTreeSet<BinId> = lines.into_iter().filter_map(|line| line.bin).collect();
    let found = location::fetch_bins(tx, bins)?;
    Ok(found.into_iter().map(|bin| (bin.id, bin.code)).collect())
}
