//! Where the stock of an order comes from that gifts come along with, while there are some.

use super::reserve::{Demand, Reserved, find, reserve_lines};
use super::{Shortage, StockLevel};
use crate::ids::LocationId;

/// As [`reserve_lines`], for an order that gifts come along with while stock lasts. The goods are held as
/// they would be without them. A gift is held in one piece where goods of the order are; one that is not
/// there is left out of the answer, and never refuses, moves, spreads or puts off the order.
pub fn reserve_with_gifts(
    goods: &[Demand],
    gifts: &[Demand],
    levels: &[StockLevel],
    preference: &[LocationId],
) -> Result<Vec<Reserved>, Vec<Shortage>> {
    let mut reserved = reserve_lines(goods, levels, preference)?;
    if gifts.is_empty() {
        return Ok(reserved);
    }
    let goods_at: Vec<LocationId> = preference
        .iter()
        .copied()
        .filter(|&location| reserved.iter().any(|it| it.location == location))
        .collect();
    for &Demand { line_no, sku, quantity } in gifts {
        let has = |location: LocationId| {
            let is_its =
                |it: &&Reserved| (it.sku, it.location) == (sku, location) && !it.backordered;
            let taken: i64 = reserved.iter().filter(is_its).map(|it| it.quantity.get()).sum();
            find(levels, sku, location)
                .is_some_and(|level| level.available() - taken >= quantity.get())
        };
        if let Some(&location) = goods_at.iter().find(|&&location| has(location)) {
            reserved.push(Reserved { line_no, sku, location, quantity, backordered: false });
        }
    }
    reserved.sort_by_key(|reserved| reserved.line_no);
    Ok(reserved)
}

#[cfg(test)]
mod tests {
    use super::super::reserve::tests::{line, places, written};
    use super::super::tests::level;
    use super::*;

    #[test]
    fn goods_are_not_held_farther_away_for_a_gift() {
        let levels = [level(1, 1, 9), level(1, 2, 9), level(5, 2, 1)];
        let (goods, gifts) = ([line(1, 1, 2)], [line(2, 5, 1)]);
        let reserved = reserve_with_gifts(&goods, &gifts, &levels, &places([1, 2]));
        assert_eq!(written(reserved), "1:1x2@1");
    }

    #[test]
    fn a_gift_of_which_none_is_left_does_not_stop_the_order() {
        let levels = [level(1, 1, 9), level(5, 1, 1)];
        let (goods, gifts) = ([line(1, 1, 2)], [line(2, 5, 2), line(3, 5, 1)]);
        let reserved = reserve_with_gifts(&goods, &gifts, &levels, &places([1]));
        assert_eq!(written(reserved), "1:1x2@1 3:5x1@1", "what is left goes to the next gift");
    }

    #[test]
    fn a_gift_never_takes_a_piece_that_was_bought() {
        let levels = [level(1, 1, 3)];
        let (goods, gifts) = ([line(1, 1, 2)], [line(2, 1, 2)]);
        let reserved = reserve_with_gifts(&goods, &gifts, &levels, &places([1]));
        assert_eq!(written(reserved), "1:1x2@1");
    }

    #[test]
    fn a_gift_does_not_wait_for_stock_and_goods_that_do_may_have_one() {
        let mut levels = [level(1, 1, 0), level(5, 1, 0), level(6, 1, 1)];
        for level in &mut levels {
            level.backorder = super::super::BackorderPolicy::Allow;
        }
        let (goods, gifts) = ([line(1, 1, 2)], [line(2, 5, 1), line(3, 6, 1)]);
        let reserved = reserve_with_gifts(&goods, &gifts, &levels, &places([1]));
        assert_eq!(written(reserved), "1:1x2@1? 3:6x1@1");
    }

    #[test]
    fn goods_are_not_split_for_a_gift_that_lies_elsewhere() {
        let levels = [level(1, 1, 9), level(1, 2, 9), level(2, 2, 9), level(5, 3, 1)];
        let (goods, gifts) = ([line(1, 1, 1), line(2, 2, 1)], [line(3, 5, 1)]);
        let reserved = reserve_with_gifts(&goods, &gifts, &levels, &places([1, 2, 3]));
        assert_eq!(written(reserved), "1:1x1@2 2:2x1@2");
    }

    #[test]
    fn of_goods_that_are_short_only_those_are_named() {
        let levels = [level(1, 1, 1), level(5, 1, 0)];
        let (goods, gifts) = ([line(1, 1, 2)], [line(2, 5, 1)]);
        let reserved = reserve_with_gifts(&goods, &gifts, &levels, &places([1]));
        assert_eq!(written(reserved), "short 1 1/2");
    }
}
