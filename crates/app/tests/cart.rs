//! Carts: what is in them, whose they become, what is promised of them, and how far they come.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ordermill_app::cart::{self, CartError, Change, Holder, LINES_MAX, LineProblem};
use ordermill_app::catalog::image::{self, StoreImageError, store_image};
use ordermill_app::catalog::{Catalog, Sku};
use ordermill_app::stock::{Spot, receive_stock};
use ordermill_base::{Id, Money, Quantity, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{CartId, CustomerId, OrderId};
use ordermill_storage::{Connection, Error, image as stored, location as places, sku as goods};
use ordermill_testkit::catalog as sample;
use ordermill_testkit::stock::{location, sku};
use ordermill_testkit::{TestClock, each_database};

const NOW: Timestamp = TestClock::START;

/// SKUs A, B and C; five pieces of A and two of B lie near Hangzhou.
fn a_shop(connection: &mut Connection) -> Catalog {
    let act = Act::new(Actor::system("test"), NOW);
    let set_up = |tx: &mut ordermill_storage::Tx<'_>| {
        for (number, code) in [(1, "A"), (2, "B"), (3, "C")] {
            goods::insert(tx, &act, &sample::sku(sku(number), code))?;
        }
        places::insert(tx, &act, &sample::location(location(1), "HGH", 30, 120))?;
        for (number, pieces) in [(1, 5), (2, 2)] {
            let pieces = Quantity::new(pieces).unwrap();
            let spot = Spot { bin: None, lot: None };
            receive_stock(tx, &act, sku(number), location(1), pieces, &spot, None).unwrap();
        }
        Catalog::load(tx)
    };
    connection.transact::<_, Error>(set_up).unwrap()
}

fn put(
    connection: &mut Connection,
    catalog: &Catalog,
    holder: Holder,
    code: &str,
    change: Change,
) -> Result<CartId, CartError> {
    connection.transact(|tx| {
        cart::change_line(tx, catalog, holder, code, change, NOW).map(|cart| cart.id)
    })
}

fn of_browser(cart: CartId) -> Holder {
    Holder { cart: Some(cart), customer: None }
}

fn of_customer(number: i64) -> Holder {
    Holder { cart: None, customer: Some(CustomerId::from_raw(number)) }
}

/// Code and pieces of each line, the latest first.
fn lines(connection: &mut Connection, catalog: &Catalog, holder: Holder) -> Vec<(String, i64)> {
    let read = |tx: &mut ordermill_storage::Tx<'_>| {
        let lines = cart::open(tx, holder)?.map(|cart| cart.lines).unwrap_or_default();
        cart::contents(tx, catalog, &lines, "CN-33", NOW)
    };
    let contents = connection.read::<_, Error>(read).unwrap();
    contents.lines.iter().map(|line| (line.sku.code.clone(), line.quantity)).collect()
}

fn line(code: &str, pieces: i64) -> (String, i64) {
    (code.to_owned(), pieces)
}

#[test]
fn a_cart_is_filled_changed_and_emptied_line_by_line() {
    for database in each_database() {
        let mut connection = database.connection();
        let catalog = a_shop(&mut connection);
        let first = put(&mut connection, &catalog, Holder::default(), "A", Change::Add(2)).unwrap();
        let mine = of_browser(first);
        put(&mut connection, &catalog, mine, "A", Change::Add(1)).unwrap();
        put(&mut connection, &catalog, mine, "B", Change::Add(1)).unwrap();
        assert_eq!(lines(&mut connection, &catalog, mine), [line("B", 1), line("A", 3)]);
        put(&mut connection, &catalog, mine, "A", Change::Set(0)).unwrap();
        put(&mut connection, &catalog, mine, "B", Change::Set(5)).unwrap();
        assert_eq!(lines(&mut connection, &catalog, mine), [line("B", 5)]);
        let unknown = put(&mut connection, &catalog, mine, "Z", Change::Add(1));
        assert!(matches!(unknown, Err(CartError::UnknownSku(_))), "{unknown:?}");
    }
}

#[test]
fn what_stock_and_prices_have_done_meanwhile_is_told() {
    for database in each_database() {
        let mut connection = database.connection();
        let catalog = a_shop(&mut connection);
        let mine = put(&mut connection, &catalog, Holder::default(), "A", Change::Add(5)).unwrap();
        for (code, pieces) in [("B", 3), ("C", 1)] {
            put(&mut connection, &catalog, of_browser(mine), code, Change::Add(pieces)).unwrap();
        }
        let dearer = Sku {
            price: Money::new(6_900, catalog.shop.currency),
            ..catalog.by_code("A").unwrap().clone()
        };
        let catalog = catalog.with_skus([dearer]);
        let read = |tx: &mut ordermill_storage::Tx<'_>| {
            let cart = cart::open(tx, of_browser(mine))?.unwrap();
            cart::contents(tx, &catalog, &cart.lines, "CN-33", NOW)
        };
        let contents = connection.read::<_, Error>(read).unwrap();
        let [c, b, a] = contents.lines.as_slice() else { panic!("{contents:?}") };
        assert_eq!(a.price_before, Some(Money::new(5_900, catalog.shop.currency)));
        assert_eq!((a.total.minor, a.problem), (34_500, None));
        assert!(a.promised.promise.is_some(), "it lies on the shelf: {a:?}");
        assert_eq!((b.problem, b.price_before), (Some(LineProblem::OnlyLeft(2)), None));
        assert_eq!(c.problem, Some(LineProblem::SoldOut));
        assert_eq!(c.promised.promise, None, "nothing is promised of nothing");
        assert!(!contents.can_check_out());
    }
}

