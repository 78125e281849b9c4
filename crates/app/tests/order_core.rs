//! An order's life between placing and its money, on both databases.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::sync::Arc;

use ordermill_app::benefit::claim::Claims;
use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::file::OrderFile;
use ordermill_app::order::place::{Key, PlaceOrder, PlaceOrderError, Placement};
use ordermill_app::payment::capture::{Captured, CapturedMoney, RecordCapture};
use ordermill_base::{Currency, Id, Money, Quantity, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{CartId, ChannelId, OrderId, PaymentId, SkuId};
use ordermill_domain::order::{
    Amounts, CancelReason, LineTerms, PaymentTerms, Placed, Review, Status,
};
use ordermill_domain::payment::{LatePolicy, NewPayment, Payment};
use ordermill_domain::pricing::TaxMode;
use ordermill_storage::{BatchCommand, Connection, Error, deadline, payment, refund, stock};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestClock, each_database};

const NOW: Timestamp = TestClock::START;

/// Databases are opened and dropped outside of it: the driver of PostgreSQL blocks its thread.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap()
}

fn buyer(at: Timestamp) -> Act {
    Act::new(Actor::Buyer(None), at)
}

fn an_order(number: i64, sku: SkuId, pieces: i64) -> PlaceOrder {
    let line = LineTerms {
        line_no: 1,
        sku,
        quantity: Quantity::new(pieces).unwrap(),
        unit_price_minor: 1_000,
        discount_minor: 0,
        tax_minor: 0,
        total_minor: 1_000 * pieces,
        gift: None,
        stands_for: None,
    };
    let amounts = Amounts {
        currency: Currency::Cny,
        tax_mode: TaxMode::Inclusive,
        goods_minor: 1_000 * pieces,
        discount_minor: 0,
        freight_minor: 0,
        tax_minor: 0,
        total_minor: 1_000 * pieces,
    };
    PlaceOrder {
        id: OrderId::from_raw(number),
        act: buyer(NOW),
        placed: Placed {
            channel: ChannelId::from_raw(1),
            channel_order_id: None,
            customer: None,
            terms: PaymentTerms::Prepaid,
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
        accepts_backorder: false,
        preference: Arc::new([location(1), location(2)]),
        marks: None,
        rules: Arc::default(),
        key: None,
        cart: None,
        discounts: Vec::new(),
        claims: Claims::default(),
        days: None,
        pay_within: Span::hours(24),
        hold_for: Span::minutes(30),
    }
}

fn place(
    connection: &mut Connection,
    orders: &[PlaceOrder],
) -> Vec<Result<Placement, PlaceOrderError>> {
    let orders: Vec<&PlaceOrder> = orders.iter().collect();
    connection.transact(|tx| PlaceOrder::run(&orders, tx)).unwrap()
}

fn reserved_and_allocated(connection: &mut Connection, sku: SkuId) -> (i64, i64) {
    let levels = connection.read(|tx| stock::levels(tx, [sku])).unwrap();
    levels.iter().fold((0, 0), |(r, a), level| (r + level.reserved, a + level.allocated))
}

fn start_payment(
    connection: &mut Connection,
    number: i64,
    order: OrderId,
    minor: i64,
) -> PaymentId {
    let new = NewPayment {
        order,
        gateway: "sandbox".to_owned(),
        merchant: "demo".to_owned(),
        amount: Money::new(minor, Currency::Cny),
    };
    let id = PaymentId::from_raw(number);
    let (started, event) = Payment::create(id, new, NOW);
    connection
        .transact(|tx| {
            payment::insert(tx, &started, None, None)?;
            payment::record(tx, &buyer(NOW), &started, &event)
        })
        .unwrap();
    id
}

fn money(payment: PaymentId, minor: i64) -> CapturedMoney {
    CapturedMoney {
        payment,
        gateway: "sandbox".to_owned(),
        gateway_ref: format!("ref-{payment}"),
        merchant: "demo".to_owned(),
        amount: Money::new(minor, Currency::Cny),
    }
}

fn capture(connection: &mut Connection, money: &CapturedMoney, at: Timestamp) -> Captured {
    let act = Act::new(Actor::adapter("sandbox"), at);
    let capture = RecordCapture {
        act,
        money: money.clone(),
        policy: LatePolicy::Refund,
        rules: Arc::default(),
    };
    connection.transact(|tx| RecordCapture::run(&[&capture], tx)).unwrap().remove(0).unwrap()
}

fn status(connection: &mut Connection, id: i64) -> Status {
    let id = OrderId::from_raw(id);
    let stored = connection.read(|tx| ordermill_storage::order::fetch(tx, id)).unwrap();
    stored.unwrap().order.status()
}

#[test]
fn the_last_pieces_are_sold_once_in_a_batch() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 5, NOW);
        let orders: Vec<PlaceOrder> = (1..=8).map(|number| an_order(number, sku(1), 1)).collect();
        let placed = place(&mut connection, &orders);
        assert_eq!(placed.iter().filter(|result| result.is_ok()).count(), 5);
        assert!(
            matches!(&placed[7], Err(PlaceOrderError::OutOfStock(short)) if short[0].available == 0)
        );
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (5, 0), "{database:?}");
    }
}

