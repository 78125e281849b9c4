//! A shop with three warehouses, its orders, and who works on them.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use ordermill_app::benefit::claim::Claims;
use ordermill_app::catalog::{Catalog, edit};
use ordermill_app::check::check;
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::permission::Principal;
use ordermill_app::sourcing::{Wish, by_rules, source_each};
use ordermill_base::{Currency, Id, Quantity, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor, Name};
use ordermill_domain::fulfillment::Fulfillment;
use ordermill_domain::ids::{ChannelId, LocationId, OrderId};
use ordermill_domain::order::{Amounts, LineTerms, PaymentTerms, Placed, Review};
use ordermill_domain::pricing::TaxMode;
use ordermill_storage::{BatchCommand, Connection, fulfillment};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestClock, TestDatabase, catalog};

pub(crate) const NOW: Timestamp = TestClock::START;
pub(crate) const PLACES: [(i64, &str, i64, i64); 3] =
    [(1, "HZ", 30, 120), (2, "BJ", 40, 116), (3, "GZ", 23, 113)];
pub(crate) static HANGZHOU: LazyLock<LocationId> = LazyLock::new(|| location(1));
pub(crate) static BEIJING: LazyLock<LocationId> = LazyLock::new(|| location(2));
pub(crate) static GUANGZHOU: LazyLock<LocationId> = LazyLock::new(|| location(3));

pub(crate) fn somebody() -> (Principal, Act) {
    let act = Act::new(Actor::system("test"), NOW);
    (Principal::System(Name::fixed("test")), Act { reason: Some("a test".into()), ..act })
}

/// Three warehouses with what is given: (SKU, location, pieces).
pub(crate) fn a_shop(
    database: &TestDatabase,
    stock: &[(i64, LocationId, i64)],
) -> (Connection, Catalog) {
    let mut connection = database.connection();
    let act = Act::new(Actor::system("test"), NOW);
    connection
        .transact(|tx| {
            for (id, code, north, east) in PLACES {
                let place = catalog::location(location(id), code, north, east);
                edit::create_location(tx, &act, &place).unwrap();
            }
            for number in 1..=3 {
                let code = format!("S{number}");
                let goods = catalog::sku(sku(number), &code);
                ordermill_storage::sku::insert(tx, &act, &goods)?;
            }
            Ok::<_, ordermill_storage::Error>(())
        })
        .unwrap();
    for &(number, at, pieces) in stock {
        receive(&mut connection, sku(number), at, pieces, NOW);
    }
    let known = connection.read(Catalog::load).unwrap();
    (connection, known)
}

/// A confirmed order, to be paid at the door: (SKU, pieces) by line.
pub(crate) fn an_order(
    connection: &mut Connection,
    catalog: &Catalog,
    number: i64,
    region: &str,
    wanted: &[(i64, i64)],
) -> OrderId {
    let command = a_request(catalog, number, region, wanted);
    let placed = connection.transact(|tx| PlaceOrder::run(&[&command], tx)).unwrap();
    placed.into_iter().next().unwrap().unwrap();
    command.id
}

/// What is asked for with such an order.
pub(crate) fn a_request(
    catalog: &Catalog,
    number: i64,
    region: &str,
    wanted: &[(i64, i64)],
) -> PlaceOrder {
    let line = |(at, &(number, pieces)): (usize, &(i64, i64))| LineTerms {
        line_no: u16::try_from(at + 1).unwrap(),
        sku: sku(number),
        quantity: Quantity::new(pieces).unwrap(),
        unit_price_minor: 1_000,
        discount_minor: 0,
        tax_minor: 0,
        total_minor: 1_000 * pieces,
        gift: None,
        stands_for: None,
    };
    let lines: Vec<LineTerms> = wanted.iter().enumerate().map(line).collect();
    let total = lines.iter().map(|line| line.total_minor).sum();
    let amounts = Amounts {
        currency: Currency::Cny,
        tax_mode: TaxMode::Inclusive,
        goods_minor: total,
        discount_minor: 0,
        freight_minor: 0,
        tax_minor: 0,
        total_minor: total,
    };
    let id = OrderId::from_raw(number);
    PlaceOrder {
        id,
        act: Act::new(Actor::Buyer(None), NOW),
        placed: Placed {
            channel: ChannelId::from_raw(1),
            channel_order_id: None,
            customer: None,
            terms: PaymentTerms::CashOnDelivery,
            promotion: false,
            review: Review::Pending,
            amounts,
            lines,
            reserved: Vec::new(),
            coupons: Vec::new(),
            points_earned: 0,
            service_wish: None,
            promised_by_on: None,
        },
        region: region.to_owned(),
        recipient: b"ciphertext".to_vec(),
        accepts_backorder: false,
        preference: catalog.preference(region),
        key: None,
        cart: None,
        discounts: Vec::new(),
        claims: Claims::default(),
        days: None,
        pay_within: Span::hours(24),
        hold_for: Span::minutes(30),
        marks: None,
        rules: Arc::default(),
    }
}

pub(crate) fn source(connection: &mut Connection, catalog: &Catalog, orders: &[OrderId]) {
    let orders: BTreeSet<OrderId> = orders.iter().copied().collect();
    let wish = Wish::default();
    connection.transact(|tx| source_each(tx, catalog, &by_rules(NOW), &orders, &wish)).unwrap();
}

pub(crate) fn work_on(connection: &mut Connection, order: OrderId) -> Vec<Fulfillment> {
    connection.read(|tx| fulfillment::of(tx, order)).unwrap()
}

/// Who ships what: `HZ planned 1x2 2x1`, line by line.
pub(crate) fn written(connection: &mut Connection, order: OrderId) -> String {
    let work = work_on(connection, order);
    let written = work.iter().map(|work| {
        let facts = work.facts();
        let (_, code, ..) = PLACES[usize::try_from(facts.location.raw()).unwrap() - 1];
        let lines = facts.lines.iter().map(|line| format!(" {}x{}", line.line_no, line.quantity));
        format!("{code} {}{}", facts.state, lines.collect::<String>())
    });
    written.collect::<Vec<_>>().join(", ")
}

pub(crate) fn all_is_well(connection: &mut Connection) {
    let report = check(connection, NOW, None, &mut |_, _| ()).unwrap();
    assert_eq!(report.violations, []);
}
