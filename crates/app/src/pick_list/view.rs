//! Lists as people see them: with labels in place of keys.

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
    let stop = |line: &Line| {
        let bin = match line.bin {
            Some(bin) => location::fetch_bin(tx, bin)?,
            None => None,
        };
        Ok(Stop { line: line.clone(), bin: bin.map(|bin| bin.code).unwrap_or_default() })
    };
    list.facts().lines.iter().map(stop).collect()
}