#[test]
fn the_last_pieces_are_sold_once_in_a_rush() {
    for database in each_database() {
        receive(&mut database.connection(), sku(1), location(1), 20, NOW);
        let open = database.open();
        let sold = runtime().block_on(async {
            let mut placing = tokio::task::JoinSet::new();
            for number in 1..=200 {
                let (open, order) = (open.clone(), an_order(number, sku(1), 1));
                placing.spawn(async move { open.submit(order).await.unwrap().is_ok() });
            }
            placing.join_all().await.into_iter().filter(|is_sold| *is_sold).count()
        });
        open.close();
        assert_eq!(sold, 20, "{database:?}");
        assert_eq!(reserved_and_allocated(&mut database.connection(), sku(1)), (20, 0));
    }
}

#[test]
fn the_same_key_places_one_order_and_another_body_is_refused() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        let key =
            |hash| Key { principal: "key".into(), key: "k1".into(), request_hash: [hash; 32] };
        let with =
            |number, hash| PlaceOrder { key: Some(key(hash)), ..an_order(number, sku(1), 1) };
        let placed = place(&mut connection, &[with(1, 7), with(2, 7), with(3, 8)]);
        let first = OrderId::from_raw(1);
        assert_eq!(placed[0], Ok(Placement::New(first)));
        assert_eq!(placed[1], Ok(Placement::Existing(first)));
        assert_eq!(placed[2], Err(PlaceOrderError::KeyReused));
        let again = place(&mut connection, &[with(4, 7), with(5, 8)]);
        assert_eq!(again, [Ok(Placement::Existing(first)), Err(PlaceOrderError::KeyReused)]);
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (1, 0));
    }
}

#[test]
fn a_channels_order_comes_in_once() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        let theirs = |number| {
            let mut order = an_order(number, sku(1), 1);
            order.placed.channel_order_id = Some("1001".to_owned());
            order
        };
        let placed = place(&mut connection, &[theirs(1), theirs(2)]);
        let again = place(&mut connection, &[theirs(3)]);
        let first = OrderId::from_raw(1);
        assert_eq!(placed, [Ok(Placement::New(first)), Ok(Placement::Existing(first))]);
        assert_eq!(again, [Ok(Placement::Existing(first))]);
    }
}

#[test]
fn a_cart_becomes_one_order_whatever_the_keys() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        let cart = CartId::from_raw(77);
        let from_tab = |number| PlaceOrder { cart: Some(cart), ..an_order(number, sku(1), 1) };
        let placed = place(&mut connection, &[from_tab(1), from_tab(2)]);
        let again = place(&mut connection, &[from_tab(3)]);
        let first = OrderId::from_raw(1);
        assert_eq!(placed, [Ok(Placement::New(first)), Ok(Placement::Existing(first))]);
        assert_eq!(again, [Ok(Placement::Existing(first))], "{database:?}");
    }
}

