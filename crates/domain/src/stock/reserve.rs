//! Reserving a whole order over several locations.

use ordermill_base::Quantity;
use serde::{Deserialize, Serialize};

use super::{BackorderPolicy, Shortage, StockLevel};
use crate::ids::{LocationId, SkuId};

/// What one line wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// The line of the order.
    pub line_no: u16,
    /// What it wants.
    pub sku: SkuId,
    /// How many pieces.
    pub quantity: Quantity,
}

/// Pieces of one location for one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    /// The line of the order.
    pub line_no: u16,
    /// What is held.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// How many pieces.
    pub quantity: Quantity,
    /// Whether they wait for stock to come in instead of being held.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub backordered: bool,
}

/// Chooses where the lines of an order are held, or tells everything that is short.
///
/// The demand of lines with the same SKU is taken together, so that two lines cannot both count on
/// the last piece. The first location in `preference` that has everything gets the whole order;
/// else each SKU comes from the first location that has all of it, else it is spread in the order
/// of preference. What is missing of a SKU that may be backordered waits at the first location that
/// allows it. Changes nothing: the caller books what it is given.
///
/// `levels` must be sorted by SKU, then location, each once; levels of other SKUs and of locations
/// without preference are not used.
pub fn reserve_lines(
    demand: &[Demand],
    levels: &[StockLevel],
    preference: &[LocationId],
) -> Result<Vec<Reserved>, Vec<Shortage>> {
    debug_assert!(
        levels.is_sorted_by(|a, b| (a.sku, a.location) < (b.sku, b.location)),
        "levels are sorted by SKU and location"
    );
    let needs = needs_per_sku(demand);
    let has_all = |location: LocationId| {
        needs.iter().all(|need| {
            find(levels, need.sku, location).is_some_and(|level| level.available() >= need.wanted)
        })
    };
    if let Some(&location) = preference.iter().find(|&&location| has_all(location)) {
        let whole = |&Demand { line_no, sku, quantity }: &Demand| Reserved {
            line_no,
            sku,
            location,
            quantity,
            backordered: false,
        };
        return Ok(demand.iter().map(whole).collect());
    }

    let mut reserved = Vec::with_capacity(demand.len() + 1);
    let mut short = Vec::new();
    for need in &needs {
        let sources = sources_of(need, levels, preference);
        let found: i64 = sources.iter().map(|source| source.pieces).sum();
        if found < need.wanted {
            short.push(Shortage { sku: need.sku, wanted: need.wanted, available: found });
        } else if short.is_empty() {
            hand_out(need.sku, demand, &sources, &mut reserved);
        }
    }
    if !short.is_empty() {
        return Err(short);
    }
    reserved.sort_by_key(|reserved| reserved.line_no);
    Ok(reserved)
}

/// What all lines together want of a SKU.
struct Need {
    sku: SkuId,
    wanted: i64,
}

/// Pieces of a SKU at one location.
struct Source {
    location: LocationId,
    pieces: i64,
    backordered: bool,
}

fn needs_per_sku(demand: &[Demand]) -> Vec<Need> {
    let mut needs: Vec<Need> =
        demand.iter().map(|line| Need { sku: line.sku, wanted: line.quantity.get() }).collect();
    needs.sort_unstable_by_key(|need| need.sku);
    needs.dedup_by(|next, kept| {
        let same = next.sku == kept.sku;
        if same {
            kept.wanted += next.wanted;
        }
        same
    });
    needs
}

pub(super) fn find(levels: &[StockLevel], sku: SkuId, location: LocationId) -> Option<&StockLevel> {
    let key = (sku, location);
    let at = levels.binary_search_by_key(&key, |level| (level.sku, level.location)).ok()?;
    levels.get(at)
}

/// Where a SKU comes from; gives fewer pieces than wanted only if it may not be backordered.
fn sources_of(need: &Need, levels: &[StockLevel], preference: &[LocationId]) -> Vec<Source> {
    let held = |level: &StockLevel, pieces| Source {
        location: level.location,
        pieces,
        backordered: false,
    };
    let preferred = || preference.iter().filter_map(|&location| find(levels, need.sku, location));
    if let Some(level) = preferred().find(|level| level.available() >= need.wanted) {
        return vec![held(level, need.wanted)];
    }
    let mut missing = need.wanted;
    let mut sources = Vec::new();
    for level in preferred() {
        let pieces = level.available().min(missing);
        if pieces > 0 {
            missing -= pieces;
            sources.push(held(level, pieces));
        }
    }
    if missing > 0
        && let Some(level) = preferred().find(|level| level.backorder == BackorderPolicy::Allow)
    {
        sources.push(Source { location: level.location, pieces: missing, backordered: true });
    }
    sources
}

