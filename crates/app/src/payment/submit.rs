//! A gateway has taken a payment on, and said where the buyer pays it. What gateways answer together is noted
//! together.

use std::collections::HashMap;

use ordermill_base::Timestamp;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::PaymentId;
use ordermill_domain::payment::{Payment, State};
use ordermill_storage::payment::Submitted;
use ordermill_storage::{BatchCommand, Error, Tx, payment};

/// Notes that the gateway has a payment and where the buyer pays it.
#[derive(Debug, Clone)]
pub(super) struct SubmitPayment {
    /// Who asked for it, and when the answer came.
    pub(super) act: Act,
    /// Our payment.
    pub(super) payment: PaymentId,
    /// The gateway's name for it.
    pub(super) gateway_ref: String,
    /// Where the buyer pays.
    pub(super) redirect_url: String,
    /// When the gateway is asked what has become of it.
    pub(super) ask_at: Timestamp,
}

impl BatchCommand for SubmitPayment {
    type Output = ();

    fn run(batch: &[&Self], tx: &mut Tx<'_>) -> Result<Vec<()>, Error> {
        let mut ids: Vec<PaymentId> = batch.iter().map(|command| command.payment).collect();
        ids.sort_unstable();
        ids.dedup();
        let locked = payment::fetch_each_for_update(tx, &ids)?;
        let mut payments: HashMap<PaymentId, Payment> =
            locked.into_iter().map(|payment| (payment.facts().id, payment)).collect();
        let mut taken_on = Vec::with_capacity(batch.len());
        for command in batch {
            let payment = payments.get_mut(&command.payment).ok_or(Error::Stale("a payment"))?;
            if let Some(submitted) = command.decide(payment, tx)? {
                taken_on.push(submitted);
            }
        }
        payment::submit_each(tx, &taken_on)?;
        Ok(batch.iter().map(|_| ()).collect())
    }
}

impl SubmitPayment {
    fn decide<'a>(
        &'a self,
        payment: &mut Payment,
        tx: &mut Tx<'_>,
    ) -> Result<Option<Submitted<'a>>, Error> {
        match payment.state() {
            State::Created => {
                let Ok(event) = payment.submit(Some(self.gateway_ref.clone()), self.act.at) else {
                    return Ok(None);
                };
                payment::record(tx, &self.act, payment, &event)?;
                let (redirect_url, ask_at) = (self.redirect_url.as_str(), self.ask_at);
                return Ok(Some(Submitted { payment: payment.clone(), redirect_url, ask_at }));
            }
            State::Pending | State::Authorized => {
                payment::put_off(tx, self.payment, self.ask_at)?;
            }
            // We gave it up while the gateway took it on: it must be closed there.
            State::Failed | State::Expired | State::Voided => {
                payment::set_ask_at(tx, self.payment, Some(self.act.at))?;
            }
            State::Captured => {}
        }
        Ok(None)
    }
}
