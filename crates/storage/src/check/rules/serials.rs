//! Rules on serial numbers, which the bench takes down with what lies in a box.
//!
//! Most goods have none: the boxes of those that do are found by one pass over all of them, and only what they
//! say is taken apart and sorted.

use super::Rule;

/// Orders with a piece that had left before: of a piece a box tells the SKU and the serial number. What
/// travels in the box of another order has left with that box.
macro_rules! left_twice {
    (sku: $sku:literal, serial: $serial:literal, contents: $contents:literal) => {
        concat!(
            "WITH departures AS (
                SELECT p.order_id, s.id AS shipment_id, s.handed_over_at AS left_at, ",
            $sku,
            " AS sku, ",
            $serial,
            " AS serial, CASE WHEN s.state = 'returned_to_sender' THEN (
                    SELECT MAX(j.at) FROM journal j WHERE j.aggregate_id = s.id
                       AND j.aggregate = 'shipment' AND j.kind = 'shipment.returned_to_sender')
                  END AS back_at
                  FROM packages p
                  JOIN shipments s ON s.package_id = COALESCE(p.inside_id, p.id)
                   AND s.handed_over_at IS NOT NULL ",
            $contents,
            " WHERE p.opened_at IS NULL AND p.contents LIKE '%\"serials\"%')
            SELECT CAST(order_id AS TEXT) FROM (
                SELECT order_id, left_at, LAG(left_at) OVER of_piece AS left_before_at,
                       LAG(back_at) OVER of_piece AS came_back_at
                  FROM departures
                WINDOW of_piece AS (PARTITION BY sku, serial ORDER BY left_at, shipment_id)
            ) AS in_turn
             WHERE left_before_at IS NOT NULL
               AND (came_back_at IS NULL OR came_back_at > left_at) LIMIT 100"
        )
    };
}

pub(super) const RULES: &[Rule] = &[Rule {
    invariant: "I11",
    what: "a piece has left twice, by its serial number, and had not come back in between",
    tables: &["packages", "shipments", "journal"],
    sql: left_twice! {
        sku: "json_extract(c.value, '$.sku')",
        serial: "n.value",
        contents: "JOIN json_each(p.contents) c JOIN json_each(c.value, '$.serials') n"
    },
    postgres: Some(left_twice! {
        sku: "c.entry ->> 'sku'",
        serial: "n.serial",
        contents: "CROSS JOIN LATERAL jsonb_array_elements(p.contents::jsonb) AS c (entry)
                   CROSS JOIN LATERAL jsonb_array_elements_text(c.entry -> 'serials') AS n (serial)"
    }),
    has_now: false,
}];
