//! Cartonization: real orders beside what a packer in wide use makes of them, and container loading
//! beside the fullest loadings that are known. One core.

use std::time::Instant;

use anyhow::Result;
use ordermill_instances::Read;
use ordermill_instances::cartons::{Orders, bischoff_ratcliff, boxpacker, foodmart};
use ordermill_optimize::cartons::{Effort, Objective, Order, load, pack};

use crate::Figure;

/// Above the dearest carton: the fewest cartons first, then the cheapest.
const FEWEST: Objective = Objective { parcel_cost: 100_000, not_recyclable_cost: 0 };
/// A container is worth more thought than an order.
const CONTAINER_EFFORT: Effort = Effort { places: 2_000_000, seed: 1 };

/// Real orders beside BoxPacker's results.
pub(super) fn orders_of_boxpacker(read: Read<'_>) -> Result<Figure> {
    orders("cartons, real orders", &boxpacker(read)?)
}

/// Orders with a larger catalog of cartons.
pub(super) fn orders_of_foodmart(read: Read<'_>) -> Result<Figure> {
    orders("cartons, foodmart", &foodmart(read)?)
}

/// Packs all orders once. Costs are sums in minor units; `worse` counts orders that took more cartons
/// than the reference, `fewer` those that took less, `proven` those that no packing beats.
fn orders(name: &str, orders: &Orders) -> Result<Figure> {
    let (mut cost, mut cartons, mut proven) = (0, 0, 0_u32);
    let (mut reference_cost, mut reference_cartons, mut worse, mut fewer) = (0, 0, 0_u32, 0_u32);
    let mut seconds = 0.0;
    for case in &orders.cases {
        let order = Order { objective: FEWEST, ..Order::new(&case.items, &orders.cartons) };
        let start = Instant::now();
        let packing = pack(&order)?;
        seconds += start.elapsed().as_secs_f64();
        cost += packing.cost.cartons;
        cartons += packing.parcels.len();
        proven += u32::from(packing.cost.total() == packing.lower_bound);
        if let Some(reference) = case.reference {
            reference_cost += reference.least_cost(&case.items, &orders.cartons).unwrap_or(0);
            reference_cartons += reference.cartons;
            worse += u32::from(packing.parcels.len() > reference.cartons);
            fewer += u32::from(packing.parcels.len() < reference.cartons);
        }
    }
    let figure = Figure::once(name, "–", orders.cases.len() as u64, seconds)
        .with("cost", cost as f64)
        .with("cartons", cartons as f64)
        .with("proven", proven.into());
    if reference_cartons == 0 {
        return Ok(figure);
    }
    Ok(figure
        .with("reference_cost_at_least", reference_cost as f64)
        .with("reference_cartons", reference_cartons as f64)
        .with("worse", worse.into())
        .with("fewer", fewer.into()))
}

/// Loads each container once. Shares are means over the instances, in percent of the container's volume.
pub(super) fn containers(read: Read<'_>) -> Result<Figure> {
    let cases = bischoff_ratcliff(read)?;
    let (mut filled, mut known, mut seconds) = (0.0, 0.0, 0.0);
    for case in &cases {
        let order = Order { effort: CONTAINER_EFFORT, ..Order::new(&case.items, &[]) };
        let start = Instant::now();
        let loading = load(&order, &case.container)?;
        seconds += start.elapsed().as_secs_f64();
        let volume = case.container.inner.volume_mm3() as f64;
        filled += loading.volume_mm3 as f64 / volume;
        known += case.known_mm3 as f64 / volume;
    }
    let percent = |sum: f64| 100.0 * sum / cases.len().max(1) as f64;
    Ok(Figure::once("container, BR1 to BR7", "–", cases.len() as u64, seconds)
        .with("filled_percent", percent(filled))
        .with("best_known_percent", percent(known)))
}
