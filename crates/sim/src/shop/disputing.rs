//! Buyers' banks want money back; finance answers or does not; the banks decide. It comes with other deeds, and
//! last, so that what the steps of a seed want stays what it was.

use ordermill_app::dispute::answer::{AnswerDispute, AnswerDisputeError, Saying};
use ordermill_app::permission::Principal;
use ordermill_base::Id;
use ordermill_domain::ids::DisputeId;

use super::Shop;
use crate::Trade;
use crate::model::Wrong;

impl Shop {
    /// A bank or two take money of payments back, in part or all that is left.
    pub(super) fn banks_want_money_back(&mut self) -> Result<(), Wrong> {
        let charged = self.world.gateway.charged();
        if self.trade != Trade::Wide || charged.is_empty() {
            return Ok(());
        }
        for _ in 0..=self.random.below(2) {
            // The newest are the most likely: of some their notices are still on the way.
            let back = self.random.below(40).min(charged.len() as u64 - 1) as usize;
            let payment = charged[charged.len() - 1 - back];
            let percent = self.random.percent(40).then(|| 1 + self.random.below(90));
            self.world.gateway.bank_takes(payment, percent);
        }
        self.disputes_are_read()
    }

    /// Finance answers some disputes, the gateway is told, and banks decide some.
    pub(super) fn disputes_go_on(&mut self) -> Result<(), Wrong> {
        if self.trade != Trade::Wide {
            return Ok(());
        }
        if self.random.percent(50) {
            self.disputes_are_read()?;
        }
        let open = self.model.disputes.iter().filter(|(_, it)| it.is_open);
        let open: Vec<i64> = open.map(|(id, _)| *id).collect();
        for id in open {
            if self.random.percent(40) {
                let is_contested = self.random.percent(75);
                self.finance_answers(id, is_contested)?;
            }
        }
        self.answers_are_told()?;
        let mut chances = self.random.split();
        let gateway = self.world.gateway.clone();
        gateway.banks_decide(|| chances.percent(25).then(|| chances.percent(50)));
        self.disputes_are_read()
    }

    /// In the evening every bank has decided, and we know of it.
    pub(super) fn banks_decide_everything(&mut self) -> Result<(), Wrong> {
        let mut is_won = false;
        self.world.gateway.banks_decide(|| {
            is_won = !is_won;
            Some(is_won)
        });
        for _ in 0..3 {
            self.world.clock.move_by(ordermill_base::Span::minutes(10));
            self.disputes_are_read()?;
            self.answers_are_told()?;
        }
        Ok(())
    }

    fn finance_answers(&mut self, id: i64, is_contested: bool) -> Result<(), Wrong> {
        let (payments, now) = (self.world.payments(), self.world.now());
        let say = match is_contested {
            true => Saying::Evidence("it was signed for".to_owned()),
            false => Saying::Accept,
        };
        let request =
            AnswerDispute { dispute: DisputeId::from_raw(id), version: None, say, key: None };
        let answered = self.world.run(async move {
            let finance = Principal::system("sim");
            payments.answer_dispute(&finance, &finance.act(now), request).await
        });
        self.listen()?;
        match answered {
            // Others were quicker: it was answered, or is on its way.
            None | Some(Ok(_) | Err(AnswerDisputeError::Refused(_))) => Ok(()),
            Some(Err(error)) => Err(format!("answering dispute {id}: {error}")),
        }
    }

    fn disputes_are_read(&mut self) -> Result<(), Wrong> {
        let payments = self.world.payments();
        let read = self.world.run(async move { payments.read_disputes().await });
        self.settled("the list of disputes", read)
    }

    fn answers_are_told(&mut self) -> Result<(), Wrong> {
        let payments = self.world.payments();
        let told = self.world.run(async move { payments.tell_answers().await });
        self.settled("answers to disputes", told)
    }
}
