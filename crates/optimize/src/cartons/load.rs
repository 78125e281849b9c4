//! One container: as much volume as possible.

use super::beam::most;
use super::choose::placements;
use super::cost::Objective;
use super::fill::Work;
use super::task::Task;
use super::{Carton, Cost, Error, Item, Order, Packing, Parcel, Placement, verify};

/// What lies in a container, and what stays behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loading {
    /// The units that are loaded, from the floor up.
    pub placements: Vec<Placement>,
    /// Their volume in mm³.
    pub volume_mm3: u64,
    /// How many units of each item stay behind.
    pub left: Vec<u32>,
}

/// Loads as much volume of an order's items as it finds room for in one container. The order's own
/// cartons, fillers and objective do not matter; its other rules and its effort do.
///
/// # Errors
/// If a size or a number is out of range, or classes are too many. Items that do not fit stay behind.
pub fn load(order: &Order<'_>, container: &Carton) -> Result<Loading, Error> {
    let cartons = [*container];
    let order =
        Order { cartons: &cartons, fillers: &[], objective: Objective::default(), ..*order };
    let task = Task::new(&order)?;
    let bin = most(&task, 0, &task.counts, &mut Work(order.effort.places));
    let loaded = bin.counts(order.items.len());
    let loading = Loading {
        placements: placements(&bin),
        volume_mm3: bin.volume,
        left: order
            .items
            .iter()
            .zip(&loaded)
            .map(|(item, loaded)| item.quantity - loaded)
            .collect(),
    };
    verify_loading(&order, &loading).map_err(Error::Refuted)?;
    Ok(loading)
}

/// The loading seen as the only parcel of an order for just what is loaded.
fn verify_loading(order: &Order<'_>, loading: &Loading) -> Result<(), super::Violation> {
    let items: Vec<Item> = order
        .items
        .iter()
        .zip(&loading.left)
        .map(|(item, left)| Item { quantity: item.quantity - left, ..*item })
        .collect();
    let Some(carton) = order.cartons.first().filter(|_| !loading.placements.is_empty()) else {
        return Ok(());
    };
    let contents: u64 =
        items.iter().map(|item| u64::from(item.quantity) * u64::from(item.weight_grams)).sum();
    let void = carton.inner.volume_mm3().saturating_sub(loading.volume_mm3);
    let cost = Cost::of(order.objective, carton, None, void);
    let parcel = Parcel {
        carton: 0,
        filler: None,
        placements: loading.placements.clone(),
        gross_grams: contents + u64::from(carton.tare_grams),
        cost,
    };
    verify(
        &Order { items: &items, ..*order },
        &Packing { parcels: vec![parcel], cost, lower_bound: 0 },
    )
}
