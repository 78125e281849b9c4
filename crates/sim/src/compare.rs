//! The whole state of the real shop beside that of the model.

use std::collections::BTreeMap;

use ordermill_app::check::check;
use ordermill_base::Id;
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::OrderId;
use ordermill_storage::check::{self, Range};
use ordermill_storage::{coupon, deadline};

use crate::model::{Order, PayState, RefundState, Shelf, Status, Wrong};
use crate::shop::Shop;

const ALL: Range = Range { after: i64::MIN, upto: i64::MAX };

impl Shop {
    /// Compares everything, and asserts the invariants over the real database.
    pub(crate) fn compare(&mut self) -> Result<(), Wrong> {
        self.compare_orders()?;
        self.compare_pieces()?;
        self.compare_shelves()?;
        self.compare_money()?;
        self.compare_coupons()?;
        self.compare_deadlines()?;
        // A lease and claims from before the clock was set back hold nobody up.
        self.world.spare();
        self.a_reader_reads()?;
        self.timers_run()?;
        let now = self.world.now();
        let report = check(self.world.connection(), now, None, &mut |_, _| {});
        let report = report.map_err(|error| format!("the check fails: {error}"))?;
        match report.violations.first() {
            None => Ok(()),
            Some(first) => {
                let count = report.violations.len();
                Err(format!("{count} invariants are violated, the first: {first}"))
            }
        }
    }

    fn compare_shelves(&mut self) -> Result<(), Wrong> {
        let levels = self.world.look(|tx| check::levels(tx, (i64::MIN, 0), i64::MAX));
        let mut is = BTreeMap::new();
        for (level, _) in levels {
            let place = (level.sku.raw(), level.location.raw());
            let (on_hand, reserved, allocated) = (level.on_hand, level.reserved, level.allocated);
            is.insert(place, (on_hand, reserved, allocated, level.safety_stock));
        }
        for (place, shelf) in &self.model.shelves {
            let Shelf { on_hand, reserved, allocated, safety, .. } = *shelf;
            let is = is.remove(place).unwrap_or_default();
            same("shelf", place, &is, &(on_hand, reserved, allocated, safety))?;
        }
        is.retain(|_, level| *level != (0, 0, 0, 0));
        same("shelves", "that should be empty", &is, &BTreeMap::new())
    }

    fn compare_orders(&mut self) -> Result<(), Wrong> {
        let stored = self.world.look(|tx| check::orders(tx, ALL));
        same("orders", "in all", &stored.len(), &self.model.orders.len())?;
        for stored in stored {
            let facts = stored.order.facts();
            let id = facts.id.raw();
            let order = self.model.orders.get(&id).ok_or(format!("order {id} should not stand"))?;
            let money = facts.money;
            let is = (facts.status.code(), facts.amounts.total_minor);
            let is = (is, money.paid_minor, money.refunded_minor, facts.milestones.placed_at);
            let Order { status, total, paid, refunded, .. } = order;
            let should = ((name(*status), *total), *paid, *refunded, is.3);
            same("order", id, &is, &should)?;
        }
        Ok(())
    }

    fn compare_pieces(&mut self) -> Result<(), Wrong> {
        let stored = self.world.look(|tx| check::reservations(tx, ALL));
        let mut is: BTreeMap<i64, Vec<_>> = BTreeMap::new();
        for stored in stored {
            let facts = stored.reservation.facts();
            let place = (facts.sku.raw(), facts.location.raw());
            let piece = (i64::from(facts.line_no), place, facts.quantity.get(), facts.state.code());
            is.entry(facts.order.raw()).or_default().push(piece);
        }
        for (id, order) in &self.model.orders {
            let pieces = order.pieces.iter().map(|it| (it.line, it.place, it.count, it.state()));
            let mut should: Vec<_> = pieces.collect();
            let mut is = is.remove(id).unwrap_or_default();
            should.sort_unstable();
            is.sort_unstable();
            same("pieces of order", id, &is, &should)?;
        }
        Ok(())
    }

