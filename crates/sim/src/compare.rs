//! The whole state of the real shop beside that of the model.

mod floor;
mod told;

use std::collections::BTreeMap;

use ordermill_app::check::check;
use ordermill_base::Id;
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{OrderId, SkuId};
use ordermill_domain::order::Progress;
use ordermill_domain::refund;
use ordermill_domain::reservation as hold;
use ordermill_storage::check::{self, Range};
use ordermill_storage::{audit, coupon, deadline, gift_card, order, points, reservation, stock};

use crate::Trade;
use crate::model::{Claim, Model, PayState, Pieces, RefundState, Shelf, Status, Wrong};
use crate::shop::Shop;

const ALL: Range = Range { after: i64::MIN, upto: i64::MAX };

/// Orders of a rush that are compared after each step.
const SAMPLE: usize = 6;

impl Shop {
    /// Compares what the last step has changed: all of it, in a rush some of it.
    pub(crate) fn compare_touched(&mut self) -> Result<(), Wrong> {
        let touched = std::mem::take(&mut self.model.touched);
        let step = match self.trade {
            Trade::Wide | Trade::Floor => 1,
            Trade::Rush => touched.len().div_ceil(SAMPLE).max(1),
        };
        if touched.is_empty() {
            return Ok(());
        }
        for id in touched.into_iter().step_by(step) {
            let range = Range { after: id - 1, upto: id };
            let stored = self.world.look(|tx| check::orders(tx, range));
            let stored = stored.first().ok_or_else(|| format!("order {id} is gone"))?;
            compare_head(&self.model, stored)?;
            let pieces = self.world.look(|tx| check::reservations(tx, range));
            compare_pieces_of(&self.model, id, pieces.iter())?;
            self.compare_time_to_pay(id)?;
            self.compare_parcels(Some(id))?;
        }
        self.compare_shelves()?;
        self.compare_bins()?;
        self.compare_benefits()
    }

