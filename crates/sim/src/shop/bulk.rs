//! An operator cancels in bulk whatever came in during the last minutes.

use std::collections::BTreeSet;
use std::sync::Arc;

use ordermill_app::bulk::walk::{Round, Walker};
use ordermill_app::bulk::{StartBulkError, start};
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_base::id::first_at;
use ordermill_base::{Id, Span};
use ordermill_domain::actor::Act;
use ordermill_domain::bulk::{State, Work};
use ordermill_domain::ids::BulkId;
use ordermill_domain::order::CancelReason;
use ordermill_domain::role::Role;
use ordermill_storage::order::Filter;
use ordermill_storage::{Error, Tx, bulk};

use super::Shop;
use super::buying::request_key;
use crate::model::Wrong;

/// Bulk work that is under way: all orders from an id on that were there when it was started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bulk {
    id: BulkId,
    from: i64,
}

impl Shop {
    /// Bulk work is started, some of it twice with one key, or goes on where it was.
    pub(super) fn orders_are_canceled_in_bulk(&mut self) -> Result<(), Wrong> {
        if self.bulk.is_none() {
            self.start_bulk()?;
        }
        self.bulk_goes_on()
    }

    fn start_bulk(&mut self) -> Result<(), Wrong> {
        let from = self.world.now() - Span::seconds(self.random.between(1, 300));
        let filter = Filter { placed_from: Some(from), ..Filter::default() };
        self.requests += 1;
        let key = request_key(&format!("b{}", self.requests), self.requests);
        let times = 1 + u32::from(self.random.percent(40));
        for nth in 0..times {
            let principal = Principal::Staff(Arc::new(StaffMember {
                id: self.operator,
                name: "Lin".to_owned(),
                roles: vec![Role::Operations],
                location: None,
            }));
            let reason = Some("sold by mistake".to_owned());
            let act = Act { reason, ..principal.act(self.world.now()) };
            let (filter, key, database) = (filter.clone(), key.clone(), self.world.database());
            let work = Work::Cancel(CancelReason::Operator);
            let begin =
                move |tx: &mut Tx<'_>| start(tx, &principal, &act, Some(&key), work, &filter);
            let answer = self.world.run(async move { database.write(begin).await });
            let before = self.bulk.map(|bulk| bulk.id);
            match answer {
                Some(Ok(id)) if before.is_some_and(|before| before != id) => {
                    return Err(format!("one form has started {before:?} and {id}"));
                }
                Some(Ok(id)) => self.bulk = Some(Bulk { id, from: first_at(from) }),
                Some(Err(StartBulkError::Storage(error))) => {
                    return Err(format!("bulk work is not started, try {nth}: {error}"));
                }
                Some(Err(error)) => return Err(format!("bulk work, try {nth}: {error}")),
                // Nobody knows whether it was started; what runs is found again.
                None => {
                    let running = self.world.look(|tx| bulk::running(tx, 1)).pop();
                    let from = first_at(from);
                    self.bulk = running.map(|bulk| Bulk { id: bulk.id, from });
                }
            }
        }
        self.listen()
    }

    /// The walk goes on to its end, or dies on the way.
    pub(super) fn bulk_goes_on(&mut self) -> Result<(), Wrong> {
        let Some(Bulk { id, from }) = self.bulk else { return Ok(()) };
        let open: BTreeSet<i64> = self.open_orders();
        let (database, now) = (self.world.database(), self.world.now());
        let holder = format!("process {}", self.world.crashes);
        let walked = self.world.run(async move {
            let walker = Walker::new(database, holder);
            while let Round::Walked(_) = walker.step(now).await? {}
            Ok::<_, Error>(())
        });
        self.settled("bulk work", walked)?;
        let still_open = self.open_orders();
        let is_meant = |order: &&i64| (from..id.raw()).contains(*order);
        if let Some(order) = open.difference(&still_open).find(|order| !is_meant(order)) {
            return Err(format!("bulk work cancels order {order}, which is not of its view"));
        }
        let stored = self.world.look(|tx| bulk::fetch(tx, id)).ok_or("bulk work is gone")?;
        match stored.state {
            State::Running => Ok(()),
            State::Stopped => Err("bulk work was stopped by nobody".to_owned()),
            State::Done => {
                self.bulk = None;
                match still_open.iter().find(is_meant) {
                    Some(order) => Err(format!("bulk work is done and has left out {order}")),
                    None => Ok(()),
                }
            }
        }
    }

    fn open_orders(&self) -> BTreeSet<i64> {
        let orders = self.model.orders.keys().copied();
        orders.filter(|id| self.model.may_cancel(*id) == Some(true)).collect()
    }
}
