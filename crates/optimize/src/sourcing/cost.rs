//! What a parcel costs, part by part.

use super::{Line, Location};

/// More than any parcel costs, so that sums stay exact.
const MAX_FREIGHT: u64 = 1 << 48;

/// A tariff by weight: the first step has a price, each further step that is begun has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Freight {
    /// Weight that the first price is for, in grams.
    pub first_grams: u32,
    /// The first price in minor units.
    pub first_cost: u32,
    /// Weight of a further step in grams; zero if no weight costs more than the first.
    pub step_grams: u32,
    /// The price of a further step in minor units.
    pub step_cost: u32,
}

impl Freight {
    /// The price of a parcel of this weight in minor units; 2⁴⁸ if it were more.
    ///
    /// ```
    /// use ordermill_optimize::sourcing::Freight;
    ///
    /// let tariff = Freight { first_grams: 1_000, first_cost: 800, step_grams: 500, step_cost: 150 };
    /// assert_eq!(tariff.cost(1_000), 800);
    /// assert_eq!(tariff.cost(1_501), 800 + 2 * 150);
    /// ```
    pub fn cost(&self, grams: u64) -> u64 {
        let beyond = grams.saturating_sub(self.first_grams.into());
        let steps = match self.step_grams {
            0 => 0,
            step => beyond.div_ceil(step.into()),
        };
        let further = steps.saturating_mul(self.step_cost.into());
        further.saturating_add(self.first_cost.into()).min(MAX_FREIGHT)
    }
}

/// What is added to money paid, in minor units: how much somebody would pay to avoid it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Weights {
    /// For each parcel beyond the first.
    pub split: u32,
    /// For 100 km; the share is rounded down.
    pub per_100_km: u32,
    /// For a location that is fully loaded; less in proportion, rounded down.
    pub full_load: u32,
    /// For each hour of lateness.
    pub late_hour: u32,
}

/// The cost of one parcel in minor units. What a split adds belongs to the plan and is not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CostParts {
    /// What units cost at this location.
    pub units: u64,
    /// The parcel by itself.
    pub parcel: u64,
    /// By weight.
    pub freight: u64,
    /// By distance.
    pub distance: u64,
    /// By load.
    pub load: u64,
    /// By lateness.
    pub lateness: u64,
}

impl CostParts {
    /// Their sum.
    pub const fn total(&self) -> u64 {
        self.units + self.parcel + self.freight + self.distance + self.load + self.lateness
    }

    /// The cost of shipping these quantities, by line, from a location.
    pub fn of(lines: &[Line], location: &Location, quantities: &[u32], weights: &Weights) -> Self {
        let (mut units, mut grams) = (0, 0);
        for ((line, supply), &quantity) in lines.iter().zip(&location.supplies).zip(quantities) {
            units += u64::from(supply.unit_cost) * u64::from(quantity);
            grams += u64::from(line.unit_grams) * u64::from(quantity);
        }
        Self {
            units,
            freight: location.freight.cost(grams),
            ..Self::of_any_parcel(location, weights)
        }
    }

    /// The parts that do not depend on what is in the parcel.
    pub(super) fn of_any_parcel(location: &Location, weights: &Weights) -> Self {
        let share = |weight: u32, amount: u32, of: u64| u64::from(weight) * u64::from(amount) / of;
        Self {
            units: 0,
            parcel: location.parcel_cost.into(),
            freight: 0,
            distance: share(weights.per_100_km, location.distance_km, 100),
            load: share(weights.full_load, location.load_permille, 1_000),
            lateness: share(weights.late_hour, location.lateness_hours, 1),
        }
    }
}
