//! What nobody has, and what is sent in place of it.

use super::{Claim, Model, Pieces, Shelf, Status, Wrong};

/// Missing pieces of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lack {
    /// Of which order.
    pub order: i64,
    /// Of which line.
    pub line: i64,
    /// What.
    pub sku: i64,
    /// How many.
    pub count: i64,
}

/// Something that is sent in place of missing pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instead {
    /// What is missing.
    pub lack: Lack,
    /// What is sent.
    pub sku: i64,
    /// What it costs.
    pub total: i64,
    /// What goes back.
    pub refund: i64,
}

impl Model {
    /// Everything that nobody has, of orders that go on, line by line.
    pub fn lacks(&self) -> Vec<Lack> {
        let mut lacks: Vec<Lack> = Vec::new();
        for (&id, order) in &self.orders {
            let waits = |it: &&Pieces| it.claim == Claim::Waiting;
            let is_open = order.status == Status::Confirmed;
            for it in order.pieces.iter().filter(waits).filter(|_| is_open) {
                match lacks.iter_mut().find(|lack| (lack.order, lack.line) == (id, it.line)) {
                    Some(lack) => lack.count += it.count,
                    None => {
                        let (line, sku, count) = (it.line, it.place.0, it.count);
                        lacks.push(Lack { order: id, line, sku, count });
                    }
                }
            }
        }
        lacks
    }

    /// What becomes of it if this is sent for what is missing, of a line of so many pieces that cost so much
    /// together; none if there is not enough of it.
    pub fn instead(&self, lack: Lack, sku: i64, (ordered, cost): (i64, i64)) -> Option<Instead> {
        let there: i64 = self.nearest.iter().map(|at| self.free_at(sku, *at)).sum();
        if there < lack.count {
            return None;
        }
        let order = &self.orders[&lack.order];
        let is_of_it = |it: &&Pieces| it.line == lack.line && it.claim != Claim::Released;
        let wanted: i64 = order.pieces.iter().filter(is_of_it).map(|it| it.count).sum();
        let canceled = ordered - wanted;
        let upto = |count: i64| cost * count / ordered;
        let share = upto(canceled + lack.count) - upto(canceled);
        // What is collected at the door stays as it is.
        let is_fixed = !order.is_prepaid && order.paid < order.total;
        let total = if is_fixed { share } else { share.min(self.prices[&sku] * lack.count) };
        let left: i64 = self.with_money_left(lack.order).iter().map(|(_, left)| left).sum();
        Some(Instead { lack, sku, total, refund: (share - total).min(left) })
    }

    fn free_at(&self, sku: i64, location: i64) -> i64 {
        self.shelves.get(&(sku, location)).map_or(0, Shelf::free)
    }

    /// Something was sent in place: it must be what somebody has just asked for. The new line's pieces come
    /// from the nearest warehouses that have them, and what it costs less goes back at once.
    pub fn replaced(&mut self, is: Instead, line: i64, position: i64) -> Result<(), Wrong> {
        let Some(should) = self.to_be_replaced.take() else {
            return Err(format!("{is:?} is sent, and nobody asked for it"));
        };
        if is != should {
            return Err(format!("{is:?} is sent, should be {should:?}"));
        }
        let Instead { lack, sku, mut refund, .. } = is;
        let mut left = lack.count;
        let mut pieces = Vec::new();
        for location in self.nearest.clone() {
            let count = self.free_at(sku, location).min(left);
            if count > 0 {
                let place = (sku, location);
                self.shelves.entry(place).or_default().allocated += count;
                pieces.push(Pieces { line, place, count, claim: Claim::Allocated, work: None });
                left -= count;
            }
        }
        for (payment, has) in self.with_money_left(lack.order).into_iter().rev() {
            let part = has.min(refund);
            refund -= part;
            self.owe(payment, part);
        }
        let order = self.order(lack.order)?;
        order.given_back += is.refund;
        let is_it = |it: &&mut Pieces| (it.line, it.claim) == (lack.line, Claim::Waiting);
        order.pieces.iter_mut().filter(is_it).for_each(|it| it.claim = Claim::Released);
        order.pieces.extend(pieces);
        self.to_source.orders.insert(lack.order, position);
        self.touched.insert(lack.order);
        Ok(())
    }
}
