//! Risk: what speaks against somebody is collected by itself, and people keep a watchlist; rules ask.

use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::permission::Principal;
use ordermill_app::privacy::{OrderContact, Vault};
use ordermill_app::risk::watch::{WatchError, Whom, put, step};
use ordermill_app::risk::{READER, known, reader};
use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{CustomerId, OrderId, WatchId};
use ordermill_domain::order::{CancelReason, PaymentTerms, Review};
use ordermill_domain::risk::{SignalKind, SubjectKind, WatchStep, score};
use ordermill_domain::role::Role;
use ordermill_storage::risk::{Known, marks_of};
use ordermill_storage::{BatchCommand, Connection, journal, order};
use ordermill_testkit::each_database;
use ordermill_testkit::journal::settle;
use ordermill_testkit::stock::{location, receive, sku};

use crate::kit::{NOW, command, contact, hire, lin, open_vault};

struct Shop {
    connection: Connection,
    vault: Vault,
    operator: Principal,
}

fn in_each_shop(run: impl Fn(&mut Shop)) {
    for database in each_database() {
        let mut connection = database.connection();
        let vault = open_vault(&mut connection);
        receive(&mut connection, sku(1), location(1), 100, NOW);
        let operator = hire(&mut connection, "wei", Role::Operations);
        run(&mut Shop { connection, vault, operator });
    }
}

impl Shop {
    fn place(&mut self, number: i64, customer: Option<i64>, contact: &OrderContact) {
        let mut order = command(&self.vault, number, contact);
        order.placed.customer = customer.map(CustomerId::from_raw);
        self.run(&order);
    }

    fn run(&mut self, order: &PlaceOrder) {
        let placed = self.connection.transact(|tx| PlaceOrder::run(&[order], tx)).unwrap();
        assert!(placed[0].is_ok(), "{placed:?}");
    }

    /// Lets the reader take in everything that has happened.
    fn collect(&mut self) {
        settle(&mut self.connection);
        let reader = reader(self.vault.clone());
        let kinds = reader.kinds.unwrap();
        self.connection
            .transact(|tx| {
                let start = journal::Cursor::start();
                let entries = journal::after_kinds(tx, kinds, start, 1_000)?;
                let mut write = (reader.prepare)(tx, entries, NOW)?;
                write(tx)
            })
            .unwrap();
    }

    fn known(&mut self, number: i64, at: Timestamp) -> Known {
        let id = OrderId::from_raw(number);
        let read = |tx: &mut ordermill_storage::Tx<'_>| {
            let marks = marks_of(tx, id)?;
            let customer = order::fetch(tx, id)?.and_then(|it| it.order.facts().customer);
            known(tx, customer, marks.as_ref(), id, at)
        };
        self.connection.read(read).unwrap()
    }

    fn watch(
        &mut self,
        number: i64,
        kind: SubjectKind,
        at: Timestamp,
    ) -> Result<WatchId, WatchError> {
        let act = Act { reason: Some("refuses parcels".to_owned()), ..self.operator.act(at) };
        let whom = Whom { order: OrderId::from_raw(number), kind, days: 90 };
        let operator = self.operator.clone();
        self.connection.transact(|tx| put(tx, &operator, &act, whom))
    }

    fn step(&mut self, id: WatchId, version: i64, wanted: WatchStep) -> Result<(), WatchError> {
        let (operator, act) = (self.operator.clone(), self.operator.act(NOW));
        self.connection
            .transact(|tx| step(tx, &operator, &act, (id, version), wanted, "a new number"))
    }
}

#[test]
fn orders_to_one_phone_or_one_door_have_the_same_mark_whoever_reads_them() {
    in_each_shop(|shop| {
        shop.place(1, None, &lin());
        shop.place(2, None, &contact("张三", "13800138021", "12号"));
        shop.place(3, None, &contact("张三", "13900139000", "90号 2单元 301室"));
        shop.collect();
        let mut marks = |number| {
            let id = OrderId::from_raw(number);
            shop.connection.read(|tx| marks_of(tx, id)).unwrap().unwrap()
        };
        let (lin, phone, door) = (marks(1), marks(2), marks(3));
        assert_eq!((lin.phone, lin.phone == door.phone), (phone.phone, false));
        assert_eq!((lin.address, lin.address == phone.address), (door.address, false));
    });
}

