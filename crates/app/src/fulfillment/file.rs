//! A fulfillment in the hands of one command: loaded and locked, changed in memory by the domain's rules,
//! written back once.

use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::{
    Event, Fulfillment, FulfillmentError, Line, Planned, RejectReason,
};
use ordermill_domain::ids::{FulfillmentId, OrderId};
use ordermill_storage::{Error, Tx, fulfillment, order};

use crate::order::file::FileError;

/// Why a fulfillment could not be changed; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// No such fulfillment.
    #[error("fulfillment {0} not found")]
    NotFound(FulfillmentId),
    /// Its rules refuse.
    #[error(transparent)]
    Refused(#[from] FulfillmentError),
    /// The order behind it, or the stock.
    #[error(transparent)]
    Order(#[from] FileError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl WorkError {
    /// For commands whose refusals are decided before they touch a file: what is left is a defect.
    pub fn into_storage(self) -> Error {
        match self {
            Self::Storage(error) => error,
            Self::Order(error) => error.into_storage(),
            defect => Error::Defect(defect.into()),
        }
    }
}

/// A fulfillment with what has happened to it in this command.
#[derive(Debug)]
pub struct FulfillmentFile {
    /// The fulfillment as it is now. Change it by its steps, and tell [`FulfillmentFile::happened`].
    pub work: Fulfillment,
    /// Its version before; 0 if it was planned by this command.
    version_before: i64,
    lines_before: Vec<Line>,
    happened: Vec<(Act, Event, i64)>,
}

impl FulfillmentFile {
    /// Loads one, locked.
    ///
    /// # Errors
    /// [`WorkError::NotFound`] if there is none.
    pub fn load(tx: &mut Tx<'_>, id: FulfillmentId) -> Result<Self, WorkError> {
        Self::load_each(tx, &[id])?.pop().ok_or(WorkError::NotFound(id))
    }

    /// Loads many, sorted by id and locked; those that do not exist are left out. A command that also
    /// changes their orders locks these before.
    pub fn load_each(tx: &mut Tx<'_>, ids: &[FulfillmentId]) -> Result<Vec<Self>, Error> {
        let found = fulfillment::fetch_each_for_update(tx, ids)?;
        Ok(found.into_iter().map(Self::stored).collect())
    }

    /// Loads all fulfillments of orders, locked behind their orders and before the stock: call it before
    /// [`OrderFile::load_each`](crate::order::file::OrderFile::load_each).
    pub fn of_orders(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<Vec<Self>, Error> {
        let mut orders = orders.to_vec();
        orders.sort_unstable();
        orders.dedup();
        order::lock_each(tx, &orders)?;
        let ids: Vec<FulfillmentId> =
            fulfillment::of_each(tx, &orders)?.iter().map(Fulfillment::id).collect();
        Self::load_each(tx, &ids)
    }

    fn stored(work: Fulfillment) -> Self {
        let version_before = work.version();
        let lines_before = work.facts().lines.clone();
        Self { work, version_before, lines_before, happened: Vec::new() }
    }

    /// Plans a new one.
    pub fn plan(id: FulfillmentId, act: &Act, planned: Planned) -> Result<Self, FulfillmentError> {
        let (work, event) = Fulfillment::plan(id, planned, act.at)?;
        let happened = vec![(act.clone(), event, 1)];
        Ok(Self { work, version_before: 0, lines_before: Vec::new(), happened })
    }

    /// Takes a step: one of the domain's, given by the closure.
    pub fn step(
        &mut self,
        act: &Act,
        step: impl FnOnce(&mut Fulfillment) -> Result<Event, FulfillmentError>,
    ) -> Result<(), FulfillmentError> {
        let event = step(&mut self.work)?;
        self.happened.push((act.clone(), event, self.work.version()));
        Ok(())
    }

    /// Its location gives it back.
    pub fn reject(&mut self, act: &Act, reason: RejectReason) -> Result<(), FulfillmentError> {
        self.step(act, |work| work.reject(reason, act.at))
    }

    /// Writes everything that has changed, and the events in their order.
    pub fn save(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        Self::save_each(tx, &[self])
    }

    /// As [`FulfillmentFile::save`], for many.
    pub fn save_each(tx: &mut Tx<'_>, files: &[&Self]) -> Result<(), Error> {
        let new = files.iter().filter(|file| file.version_before == 0);
        fulfillment::insert_each(tx, new.map(|file| &file.work))?;
        let changed = files.iter().filter(|it| it.version_before > 0 && !it.happened.is_empty());
        let changed: Vec<_> = changed.map(|file| (&file.work, file.version_before)).collect();
        fulfillment::update_each(tx, &changed)?;
        fulfillment::update_lines(tx, files.iter().flat_map(|file| file.changed_lines()))?;
        let events = files.iter().flat_map(|file| {
            let id = file.work.id();
            file.happened.iter().map(move |(act, event, at)| (act, id, *at, event))
        });
        fulfillment::record_each(tx, events)
    }

    fn changed_lines(&self) -> impl Iterator<Item = (FulfillmentId, &Line)> {
        let lines = self.work.facts().lines.iter().zip(&self.lines_before);
        lines.filter(|(now, before)| now != before).map(|(now, _)| (self.work.id(), now))
    }
}
