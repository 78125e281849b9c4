//! Lists of orders ask the database what the domain computes: the same for every combination.

use std::collections::BTreeSet;

use ordermill_base::{Currency, Id, Timestamp};
use ordermill_domain::ids::{ChannelId, OrderId};
use ordermill_domain::order::{
    Amounts, DisplayStatus, Facts, Milestones, Order, PaymentTerms, Progress, Review, Status,
};
use ordermill_domain::payment::{PaymentStatus, PaymentSums};
use ordermill_domain::pricing::TaxMode;
use ordermill_storage::order::{self, Filter, Stored};
use ordermill_testkit::{TestClock, each_database};

const NOW: Timestamp = TestClock::START;
const TOTAL: i64 = 100;

/// What came in, went back and was taken back.
const SUMS: [(i64, i64, i64); 9] = [
    (0, 0, 0),
    (40, 0, 0),
    (40, 40, 0),
    (100, 0, 0),
    (100, 30, 0),
    (100, 100, 0),
    (130, 0, 0),
    (130, 30, 0),
    (100, 0, 100),
];

fn orders() -> Vec<Order> {
    let mut orders = Vec::new();
    for status in Status::ALL {
        for review in Review::ALL {
            for terms in PaymentTerms::ALL {
                for (paid_minor, refunded_minor, charged_back_minor) in SUMS {
                    let number = orders.len() as i64 + 1;
                    orders.push(Order::from_facts(Facts {
                        id: OrderId::from_raw(number),
                        channel: ChannelId::from_raw(1),
                        channel_order_id: None,
                        customer: None,
                        status,
                        version: 2,
                        terms,
                        promotion: false,
                        review,
                        amounts: Amounts {
                            currency: Currency::Cny,
                            tax_mode: TaxMode::Inclusive,
                            goods_minor: TOTAL,
                            discount_minor: 0,
                            freight_minor: 0,
                            tax_minor: 0,
                            total_minor: TOTAL,
                        },
                        money: PaymentSums { paid_minor, refunded_minor, charged_back_minor },
                        backordered: number % 7 == 0,
                        cancel_reason: None,
                        coupons: 0,
                        points_earned: 0,
                        service_wish: None,
                        promised_by_on: None,
                        milestones: Milestones {
                            placed_at: NOW,
                            paid_at: None,
                            confirmed_at: None,
                            shipped_at: None,
                            completed_at: None,
                            ended_at: None,
                            archived_at: None,
                        },
                    }));
                }
            }
        }
    }
    orders
}

#[test]
fn the_database_sees_every_status_as_people_do() {
    let orders = orders();
    let progress = Progress::ALL;
    for database in each_database() {
        let mut connection = database.connection();
        connection
            .transact(|tx| {
                for (order, progress) in orders.iter().zip(progress.iter().cycle()) {
                    let fresh = Facts { version: 1, ..order.facts().clone() };
                    let stored = Stored {
                        order: Order::from_facts(fresh),
                        region: "CN-31".to_owned(),
                        recipient: vec![1],
                        accepts_backorder: false,
                        progress: Progress::NotPacked,
                    };
                    order::insert(tx, &stored, &[])?;
                    order::update(tx, order, 1)?;
                    order::update_progress(tx, &[(order.id(), *progress)])?;
                }
                Ok::<_, ordermill_storage::Error>(())
            })
            .unwrap();
        let mut ask = |filter: Filter| -> (BTreeSet<OrderId>, i64) {
            connection
                .read(|tx| {
                    let found = order::list(tx, &filter, None, 10_000)?;
                    let ids = found.iter().map(|stored| stored.order.id()).collect();
                    Ok::<_, ordermill_storage::Error>((
                        ids,
                        order::count(tx, &filter, None, 10_000)?,
                    ))
                })
                .unwrap()
        };
        let of = |is_it: &dyn Fn(&Order) -> bool| -> BTreeSet<OrderId> {
            orders.iter().filter(|order| is_it(order)).map(Order::id).collect()
        };
        for status in DisplayStatus::ALL {
            let shown = orders.iter().zip(progress.iter().cycle());
            let expected: BTreeSet<OrderId> = shown
                .filter(|(order, progress)| order.display_status(**progress) == status)
                .map(|(order, _)| order.id())
                .collect();
            let (found, count) = ask(Filter { display: Some(status), ..Filter::default() });
            assert_eq!(found, expected, "{status} on {}", database.engine());
            assert_eq!(count, expected.len() as i64);
        }
        for status in PaymentStatus::ALL {
            let expected = of(&|order| order.payment_status() == status);
            let (found, _) = ask(Filter { payment: Some(status), ..Filter::default() });
            assert_eq!(found, expected, "{status} on {}", database.engine());
            assert!(!expected.is_empty(), "{status} is among them");
        }
        let (found, _) = ask(Filter { is_backordered: true, ..Filter::default() });
        assert_eq!(found, of(&|order| order.facts().backordered));
        let all = Filter::default();
        let counted = connection.read(|tx| order::count(tx, &all, None, 5)).unwrap();
        assert_eq!(counted, 5, "a count ends at its limit");
        let newer = |tx: &mut ordermill_storage::Tx<'_>| {
            order::count_newer(tx, &all, OrderId::from_raw(orders.len() as i64 - 3), 99)
        };
        assert_eq!(connection.read(newer).unwrap(), 3);
    }
}

