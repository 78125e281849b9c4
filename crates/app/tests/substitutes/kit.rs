//! A shop with two warehouses and four teas: the first is missing, and the others may be sent for it.

use std::sync::Arc;

use ordermill_app::benefit::claim::Claims;
use ordermill_app::catalog::{Catalog, edit};
use ordermill_app::check::check;
use ordermill_app::choice::{AnswerError, Outcome, answer, ask};
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::order::substitute::{SubstituteError, Substituted, substitute_by_hand};
use ordermill_app::payment::capture::{CapturedMoney, RecordCapture};
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_base::{Currency, Id, Money, Quantity, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::choice::Answer;
use ordermill_domain::ids::{ChannelId, ChoiceId, OrderId, PaymentId, SkuId, StaffId};
use ordermill_domain::order::{Amounts, LineTerms, OrderLine, PaymentTerms, Placed, Review};
use ordermill_domain::payment::{LatePolicy, NewPayment, Payment};
use ordermill_domain::pricing::TaxMode;
use ordermill_domain::refund::Cause;
use ordermill_domain::role::Role;
use ordermill_domain::sku::Sku;
use ordermill_domain::stock::{BackorderPolicy, StockLevel};
use ordermill_storage::{BatchCommand, Connection, Error, order, payment, refund, stock};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestClock, TestDatabase, catalog};

pub(crate) const NOW: Timestamp = TestClock::START;

/// What is missing; at 10.01 a piece.
pub(crate) const TEA: i64 = 1;
/// At 8.00.
pub(crate) const CHEAPER: i64 = 2;
/// At 15.00.
pub(crate) const DEARER: i64 = 3;
/// Nobody would send it for the tea.
pub(crate) const CUP: i64 = 4;

pub(crate) fn act_of(actor: Actor) -> Act {
    Act { reason: Some("test".into()), ..Act::new(actor, NOW) }
}

pub(crate) fn member(role: Role) -> Principal {
    let (id, name) = (StaffId::from_raw(7), "林小满".to_owned());
    Principal::Staff(Arc::new(StaffMember { id, name, roles: vec![role], location: None }))
}

/// The goods as they are.
fn goods() -> [Sku; 4] {
    let item = |number: i64, minor: i64| Sku {
        price: Money::new(minor, Currency::Cny),
        ..catalog::sku(sku(number), &format!("S{number}"))
    };
    let tea = Sku { substitutes: vec![sku(CHEAPER), sku(DEARER)], ..item(TEA, 1_001) };
    let cheaper = Sku { substitutes: vec![sku(DEARER)], ..item(CHEAPER, 800) };
    [tea, cheaper, item(DEARER, 1_500), item(CUP, 500)]
}

/// The warehouses, what lies in them, (SKU, location, pieces), and changes of the goods.
pub(crate) fn a_shop_with(
    database: &TestDatabase,
    stock: &[(i64, i64, i64)],
    change: impl Fn(&mut Sku),
) -> (Connection, Catalog) {
    let mut connection = database.connection();
    let act = act_of(Actor::system("test"));
    let set_up = |tx: &mut ordermill_storage::Tx<'_>| {
        for (id, code, north, east) in [(1, "HZ", 30, 120), (2, "BJ", 40, 116)] {
            edit::create_location(tx, &act, &catalog::location(location(id), code, north, east))
                .unwrap();
        }
        for mut goods in goods() {
            change(&mut goods);
            ordermill_storage::sku::insert(tx, &act, &goods)?;
        }
        Ok::<_, Error>(())
    };
    connection.transact(set_up).unwrap();
    for &(number, at, pieces) in stock {
        receive(&mut connection, sku(number), location(at), pieces, NOW);
    }
    let may_wait = StockLevel::new(sku(TEA), location(1), BackorderPolicy::Allow);
    connection.transact(|tx| stock::set_policy(tx, &may_wait)).unwrap();
    let known = connection.read(Catalog::load).unwrap();
    (connection, known)
}

