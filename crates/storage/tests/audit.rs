//! The audit chain, and everything that may be done to a journal behind its back.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::EventId;
use ordermill_storage::audit::{self, BLOCK_MAX, Bad, Damage, Head, Verified, VerifyError};
use ordermill_storage::journal::{self, NewEntry};
use ordermill_storage::{Connection, Error, Tx};
use ordermill_testkit::journal::settle;
use ordermill_testkit::{TestClock, each_database};

const NOW: Timestamp = TestClock::START;

/// Adds entries about the things `first`, `first + 1` … and gives their positions.
fn append(connection: &mut Connection, count: i64, first: i64, at: Timestamp) -> Vec<i64> {
    let act = Act::new(Actor::system("test"), at);
    let positions = connection
        .transact::<_, Error>(|tx| {
            (first..first + count)
                .map(|aggregate_id| {
                    let body = "{\"kind\":\"order.paid\"}";
                    let (aggregate, kind) = ("order", "order.paid");
                    let entry = NewEntry { aggregate, aggregate_id, sequence: 1, kind, body };
                    journal::append(tx, &act, entry).map(Id::raw)
                })
                .collect()
        })
        .unwrap();
    settle(connection);
    positions
}

fn seal_all(connection: &mut Connection) -> Vec<usize> {
    std::iter::repeat_with(|| connection.transact(|tx| audit::seal_next(tx, NOW)).unwrap())
        .take_while(|sealed| *sealed > 0)
        .collect()
}

fn verify(tx: &mut Tx<'_>, published: Option<&Head>) -> Result<Verified, VerifyError> {
    audit::verify(tx, published, &mut |_| ())
}

#[test]
fn a_journal_that_nobody_touched_verifies_from_first_to_last() {
    for database in each_database() {
        let mut connection = database.connection();
        assert_eq!(connection.read(|tx| verify(tx, None)).unwrap(), Verified::default());
        append(&mut connection, 1_500, 1, NOW);
        append(&mut connection, 1_000, 2_001, NOW + Span::seconds(1));
        assert_eq!(seal_all(&mut connection), [BLOCK_MAX, BLOCK_MAX, 452], "{database:?}");
        append(&mut connection, 1, 9_000, NOW + Span::seconds(2));
        assert_eq!(seal_all(&mut connection), [1]);
        let head = connection.read(audit::head).unwrap();
        let mut heard = Vec::new();
        let verified = connection
            .read(|tx| audit::verify(tx, head.as_ref(), &mut |so_far| heard.push(so_far.entries)));
        assert_eq!(verified.unwrap(), Verified { entries: 2_501, blocks: 4, head });
        assert_eq!(heard, [1_024, 2_048, 2_500, 2_501]);
    }
}

#[test]
fn entries_that_a_reader_hands_over_twice_are_sealed_once() {
    for database in each_database() {
        let mut connection = database.connection();
        append(&mut connection, 10, 1, NOW);
        let start = journal::Cursor::start();
        let entries = connection.read(|tx| journal::after(tx, start, 100)).unwrap();
        for upto in [6, 6, 10, 10] {
            let blocks = connection
                .read(|tx| audit::Blocks::behind_the_last(tx, &entries[..upto], NOW))
                .unwrap();
            connection.transact(|tx| blocks.insert(tx)).unwrap();
        }
        let chain = connection.read(|tx| verify(tx, None)).unwrap();
        assert_eq!((chain.entries, chain.blocks), (10, 2), "{database:?}");
    }
}

