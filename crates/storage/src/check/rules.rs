//! Rules on whole tables that one statement can ask.

mod disputes;
mod floor;
mod merges;

use ordermill_base::Timestamp;

use crate::{Error, Tx, params};

/// A rule that one statement can ask.
#[derive(Debug)]
pub struct Rule {
    /// The invariant that it belongs to.
    pub invariant: &'static str,
    /// What is wrong with the rows that it finds.
    pub what: &'static str,
    /// What it looks at.
    pub tables: &'static [&'static str],
    sql: &'static str,
    has_now: bool,
}

const fn rule(
    invariant: &'static str,
    what: &'static str,
    tables: &'static [&'static str],
    sql: &'static str,
) -> Rule {
    Rule { invariant, what, tables, sql, has_now: false }
}

/// Every rule.
pub fn every_rule() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().chain(disputes::RULES).chain(floor::RULES).chain(merges::RULES)
}

/// Rules on single tables and pairs of them.
const RULES: &[Rule] = &[
    rule(
        "I4",
        "two orders have one id of their channel",
        &["orders"],
        "SELECT CAST(MIN(id) AS TEXT) FROM orders WHERE channel_order_id IS NOT NULL
          GROUP BY channel_id, channel_order_id HAVING COUNT(*) > 1 LIMIT 100",
    ),
    rule(
        "I4",
        "a cart has become an order that does not exist",
        &["carts"],
        "SELECT CAST(c.id AS TEXT) FROM carts c WHERE c.order_id IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = c.order_id) LIMIT 100",
    ),
    rule(
        "I4",
        "two carts have become one order",
        &["carts"],
        "SELECT CAST(order_id AS TEXT) FROM carts WHERE order_id IS NOT NULL
          GROUP BY order_id HAVING COUNT(*) > 1 LIMIT 100",
    ),
    rule(
        "I4",
        "bulk work has counted other orders than it has handled",
        &["bulks", "bulk_orders"],
        "SELECT CAST(b.id AS TEXT) FROM bulks b
          WHERE b.done <> (SELECT COUNT(*) FROM bulk_orders o
                            WHERE o.bulk_id = b.id AND o.refusal IS NULL)
             OR b.refused <> (SELECT COUNT(*) FROM bulk_orders o
                               WHERE o.bulk_id = b.id AND o.refusal IS NOT NULL) LIMIT 100",
    ),
    rule(
        "I5",
        "bulk work has handled an order that does not exist",
        &["bulk_orders"],
        "SELECT CAST(b.bulk_id AS TEXT) FROM bulk_orders b
          WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = b.order_id) LIMIT 100",
    ),
    rule(
        "I6",
        "a review has a deadline although no person has to decide it",
        &["deadlines", "orders"],
        "SELECT CAST(d.subject_id AS TEXT) FROM deadlines d
          WHERE d.kind = 'review' AND NOT EXISTS (SELECT 1 FROM orders o
            WHERE o.id = d.subject_id AND o.status IN ('placed', 'confirmed')
              AND o.review IN ('manual_pending', 'intercepted')) LIMIT 100",
    ),
    rule(
        "I6",
        "an order is held and nobody has to decide about it",
        &["orders", "tasks"],
        "SELECT CAST(o.id AS TEXT) FROM orders o
          WHERE o.status IN ('placed', 'confirmed')
            AND o.review IN ('manual_pending', 'intercepted', 'needs_buyer')
            AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.subject_id = o.id AND t.kind = 'review'
              AND t.state IN ('open', 'claimed')) LIMIT 100",
    ),
    rule(
        "I5",
        "rules decided about something that did not happen",
        &["review_decisions"],
        "SELECT CAST(d.order_id AS TEXT) FROM review_decisions d
          WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.aggregate_id = d.order_id
            AND j.aggregate = 'order' AND j.sequence = d.sequence AND j.kind = 'order.reviewed')
          LIMIT 100",
    ),
    rule(
        "I5",
        "an order was reviewed by a version of the rules that does not exist",
        &["review_decisions", "rule_tables"],
        "SELECT CAST(d.order_id AS TEXT) FROM review_decisions d
          WHERE d.version > 0 AND NOT EXISTS (SELECT 1 FROM rule_tables t
            WHERE t.purpose = 'review' AND t.number = d.version) LIMIT 100",
    ),
    rule(
        "I5",
        "a version of rules is at another version than its history, or follows none that exists",
        &["rule_tables"],
        "SELECT CAST(t.id AS TEXT) FROM rule_tables t
          WHERE t.version <> (SELECT COALESCE(MAX(j.sequence), 0) FROM journal j
                WHERE j.aggregate_id = t.id AND j.aggregate = 'rule_table')
             OR (t.follows > 0 AND NOT EXISTS (SELECT 1 FROM rule_tables b
                WHERE b.purpose = t.purpose AND b.number = t.follows)) LIMIT 100",
    ),
    rule(
        "I5",
        "a version on trial looked at something that did not happen",
        &["rule_trials", "rule_tables", "sourcing_decisions", "label_requests", "tasks"],
        "SELECT CAST(r.subject_id AS TEXT) FROM rule_trials r
          WHERE NOT EXISTS (SELECT 1 FROM rule_tables t WHERE t.id = r.table_id AND (
                (t.purpose = 'review' AND EXISTS (SELECT 1 FROM journal j
                  WHERE j.aggregate_id = r.subject_id AND j.aggregate = 'order'
                    AND j.sequence = r.sequence AND j.kind = 'order.reviewed'))
             OR (t.purpose = 'sourcing' AND EXISTS (SELECT 1 FROM sourcing_decisions d
                  WHERE d.order_id = r.subject_id AND d.id = r.sequence))
             OR (t.purpose = 'carrier' AND EXISTS (SELECT 1 FROM label_requests l
                  WHERE l.order_id = r.subject_id AND l.id = r.sequence))
             OR (t.purpose = 'carrier' AND EXISTS (SELECT 1 FROM tasks k
                  WHERE k.id = r.sequence AND k.kind = 'label_failed')))) LIMIT 100",
    ),
    rule(
        "I6",
        "somebody is told of a late review that nobody has to decide",
        &["tasks", "orders"],
        "SELECT CAST(t.subject_id AS TEXT) FROM tasks t
          WHERE t.kind = 'deadline' AND t.state IN ('open', 'claimed')
            AND t.detail LIKE '%\"review\":%' AND NOT EXISTS (SELECT 1 FROM orders o
              WHERE o.id = t.subject_id AND o.status IN ('placed', 'confirmed')
                AND o.review IN ('manual_pending', 'intercepted', 'needs_buyer')) LIMIT 100",
    ),
    rule(
        "I5",
        "marks, a signal or an entry of the watchlist belong to an order that does not exist",
        &["order_marks", "risk_signals", "watch_entries"],
        "SELECT CAST(m.order_id AS TEXT) FROM (SELECT order_id FROM order_marks
            UNION SELECT order_id FROM risk_signals UNION SELECT order_id FROM watch_entries) m
          WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = m.order_id) LIMIT 100",
    ),
    rule(
        "I5",
        "an entry of the watchlist is at another version than its history",
        &["watch_entries"],
        "SELECT CAST(w.id AS TEXT) FROM watch_entries w
          WHERE w.version <> (SELECT COALESCE(MAX(j.sequence), 0) FROM journal j
            WHERE j.aggregate_id = w.id AND j.aggregate = 'watch_entry') LIMIT 100",
    ),
    rule(
        "I5",
        "a contact points to an order that does not exist",
        &["order_contacts"],
        "SELECT CAST(c.order_id AS TEXT) FROM order_contacts c
          WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = c.order_id) LIMIT 100",
    ),
    rule(
        "I5",
        "a note belongs to an order that does not exist",
        &["order_notes"],
        "SELECT CAST(n.order_id AS TEXT) FROM order_notes n
          WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = n.order_id) LIMIT 100",
    ),
    rule(
        "I5",
        "personal data of an order that does not exist was shown",
        &["reveals"],
        "SELECT CAST(r.order_id AS TEXT) FROM reveals r
          WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = r.order_id) LIMIT 100",
    ),
    rule(
        "I5",
        "someone who does not exist is signed in",
        &["sessions", "staff", "customers"],
        "SELECT CAST(COALESCE(s.staff_id, s.customer_id) AS TEXT) FROM sessions s
          WHERE NOT EXISTS (SELECT 1 FROM staff p WHERE p.id = s.staff_id)
            AND NOT EXISTS (SELECT 1 FROM customers c WHERE c.id = s.customer_id) LIMIT 100",
    ),
    rule(
        "I5",
        "a bin stands in an aisle that its location does not have, or in another zone's",
        &["layout_aisles", "bins"],
        "SELECT CAST(b.id AS TEXT) FROM bins b WHERE b.aisle IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM layout_aisles a WHERE a.location_id = b.location_id
              AND a.number = b.aisle AND a.zone = b.zone) LIMIT 100",
    ),
    rule(
        "I5",
        "a bin stands beyond the front or the back of its location",
        &["layout_cross_aisles", "bins"],
        "SELECT CAST(b.id AS TEXT) FROM bins b WHERE b.y_mm IS NOT NULL
            AND b.y_mm > COALESCE((SELECT MAX(c.y_mm) FROM layout_cross_aisles c
              WHERE c.location_id = b.location_id), -1) LIMIT 100",
    ),
    rule(
        "I5",
        "a location's walks start or end beside its aisles",
        &["layouts", "layout_aisles"],
        "SELECT CAST(l.location_id AS TEXT) FROM layouts l
          WHERE NOT EXISTS (SELECT 1 FROM layout_aisles a WHERE a.location_id = l.location_id
              AND a.x_mm >= l.start_x_mm)
             OR NOT EXISTS (SELECT 1 FROM layout_aisles a WHERE a.location_id = l.location_id
              AND a.x_mm >= l.end_x_mm) LIMIT 100",
    ),
    rule(
        "I5",
        "a reader is ahead of the journal",
        &["cursors"],
        "SELECT reader FROM cursors
          WHERE position > (SELECT COALESCE(MAX(position), 0) FROM journal) LIMIT 100",
    ),
    rule(
        "I6",
        "a task is closed and has no moment of it, or the reverse",
        &["tasks"],
        "SELECT CAST(id AS TEXT) FROM tasks
          WHERE (state IN ('done', 'dropped')) <> (closed_at IS NOT NULL) LIMIT 100",
    ),
    rule(
        "I6",
        "a received message is closed and has no moment of it, or the reverse",
        &["inbox"],
        "SELECT CAST(id AS TEXT) FROM inbox
          WHERE (state <> 'waiting') <> (closed_at IS NOT NULL) LIMIT 100",
    ),
    rule(
        "I6",
        "an order that waits for no money has a deadline to pay",
        &["deadlines", "orders"],
        "SELECT CAST(d.subject_id AS TEXT) FROM deadlines d
          WHERE d.kind IN ('pay', 'stock_release') AND NOT EXISTS (
                SELECT 1 FROM orders o
                 WHERE o.id = d.subject_id AND o.status = 'placed' AND o.paid_at IS NULL)
          LIMIT 100",
    ),
    rule(
        "I7",
        "a delivery belongs to an endpoint or an event that does not exist",
        &["webhook_deliveries", "webhook_endpoints"],
        "SELECT CAST(d.id AS TEXT) FROM webhook_deliveries d
          WHERE NOT EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = d.endpoint_id)
             OR NOT EXISTS (SELECT 1 FROM journal j WHERE j.position = d.event_id) LIMIT 100",
    ),
    rule(
        "I7",
        "a delivery waits although its plan is at its end, or for an endpoint that is gone",
        &["webhook_deliveries", "webhook_endpoints"],
        "SELECT CAST(d.id AS TEXT) FROM webhook_deliveries d
           JOIN webhook_endpoints e ON e.id = d.endpoint_id
          WHERE d.state = 'waiting' AND (d.attempts >= 10 OR e.state = 'deleted') LIMIT 100",
    ),
    rule(
        "I7",
        "a delivery was tried and waits for longer than its plan says",
        &["webhook_deliveries"],
        // The longest wait with its jitter is 28.8 hours; a claim adds a minute.
        "SELECT CAST(id AS TEXT) FROM webhook_deliveries
          WHERE state = 'waiting' AND tried_at IS NOT NULL AND next_at > tried_at + 105000000000
            AND attempts > 0 LIMIT 100",
    ),
    rule(
        "I7",
        "a delivery was taken and never tried",
        &["webhook_deliveries"],
        "SELECT CAST(id AS TEXT) FROM webhook_deliveries
          WHERE state = 'delivered' AND (tried_at IS NULL OR attempts = 0) LIMIT 100",
    ),
    rule(
        "I3",
        "a coupon was used more or less often than it counts",
        &["coupons", "coupon_uses"],
        "SELECT CAST(c.id AS TEXT) FROM coupons c WHERE c.uses <> (
            SELECT COUNT(*) FROM coupon_uses u
             WHERE u.coupon_id = c.id AND u.released_at IS NULL) LIMIT 100",
    ),
    rule(
        "I3",
        "a coupon was used more often than it may be",
        &["coupons"],
        "SELECT CAST(id AS TEXT) FROM coupons WHERE uses > uses_max LIMIT 100",
    ),
    rule(
        "I3",
        "a buyer has used a coupon more often than each may",
        &["coupons", "coupon_uses"],
        "SELECT CAST(c.id AS TEXT) FROM coupons c JOIN (
            SELECT coupon_id, buyer, COUNT(*) AS uses FROM coupon_uses
             WHERE released_at IS NULL GROUP BY coupon_id, buyer) AS u ON u.coupon_id = c.id
          WHERE u.uses > c.uses_per_customer_max LIMIT 100",
    ),
    rule(
        "I3",
        "an order has ended or has no piece left and keeps its coupons, or stands without them",
        &["coupon_uses", "orders", "order_lines"],
        "SELECT CAST(u.order_id AS TEXT) FROM coupon_uses u
          WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = u.order_id AND (
                (o.status IN ('canceled', 'rejected') OR NOT EXISTS (SELECT 1 FROM order_lines l
                    WHERE l.order_id = o.id AND l.canceled < l.quantity))
                = (u.released_at IS NOT NULL))) LIMIT 100",
    ),
    rule(
        "I3",
        "an order says of itself that it uses more or fewer coupons than it does",
        &["coupon_uses", "orders"],
        "SELECT CAST(o.id AS TEXT) FROM orders o WHERE o.coupons > 0 AND o.coupons <> (
            SELECT COUNT(*) FROM coupon_uses u WHERE u.order_id = o.id) LIMIT 100",
    ),
    rule(
        "I3",
        "what coupons took off the goods is not what the lines say",
        &["coupon_uses", "order_discounts"],
        "SELECT CAST(u.order_id AS TEXT) FROM (
            SELECT order_id, SUM(goods_minor) AS goods FROM coupon_uses GROUP BY order_id) AS u
          WHERE u.goods <> (
            SELECT COALESCE(SUM(d.amount_minor), 0) FROM order_discounts d
             WHERE d.order_id = u.order_id AND d.source LIKE 'coupon:%') LIMIT 100",
    ),
    rule(
        "I3",
        "a payment by points or a gift card has no movement, or one of another amount",
        &["payments", "gift_card_movements", "points_movements"],
        "SELECT CAST(p.id AS TEXT) FROM payments p
          WHERE (p.gateway = 'gift_card' AND NOT EXISTS (
                    SELECT 1 FROM gift_card_movements m WHERE m.kind = 'spent'
                        AND m.cause = p.id AND m.amount_minor = -p.amount_minor))
             OR (p.gateway = 'points' AND NOT EXISTS (
                    SELECT 1 FROM points_movements m WHERE m.kind = 'spent' AND m.cause = p.id))
          LIMIT 100",
    ),
    rule(
        "I3",
        "an order has ended or has no piece left and keeps the points that it earned",
        &["points_movements", "orders", "order_lines"],
        "SELECT CAST(m.order_id AS TEXT) FROM points_movements m
           JOIN orders o ON o.id = m.order_id
          WHERE m.kind = 'earned' AND NOT EXISTS (
            SELECT 1 FROM points_movements b WHERE b.kind = 'taken_back' AND b.cause = m.order_id)
            AND (o.status IN ('canceled', 'rejected') OR NOT EXISTS (
              SELECT 1 FROM order_lines l WHERE l.order_id = o.id AND l.canceled < l.quantity))
          LIMIT 100",
    ),
    Rule {
        invariant: "I8",
        what: "a lease is held for longer than any is taken",
        tables: &["leases"],
        sql: "SELECT name FROM leases WHERE expires_at > CAST($1 AS BIGINT) + 600000000 LIMIT 100",
        has_now: true,
    },
    Rule {
        invariant: "I8",
        what: "a deadline is claimed for longer than any is put off",
        tables: &["deadlines"],
        sql: "SELECT CAST(subject_id AS TEXT) FROM deadlines
               WHERE claimed_until > CAST($1 AS BIGINT) + 7200000000 LIMIT 100",
        has_now: true,
    },
];

/// Asks every one of them ([`every_rule`]); `found` is told what breaks which, at most 100 subjects for each.
pub fn ask_rules(
    tx: &mut Tx<'_>,
    now: Timestamp,
    mut found: impl FnMut(&Rule, String),
) -> Result<(), Error> {
    if tx.is_postgres() {
        // Whole tables are compared. A plan for the few rows that PostgreSQL expects of a table that
        // it has not analyzed yet would look through one of them for every row of the other.
        tx.run("SET LOCAL enable_nestloop = off")?;
    }
    for rule in every_rule() {
        let params = if rule.has_now { params![now] as &[_] } else { &[] };
        let subjects = tx.query(rule.sql, params, |row| row.text())?;
        subjects.into_iter().for_each(|subject| found(rule, subject));
    }
    if tx.is_postgres() {
        tx.run("SET LOCAL enable_nestloop = on")?;
    }
    Ok(())
}