    fn compare_money(&mut self) -> Result<(), Wrong> {
        let payments = self.world.look(|tx| check::payments(tx, ALL));
        same("payments", "in all", &payments.len(), &self.model.payments.len())?;
        for payment in payments {
            let facts = payment.facts();
            let id = facts.id.raw();
            let pay = self.model.payments.get(&id).ok_or(format!("payment {id} is new"))?;
            let is_open = facts.state.is_open();
            let state = if is_open { "open" } else { facts.state.code() };
            let should = match pay.state {
                PayState::Open => "open",
                PayState::Captured => "captured",
                PayState::Over(how) => how,
            };
            let is = (facts.order.raw(), facts.amount.minor, state);
            same("payment", id, &is, &(pay.order, pay.amount, should))?;
        }
        let refunds = self.world.look(|tx| check::refunds(tx, ALL));
        same("refunds", "in all", &refunds.len(), &self.model.refunds.len())?;
        for refund in refunds {
            let facts = refund.facts();
            let id = facts.id.raw();
            let should = self.model.refunds.get(&id).ok_or(format!("refund {id} is new"))?;
            let is_sent = facts.succeeded_at.is_some();
            let is = (facts.key.payment.raw(), facts.amount.minor, is_sent);
            let is_sent = should.state == RefundState::Sent;
            same("refund", id, &is, &(should.payment, should.amount, is_sent))?;
        }
        Ok(())
    }

    fn compare_coupons(&mut self) -> Result<(), Wrong> {
        let ids: Vec<i64> = self.model.coupons.keys().copied().collect();
        for id in ids {
            let is = self.world.look(|tx| coupon::fetch(tx, Id::from_raw(id)));
            let is = is.map(|stored| stored.uses);
            let should = self.model.coupons[&id].uses.len();
            same("the uses of coupon", id, &is, &i64::try_from(should).ok())?;
        }
        Ok(())
    }

    /// Each order that waits for money has its time, and no other has one.
    fn compare_deadlines(&mut self) -> Result<(), Wrong> {
        let ids: Vec<i64> = self.model.orders.keys().rev().take(500).copied().collect();
        for id in ids {
            let is = self.world.look(|tx| deadline::of(tx, OrderId::from_raw(id)));
            let pay = is.iter().find(|it| it.0 == DeadlineKind::Pay).map(|it| it.1.as_micros());
            same("the time to pay order", id, &pay, &self.model.orders[&id].pay_by)?;
        }
        Ok(())
    }
}

fn name(status: Status) -> &'static str {
    match status {
        Status::Placed => "placed",
        Status::Confirmed => "confirmed",
        Status::Canceled => "canceled",
    }
}

fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    which: impl std::fmt::Debug,
    is: &T,
    should: &T,
) -> Result<(), Wrong> {
    if is == should {
        return Ok(());
    }
    Err(format!("{what} {which:?} is {is:?}, should be {should:?}"))
}

impl Shop {
    /// What was done so far.
    pub(crate) fn report(&mut self) -> crate::Report {
        let is_captured = |pay: &&crate::model::Pay| pay.state == PayState::Captured;
        let is_sent = |refund: &&crate::model::Refund| refund.state == RefundState::Sent;
        crate::Report {
            orders: self.placed,
            acts: self.acts,
            batches: self.world.batches,
            crashes: self.world.crashes,
            captured: self.model.payments.values().filter(is_captured).count() as u64,
            refunded: self.model.refunds.values().filter(is_sent).count() as u64,
            digest: self.digest(),
        }
    }

    /// FNV-1a over the journal.
    fn digest(&mut self) -> u64 {
        use ordermill_storage::journal::{self, Cursor};
        let mut cursor = Cursor::start();
        let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
        loop {
            let entries = self.world.look(|tx| journal::after(tx, cursor, 1_000));
            let Some(last) = entries.last() else { return digest };
            cursor = last.cursor;
            for entry in &entries {
                let text = format!("{} {} {}", entry.cursor.position.raw(), entry.kind, entry.body);
                for byte in text.bytes() {
                    digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
                }
            }
        }
    }
}
