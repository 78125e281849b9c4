//! Orders of one line, their payments, and where both stand.

use std::sync::Arc;

use ordermill_app::benefit::claim::Claims;
use ordermill_app::order::place::{PlaceOrder, PlaceOrderError, Placement};
use ordermill_app::payment::capture::{Captured, CapturedMoney, RecordCapture};
use ordermill_base::{Currency, Id as _, Money, Quantity, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{ChannelId, OrderId, PaymentId, SkuId};
use ordermill_domain::order::{Amounts, LineTerms, PaymentTerms, Placed, Review, Status};
use ordermill_domain::payment::{LatePolicy, NewPayment, Payment};
use ordermill_domain::pricing::TaxMode;
use ordermill_storage::{BatchCommand as _, Connection, payment, stock};
use ordermill_testkit::TestClock;
use ordermill_testkit::stock::location;

pub(crate) const NOW: Timestamp = TestClock::START;

/// Databases are opened and dropped outside of it: the driver of PostgreSQL blocks its thread.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap()
}

pub(crate) fn buyer(at: Timestamp) -> Act {
    Act::new(Actor::Buyer(None), at)
}

pub(crate) fn an_order(number: i64, sku: SkuId, pieces: i64) -> PlaceOrder {
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

pub(crate) fn place(
    connection: &mut Connection,
    orders: &[PlaceOrder],
) -> Vec<Result<Placement, PlaceOrderError>> {
    let orders: Vec<&PlaceOrder> = orders.iter().collect();
    connection.transact(|tx| PlaceOrder::run(&orders, tx)).unwrap()
}

pub(crate) fn reserved_and_allocated(connection: &mut Connection, sku: SkuId) -> (i64, i64) {
    let levels = connection.read(|tx| stock::levels(tx, [sku])).unwrap();
    levels.iter().fold((0, 0), |(r, a), level| (r + level.reserved, a + level.allocated))
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

pub(crate) fn money(payment: PaymentId, minor: i64) -> CapturedMoney {
    CapturedMoney {
        payment,
        gateway: "sandbox".to_owned(),
        gateway_ref: format!("ref-{payment}"),
        merchant: "demo".to_owned(),
        amount: Money::new(minor, Currency::Cny),
    }
}

pub(crate) fn capture(
    connection: &mut Connection,
    money: &CapturedMoney,
    at: Timestamp,
) -> Captured {
    let act = Act::new(Actor::adapter("sandbox"), at);
    let capture = RecordCapture {
        act,
        money: money.clone(),
        policy: LatePolicy::Refund,
        rules: Arc::default(),
    };
    connection.transact(|tx| RecordCapture::run(&[&capture], tx)).unwrap().remove(0).unwrap()
}

pub(crate) fn status(connection: &mut Connection, id: i64) -> Status {
    let id = OrderId::from_raw(id);
    let stored = connection.read(|tx| ordermill_storage::order::fetch(tx, id)).unwrap();
    stored.unwrap().order.status()
}
