//! Orders, cancellations, notices, the poller, refunds and timers all at once: who wins a race is
//! what the journal says.

use ordermill_app::order::cancel::CancelOrderError;
use ordermill_app::order::file::FileError;
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::scheduler;

use super::buying::answer_of;
use super::ending::cancel;
use super::{Shop, all, buyer, told};
use crate::model::{Answer, Status, Wanted, Wrong};

impl Shop {
    pub(super) fn all_at_once(&mut self) -> Result<(), Wrong> {
        self.notices_arrive()?;
        let asked = self.wishes_of_many();
        let mut canceled: Vec<i64> = (0..4).filter_map(|_| self.some_order()).collect();
        canceled.sort_unstable();
        canceled.dedup();
        let (database, payments) = (self.world.database(), self.world.payments());
        let (commands, asked): (Vec<PlaceOrder>, Vec<Wanted>) =
            asked.into_iter().map(|it| (it.command, it.wanted)).unzip();
        let cancels = canceled.clone();
        let now = self.world.now();
        let answers = self.world.run(async move {
            let (timers, sender, poller, notices) =
                (database.clone(), payments.clone(), payments.clone(), payments);
            let work = [
                tokio::spawn(async move { notices.process_notices().await.map(drop) }),
                tokio::spawn(async move { poller.poll().await.map(drop) }),
                tokio::spawn(async move { sender.send_refunds().await.map(drop) }),
                tokio::spawn(async move { scheduler::run_due(&timers, now).await.map(drop) }),
            ];
            let cancels: Vec<_> = cancels
                .into_iter()
                .map(|id| tokio::spawn(cancel(database.clone(), id, buyer(now), None)))
                .collect();
            let place = |command| {
                let database = database.clone();
                tokio::spawn(async move { database.submit(command).await })
            };
            let placed: Vec<_> = commands.into_iter().map(place).collect();
            (all(placed).await, all(cancels).await, all(work).await)
        });
        self.asked = asked.iter().map(|it| (it.order, it.clone())).collect();
        self.listen()?;
        let Some((placed, cancels, work)) = answers else {
            self.nobody_was_answered(&asked);
            return Ok(());
        };
        for work in work {
            work?.map_err(|error| format!("background work fails in a rush: {}", told(&error)))?;
        }
        for (id, answer) in canceled.iter().zip(cancels) {
            let stands = self.model.orders.get(id).map(|it| it.status != Status::Canceled);
            match (stands, answer?) {
                (Some(false), Ok(_)) => {}
                (Some(true), Err(CancelOrderError::File(FileError::Refused(_))))
                    if self.model.is_too_late(*id) => {}
                (None, Err(CancelOrderError::File(FileError::NotFound(_)))) => {}
                (_, answer) => return Err(format!("order {id} is canceled in a rush: {answer:?}")),
            }
        }
        for (wanted, answer) in asked.iter().zip(&placed) {
            // What is short is short at one moment among many; all else can be looked up.
            match answer_of(answer)? {
                Answer::OutOfStock(_) | Answer::BenefitGone => {}
                Answer::New(id) if self.model.orders.contains_key(&id) => {}
                is => {
                    let should = self.model.known(wanted);
                    if should != Some(is.clone()) {
                        return Err(format!(
                            "{wanted:?} is {is:?} in a rush, should be {should:?}"
                        ));
                    }
                }
            }
        }
        Ok(())
    }
}
