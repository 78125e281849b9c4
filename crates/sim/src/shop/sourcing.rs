//! Locations are chosen for orders, give work back, and fail.

use std::sync::Arc;

use ordermill_app::fulfillment::WorkError;
use ordermill_app::permission::Principal;
use ordermill_app::sourcing::by_hand::{self, ByHandError, Seen};
use ordermill_app::sourcing::{self, arrivals};
use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::RejectReason;
use ordermill_domain::ids::{FulfillmentId, LocationId, OrderId};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Tx, fulfillment, journal, task};

use super::{Shop, operator};
use crate::ground;
use crate::model::{Stage, Wrong};

impl Shop {
    /// Locations are chosen for what was confirmed or given back. Whom nobody ships, a person is asked
    /// about.
    pub(super) fn orders_are_sourced(&mut self) -> Result<(), Wrong> {
        let catalog = self.world.services().catalog_holder();
        self.read_on(sourcing::READER, sourcing::reader(Arc::clone(&catalog)))?;
        self.read_on(arrivals::READER, arrivals::reader(catalog))?;
        let read = self.world.look(|tx| journal::cursor(tx, sourcing::READER)).position.raw();
        for order in self.model.nobody_ships(read) {
            let asked = self.world.look(|tx| task::find_open(tx, TaskKind::Sourcing, order));
            if asked.is_none() {
                return Err(format!("nobody ships order {order}, and nobody is asked"));
            }
        }
        Ok(())
    }

    /// Somebody sends work elsewhere or gives it back, makes an order urgent, or a location fails.
    pub(super) fn work_is_moved(&mut self) -> Result<(), Wrong> {
        let open: Vec<(i64, i64, i64)> = (self.model.works.iter().rev())
            .filter(|(_, work)| work.is_open())
            .take(20)
            .map(|(id, work)| (*id, work.order, work.location))
            .collect();
        let what = self.random.below(8);
        let to = LocationId::from_raw(self.random.between(1, ground::LOCATIONS));
        if open.is_empty() {
            return Ok(());
        }
        let (id, order, location) = *self.random.pick(&open);
        let work = &self.model.works[&id];
        let may_be_given_back = work.stage.may_be_given_back() && !work.has_picked();
        let id = FulfillmentId::from_raw(id);
        let stored = self.world.look(|tx| fulfillment::fetch(tx, id)).ok_or("work is gone")?;
        let seen = Seen { id, version: stored.version() };
        let is_planned = |work: &i64| self.model.works[work].stage == Stage::Planned;
        let has_planned = self.model.orders[&order].works.iter().any(is_planned);
        let (order, location) = (OrderId::from_raw(order), LocationId::from_raw(location));
        let act = Act { reason: Some("so be it".to_owned()), ..operator(self.world.now()) };
        let services = self.world.services();
        let (database, catalog) = (self.world.database(), services.catalog());
        let moved = self.world.run(async move {
            let principal = Principal::system("sim");
            let work = move |tx: &mut Tx<'_>| match what {
                0..3 => by_hand::send_to(tx, &catalog, &principal, &act, seen, to),
                3..6 => {
                    let reason = RejectReason::Damaged;
                    by_hand::give_back(tx, &catalog, &principal, &act, seen, reason)
                }
                6 => by_hand::hurry(tx, &catalog, &principal, &act, order),
                _ => by_hand::pool(tx, &catalog, &principal, &act, location).map(drop),
            };
            database.write(work).await
        });
        match moved {
            // Whether the other location has the pieces is its own matter; all else may be done.
            None | Some(Err(ByHandError::NotThere)) => self.listen(),
            Some(Ok(())) if may_be_given_back || what >= 6 => self.listen(),
            Some(Err(ByHandError::Work(WorkError::Refused(_)))) if !may_be_given_back => {
                self.listen()
            }
            Some(Err(ByHandError::NothingPlanned(_))) if what == 6 && !has_planned => self.listen(),
            Some(Ok(())) => Err(format!("work {id} is moved, and pieces of it lie in totes")),
            Some(Err(error)) => Err(format!("work {id} is not moved: {error}")),
        }
    }
}
