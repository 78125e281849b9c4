//! Buyers and operators cancel; some cancel twice, or what does not exist.

use ordermill_app::order::cancel::{CancelOrderError, cancel_order};
use ordermill_app::order::file::FileError;
use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::CancelReason;
use ordermill_storage::Database;

use super::{Shop, all, buyer};
use crate::bug::Bug;
use crate::model::{Pay, PayState, Wrong};

/// Of so many buyers at once, one cancels.
const AT_ONCE: u64 = 15;

impl Shop {
    pub(super) fn somebody_cancels(&mut self) -> Result<(), Wrong> {
        let count = 1 + self.random.below(self.batch_max.div_ceil(AT_ONCE));
        let mut ids: Vec<i64> = (0..count).filter_map(|_| self.some_order()).collect();
        ids.sort_unstable();
        ids.dedup();
        let (act, database, bug) = (buyer(self.world.now()), self.world.database(), self.bug);
        let work: Vec<_> =
            ids.iter().map(|id| cancel(database.clone(), *id, act.clone(), bug)).collect();
        let answers = self.world.run(async move { all(work.into_iter().map(tokio::spawn)).await });
        for (id, answer) in ids.into_iter().zip(answers.into_iter().flatten()) {
            let should = self.model.may_cancel(id);
            let is = match answer? {
                Ok(is_canceled) => Some(is_canceled),
                Err(CancelOrderError::File(FileError::NotFound(_))) => None,
                Err(error) => return Err(format!("canceling order {id}: {error}")),
            };
            if is != should {
                return Err(format!("canceling order {id} is {is:?}, should be {should:?}"));
            }
        }
        self.listen()
    }

    /// A paid one, a newer one, or one that does not exist.
    pub(super) fn some_order(&mut self) -> Option<i64> {
        if self.random.percent(2) {
            return Some(17);
        }
        if self.random.percent(50) {
            let captured = |pay: &&Pay| pay.state == PayState::Captured;
            let mut paid = self.model.payments.values().rev().filter(captured);
            let nth = self.random.below(8) as usize;
            if let Some(pay) = paid.nth(nth) {
                return Some(pay.order);
            }
        }
        let newest = self.model.orders.len().checked_sub(1)?;
        let back = self.random.below(300).min(newest as u64) as usize;
        self.model.orders.keys().rev().nth(back).copied()
    }
}

pub(super) async fn cancel(
    database: Database,
    id: i64,
    act: Act,
    bug: Option<Bug>,
) -> Result<bool, CancelOrderError> {
    let order = OrderId::from_raw(id);
    database
        .write(move |tx| {
            let is_canceled = cancel_order(tx, &act, order, CancelReason::Buyer)?;
            if is_canceled {
                Bug::in_cancel(bug, tx, order)?;
            }
            Ok(is_canceled)
        })
        .await
}
