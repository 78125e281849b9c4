//! Rules on disputes, and on money that must not leave twice.

use super::{Rule, rule};

pub(super) const RULES: &[Rule] = &[
    rule(
        "I3",
        "more of a payment has left, as refunds and by the buyer's bank, than came in",
        &["payments", "refunds", "disputes"],
        "SELECT CAST(p.id AS TEXT) FROM payments p
           JOIN (SELECT payment_id, SUM(amount_minor) AS taken FROM disputes
                  WHERE state IN ('lost', 'accepted') GROUP BY payment_id) AS d ON d.payment_id = p.id
           LEFT JOIN (SELECT payment_id, SUM(amount_minor) AS sent FROM refunds
                  WHERE state = 'succeeded' GROUP BY payment_id) AS r ON r.payment_id = p.id
          WHERE d.taken + COALESCE(r.sent, 0) > p.amount_minor LIMIT 100",
    ),
    rule(
        "I3",
        "more of a payment is under dispute or taken back than came in",
        &["payments", "disputes"],
        "SELECT CAST(p.id AS TEXT) FROM payments p
           JOIN (SELECT payment_id, SUM(amount_minor) AS taken FROM disputes
                  WHERE state <> 'won' GROUP BY payment_id) AS d ON d.payment_id = p.id
          WHERE d.taken > p.amount_minor LIMIT 100",
    ),
    rule(
        "I5",
        "a dispute is about money that was never captured, or of another order or gateway",
        &["disputes", "payments"],
        "SELECT CAST(d.id AS TEXT) FROM disputes d WHERE NOT EXISTS (
            SELECT 1 FROM payments p WHERE p.id = d.payment_id AND p.order_id = d.order_id
               AND p.state = 'captured' AND p.currency = d.currency AND p.gateway = d.gateway)
          LIMIT 100",
    ),
    rule(
        "I6",
        "a dispute waits for an answer and nobody has to give one",
        &["disputes", "tasks"],
        "SELECT CAST(d.id AS TEXT) FROM disputes d
          WHERE d.state = 'needs_response' AND NOT EXISTS (SELECT 1 FROM tasks t
            WHERE t.subject_id = d.id AND t.kind = 'dispute' AND t.state IN ('open', 'claimed'))
          LIMIT 100",
    ),
    rule(
        "I6",
        "somebody has to answer a dispute that waits for no answer",
        &["tasks", "disputes"],
        "SELECT CAST(t.id AS TEXT) FROM tasks t
          WHERE t.kind = 'dispute' AND t.state IN ('open', 'claimed') AND NOT EXISTS (
            SELECT 1 FROM disputes d WHERE d.id = t.subject_id AND d.state = 'needs_response')
          LIMIT 100",
    ),
    rule(
        "I6",
        "a dispute has a deadline although it waits for no answer",
        &["deadlines", "disputes"],
        "SELECT CAST(l.subject_id AS TEXT) FROM deadlines l
          WHERE l.kind = 'dispute_response' AND NOT EXISTS (
            SELECT 1 FROM disputes d WHERE d.id = l.subject_id AND d.state = 'needs_response')
          LIMIT 100",
    ),
    rule(
        "I7",
        "an answer to a dispute is on its way and nobody tells it, or there is none",
        &["disputes"],
        "SELECT CAST(id AS TEXT) FROM disputes
          WHERE (answer IS NULL) <> (ask_at IS NULL) LIMIT 100",
    ),
    rule(
        "I3",
        "a refund was withdrawn although no bank took its money",
        &["refunds", "disputes"],
        "SELECT CAST(r.id AS TEXT) FROM refunds r
          WHERE r.state = 'withdrawn' AND NOT EXISTS (SELECT 1 FROM disputes d
            WHERE d.payment_id = r.payment_id AND d.state IN ('lost', 'accepted')) LIMIT 100",
    ),
];