    /// Compares everything, and asserts the invariants over the real database.
    pub(crate) fn compare(&mut self) -> Result<(), Wrong> {
        self.compare_orders()?;
        self.compare_pieces()?;
        self.compare_shelves()?;
        self.compare_bins()?;
        self.compare_works()?;
        self.compare_parcels(None)?;
        self.compare_money()?;
        self.compare_coupons()?;
        self.compare_benefits()?;
        self.compare_deadlines()?;
        // A lease and claims from before the clock was set back hold nobody up.
        self.world.clock.set_right();
        self.world.spare();
        self.audit_reads_all()?;
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
        let skus = self.model.shelves.keys().map(|(sku, _)| SkuId::from_raw(*sku));
        let skus: Vec<SkuId> = skus.collect();
        let levels = self.world.look(|tx| stock::levels(tx, skus));
        let mut is = BTreeMap::new();
        for level in levels {
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
        stored.iter().try_for_each(|stored| compare_head(&self.model, stored))
    }

    fn compare_pieces(&mut self) -> Result<(), Wrong> {
        let stored = self.world.look(|tx| check::reservations(tx, ALL));
        let order_of = |it: &reservation::Stored| it.reservation.facts().order.raw();
        let mut seen = 0;
        for pieces in stored.chunk_by(|a, b| order_of(a) == order_of(b)) {
            compare_pieces_of(&self.model, order_of(&pieces[0]), pieces.iter())?;
            seen += 1;
        }
        let should = self.model.orders.values().filter(|it| !it.pieces.is_empty()).count();
        same("orders with pieces", "in all", &seen, &should)
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
            let is_withdrawn = facts.state == refund::State::Withdrawn;
            let is = (facts.key.payment.raw(), facts.amount.minor, is_sent, is_withdrawn);
            let is_sent = should.state == RefundState::Sent;
            let is_withdrawn = should.state == RefundState::Withdrawn;
            let should = (should.payment, should.amount, is_sent, is_withdrawn);
            same("refund", id, &is, &should)?;
        }
        let disputes = self.world.look(|tx| check::disputes(tx, ALL));
        same("disputes", "in all", &disputes.len(), &self.model.disputes.len())?;
        for dispute in disputes {
            let facts = dispute.facts();
            let (id, terms) = (facts.id.raw(), &facts.terms);
            let should = self.model.disputes.get(&id).ok_or(format!("dispute {id} is new"))?;
            let is = (terms.payment.raw(), terms.amount.minor, facts.state.is_open());
            same("dispute", id, &is, &(should.payment, should.amount, should.is_open))?;
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

    /// What buyers have beside money.
    fn compare_benefits(&mut self) -> Result<(), Wrong> {
        let Self { world, model, .. } = self;
        for (id, account) in &model.accounts {
            let is = world.look(|tx| points::fetch(tx, Id::from_raw(*id)));
            let is = (is.facts().balance, is.facts().owed);
            same("the points of", id, &is, &(account.balance, account.owed))?;
        }
        for (id, balance) in &model.cards {
            let is = world.look(|tx| gift_card::fetch(tx, Id::from_raw(*id)));
            let is = is.map(|stored| stored.card.balance().minor);
            same("the balance of gift card", id, &is, &Some(*balance))?;
        }
        Ok(())
    }

    /// Each order that waits for money has its time, and no other has one.
    fn compare_deadlines(&mut self) -> Result<(), Wrong> {
        let ids: Vec<i64> = self.model.orders.keys().rev().take(500).copied().collect();
        ids.into_iter().try_for_each(|id| self.compare_time_to_pay(id))
    }

    fn compare_time_to_pay(&mut self, id: i64) -> Result<(), Wrong> {
        let is = self.world.look(|tx| deadline::of(tx, OrderId::from_raw(id)));
        let pay = is.iter().find(|it| it.0 == DeadlineKind::Pay).map(|it| it.1.as_micros());
        same("the time to pay order", id, &pay, &self.model.orders[&id].pay_by)?;
        if self.model.has_lost_parcels(id) {
            // People decide what becomes of it.
            return Ok(());
        }
        let is_it = |it: &&(DeadlineKind, _, _)| it.0 == DeadlineKind::ConfirmReceipt;
        let received = is.iter().find(is_it).map(|it| it.1.as_micros());
        same("the time to receive order", id, &received, &self.model.orders[&id].received_by)
    }
}

fn compare_head(model: &Model, stored: &order::Stored) -> Result<(), Wrong> {
    let facts = stored.order.facts();
    let id = facts.id.raw();
    let order = model.orders.get(&id).ok_or_else(|| format!("order {id} should not stand"))?;
    let money = facts.money;
    let is = (facts.status.code(), facts.amounts.total_minor);
    let is = (is, money.paid_minor, money.refunded_minor, money.charged_back_minor);
    let should = (name(order.status), order.total);
    let should = (should, order.paid, order.refunded, order.charged_back);
    same("order", id, &is, &should)?;
    let wish = facts.service_wish.map(|wish| wish.code());
    same("the wish of order", id, &wish, &order.service)?;
    let progress = match stored.progress {
        Progress::Labeled => Progress::Packed,
        progress => progress,
    };
    same("the work on order", id, &progress.code(), &model.progress(id))
}

fn compare_pieces_of<'p>(
    model: &Model,
    id: i64,
    stored: impl Iterator<Item = &'p reservation::Stored>,
) -> Result<(), Wrong> {
    let is = stored.filter_map(|stored| {
        let facts = stored.reservation.facts();
        let place = (facts.sku.raw(), facts.location.raw());
        let work = stored.fulfillment.filter(|_| facts.state == hold::State::Allocated);
        let key = (i64::from(facts.line_no), place, facts.state.code(), work.map(Id::raw));
        // What was given up is over: parts of it that moved are told by where they are now.
        (facts.state != hold::State::Released).then_some((key, facts.quantity.get()))
    });
    let pieces = model.orders.get(&id).map_or(&[][..], |order| &order.pieces);
    let should = pieces.iter().filter(|it| it.claim != Claim::Released);
    let work = |it: &Pieces| it.work.filter(|_| it.claim == Claim::Allocated);
    let should = should.map(|it| ((it.line, it.place, it.state(), work(it)), it.count));
    same("pieces of order", id, &summed(is), &summed(should))
}

/// Pieces that stand the same, together: how many rows they are kept in means nothing.
fn summed<K: Ord>(pieces: impl Iterator<Item = (K, i64)>) -> BTreeMap<K, i64> {
    let mut sums = BTreeMap::new();
    pieces.for_each(|(key, count)| *sums.entry(key).or_default() += count);
    sums
}

fn name(status: Status) -> &'static str {
    match status {
        Status::Placed => "placed",
        Status::Confirmed => "confirmed",
        Status::Completed => "completed",
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
            ended: self.ended(Status::Canceled),
            steps: self.steps,
            batches: self.world.batches,
            crashes: self.world.crashes,
            captured: self.model.payments.values().filter(is_captured).count() as u64,
            refunded: self.model.refunds.values().filter(is_sent).count() as u64,
            disputed: self.model.disputes.len() as u64,
            shipped: self.model.works.values().filter(|it| it.stage.has_left()).count() as u64,
            completed: self.ended(Status::Completed),
            digest: self.digest(),
        }
    }

    fn ended(&self, how: Status) -> u64 {
        self.model.orders.values().filter(|it| it.status == how).count() as u64
    }

    /// Of the audit chain's end, which depends on every entry of the journal.
    fn digest(&mut self) -> u64 {
        let head = self.world.look(audit::head);
        head.map_or(0, |head| u64::from_be_bytes(head.hash[..8].try_into().expect("8 of 32 bytes")))
    }
}
