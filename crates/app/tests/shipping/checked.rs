//! The checker finds what does not fit together between the bench, the stock and the carriers.

use ordermill_app::shipment::leave;
use ordermill_sandbox::carriers::Word;
use ordermill_storage::{Error, Tx};

use crate::kit::{Shop, on_each_database};

/// What is done to the database, how it is undone, and what the checker says of it.
const PLANTED: &[(&str, &str, &str)] = &[
    (
        "UPDATE stock_movements SET quantity = quantity - 1 WHERE kind = 'ship'",
        "UPDATE stock_movements SET quantity = quantity + 1 WHERE kind = 'ship'",
        "pieces have left the stock that were not shipped, or the reverse",
    ),
    (
        "UPDATE packages SET order_id = order_id + 100",
        "UPDATE packages SET order_id = order_id - 100",
        "a parcel carries a package of another order",
    ),
    (
        "UPDATE shipments SET state = 'label_created' WHERE state = 'delivered'",
        "UPDATE shipments SET state = 'delivered' WHERE delivered_at IS NOT NULL",
        "a fulfillment has left and one of its parcels still waits for its carrier",
    ),
    (
        "UPDATE packages SET opened_at = 9000000000000000000",
        "UPDATE packages SET opened_at = NULL",
        "a box was opened whose parcel the carrier has",
    ),
    (
        "INSERT INTO tasks (id, kind, subject_id, role, state, detail, created_at)
         SELECT 1, 'delivery_exception', id, 'logistics', 'open', '{}', 0 FROM shipments
          WHERE state = 'delivered'",
        "DELETE FROM tasks WHERE id = 1",
        "somebody is to decide about a parcel that its buyer has signed for",
    ),
    (
        "INSERT INTO pick_lines
         SELECT 9, 1, 1, id, 1, 1, NULL, '', NULL, 1, 2, 2, 0, 0, 0, 'item', 0 FROM fulfillments
          WHERE state = 'closed'",
        "DELETE FROM pick_lines WHERE pick_list_id = 9",
        "other pieces lie in totes than were picked on walks",
    ),
];

impl Shop {
    async fn intrudes(&self, sql: &'static str) {
        let write = move |tx: &mut Tx<'_>| tx.execute(sql, &[]);
        let changed = self.database.write::<_, Error, _>(write).await.unwrap();
        assert!(changed > 0, "{sql} changes nothing");
    }
}

#[test]
fn what_does_not_fit_together_on_its_way_to_the_door_is_found() {
    on_each_database(async |shop| {
        let (_, _, first) = shop.labeled_work(1).await;
        let list = shop.scan_out(&first.shipment.facts().terms.waybill).await.manifest;
        shop.close(list).await;
        shop.carriers.call_drivers().await.unwrap();
        shop.reports(&first, Word::Signed).await;
        shop.reads(leave::reader(), "shipment", first.shipment.facts().id).await;
        shop.labeled_work(2).await;
        assert_eq!(shop.violations(), []);
        for (planted, mended, what) in PLANTED {
            shop.intrudes(planted).await;
            let found = shop.violations();
            assert!(found.iter().any(|it| it.what == *what), "{planted}: {found:#?}");
            shop.intrudes(mended).await;
        }
    });
}
