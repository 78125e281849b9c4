//! What every simulated shop begins with: goods, places, and pieces on shelves.

mod floor;

use ordermill_app::catalog::settings::{self, ShopSettings};
use ordermill_app::gift_card::issue_gift_card;
use ordermill_app::permission::Principal;
use ordermill_app::points::{AdjustPointsError, adjust_points};
use ordermill_app::rule_table::{RulesError, Written, draft, put_in_force};
use ordermill_app::staff::{self, NewStaff};
use ordermill_app::stock::{Spot, receive_stock, set_stock_policy};
use ordermill_app::webhook::endpoint::{self, NewEndpoint};
use ordermill_base::{Currency, Id, Money, Quantity, Random, Span};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::coupon as real;
use ordermill_domain::gift_card::Origin;
use ordermill_domain::ids::{CouponId, CustomerId, LocationId, SkuId, StaffId};
use ordermill_domain::payment::LatePolicy;
use ordermill_domain::pricing;
use ordermill_domain::pricing::coupon::{Benefit, Scope, Stacking};
use ordermill_domain::role::Role;
use ordermill_domain::rule_table::Purpose;
use ordermill_domain::sku::Sku;
use ordermill_domain::stock::BackorderPolicy;
use ordermill_domain::text::Text;
use ordermill_domain::webhook::Filter;
use ordermill_storage::customer::{self, Customer};
use ordermill_storage::{Tx, coupon, journal, location, sku};
use ordermill_testkit::catalog;
use serde_json::json;

pub(crate) use self::floor::{Floor, fill_bins, lay_floor};
use crate::model::{Account, Coupon, Place, Shelf};
use crate::world::World;
use crate::{Settings, Trade};

/// Goods.
pub(crate) const SKUS: i64 = 12;
/// Warehouses.
pub(crate) const LOCATIONS: i64 = 3;

/// Coupons.
pub(crate) const COUPONS: i64 = 3;
/// What each of them takes off.
const COUPON_OFF: i64 = 100;
/// Buyers who have signed up.
const CUSTOMERS: usize = 6;
/// Gift cards.
const GIFT_CARDS: usize = 8;
/// Endpoints that are told of events, and of which.
pub(crate) const ENDPOINTS: [(&str, &[&str]); 3] = [
    ("https://all.example", &["*"]),
    ("https://orders.example", &["order.*"]),
    ("https://money.example", &["order.placed", "refund.*"]),
];
/// People who use coupons.
pub(crate) const BUYERS: i64 = 20;

/// Says how the shop sells.
///
/// # Panics
/// If the real shop does not take it.
pub(crate) fn open_shop(world: &mut World, late_policy: LatePolicy) {
    let act = Act::new(Actor::system("operator"), ordermill_testkit::TestClock::START);
    let shop = ShopSettings {
        late_policy,
        pay_within: PAY_WITHIN,
        hold_for: HOLD_FOR,
        ..ShopSettings::default()
    };
    let saved = world.connection().transact(|tx| settings::save(tx, &act, &shop, 0));
    saved.expect("settings are stored");
}

/// Where nothing is shipped from that is paid at the door: the rules say so.
pub(crate) const PREPAID_ONLY: i64 = LOCATIONS;

/// Puts rules about locations in force.
///
/// # Panics
/// If the real shop does not take them.
pub(crate) fn rule_locations(world: &mut World) {
    let who = Principal::system("operator");
    let act = who.act(ordermill_testkit::TestClock::START);
    let never = json!({ "do": "never", "location": format!("L{PREPAID_ONLY}") });
    let rule = json!({
        "name": { "zh": "到付", "en": "At the door" },
        "when": "order.terms == 'cash_on_delivery'",
        "then": never,
    });
    let definition = json!({ "hit": "all", "rules": [rule], "otherwise": { "do": "compare" } });
    let put = |tx: &mut Tx<'_>| {
        let written = Written { note: String::new(), definition: definition.clone() };
        let made = draft(tx, &who, &act, Purpose::Sourcing, written)?;
        put_in_force(tx, &who, &act, (made.id, made.version)).map(drop)
    };
    world.connection().transact::<_, RulesError>(put).expect("rules are put in force");
}