#[test]
fn a_paid_order_is_confirmed_and_its_stock_allocated_and_paying_again_changes_nothing() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        place(&mut connection, &[an_order(1, sku(1), 2)]).remove(0).unwrap();
        let order = OrderId::from_raw(1);
        let payment = start_payment(&mut connection, 10, order, 2_000);
        let paid = capture(&mut connection, &money(payment, 2_000), NOW);
        assert_eq!(paid, Captured::Paid { order, is_confirmed: true }, "{database:?}");
        assert_eq!(capture(&mut connection, &money(payment, 2_000), NOW), Captured::Known(order));
        assert_eq!(status(&mut connection, 1), Status::Confirmed);
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (0, 2));
        let waiting = connection.read(|tx| deadline::of(tx, order)).unwrap();
        assert_eq!(waiting, []);
    }
}

#[test]
fn a_wrong_amount_pays_nothing_and_becomes_a_task() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        place(&mut connection, &[an_order(1, sku(1), 2)]).remove(0).unwrap();
        let payment = start_payment(&mut connection, 10, OrderId::from_raw(1), 2_000);
        let reported = capture(&mut connection, &money(payment, 1), NOW);
        assert!(matches!(reported, Captured::Mismatch(..)));
        assert_eq!(status(&mut connection, 1), Status::Placed);
        let tasks = connection.read(|tx| ordermill_storage::task::of(tx, payment)).unwrap();
        assert_eq!(tasks.len(), 1);
    }
}

#[test]
fn a_canceled_order_gives_its_stock_back_and_late_money_goes_back_once() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        place(&mut connection, &[an_order(1, sku(1), 2)]).remove(0).unwrap();
        let order = OrderId::from_raw(1);
        let payment = start_payment(&mut connection, 10, order, 2_000);
        let cancel = |connection: &mut Connection| {
            connection
                .transact(|tx| cancel_order(tx, &buyer(NOW), order, CancelReason::Buyer))
                .unwrap()
        };
        assert!(cancel(&mut connection));
        assert!(!cancel(&mut connection));
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (0, 0), "{database:?}");
        let late = capture(&mut connection, &money(payment, 2_000), NOW + Span::hours(1));
        assert_eq!(late, Captured::GoesBack(order));
        let refunds = connection.read(|tx| refund::of(tx, order)).unwrap();
        assert_eq!(refunds.iter().map(|refund| refund.facts().amount.minor).sum::<i64>(), 2_000);
        assert_eq!(status(&mut connection, 1), Status::Canceled);
    }
}

#[test]
fn a_paid_order_that_is_canceled_is_refunded() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        place(&mut connection, &[an_order(1, sku(1), 2)]).remove(0).unwrap();
        let order = OrderId::from_raw(1);
        let payment = start_payment(&mut connection, 10, order, 2_000);
        capture(&mut connection, &money(payment, 2_000), NOW);
        connection
            .transact(|tx| cancel_order(tx, &buyer(NOW), order, CancelReason::Buyer))
            .unwrap();
        let refunds = connection.read(|tx| refund::of(tx, order)).unwrap();
        assert_eq!(refunds.len(), 1);
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (0, 0));
    }
}

#[test]
fn money_after_the_hold_ran_out_takes_stock_again_or_goes_back() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 2, NOW);
        let mut first = an_order(1, sku(1), 2);
        first.placed.promotion = true;
        place(&mut connection, &[first]).remove(0).unwrap();
        let order = OrderId::from_raw(1);
        let payment = start_payment(&mut connection, 10, order, 2_000);
        connection
            .transact(|tx| {
                let mut file = OrderFile::load(tx, order).unwrap();
                assert!(file.expire_holds(&buyer(NOW)).unwrap());
                file.save(tx)
            })
            .unwrap();
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (0, 0));
        place(&mut connection, &[an_order(2, sku(1), 1)]).remove(0).unwrap();
        let late = capture(&mut connection, &money(payment, 2_000), NOW + Span::hours(1));
        assert_eq!(late, Captured::GoesBack(order), "{database:?}");
        assert_eq!(status(&mut connection, 1), Status::Canceled);
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (1, 0));
    }
}

