//! What happens when time runs out, in virtual time on both databases.

use crate::kit::{NOW, a_promotion_order, an_order, pay, place, runtime, status};
use ordermill_app::payment::capture::Captured;
use ordermill_app::scheduler::{self, CLAIM_HELD, CLAIM_MAX, Outcome, Report};
use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::actor::Actor;
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{CancelReason, Status};
use ordermill_domain::role::Role;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Connection, deadline, journal, order, stock, task};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestDatabase, each_database};

/// Lets the scheduler of one node run at `at`.
fn run_at(database: &TestDatabase, at: Timestamp) -> Report {
    let open = database.open();
    let report = runtime().block_on(scheduler::run_due(&open, at)).unwrap();
    open.close();
    report
}

fn claims(connection: &mut Connection) -> (i64, i64) {
    let levels = connection.read(|tx| stock::levels(tx, [sku(1)])).unwrap();
    levels.iter().fold((0, 0), |(r, a), level| (r + level.reserved, a + level.allocated))
}

fn history(connection: &mut Connection, aggregate: &str, id: OrderId) -> Vec<(i64, String, Actor)> {
    let entries = connection.read(|tx| journal::of(tx, aggregate, id, 1, 100)).unwrap();
    entries.into_iter().map(|entry| (entry.sequence, entry.kind, entry.actor)).collect()
}

fn arm(
    connection: &mut Connection,
    id: i64,
    kind: DeadlineKind,
    due_in: Span,
    warn_in: Option<Span>,
) {
    let (due_at, warn_at) = (NOW + due_in, warn_in.map(|span| NOW + span));
    let subject = OrderId::from_raw(id);
    connection.transact(|tx| deadline::arm(tx, subject, kind, due_at, warn_at)).unwrap();
}

#[test]
fn an_order_that_is_not_paid_in_a_day_is_canceled_and_its_stock_is_on_sale_again() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        let order = place(&mut connection, an_order(1, 2));
        assert_eq!(run_at(&database, NOW + Span::hours(22)), Report::default());
        assert_eq!(status(&mut connection, order), Status::Placed);
        let report = run_at(&database, NOW + Span::hours(24));
        assert_eq!(report, Report { breached: 1, ..Report::default() }, "{database:?}");
        let stored = connection.read(|tx| order::fetch(tx, order)).unwrap().unwrap();
        assert_eq!(stored.order.facts().cancel_reason, Some(CancelReason::Unpaid));
        assert_eq!(claims(&mut connection), (0, 0));
        let canceled = history(&mut connection, "order", order).pop();
        assert_eq!(canceled, Some((2, "order.canceled".to_owned(), Actor::DEADLINE)));
        assert_eq!(run_at(&database, NOW + Span::hours(48)), Report::default());
    }
}

#[test]
fn an_order_under_a_promotion_loses_its_stock_first_and_stays_payable() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 2, NOW);
        let order = place(&mut connection, a_promotion_order(1, 2));
        let report = run_at(&database, NOW + Span::minutes(30));
        assert_eq!(report, Report { breached: 1, ..Report::default() }, "{database:?}");
        assert_eq!(claims(&mut connection), (0, 0));
        assert_eq!(status(&mut connection, order), Status::Placed);
        let expired = (1, "reservation.expired".to_owned(), Actor::DEADLINE);
        assert_eq!(history(&mut connection, "reservation", order), [expired]);
        let paid = pay(&mut connection, 10, order, 2_000, NOW + Span::hours(1));
        assert_eq!(paid, Captured::Paid { order, is_confirmed: true });
        assert_eq!(claims(&mut connection), (0, 2));
        let held =
            history(&mut connection, "reservation", order).pop().map(|(n, kind, _)| (n, kind));
        assert_eq!(held, Some((2, "reservation.held".to_owned())));
        assert_eq!(run_at(&database, NOW + Span::hours(24)), Report::default());
        assert_eq!(status(&mut connection, order), Status::Confirmed);
    }
}