/// Lets somebody of operations work here.
///
/// # Panics
/// If the real shop does not take them.
pub(crate) fn hire_operator(world: &mut World) -> StaffId {
    let cli = Principal::system("operator");
    let act = cli.act(ordermill_testkit::TestClock::START);
    let new = NewStaff {
        login: "lin".parse().expect("a login"),
        name: "Lin".to_owned(),
        roles: vec![Role::Operations],
        location: None,
        password: "nobody signs in with it".to_owned(),
    };
    let hired = world.connection().transact(|tx| staff::create(tx, &cli, &act, &new));
    hired.expect("staff are stored")
}

/// Makes coupons with limits that are soon met. Gives what is known of each.
///
/// # Panics
/// If the real shop does not take them.
pub(crate) fn hand_out_coupons(world: &mut World) -> Vec<(i64, Coupon)> {
    let limits = [(Some(25), None), (None, Some(1)), (Some(60), Some(3))];
    let act = Act::new(Actor::system("operator"), ordermill_testkit::TestClock::START);
    let coupons = (1..=COUPONS).zip(limits);
    let made = coupons.map(|(id, (uses_max, uses_each_max))| {
        let coupon = real::Coupon {
            code: format!("C{id}"),
            name: Text::new(format!("券 {id}"), format!("Coupon {id}")),
            rule: pricing::Coupon {
                id: CouponId::from_raw(id),
                benefit: Benefit::AmountOff(Money::new(COUPON_OFF, Currency::Cny)),
                scope: Scope::All,
                min_spend: None,
                valid_from: None,
                valid_until: None,
                uses_max,
                uses_per_customer_max: uses_each_max,
                first_order_only: false,
                stacking: Stacking::Exclusive,
            },
            is_active: true,
            version: 1,
        };
        let stored = world.connection().transact(|tx| coupon::insert(tx, &act, &coupon));
        stored.expect("coupons are stored");
        let count = |max: Option<u64>| max.and_then(|max| usize::try_from(max).ok());
        let (uses_max, uses_each_max) = (count(uses_max), count(uses_each_max));
        (id, Coupon { off: COUPON_OFF, uses_max, uses_each_max, uses: Vec::new() })
    });
    made.collect()
}

/// How long buyers of the own shop have to pay, and how long it holds stock in a promotion.
pub(crate) const PAY_WITHIN: Span = Span::hours(24);
pub(crate) const HOLD_FOR: Span = Span::minutes(30);

/// What a piece costs at first.
pub(crate) const fn first_price(sku: i64) -> i64 {
    100 * sku + 99
}

/// What may be sent in place of a SKU: its neighbors, one cheaper and one dearer.
pub(crate) const fn substitutes_of(sku: i64) -> [i64; 2] {
    [1 + (sku + SKUS - 2) % SKUS, 1 + sku % SKUS]
}

/// Signs up buyers, some of whom have points.
///
/// # Panics
/// If the real shop does not take them.
pub(crate) fn sign_up_customers(world: &mut World, random: &mut Random) -> Vec<(i64, Account)> {
    let at = ordermill_testkit::TestClock::START;
    let act = Act::new(Actor::system("operator"), at);
    let signed_up = (0..CUSTOMERS).map(|_| {
        let points = if random.percent(60) { random.between(1, 2_000) } else { 0 };
        let id = world.connection().transact(|tx| {
            let id: CustomerId = tx.next_id(at);
            let (phone_blind, email_blind) = (None, None);
            let profile = b"sealed elsewhere".to_vec();
            let new =
                Customer { id, phone_blind, email_blind, profile, version: 1, created_at: at };
            customer::insert(tx, &new)?;
            customer::record(tx, &act, &new, ordermill_domain::customer::Event::Created)?;
            if points > 0 {
                adjust_points(tx, &act, id, points)?;
            }
            Ok::<_, AdjustPointsError>(id)
        });
        let id = id.expect("buyers sign up");
        (id.raw(), Account { balance: points, owed: 0 })
    });
    signed_up.collect()
}

