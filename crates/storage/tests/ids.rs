//! Ids after a restart.

use ordermill_base::{Id, Span};
use ordermill_domain::ids::{EndpointId, EventId, OrderId};
use ordermill_domain::message::Cause;
use ordermill_storage::delivery::{self, NewDelivery};
use ordermill_storage::{Tx, channel, message};
use ordermill_testkit::{TestClock, each_database};

/// What has an id and no entry in the journal behind it is looked at too: a process that started with
/// a clock that was set back gave ids a second time, and such a webhook was silently dropped.
#[test]
fn a_process_that_starts_with_a_clock_that_was_set_back_gives_no_id_twice() {
    type Store = fn(&mut Tx<'_>) -> Result<(), ordermill_storage::Error>;
    const LATER: ordermill_base::Timestamp =
        ordermill_base::Timestamp::from_micros(TestClock::START.as_micros() + 3_600_000_000);
    let stores: [(&str, Store); 3] = [
        ("messages", |tx| message::insert_once(tx, OrderId::from_raw(1), Cause::Paid, 0, LATER)),
        ("webhook_deliveries", |tx| {
            let new = NewDelivery {
                endpoint: EndpointId::from_raw(1),
                event: EventId::from_raw(1),
                kind: "order.placed",
                aggregate: "order",
                aggregate_id: 1,
                lane: 1,
                happened_at: LATER,
            };
            delivery::insert(tx, new, LATER)
        }),
        ("channels", |tx| channel::ensure(tx, "new", "shop", "New", LATER).map(drop)),
    ];
    for (table, store) in stores {
        for database in each_database() {
            database.connection().transact(store).unwrap();
            let sql = format!("SELECT MAX(id) FROM {table}");
            let mut next = database.connection();
            next.migrate().unwrap();
            let stored = next.read(|tx| tx.query_one(&sql, &[], |row| row.int())).unwrap();
            let earlier = LATER - Span::hours(1);
            let id: OrderId =
                next.transact(|tx| Ok::<_, ordermill_storage::Error>(tx.next_id(earlier))).unwrap();
            assert!(id.raw() > stored, "{table} on {}", database.engine());
        }
    }
}