/// What an intruder does, in SQL; and what the chain says to it: damage and position.
type Case = (&'static str, Vec<String>, Damage, i64);

#[test]
fn every_tampering_is_named_with_its_first_bad_position() {
    for database in each_database() {
        let mut connection = database.connection();
        let mut at = append(&mut connection, 700, 1, NOW);
        at.extend(append(&mut connection, 800, 2_001, NOW + Span::seconds(1)));
        seal_all(&mut connection);
        let head = connection.read(audit::head).unwrap().unwrap();
        let set = |what: &str, position: i64| {
            format!("UPDATE journal SET {what} WHERE position = {position}")
        };
        let insert_copy = |of: i64, position: i64| {
            format!(
                "INSERT INTO journal (position, xid, aggregate, aggregate_id, sequence, kind, at,
                        actor, body)
                 SELECT {position}, xid, aggregate, 7777, sequence, kind, at, actor, body
                   FROM journal WHERE position = {of}"
            )
        };
        let delete = |position: i64| format!("DELETE FROM journal WHERE position = {position}");
        use Damage::{BlockChanged, BlockMissing, EntryChanged, EntryInserted, EntryMissing};
        let cases: Vec<Case> = vec![
            ("a changed amount", vec![set("body = '{}'", at[650])], EntryChanged, at[650]),
            ("another actor", vec![set("actor = 'buyer'", at[0])], EntryChanged, at[0]),
            ("a reason made up", vec![set("reason = ''", at[1_499])], EntryChanged, at[1_499]),
            ("a changed hour", vec![set("at = at + 1", at[1_024])], EntryChanged, at[1_024]),
            ("an entry gone", vec![delete(at[650])], EntryMissing, at[651]),
            ("the first gone", vec![delete(at[0])], EntryMissing, at[1]),
            ("the last of a block gone", vec![delete(at[1_023])], EntryMissing, at[1_023]),
            ("the last of all gone", vec![delete(at[1_499])], EntryMissing, at[1_499]),
            (
                "an entry slipped in",
                vec![insert_copy(at[699], at[699] + 1)],
                EntryInserted,
                at[699] + 1,
            ),
            (
                "an entry before the first",
                vec![insert_copy(at[0], at[0] - 1)],
                EntryInserted,
                at[0] - 1,
            ),
            (
                "two entries that changed places",
                vec![
                    set("position = 1", at[10]),
                    set(&format!("position = {}", at[10]), at[20]),
                    set(&format!("position = {}", at[20]), 1),
                ],
                EntryChanged,
                at[10],
            ),
            (
                "a block that counts less",
                vec!["UPDATE journal_blocks SET entries = entries - 1 WHERE block = 2".into()],
                BlockChanged,
                at[1_024],
            ),
            (
                "a block sealed at another hour",
                vec!["UPDATE journal_blocks SET sealed_at = 1 WHERE block = 1".into()],
                BlockChanged,
                at[0],
            ),
            (
                "the first block gone",
                vec!["DELETE FROM journal_blocks WHERE block = 1".into()],
                BlockMissing,
                at[1_024],
            ),
            (
                "the tail cut off, entries and block",
                vec![
                    "DELETE FROM journal_blocks WHERE block = 2".into(),
                    format!("DELETE FROM journal WHERE position >= {}", at[1_024]),
                ],
                BlockMissing,
                at[1_023],
            ),
        ];
        for (name, tampering, what, position) in cases {
            let found = under_tampering(&mut connection, &tampering, Some(&head));
            let position = EventId::from_raw(position);
            assert!(
                matches!(&found, Err(VerifyError::Bad(bad))
                    if (bad.what, bad.position) == (what, position)),
                "{name} on {database:?}: {found:?}, not {what:?} at {position}"
            );
        }
        assert!(connection.read(|tx| verify(tx, Some(&head))).is_ok(), "all of it was undone");
    }
}

#[test]
fn a_chain_forged_as_a_whole_is_told_only_by_its_published_head() {
    for database in each_database() {
        let mut connection = database.connection();
        append(&mut connection, 20, 1, NOW);
        seal_all(&mut connection);
        let head = connection.read(audit::head).unwrap().unwrap();
        let forging: [String; 2] =
            ["DELETE FROM journal_blocks".into(), "UPDATE journal SET body = '{}'".into()];
        let mut forged = |published: Option<&Head>| {
            undone(&mut connection, |tx| {
                forging.iter().try_for_each(|sql| tx.execute(sql, &[]).map(drop))?;
                audit::seal_next(tx, NOW)?;
                verify(tx, published)
            })
        };
        assert!(forged(None).is_ok(), "{database:?}");
        let other = forged(Some(&head));
        let expected = Damage::OtherChain;
        assert!(
            matches!(&other, Err(VerifyError::Bad(Bad { what, .. })) if *what == expected),
            "{other:?}"
        );
    }
}

fn under_tampering(
    connection: &mut Connection,
    tampering: &[String],
    published: Option<&Head>,
) -> Result<Verified, VerifyError> {
    undone(connection, |tx| {
        tampering.iter().try_for_each(|sql| tx.execute(sql, &[]).map(drop))?;
        verify(tx, published)
    })
}

/// Runs `work` in a transaction that is rolled back.
fn undone<T>(connection: &mut Connection, work: impl FnOnce(&mut Tx<'_>) -> T) -> T {
    let mut result = None;
    let ended: Result<(), Error> = connection.transact(|tx| {
        result = Some(work(tx));
        Err(Error::Stale("what was only tried"))
    });
    assert!(ended.is_err());
    result.unwrap()
}
