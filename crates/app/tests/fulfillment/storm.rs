//! R2, R3, R4: many carts, many workers, any order of things. Nothing is promised that is not there, and
//! what comes back goes to where it came from, once.

use std::collections::{BTreeMap, BTreeSet};

use ordermill_app::catalog::{Catalog, edit};
use ordermill_app::fulfillment::FulfillmentFile;
use ordermill_app::fulfillment::progress::roll_up;
use ordermill_app::order::cancel::{CancelOrderError, cancel_order};
use ordermill_app::order::file::{FileError, OrderFile};
use ordermill_app::order::place::{PlaceOrder, PlaceOrderError};
use ordermill_app::sourcing::{Wish, by_hand, by_rules, source_each};
use ordermill_base::{Id, Random};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::fulfillment::{RejectReason, State};
use ordermill_domain::ids::{FulfillmentId, OrderId, PackageId, WaveId};
use ordermill_domain::order::{CancelReason, LineQuantity, OrderError};
use ordermill_domain::package::{Content, Package};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{BatchCommand, Connection, Error, Tx, package, stock, task};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestDatabase, catalog, each_database, scale};

use crate::kit::*;

/// Where the pieces of each SKU are: (on hand, reserved, allocated), by SKU and location.
type Levels = BTreeMap<(i64, i64), (i64, i64, i64)>;

fn levels(connection: &mut Connection, skus: i64) -> Levels {
    let all = connection.read(|tx| stock::levels(tx, (1..=skus).map(sku))).unwrap();
    let level = |it: ordermill_domain::stock::StockLevel| {
        let place = (it.sku.raw(), it.location.raw());
        (place, (it.on_hand, it.reserved, it.allocated))
    };
    all.into_iter().map(level).collect()
}

#[test]
fn carts_with_several_lines_of_one_sku_get_what_a_simple_count_says() {
    for database in each_database() {
        let stock: Vec<_> = (1..=3)
            .flat_map(|number| [*HANGZHOU, *BEIJING, *GUANGZHOU].map(|at| (number, at, 120)))
            .collect();
        let (mut connection, catalog) = a_shop(&database, &stock);
        let mut left = [360_i64; 3];
        let mut random = Random::from_seed(2);
        let carts = 250 * i64::from(scale());
        for number in 1..=carts {
            let lines = random.between(1, 6);
            let wanted: Vec<(i64, i64)> =
                (0..lines).map(|_| (random.between(1, 3), random.between(1, 4))).collect();
            let sum = |number: i64| -> i64 {
                wanted.iter().filter(|line| line.0 == number).map(|line| line.1).sum()
            };
            let is_there = (1..=3).all(|number| sum(number) <= left[number as usize - 1]);
            let request = a_request(&catalog, number, "CN-31", &wanted);
            let placed = connection.transact(|tx| PlaceOrder::run(&[&request], tx)).unwrap();
            match (&placed[0], is_there) {
                (Ok(_), true) => (1..=3).for_each(|it| left[it as usize - 1] -= sum(it)),
                (Err(PlaceOrderError::OutOfStock(_)), false) => {}
                (placed, _) => panic!("{wanted:?} of {left:?} is {placed:?}"),
            }
        }
        assert!(left.iter().sum::<i64>() < 30, "so many carts empty a shop: {left:?}");
        let promised: i64 = levels(&mut connection, 3).values().map(|it| it.1 + it.2).sum();
        assert_eq!(promised, 3 * 360 - left.iter().sum::<i64>());
        all_is_well(&mut connection);
    }
}

/// A shop with twenty locations and a thousand SKUs, each at three of them.
fn a_large_shop(database: &TestDatabase, random: &mut Random) -> (Catalog, BTreeMap<i64, i64>) {
    let mut connection = database.connection();
    let act = Act::new(Actor::system("test"), NOW);
    connection
        .transact(|tx| {
            for id in 1..=20 {
                let place =
                    catalog::location(location(id), &format!("L{id:02}"), 20 + id, 100 + id);
                edit::create_location(tx, &act, &place).unwrap();
            }
            for number in 1..=1_000 {
                let goods = catalog::sku(sku(number), &format!("S{number}"));
                ordermill_storage::sku::insert(tx, &act, &goods)?;
            }
            Ok::<_, Error>(())
        })
        .unwrap();
    let mut there = BTreeMap::new();
    for number in 1..=1_000 {
        for nth in 0..3 {
            let at = 1 + (number + nth * random.between(1, 6)) % 20;
            let pieces = random.between(1, 4);
            receive(&mut connection, sku(number), location(at), pieces, NOW);
            *there.entry(number).or_insert(0) += pieces;
        }
    }
    (connection.read(Catalog::load).unwrap(), there)
}

