//! A second look at an assignment, sharing no code with the search.

use super::{Assignment, Wave};

/// A rule that an assignment breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// There are more or fewer lists of shares than orders.
    #[error("the assignment is not for these orders")]
    Orders,
    /// A share comes from where the order has no route, from where another share comes, has not one
    /// quantity for each line or none at all, or ships goods that may not be shipped from there.
    #[error("share {share} of order {order} is not allowed")]
    Share {
        /// Index of the order.
        order: usize,
        /// Index among its shares.
        share: usize,
    },
    /// More parcels than the order allows.
    #[error("order {order} has too many parcels")]
    Parcels {
        /// Index of the order.
        order: usize,
    },
    /// More units than the line wants.
    #[error("line {line} of order {order} gets too much")]
    TooMuch {
        /// Index of the order.
        order: usize,
        /// Index of the line.
        line: usize,
    },
    /// More units than the location has.
    #[error("location {location} has too few units of SKU {sku}")]
    Stock {
        /// Index of the location.
        location: usize,
        /// Index of the SKU.
        sku: usize,
    },
    /// More parcels than the location can ship.
    #[error("location {location} has too many parcels")]
    Capacity {
        /// Index of the location.
        location: usize,
    },
    /// The cost is not what the shares cost, or it is outside of its bounds.
    #[error("the assignment costs {cost}")]
    Cost {
        /// What the shares cost.
        cost: u64,
    },
}

/// Checks every rule and the cost.
///
/// # Errors
/// The first rule that the assignment breaks.
pub fn check(wave: &Wave<'_>, assignment: &Assignment) -> Result<(), Mistake> {
    if assignment.shares.len() != wave.orders.len() {
        return Err(Mistake::Orders);
    }
    let mut stock: Vec<Vec<u32>> = wave.stock.to_vec();
    let mut parcels_left = wave.parcels_left.to_vec();
    let mut cost = 0_u64;
    for (order, (wanted, shares)) in wave.orders.iter().zip(&assignment.shares).enumerate() {
        let mut missing: Vec<u32> = wanted.lines.iter().map(|line| line.quantity).collect();
        for (at, share) in shares.iter().enumerate() {
            let mistake = Mistake::Share { order, share: at };
            let is_repeated = shares[..at].iter().any(|other| other.location == share.location);
            let is_empty = share.quantities.iter().all(|quantity| *quantity == 0);
            if is_repeated || is_empty || share.quantities.len() != wanted.lines.len() {
                return Err(mistake);
            }
            let mut routes = wanted.routes.iter();
            let route = routes.find(|route| route.location == share.location).ok_or(mistake)?;
            cost += u64::from(route.parcel_cost)
                + u64::from(if at > 0 { wanted.split_cost } else { 0 });
            let location = share.location;
            let parcels = parcels_left.get_mut(location).ok_or(mistake)?;
            *parcels = parcels.checked_sub(1).ok_or(Mistake::Capacity { location })?;
            for (line, &units) in
                share.quantities.iter().enumerate().filter(|(_, units)| **units > 0)
            {
                let sku = wanted.lines[line].sku;
                let unit_cost = route.unit_costs.get(line).copied().flatten().ok_or(mistake)?;
                cost += u64::from(unit_cost) * u64::from(units);
                let too_much = Mistake::TooMuch { order, line };
                missing[line] = missing[line].checked_sub(units).ok_or(too_much)?;
                let level = stock.get_mut(location).and_then(|stock| stock.get_mut(sku));
                let level = level.ok_or(mistake)?;
                *level = level.checked_sub(units).ok_or(Mistake::Stock { location, sku })?;
            }
        }
        if shares.len() as u64 > u64::from(wanted.max_parcels) {
            return Err(Mistake::Parcels { order });
        }
        for (line, missing) in wanted.lines.iter().zip(missing) {
            cost += u64::from(line.unfilled_cost) * u64::from(missing);
        }
    }
    let is_within = assignment.lower_bound <= cost && cost <= assignment.greedy_cost;
    if cost != assignment.cost || !is_within {
        return Err(Mistake::Cost { cost });
    }
    Ok(())
}