#[test]
fn a_guests_cart_goes_over_to_the_customer_who_signs_in() {
    for database in each_database() {
        let mut connection = database.connection();
        let catalog = a_shop(&mut connection);
        let mut change = |holder, code, pieces| {
            put(&mut connection, &catalog, holder, code, Change::Add(pieces)).unwrap()
        };
        let left_at_home = change(of_customer(7), "A", 4);
        let guest = change(Holder::default(), "A", 2);
        change(of_browser(guest), "B", 1);
        let hand_over = |tx: &mut ordermill_storage::Tx<'_>| {
            cart::hand_over(tx, Some(guest), CustomerId::from_raw(7), NOW)
        };
        let own = connection.transact::<_, Error>(hand_over).unwrap();
        assert_eq!(own, Some(left_at_home));
        let theirs = lines(&mut connection, &catalog, of_customer(7));
        assert_eq!(theirs, [line("B", 1), line("A", 4)], "the larger quantity stays");
        // The guest's cart is gone, and the customer's is nobody else's.
        assert_eq!(lines(&mut connection, &catalog, of_browser(guest)), []);
        assert_eq!(lines(&mut connection, &catalog, of_browser(left_at_home)), []);
        // Signing in again, or with nothing, changes nothing.
        let own = connection.transact::<_, Error>(hand_over).unwrap();
        assert_eq!(own, Some(left_at_home));
        assert_eq!(lines(&mut connection, &catalog, of_customer(7)), theirs);
    }
}

#[test]
fn a_cart_that_has_become_an_order_is_changed_no_more() {
    for database in each_database() {
        let mut connection = database.connection();
        let catalog = a_shop(&mut connection);
        let mine = put(&mut connection, &catalog, Holder::default(), "A", Change::Add(1)).unwrap();
        let order = OrderId::from_raw(77);
        connection
            .transact::<_, Error>(|tx| ordermill_storage::cart::consume(tx, mine, order, NOW))
            .unwrap();
        let next = put(&mut connection, &catalog, of_browser(mine), "B", Change::Add(1)).unwrap();
        assert_ne!(next, mine);
        assert_eq!(lines(&mut connection, &catalog, of_browser(next)), [line("B", 1)]);
    }
}

#[test]
fn a_cart_holds_a_bounded_number_of_goods() {
    for database in each_database() {
        let mut connection = database.connection();
        let mut catalog = a_shop(&mut connection);
        let more = (0..LINES_MAX as i64)
            .map(|number| sample::sku(sku(1_000 + number), &format!("M{number}")));
        catalog = catalog.with_skus(more);
        let mine = put(&mut connection, &catalog, Holder::default(), "M0", Change::Add(1)).unwrap();
        for number in 1..LINES_MAX {
            let code = format!("M{number}");
            put(&mut connection, &catalog, of_browser(mine), &code, Change::Add(1)).unwrap();
        }
        let full = put(&mut connection, &catalog, of_browser(mine), "A", Change::Add(1));
        assert!(matches!(full, Err(CartError::Full)), "{full:?}");
        put(&mut connection, &catalog, of_browser(mine), "M0", Change::Add(i64::MAX)).unwrap();
    }
}

#[test]
fn the_same_picture_is_stored_once_and_what_is_none_never() {
    for database in each_database() {
        let mut connection = database.connection();
        let drawing = br#"<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>"#;
        let mut store = |bytes: &[u8]| connection.transact(|tx| store_image(tx, bytes, NOW));
        let name = store(drawing).unwrap();
        assert!(image::is_name(&name), "{name}");
        assert_eq!(store(drawing).unwrap(), name);
        let script = store(b"<svg><script>alert(1)</script></svg>");
        assert!(matches!(script, Err(StoreImageError::Refused(_))), "{script:?}");
        let read = |tx: &mut ordermill_storage::Tx<'_>| {
            Ok((stored::names(tx, "", 10)?, stored::fetch(tx, &name)?))
        };
        let (names, found) = connection.read::<_, Error>(read).unwrap();
        assert_eq!(names, std::slice::from_ref(&name));
        assert_eq!(found.unwrap().bytes, drawing);
    }
}