#[test]
fn sixty_four_workers_split_orders_over_twenty_locations_and_promise_each_piece_once() {
    for database in each_database() {
        let mut random = Random::from_seed(3);
        let (catalog, there) = a_large_shop(&database, &mut random);
        let each = 12 * i64::from(scale());
        let mut wanted: Vec<Vec<(i64, i64)>> = Vec::new();
        for _ in 0..64 * each {
            let lines = random.between(1, 4);
            // A tenth of the goods is what everybody wants, and more than one location has of it.
            let most = if random.percent(60) { 100 } else { 1_000 };
            let line = |_| (random.between(1, most), random.between(1, 5));
            wanted.push((0..lines).map(line).collect());
        }
        let open = database.open();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build();
        let placed: Vec<usize> = runtime.unwrap().block_on(async {
            let mut workers = tokio::task::JoinSet::new();
            for worker in 0..64_usize {
                let (open, catalog) = (open.clone(), catalog.clone());
                let own: Vec<(usize, Vec<(i64, i64)>)> =
                    wanted.iter().cloned().enumerate().skip(worker).step_by(64).collect();
                workers.spawn(async move {
                    let mut placed = Vec::new();
                    for (nth, lines) in own {
                        let number = nth as i64 + 1;
                        let request = a_request(&catalog, number, "CN-31", &lines);
                        if open.submit(request).await.unwrap().is_ok() {
                            placed.push(nth);
                        }
                        // Each sources what it has placed, a few at a time.
                        if placed.len() % 4 == 0 {
                            let last = placed.iter().rev().take(4);
                            let orders: BTreeSet<OrderId> =
                                last.map(|nth| OrderId::from_raw(*nth as i64 + 1)).collect();
                            let known = catalog.clone();
                            let source = move |tx: &mut Tx<'_>| {
                                let wish = Wish::default();
                                source_each(tx, &known, &by_rules(NOW), &orders, &wish)
                            };
                            open.write(source).await.unwrap();
                        }
                    }
                    placed
                });
            }
            let placed: Vec<usize> = workers.join_all().await.into_iter().flatten().collect();
            for some in placed.chunks(50) {
                let orders: BTreeSet<OrderId> =
                    some.iter().map(|nth| OrderId::from_raw(*nth as i64 + 1)).collect();
                let known = catalog.clone();
                let source = move |tx: &mut Tx<'_>| {
                    source_each(tx, &known, &by_rules(NOW), &orders, &Wish::default())
                };
                open.write(source).await.unwrap();
            }
            placed
        });
        open.close();
        let mut connection = database.connection();
        let all: Vec<OrderId> =
            placed.iter().map(|nth| OrderId::from_raw(*nth as i64 + 1)).collect();
        let mut ordered: BTreeMap<i64, i64> = BTreeMap::new();
        for (number, pieces) in placed.iter().flat_map(|nth| &wanted[*nth]) {
            *ordered.entry(*number).or_default() += pieces;
        }
        let mut allocated: BTreeMap<i64, i64> = BTreeMap::new();
        for ((number, at), (on_hand, reserved, promised)) in levels(&mut connection, 1_000) {
            assert!(reserved == 0 && promised <= on_hand, "SKU {number} at {at}");
            *allocated.entry(number).or_default() += promised;
        }
        allocated.retain(|_, pieces| *pieces > 0);
        assert_eq!(allocated, ordered, "{database:?}");
        assert!(ordered.iter().all(|(number, pieces)| *pieces <= there[number]));
        let (mut split, mut asked) = (0, 0);
        for (nth, order) in placed.iter().zip(&all) {
            let works = work_on(&mut connection, *order);
            let lines = works.iter().flat_map(|work| &work.facts().lines);
            let planned: i64 = lines.map(|line| line.quantity).sum();
            let all_of_it: i64 = wanted[*nth].iter().map(|line| line.1).sum();
            split += usize::from(works.len() > 1);
            // What would take too many parcels is planned by nobody but a person.
            let of_order = |tx: &mut Tx<'_>| task::find_open(tx, TaskKind::Sourcing, order.raw());
            let is_asked = works.is_empty() && connection.read(of_order).unwrap().is_some();
            asked += usize::from(is_asked);
            assert!(planned == all_of_it || is_asked, "{order}: {planned} of {all_of_it}");
        }
        let counted = (all.len(), split, asked);
        assert!(all.len() > 200 && split > 20 && asked < all.len() / 2, "{counted:?}");
        all_is_well(&mut connection);
    }
}

