//! What should become of pieces that nobody has: the buyer is asked, or service decides, on both databases.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::sync::Arc;

use ordermill_app::benefit::claim::Claims;
use ordermill_app::catalog::{Catalog, settings};
use ordermill_app::check::check;
use ordermill_app::choice::{self, AnswerError, AskError, AskSettings, Outcome, answer, ask};
use ordermill_app::message::news;
use ordermill_app::order::give_up::{Extent, GiveUpError, give_up_by_hand};
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::payment::capture::{CapturedMoney, RecordCapture};
use ordermill_app::payment::refund_order::{RefundOrder, refund_order};
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_app::reader::{Reader, Reading, Step};
use ordermill_app::scheduler;
use ordermill_base::{Currency, Id, Money, Quantity, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor, Name};
use ordermill_domain::choice::{Answer, State};
use ordermill_domain::ids::{ChannelId, ChoiceId, OrderId, PaymentId, StaffId};
use ordermill_domain::message::Cause as Told;
use ordermill_domain::order::{
    Amounts, CancelReason, LineTerms, PaymentTerms, Placed, Review, Status,
};
use ordermill_domain::payment::{LatePolicy, NewPayment, Payment};
use ordermill_domain::pricing::TaxMode;
use ordermill_domain::refund::Cause;
use ordermill_domain::role::Role;
use ordermill_domain::stock::{BackorderPolicy, StockLevel};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{BatchCommand, Connection, message, order, payment, refund, stock, task};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestClock, TestDatabase, each_database, journal};

const NOW: Timestamp = TestClock::START;

fn act_of(actor: Actor) -> Act {
    Act { reason: Some("test".into()), ..Act::new(actor, NOW) }
}

fn service() -> Principal {
    let member = StaffMember {
        id: StaffId::from_raw(7),
        name: "林小满".to_owned(),
        roles: vec![Role::Service],
        location: None,
    };
    Principal::Staff(Arc::new(member))
}

/// One piece is there, and more are sold. The order is for three of it at 10.01 each, and paid.
fn a_paid_order(
    database: &TestDatabase,
    pieces: i64,
    terms: PaymentTerms,
) -> (Connection, OrderId) {
    let mut connection = database.connection();
    receive(&mut connection, sku(1), location(1), 1, NOW);
    let order = an_order(&mut connection, pieces, terms);
    (connection, order)
}

/// So many pieces, whether they are there or not, paid or to be paid at the door.
fn an_order(connection: &mut Connection, pieces: i64, terms: PaymentTerms) -> OrderId {
    let empty = StockLevel::new(sku(1), location(1), BackorderPolicy::Allow);
    connection.transact(|tx| stock::set_policy(tx, &empty)).unwrap();
    let total = 1_001 * pieces;
    let line = LineTerms {
        line_no: 1,
        sku: sku(1),
        quantity: Quantity::new(pieces).unwrap(),
        unit_price_minor: 1_001,
        discount_minor: 0,
        tax_minor: 0,
        total_minor: total,
        gift: None,
        stands_for: None,
    };
    let amounts = Amounts {
        currency: Currency::Cny,
        tax_mode: TaxMode::Inclusive,
        goods_minor: total,
        discount_minor: 0,
        freight_minor: 500,
        tax_minor: 0,
        total_minor: total + 500,
    };
    let id = OrderId::from_raw(101);
    let command = PlaceOrder {
        id,
        act: act_of(Actor::Buyer(None)),
        placed: Placed {
            channel: ChannelId::from_raw(1),
            channel_order_id: None,
            customer: None,
            terms,
            promotion: false,
            review: Review::Pending,
            amounts,
            lines: vec![line],
            reserved: Vec::new(),
            coupons: Vec::new(),
            points_earned: 0,
            service_wish: None,
            promised_by_on: None,
        },
        region: "CN-31".to_owned(),
        recipient: b"ciphertext".to_vec(),
        accepts_backorder: true,
        preference: Arc::new([location(1)]),
        marks: None,
        rules: Arc::default(),
        key: None,
        cart: None,
        discounts: Vec::new(),
        claims: Claims::default(),
        days: None,
        pay_within: Span::hours(24),
        hold_for: Span::minutes(30),
    };
    let placed = connection.transact(|tx| PlaceOrder::run(&[&command], tx)).unwrap();
    placed.into_iter().next().unwrap().unwrap();
    if terms == PaymentTerms::Prepaid {
        pay(connection, id, total + 500);
    }
    id
}