/// Gives the pieces of a SKU to its lines, earlier lines first.
fn hand_out(sku: SkuId, demand: &[Demand], sources: &[Source], reserved: &mut Vec<Reserved>) {
    let mut sources = sources.iter().map(|source| (source, source.pieces));
    let mut current = sources.next();
    for line in demand.iter().filter(|line| line.sku == sku) {
        let mut wanted = line.quantity.get();
        while let Some((source, left)) = &mut current {
            let pieces = wanted.min(*left);
            // Both are at most the line's quantity, and never zero here.
            if let Ok(quantity) = Quantity::new(pieces) {
                let Source { location, backordered, .. } = **source;
                reserved.push(Reserved {
                    line_no: line.line_no,
                    sku,
                    location,
                    quantity,
                    backordered,
                });
            }
            wanted -= pieces;
            *left -= pieces;
            if *left == 0 {
                current = sources.next();
            }
            if wanted == 0 {
                break;
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use ordermill_base::Id;
    use proptest::prelude::*;

    use super::super::tests::level;
    use super::*;

    pub(in super::super) fn line(line_no: u16, sku: i64, pieces: i64) -> Demand {
        Demand { line_no, sku: SkuId::from_raw(sku), quantity: Quantity::new(pieces).unwrap() }
    }

    pub(in super::super) fn places<const N: usize>(raw: [i64; N]) -> [LocationId; N] {
        raw.map(LocationId::from_raw)
    }

    /// `1:2x3@4` is line 1, SKU 2, three pieces at location 4; `?` waits for stock.
    pub(in super::super) fn written(result: Result<Vec<Reserved>, Vec<Shortage>>) -> String {
        let parts: Vec<String> = match result {
            Ok(reserved) => reserved
                .iter()
                .map(|r| {
                    let waits = if r.backordered { "?" } else { "" };
                    let (sku, location) = (r.sku.raw(), r.location.raw());
                    format!("{}:{sku}x{}@{location}{waits}", r.line_no, r.quantity)
                })
                .collect(),
            Err(short) => short
                .iter()
                .map(|s| format!("short {} {}/{}", s.sku.raw(), s.available, s.wanted))
                .collect(),
        };
        parts.join(" ")
    }

    #[test]
    fn a_location_that_has_everything_gets_the_whole_order() {
        let levels = [level(1, 1, 9), level(1, 2, 5), level(2, 1, 0), level(2, 2, 5)];
        let demand = [line(1, 1, 2), line(2, 2, 3)];
        assert_eq!(written(reserve_lines(&demand, &levels, &places([1, 2]))), "1:1x2@2 2:2x3@2");
    }

    #[test]
    fn two_lines_of_one_sku_do_not_both_get_the_last_piece() {
        let demand = [line(1, 1, 1), line(2, 1, 1)];
        let one_left = [level(1, 1, 1)];
        assert_eq!(written(reserve_lines(&demand, &one_left, &places([1]))), "short 1 1/2");
    }

    #[test]
    fn an_order_is_split_when_no_location_has_everything() {
        let levels = [level(1, 1, 9), level(2, 2, 9)];
        let demand = [line(1, 2, 1), line(2, 1, 1)];
        assert_eq!(written(reserve_lines(&demand, &levels, &places([1, 2]))), "1:2x1@2 2:1x1@1");
    }

    #[test]
    fn what_no_location_has_alone_is_reserved_where_it_is() {
        let levels = [level(1, 1, 3), level(1, 2, 4)];
        let demand = [line(1, 1, 2), line(2, 1, 4)];
        let reserved = reserve_lines(&demand, &levels, &places([2, 1]));
        assert_eq!(written(reserved), "1:1x2@2 2:1x2@2 2:1x2@1");
    }

    #[test]
    fn what_may_be_backordered_waits_for_what_is_missing() {
        let mut levels = [level(1, 1, 3), level(2, 1, 1)];
        levels[0].backorder = BackorderPolicy::Allow;
        let demand = [line(1, 1, 5), line(2, 2, 1)];
        let reserved = reserve_lines(&demand, &levels, &places([1]));
        assert_eq!(written(reserved), "1:1x3@1 1:1x2@1? 2:2x1@1");
    }

    #[test]
    fn everything_that_is_short_is_told_at_once() {
        let levels = [level(1, 1, 3), level(2, 1, 9)];
        let demand = [line(1, 1, 5), line(2, 2, 1), line(3, 3, 1)];
        let reserved = reserve_lines(&demand, &levels, &places([1]));
        assert_eq!(written(reserved), "short 1 3/5 short 3 0/1");
    }

    proptest! {
        #[test]
        fn lines_get_exactly_what_they_want_and_no_level_is_oversold(
            wants in proptest::collection::vec((0_i64..4, 1_i64..8), 1..6),
            stock in proptest::collection::vec((0_i64..12, any::<bool>()), 12),
            order in Just(vec![0_i64, 1, 2]).prop_shuffle(),
        ) {
            let demand: Vec<Demand> =
                (1..).zip(&wants).map(|(no, &(sku, pieces))| line(no, sku, pieces)).collect();
            let levels: Vec<StockLevel> = (0..).zip(&stock).map(|(at, &(on_hand, waits))| {
                let mut level = level(at / 3, at % 3, on_hand);
                if waits { level.backorder = BackorderPolicy::Allow; }
                level
            }).collect();
            let preference: Vec<LocationId> = order.into_iter().map(LocationId::from_raw).collect();

            match reserve_lines(&demand, &levels, &preference) {
                Ok(reserved) => {
                    for line in &demand {
                        let got: i64 = reserved.iter()
                            .filter(|r| r.line_no == line.line_no && r.sku == line.sku)
                            .map(|r| r.quantity.get()).sum();
                        prop_assert_eq!(got, line.quantity.get());
                    }
                    for level in &levels {
                        let at = |backordered| reserved.iter()
                            .filter(|r| (r.sku, r.location) == (level.sku, level.location))
                            .filter(|r| r.backordered == backordered)
                            .map(|r| r.quantity.get()).sum::<i64>();
                        prop_assert!(at(false) <= level.available());
                        prop_assert!(at(true) == 0 || level.backorder == BackorderPolicy::Allow);
                    }
                }
                Err(short) => {
                    for shortage in short {
                        let of_sku = || levels.iter().filter(|level| level.sku == shortage.sku);
                        let there: i64 = of_sku().map(StockLevel::available).sum();
                        prop_assert_eq!(shortage.available, there);
                        prop_assert!(there < shortage.wanted);
                        prop_assert!(of_sku().all(|level| level.backorder == BackorderPolicy::Deny));
                    }
                }
            }
        }
    }
}
