//! Gifts among the lines of an order: they wait for nothing and stop nothing, and leave with goods or not at
//! all.

use std::collections::{BTreeMap, BTreeSet};

use ordermill_base::Quantity;
use ordermill_domain::actor::Act;
use ordermill_domain::order::LineQuantity;
use ordermill_domain::reservation::{Claim, ReleaseReason};

use super::claims::is_unsourced;
use super::file::{FileError, OrderFile};

impl OrderFile {
    /// Whether a line came along as a gift.
    pub(crate) fn is_gift(&self, line_no: u16) -> bool {
        self.lines.iter().any(|line| line.terms.line_no == line_no && line.terms.is_gift())
    }

    /// Gives up the gifts that wait for stock.
    pub(super) fn give_up_waiting_gifts(&mut self, act: &Act) -> Result<(), FileError> {
        let gifts = self.lines.iter().filter(|line| line.terms.is_gift());
        let waiting: Vec<LineQuantity> = gifts
            .filter_map(|line| {
                let quantity = Quantity::new(line.pieces().backordered).ok()?;
                Some(LineQuantity { line_no: line.terms.line_no, quantity })
            })
            .collect();
        waiting.into_iter().try_for_each(|pieces| self.give_up(act, pieces))
    }

    /// Gives up the pieces of these gifts that nobody was told to pick. Their claims end.
    pub(crate) fn drop_gifts(
        &mut self,
        act: &Act,
        wanted: &BTreeSet<u16>,
    ) -> Result<(), FileError> {
        let mut dropped: BTreeMap<u16, i64> = BTreeMap::new();
        for index in 0..self.reservations.len() {
            let part = self.reservations[index];
            let facts = *part.reservation.facts();
            let is_its = wanted.contains(&facts.line_no) && self.is_gift(facts.line_no);
            if !is_its || !is_unsourced(&part) {
                continue;
            }
            let mut levels = self.levels.borrow_mut();
            let level = levels.at(facts.sku, facts.location)?;
            level.change_claim(Some(Claim::Allocated), None, facts.quantity)?;
            drop(levels);
            self.shrink(index, facts.quantity, ReleaseReason::OrderChanged);
            *dropped.entry(facts.line_no).or_default() += facts.quantity.get();
        }
        let lines = dropped.into_iter().filter_map(|(line_no, pieces)| {
            let quantity = Quantity::new(pieces).ok()?;
            Some(LineQuantity { line_no, quantity })
        });
        let lines: Vec<LineQuantity> = lines.collect();
        if lines.is_empty() {
            return Ok(());
        }
        let short = self.stored.order.record_short(&mut self.lines, lines.clone(), act.at)?;
        self.happened(act, short);
        let given_up = self.stored.order.give_up(&mut self.lines, lines, act.at)?;
        self.happened(act, given_up);
        Ok(())
    }

    /// All lines that are gifts.
    pub(crate) fn gifts(&self) -> BTreeSet<u16> {
        let gifts = self.lines.iter().filter(|line| line.terms.is_gift());
        gifts.map(|line| line.terms.line_no).collect()
    }

    /// Whether goods of the order wait for stock, or for a location that ships them.
    pub(crate) fn has_goods_to_come(&self) -> bool {
        let waits = self.lines.iter().any(|it| !it.terms.is_gift() && it.pieces().backordered > 0);
        waits || self.unsourced().iter().any(|piece| !self.is_gift(piece.line_no))
    }
}
