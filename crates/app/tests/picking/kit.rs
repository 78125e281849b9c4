//! A warehouse with a floor, orders, and people who scan.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use ordermill_app::benefit::claim::Claims;
use ordermill_app::catalog::{Catalog, edit};
use ordermill_app::check::check;
use ordermill_app::layout;
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_app::pick_list::{Answer, Asked, Outcome, Sent, take_next, work};
use ordermill_app::sourcing::{Wish as SourcingWish, by_rules, source_each};
use ordermill_app::stock::{Lot, Spot, receive_stock};
use ordermill_app::wave::plan::Cart;
use ordermill_app::wave::{ReleaseError, Wish, release_in};
use ordermill_base::{Currency, Id as _, Quantity, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::fulfillment::{Fulfillment, ShortReason};
use ordermill_domain::ids::{BinId, ChannelId, LocationId, OrderId, PickListId, StaffId};
use ordermill_domain::layout::{Numbering, Plan, ZonePlan};
use ordermill_domain::location::Zone;
use ordermill_domain::order::{Amounts, LineTerms, PaymentTerms, Placed, Review};
use ordermill_domain::pricing::TaxMode;
use ordermill_domain::role::Role;
use ordermill_domain::task::TaskKind;
use ordermill_domain::text::Text;
use ordermill_storage::wave::Wave;
use ordermill_storage::{
    BatchCommand as _, Connection, Error, fulfillment, location as places, stock, task,
};
use ordermill_testkit::stock::{location, sku};
use ordermill_testkit::{TestClock, TestDatabase, catalog};

pub(crate) const NOW: Timestamp = TestClock::START;

pub(crate) fn here() -> LocationId {
    location(1)
}

pub(crate) fn act() -> Act {
    Act { reason: Some("test".into()), ..Act::new(Actor::system("test"), NOW) }
}

pub(crate) fn picker() -> (Principal, StaffId) {
    let id = StaffId::from_raw(7);
    let member = StaffMember {
        id,
        name: "周强".to_owned(),
        roles: vec![Role::Warehouse],
        location: Some(here()),
    };
    (Principal::Staff(std::sync::Arc::new(member)), id)
}

/// A warehouse with a floor of two aisles, and one elsewhere; SKUs 1 to 3 called `S1` to `S3`.
pub(crate) fn a_floor(database: &TestDatabase) -> (Connection, Catalog) {
    let mut connection = database.connection();
    let plan = Plan {
        zones: vec![ZonePlan { zone: "A".to_owned(), aisles: 2, bays: 8, levels: 1 }],
        blocks: 1,
        bay_width_mm: 1_000,
        aisle_pitch_mm: 3_000,
        cross_aisle_width_mm: 2_000,
        level_height_mm: 500,
        numbering: Numbering::Street,
        start_aisle: 1,
        end_aisle: 1,
    };
    connection
        .transact(|tx| {
            for (number, code, north, east) in [(1, "HZ", 30, 120), (2, "BJ", 40, 116)] {
                let place = catalog::location(location(number), code, north, east);
                edit::create_location(tx, &act(), &place).unwrap();
            }
            for number in 1..=3 {
                let goods = catalog::sku(sku(number), &format!("S{number}"));
                ordermill_storage::sku::insert(tx, &act(), &goods)?;
            }
            let (name, kind) = (Text::new("区", "Area"), "shelf".to_owned());
            let zone = Zone { location: here(), code: "A".to_owned(), name, kind };
            edit::set_up_zone(tx, &act(), &zone, Vec::new()).unwrap();
            let version = places::fetch(tx, here())?.unwrap().version;
            layout::draw(tx, &act(), here(), version, &plan).unwrap();
            Ok::<_, Error>(())
        })
        .unwrap();
    let known = connection.read(Catalog::load).unwrap();
    (connection, known)
}

pub(crate) fn bin(connection: &mut Connection, code: &str) -> BinId {
    connection.read(|tx| places::find_bin(tx, here(), code)).unwrap().unwrap().id
}

pub(crate) fn put(
    connection: &mut Connection,
    number: i64,
    code: &str,
    pieces: i64,
    lot: Option<&str>,
) {
    let bin = Some(bin(connection, code));
    let expires_on = Some("2027-06-30".parse().unwrap());
    let lot = lot.map(|code| Lot { code: code.to_owned(), expires_on });
    let quantity = Quantity::new(pieces).unwrap();
    let spot = Spot { bin, lot };
    connection
        .transact(|tx| receive_stock(tx, &act(), sku(number), here(), quantity, &spot, None))
        .unwrap();
}

pub(crate) fn an_order(
    connection: &mut Connection,
    known: &Catalog,
    number: i64,
    wanted: &[(i64, i64)],
) -> OrderId {
    an_order_with_gifts(connection, known, number, wanted, &[])
}

pub(crate) fn an_order_with_gifts(
    connection: &mut Connection,
    known: &Catalog,
    number: i64,
    wanted: &[(i64, i64)],
    gifts: &[(i64, i64)],
) -> OrderId {
    let line = |(at, &(number, pieces)): (usize, &(i64, i64))| {
        let is_gift = at >= wanted.len();
        let unit_price_minor = if is_gift { 0 } else { 1_000 };
        LineTerms {
            line_no: u16::try_from(at + 1).unwrap(),
            sku: sku(number),
            quantity: Quantity::new(pieces).unwrap(),
            unit_price_minor,
            discount_minor: 0,
            tax_minor: 0,
            total_minor: unit_price_minor * pieces,
            gift: is_gift.then_some(1),
            stands_for: None,
        }
    };
    let lines: Vec<LineTerms> = wanted.iter().chain(gifts).enumerate().map(line).collect();
    let total = lines.iter().map(|line| line.total_minor).sum();
    let id = OrderId::from_raw(number);
    let command = PlaceOrder {
        id,
        act: Act::new(Actor::Buyer(None), NOW),
        placed: Placed {
            channel: ChannelId::from_raw(1),
            channel_order_id: None,
            customer: None,
            terms: PaymentTerms::CashOnDelivery,
            promotion: false,
            review: Review::Pending,
            amounts: Amounts {
                currency: Currency::Cny,
                tax_mode: TaxMode::Inclusive,
                goods_minor: total,
                discount_minor: 0,
                freight_minor: 0,
                tax_minor: 0,
                total_minor: total,
            },
            lines,
            reserved: Vec::new(),
            coupons: Vec::new(),
            points_earned: 0,
            service_wish: None,
            promised_by_on: None,
        },
        region: "CN-33".to_owned(),
        recipient: b"ciphertext".to_vec(),
        accepts_backorder: false,
        preference: known.preference("CN-33"),
        key: None,
        cart: None,
        discounts: Vec::new(),
        claims: Claims::default(),
        days: None,
        pay_within: Span::hours(24),
        hold_for: Span::minutes(30),
        marks: None,
        rules: std::sync::Arc::default(),
    };
    let placed = connection.transact(|tx| PlaceOrder::run(&[&command], tx)).unwrap();
    placed.into_iter().next().unwrap().unwrap();
    let orders = BTreeSet::from([id]);
    let wish = SourcingWish::default();
    connection.transact(|tx| source_each(tx, known, &by_rules(NOW), &orders, &wish)).unwrap();
    id
}

pub(crate) fn wish() -> Wish {
    let pieces_per_tote = NonZeroU32::new(20).unwrap();
    let cart = Cart { totes: 6, pieces_per_tote };
    let (zone, most) = (String::new(), 500);
    Wish { ship_by: None, is_urgent: false, zone, carrier: None, service: None, most, cart }
}

pub(crate) fn release(connection: &mut Connection, wish: &Wish) -> Result<Wave, ReleaseError> {
    let (principal, _) = picker();
    connection.transact(|tx| release_in(tx, &principal, &act(), here(), wish))
}

pub(crate) fn take(connection: &mut Connection) -> PickListId {
    let (principal, id) = picker();
    let list = connection.transact(|tx| take_next(tx, &principal, &act(), here(), id));
    list.unwrap().unwrap().facts().id
}

pub(crate) fn send(
    connection: &mut Connection,
    known: &Catalog,
    list: PickListId,
    sent: &Sent,
) -> Answer {
    let (principal, id) = picker();
    connection.transact(|tx| work(tx, known, (&principal, id), &act(), list, sent)).unwrap()
}

pub(crate) fn do_it(
    connection: &mut Connection,
    known: &Catalog,
    list: PickListId,
    asked: Asked,
) -> Outcome {
    send(connection, known, list, &Sent { key: None, line: None, asked }).outcome
}

pub(crate) fn scan(
    connection: &mut Connection,
    known: &Catalog,
    list: PickListId,
    text: &str,
) -> Outcome {
    do_it(connection, known, list, Asked::Scan { text: text.to_owned(), pieces: 1 })
}

pub(crate) fn short(connection: &mut Connection, known: &Catalog, list: PickListId) -> Outcome {
    let asked = Asked::Short { pieces: None, reason: ShortReason::NotFound };
    do_it(connection, known, list, asked)
}

/// Bin by bin: pieces, of them claimed.
pub(crate) fn shelves(connection: &mut Connection, number: i64) -> Vec<(i64, i64)> {
    let bins = connection.read(|tx| stock::bins(tx, sku(number), here())).unwrap();
    bins.into_iter().map(|bin| (bin.on_hand, bin.claimed)).collect()
}

pub(crate) fn work_of(connection: &mut Connection, order: OrderId) -> Fulfillment {
    connection.read(|tx| fulfillment::of(tx, order)).unwrap().into_iter().next().unwrap()
}

pub(crate) fn is_asked(connection: &mut Connection, kind: TaskKind, subject: i64) -> bool {
    connection.read(|tx| task::find_open(tx, kind, subject)).unwrap().is_some()
}

pub(crate) fn all_is_well(connection: &mut Connection) {
    let report = check(connection, NOW, None, &mut |_, _| ()).unwrap();
    assert_eq!(report.violations, []);
}
