//! Bugs of the floor and of carriers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ordermill_base::Id;
use ordermill_domain::ids::ShipmentId;
use ordermill_domain::shipment::Scan;
use ordermill_ports::Answer;
use ordermill_ports::carrier::{
    Account, Carrier, CarrierError, CarrierKind, Instruction, Label, LabelRequest, Parcel, Pickup,
    PickupRequest, Rate, UnusableAccount, Voided,
};
use ordermill_storage::Value;

use super::{Bug, sabotage};
use crate::carriers::SimCarriers;
use crate::model::Barcode;
use crate::world::World;

impl Bug {
    /// What a scanner says, if what it says is not looked at.
    pub(crate) fn in_scan(bug: Option<Self>, scanned: &Barcode, right: Option<Barcode>) -> Barcode {
        match right {
            Some(right) if bug == Some(Self::WrongScanCounts) => right,
            _ => scanned.clone(),
        }
    }

    pub(crate) fn after_short(bug: Option<Self>, world: &mut World) {
        match bug {
            // The piece is noted as missing, and the bin still keeps it for the list.
            Some(Self::ShortKeepsClaim) => sabotage(
                world,
                "UPDATE stock_bins SET claimed = claimed + 1 WHERE claimed < on_hand AND bin_id = (
                    SELECT bin_id FROM pick_lines WHERE short > 0 AND bin_id IS NOT NULL
                     ORDER BY pick_list_id DESC, no DESC LIMIT 1)",
                &[],
            ),
            // What was given up is still promised where it was not found.
            Some(Self::ShortKeepsPromise) => sabotage(
                world,
                "UPDATE stock_levels SET allocated = allocated + 1
                  WHERE on_hand > allocated + reserved AND (sku_id, location_id) IN (
                    SELECT l.sku_id, p.location_id FROM pick_lines l
                      JOIN pick_lists p ON p.id = l.pick_list_id WHERE l.short > 0
                     ORDER BY l.pick_list_id DESC, l.no DESC LIMIT 1)",
                &[],
            ),
            _ => {}
        }
    }

    pub(crate) fn after_substitute(bug: Option<Self>, world: &mut World) {
        if bug == Some(Self::SubstituteUnclaimed) {
            // Its line is there, and whoever comes next buys the same pieces.
            sabotage(
                world,
                "UPDATE stock_levels SET allocated = allocated - 1
                  WHERE allocated > 0 AND (sku_id, location_id) IN (
                    SELECT r.sku_id, r.location_id FROM reservations r
                      JOIN order_lines l ON l.order_id = r.order_id AND l.line_no = r.line_no
                     WHERE l.stands_for IS NOT NULL AND r.state = 'allocated'
                     ORDER BY r.order_id DESC, r.line_no DESC, r.part DESC LIMIT 1)",
                &[],
            );
        }
    }

    pub(crate) fn after_hand_over(bug: Option<Self>, world: &mut World) {
        if bug == Some(Self::LeavesTwice) {
            // The carrier's scan and the closed list have both booked the pieces out.
            sabotage(
                world,
                "UPDATE stock_levels SET on_hand = on_hand - 1
                  WHERE on_hand > allocated + reserved AND (sku_id, location_id) IN (
                    SELECT sku_id, location_id FROM stock_movements
                     WHERE kind = 'ship' ORDER BY id DESC LIMIT 1)",
                &[],
            );
        }
    }

    pub(crate) fn after_pushes(bug: Option<Self>, world: &mut World) {
        if bug == Some(Self::OldPushCounts) {
            // The push that came last counts, whenever its scan was.
            sabotage(
                world,
                "UPDATE shipments SET state = 'handed_over', track = 'in_transit',
                    delivered_at = NULL
                  WHERE id = (SELECT MAX(id) FROM shipments WHERE state = 'delivered')",
                &[],
            );
        }
    }

    /// Somebody cancels an order of which something has left, and is refused.
    pub(crate) fn after_late_cancel(bug: Option<Self>, world: &mut World, order: i64) {
        if bug == Some(Self::CanceledAfterLeaving) {
            sabotage(
                world,
                "UPDATE stock_levels SET on_hand = on_hand + 1 WHERE (sku_id, location_id) IN (
                    SELECT sku_id, location_id FROM reservations
                     WHERE order_id = $1 AND state = 'consumed' LIMIT 1)",
                &[Value::Int(order)],
            );
        }
    }

    pub(crate) fn before_put_away(bug: Option<Self>, world: &mut World) {
        if bug == Some(Self::ToteForgotten) {
            sabotage(world, "DELETE FROM tasks WHERE kind = 'put_back'", &[]);
        }
    }

    pub(crate) fn at_carriers(bug: Option<Self>, carriers: SimCarriers) -> Arc<dyn CarrierKind> {
        if bug == Some(Self::LabelPerTry) {
            return Arc::new(Forgetful(carriers));
        }
        Arc::new(carriers)
    }
}

/// Clients of carriers that forget what they have asked for.
struct Forgetful(SimCarriers);

impl CarrierKind for Forgetful {
    fn name(&self) -> &str {
        CarrierKind::name(&self.0)
    }

    fn connect(&self, account: &Account) -> Result<Arc<dyn Carrier>, UnusableAccount> {
        let one = CarrierKind::connect(&self.0, account)?;
        Ok(Arc::new(One { one, tries: Mutex::default() }))
    }
}

struct One {
    one: Arc<dyn Carrier>,
    tries: Mutex<HashMap<i64, i64>>,
}

impl Carrier for One {
    fn code(&self) -> &str {
        self.one.code()
    }

    fn rate<'a>(&'a self, parcel: &'a Parcel) -> Answer<'a, Result<Vec<Rate>, CarrierError>> {
        self.one.rate(parcel)
    }

    fn label<'a>(&'a self, request: &'a LabelRequest) -> Answer<'a, Result<Label, CarrierError>> {
        let asked = request.reference.raw();
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let nth = tries.entry(asked).or_default();
        let reference = ShipmentId::from_raw(asked + *nth);
        *nth += 1;
        let request = LabelRequest { reference, ..request.clone() };
        Box::pin(async move { self.one.label(&request).await })
    }

    fn find(&self, _reference: ShipmentId) -> Answer<'_, Result<Option<Label>, CarrierError>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn pickup<'a>(
        &'a self,
        request: &'a PickupRequest,
    ) -> Answer<'a, Result<Pickup, CarrierError>> {
        self.one.pickup(request)
    }

    fn track<'a>(&'a self, waybill: &'a str) -> Answer<'a, Result<Vec<Scan>, CarrierError>> {
        self.one.track(waybill)
    }

    fn void(&self, reference: ShipmentId) -> Answer<'_, Result<Voided, CarrierError>> {
        self.one.void(reference)
    }

    fn instruct<'a>(
        &'a self,
        instruction: &'a Instruction,
    ) -> Answer<'a, Result<(), CarrierError>> {
        self.one.instruct(instruction)
    }
}
