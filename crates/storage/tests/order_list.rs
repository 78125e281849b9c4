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
                    };
                    order::insert(tx, &stored, &[])?;
                    order::update(tx, order, 1)?;
                }
                Ok::<_, ordermill_storage::Error>(())
            })
            .unwrap();
        let mut ask = |filter: Filter| -> (BTreeSet<OrderId>, i64) {
            connection
                .read(|tx| {
                    let found = order::list(tx, &filter, None, 10_000)?;
                    let ids = found.iter().map(|stored| stored.order.id()).collect();
                    Ok::<_, ordermill_storage::Error>((ids, order::count(tx, &filter, 10_000)?))
                })
                .unwrap()
        };
        let of = |is_it: &dyn Fn(&Order) -> bool| -> BTreeSet<OrderId> {
            orders.iter().filter(|order| is_it(order)).map(Order::id).collect()
        };
        for status in DisplayStatus::ALL {
            let expected = of(&|order| order.display_status(Progress::NotPacked) == status);
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
        let counted = connection.read(|tx| order::count(tx, &all, 5)).unwrap();
        assert_eq!(counted, 5, "a count ends at its limit");
        let newer = |tx: &mut ordermill_storage::Tx<'_>| {
            order::count_newer(tx, &all, OrderId::from_raw(orders.len() as i64 - 3), 99)
        };
        assert_eq!(connection.read(newer).unwrap(), 3);
    }
}
