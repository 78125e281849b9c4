//! Plans: what people say of a floor, and the layout that is drawn from it.

use serde::{Deserialize, Serialize};

use super::{Aisle, Layout, Numbering, Place, Side};
use crate::ids::LocationId;
use crate::sku::Invalid;

/// The most aisles of a location.
const AISLES_MAX: u32 = 200;
/// The most bins that one plan draws.
const BINS_MAX: u64 = 20_000;

/// What people say of a floor: zones side by side, each of so many aisles × bays × levels, all crossed
/// by the same cross-aisles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The zones from left to right.
    pub zones: Vec<ZonePlan>,
    /// How many blocks lie behind each other: cross-aisles less one.
    pub blocks: u32,
    /// How wide a bay is, along its aisle.
    pub bay_width_mm: u32,
    /// From the middle of an aisle to the middle of the next.
    pub aisle_pitch_mm: u32,
    /// How wide a cross-aisle is.
    pub cross_aisle_width_mm: u32,
    /// From a level to the next.
    pub level_height_mm: u32,
    /// How bays are numbered.
    pub numbering: Numbering,
    /// In front of which aisle walks start, counted from 1.
    pub start_aisle: u32,
    /// In front of which aisle walks end, counted from 1.
    pub end_aisle: u32,
}

/// The part of a zone in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZonePlan {
    /// The code of the zone, the start of its bins' labels.
    pub zone: String,
    /// How many aisles it has.
    pub aisles: u32,
    /// How many bays stand along an aisle, both sides together.
    pub bays: u32,
    /// How many levels above each other.
    pub levels: u32,
}

/// A layout with its bins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// The floor.
    pub layout: Layout,
    /// Zone, label and place of every bin in walking order: one aisle up, the next one down.
    pub bins: Vec<(String, String, Place)>,
}

