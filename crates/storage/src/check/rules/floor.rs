//! Rules on the work of warehouses and carriers.

use super::{Rule, rule};

pub(super) const RULES: &[Rule] = &[
    rule(
        "I4",
        "a parcel has two labels that are wanted or in use",
        &["label_requests"],
        "SELECT CAST(package_id AS TEXT) FROM label_requests WHERE state IN ('wanted', 'made')
          GROUP BY package_id HAVING COUNT(*) > 1 LIMIT 100",
    ),
    rule(
        "I5",
        "a label was made and there is no shipment of it, or the reverse",
        &["label_requests", "shipments"],
        "SELECT CAST(r.id AS TEXT) FROM label_requests r
          WHERE r.state = 'made' AND NOT EXISTS (SELECT 1 FROM shipments s
            WHERE s.id = r.id AND s.state <> 'voided' AND s.package_id = r.package_id)
         UNION ALL
         SELECT CAST(s.id AS TEXT) FROM shipments s
          WHERE s.state <> 'voided' AND NOT EXISTS (SELECT 1 FROM label_requests r
            WHERE r.id = s.id AND r.state = 'made') LIMIT 100",
    ),
    rule(
        "I5",
        "a shipment belongs to an order or a carrier that does not exist",
        &["shipments", "carriers"],
        "SELECT CAST(s.id AS TEXT) FROM shipments s
          WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = s.order_id)
             OR NOT EXISTS (SELECT 1 FROM carriers c WHERE c.id = s.carrier_id) LIMIT 100",
    ),
    rule(
        "I6",
        "a parcel stands on the list of another carrier or location, or on none that exists",
        &["manifests", "manifest_parcels"],
        "SELECT CAST(p.shipment_id AS TEXT) FROM manifest_parcels p
          WHERE NOT EXISTS (SELECT 1 FROM manifests m JOIN shipments s ON s.id = p.shipment_id
            WHERE m.id = p.manifest_id AND m.carrier_id = s.carrier_id
              AND m.location_id = s.location_id) LIMIT 100",
    ),
    rule(
        "I6",
        "a parcel of a closed list still waits for its carrier",
        &["manifests", "manifest_parcels"],
        "SELECT CAST(s.id AS TEXT) FROM manifest_parcels p
           JOIN manifests m ON m.id = p.manifest_id AND m.state = 'closed'
           JOIN shipments s ON s.id = p.shipment_id
          WHERE s.state = 'label_created' LIMIT 100",
    ),
    rule(
        "I5",
        "a carrier has spoken of a parcel that does not exist",
        &["tracking_events"],
        "SELECT CAST(e.shipment_id AS TEXT) FROM tracking_events e
          WHERE NOT EXISTS (SELECT 1 FROM shipments s WHERE s.id = e.shipment_id) LIMIT 100",
    ),
    rule(
        "I6",
        "a delivery exception has a deadline and nobody has to decide about it",
        &["deadlines", "tasks"],
        "SELECT CAST(d.subject_id AS TEXT) FROM deadlines d
          WHERE d.kind = 'delivery_exception' AND NOT EXISTS (SELECT 1 FROM tasks t
            WHERE t.subject_id = d.subject_id AND t.kind = 'delivery_exception'
              AND t.state IN ('open', 'claimed')) LIMIT 100",
    ),
    rule(
        "I2",
        "other pieces of a bin are claimed than pick lists will take",
        &["stock_bins", "pick_lines", "pick_lists"],
        "SELECT CAST(s.bin_id AS TEXT) FROM stock_bins s
          WHERE s.claimed <> COALESCE((
            SELECT SUM(l.quantity - l.picked - l.short - l.dropped) FROM pick_lines l
              JOIN pick_lists p ON p.id = l.pick_list_id
             WHERE l.bin_id = s.bin_id AND l.sku_id = s.sku_id AND l.lot = s.lot
               AND p.location_id = s.location_id), 0) LIMIT 100",
    ),
    rule(
        "I2",
        "a pick list will take pieces from a bin that does not have them",
        &["pick_lines", "stock_bins"],
        "SELECT CAST(l.pick_list_id AS TEXT) FROM pick_lines l
          WHERE l.bin_id IS NOT NULL AND l.quantity > l.picked + l.short + l.dropped
            AND NOT EXISTS (SELECT 1 FROM stock_bins s WHERE s.bin_id = l.bin_id
              AND s.sku_id = l.sku_id AND s.lot = l.lot) LIMIT 100",
    ),
    rule(
        "I11",
        "a pick list has a stop for what no fulfillment ships",
        &["pick_lines", "fulfillment_lines"],
        "SELECT CAST(l.pick_list_id AS TEXT) FROM pick_lines l
          WHERE NOT EXISTS (SELECT 1 FROM fulfillment_lines f
            WHERE f.fulfillment_id = l.fulfillment_id AND f.line_no = l.line_no
              AND f.sku_id = l.sku_id) LIMIT 100",
    ),
    rule(
        "I5",
        "a pick list is not where its history ends",
        &["pick_lists", "journal"],
        "SELECT CAST(p.id AS TEXT) FROM pick_lists p
          WHERE p.version <> COALESCE((SELECT MAX(j.sequence) FROM journal j
            WHERE j.aggregate_id = p.id AND j.aggregate = 'pick_list'), 0) LIMIT 100",
    ),
    rule(
        "I6",
        "a pick list is done with pieces left, or not done without any",
        &["pick_lists", "pick_lines"],
        "SELECT CAST(p.id AS TEXT) FROM pick_lists p
          WHERE (p.state = 'done') = EXISTS (SELECT 1 FROM pick_lines l
            WHERE l.pick_list_id = p.id AND l.quantity > l.picked + l.short + l.dropped) LIMIT 100",
    ),
    rule(
        "I5",
        "a wave has another number of pick lists than it was released with",
        &["waves", "pick_lists"],
        "SELECT CAST(w.id AS TEXT) FROM waves w
          WHERE w.lists <> (SELECT COUNT(*) FROM pick_lists p WHERE p.wave_id = w.id) LIMIT 100",
    ),
    rule(
        "I11",
        "pieces have left the stock that were not shipped, or the reverse",
        &["stock_movements", "fulfillment_lines", "fulfillments"],
        "SELECT CAST(work AS TEXT) FROM (
            SELECT f.id AS work, l.sku_id AS sku, l.quantity AS pieces
              FROM fulfillments f JOIN fulfillment_lines l ON l.fulfillment_id = f.id
             WHERE f.state IN ('handed_over', 'closed')
            UNION ALL
            SELECT reference_id, sku_id, quantity FROM stock_movements
             WHERE kind = 'ship' AND reference_id IS NOT NULL) AS both_sides
          GROUP BY work, sku HAVING SUM(pieces) <> 0 LIMIT 100",
    ),
    rule(
        "I11",
        "other pieces lie in totes than were picked on walks",
        &["pick_lines", "fulfillment_lines"],
        "SELECT CAST(f.fulfillment_id AS TEXT) FROM fulfillment_lines f JOIN (
            SELECT fulfillment_id, line_no, SUM(picked) AS picked FROM pick_lines
             GROUP BY fulfillment_id, line_no) AS w
            ON w.fulfillment_id = f.fulfillment_id AND w.line_no = f.line_no
          WHERE w.picked <> f.picked LIMIT 100",
    ),
    rule(
        "I11",
        "a parcel carries a package of another order",
        &["shipments", "packages"],
        "SELECT CAST(s.id AS TEXT) FROM shipments s JOIN packages p ON p.id = s.package_id
          WHERE p.order_id <> s.order_id LIMIT 100",
    ),
    rule(
        "I6",
        "a fulfillment has left and one of its parcels still waits for its carrier",
        &["shipments", "packages", "fulfillments"],
        "SELECT CAST(f.id AS TEXT) FROM fulfillments f
           JOIN packages p ON p.fulfillment_id = f.id AND p.opened_at IS NULL
           JOIN shipments s ON s.package_id = p.id
          WHERE f.state IN ('handed_over', 'closed') AND s.state = 'label_created' LIMIT 100",
    ),
    rule(
        "I6",
        "a box was opened whose parcel the carrier has",
        &["shipments", "packages"],
        "SELECT CAST(p.id AS TEXT) FROM packages p JOIN shipments s ON s.package_id = p.id
          WHERE p.opened_at IS NOT NULL AND s.handed_over_at < p.opened_at LIMIT 100",
    ),
    rule(
        "I6",
        "somebody is to decide about a parcel that its buyer has signed for",
        &["shipments", "tasks"],
        "SELECT CAST(s.id AS TEXT) FROM shipments s JOIN tasks t ON t.subject_id = s.id
          WHERE t.kind = 'delivery_exception' AND t.state IN ('open', 'claimed')
            AND s.state = 'delivered' AND s.track = 'delivered' LIMIT 100",
    ),
    rule(
        "I5",
        "a carrier is told what to do with a parcel that does not exist or has not left",
        &["carrier_instructions", "shipments"],
        "SELECT CAST(i.id AS TEXT) FROM carrier_instructions i
          WHERE NOT EXISTS (SELECT 1 FROM shipments s
            WHERE s.id = i.shipment_id AND s.handed_over_at IS NOT NULL) LIMIT 100",
    ),
    rule(
        "I6",
        "pieces of a line are sent again that were never in a parcel that was replaced",
        &["order_lines", "packages", "shipments"],
        "SELECT CAST(l.order_id AS TEXT) FROM order_lines l
          WHERE l.resent > 0 AND NOT EXISTS (SELECT 1 FROM shipments s
            WHERE s.order_id = l.order_id AND s.reshipped_at IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM packages p JOIN shipments s ON s.package_id = p.inside_id
            WHERE p.order_id = l.order_id AND s.reshipped_at IS NOT NULL) LIMIT 100",
    ),
    rule(
        "I5",
        "a paper was printed more or less often than the journal says",
        &["papers", "journal"],
        "SELECT CAST(p.subject_id AS TEXT) FROM papers p
          WHERE p.printed <> (SELECT COUNT(*) FROM journal j
            WHERE j.aggregate = p.paper AND j.aggregate_id = p.subject_id) LIMIT 100",
    ),
];