fn pay(connection: &mut Connection, order: OrderId, minor: i64) {
    let amount = Money::new(minor, Currency::Cny);
    let (gateway, merchant) = ("sandbox".to_owned(), "demo".to_owned());
    let new = NewPayment { order, gateway: gateway.clone(), merchant: merchant.clone(), amount };
    let id = PaymentId::from_raw(501);
    let act = act_of(Actor::adapter("sandbox"));
    let (started, event) = Payment::create(id, new, NOW);
    let money =
        CapturedMoney { payment: id, gateway, gateway_ref: "ref-1".into(), merchant, amount };
    let (policy, rules) = (LatePolicy::Refund, Arc::default());
    let capture = RecordCapture { act: act.clone(), money, policy, rules };
    connection
        .transact(|tx| {
            payment::insert(tx, &started, None, None)?;
            payment::record(tx, &act, &started, &event)?;
            RecordCapture::run(&[&capture], tx)
        })
        .unwrap();
}

fn asked(connection: &mut Connection, order: OrderId) -> ChoiceId {
    let act = act_of(service().actor());
    let asked = connection.transact(|tx| ask(tx, &service(), &act, order, 1)).unwrap();
    asked.facts().id
}

/// A catalog without substitutes.
fn nobody_knows() -> Catalog {
    Catalog::default()
}

fn answered(connection: &mut Connection, choice: ChoiceId, chosen: Answer) -> Outcome {
    let act = act_of(Actor::Buyer(None));
    connection.transact(|tx| answer(tx, &nobody_knows(), &act, choice, chosen)).unwrap()
}

fn pieces(connection: &mut Connection, id: OrderId) -> (i64, i64, i64) {
    let lines = connection.read(|tx| order::lines(tx, id)).unwrap();
    let pieces = lines[0].pieces();
    (pieces.canceled, pieces.allocated, pieces.backordered)
}

fn refunds(connection: &mut Connection, id: OrderId) -> Vec<(Cause, i64)> {
    let found = connection.read(|tx| refund::of(tx, id)).unwrap();
    found.iter().map(|it| (it.facts().key.cause, it.facts().amount.minor)).collect()
}

fn state(connection: &mut Connection, choice: ChoiceId) -> State {
    let shown = connection.read(|tx| choice::load(tx, choice, NOW)).unwrap();
    shown.unwrap().choice.facts().state
}

fn has_task(connection: &mut Connection, order: OrderId) -> bool {
    let found = connection.read(|tx| task::find_open(tx, TaskKind::ShortPick, order.raw()));
    found.unwrap().is_some()
}

fn all_is_well(connection: &mut Connection) {
    let report = check(connection, NOW, None, &mut |_, _| ()).unwrap();
    assert_eq!(report.violations, []);
}

#[test]
fn a_buyer_who_takes_the_money_gets_it_for_the_missing_pieces_once() {
    for database in each_database() {
        let (mut connection, order) = a_paid_order(&database, 3, PaymentTerms::Prepaid);
        let choice = asked(&mut connection, order);
        let shown = connection.read(|tx| choice::load(tx, choice, NOW)).unwrap().unwrap();
        assert!(shown.is_open && shown.can_refund && shown.extent == Extent::Pieces);
        assert_eq!(shown.share.minor, 2_002);
        let Outcome::Done(Some(given_up)) = answered(&mut connection, choice, Answer::Refund)
        else {
            panic!("the money goes back")
        };
        assert_eq!((given_up.refunded.minor, given_up.is_canceled), (2_002, false));
        assert_eq!(pieces(&mut connection, order), (2, 1, 0));
        assert_eq!(refunds(&mut connection, order), [(Cause::OutOfStock, 2_002)]);
        all_is_well(&mut connection);
        // A second answer is too late, whatever it says.
        assert_eq!(answered(&mut connection, choice, Answer::Wait), Outcome::TooLate);
        assert_eq!(answered(&mut connection, choice, Answer::Refund), Outcome::TooLate);
        assert_eq!(refunds(&mut connection, order).len(), 1);
        all_is_well(&mut connection);
    }
}