#[test]
fn a_warning_is_given_once_and_the_breach_follows() {
    for database in each_database() {
        let mut connection = database.connection();
        let subject = OrderId::from_raw(7);
        arm(
            &mut connection,
            7,
            DeadlineKind::DeliveryException,
            Span::hours(24),
            Some(Span::hours(20)),
        );
        let warned = Report { warned: 1, ..Report::default() };
        assert_eq!(run_at(&database, NOW + Span::hours(20)), warned, "{database:?}");
        assert_eq!(run_at(&database, NOW + Span::hours(21)), Report::default());
        let tasks = connection.read(|tx| task::of(tx, subject)).unwrap();
        assert_eq!(tasks.len(), 1);
        assert_eq!((tasks[0].kind, tasks[0].role), (TaskKind::Deadline, Role::Logistics));
        assert!(tasks[0].detail.contains("\"breached\":false"), "{}", tasks[0].detail);
        let breached = Report { breached: 1, ..Report::default() };
        assert_eq!(run_at(&database, NOW + Span::hours(24)), breached);
        let tasks = connection.read(|tx| task::of(tx, subject)).unwrap();
        assert_eq!(tasks.len(), 1, "the warning's task is raised");
        assert!(tasks[0].detail.contains("\"breached\":true"), "{}", tasks[0].detail);
        let kinds: Vec<String> =
            history(&mut connection, "deadline", subject).into_iter().map(|(_, k, _)| k).collect();
        assert_eq!(kinds, ["deadline.warned", "deadline.breached"]);
    }
}

#[test]
fn two_breaches_of_one_thing_are_one_task_that_names_both() {
    for database in each_database() {
        let mut connection = database.connection();
        arm(&mut connection, 7, DeadlineKind::MajorComplaint, Span::hours(4), None);
        arm(&mut connection, 7, DeadlineKind::MajorComplaintPlan, Span::hours(24), None);
        assert_eq!(run_at(&database, NOW + Span::hours(25)).breached, 2);
        let tasks = connection.read(|tx| task::of(tx, OrderId::from_raw(7))).unwrap();
        assert_eq!(tasks.len(), 1, "{database:?}");
        let is_named = |kind: &str| tasks[0].detail.contains(&format!("\"{kind}\":"));
        assert!(is_named("major_complaint") && is_named("major_complaint_plan"));
    }
}

#[test]
fn a_warning_that_was_slept_through_is_not_given_after_the_breach() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        let mut late = an_order(1, 1);
        late.pay_within = Span::hours(48);
        let order = place(&mut connection, late);
        assert_eq!(run_at(&database, NOW + Span::hours(48)).breached, 1, "{database:?}");
        assert_eq!(status(&mut connection, order), Status::Canceled);
        assert_eq!(history(&mut connection, "deadline", order), []);
    }
}

#[test]
fn a_deadline_that_cannot_be_run_is_put_off_recorded_and_shown_and_holds_up_nobody() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        let order = place(&mut connection, an_order(2, 1));
        // There is no order 1 whose payment could be missed.
        arm(&mut connection, 1, DeadlineKind::Pay, Span::hours(1), None);
        let mut at = NOW + Span::hours(24);
        let report = run_at(&database, at);
        assert_eq!((report.breached, report.failed), (1, 1), "{database:?}");
        assert_eq!(status(&mut connection, order), Status::Canceled);
        assert_eq!(run_at(&database, at + Span::seconds(4)), Report::default(), "it waits");
        for failures_before in 1..5 {
            at = at + Span::seconds(5 << failures_before);
            assert_eq!(run_at(&database, at).failed, 1, "after {failures_before}");
        }
        let tasks = connection.read(|tx| task::of(tx, OrderId::from_raw(1))).unwrap();
        assert_eq!(
            tasks.iter().map(|task| task.kind).collect::<Vec<_>>(),
            [TaskKind::FailingDeadline]
        );
        assert!(tasks[0].detail.contains("not found"), "{}", tasks[0].detail);
    }
}

