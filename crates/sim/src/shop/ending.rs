//! Buyers and operators cancel, some twice, or what does not exist; operators give money back.

use ordermill_app::order::cancel::{CancelOrderError, cancel_order};
use ordermill_app::order::file::FileError;
use ordermill_app::payment::refund::GrantRefundError;
use ordermill_app::payment::refund_order::{
    RefundDecision, RefundOrder, RefundOrderError, refund_order,
};
use ordermill_app::permission::Principal;
use ordermill_base::{Currency, Id, Money};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, PaymentId};
use ordermill_domain::order::CancelReason;
use ordermill_storage::{Database, Tx};

use super::buying::request_key;
use super::{Shop, all, buyer, operator};
use crate::Trade;
use crate::bug::Bug;
use crate::model::{ByHand, Pay, PayState, Status, Wrong};

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
                Err(CancelOrderError::File(FileError::Refused(_)))
                    if self.model.is_too_late(id) =>
                {
                    Bug::after_late_cancel(bug, &mut self.world, id);
                    self.model.touched.insert(id);
                    Some(false)
                }
                Err(error) => return Err(format!("canceling order {id}: {error}")),
            };
            if is != should {
                return Err(format!("canceling order {id} is {is:?}, should be {should:?}"));
            }
        }
        self.listen()
    }

    /// An operator gives money of a confirmed order back, in part or all that is left; some ask twice
    /// with one key.
    pub(super) fn money_goes_back_by_hand(&mut self) -> Result<(), Wrong> {
        let Some(id) = self.some_confirmed_order() else { return Ok(()) };
        let left = self.model.with_money_free(id);
        let chosen = match left.as_slice() {
            [] => None,
            all => Some(*self.random.pick(all)),
        };
        let (payment, amount) = match chosen {
            Some((payment, left)) => (payment, self.random.between(1, left + left / 4)),
            None => (0, 1),
        };
        let is_due = chosen.is_some_and(|(_, left)| amount <= left);
        self.requests += 1;
        let request = RefundOrder {
            order: OrderId::from_raw(id),
            payment: chosen.map(|(payment, _)| PaymentId::from_raw(payment)),
            amount: Some(Money::new(amount, Currency::Cny)),
            key: Some(request_key(&format!("r{}", self.requests), self.requests)),
        };
        let request = Bug::in_refund(self.bug, request);
        let times = 1 + u32::from(self.random.percent(40));
        for nth in 0..times {
            // A crash may have come before or after the first; the second finds out.
            self.model.by_hand = is_due.then_some(ByHand { payment, amount });
            let act = Act { reason: Some("goodwill".to_owned()), ..operator(self.world.now()) };
            let (database, request) = (self.world.database(), request.clone());
            let answer = self.world.run(async move {
                let principal = Principal::system("sim");
                let give = move |tx: &mut Tx<'_>| refund_order(tx, &principal, &act, &request);
                database.write(give).await
            });
            self.listen()?;
            self.model.by_hand = None;
            let is_granted = match answer {
                None => continue,
                Some(Ok(RefundDecision::Granted(_))) => true,
                Some(Ok(RefundDecision::AwaitsApproval(_))) => {
                    return Err("a refund by the system waits for somebody".to_owned());
                }
                Some(Err(RefundOrderError::Grant(GrantRefundError::Storage(error)))) => {
                    return Err(format!("a refund fails: {error}"));
                }
                Some(Err(_)) => false,
            };
            if is_granted != is_due {
                return Err(format!(
                    "{amount} of payment {payment} by hand, try {nth}, is granted: {is_granted}"
                ));
            }
        }
        let promised = self.model.payments.get(&payment).map_or(0, |pay| pay.promised);
        match chosen {
            Some((_, left))
                if is_due && promised > self.model.can_be_promised(payment) - left + amount =>
            {
                Err(format!("payment {payment} was refunded twice with one key"))
            }
            _ => Ok(()),
        }
    }

    fn some_confirmed_order(&mut self) -> Option<i64> {
        let some: Vec<i64> = (0..8).filter_map(|_| self.some_order()).collect();
        some.into_iter()
            .find(|id| self.model.orders.get(id).is_some_and(|it| it.status == Status::Confirmed))
    }

    /// A paid one, a newer one, or one that does not exist.
    pub(super) fn some_order(&mut self) -> Option<i64> {
        if self.random.percent(2) {
            return Some(17);
        }
        if self.trade == Trade::Floor && self.random.percent(20) {
            // Some think of it only when it is on its way.
            let mut shipped = self.model.orders.iter().rev().filter(|it| !it.1.parcels.is_empty());
            let nth = self.random.below(8) as usize;
            if let Some((id, _)) = shipped.nth(nth) {
                return Some(*id);
            }
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
