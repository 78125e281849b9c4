//! Planted bugs: each does what the bug of a known shop system did, so that the simulation can show
//! that it would find it. They sit around the real commands and never in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::place::PlaceOrder;
use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{OrderId, PaymentId, RefundId};
use ordermill_domain::order::CancelReason;
use ordermill_ports::gateway::{
    Gateway, GatewayError, GatewayState, Notice, NoticeError, PaymentRequest, RefundRequest,
    RefundState, Started,
};
use ordermill_ports::{Answer, Headers};
use ordermill_storage::{Error, Tx, Value, reservation};

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
}

impl Bug {
    /// Every planted bug.
    pub const ALL: [Self; 13] = [
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
    ];

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

    pub(crate) fn before_placing(bug: Option<Self>, world: &mut World) {
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
            return Arc::new(FreshKeys(gateway, AtomicU64::new(0)));
        }
        Arc::new(gateway)
    }
}

fn sabotage(world: &mut World, sql: &str, values: &[Value<'_>]) {
    // A schema that refuses is a find as well, but of another test.
    drop(world.connection().transact(|tx| tx.execute(sql, values)));
}

/// Forgets which key a payment was started with.
struct FreshKeys(SimGateway, AtomicU64);

impl Gateway for FreshKeys {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn merchant(&self) -> &str {
        self.0.merchant()
    }

    fn start<'a>(
        &'a self,
        request: &'a PaymentRequest,
    ) -> Answer<'a, Result<Started, GatewayError>> {
        let tries = self.1.fetch_add(1, Ordering::Relaxed);
        let idempotency_key = format!("{} {tries}", request.idempotency_key);
        let request = PaymentRequest { idempotency_key, ..request.clone() };
        Box::pin(async move { self.0.start(&request).await })
    }

    fn query(&self, payment: PaymentId) -> Answer<'_, Result<GatewayState, GatewayError>> {
        self.0.query(payment)
    }

    fn refund<'a>(
        &'a self,
        request: &'a RefundRequest,
    ) -> Answer<'a, Result<RefundState, GatewayError>> {
        self.0.refund(request)
    }

    fn query_refund(
        &self,
        payment: PaymentId,
        refund: RefundId,
    ) -> Answer<'_, Result<RefundState, GatewayError>> {
        self.0.query_refund(payment, refund)
    }

    fn void(&self, payment: PaymentId) -> Answer<'_, Result<GatewayState, GatewayError>> {
        self.0.void(payment)
    }

    fn parse_notice(
        &self,
        headers: &Headers,
        body: &[u8],
        received_at: Timestamp,
    ) -> Result<Notice, NoticeError> {
        self.0.parse_notice(headers, body, received_at)
    }
}