pub(crate) fn a_shop(database: &TestDatabase, stock: &[(i64, i64, i64)]) -> (Connection, Catalog) {
    a_shop_with(database, stock, |_| ())
}

/// An order for so many teas at 10.01 with 1.00 off in all, and 5.00 freight; what is not there waits.
pub(crate) fn an_order(connection: &mut Connection, pieces: i64, terms: PaymentTerms) -> OrderId {
    let total = 1_001 * pieces - 100;
    let line = LineTerms {
        line_no: 1,
        sku: sku(TEA),
        quantity: Quantity::new(pieces).unwrap(),
        unit_price_minor: 1_001,
        discount_minor: 100,
        tax_minor: 0,
        total_minor: total,
        gift: None,
        stands_for: None,
    };
    let amounts = Amounts {
        currency: Currency::Cny,
        tax_mode: TaxMode::Inclusive,
        goods_minor: 1_001 * pieces,
        discount_minor: 100,
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
        region: "CN-33".to_owned(),
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

pub(crate) fn pay(connection: &mut Connection, order: OrderId, minor: i64) {
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
    let paid = connection.transact(|tx| {
        payment::insert(tx, &started, None, None)?;
        payment::record(tx, &act, &started, &event)?;
        RecordCapture::run(&[&capture], tx)
    });
    paid.unwrap();
}

/// Service sends something else for what is missing of a line.
pub(crate) fn replaced(
    connection: &mut Connection,
    known: &Catalog,
    order: OrderId,
    (line_no, by): (u16, i64),
) -> Result<Substituted, SubstituteError> {
    let service = member(Role::Service);
    let act = act_of(service.actor());
    let wanted = (line_no, sku(by));
    connection.transact(|tx| substitute_by_hand(tx, known, &service, &act, order, wanted))
}

pub(crate) fn asked(connection: &mut Connection, order: OrderId, line_no: u16) -> ChoiceId {
    let service = member(Role::Service);
    let act = act_of(service.actor());
    let asked = connection.transact(|tx| ask(tx, &service, &act, order, line_no)).unwrap();
    asked.facts().id
}

pub(crate) fn taken(
    connection: &mut Connection,
    known: &Catalog,
    choice: ChoiceId,
    by: i64,
) -> Result<Outcome, AnswerError> {
    let act = act_of(Actor::Buyer(None));
    let wanted = Answer::Substitute { sku: sku(by) };
    connection.transact(|tx| answer(tx, known, &act, choice, wanted))
}

pub(crate) fn lines(connection: &mut Connection, id: OrderId) -> Vec<OrderLine> {
    connection.read(|tx| order::lines(tx, id)).unwrap()
}

/// Of each line: canceled, allocated, waiting.
pub(crate) fn pieces(connection: &mut Connection, id: OrderId) -> Vec<(i64, i64, i64)> {
    let lines = lines(connection, id);
    let counts = lines.iter().map(OrderLine::pieces);
    counts.map(|it| (it.canceled, it.allocated, it.backordered)).collect()
}

pub(crate) fn refunds(connection: &mut Connection, id: OrderId) -> Vec<(Cause, i64)> {
    let found = connection.read(|tx| refund::of(tx, id)).unwrap();
    found.iter().map(|it| (it.facts().key.cause, it.facts().amount.minor)).collect()
}

/// What could still be sold of a SKU at a location.
pub(crate) fn available(connection: &mut Connection, of: SkuId, at: i64) -> i64 {
    let levels = connection.read(|tx| stock::levels(tx, [of])).unwrap();
    levels.iter().filter(|level| level.location == location(at)).map(StockLevel::available).sum()
}

pub(crate) fn all_is_well(connection: &mut Connection) {
    let report = check(connection, NOW, None, &mut |_, _| ()).unwrap();
    assert_eq!(report.violations, []);
}
