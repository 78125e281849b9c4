//! Planted bugs: each does what the bug of a known shop system did, so that the simulation can show
//! that it would find it. They sit around the real commands and never in them.

mod floor;
mod keys;

use std::sync::Arc;

use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::intake::{Agreed, NewOrder};
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::payment::refund_order::RefundOrder;
use ordermill_base::Id;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::CancelReason;
use ordermill_ports::gateway::Gateway;
use ordermill_storage::{Error, Tx, Value, reservation};

use self::keys::FreshKeys;
use crate::Trade;
use crate::gateway::SimGateway;
use crate::model::Wanted;
use crate::world::World;

/// A planted bug, with the one of PROOF that it imitates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Stock is looked at before, and taken after others have taken it (B1, B2).
    StaleCheck,
    /// The counter of held pieces grows apart from the rows when a hold runs out (B4).
    LeakOnExpiry,
    /// Canceling gives the pieces back twice (B6).
    GivesBackTwice,
    /// Canceling gives the pieces back to another warehouse (B7).
    GivesBackElsewhere,
    /// Two reports of one payment both count (B8, B10).
    CountsTwice,
    /// Every try to start a payment has a key of its own (B11).
    FreshKeyPerTry,
    /// A repeated request makes a second order (B13).
    KeyIgnored,
    /// A cart becomes an order in each of two tabs (B13).
    CartTwice,
    /// The unpaid timer cancels a paid order (B15).
    TimerCancelsPaid,
    /// An event is not written with its change (B17).
    LostEvent,
    /// A refund is a cent short (B24).
    RefundOffByOne,
    /// An order is acknowledged and then forgotten (I12).
    ForgottenOrder,
    /// Canceling does not give the coupon back (D1 says that it does).
    CouponKept,
    /// Canceling does not take back the points that the order had earned.
    PointsKept,
    /// A gift card pays in two tabs: what one has taken off, the other writes back (B9).
    CardSpentTwice,
    /// A coupon is counted apart from its uses, and goes further than its limit.
    LimitForgotten,
    /// A refund that is asked for twice with one key is given twice (B12).
    RefundKeyIgnored,
    /// An order costs what it costs now, whatever the buyer was told.
    PriceNotAgreed,
    /// A field of the form is not looked at.
    FieldUnchecked,
    /// A buyer is told the same twice.
    ToldTwice,
    /// A buyer is not told (B17).
    NotTold,
    /// A webhook is dropped while another of its kind waits (B20).
    WebhookLost,
    /// Webhooks of one order overtake each other.
    WebhooksOvertake,
    /// Pieces leave the stock twice, where the carrier's own scan and the closed list meet.
    LeavesTwice,
    /// What was not in its bin is still claimed there.
    ShortKeepsClaim,
    /// What was not found is still promised from there (B6).
    ShortKeepsPromise,
    /// A push that comes late undoes a delivery.
    OldPushCounts,
    /// A wrong scan counts.
    WrongScanCounts,
    /// A parcel gets another label when the answer to the first was lost.
    LabelPerTry,
    /// Canceling gives back what has left already (B6).
    CanceledAfterLeaving,
    /// What an ended order has in totes is forgotten, and comes back from nowhere.
    ToteForgotten,
    /// What is sent in place of something is not taken off the shelf.
    SubstituteUnclaimed,
}

impl Bug {
    /// Every planted bug.
    pub const ALL: [Self; 32] = [
        Self::StaleCheck,
        Self::LeakOnExpiry,
        Self::GivesBackTwice,
        Self::GivesBackElsewhere,
        Self::CountsTwice,
        Self::FreshKeyPerTry,
        Self::KeyIgnored,
        Self::CartTwice,
        Self::TimerCancelsPaid,
        Self::LostEvent,
        Self::RefundOffByOne,
        Self::ForgottenOrder,
        Self::CouponKept,
        Self::PointsKept,
        Self::CardSpentTwice,
        Self::LimitForgotten,
        Self::RefundKeyIgnored,
        Self::PriceNotAgreed,
        Self::FieldUnchecked,
        Self::ToldTwice,
        Self::NotTold,
        Self::WebhookLost,
        Self::WebhooksOvertake,
        Self::LeavesTwice,
        Self::ShortKeepsClaim,
        Self::ShortKeepsPromise,
        Self::OldPushCounts,
        Self::WrongScanCounts,
        Self::LabelPerTry,
        Self::CanceledAfterLeaving,
        Self::ToteForgotten,
        Self::SubstituteUnclaimed,
    ];

