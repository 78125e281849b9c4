//! What a packing costs, and which of two is better.

use super::{Carton, Filler};

/// How costs of different kinds are weighed against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Objective {
    /// What each parcel costs beside its material, in minor units: a label, a handover, a base rate. A
    /// value above the dearest carton makes it the fewest parcels first.
    pub parcel_cost: u32,
    /// What a carton or filler that is not recycled is worse by, in minor units. At zero recyclability
    /// decides only between packings of equal cost.
    pub not_recyclable_cost: u32,
}

/// The parts of a cost, in minor units of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Cost {
    /// Cartons.
    pub cartons: u64,
    /// Fillers.
    pub fillers: u64,
    /// What parcels cost by their number.
    pub parcels: u64,
    /// What is added for material that is not recycled; nobody pays it.
    pub preference: u64,
    /// How many cartons and fillers are not recycled.
    pub not_recyclable: u64,
}

impl Cost {
    /// The measure that is made small: money and preference.
    pub const fn total(self) -> u64 {
        let material = self.cartons.saturating_add(self.fillers);
        material.saturating_add(self.parcels).saturating_add(self.preference)
    }

    /// The cost of one parcel with so much room left empty.
    pub fn of(
        objective: Objective,
        carton: &Carton,
        filler: Option<&Filler>,
        void_mm3: u64,
    ) -> Self {
        let used = filler.filter(|_| void_mm3 > 0);
        let not_recyclable = u64::from(!carton.is_recyclable)
            + u64::from(used.is_some_and(|filler| !filler.is_recyclable));
        Self {
            cartons: carton.cost.into(),
            fillers: used.map_or(0, |filler| share(filler.cost_per_liter, void_mm3)),
            parcels: objective.parcel_cost.into(),
            preference: not_recyclable * u64::from(objective.not_recyclable_cost),
            not_recyclable,
        }
    }

    /// The order of preference: the total, then what is recycled.
    pub(super) const fn rank(self) -> (u64, u64) {
        (self.total(), self.not_recyclable)
    }
}

impl std::ops::Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            cartons: self.cartons + other.cartons,
            // A filler can be dear beyond reason, and a carton large.
            fillers: self.fillers.saturating_add(other.fillers),
            parcels: self.parcels + other.parcels,
            preference: self.preference + other.preference,
            not_recyclable: self.not_recyclable + other.not_recyclable,
        }
    }
}

impl std::iter::Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::default(), |sum, cost| sum + cost)
    }
}

/// What so much of a liter comes to, rounded up.
pub(super) fn share(per_liter: u32, volume_mm3: u64) -> u64 {
    // At most 2³² times 2.2 · 10¹⁴: more than 64 bits.
    let exact = (u128::from(per_liter) * u128::from(volume_mm3)).div_ceil(1_000_000);
    u64::try_from(exact).unwrap_or(u64::MAX)
}
