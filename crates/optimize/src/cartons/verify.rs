//! A second look at a packing, sharing no code with the search but the formula of [`Cost`].
//!
//! It reads the order and the packing as they are given and recomputes everything from them. Pairs of
//! units are compared one by one, which a person can check; a carton has few enough for that.

use super::{Cost, Item, Order, Packing, Parcel, Placement};

/// A rule that a packing breaks. Indexes are those of the order's lists, of the packing's parcels and of
/// a parcel's placements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// No such line, carton or filler.
    #[error("parcel {parcel} names something that the order does not have")]
    Unknown {
        /// Which parcel.
        parcel: usize,
    },
    /// More or fewer units of an item than were ordered.
    #[error("{packed} units of item {item} are packed, {ordered} are ordered")]
    Quantity {
        /// Which item.
        item: usize,
        /// In all parcels.
        packed: u64,
        /// In the order.
        ordered: u64,
    },
    /// A parcel with nothing in it.
    #[error("parcel {parcel} is empty")]
    Empty {
        /// Which parcel.
        parcel: usize,
    },
    /// A unit lies partly outside of its carton.
    #[error("unit {unit} of parcel {parcel} lies outside")]
    Outside {
        /// Which parcel.
        parcel: usize,
        /// Which placement.
        unit: usize,
    },
    /// A unit is turned in a way that its item does not allow, or has another size.
    #[error("unit {unit} of parcel {parcel} must not lie so")]
    Orientation {
        /// Which parcel.
        parcel: usize,
        /// Which placement.
        unit: usize,
    },
    /// Two units take the same room.
    #[error("units {first} and {second} of parcel {parcel} overlap")]
    Overlap {
        /// Which parcel.
        parcel: usize,
        /// One placement.
        first: usize,
        /// The other one.
        second: usize,
    },
    /// A unit lies above a fragile one that does not bear it.
    #[error("unit {above} of parcel {parcel} lies upon fragile unit {below}")]
    UponFragile {
        /// Which parcel.
        parcel: usize,
        /// The fragile one.
        below: usize,
        /// The one above.
        above: usize,
    },
    /// Two units of classes that are kept apart.
    #[error("units {first} and {second} of parcel {parcel} must be kept apart")]
    Mixed {
        /// Which parcel.
        parcel: usize,
        /// One placement.
        first: usize,
        /// The other one.
        second: usize,
    },
    /// Too little of a unit's base lies on something.
    #[error("unit {unit} of parcel {parcel} lacks support")]
    Unsupported {
        /// Which parcel.
        parcel: usize,
        /// Which placement.
        unit: usize,
    },
    /// A parcel weighs more than its carton bears.
    #[error("parcel {parcel} weighs {gross_grams} g")]
    Overweight {
        /// Which parcel.
        parcel: usize,
        /// With carton and filler.
        gross_grams: u64,
    },
    /// A weight or cost is not what the contents come to.
    #[error("a sum of parcel {parcel} is wrong")]
    ParcelSum {
        /// Which parcel.
        parcel: usize,
    },
    /// The packing's cost is not the sum of its parcels' or lies below its own bound.
    #[error("the sum over the parcels is wrong")]
    Sum,
}

/// Checks every rule.
///
/// # Errors
/// The first rule that the packing breaks.
pub fn verify(order: &Order<'_>, packing: &Packing) -> Result<(), Violation> {
    let mut packed = vec![0_u64; order.items.len()];
    for (index, parcel) in packing.parcels.iter().enumerate() {
        verify_parcel(order, index, parcel)?;
        for placement in &parcel.placements {
            packed[placement.item] += 1;
        }
    }
    for (item, (line, packed)) in order.items.iter().zip(packed).enumerate() {
        let ordered = u64::from(line.quantity);
        if packed != ordered {
            return Err(Violation::Quantity { item, packed, ordered });
        }
    }
    let sum: Cost = packing.parcels.iter().map(|parcel| parcel.cost).sum();
    if packing.cost != sum || packing.lower_bound > sum.total() {
        return Err(Violation::Sum);
    }
    Ok(())
}

