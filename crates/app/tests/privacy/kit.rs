//! What the tests of privacy share: orders with people behind them.

use std::sync::Arc;

use ordermill_app::benefit::claim::Claims;
use ordermill_app::order::place::{PlaceOrder, PlaceOrderError, Placement};
use ordermill_app::permission::{About, Principal, StaffMember};
use ordermill_app::privacy::{
    OrderContact, Reveal, RevealError, Revealed, RootKeySource, Vault, reveal,
};
use ordermill_app::staff::{self, NewStaff};
use ordermill_base::{Currency, Id, Quantity, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::address::{RawAddress, RawRecipient};
use ordermill_domain::ids::{ChannelId, LocationId, OrderId};
use ordermill_domain::order::{Amounts, LineTerms, PaymentTerms, Placed, Review};
use ordermill_domain::pricing::TaxMode;
use ordermill_domain::reveal::Field;
use ordermill_domain::role::Role;
use ordermill_storage::{BatchCommand, Connection, Error, Tx, journal};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestClock, TestDatabase};
use ordermill_vault::{Entropy, RootKey, SeededEntropy};

pub(crate) const NOW: Timestamp = TestClock::START;

pub(crate) fn entropy() -> Arc<dyn Entropy> {
    Arc::new(SeededEntropy::from_seed(7))
}

pub(crate) fn open_vault(connection: &mut Connection) -> Vault {
    let root = RootKey::generate(&SeededEntropy::from_seed(1)).to_base64();
    let source = RootKeySource::Base64(root);
    connection.transact(|tx| Vault::open(tx, &source, entropy(), NOW)).unwrap()
}

/// Databases are opened and dropped outside of it: the driver of PostgreSQL blocks its thread.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_time().build().unwrap().block_on(future)
}

pub(crate) fn contact(name: &str, phone: &str, room: &str) -> OrderContact {
    let raw = RawRecipient {
        name: name.to_owned(),
        phone: phone.to_owned(),
        address: RawAddress {
            country: "CN".to_owned(),
            province: "浙江".to_owned(),
            city: "杭州".to_owned(),
            district: "西湖".to_owned(),
            street: vec![format!("文三路{room}")],
            postal_code: String::new(),
        },
    };
    let mut contact = OrderContact::new(raw.validate().unwrap());
    contact.email = Some("lin.xiaoming@example.com".parse().unwrap());
    contact.note = Some("放在门口的柜子里".to_owned());
    contact
}

pub(crate) fn lin() -> OrderContact {
    contact("林小明", "13800138021", "90号2单元301室")
}

/// An order of somebody for one piece.
pub(crate) fn command(vault: &Vault, number: i64, contact: &OrderContact) -> PlaceOrder {
    let id = OrderId::from_raw(number);
    let line = LineTerms {
        line_no: 1,
        sku: sku(1),
        quantity: Quantity::new(1).unwrap(),
        unit_price_minor: 1_000,
        discount_minor: 0,
        tax_minor: 0,
        total_minor: 1_000,
        gift: None,
        stands_for: None,
    };
    let amounts = Amounts {
        currency: Currency::Cny,
        tax_mode: TaxMode::Inclusive,
        goods_minor: 1_000,
        discount_minor: 0,
        freight_minor: 0,
        tax_minor: 0,
        total_minor: 1_000,
    };
    PlaceOrder {
        id,
        act: Act::new(Actor::Buyer(None), NOW),
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
        region: "CN-ZJ".to_owned(),
        recipient: vault.seal_recipient(id, contact),
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

pub(crate) fn place(
    connection: &mut Connection,
    vault: &Vault,
    number: i64,
    contact: &OrderContact,
) -> Result<Placement, PlaceOrderError> {
    let command = command(vault, number, contact);
    connection.transact(|tx| PlaceOrder::run(&[&command], tx)).unwrap().remove(0)
}

/// A database with a vault and so many orders of 林小明.
pub(crate) fn with_orders(database: &TestDatabase, count: i64) -> (Connection, Vault) {
    let mut connection = database.connection();
    let vault = open_vault(&mut connection);
    receive(&mut connection, sku(1), location(1), count.max(1), NOW);
    for number in 1..=count {
        place(&mut connection, &vault, number, &lin()).unwrap();
    }
    (connection, vault)
}

/// The journal once it tells of so many orders: on PostgreSQL its readers wait for every transaction
/// that is open anywhere on the server, those of other tests too.
pub(crate) fn placed(tx: &mut Tx<'_>, orders: usize) -> Result<Vec<journal::Entry>, Error> {
    loop {
        let entries = journal::after(tx, journal::Cursor::start(), 999)?;
        if entries.iter().filter(|entry| entry.kind == "order.placed").count() >= orders {
            return Ok(entries);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

pub(crate) fn hire(connection: &mut Connection, login: &str, role: Role) -> Principal {
    let new = NewStaff {
        login: login.parse().unwrap(),
        name: login.to_owned(),
        roles: vec![role],
        location: Some(LocationId::from_raw(1)),
        password: "a hash".to_owned(),
    };
    let (cli, act) = (Principal::system("cli"), Act::new(Actor::system("cli"), NOW));
    let id = connection.transact(|tx| staff::create(tx, &cli, &act, &new)).unwrap();
    Principal::Staff(Arc::new(StaffMember {
        id,
        name: new.name,
        roles: new.roles,
        location: new.location,
    }))
}

pub(crate) fn look(
    connection: &mut Connection,
    vault: &Vault,
    who: &Principal,
    reason: Option<&str>,
    about: About,
    at: Timestamp,
) -> Result<Revealed, RevealError> {
    let mut act = who.act(at);
    act.reason = reason.map(str::to_owned);
    let wanted = Reveal { order: OrderId::from_raw(1), fields: vec![Field::Phone], about };
    connection.transact(|tx| reveal(tx, vault, who, &act, &wanted))
}