    /// The days in which it can show.
    pub fn trade(self) -> Trade {
        let floor = [
            Self::LeavesTwice,
            Self::ShortKeepsClaim,
            Self::ShortKeepsPromise,
            Self::OldPushCounts,
            Self::WrongScanCounts,
            Self::LabelPerTry,
            Self::CanceledAfterLeaving,
            Self::ToteForgotten,
        ];
        if floor.contains(&self) { Trade::Floor } else { Trade::Wide }
    }

    /// The bug of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bug| format!("{bug:?}") == name)
    }

    pub(crate) fn in_request(bug: Option<Self>, mut command: PlaceOrder) -> PlaceOrder {
        match bug {
            Some(Self::KeyIgnored) => command.key = None,
            Some(Self::CartTwice) => command.cart = None,
            // What is short is not noticed: the buyer is taken to wait for any pieces.
            _ => {}
        }
        command
    }

    pub(crate) fn in_form(bug: Option<Self>, mut new: NewOrder) -> NewOrder {
        match bug {
            Some(Self::PriceNotAgreed) => new.agreed = Agreed::default(),
            Some(Self::FieldUnchecked) => new.email = None,
            _ => {}
        }
        new
    }

    /// What is on the gift cards before a checkout, if the checkout is to overwrite it.
    pub(crate) fn before_checkout(bug: Option<Self>, world: &mut World) -> Vec<(i64, i64)> {
        if bug != Some(Self::CardSpentTwice) {
            return Vec::new();
        }
        let sql = "SELECT id, balance_minor FROM gift_cards ORDER BY id";
        world.look(|tx| tx.query(sql, &[], |row| Ok((row.int()?, row.int()?))))
    }

    pub(crate) fn after_checkout(world: &mut World, cards: &[(i64, i64)]) {
        for (id, balance) in cards {
            let sql = "UPDATE gift_cards SET balance_minor = $2 WHERE id = $1";
            sabotage(world, sql, &[Value::Int(*id), Value::Int(*balance)]);
        }
    }

    pub(crate) fn in_refund(bug: Option<Self>, mut request: RefundOrder) -> RefundOrder {
        if bug == Some(Self::RefundKeyIgnored) {
            request.key = None;
        }
        request
    }

    pub(crate) fn after_reading_news(bug: Option<Self>, world: &mut World) {
        match bug {
            // Another process has read the same entry, and tells of it under another name.
            Some(Self::ToldTwice) => sabotage(
                world,
                "INSERT INTO messages (id, order_id, cause, subject, state, next_at, created_at)
                 SELECT id + 1, order_id, cause, subject + 1, 'waiting', next_at, created_at
                   FROM messages WHERE state = 'waiting' ORDER BY id DESC LIMIT 1",
                &[],
            ),
            Some(Self::NotTold) => sabotage(
                world,
                "DELETE FROM messages WHERE id = (SELECT MAX(id) FROM messages
                   WHERE state = 'waiting')",
                &[],
            ),
            _ => {}
        }
    }

    pub(crate) fn after_making_deliveries(bug: Option<Self>, world: &mut World) {
        match bug {
            Some(Self::WebhookLost) => sabotage(
                world,
                "DELETE FROM webhook_deliveries WHERE id = (SELECT MAX(id) FROM webhook_deliveries
                   WHERE state = 'waiting' AND kind = 'order.placed')",
                &[],
            ),
            Some(Self::WebhooksOvertake) => {
                sabotage(world, "UPDATE webhook_deliveries SET lane = id WHERE lane <> id", &[]);
            }
            _ => {}
        }
    }

    pub(crate) fn before_placing(bug: Option<Self>, world: &mut World) {
        if bug == Some(Self::LimitForgotten) {
            // The limit was looked at before others have used the coupon up.
            let sql = "UPDATE coupons SET uses = uses - 1, uses_max = NULL WHERE uses > 1";
            sabotage(world, sql, &[]);
        }
        if bug == Some(Self::StaleCheck) {
            // The figures on which the next orders are decided are some orders old.
            sabotage(
                world,
                "UPDATE stock_levels SET on_hand = on_hand + reserved WHERE reserved > 0",
                &[],
            );
        }
    }

    pub(crate) fn after_placing(bug: Option<Self>, world: &mut World, asked: &[Wanted]) {
        match bug {
            Some(Self::LostEvent) => sabotage(
                world,
                "DELETE FROM journal WHERE position = (SELECT MAX(position) FROM journal
                   WHERE kind = 'order.placed')",
                &[],
            ),
            Some(Self::ForgottenOrder) => {
                let last = asked.last().map_or(0, |wanted| wanted.order);
                for table in ["order_lines", "reservations", "deadlines"] {
                    let key = if table == "deadlines" { "subject_id" } else { "order_id" };
                    let sql = format!("DELETE FROM {table} WHERE {key} = $1");
                    sabotage(world, &sql, &[Value::Int(last)]);
                }
                sabotage(world, "DELETE FROM orders WHERE id = $1", &[Value::Int(last)]);
            }
            _ => {}
        }
    }

    pub(crate) fn in_cancel(
        bug: Option<Self>,
        tx: &mut Tx<'_>,
        order: OrderId,
    ) -> Result<(), Error> {
        match bug {
            Some(Self::GivesBackTwice | Self::GivesBackElsewhere) => {}
            Some(Self::CouponKept) => {
                let order = [Value::Int(order.raw())];
                let count = "UPDATE coupons SET uses = uses + 1 WHERE id IN
                    (SELECT coupon_id FROM coupon_uses WHERE order_id = $1)";
                tx.execute(count, &order)?;
                let keep = "UPDATE coupon_uses SET released_at = NULL WHERE order_id = $1";
                return tx.execute(keep, &order).map(drop);
            }
            Some(Self::PointsKept) => {
                let sql = "UPDATE points_accounts
                    SET balance = balance + (SELECT points_earned FROM orders WHERE id = $1)
                    WHERE customer_id = (SELECT customer_id FROM orders
                        WHERE id = $1 AND paid_at IS NOT NULL)";
                return tx.execute(sql, &[Value::Int(order.raw())]).map(drop);
            }
            Some(Self::RefundOffByOne) => {
                let sql = "UPDATE refunds SET amount_minor = amount_minor - 1
                    WHERE order_id = $1 AND amount_minor > 1";
                return tx.execute(sql, &[Value::Int(order.raw())]).map(drop);
            }
            _ => return Ok(()),
        }
        for stored in reservation::of(tx, order)? {
            let facts = stored.reservation.facts();
            let (sku, location) = (facts.sku.raw(), facts.location.raw());
            let pieces = facts.quantity.get();
            let give_back = "UPDATE stock_levels SET reserved = reserved - $3
                WHERE sku_id = $1 AND location_id = $2 AND reserved >= $3";
            let take_again = "UPDATE stock_levels SET reserved = reserved + $3
                WHERE sku_id = $1 AND location_id = $2";
            let other =
                if bug == Some(Self::GivesBackElsewhere) { 1 + location % 3 } else { location };
            let place = [Value::Int(sku), Value::Int(other), Value::Int(pieces)];
            if tx.execute(give_back, &place)? > 0 && other != location {
                let home = [Value::Int(sku), Value::Int(location), Value::Int(pieces)];
                tx.execute(take_again, &home)?;
            }
        }
        Ok(())
    }

    pub(crate) fn after_timers(bug: Option<Self>, world: &mut World) {
        match bug {
            Some(Self::LeakOnExpiry) => sabotage(
                world,
                "UPDATE stock_levels SET reserved = reserved + 1
                  WHERE on_hand > reserved + allocated AND (sku_id, location_id) IN (
                    SELECT sku_id, location_id FROM reservations WHERE state = 'expired' LIMIT 1)",
                &[],
            ),
            Some(Self::TimerCancelsPaid) => {
                let now = world.now();
                let sql = "SELECT order_id FROM payments WHERE state = 'captured'
                    ORDER BY id DESC LIMIT 1";
                let paid = world.look(|tx| tx.query_opt(sql, &[], |row| row.int()));
                if let Some(order) = paid {
                    let act = Act::new(Actor::DEADLINE, now);
                    let id = OrderId::from_raw(order);
                    let canceled = world
                        .connection()
                        .transact(|tx| cancel_order(tx, &act, id, CancelReason::Unpaid));
                    drop(canceled);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn after_notices(bug: Option<Self>, world: &mut World) {
        if bug == Some(Self::CountsTwice) {
            // The second report read the payment before the first had written it.
            sabotage(world, "UPDATE payments SET state = 'pending' WHERE state = 'captured'", &[]);
        }
    }

    pub(crate) fn at_gateway(bug: Option<Self>, gateway: SimGateway) -> Arc<dyn Gateway> {
        if bug == Some(Self::FreshKeyPerTry) {
            return Arc::new(FreshKeys::new(gateway));
        }
        Arc::new(gateway)
    }
}

fn sabotage(world: &mut World, sql: &str, values: &[Value<'_>]) {
    // A schema that refuses is a find as well, but of another test.
    drop(world.connection().transact(|tx| tx.execute(sql, values)));
}
