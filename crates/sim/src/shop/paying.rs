//! Buyers go to pay, pay, and come back; the shop learns of it, and sends money back.

use ordermill_app::payment::start::{StartPayment, StartPaymentError, StartedPayment};
use ordermill_app::scheduler;
use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::OrderId;
use ordermill_ports::Headers;

use super::{Shop, all, buyer, told};
use crate::bug::Bug;
use crate::gateway;
use crate::model::Wrong;

/// Buyers who press "pay" at once, at most.
const PAYERS_MAX: u64 = 150;

impl Shop {
    /// Some buyers press "pay" at once; a few press it again later.
    pub(super) fn buyers_go_to_pay(&mut self) -> Result<(), Wrong> {
        let most = self.batch_max.min(PAYERS_MAX);
        let count = 1 + self.random.below(most).min(self.open.len() as u64);
        let mut payers = Vec::new();
        for _ in 0..count {
            if self.open.is_empty() {
                break;
            }
            let index = self.random.below(self.open.len() as u64) as usize;
            payers.push(self.open.swap_remove(index));
        }
        let lost = self.press_pay(&payers)?;
        // Who sees no page presses again at once.
        let again: Vec<i64> = lost.into_iter().filter(|_| self.random.percent(60)).collect();
        self.press_pay(&again)?;
        for id in payers {
            if self.random.percent(25) {
                self.open.push(id);
            }
        }
        Ok(())
    }

    /// Gives those who were sent to no page although they may pay.
    fn press_pay(&mut self, payers: &[i64]) -> Result<Vec<i64>, Wrong> {
        if payers.is_empty() {
            return Ok(Vec::new());
        }
        let (payments, now) = (self.world.payments(), self.world.now());
        let requests: Vec<_> = payers.iter().map(|id| wish_to_pay(*id, now)).collect();
        let answers = self.world.run(async move {
            let start = |request| {
                let payments = payments.clone();
                tokio::spawn(async move { payments.start(request).await })
            };
            all(requests.into_iter().map(start)).await
        });
        let mut lost = Vec::new();
        for (id, answer) in payers.iter().zip(answers.into_iter().flatten()) {
            let order = self.model.orders.get(id);
            let is_payable = order.is_some_and(|it| it.is_payable(now.as_micros()));
            match answer? {
                Err(StartPaymentError::NotPayable(_)) if is_payable => {
                    return Err(format!("order {id} cannot be paid, although it waits for money"));
                }
                Ok(_) if !is_payable => {
                    return Err(format!("order {id} is paid, although nobody waits for that"));
                }
                Err(StartPaymentError::Storage(error)) => return Err(error.to_string()),
                Ok(StartedPayment::Pending { .. }) => lost.push(*id),
                _ => {}
            }
        }
        self.listen()?;
        Ok(lost)
    }

    /// Buyers at the gateway's pages pay or are declined; some come back and we look at once.
    pub(super) fn buyers_pay(&mut self) -> Result<(), Wrong> {
        let mut back = Vec::new();
        for page in self.world.gateway.pages() {
            if !self.random.percent(40) {
                continue;
            }
            let is_declined = self.random.percent(15);
            self.world.gateway.buyer_pays(page, is_declined);
            if self.random.percent(40) {
                back.push(page);
            }
        }
        let (payments, act) = (self.world.payments(), buyer(self.world.now()));
        let checked = self.world.run(async move {
            let check = |page| {
                let (payments, act) = (payments.clone(), act.clone());
                tokio::spawn(async move { payments.check_payment(&act, Id::from_raw(page)).await })
            };
            all(back.into_iter().map(check)).await
        });
        for checked in checked.into_iter().flatten() {
            checked?.map_err(|error| format!("a buyer comes back: {}", told(&error)))?;
        }
        self.listen()
    }

    /// What the gateway sent arrives; a notice that is not acknowledged comes again.
    pub(super) fn notices_come_in(&mut self) -> Result<(), Wrong> {
        self.notices_arrive()?;
        let payments = self.world.payments();
        let processed = self.world.run(async move { payments.process_notices().await });
        Bug::after_notices(self.bug, &mut self.world);
        self.settled("notices", processed)
    }

    pub(super) fn notices_arrive(&mut self) -> Result<(), Wrong> {
        let bodies = self.world.gateway.arriving();
        for _ in 0..3 {
            let (payments, bodies) = (self.world.payments(), bodies.clone());
            let taken = self.world.run(async move {
                let take = |body: Vec<u8>| {
                    let payments = payments.clone();
                    tokio::spawn(async move {
                        payments.receive_notice(gateway::NAME, &Headers::default(), &body).await
                    })
                };
                all(bodies.into_iter().map(take)).await
            });
            let Some(taken) = taken else { continue };
            for taken in taken {
                taken?.map_err(|error| format!("a notice is not taken: {error}"))?;
            }
            return Ok(());
        }
        Err("notices find no process that lives".to_owned())
    }

    pub(super) fn poll(&mut self) -> Result<(), Wrong> {
        let payments = self.world.payments();
        let polled = self.world.run(async move { payments.poll().await });
        self.settled("the poller", polled)
    }

    pub(super) fn send_refunds(&mut self) -> Result<(), Wrong> {
        let payments = self.world.payments();
        let sent = self.world.run(async move { payments.send_refunds().await });
        self.settled("the refund sender", sent)
    }

    pub(crate) fn timers_run(&mut self) -> Result<(), Wrong> {
        let (database, now) = (self.world.database(), self.world.now());
        let bug = self.bug;
        let ran = self.world.run(async move { scheduler::run_due(&database, now).await });
        if let Some(Ok(report)) = &ran
            && report.failed > 0
        {
            return Err(format!("{} deadlines failed", report.failed));
        }
        Bug::after_timers(bug, &mut self.world);
        self.settled("the scheduler", ran)?;
        self.moot_receipts_end();
        Ok(())
    }
}

fn wish_to_pay(order: i64, now: Timestamp) -> StartPayment {
    StartPayment {
        act: buyer(now),
        order: OrderId::from_raw(order),
        gateway: gateway::NAME.to_owned(),
        return_url: "http://127.0.0.1/back".to_owned(),
        notify_url: "http://127.0.0.1/notices".to_owned(),
    }
}