fn verify_parcel(order: &Order<'_>, index: usize, parcel: &Parcel) -> Result<(), Violation> {
    let unknown = Violation::Unknown { parcel: index };
    let carton = order.cartons.get(parcel.carton).ok_or(unknown)?;
    let filler = match parcel.filler {
        Some(filler) => Some(order.fillers.get(filler).ok_or(unknown)?),
        None => None,
    };
    let units: Vec<(&Item, &Placement)> = parcel
        .placements
        .iter()
        .map(|placement| Some((order.items.get(placement.item)?, placement)))
        .collect::<Option<_>>()
        .ok_or(unknown)?;
    if units.is_empty() {
        return Err(Violation::Empty { parcel: index });
    }
    verify_contents(order, index, carton.inner.edges(), &units)?;

    let void = carton.inner.volume_mm3().checked_sub(volume(&units)).ok_or(unknown)?;
    let filling = filler.map_or(0, |filler| {
        (u128::from(filler.grams_per_liter) * u128::from(void)).div_ceil(1_000_000)
    });
    let contents: u64 = units.iter().map(|(item, _)| u64::from(item.weight_grams)).sum();
    let gross = u128::from(contents) + u128::from(carton.tare_grams) + filling;
    if gross > u128::from(carton.max_gross_grams) {
        let gross_grams = u64::try_from(gross).unwrap_or(u64::MAX);
        return Err(Violation::Overweight { parcel: index, gross_grams });
    }
    let cost = Cost::of(order.objective, carton, filler, void);
    if gross != u128::from(parcel.gross_grams) || cost != parcel.cost {
        return Err(Violation::ParcelSum { parcel: index });
    }
    Ok(())
}

/// The rules about how units lie beside each other in a box of these edges.
pub(super) fn verify_contents(
    order: &Order<'_>,
    parcel: usize,
    inner: [u32; 3],
    units: &[(&Item, &Placement)],
) -> Result<(), Violation> {
    for (unit, (item, placement)) in units.iter().enumerate() {
        let is_outside = (0..3).any(|axis| {
            u64::from(placement.at_mm[axis]) + u64::from(placement.size.edges()[axis])
                > u64::from(inner[axis])
        });
        if is_outside {
            return Err(Violation::Outside { parcel, unit });
        }
        if !lies_as_allowed(item, placement) {
            return Err(Violation::Orientation { parcel, unit });
        }
        let percent = u128::from(order.min_support_percent);
        if placement.at_mm[2] > 0 && percent > 0 {
            let base = area(placement, placement);
            let below =
                units.iter().filter(|(_, other)| top(other) == u64::from(placement.at_mm[2]));
            let supported: u128 = below.map(|(_, other)| area(placement, other)).sum();
            if supported * 100 < percent * base {
                return Err(Violation::Unsupported { parcel, unit });
            }
        }
    }
    for (first, a) in units.iter().enumerate() {
        for (second, b) in units.iter().enumerate().skip(first + 1) {
            verify_pair(order, parcel, (first, *a), (second, *b))?;
        }
    }
    Ok(())
}

fn verify_pair(
    order: &Order<'_>,
    parcel: usize,
    (first, (item, placement)): (usize, (&Item, &Placement)),
    (second, (other_item, other)): (usize, (&Item, &Placement)),
) -> Result<(), Violation> {
    if let (Some(a), Some(b)) = (item.class, other_item.class)
        && order.apart.iter().any(|pair| *pair == (a, b) || *pair == (b, a))
    {
        return Err(Violation::Mixed { parcel, first, second });
    }
    if area(placement, other) == 0 {
        return Ok(());
    }
    let ((below, lower), (above, upper)) = if top(placement) <= u64::from(other.at_mm[2]) {
        ((first, item), (second, other_item))
    } else if top(other) <= u64::from(placement.at_mm[2]) {
        ((second, other_item), (first, item))
    } else {
        return Err(Violation::Overlap { parcel, first, second });
    };
    let bears = upper.is_fragile && upper.weight_grams <= lower.weight_grams;
    if lower.is_fragile && !bears {
        return Err(Violation::UponFragile { parcel, below, above });
    }
    Ok(())
}

/// Whether the placed size is the item's with an edge upright that may be.
fn lies_as_allowed(item: &Item, placement: &Placement) -> bool {
    let edges = item.size.edges();
    let [length, width, height] = placement.size.edges();
    item.orientation.upright(item.size).into_iter().enumerate().any(|(upright, is_allowed)| {
        let (a, b) = (edges[(upright + 1) % 3], edges[(upright + 2) % 3]);
        is_allowed
            && height == edges[upright]
            && ((length, width) == (a, b) || (length, width) == (b, a))
    })
}

fn volume(units: &[(&Item, &Placement)]) -> u64 {
    units.iter().map(|(item, _)| item.size.volume_mm3()).sum()
}

fn top(placement: &Placement) -> u64 {
    u64::from(placement.at_mm[2]) + u64::from(placement.size.height_mm)
}

/// The area in mm² that two units share when seen from above.
fn area(a: &Placement, b: &Placement) -> u128 {
    let along = |axis: usize| {
        let (a_low, b_low) = (u64::from(a.at_mm[axis]), u64::from(b.at_mm[axis]));
        let a_high = a_low + u64::from(a.size.edges()[axis]);
        let b_high = b_low + u64::from(b.size.edges()[axis]);
        u128::from(a_high.min(b_high).saturating_sub(a_low.max(b_low)))
    };
    along(0) * along(1)
}
