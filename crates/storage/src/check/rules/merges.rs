//! Rules about work on several orders that travels in one parcel.

use super::{Rule, rule};

pub(super) const RULES: &[Rule] = &[
    rule(
        "I11",
        "work that travels together is of two locations, shops or terms of payment",
        &["fulfillments", "orders"],
        "SELECT CAST(f.merge_id AS TEXT) FROM fulfillments f JOIN orders o ON o.id = f.order_id
          WHERE f.merge_id IS NOT NULL AND f.state NOT IN ('rejected', 'canceled')
          GROUP BY f.merge_id
         HAVING MIN(f.location_id) <> MAX(f.location_id) OR MIN(o.channel_id) <> MAX(o.channel_id)
             OR MIN(o.terms) <> MAX(o.terms) LIMIT 100",
    ),
    rule(
        "I11",
        "goods lie in a box that does not exist, was opened, or is of work that they do not travel with",
        &["packages", "fulfillments"],
        "SELECT CAST(p.id AS TEXT) FROM packages p JOIN fulfillments f ON f.id = p.fulfillment_id
          WHERE p.inside_id IS NOT NULL AND p.opened_at IS NULL AND f.state <> 'canceled'
            AND NOT EXISTS (SELECT 1 FROM packages b JOIN fulfillments h ON h.id = b.fulfillment_id
              WHERE b.id = p.inside_id AND b.inside_id IS NULL AND b.opened_at IS NULL
                AND h.merge_id = f.merge_id) LIMIT 100",
    ),
    rule(
        "I11",
        "a label was made for goods that lie in the box of another",
        &["packages", "label_requests"],
        "SELECT CAST(p.id AS TEXT) FROM packages p
          WHERE p.inside_id IS NOT NULL AND EXISTS (SELECT 1 FROM label_requests r
            WHERE r.package_id = p.id) LIMIT 100",
    ),
];
