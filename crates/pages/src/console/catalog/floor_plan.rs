//! The plan of a location's floor, drawn by the server: zones, shelves, what lies in them.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use ordermill_domain::ids::BinId;
use ordermill_domain::layout::{Layout, Side};
use ordermill_domain::location::{Bin, Zone};

use crate::words::Words;

/// A floor seen from above, the front at the bottom. A unit of the drawing is 100 mm.
#[derive(Debug, Clone, Template)]
#[template(path = "console/floor_plan.html")]
pub struct FloorPlan {
    /// What it shows in one sentence.
    pub label: String,
    /// The drawing's width.
    pub width: i64,
    /// The drawing's height.
    pub height: i64,
    /// Zones side by side.
    pub zones: Vec<ZoneShape>,
    /// Walked ways across the aisles: their y.
    pub cross_aisles: Vec<i64>,
    /// Shelves.
    pub bays: Vec<Bay>,
    /// Where walks start and end: x and a word.
    pub ends: Vec<(i64, &'static str)>,
}

/// The area of a zone.
#[derive(Debug, Clone)]
pub struct ZoneShape {
    /// From the left.
    pub x: i64,
    /// How wide.
    pub width: i64,
    /// Its code.
    pub code: String,
    /// Its code and name.
    pub title: String,
    /// Every other zone is shaded.
    pub is_shaded: bool,
}

/// The bins above each other at one side of an aisle.
#[derive(Debug, Clone)]
pub struct Bay {
    /// From the left.
    pub x: i64,
    /// From the back.
    pub y: i64,
    /// How wide.
    pub width: i64,
    /// How deep.
    pub depth: i64,
    /// `none`, `some` or `full`: how many of its levels hold something.
    pub fill: &'static str,
    /// Its label, and how much lies there.
    pub title: String,
}

impl askama::filters::HtmlSafe for FloorPlan {}

const UNIT_MM: i64 = 100;
/// Around the floor, in units of the drawing.
const MARGIN: i64 = 30;

impl FloorPlan {
    /// Draws a floor with its bins. `contents` has the pieces of those that are not empty.
    pub fn new(
        layout: &Layout,
        zones: &[Zone],
        bins: &[Bin],
        contents: &HashMap<BinId, (i64, i64)>,
        t: Words,
    ) -> Self {
        let (right, back) = layout.size_mm();
        let pitch = i64::from(layout.plan.aisle_pitch_mm);
        let scale = Scale { back, margin_mm: pitch / 2 };
        let (placed, _) = layout.placed(bins);
        let held = placed.iter().filter(|bin| contents.contains_key(&bin.id)).count();
        Self {
            label: t.floor_plan(layout.aisles.len(), placed.len(), held),
            width: (right + 2 * scale.margin_mm) / UNIT_MM + 2 * MARGIN,
            height: back / UNIT_MM + 2 * MARGIN,
            zones: zone_shapes(layout, zones, scale, t),
            cross_aisles: layout.cross_aisles_mm.iter().map(|y| scale.y(*y)).collect(),
            bays: bays(layout, &placed, contents, scale, t),
            ends: vec![
                (scale.x(layout.start_x_mm), t.floor_start()),
                (scale.x(layout.end_x_mm), t.floor_end()),
            ],
        }
    }

    /// The front, where walks start and end.
    fn front(&self) -> i64 {
        self.height - MARGIN
    }
}

#[derive(Clone, Copy)]
struct Scale {
    back: i64,
    margin_mm: i64,
}

impl Scale {
    const fn x(self, x_mm: i64) -> i64 {
        (x_mm + self.margin_mm) / UNIT_MM + MARGIN
    }

    const fn y(self, y_mm: i64) -> i64 {
        (self.back - y_mm) / UNIT_MM + MARGIN
    }
}

fn zone_shapes(layout: &Layout, zones: &[Zone], scale: Scale, t: Words) -> Vec<ZoneShape> {
    let half = i64::from(layout.plan.aisle_pitch_mm) / 2;
    let mut shapes: Vec<ZoneShape> = Vec::new();
    for aisles in layout.aisles.chunk_by(|a, b| a.zone == b.zone) {
        let (Some(first), Some(last)) = (aisles.first(), aisles.last()) else { continue };
        let name = zones.iter().find(|zone| zone.code == first.zone);
        let name = name.map_or("", |zone| t.pick(zone.name.zh(), zone.name.en()));
        shapes.push(ZoneShape {
            x: scale.x(first.x_mm - half),
            width: (last.x_mm - first.x_mm + 2 * half) / UNIT_MM,
            code: first.zone.clone(),
            title: format!("{} · {name}", first.zone),
            is_shaded: shapes.len() % 2 == 1,
        });
    }
    shapes
}

fn bays(
    layout: &Layout,
    bins: &[&Bin],
    contents: &HashMap<BinId, (i64, i64)>,
    scale: Scale,
    t: Words,
) -> Vec<Bay> {
    let (pitch, bay) = (i64::from(layout.plan.aisle_pitch_mm), i64::from(layout.plan.bay_width_mm));
    let mut shelves: BTreeMap<(i64, Side, i64), Vec<&Bin>> = BTreeMap::new();
    for bin in bins {
        if let Some(place) = bin.place {
            shelves.entry((place.aisle, place.side, place.y_mm)).or_default().push(bin);
        }
    }
    let draw = |((aisle, side, y_mm), levels): ((i64, Side, i64), Vec<&Bin>)| {
        let x_mm = layout.aisle(aisle).map_or(0, |aisle| aisle.x_mm);
        // A third of the pitch is walked, the rest is shelves at both sides.
        let left = match side {
            Side::Left => x_mm - pitch / 2,
            Side::Right => x_mm + pitch / 6,
        };
        let held: Vec<i64> =
            levels.iter().filter_map(|bin| contents.get(&bin.id)).map(|it| it.0).collect();
        let code = levels.first().map_or("", |bin| bin.code.as_str());
        let code = code.rsplit_once('-').map_or(code, |(bay, _)| bay);
        Bay {
            x: scale.x(left),
            y: scale.y(y_mm + bay / 2),
            width: pitch / 3 / UNIT_MM,
            depth: (bay / UNIT_MM - 1).max(1),
            fill: match held.len() {
                0 => "none",
                all if all == levels.len() => "full",
                _ => "some",
            },
            title: t.floor_bay(code, held.len(), levels.len(), held.iter().sum::<i64>()),
        }
    };
    shelves.into_iter().map(draw).collect()
}

crate::words! {
    floor_plan(aisles, bins, held) = "库房平面图：{aisles} 条巷道，{bins} 个库位，{held} 个有货", "Plan of the floor: {aisles} aisles, {bins} bins, {held} of them hold goods";
    floor_bay(bay, held, levels, pieces) = "{bay}：{levels} 层中 {held} 层有货，共 {pieces} 件", "{bay}: {held} of {levels} levels hold {pieces} pieces";
    floor_start = "起点", "Start";
    floor_end = "终点", "End";
    floor_none = "空", "Empty";
    floor_some = "部分有货", "Some levels hold goods";
    floor_full = "每层有货", "Every level holds goods";
}