#[test]
fn a_command_that_fails_or_panics_after_writing_leaves_no_trace_and_spares_its_neighbors() {
    for database in each_database() {
        receive(&mut database.connection(), sku(1), location(1), 9, NOW);
        let open = database.open();
        let fails = open.write(|tx| {
            ordermill_storage::order::insert_contacts(tx, &[(1, OrderId::from_raw(1))])?;
            Err::<(), Error>(Error::Stale("a thing"))
        });
        let panics = open.write(|tx| {
            ordermill_storage::order::insert_contacts(tx, &[(2, OrderId::from_raw(1))])?;
            assert!(tx.next_id::<OrderId>(NOW).raw() < 0, "a defect of a command");
            Ok::<(), Error>(())
        });
        let order = open.submit(an_order(1, sku(1), 1));
        let (fails, panics, order) =
            runtime().block_on(async { tokio::join!(fails, panics, order) });
        assert!(matches!(fails, Err(Error::Stale(_))), "{fails:?}");
        assert!(matches!(panics, Err(Error::Panicked)), "{panics:?}");
        assert!(matches!(order, Ok(Ok(Placement::New(_)))), "{order:?}");
        let filter = |contact| ordermill_storage::order::Filter {
            contact: Some(contact),
            ..Default::default()
        };
        for contact in [1, 2] {
            let list =
                open.read(move |tx| ordermill_storage::order::list(tx, &filter(contact), None, 9));
            let list = runtime().block_on(list);
            assert_eq!(list.unwrap(), [], "{database:?}");
        }
        open.close();
    }
}

/// The simulation's find: a timer to pay was armed for what nobody owes.
#[test]
fn an_order_that_costs_nothing_is_confirmed_at_once_and_waits_for_no_money() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 3, NOW);
        let mut free = an_order(1, sku(1), 2);
        free.placed.promotion = true;
        free.placed.lines[0].discount_minor = 2_000;
        free.placed.lines[0].total_minor = 0;
        (free.placed.amounts.discount_minor, free.placed.amounts.total_minor) = (2_000, 0);
        free.discounts = vec![(1, "coupon:1".to_owned(), 2_000)];
        place(&mut connection, &[free]).remove(0).unwrap();
        assert_eq!(status(&mut connection, 1), Status::Confirmed, "{database:?}");
        let order = OrderId::from_raw(1);
        assert_eq!(connection.read(|tx| deadline::of(tx, order)).unwrap(), []);
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (0, 2));
    }
}

/// The simulation's find: enough pieces in all, but not where the holds were, failed every report of
/// the money.
#[test]
fn late_money_whose_pieces_are_elsewhere_by_now_goes_back() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 3, NOW);
        receive(&mut connection, sku(1), location(2), 2, NOW);
        let mut spread = an_order(1, sku(1), 5);
        spread.placed.promotion = true;
        place(&mut connection, &[spread]).remove(0).unwrap();
        let order = OrderId::from_raw(1);
        let payment = start_payment(&mut connection, 10, order, 5_000);
        connection
            .transact(|tx| {
                let mut file = OrderFile::load(tx, order)?;
                assert!(file.expire_holds(&buyer(NOW)).unwrap());
                Ok::<_, ordermill_app::order::file::FileError>(file.save(tx)?)
            })
            .unwrap();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        let mut second = an_order(2, sku(1), 1);
        second.preference = Arc::new([location(2)]);
        place(&mut connection, &[second]).remove(0).unwrap();
        let late = capture(&mut connection, &money(payment, 5_000), NOW + Span::hours(1));
        assert_eq!(late, Captured::GoesBack(order), "{database:?}");
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (1, 0));
    }
}

