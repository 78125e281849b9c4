//! The evening: everything is compared, and in wide days time passes until everything has ended.

use ordermill_base::Span;
use ordermill_storage::Error;

use super::Shop;
use crate::Trade;
use crate::gateway::{self, SimGateway};
use crate::model::{PayState, RefundState, Status, Wrong};

/// Steps have numbers below this; evenings have their chances behind it.
const EVENINGS: u64 = 1 << 40;

impl Shop {
    /// Compares everything, lets it come to rest, and compares again.
    pub(crate) fn evening(&mut self, day: u32) -> Result<(), Wrong> {
        self.begin(EVENINGS + u64::from(day));
        self.compare()?;
        if self.trade == Trade::Rush {
            // Who has ordered in the rush has until tomorrow to pay.
            return Ok(());
        }
        self.quiet_down()?;
        if self.trade == Trade::Floor {
            self.floor_comes_to_rest()?;
        }
        self.world.set_calm(true);
        self.everything_is_told()?;
        self.compare_messages()?;
        self.something_is_told_again()?;
        self.compare_deliveries()?;
        self.world.set_calm(false);
        self.compare()
    }

    /// Nothing new happens, nothing goes wrong, and time passes until everything has ended.
    fn quiet_down(&mut self) -> Result<(), Wrong> {
        self.world.set_calm(true);
        self.banks_decide_everything()?;
        for _ in 0..12 {
            self.world.clock.move_by(Span::hours(5));
            self.timers_run()?;
            for _ in 0..3 {
                self.world.clock.move_by(Span::minutes(7));
                self.notices_come_in()?;
                self.poll()?;
                self.poll()?;
                self.send_refunds()?;
                self.send_refunds()?;
                self.timers_run()?;
            }
            self.bulk_goes_on()?;
            self.backorders_are_filled()?;
            self.orders_are_sourced()?;
            self.buyers_are_told()?;
            self.others_are_told()?;
        }
        self.until_nothing_is_left()
    }

    fn until_nothing_is_left(&mut self) -> Result<(), Wrong> {
        for _ in 0..10_000 {
            let payments = self.world.payments();
            let rest = self.world.run(async move {
                let notices = payments.process_notices().await?;
                Ok::<_, Error>(notices + payments.poll().await? + payments.send_refunds().await?)
            });
            let rest = match rest {
                Some(Ok(rest)) => rest,
                Some(Err(error)) => return Err(error.to_string()),
                None => 1,
            };
            self.listen()?;
            if rest == 0 && self.is_at_rest() {
                self.world.set_calm(false);
                return self.books_agree();
            }
            if rest == 0 {
                self.world.clock.move_by(Span::hours(1));
            }
        }
        Err("the day does not come to rest".to_owned())
    }

    pub(super) fn is_at_rest(&self) -> bool {
        let is_open = self.model.payments.values().any(|pay| pay.state == PayState::Open);
        let is_owed = self.model.refunds.values().any(|it| it.state == RefundState::Open);
        let is_disputed = self.model.disputes.values().any(|it| it.is_open);
        !is_open
            && !is_owed
            && !is_disputed
            && self.model.overdue(self.world.now().as_micros()).is_empty()
    }

    /// The gateway's own books are what is known about money here.
    pub(super) fn books_agree(&mut self) -> Result<(), Wrong> {
        let payments = self.model.payments.values().filter(|pay| pay.tender.is_none());
        let captured = payments.filter(|pay| pay.state == PayState::Captured);
        // Nothing is promised any more that was not sent.
        let kept: i64 = captured.map(|pay| pay.amount - pay.promised - pay.held - pay.taken).sum();
        let gateway: SimGateway = self.world.gateway.clone();
        let books = gateway.books();
        for (id, account) in &books.accounts {
            let ours = self.model.payments.get(id).map(|pay| pay.state);
            if account.state == gateway::State::Charged && ours != Some(PayState::Captured) {
                return Err(format!("the gateway took payment {id}, for us it is {ours:?}"));
            }
        }
        if books.balance() != kept {
            return Err(format!("the gateway keeps {} for us, we know of {kept}", books.balance()));
        }
        if let Some(payment) = books.opened_twice.first() {
            return Err(format!("payment {payment} was opened twice under two keys"));
        }
        for (id, order) in &self.model.orders {
            let kept = order.paid - order.refunded - order.charged_back;
            let (least, most) = match order.status {
                Status::Confirmed | Status::Completed if order.is_prepaid => {
                    let most = order.total - order.given_back;
                    (most - order.by_hand, most)
                }
                Status::Confirmed | Status::Completed => (0, self.model.tendered_of(*id)),
                Status::Placed | Status::Canceled => (0, 0),
            };
            let least = least - order.charged_back;
            if !(least..=most).contains(&kept) {
                return Err(format!("order {id} keeps {kept} of its buyer's money, not {most}"));
            }
        }
        Ok(())
    }
}