impl Plan {
    /// Everything that is wrong with it.
    pub fn check(&self) -> Result<(), Vec<Invalid>> {
        let mut wrong = Vec::new();
        let mut must = |holds: bool, field, expected| {
            if !holds {
                wrong.push(Invalid { field, expected });
            }
        };
        let aisles: u32 = self.zones.iter().fold(0, |sum, zone| sum.saturating_add(zone.aisles));
        let bins = self.zones.iter().fold(0_u64, |sum, zone| {
            let bays = u64::from(zone.bays) * u64::from(zone.levels);
            sum.saturating_add(u64::from(zone.aisles).saturating_mul(bays))
        });
        let are_zones = self.zones.iter().all(|zone| {
            zone.aisles == 0 || ((1..=400).contains(&zone.bays) && (1..=20).contains(&zone.levels))
        });
        must(are_zones, "zones", "1 to 400 bays and 1 to 20 levels in each zone with aisles");
        must((1..=AISLES_MAX).contains(&aisles), "zones", "1 to 200 aisles in all");
        must(bins <= BINS_MAX, "zones", "at most 20000 bins in all");
        must((1..=20).contains(&self.blocks), "blocks", "1 to 20 blocks");
        let is_length = |mm: u32, least: u32, most: u32| (least..=most).contains(&mm);
        must(is_length(self.bay_width_mm, 100, 10_000), "bay_width_mm", "100 to 10000 mm");
        must(is_length(self.aisle_pitch_mm, 500, 30_000), "aisle_pitch_mm", "500 to 30000 mm");
        let is_crossing = is_length(self.cross_aisle_width_mm, 500, 30_000);
        must(is_crossing, "cross_aisle_width_mm", "500 to 30000 mm");
        must(is_length(self.level_height_mm, 50, 5_000), "level_height_mm", "50 to 5000 mm");
        let is_aisle = |number: u32| (1..=aisles).contains(&number);
        must(is_aisle(self.start_aisle), "start_aisle", "the number of an aisle");
        must(is_aisle(self.end_aisle), "end_aisle", "the number of an aisle");
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    /// Draws the floor of a location. Zones without aisles are left out.
    ///
    /// # Errors
    /// Everything that [`check`](Self::check) finds.
    pub fn draw(&self, location: LocationId) -> Result<Drawing, Vec<Invalid>> {
        self.check()?;
        let (pitch, block) = (i64::from(self.aisle_pitch_mm), self.block_mm());
        let x_of = |number: u32| (i64::from(number) - 1) * pitch;
        let mut aisles = Vec::new();
        let mut bins = Vec::new();
        for zone in &self.zones {
            for aisle in 1..=zone.aisles {
                let number = aisles.len() as i64 + 1;
                let x_mm = aisles.len() as i64 * pitch;
                aisles.push(Aisle { number, zone: zone.zone.clone(), x_mm });
                self.draw_aisle(zone, aisle, number, &mut bins);
            }
        }
        let layout = Layout {
            location,
            aisles,
            cross_aisles_mm: (0..=i64::from(self.blocks)).map(|number| number * block).collect(),
            start_x_mm: x_of(self.start_aisle),
            end_x_mm: x_of(self.end_aisle),
            plan: self.clone(),
        };
        Ok(Drawing { layout, bins })
    }

    /// The bins of one aisle: the `aisle`th of its zone, the `number`th of the location.
    fn draw_aisle(
        &self,
        zone: &ZonePlan,
        aisle: u32,
        number: i64,
        bins: &mut Vec<(String, String, Place)>,
    ) {
        let steps = zone.bays.div_ceil(2);
        for step in 0..steps {
            let step = if number % 2 == 1 { step } else { steps - 1 - step };
            for side in Side::ALL {
                let bay = 2 * step + if side == Side::Left { 1 } else { 2 };
                if bay > zone.bays {
                    continue;
                }
                for level in 1..=zone.levels {
                    let bay = match (self.numbering, side) {
                        (Numbering::Street, _) => format!("{bay:02}"),
                        (Numbering::Sides, Side::Left) => format!("L{:02}", step + 1),
                        (Numbering::Sides, Side::Right) => format!("R{:02}", step + 1),
                    };
                    let label = format!("{}-{aisle:02}-{bay}-{level}", zone.zone);
                    let height_mm = i64::from(level - 1) * i64::from(self.level_height_mm);
                    let (y_mm, level) = (self.y_of(step), i64::from(level));
                    let place = Place { aisle: number, y_mm, side, level, height_mm };
                    bins.push((zone.zone.clone(), label, place));
                }
            }
        }
    }

    /// Bays of one side in a block, so that the longest aisle fits.
    fn steps_per_block(&self) -> u32 {
        let longest = self.zones.iter().filter(|zone| zone.aisles > 0).map(|zone| zone.bays).max();
        longest.unwrap_or(1).div_ceil(2).div_ceil(self.blocks).max(1)
    }

    /// From the middle of a cross-aisle to the middle of the next.
    fn block_mm(&self) -> i64 {
        let shelves = i64::from(self.steps_per_block()) * i64::from(self.bay_width_mm);
        shelves + i64::from(self.cross_aisle_width_mm)
    }

    /// The middle of a bay, the `step`th from the front.
    fn y_of(&self, step: u32) -> i64 {
        let per_block = self.steps_per_block();
        let (block, step) = (i64::from(step / per_block), i64::from(step % per_block));
        let (width, bay) = (i64::from(self.cross_aisle_width_mm), i64::from(self.bay_width_mm));
        block * self.block_mm() + width / 2 + step * bay + bay / 2
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use ordermill_base::Id;
    use proptest::prelude::*;

    use super::*;

    fn plan(zones: &[(&str, u32, u32, u32)], blocks: u32, numbering: Numbering) -> Plan {
        let zone = |&(code, aisles, bays, levels): &(&str, u32, u32, u32)| ZonePlan {
            zone: code.to_owned(),
            aisles,
            bays,
            levels,
        };
        Plan {
            zones: zones.iter().map(zone).collect(),
            blocks,
            bay_width_mm: 1_000,
            aisle_pitch_mm: 3_000,
            cross_aisle_width_mm: 2_000,
            level_height_mm: 500,
            numbering,
            start_aisle: 1,
            end_aisle: 1,
        }
    }

    fn draw(plan: &Plan) -> Drawing {
        plan.draw(LocationId::from_raw(1)).unwrap()
    }

    #[test]
    fn aisles_are_walked_up_and_down_in_turn_and_bays_count_as_houses() {
        let drawing = draw(&plan(&[("A", 2, 3, 1), ("B", 1, 2, 2)], 1, Numbering::Street));
        let told: Vec<String> = drawing
            .bins
            .iter()
            .map(|(_, label, it)| {
                format!("{label}: aisle {} y {} {} {}", it.aisle, it.y_mm, it.side, it.height_mm)
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        A-01-01-1: aisle 1 y 1500 left 0
        A-01-02-1: aisle 1 y 1500 right 0
        A-01-03-1: aisle 1 y 2500 left 0
        A-02-03-1: aisle 2 y 2500 left 0
        A-02-01-1: aisle 2 y 1500 left 0
        A-02-02-1: aisle 2 y 1500 right 0
        B-01-01-1: aisle 3 y 1500 left 0
        B-01-01-2: aisle 3 y 1500 left 500
        B-01-02-1: aisle 3 y 1500 right 0
        B-01-02-2: aisle 3 y 1500 right 500
        ");
        assert_eq!(drawing.layout.size_mm(), (6_000, 4_000));
    }

    #[test]
    fn sides_may_be_numbered_on_their_own() {
        let drawing = draw(&plan(&[("A", 1, 4, 1)], 1, Numbering::Sides));
        let labels: Vec<&str> = drawing.bins.iter().map(|(_, label, _)| label.as_str()).collect();
        assert_eq!(labels, ["A-01-L01-1", "A-01-R01-1", "A-01-L02-1", "A-01-R02-1"]);
    }

    #[test]
    fn a_cross_aisle_keeps_two_blocks_apart() {
        let drawing = draw(&plan(&[("A", 1, 8, 1)], 2, Numbering::Street));
        assert_eq!(drawing.layout.cross_aisles_mm, [0, 4_000, 8_000]);
        let ys: Vec<i64> = drawing.bins.iter().map(|(_, _, place)| place.y_mm).collect();
        assert_eq!(ys, [1_500, 1_500, 2_500, 2_500, 5_500, 5_500, 6_500, 6_500]);
    }

    #[test]
    fn what_no_floor_can_be_is_named_field_by_field() {
        let mut wrong = plan(&[("A", 1, 0, 1)], 0, Numbering::Street);
        (wrong.start_aisle, wrong.bay_width_mm) = (2, 5);
        let fields: Vec<&str> =
            wrong.check().unwrap_err().iter().map(|invalid| invalid.field).collect();
        assert_eq!(fields, ["zones", "blocks", "bay_width_mm", "start_aisle"]);
        assert!(plan(&[("A", 200, 400, 20)], 1, Numbering::Street).check().is_err());
    }

    proptest! {
        /// Labels are distinct, and every bin stands in its aisle beside no cross-aisle.
        #[test]
        fn every_bin_has_its_own_label_and_stands_on_the_floor(
            zones in proptest::collection::vec((1_u32..4, 1_u32..9, 1_u32..4), 1..4),
            blocks in 1_u32..5,
        ) {
            let codes = ["A", "B", "C"];
            let zones: Vec<_> =
                zones.iter().zip(codes).map(|(&(a, b, l), code)| (code, a, b, l)).collect();
            let drawing = draw(&plan(&zones, blocks, Numbering::Street));
            let labels: HashSet<&str> =
                drawing.bins.iter().map(|(_, label, _)| label.as_str()).collect();
            prop_assert_eq!(labels.len(), drawing.bins.len());
            let most: u32 = zones.iter().map(|(_, a, b, l)| a * b * l).sum();
            prop_assert_eq!(drawing.bins.len(), most as usize);
            for (zone, _, place) in &drawing.bins {
                prop_assert!(drawing.layout.has(place));
                prop_assert_eq!(&drawing.layout.aisle(place.aisle).unwrap().zone, zone);
                for crossing in &drawing.layout.cross_aisles_mm {
                    prop_assert!((place.y_mm - crossing).abs() >= 1_500);
                }
            }
        }
    }
}