#[test]
fn payments_that_are_captured_together_confirm_their_orders_and_count_once() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        let orders: Vec<PlaceOrder> = (1..=8).map(|number| an_order(number, sku(1), 1)).collect();
        place(&mut connection, &orders);
        let reports: Vec<RecordCapture> = (1..=8)
            .map(|number| {
                let order = OrderId::from_raw(number);
                let payment = start_payment(&mut connection, 10 + number, order, 1_000);
                let minor = if number == 8 { 999 } else { 1_000 };
                let act = Act::new(Actor::adapter("sandbox"), NOW);
                let money = money(payment, minor);
                RecordCapture { act, money, policy: LatePolicy::Refund, rules: Arc::default() }
            })
            .collect();
        let twice: Vec<&RecordCapture> = reports.iter().chain(&reports[..7]).collect();
        let outputs = connection.transact(|tx| RecordCapture::run(&twice, tx)).unwrap();
        let count = |wanted: fn(&Captured) -> bool| {
            outputs.iter().filter(|output| output.as_ref().is_ok_and(wanted)).count()
        };
        assert_eq!(count(|it| matches!(it, Captured::Paid { is_confirmed: true, .. })), 7);
        assert_eq!(count(|it| matches!(it, Captured::Mismatch(..))), 1);
        assert_eq!(count(|it| matches!(it, Captured::Known(_))), 7, "{database:?}");
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (1, 7));
    }
}

#[test]
fn an_order_that_is_paid_twice_keeps_one_payment_and_sends_the_other_back() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        place(&mut connection, &[an_order(1, sku(1), 2)]).remove(0).unwrap();
        let order = OrderId::from_raw(1);
        let first = start_payment(&mut connection, 10, order, 2_000);
        let second = start_payment(&mut connection, 11, order, 2_000);
        capture(&mut connection, &money(first, 2_000), NOW);
        let again = capture(&mut connection, &money(second, 2_000), NOW);
        assert_eq!(again, Captured::GoesBack(order), "{database:?}");
        let refunds = connection.read(|tx| refund::of(tx, order)).unwrap();
        assert_eq!(refunds.len(), 1);
        assert_eq!(refunds[0].facts().key.payment, second);
        assert_eq!(refunds[0].facts().amount.minor, 2_000);
        assert_eq!(status(&mut connection, 1), Status::Confirmed);
    }
}

#[test]
fn a_part_payment_does_not_stop_the_time_to_pay_and_goes_back_with_its_canceled_order() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        place(&mut connection, &[an_order(1, sku(1), 2)]).remove(0).unwrap();
        let order = OrderId::from_raw(1);
        let part = start_payment(&mut connection, 10, order, 500);
        let paid = capture(&mut connection, &money(part, 500), NOW);
        assert_eq!(paid, Captured::Paid { order, is_confirmed: false });
        assert_eq!(connection.read(|tx| deadline::of(tx, order)).unwrap().len(), 1, "{database:?}");
        connection
            .transact(|tx| cancel_order(tx, &buyer(NOW), order, CancelReason::Unpaid))
            .unwrap();
        let refunds = connection.read(|tx| refund::of(tx, order)).unwrap();
        assert_eq!(refunds.iter().map(|it| it.facts().amount.minor).collect::<Vec<_>>(), [500]);
        assert_eq!(connection.read(|tx| deadline::of(tx, order)).unwrap(), []);
    }
}

#[test]
fn a_gateway_cannot_report_the_payment_of_another() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        place(&mut connection, &[an_order(1, sku(1), 2)]).remove(0).unwrap();
        let payment = start_payment(&mut connection, 10, OrderId::from_raw(1), 2_000);
        let report = RecordCapture {
            act: Act::new(Actor::adapter("other"), NOW),
            money: CapturedMoney { gateway: "other".to_owned(), ..money(payment, 2_000) },
            policy: LatePolicy::Refund,
            rules: Arc::default(),
        };
        let outputs = connection.transact(|tx| RecordCapture::run(&[&report], tx)).unwrap();
        assert!(outputs[0].is_err(), "{database:?}");
        assert_eq!(status(&mut connection, 1), Status::Placed);
    }
}
