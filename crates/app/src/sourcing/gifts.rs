//! Gifts go along with goods: to whichever of the chosen locations has them. They are no reason to choose
//! another location, to split the order, or to send a parcel more; what lies at none of them is given up.

use std::collections::{BTreeSet, HashMap};

use ordermill_base::Quantity;
use ordermill_domain::apart::{Goods, groups};
use ordermill_domain::fulfillment::PlannedLine;
use ordermill_domain::ids::{LocationId, SkuId};

use super::place::Places;
use super::plan::{Chosen, Share, Want};
use super::turns::{beyond, pieces_of};
use crate::order::file::OrderFile;

/// Takes the gifts out of what locations are chosen for. Where nothing else is left of an order, they are
/// what is to be shipped.
pub(super) fn set_apart(file: &OrderFile, want: &mut Want) -> Vec<PlannedLine> {
    let is_gift = |line: &(u16, SkuId, i64)| file.is_gift(line.0);
    if want.lines.iter().all(is_gift) {
        return Vec::new();
    }
    let (gifts, goods) = std::mem::take(&mut want.lines).into_iter().partition(is_gift);
    want.lines = goods;
    let gifts: Vec<(u16, SkuId, i64)> = gifts;
    let line = |(line_no, sku, pieces)| {
        Some(PlannedLine { line_no, sku, quantity: Quantity::new(pieces).ok()? })
    };
    gifts.into_iter().filter_map(line).collect()
}

/// What is left of the stock behind a batch of orders while gifts join their shares.
pub(super) struct Joining<'a> {
    places: &'a Places<'a>,
    /// What may be sold of a SKU at a location beside what is claimed.
    available: &'a dyn Fn(LocationId, SkuId) -> i64,
    /// What orders of the batch take there beyond their own claims.
    taken: HashMap<(LocationId, SkuId), i64>,
}

impl<'a> Joining<'a> {
    pub(super) fn new(
        places: &'a Places<'a>,
        available: &'a dyn Fn(LocationId, SkuId) -> i64,
        wants: &[Want],
        chosen: &[Chosen],
    ) -> Self {
        let mut taken: HashMap<(LocationId, SkuId), i64> = HashMap::new();
        for (want, chosen) in wants.iter().zip(chosen) {
            for (place, pieces) in pieces_of(&chosen.shares) {
                *taken.entry(place).or_default() += beyond(want, place, pieces);
            }
        }
        Self { places, available, taken }
    }

    /// Adds the gifts of an order to its shares. Gives the lines of those that lie with none of its goods;
    /// while no location ships the goods, all of them are kept.
    pub(super) fn join(
        &mut self,
        want: &Want,
        gifts: Vec<PlannedLine>,
        chosen: &mut Chosen,
    ) -> BTreeSet<u16> {
        if chosen.shares.is_empty() {
            return BTreeSet::new();
        }
        let mut left_out = BTreeSet::new();
        for gift in gifts {
            match self.place_of(want, &gift, &chosen.shares) {
                Some(at) => chosen.shares[at].lines.push(gift),
                None => drop(left_out.insert(gift.line_no)),
            }
        }
        left_out
    }

    /// Which share a gift may join. It takes the pieces there.
    fn place_of(&mut self, want: &Want, gift: &PlannedLine, shares: &[Share]) -> Option<usize> {
        let mine = pieces_of(shares);
        let joins = |(at, share): (usize, &Share)| {
            let place = (share.location, gift.sku);
            let before = mine.get(&place).copied().unwrap_or_default();
            let more =
                beyond(want, place, before + gift.quantity.get()) - beyond(want, place, before);
            let taken = self.taken.get(&place).copied().unwrap_or_default();
            let is_there = (self.available)(place.0, place.1) - taken >= more;
            (is_there && self.may_travel(want, gift.sku, share)).then_some((at, place, more))
        };
        let (at, place, more) = shares.iter().enumerate().find_map(joins)?;
        *self.taken.entry(place).or_default() += more;
        Some(at)
    }

    fn may_travel(&self, want: &Want, sku: SkuId, share: &Share) -> bool {
        let mut goods: Vec<Goods<'_>> =
            share.lines.iter().map(|line| self.places.goods(line.sku)).collect();
        goods.push(self.places.goods(sku));
        let is_chosen = want.only.is_some() || self.places.may_ship_from(share.location, sku);
        is_chosen && groups(&goods, self.places.apart()).len() < 2
    }
}
