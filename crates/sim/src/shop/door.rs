//! Buyers say that they have everything, or that it has not come; or time says it.

use ordermill_app::shipment::receipt::{ConfirmReceipt, Confirmed, Reported, report_not_received};
use ordermill_base::Id;
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::OrderId;
use ordermill_storage::{Tx, deadline};

use super::{Shop, buyer};
use crate::model::{Where, Wrong};

impl Shop {
    /// Some buyers look at their doors.
    pub(super) fn buyers_look_at_their_doors(&mut self) -> Result<(), Wrong> {
        let shipped: Vec<i64> = self
            .model
            .orders
            .iter()
            .filter(|(_, order)| !order.parcels.is_empty())
            .map(|(id, _)| *id)
            .collect();
        for _ in 0..self.random.between(1, 4) {
            let id = match shipped.is_empty() || self.random.percent(5) {
                true => match self.some_order() {
                    Some(id) if self.model.orders.contains_key(&id) => id,
                    _ => continue,
                },
                false => *self.random.pick(&shipped),
            };
            if self.random.percent(25) { self.is_missing(id)? } else { self.is_received(id)? }
        }
        Ok(())
    }

    fn is_received(&mut self, id: i64) -> Result<(), Wrong> {
        let should =
            if self.model.is_all_there(id) { Confirmed::Completed } else { Confirmed::Nothing };
        let (act, database) = (buyer(self.world.now()), self.world.database());
        let order = OrderId::from_raw(id);
        let is =
            self.world.run(async move { database.submit(ConfirmReceipt { act, order }).await });
        self.listen()?;
        match is {
            Some(Ok(is)) if is != Some(should) => {
                Err(format!("order {id} is received: {is:?}, should be {should:?}"))
            }
            Some(Err(error)) => Err(format!("order {id} is not received: {error}")),
            _ => Ok(()),
        }
    }

    fn is_missing(&mut self, id: i64) -> Result<(), Wrong> {
        let has_come = self.model.parcels_of(id).iter().any(|it| it.at == Where::Arrived);
        let is_known = self.model.orders[&id].disputed_at.is_some();
        let should = match (has_come, is_known) {
            (false, _) => Reported::NothingDelivered,
            (true, true) => Reported::Known,
            (true, false) => Reported::Opened,
        };
        let now = self.world.now();
        let (act, database) = (buyer(now), self.world.database());
        let order = OrderId::from_raw(id);
        let is = self.world.run(async move {
            let work = move |tx: &mut Tx<'_>| report_not_received(tx, &act, order);
            database.write(work).await
        });
        let is_done = match &is {
            Some(Ok(is)) if *is != should => {
                return Err(format!("order {id} has not come: {is:?}, should be {should:?}"));
            }
            Some(Err(error)) => return Err(format!("order {id} has not come: {error}")),
            Some(Ok(_)) => true,
            None => self.world.committed() > 0,
        };
        if is_done && should == Reported::Opened {
            self.model.disputed(id, now.as_micros());
        }
        self.listen()
    }

    /// What D16 has come to, where it came too early: it is over, and begins anew with the next parcel.
    pub(super) fn moot_receipts_end(&mut self) {
        let now = self.world.now().as_micros();
        let due = |it: &crate::model::Order| it.received_by.is_some_and(|due| due <= now);
        let due: Vec<i64> =
            self.model.orders.iter().filter(|it| due(it.1)).map(|it| *it.0).collect();
        for id in due.into_iter().filter(|id| !self.model.is_all_there(*id)).collect::<Vec<_>>() {
            let open = self.world.look(|tx| deadline::of(tx, OrderId::from_raw(id)));
            let is_armed = open.iter().any(|it| it.0 == DeadlineKind::ConfirmReceipt);
            if let Some(order) = self.model.orders.get_mut(&id).filter(|_| !is_armed) {
                order.received_by = None;
            }
        }
    }
}