#[test]
fn a_node_that_was_paused_while_another_took_over_changes_nothing() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 2, NOW);
        let order = place(&mut connection, a_promotion_order(1, 2));
        let due_at = NOW + Span::minutes(30);
        let mut claim =
            |at| connection.transact(|tx| deadline::claim_due(tx, at, CLAIM_HELD, 9)).unwrap();
        let paused = claim(due_at).remove(0);
        assert_eq!(claim(due_at + Span::seconds(59)), [], "the claim holds");
        let taken_over = claim(due_at + CLAIM_HELD).remove(0);
        let at = due_at + Span::seconds(61);
        let entries = history(&mut connection, "reservation", order);
        let outcome = connection.transact(|tx| scheduler::handle(tx, &paused, at)).unwrap();
        assert_eq!(outcome, Outcome::Lost, "{database:?}");
        assert_eq!(claims(&mut connection), (2, 0));
        assert_eq!(history(&mut connection, "reservation", order), entries);
        let outcome = connection.transact(|tx| scheduler::handle(tx, &taken_over, at)).unwrap();
        assert_eq!(outcome, Outcome::Breached);
        assert_eq!(claims(&mut connection), (0, 0));
        let again = connection.transact(|tx| scheduler::handle(tx, &paused, at)).unwrap();
        assert_eq!(again, Outcome::Lost);
        connection.transact(|tx| deadline::postpone(tx, &paused, at, "too late")).unwrap();
        assert_eq!(connection.read(|tx| deadline::of(tx, order)).unwrap().len(), 1, "D1 is left");
    }
}

#[test]
fn a_hundred_thousand_deadlines_at_once_are_each_handled_exactly_once() {
    for database in each_database() {
        // One fsync each makes PostgreSQL slow here; the number is SQLite's.
        let count = if database.engine() == "sqlite" { 100_000 } else { 5 * CLAIM_MAX as i64 };
        let mut connection = database.connection();
        let due_at = NOW + Span::hours(2);
        for first in (0..count).step_by(10_000) {
            connection
                .transact(|tx| {
                    (first..(first + 10_000).min(count)).try_for_each(|id| {
                        let subject = OrderId::from_raw(id + 1);
                        deadline::arm(tx, subject, DeadlineKind::Review, due_at, None)
                    })
                })
                .unwrap();
        }
        // Two nodes at once, so that they also compete.
        let (one, two) = (database.open(), database.open());
        let (a, b) = runtime().block_on(async {
            tokio::join!(scheduler::run_due(&one, due_at), scheduler::run_due(&two, due_at))
        });
        // One that lost too many races was put off, and comes up again.
        let later = due_at + Span::hours(1);
        let rest = runtime().block_on(scheduler::run_due(&one, later));
        one.close();
        two.close();
        let (a, b, rest) = (a.unwrap(), b.unwrap(), rest.unwrap());
        let breached = a.breached + b.breached + rest.breached;
        assert_eq!(breached, count as u64, "{database:?}: {a:?} {b:?} {rest:?}");
        assert_eq!((rest.breached, a.lost + b.lost), (a.failed + b.failed, 0));
        let figure = |connection: &mut Connection, sql: &str| {
            connection.read(|tx| tx.query_one(sql, &[], |row| row.int())).unwrap()
        };
        assert_eq!(figure(&mut connection, "SELECT COUNT(*) FROM deadlines"), 0);
        let tasks = "SELECT COUNT(DISTINCT subject_id) FROM tasks WHERE kind = 'deadline'";
        assert_eq!(figure(&mut connection, tasks), count);
        let events =
            "SELECT COUNT(*) FROM journal WHERE kind = 'deadline.breached' AND sequence = 1";
        assert_eq!(figure(&mut connection, events), count);
        assert_eq!(figure(&mut connection, "SELECT COUNT(*) FROM journal"), count);
    }
}
