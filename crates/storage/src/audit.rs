//! The audit chain: proof that the journal is what it was when it was written.
//!
//! One reader seals the journal block by block, in the readers' order. A block keeps a short digest
//! of each of its entries (the leaves) and a hash over all of them and the block before:
//!
//! ```text
//! leaf = first 16 bytes of SHA-256("ordermill entry 1" ‖ every stored field of the entry)
//! hash = SHA-256("ordermill block 1" ‖ hash before (32 zero bytes for the first) ‖ block
//!                ‖ first xid ‖ first position ‖ last xid ‖ last position ‖ entries ‖ sealed at
//!                ‖ leaves)
//! ```
//!
//! Numbers are 8 bytes, big endian; a text is its length as such a number and its UTF-8 bytes; a
//! text that may be missing has a byte 0 or 1 before it. So no two different entries have the same
//! bytes. The fields stand in the order of [`Fields`].
//!
//! Whoever can write the whole database can forge the whole chain, but not a [`Head`] that was
//! published before: keep heads elsewhere (the daily digest prints one), and [`verify`] against them.

mod verify;

use std::fmt;
use std::str::FromStr;

use ordermill_base::{Id, Timestamp};
use ring::digest::{Context, SHA256, digest};

use crate::columns::insert;
use crate::journal::{Cursor, Entry};
use crate::{Error, Insert, Row, Tx, journal, params};

pub use self::verify::{Bad, Damage, Verified, VerifyError, verify};

/// Entries in one block at most.
pub const BLOCK_MAX: usize = 1_024;
const LEAF: usize = 16;

/// The end of the chain: publish it where the database's administrators cannot change it. Written
/// as the block's number, a colon, and the hash in 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of the last block.
    pub block: i64,
    /// Its hash, which depends on every entry before.
    pub hash: [u8; 32],
}

/// Seals what follows the last sealed entry, at most one block; gives the number of entries. A
/// short block is sealed too, so the pace of the calls decides how long an entry waits.
pub fn seal_next(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, Error> {
    let last = last_block(tx)?;
    let cursor = last.as_ref().map_or_else(Cursor::start, |block| block.last);
    let entries = journal::after(tx, cursor, BLOCK_MAX as i64)?;
    seal_behind(last, &entries, now)?.insert(tx)?;
    Ok(entries.len())
}

/// Blocks that continue the chain, computed and not yet stored.
#[derive(Debug)]
pub struct Blocks(Vec<Block>);

impl Blocks {
    /// Those of `entries` (in the readers' order, without gaps) that are not sealed yet.
    pub fn behind_the_last(
        tx: &mut Tx<'_>,
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<Self, Error> {
        let last = last_block(tx)?;
        let cursor = last.as_ref().map_or_else(Cursor::start, |block| block.last);
        let sealed = entries.partition_point(|entry| entry.cursor <= cursor);
        seal_behind(last, &entries[sealed..], now)
    }

    /// Stores them. If another node has sealed meanwhile, this is refused as a unique violation.
    pub fn insert(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        self.0.iter().try_for_each(|block| block.insert(tx))
    }
}

/// The end of the chain as it stands, without verifying it.
pub fn head(tx: &mut Tx<'_>) -> Result<Option<Head>, Error> {
    let last = last_block(tx)?;
    Ok(last.and_then(|block| Some(Head { block: block.number, hash: block.hash.try_into().ok()? })))
}

/// Every stored field of an entry, in the order of the digest.
struct Fields<'a> {
    xid: i64,
    position: i64,
    aggregate: &'a str,
    aggregate_id: i64,
    sequence: i64,
    kind: &'a str,
    at: i64,
    actor: &'a str,
    reason: Option<&'a str>,
    request_id: Option<&'a str>,
    body: &'a str,
}

impl Fields<'_> {
    fn leaf(&self, bytes: &mut Vec<u8>) -> [u8; LEAF] {
        bytes.clear();
        bytes.extend_from_slice(b"ordermill entry 1");
        push_number(bytes, self.xid);
        push_number(bytes, self.position);
        push_text(bytes, self.aggregate);
        push_number(bytes, self.aggregate_id);
        push_number(bytes, self.sequence);
        push_text(bytes, self.kind);
        push_number(bytes, self.at);
        push_text(bytes, self.actor);
        push_optional(bytes, self.reason);
        push_optional(bytes, self.request_id);
        push_text(bytes, self.body);
        let mut leaf = [0; LEAF];
        leaf.copy_from_slice(&digest(&SHA256, bytes).as_ref()[..LEAF]);
        leaf
    }
}

fn push_number(bytes: &mut Vec<u8>, number: i64) {
    bytes.extend_from_slice(&number.to_be_bytes());
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

fn push_optional(bytes: &mut Vec<u8>, text: Option<&str>) {
    bytes.push(text.is_some().into());
    text.into_iter().for_each(|text| push_text(bytes, text));
}

#[derive(Debug)]
struct Block {
    number: i64,
    first: Cursor,
    last: Cursor,
    entries: i64,
    leaves: Vec<u8>,
    hash: Vec<u8>,
    sealed_at: Timestamp,
}

impl Block {
    fn expected_hash(&self, before: &[u8; 32]) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        context.update(b"ordermill block 1");
        context.update(before);
        let numbers = [
            self.number,
            self.first.xid,
            self.first.position.raw(),
            self.last.xid,
            self.last.position.raw(),
            self.entries,
            self.sealed_at.as_micros(),
        ];
        numbers.iter().for_each(|number| context.update(&number.to_be_bytes()));
        context.update(&self.leaves);
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }

    fn insert(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        tx.append(
            &INSERT,
            params![
                self.number,
                self.first.xid,
                self.first.position.raw(),
                self.last.xid,
                self.last.position.raw(),
                self.entries,
                &self.leaves,
                &self.hash,
                self.sealed_at,
            ],
        )
    }
}

