//! What nobody waits for travels with what comes next; that it was refused is told to its own command all the
//! same, if only when everything is to be committed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::mpsc;

use ordermill_base::{Currency, Id, Money};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{OrderId, PaymentId};
use ordermill_domain::payment::{NewPayment, Payment};
use ordermill_storage::journal::NewEntry;
use ordermill_storage::{Database, Error, Options, Tx, journal, payment, setting};
use ordermill_testkit::{TestClock, TestDatabase, each_database};

fn act() -> Act {
    Act::new(Actor::system("test"), TestClock::START)
}

fn set(tx: &mut Tx<'_>, name: &str) -> Result<(), Error> {
    setting::put(tx, &act(), name, &serde_json::json!(1), 0).map(drop)
}

/// The first entry of a thing that has one already.
fn journal_first(tx: &mut Tx<'_>) -> Result<(), Error> {
    let entry =
        NewEntry { aggregate: "test", aggregate_id: 7, sequence: 1, kind: "test.made", body: "{}" };
    journal::append(tx, &act(), entry).map(drop)
}

/// An update of a payment that is not there.
fn update_nothing(tx: &mut Tx<'_>) -> Result<(), Error> {
    let new = NewPayment {
        order: OrderId::from_raw(1),
        gateway: "none".to_owned(),
        merchant: "none".to_owned(),
        amount: Money::new(1, Currency::Cny),
    };
    let (payment, _) = Payment::create(PaymentId::from_raw(1), new, act().at);
    payment::update(tx, &payment, 1)
}

type Write = fn(&mut Tx<'_>) -> Result<(), Error>;

/// Runs a command that sets `mine` and ends with `last`, between two neighbors in one transaction. Gives what it
/// was told, and which settings are there afterwards.
fn between_neighbors(fresh: &TestDatabase, last: Write) -> (Result<(), Error>, Vec<&'static str>) {
    let options = Options { writers: 1, ..Options::default() };
    let database = Database::open(fresh.address(), options).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let outcome = runtime.block_on(async {
        database.write(journal_first).await.unwrap();
        // Holds the writer until the others wait, so that they share a transaction.
        let (go, wait) = mpsc::channel::<()>();
        let held = database.write(move |_| {
            let _until_the_others_wait = wait.recv();
            Ok::<_, Error>(())
        });
        let before = database.write(|tx| set(tx, "before"));
        let mine = database.write(move |tx| {
            set(tx, "mine")?;
            last(tx)
        });
        let after = database.write(|tx| set(tx, "after"));
        let let_go = async { drop(go) };
        let (_, before, mine, after, ()) = tokio::join!(held, before, mine, after, let_go);
        before.unwrap();
        after.unwrap();
        let mut there = Vec::new();
        for name in ["before", "mine", "after"] {
            let read = move |tx: &mut Tx<'_>| setting::fetch(tx, name);
            if database.read(read).await.unwrap().is_some() {
                there.push(name);
            }
        }
        (mine, there)
    });
    database.close();
    outcome
}

#[test]
fn a_row_whose_key_is_taken_is_told_to_the_command_that_added_it() {
    for fresh in each_database() {
        let (told, there) = between_neighbors(&fresh, journal_first);
        assert!(matches!(told, Err(Error::UniqueViolation { .. })), "{fresh:?}: {told:?}");
        assert_eq!(there, ["before", "after"], "{fresh:?}: nothing of it is kept");
    }
}

#[test]
fn a_change_that_finds_nothing_to_change_is_told_to_its_command_and_not_committed() {
    for fresh in each_database() {
        let (told, there) = between_neighbors(&fresh, update_nothing);
        assert!(matches!(told, Err(Error::Stale(_))), "{fresh:?}: {told:?}");
        assert_eq!(there, ["before", "after"], "{fresh:?}: nothing of it is kept");
    }
}

#[test]
fn a_transaction_that_ends_with_a_refusal_leaves_nothing() {
    for fresh in each_database() {
        let mut connection = fresh.connection();
        connection.transact(journal_first).unwrap();
        for last in [journal_first as Write, update_nothing] {
            let told = connection.transact(|tx| {
                set(tx, "mine")?;
                last(tx)
            });
            assert!(told.is_err(), "{fresh:?}");
            let mine = connection.read(|tx| setting::fetch(tx, "mine"));
            assert_eq!(mine.unwrap(), None, "{fresh:?}: nothing of it is kept");
        }
    }
}

#[test]
fn whoever_comes_next_is_not_told_of_a_question_that_nobody_waited_for() {
    for fresh in each_database().iter().filter(|it| it.address().is_postgres()) {
        let mut connection = fresh.connection();
        let asked = connection.transact(|tx| {
            set(tx, "mine")?;
            // Refused on the server, and given up before anybody knows.
            journal_first(tx)?;
            journal_first(tx)?;
            Err::<(), _>(Error::Stale("something else"))
        });
        assert!(matches!(asked, Err(Error::Stale(_))), "{asked:?}");
        connection.transact(|tx| set(tx, "next")).unwrap();
        let next = connection.read(|tx| setting::fetch(tx, "next"));
        assert!(next.unwrap().is_some(), "the connection goes on");
    }
}

#[test]
fn more_than_goes_ahead_at_once_is_all_written() {
    for fresh in each_database() {
        let mut connection = fresh.connection();
        let written: Result<(), Error> = connection.transact(|tx| {
            for number in 1..=1_200 {
                ordermill_storage::deadline::meet(
                    tx,
                    OrderId::from_raw(number),
                    ordermill_domain::deadline::DeadlineKind::Pay,
                )?;
            }
            set(tx, "done")
        });
        written.unwrap();
        let done = connection.read(|tx| setting::fetch(tx, "done"));
        assert!(done.unwrap().is_some(), "{fresh:?}");
    }
}
