//! A floor as the planner of routes wants it.

use ordermill_domain::layout::{Layout, Place};
use ordermill_optimize::route::{self, Depot, LayoutError, Position};

/// A floor that can be walked: aisles by their index, in millimeters.
#[derive(Debug, Clone)]
pub struct Walk {
    layout: Layout,
    floor: route::Layout,
}

impl Walk {
    /// The floor of a location. Walks start and end where the layout says that they start.
    ///
    /// # Errors
    /// If the layout is no floor, which the rules of [`ordermill_domain::layout::Plan`] exclude.
    pub fn new(layout: Layout) -> Result<Self, LayoutError> {
        let depot = Depot::OnCrossAisle { cross_aisle: 0, x: length(layout.start_x_mm) };
        let aisles = layout.aisles.iter().map(|aisle| length(aisle.x_mm)).collect();
        let cross_aisles = layout.cross_aisles_mm.iter().map(|y_mm| length(*y_mm)).collect();
        let floor = route::Layout::new(aisles, cross_aisles, depot)?;
        Ok(Self { layout, floor })
    }

    /// The floor for [`ordermill_optimize`].
    pub const fn floor(&self) -> &route::Layout {
        &self.floor
    }

    /// Where one stands to reach a bin; none for a place that is not on the floor.
    pub fn position(&self, place: &Place) -> Option<Position> {
        let aisle = self.layout.aisles.iter().position(|aisle| aisle.number == place.aisle)?;
        self.layout.has(place).then_some(Position { aisle, y: length(place.y_mm) })
    }

    /// The order in which the picks of a tour are made. The tour is a round, which may be walked
    /// either way: it is walked so that the last pick is the one nearer to the end of the walk.
    pub fn picks(&self, tour: &route::Tour, positions: &[Position]) -> Vec<usize> {
        let mut picks: Vec<usize> = tour.picks().collect();
        let to_end = |pick: Option<&usize>| pick.map_or(0, |pick| self.to_end_mm(positions[*pick]));
        if to_end(picks.first()) < to_end(picks.last()) {
            picks.reverse();
        }
        picks
    }

    /// The way from a position to the end of the walk, along its aisle to the front.
    fn to_end_mm(&self, position: Position) -> i64 {
        let x_mm = self.layout.aisles.get(position.aisle).map_or(0, |aisle| aisle.x_mm);
        (x_mm - self.layout.end_x_mm).abs() + i64::from(position.y)
    }
}

/// The schema and the rules of a plan keep lengths within the globe.
fn length(mm: i64) -> u32 {
    u32::try_from(mm).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;
    use ordermill_domain::ids::LocationId;
    use ordermill_domain::layout::{Numbering, Plan, ZonePlan};

    use super::*;

    fn walk(start_aisle: u32, end_aisle: u32) -> (Walk, Vec<Place>) {
        let plan = Plan {
            zones: vec![ZonePlan { zone: "A".to_owned(), aisles: 3, bays: 8, levels: 1 }],
            blocks: 2,
            bay_width_mm: 1_000,
            aisle_pitch_mm: 3_000,
            cross_aisle_width_mm: 2_000,
            level_height_mm: 500,
            numbering: Numbering::Street,
            start_aisle,
            end_aisle,
        };
        let drawing = plan.draw(LocationId::from_raw(1)).unwrap();
        let places = drawing.bins.iter().map(|(_, _, place)| *place).collect();
        (Walk::new(drawing.layout).unwrap(), places)
    }

    #[test]
    fn every_bin_of_a_layout_can_be_walked_to() {
        let (walk, places) = walk(2, 2);
        let positions: Vec<Position> =
            places.iter().map(|place| walk.position(place).unwrap()).collect();
        assert!(walk.floor().check(&positions).is_ok());
        let tour = route::shortest(walk.floor(), &positions).unwrap();
        assert!(tour.is_optimal && tour.length > 0);
        let mut visited = walk.picks(&tour, &positions);
        visited.sort_unstable();
        assert_eq!(visited, (0..positions.len()).collect::<Vec<_>>());
    }

    #[test]
    fn a_walk_ends_near_the_bench() {
        for end_aisle in [1, 3] {
            let (walk, _) = walk(2, end_aisle);
            let at = |aisle| Position { aisle, y: 1_500 };
            let positions = [at(0), at(2)];
            let tour = route::shortest(walk.floor(), &positions).unwrap();
            let last = walk.picks(&tour, &positions).pop().unwrap();
            assert_eq!(positions[last].aisle, end_aisle as usize - 1);
        }
    }
}
