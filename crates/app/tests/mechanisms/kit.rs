//! What the tests of the mechanisms share: an order for one SKU, placed and paid.

use std::sync::Arc;

use ordermill_app::benefit::claim::Claims;
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::payment::capture::{Captured, CapturedMoney, RecordCapture};
use ordermill_base::{Currency, Id, Money, Quantity, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{ChannelId, OrderId, PaymentId};
use ordermill_domain::order::{Amounts, LineTerms, PaymentTerms, Placed, Review, Status};
use ordermill_domain::payment::{LatePolicy, NewPayment, Payment};
use ordermill_domain::pricing::TaxMode;
use ordermill_storage::{BatchCommand, Connection, order, payment};
use ordermill_testkit::TestClock;
use ordermill_testkit::stock::{location, sku};

pub(crate) const NOW: Timestamp = TestClock::START;

/// Databases are opened and dropped outside of it: the driver of PostgreSQL blocks its thread.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

pub(crate) fn buyer(at: Timestamp) -> Act {
    Act::new(Actor::Buyer(None), at)
}

/// Prepaid, one line of SKU 1 at 10.00 a piece from location 1.
pub(crate) fn an_order(number: i64, pieces: i64) -> PlaceOrder {
    let line = LineTerms {
        line_no: 1,
        sku: sku(1),
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
    }
}

/// As [`an_order`], under a promotion.
pub(crate) fn a_promotion_order(number: i64, pieces: i64) -> PlaceOrder {
    let mut order = an_order(number, pieces);
    order.placed.promotion = true;
    order
}

pub(crate) fn place(connection: &mut Connection, order: PlaceOrder) -> OrderId {
    let placed = connection.transact(|tx| PlaceOrder::run(&[&order], tx)).unwrap().remove(0);
    placed.unwrap().id()
}

pub(crate) fn start_payment(
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

/// Starts and captures a payment of the order's money.
pub(crate) fn pay(
    connection: &mut Connection,
    number: i64,
    order: OrderId,
    minor: i64,
    at: Timestamp,
) -> Captured {
    pay_under(connection, LatePolicy::Refund, (number, order, minor), at)
}

/// As [`pay`], where this becomes of money that comes too late.
pub(crate) fn pay_under(
    connection: &mut Connection,
    policy: LatePolicy,
    (number, order, minor): (i64, OrderId, i64),
    at: Timestamp,
) -> Captured {
    let payment = start_payment(connection, number, order, minor);
    let money = CapturedMoney {
        payment,
        gateway: "sandbox".to_owned(),
        gateway_ref: format!("ref-{payment}"),
        merchant: "demo".to_owned(),
        amount: Money::new(minor, Currency::Cny),
    };
    let act = Act::new(Actor::adapter("sandbox"), at);
    let capture = RecordCapture { act, money, policy, rules: Arc::default() };
    connection.transact(|tx| RecordCapture::run(&[&capture], tx)).unwrap().remove(0).unwrap()
}

pub(crate) fn status(connection: &mut Connection, id: OrderId) -> Status {
    connection.read(|tx| order::fetch(tx, id)).unwrap().unwrap().order.status()
}
