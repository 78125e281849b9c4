//! Orders: taking in, placing, canceling, showing, and the file that every other command works on.

pub mod cancel;
pub mod detail;
pub mod file;
pub mod intake;
pub mod place;

use ordermill_base::{Money, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::OrderId;
use ordermill_storage::order;

use self::intake::{Benefits, Intake, IntakeError, NewOrder};
use self::place::{PlaceOrderError, Placement};
use crate::Services;
use crate::shopper::guest_token;

/// The facts of a placed order that never change: what a creating call is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedFacts {
    /// Which order.
    pub id: OrderId,
    /// What it costs.
    pub total: Money,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Opens its page without an account.
    pub token: String,
}

/// Why an order was not placed; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum PlacingError {
    /// A field is missing or wrong, or it cannot be priced.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// No stock, or a key that was used for something else.
    #[error(transparent)]
    Place(#[from] PlaceOrderError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] ordermill_storage::Error),
}

impl Services {
    /// Takes in an order and places it, durably before the answer.
    pub async fn place_order(&self, act: Act, new: NewOrder) -> Result<PlacedFacts, PlacingError> {
        let id: OrderId = self.database().ids().next(act.at);
        let placed_at = act.at;
        let catalog = self.catalog();
        let intake = Intake { catalog: &catalog, vault: self.vault() };
        let (command, _) = intake.prepare(id, act, new, Benefits::default())?;
        let total = command.placed.amounts.total();
        match self.database().submit(command).await?? {
            Placement::New(id) => Ok(self.placed_facts(id, total, placed_at)),
            Placement::Existing(id) => {
                let stored = self.database().read(move |tx| order::fetch(tx, id)).await?;
                let stored = stored.ok_or(ordermill_storage::Error::Stale("an order"))?;
                let facts = stored.order.facts();
                Ok(self.placed_facts(id, facts.amounts.total(), facts.milestones.placed_at))
            }
        }
    }

    fn placed_facts(&self, id: OrderId, total: Money, placed_at: Timestamp) -> PlacedFacts {
        PlacedFacts { id, total, placed_at, token: guest_token(self.vault(), id, placed_at) }
    }
}