#[test]
fn a_buyer_who_waits_keeps_the_pieces_and_one_who_wants_a_call_gets_one() {
    for database in each_database() {
        let (mut connection, order) = a_paid_order(&database, 3, PaymentTerms::Prepaid);
        let choice = asked(&mut connection, order);
        assert_eq!(answered(&mut connection, choice, Answer::Wait), Outcome::Done(None));
        assert_eq!(pieces(&mut connection, order), (0, 1, 2));
        assert!(!has_task(&mut connection, order));
        let again = asked(&mut connection, order);
        assert_eq!(answered(&mut connection, again, Answer::Call), Outcome::Done(None));
        assert!(has_task(&mut connection, order), "service calls them");
        assert_eq!(pieces(&mut connection, order), (0, 1, 2));
        all_is_well(&mut connection);
    }
}

#[test]
fn silence_falls_to_service_and_a_late_answer_changes_nothing() {
    for database in each_database() {
        let (mut connection, order) = a_paid_order(&database, 3, PaymentTerms::Prepaid);
        let choice = asked(&mut connection, order);
        let late = NOW + Span::hours(24);
        let report = scheduler::run_due_on(&mut connection, late).unwrap();
        assert_eq!(report.breached, 1, "{report:?}");
        assert_eq!(state(&mut connection, choice), State::Lapsed);
        assert!(has_task(&mut connection, order));
        let act = Act { at: late, ..act_of(Actor::Buyer(None)) };
        let outcome = connection
            .transact(|tx| answer(tx, &nobody_knows(), &act, choice, Answer::Refund))
            .unwrap();
        assert_eq!(outcome, Outcome::TooLate);
        assert_eq!(refunds(&mut connection, order), []);
        all_is_well(&mut connection);
    }
}

#[test]
fn a_choice_about_pieces_that_were_given_up_meanwhile_is_moot() {
    for database in each_database() {
        let (mut connection, order) = a_paid_order(&database, 3, PaymentTerms::Prepaid);
        let choice = asked(&mut connection, order);
        let act = act_of(service().actor());
        let give_up =
            |tx: &mut ordermill_storage::Tx<'_>| give_up_by_hand(tx, &service(), &act, order, 1);
        connection.transact(give_up).unwrap();
        assert_eq!(state(&mut connection, choice), State::Moot);
        assert_eq!(answered(&mut connection, choice, Answer::Refund), Outcome::TooLate);
        let again = connection.transact(give_up);
        assert!(matches!(again, Err(GiveUpError::NothingMissing(1))), "{again:?}");
        assert_eq!(refunds(&mut connection, order), [(Cause::OutOfStock, 2_002)]);
        all_is_well(&mut connection);
    }
}

#[test]
fn an_order_of_nothing_else_is_canceled_and_all_of_its_money_goes_back() {
    for database in each_database() {
        let mut connection = database.connection();
        let id = an_order(&mut connection, 3, PaymentTerms::Prepaid);
        let choice = asked(&mut connection, id);
        let shown = connection.read(|tx| choice::load(tx, choice, NOW)).unwrap().unwrap();
        assert_eq!((shown.extent, shown.share.minor), (Extent::Order, 3_503));
        let Outcome::Done(Some(given_up)) = answered(&mut connection, choice, Answer::Refund)
        else {
            panic!("the money goes back")
        };
        assert_eq!((given_up.refunded.minor, given_up.is_canceled), (3_503, true));
        let stored = connection.read(|tx| order::fetch(tx, id)).unwrap().unwrap();
        assert_eq!(stored.order.status(), Status::Canceled);
        assert_eq!(stored.order.facts().cancel_reason, Some(CancelReason::OutOfStock));
        assert_eq!(refunds(&mut connection, id), [(Cause::OrderCanceled, 3_503)]);
        all_is_well(&mut connection);
    }
}