static INSERT: Insert = insert!("journal_blocks" {
    block: Int, first_xid: Int, first_position: Int, last_xid: Int, last_position: Int,
    entries: Int, leaves: Blob, hash: Blob, sealed_at: Int,
});

fn seal_behind(last: Option<Block>, entries: &[Entry], now: Timestamp) -> Result<Blocks, Error> {
    let first = last.as_ref().map_or(1, |block| block.number + 1);
    let mut before = match last {
        Some(block) => block.hash.try_into().map_err(|_| Error::Stale("the audit chain"))?,
        None => [0; 32],
    };
    let mut bytes = Vec::new();
    let mut blocks = Vec::new();
    for (chunk, number) in entries.chunks(BLOCK_MAX).zip(first..) {
        let mut leaves = Vec::with_capacity(chunk.len() * LEAF);
        chunk.iter().for_each(|entry| leaves.extend(leaf_of(entry, &mut bytes)));
        let mut block = Block {
            number,
            first: chunk[0].cursor,
            last: chunk[chunk.len() - 1].cursor,
            entries: chunk.len() as i64,
            leaves,
            hash: Vec::new(),
            sealed_at: now,
        };
        before = block.expected_hash(&before);
        block.hash = before.to_vec();
        blocks.push(block);
    }
    Ok(Blocks(blocks))
}

fn leaf_of(entry: &Entry, bytes: &mut Vec<u8>) -> [u8; LEAF] {
    let fields = Fields {
        xid: entry.cursor.xid,
        position: entry.cursor.position.raw(),
        aggregate: &entry.aggregate,
        aggregate_id: entry.aggregate_id,
        sequence: entry.sequence,
        kind: &entry.kind,
        at: entry.at.as_micros(),
        actor: &entry.actor.to_string(),
        reason: entry.reason.as_deref(),
        request_id: entry.request_id.as_deref(),
        body: &entry.body,
    };
    fields.leaf(bytes)
}

const SELECT: &str = "SELECT block, first_xid, first_position, last_xid, last_position, entries,
    leaves, hash, sealed_at FROM journal_blocks";

fn read_block(row: &mut Row<'_>) -> Result<Block, Error> {
    Ok(Block {
        number: row.int()?,
        first: Cursor { xid: row.int()?, position: row.id()? },
        last: Cursor { xid: row.int()?, position: row.id()? },
        entries: row.int()?,
        leaves: row.bytes()?,
        hash: row.bytes()?,
        sealed_at: row.at()?,
    })
}

fn last_block(tx: &mut Tx<'_>) -> Result<Option<Block>, Error> {
    tx.query_opt(&format!("{SELECT} ORDER BY block DESC LIMIT 1"), &[], read_block)
}

fn next_block(tx: &mut Tx<'_>, after: i64) -> Result<Option<Block>, Error> {
    let sql = format!("{SELECT} WHERE block > $1 ORDER BY block LIMIT 1");
    tx.query_opt(&sql, params![after], read_block)
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.block)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text that is not a head of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a head of the audit chain is a block number, a colon and 64 hexadecimal digits")]
pub struct ParseHeadError;

impl FromStr for Head {
    type Err = ParseHeadError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (block, digits) = text.trim().split_once(':').ok_or(ParseHeadError)?;
        let mut hash = [0; 32];
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(ParseHeadError);
        }
        for (byte, index) in hash.iter_mut().zip((0..64).step_by(2)) {
            *byte =
                u8::from_str_radix(&digits[index..index + 2], 16).map_err(|_| ParseHeadError)?;
        }
        Ok(Self { block: block.parse().map_err(|_| ParseHeadError)?, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_written_for_people_and_reads_back() {
        let mut hash = [0; 32];
        (hash[0], hash[31]) = (0xab, 0x01);
        let head = Head { block: 12, hash };
        let text = format!("12:ab{}01", "0".repeat(60));
        assert_eq!(head.to_string(), text);
        assert_eq!(text.parse(), Ok(head));
        for wrong in ["12", "12:ab", "x:00", ":"] {
            assert_eq!(wrong.parse::<Head>(), Err(ParseHeadError));
        }
    }

    #[test]
    fn no_two_entries_have_the_same_bytes() {
        let entry = |aggregate, kind, reason, request_id| Fields {
            xid: 0,
            position: 1,
            aggregate,
            aggregate_id: 1,
            sequence: 1,
            kind,
            at: 1,
            actor: "buyer",
            reason,
            request_id,
            body: "{}",
        };
        let leaves: Vec<_> = [
            entry("ab", "c", None, None),
            entry("a", "bc", None, None),
            entry("ab", "c", Some(""), None),
            entry("ab", "c", None, Some("")),
            entry("ab", "c", Some("x"), None),
            entry("ab", "c", None, Some("x")),
        ]
        .iter()
        .map(|fields| fields.leaf(&mut Vec::new()))
        .collect();
        let different: std::collections::HashSet<_> = leaves.iter().collect();
        assert_eq!(different.len(), leaves.len());
    }
}