/// What a list is called here, what it asks for, and what SQLite finds it by.
fn lists() -> Vec<(String, Filter, &'static str)> {
    let all = Filter::default;
    let mut lists = vec![
        ("all".to_owned(), all(), "PRIMARY KEY"),
        (
            "of a channel".to_owned(),
            Filter { channel: Some(ChannelId::from_raw(2)), ..all() },
            "orders_by_channel",
        ),
        (
            "of a customer".to_owned(),
            Filter { customer: Some(Id::from_raw(7)), ..all() },
            "orders_by_customer",
        ),
        ("of a contact".to_owned(), Filter { contact: Some(7), ..all() }, "PRIMARY KEY"),
        ("backordered".to_owned(), Filter { is_backordered: true, ..all() }, "orders_backordered"),
        (
            "of a place".to_owned(),
            Filter { site: Some(Id::from_raw(7)), ..all() },
            "orders_by_status",
        ),
        ("due".to_owned(), Filter { due_before: Some(NOW), ..all() }, "PRIMARY KEY"),
        (
            "large ones".to_owned(),
            Filter { total_min_minor: Some(90), total_max_minor: Some(99), ..all() },
            "PRIMARY KEY",
        ),
        ("unpaid".to_owned(), Filter { is_unpaid: Some(true), ..all() }, "orders_by_status"),
        (
            "placed or confirmed".to_owned(),
            Filter { statuses: vec![Status::Placed, Status::Confirmed], ..all() },
            "orders_by_status",
        ),
    ];
    for payment in PaymentStatus::ALL {
        let index = match payment {
            PaymentStatus::ChargedBack => "orders_charged_back",
            PaymentStatus::Overpaid => "orders_overpaid",
            PaymentStatus::Refunded | PaymentStatus::PartiallyRefunded => "orders_refunded",
            PaymentStatus::PartiallyPaid => "orders_partly_paid",
            PaymentStatus::CodDue => "orders_at_the_door",
            PaymentStatus::Paid | PaymentStatus::Unpaid => "PRIMARY KEY",
        };
        lists.push((payment.to_string(), Filter { payment: Some(payment), ..all() }, index));
    }
    for display in DisplayStatus::ALL {
        let filter = Filter { display: Some(display), ..all() };
        let is_by_progress = matches!(
            display,
            DisplayStatus::ToShip
                | DisplayStatus::ToHandOver
                | DisplayStatus::PartlyShipped
                | DisplayStatus::Shipped
                | DisplayStatus::Delivered
                | DisplayStatus::AfterSale
        );
        let index = if is_by_progress { "orders_by_progress" } else { "orders_by_status" };
        lists.push((display.to_string(), filter, index));
    }
    lists
}

/// A list that reads the whole table is quick in every test and slow in every shop.
#[test]
fn no_list_reads_all_orders() {
    for database in each_database() {
        let mut connection = database.connection();
        if database.engine() == "postgres" {
            // An empty table is always read whole, unless that is made expensive.
            connection
                .transact(|tx| tx.execute("SET enable_seqscan = off", &[]).map(drop))
                .unwrap();
        }
        for (name, filter, index) in lists() {
            for before in [None, Some(OrderId::from_raw(9_999))] {
                let plan = connection.read(|tx| order::plan(tx, &filter, before, 50)).unwrap();
                let of_orders = |line: &&String| line.contains(" o ") || line.contains("orders");
                let steps: Vec<&String> = plan.iter().filter(of_orders).collect();
                // Of what no order can be, PostgreSQL reads none.
                let is_nothing = plan.iter().any(|line| line.contains("One-Time Filter: false"));
                assert!(!steps.is_empty() || is_nothing, "{name}: {plan:#?}");
                for step in steps {
                    let is_scan = step.contains("SCAN o") || step.contains("Seq Scan");
                    assert!(!is_scan, "{name} on {}: {plan:#?}", database.engine());
                    let is_ours = step.starts_with("SEARCH o ");
                    assert!(!is_ours || step.contains(index), "{name} by {index}: {plan:#?}");
                }
                let sorts = plan.iter().any(|line| line.contains("TEMP B-TREE"));
                assert!(!sorts || filter_merges(&filter), "{name} sorts: {plan:#?}");
            }
        }
    }
}

/// Pages of several states are merged, a page at a time.
fn filter_merges(filter: &Filter) -> bool {
    filter.statuses.len() > 1
        || filter.site.is_some()
        || matches!(
            filter.display,
            Some(
                DisplayStatus::Canceled
                    | DisplayStatus::ToProcess
                    | DisplayStatus::InReview
                    | DisplayStatus::Intercepted
            )
        )
}

#[test]
fn a_page_of_several_states_is_the_newest_of_them_together() {
    let orders = orders();
    for database in each_database() {
        let mut connection = database.connection();
        connection
            .transact(|tx| {
                for order in &orders {
                    let fresh = Facts { version: 1, ..order.facts().clone() };
                    let stored = Stored {
                        order: Order::from_facts(fresh),
                        region: "CN-31".to_owned(),
                        recipient: vec![1],
                        accepts_backorder: false,
                        progress: Progress::NotPacked,
                    };
                    order::insert(tx, &stored, &[])?;
                }
                Ok::<_, ordermill_storage::Error>(())
            })
            .unwrap();
        let statuses = vec![Status::Placed, Status::Confirmed, Status::Canceled];
        let filter = Filter { statuses: statuses.clone(), ..Filter::default() };
        let mut expected: Vec<OrderId> = orders
            .iter()
            .filter(|order| statuses.contains(&order.status()))
            .map(Order::id)
            .collect();
        expected.sort_unstable_by(|a, b| b.cmp(a));
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = connection.read(|tx| order::list(tx, &filter, before, 7)).unwrap();
            seen.extend(page.iter().map(|stored| stored.order.id()));
            before = page.last().map(|stored| stored.order.id());
            if page.len() < 7 {
                break;
            }
        }
        assert_eq!(seen, expected, "{}", database.engine());
    }
}