#[test]
fn what_is_collected_at_the_door_stays_fixed() {
    for database in each_database() {
        let (mut connection, order) = a_paid_order(&database, 3, PaymentTerms::CashOnDelivery);
        let choice = asked(&mut connection, order);
        let shown = connection.read(|tx| choice::load(tx, choice, NOW)).unwrap().unwrap();
        assert!(shown.is_open && !shown.can_refund);
        let act = act_of(Actor::Buyer(None));
        let refused =
            connection.transact(|tx| answer(tx, &nobody_knows(), &act, choice, Answer::Refund));
        assert!(
            matches!(refused, Err(AnswerError::GiveUp(GiveUpError::PaidAtTheDoor))),
            "{refused:?}"
        );
        assert_eq!(pieces(&mut connection, order), (0, 1, 2));
        assert_eq!(state(&mut connection, choice), State::Asked, "they may choose otherwise");
        all_is_well(&mut connection);
    }
}

#[test]
fn a_line_has_one_question_at_a_time_and_none_when_nothing_is_missing() {
    for database in each_database() {
        let (mut connection, order) = a_paid_order(&database, 3, PaymentTerms::Prepaid);
        let act = act_of(service().actor());
        let nothing = connection.transact(|tx| ask(tx, &service(), &act, order, 2));
        assert!(matches!(nothing, Err(AskError::NothingMissing(2))), "{nothing:?}");
        let choice = asked(&mut connection, order);
        let twice = connection.transact(|tx| ask(tx, &service(), &act, order, 1));
        assert!(matches!(twice, Err(AskError::AskedAlready(it)) if it == choice), "{twice:?}");
        let picker = Principal::Staff(Arc::new(StaffMember {
            id: StaffId::from_raw(8),
            name: "周强".to_owned(),
            roles: vec![Role::Warehouse],
            location: Some(location(1)),
        }));
        let forbidden = connection.transact(|tx| ask(tx, &picker, &act, order, 1));
        assert!(matches!(forbidden, Err(AskError::Forbidden(_))), "{forbidden:?}");
        all_is_well(&mut connection);
    }
}

#[test]
fn service_alone_gives_up_no_more_than_one_person_may_send_back() {
    for database in each_database() {
        let (mut connection, order) = a_paid_order(&database, 90, PaymentTerms::Prepaid);
        let act = act_of(service().actor());
        let refused = connection.transact(|tx| give_up_by_hand(tx, &service(), &act, order, 1));
        assert!(
            matches!(refused, Err(GiveUpError::AboveLimit { amount_minor: 89_089 })),
            "{refused:?}"
        );
        // Their own money the buyer may take back themselves.
        let choice = asked(&mut connection, order);
        assert!(matches!(
            answered(&mut connection, choice, Answer::Refund),
            Outcome::Done(Some(_))
        ));
        all_is_well(&mut connection);
    }
}

/// Sends money of the order back for some other reason.
fn refunded_by_hand(connection: &mut Connection, order: OrderId, minor: i64) {
    let principal = Principal::System(Name::fixed("test"));
    let act = act_of(principal.actor());
    let amount = Some(Money::new(minor, Currency::Cny));
    let wish = RefundOrder { order, payment: None, amount, key: None };
    connection.transact(|tx| refund_order(tx, &principal, &act, &wish)).unwrap();
}

