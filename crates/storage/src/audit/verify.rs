//! Verifying the chain: from its first entry to its last, one block in memory at a time.

use std::fmt;

use ordermill_base::Id;
use ordermill_domain::ids::EventId;

use super::{Block, Fields, Head, LEAF, next_block};
use crate::journal::Cursor;
use crate::{Error, Tx, params};

/// A chain that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verified {
    /// Entries that are what they were when they were sealed.
    pub entries: i64,
    /// Blocks that hold them.
    pub blocks: i64,
    /// The end of the chain; `None` if nothing is sealed yet.
    pub head: Option<Head>,
}

/// The first place at which the chain does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at {position} in block {block} of the audit chain")]
pub struct Bad {
    /// The block that shows it.
    pub block: i64,
    /// The entry; where it is missing, the next one that is there, or the end of its block.
    pub position: EventId,
    /// What is wrong.
    pub what: Damage,
}

/// What is wrong at a place of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The entry is not what was sealed; so are two entries that changed places.
    EntryChanged,
    /// An entry that was sealed is gone.
    EntryMissing,
    /// An entry stands where none was sealed.
    EntryInserted,
    /// The block is not what was sealed.
    BlockChanged,
    /// A block is gone, or the chain is shorter than its published end.
    BlockMissing,
    /// The chain holds, and is not the one whose end was published.
    OtherChain,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EntryChanged => "an entry was changed",
            Self::EntryMissing => "an entry is missing",
            Self::EntryInserted => "an entry was inserted",
            Self::BlockChanged => "a block was changed",
            Self::BlockMissing => "a block is missing",
            Self::OtherChain => "the chain is not the published one",
        })
    }
}

/// Why a chain is not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It does not hold.
    #[error(transparent)]
    Bad(#[from] Bad),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Verifies the chain from its first entry to its last, block by block, and that it contains the
/// `published` head if one is given. `progress` hears how far it has come.
///
/// The work is streaming: one block is in memory at a time, and entries that are sealed meanwhile
/// are verified too.
pub fn verify(
    tx: &mut Tx<'_>,
    published: Option<&Head>,
    progress: &mut dyn FnMut(&Verified),
) -> Result<Verified, VerifyError> {
    let mut verified = Verified::default();
    let mut hash = [0; 32];
    let mut cursor = Cursor::start();
    while let Some(block) = next_block(tx, verified.blocks)? {
        let bad = |what| Bad { block: block.number, position: block.first.position, what };
        if block.number != verified.blocks + 1 {
            return Err(bad(Damage::BlockMissing).into());
        }
        hash = block.expected_hash(&hash);
        if block.hash != hash || block.leaves.len() as i64 != block.entries * LEAF as i64 {
            return Err(bad(Damage::BlockChanged).into());
        }
        compare(tx, &block, cursor)?;
        cursor = block.last;
        let head = Head { block: block.number, hash };
        if published.is_some_and(|published| published.block == head.block && *published != head) {
            return Err(bad(Damage::OtherChain).into());
        }
        verified.entries += block.entries;
        verified.blocks += 1;
        verified.head = Some(head);
        progress(&verified);
    }
    match published {
        Some(published) if published.block > verified.blocks => Err(Bad {
            block: published.block,
            position: cursor.position,
            what: Damage::BlockMissing,
        }
        .into()),
        _ => Ok(verified),
    }
}

/// Compares the entries behind `cursor` up to the end of the block with its leaves.
fn compare(tx: &mut Tx<'_>, block: &Block, cursor: Cursor) -> Result<(), VerifyError> {
    let range = if tx.is_postgres() {
        "(xid, position) > ($1, $2) AND (xid, position) <= ($3, $4) ORDER BY xid, position"
    } else {
        // There xid is 0, and a forged one shows in the leaf.
        "position > $2 AND position <= $4 AND $1 <= $3 ORDER BY position"
    };
    // One entry more than there should be is enough to see that there are too many.
    let sql = format!(
        "SELECT xid, position, aggregate, aggregate_id, sequence, kind, at, actor, reason,
                request_id, body
           FROM journal WHERE {range} LIMIT $5"
    );
    let (from, to) = (cursor, block.last);
    let mut bytes = Vec::new();
    let found = tx.query(
        &sql,
        params![from.xid, from.position.raw(), to.xid, to.position.raw(), block.entries + 1],
        |row| {
            let (xid, position, aggregate) = (row.int()?, row.int()?, row.text()?);
            let (aggregate_id, sequence, kind) = (row.int()?, row.int()?, row.text()?);
            let (at, actor, reason) = (row.int()?, row.text()?, row.opt_text()?);
            let (request_id, body) = (row.opt_text()?, row.text()?);
            let fields = Fields {
                xid,
                position,
                aggregate: &aggregate,
                aggregate_id,
                sequence,
                kind: &kind,
                at,
                actor: &actor,
                reason: reason.as_deref(),
                request_id: request_id.as_deref(),
                body: &body,
            };
            Ok((EventId::from_raw(position), fields.leaf(&mut bytes)))
        },
    )?;
    match first_difference(&block.leaves, &found) {
        None => Ok(()),
        Some((position, what)) => {
            let position = position.unwrap_or(block.last.position);
            Err(Bad { block: block.number, position, what }.into())
        }
    }
}

/// Where the entries that are there stop being those that were sealed, and in which way. No
/// position means the end of the block.
fn first_difference(
    leaves: &[u8],
    found: &[(EventId, [u8; LEAF])],
) -> Option<(Option<EventId>, Damage)> {
    let sealed: Vec<&[u8]> = leaves.chunks(LEAF).collect();
    let same = sealed.iter().zip(found).take_while(|(leaf, (_, entry))| *leaf == entry).count();
    let expected = sealed.get(same);
    match (expected, found.get(same)) {
        (None, None) => None,
        (Some(_), None) => Some((None, Damage::EntryMissing)),
        (None, Some((position, _))) => Some((Some(*position), Damage::EntryInserted)),
        (Some(expected), Some((position, entry))) => {
            let is_sealed_later = sealed[same..].contains(&entry.as_slice());
            let comes_later = found[same..].iter().any(|(_, later)| later == expected);
            let what = match (is_sealed_later, comes_later) {
                (true, false) => Damage::EntryMissing,
                (false, true) => Damage::EntryInserted,
                (true, true) | (false, false) => Damage::EntryChanged,
            };
            Some((Some(*position), what))
        }
    }
}