/// Lets work leave as the bench and the carrier do, all of it.
fn leaves(connection: &mut Connection, order: OrderId, id: FulfillmentId) {
    let (_, act) = somebody();
    let leave = |tx: &mut Tx<'_>| {
        let mut file = FulfillmentFile::load(tx, id).unwrap();
        let lines: Vec<LineQuantity> = file
            .work
            .facts()
            .lines
            .iter()
            .map(|line| LineQuantity {
                line_no: line.line_no,
                quantity: ordermill_base::Quantity::new(line.quantity).unwrap(),
            })
            .collect();
        let contents = file.work.facts().lines.iter().zip(&lines).map(|(line, of_it)| Content {
            line_no: line.line_no,
            sku: line.sku,
            quantity: of_it.quantity,
            lot: None,
            serials: Vec::new(),
        });
        let packed = Package {
            inside: None,
            id: tx.next_id(NOW),
            order,
            fulfillment: id,
            number: 1,
            material: "BOX-M".to_owned(),
            size_mm: [300, 220, 160],
            gross_grams: 900,
            is_weighed: false,
            contents: contents.collect(),
            packed_at: NOW,
            opened_at: None,
            printed: 0,
        };
        let packages: Vec<PackageId> = vec![packed.id];
        file.step(&act, |work| work.release(WaveId::from_raw(1), NOW)).unwrap();
        file.step(&act, |work| work.pick(lines.clone(), NOW)).unwrap();
        file.step(&act, |work| work.finish_picking(NOW)).unwrap();
        file.step(&act, |work| work.recheck(NOW)).unwrap();
        file.step(&act, |work| work.pack(packages, NOW)).unwrap();
        file.step(&act, |work| work.hand_over(NOW)).unwrap();
        file.save(tx)?;
        package::insert_each(tx, &[packed])?;
        let mut of_order = OrderFile::load(tx, order).unwrap();
        let left = of_order.ship(&act, &[id]).unwrap();
        of_order.save(tx)?;
        let left: Vec<_> = left.into_iter().map(|event| (event, id.raw())).collect();
        stock::record_shipped(tx, &act, &left)?;
        roll_up(tx, &[order], &Default::default())
    };
    connection.transact(leave).unwrap();
}

#[test]
fn whatever_happens_to_orders_stock_returns_to_its_source_and_only_once() {
    for database in each_database() {
        let stock: Vec<_> = (1..=3)
            .flat_map(|number| [*HANGZHOU, *BEIJING, *GUANGZHOU].map(|at| (number, at, 400)))
            .collect();
        let (mut connection, catalog) = a_shop(&database, &stock);
        let before = levels(&mut connection, 3);
        let mut gone: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        let mut random = Random::from_seed(4);
        let (who, act) = somebody();
        let (mut too_late, mut canceled) = (0, 0);
        for number in 1..=40 * i64::from(scale()) {
            let lines = random.between(1, 3);
            let wanted: Vec<(i64, i64)> =
                (0..lines).map(|_| (random.between(1, 3), random.between(1, 3))).collect();
            let order = an_order(&mut connection, &catalog, number, "CN-31", &wanted);
            for _ in 0..random.between(1, 8) {
                let works = work_on(&mut connection, order);
                let planned: Vec<_> =
                    works.iter().filter(|work| work.state() == State::Planned).cloned().collect();
                match random.below(6) {
                    0 | 1 => source(&mut connection, &catalog, &[order]),
                    2 if !planned.is_empty() => {
                        let work = random.pick(&planned);
                        let seen = by_hand::Seen { id: work.id(), version: work.version() };
                        let reason = RejectReason::ByHand;
                        connection
                            .transact(|tx| {
                                by_hand::give_back(tx, &catalog, &who, &act, seen, reason)
                            })
                            .unwrap();
                    }
                    3 if !planned.is_empty() => {
                        let work = random.pick(&planned);
                        let seen = by_hand::Seen { id: work.id(), version: work.version() };
                        let to = location(random.between(1, 3));
                        let sent = connection
                            .transact(|tx| by_hand::send_to(tx, &catalog, &who, &act, seen, to));
                        drop(sent);
                    }
                    4 if !planned.is_empty() => {
                        let work = random.pick(&planned).clone();
                        leaves(&mut connection, order, work.id());
                        for line in &work.facts().lines {
                            let place = (line.sku.raw(), work.facts().location.raw());
                            *gone.entry(place).or_default() += line.quantity;
                        }
                    }
                    5 => {
                        let has_left = works.iter().any(|work| work.state() == State::HandedOver);
                        let reason = CancelReason::Buyer;
                        let is_over =
                            connection.transact(|tx| cancel_order(tx, &act, order, reason));
                        match is_over {
                            Ok(is_news) => canceled += i64::from(is_news),
                            Err(CancelOrderError::File(FileError::Refused(
                                OrderError::AlreadyShipped,
                            ))) if has_left => too_late += 1,
                            Err(error) => panic!("order {number}: {error}"),
                        }
                    }
                    _ => {}
                }
            }
        }
        let mut claimed: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        let sql = "SELECT sku_id, location_id, CAST(SUM(quantity) AS BIGINT) FROM reservations
            WHERE state = 'allocated' GROUP BY sku_id, location_id";
        let rows = connection
            .read(|tx| tx.query(sql, &[], |row| Ok((row.int()?, row.int()?, row.int()?))));
        for (number, at, pieces) in rows.unwrap() {
            claimed.insert((number, at), pieces);
        }
        for (place, (on_hand, reserved, allocated)) in levels(&mut connection, 3) {
            let left = gone.get(&place).copied().unwrap_or_default();
            assert_eq!(on_hand, before[&place].0 - left, "on hand at {place:?}");
            let claims = claimed.get(&place).copied().unwrap_or_default();
            assert_eq!((reserved, allocated), (0, claims), "claims at {place:?}");
        }
        assert!(too_late > 0 && canceled > 5, "{too_late} too late, {canceled} canceled");
        all_is_well(&mut connection);
    }
}