/// Issues gift cards. Gives the code, the id and the balance of each.
///
/// # Panics
/// If the real shop does not take them.
pub(crate) fn issue_gift_cards(world: &mut World, random: &mut Random) -> Vec<(String, i64, i64)> {
    let act = Act::new(Actor::system("operator"), ordermill_testkit::TestClock::START);
    let vault = world.vault().clone();
    let issued = (0..GIFT_CARDS).map(|number| {
        let (code, minor) = (format!("GIFT-CARD-{number:04}"), random.between(1, 20_000));
        let amount = Money::new(minor, Currency::Cny);
        let issue =
            |tx: &mut Tx<'_>| issue_gift_card(tx, &vault, &act, &code, amount, Origin::Granted);
        let id = world.connection().transact(issue).expect("a gift card is issued");
        (code.clone(), id.raw(), minor)
    });
    issued.collect()
}

/// Tells others where events are told: one hears everything, one of orders, one of two kinds.
///
/// # Panics
/// If the real shop does not take them.
pub(crate) fn add_endpoints(world: &mut World) {
    let act = Act::new(Actor::system("operator"), ordermill_testkit::TestClock::START);
    let (vault, receivers) = (world.vault().clone(), world.receivers.clone());
    for (url, wanted) in ENDPOINTS {
        let filter = Filter::new(wanted.iter().map(|it| (*it).to_owned())).expect("patterns");
        let new = NewEndpoint { url: url.to_owned(), description: String::new(), filter };
        let create =
            |tx: &mut Tx<'_>| endpoint::create(tx, &vault, &Principal::system("sim"), &act, &new);
        let (_, secret) = world.connection().transact(create).expect("an endpoint is stored");
        receivers.listen(url, secret.as_str());
    }
}

/// Fills the shelves, some of them with very little, in a rush with much more. Gives what lies there.
///
/// # Panics
/// If the real shop does not take it.
pub(crate) fn stock_up(
    world: &mut World,
    random: &mut Random,
    wanted: &Settings,
) -> Vec<(Place, Shelf)> {
    let per_buyer = match wanted.trade {
        Trade::Wide | Trade::Floor => 8,
        Trade::Rush => i64::from(wanted.days * wanted.acts),
    };
    let most = 90.max(per_buyer * wanted.batch_max.cast_signed());
    let act = Act::new(Actor::system("operator"), ordermill_testkit::TestClock::START);
    let connection = world.connection();
    connection
        .transact(|tx| {
            for number in 1..=SKUS {
                let code = format!("S{number}");
                let price = Money::new(first_price(number), Currency::Cny);
                let goods = catalog::sku(SkuId::from_raw(number), &code);
                let substitutes = substitutes_of(number).map(SkuId::from_raw).to_vec();
                sku::insert(tx, &act, &Sku { price, substitutes, ..goods })?;
            }
            for number in 1..=LOCATIONS {
                let id = LocationId::from_raw(number);
                let code = format!("L{number}");
                location::insert(tx, &act, &catalog::location(id, &code, 30, 120))?;
            }
            Ok::<_, ordermill_storage::Error>(())
        })
        .expect("goods and places are stored");
    let mut shelves = Vec::new();
    for sku in 1..=SKUS {
        for location in 1..=LOCATIONS {
            // Some goods are not kept everywhere.
            if sku > 1 && random.percent(15) {
                continue;
            }
            let on_hand = if random.percent(25) { 0 } else { random.between(1, most) };
            let safety = if random.percent(20) { random.between(1, 5) } else { 0 };
            let shelf = Shelf { on_hand, safety, may_wait: sku % 3 == 0, ..Shelf::default() };
            let policy =
                if shelf.may_wait { BackorderPolicy::Allow } else { BackorderPolicy::Deny };
            let (id, at) = (SkuId::from_raw(sku), LocationId::from_raw(location));
            let stored = connection.transact(|tx| {
                set_stock_policy(tx, &act, id, at, safety, policy)?;
                // Where there is a floor, they come into bins.
                let is_here = wanted.trade != Trade::Floor;
                if let Some(quantity) = Quantity::new(on_hand).ok().filter(|_| is_here) {
                    receive_stock(tx, &act, id, at, quantity, &Spot::default(), None)?;
                }
                Ok::<_, ordermill_app::stock::StockError>(())
            });
            stored.expect("goods come in");
            shelves.push(((sku, location), shelf));
        }
    }
    shelves
}

/// The position of the journal's newest entry.
pub(crate) fn newest(world: &mut World) -> i64 {
    let newest = world.look(|tx| journal::newest(tx, None, 1));
    newest.first().map_or(0, |entry| entry.cursor.position.raw())
}