#[test]
fn a_buyer_is_told_what_really_goes_back_where_some_money_went_back_before() {
    for database in each_database() {
        let (mut connection, order) = a_paid_order(&database, 3, PaymentTerms::Prepaid);
        let choice = asked(&mut connection, order);
        refunded_by_hand(&mut connection, order, 3_403);
        let shown = connection.read(|tx| choice::load(tx, choice, NOW)).unwrap().unwrap();
        assert_eq!(shown.share.minor, 100, "of 35.03 no more is left");
        let Outcome::Done(Some(given_up)) = answered(&mut connection, choice, Answer::Refund)
        else {
            panic!("the money goes back")
        };
        assert_eq!(given_up.refunded, shown.share);
        let sent: i64 = refunds(&mut connection, order).iter().map(|(_, minor)| minor).sum();
        assert_eq!(sent, 3_503);
        all_is_well(&mut connection);
    }
}

#[test]
fn what_goes_back_with_a_whole_order_is_what_no_other_refund_sends() {
    for database in each_database() {
        let mut connection = database.connection();
        let id = an_order(&mut connection, 3, PaymentTerms::Prepaid);
        let choice = asked(&mut connection, id);
        // It is promised, and not sent yet.
        refunded_by_hand(&mut connection, id, 1_000);
        let shown = connection.read(|tx| choice::load(tx, choice, NOW)).unwrap().unwrap();
        assert_eq!((shown.extent, shown.share.minor), (Extent::Order, 2_503));
        let Outcome::Done(Some(given_up)) = answered(&mut connection, choice, Answer::Refund)
        else {
            panic!("the money goes back")
        };
        assert_eq!(given_up.refunded.minor, 2_503);
        let sent = refunds(&mut connection, id);
        assert_eq!(sent, [(Cause::ByHand, 1_000), (Cause::OrderCanceled, 2_503)]);
        all_is_well(&mut connection);
    }
}

fn backorders_are_filled(database: &TestDatabase, connection: &mut Connection) {
    journal::settle(connection);
    let open = database.open();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut reading = Reading::new(Reader::backorders(), open.clone(), "test");
        while !matches!(reading.step(NOW).await.unwrap(), Step::Idle) {}
    });
    open.close();
}

#[test]
fn a_question_of_whose_pieces_all_came_in_is_moot_and_nobodys_work() {
    for database in each_database() {
        let (mut connection, order) = a_paid_order(&database, 3, PaymentTerms::Prepaid);
        let choice = asked(&mut connection, order);
        receive(&mut connection, sku(1), location(1), 2, NOW);
        backorders_are_filled(&database, &mut connection);
        assert_eq!(pieces(&mut connection, order), (0, 3, 0));
        assert_eq!(state(&mut connection, choice), State::Moot);
        assert!(!has_task(&mut connection, order));
        all_is_well(&mut connection);
    }
}

#[test]
fn how_long_a_buyer_has_is_a_setting() {
    for database in each_database() {
        let (mut connection, order) = a_paid_order(&database, 3, PaymentTerms::Prepaid);
        let how = AskSettings { is_automatic: true, answer_within_hours: 48 };
        let act = act_of(Actor::system("test"));
        connection.transact(|tx| settings::save(tx, &act, &how, 0)).unwrap();
        let choice = asked(&mut connection, order);
        let shown = connection.read(|tx| choice::load(tx, choice, NOW)).unwrap().unwrap();
        assert_eq!(shown.choice.facts().question.answer_by, NOW + Span::hours(48));
    }
}

#[test]
fn asking_sends_one_message_to_the_buyer() {
    for database in each_database() {
        let (mut connection, order) = a_paid_order(&database, 3, PaymentTerms::Prepaid);
        let choice = asked(&mut connection, order);
        journal::settle(&mut connection);
        let open = database.open();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut reading = Reading::new(news::reader(), open.clone(), "test");
            while !matches!(reading.step(NOW).await.unwrap(), Step::Idle) {}
        });
        open.close();
        let sent = connection.read(|tx| message::of(tx, order)).unwrap();
        let about: Vec<i64> =
            sent.iter().filter(|it| it.cause == Told::MissingPieces).map(|it| it.subject).collect();
        assert_eq!(about, [choice.raw()]);
        all_is_well(&mut connection);
    }
}