#[test]
fn what_a_buyer_cancels_speaks_against_them_for_a_month_and_not_against_itself() {
    in_each_shop(|shop| {
        shop.place(1, Some(7), &lin());
        shop.place(2, None, &lin());
        let act = Act::new(Actor::Buyer(None), NOW);
        let first = OrderId::from_raw(1);
        shop.connection.transact(|tx| cancel_order(tx, &act, first, CancelReason::Buyer)).unwrap();
        shop.collect();
        shop.collect();
        let known = shop.known(2, NOW);
        assert_eq!(known.signals, [(SignalKind::Cancel, 5)], "phone and door saw one thing");
        assert_eq!(score(known.signals.iter().map(|(_, weight)| *weight)), 5);
        assert_eq!(shop.known(1, NOW).signals, []);
        assert_eq!(shop.known(2, NOW + Span::days(30)).signals, [], "it is forgotten");
    });
}

#[test]
fn many_accounts_at_one_door_speak_against_it_and_a_family_does_not() {
    in_each_shop(|shop| {
        for number in 1..=3 {
            shop.place(number, Some(number), &lin());
        }
        shop.collect();
        assert_eq!(shop.known(3, NOW).signals, [], "three of a family");
        shop.place(4, Some(4), &lin());
        shop.collect();
        shop.place(5, Some(5), &lin());
        shop.collect();
        shop.place(6, None, &lin());
        shop.collect();
        let known = shop.known(6, NOW);
        let kinds: Vec<SignalKind> = known.signals.iter().map(|(kind, _)| *kind).collect();
        assert!(kinds.contains(&SignalKind::ManyAccounts), "{known:?}");
    });
}

#[test]
fn a_watched_phone_is_held_by_a_rule_whoever_orders_to_it() {
    in_each_shop(|shop| {
        shop.place(1, None, &lin());
        assert!(
            matches!(shop.watch(1, SubjectKind::Phone, NOW), Err(WatchError::NoSubject(_))),
            "marks come a moment later"
        );
        shop.collect();
        let id = shop.watch(1, SubjectKind::Phone, NOW).unwrap();
        let again = shop.watch(1, SubjectKind::Phone, NOW);
        assert!(matches!(again, Err(WatchError::Watched(known)) if known == id));
        assert!(matches!(shop.watch(1, SubjectKind::Buyer, NOW), Err(WatchError::NoSubject(_))));
        let marks = shop.connection.read(|tx| marks_of(tx, OrderId::from_raw(1))).unwrap();
        for (number, marks, should) in
            [(2, marks, Review::ManualPending), (3, None, Review::AutoPassed)]
        {
            let mut order = command(&shop.vault, number, &lin());
            order.placed.terms = PaymentTerms::CashOnDelivery;
            order.marks = marks;
            shop.run(&order);
            let found = shop.connection.read(|tx| order::fetch(tx, order.id)).unwrap().unwrap();
            assert_eq!(found.order.facts().review, should, "order {number}");
        }
        assert!(!shop.known(1, NOW + Span::days(90)).is_watched, "it ends by itself");
    });
}

#[test]
fn whoever_appeals_is_watched_until_somebody_decides() {
    in_each_shop(|shop| {
        shop.place(1, Some(7), &lin());
        shop.collect();
        let id = shop.watch(1, SubjectKind::Buyer, NOW).unwrap();
        assert!(matches!(shop.step(id, 1, WatchStep::Uphold), Err(WatchError::Transition(_))));
        shop.step(id, 1, WatchStep::Appeal).unwrap();
        assert!(shop.known(1, NOW).is_watched);
        assert!(matches!(shop.step(id, 1, WatchStep::Lift), Err(WatchError::Changed(2))));
        shop.step(id, 2, WatchStep::Lift).unwrap();
        assert!(!shop.known(1, NOW).is_watched);
        let entry = shop.connection.read(|tx| journal::of(tx, "watch_entry", id, 1, 9)).unwrap();
        assert_eq!(entry.len(), 3);
        assert!(entry.iter().all(|entry| !entry.body.contains("subject")), "{entry:?}");
        assert_eq!(READER, "risk");
    });
}
