//! The poller: asks gateways about payments that are not over, so that no lost notice and no lost
//! answer leaves one in doubt.

use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::task::TaskKind;
use ordermill_storage::payment::ToAsk;
use ordermill_storage::{Error, payment, task};
use tokio::task::JoinSet;

use super::Payments;
use super::capture::Captured;
use super::learn::Learned;
use super::settings::{is_used_up, wait_after};

impl Payments {
    /// Asks about the payments that are due, once each. Gives how many there were.
    pub async fn poll(&self) -> Result<usize, Error> {
        let (now, limit) = (self.now(), self.settings().calls_at_once);
        let again_at = now + self.settings().call_within;
        let claimed = self
            .database()
            .write(move |tx| payment::claim_to_ask(tx, now, again_at, limit))
            .await?;
        let count = claimed.len();
        let mut asking = JoinSet::new();
        for due in claimed {
            let payments = self.clone();
            asking.spawn(async move { payments.poll_one(&due).await });
        }
        while let Some(asked) = asking.join_next().await {
            // What could not be stored is due again when its claim has run out.
            if let Ok(Err(error)) = asked {
                tracing::error!(error = &error as &dyn std::error::Error, "a poll failed");
            }
        }
        Ok(count)
    }

    async fn poll_one(&self, due: &ToAsk) -> Result<(), Error> {
        let facts = due.payment.facts();
        let act = Act::new(Actor::system("payment-poller"), self.now());
        let learned = match self.gateways().get(&facts.gateway) {
            Some(gateway) => self.ask_about(&act, gateway, facts.id).await?,
            None => {
                let (gateway, id) = (&facts.gateway, facts.id);
                tracing::error!(payment.id = %id, gateway, "no such gateway is set up");
                Learned::NoAnswer
            }
        };
        let wait = wait_after(&self.settings().ask_after, due.asked);
        let wait = match learned {
            Learned::Ended(_) => return Ok(()),
            // A mismatch stays due: the money is there, and a person is looking at it.
            Learned::Captured(Captured::Mismatch(..)) | Learned::Open => wait,
            Learned::Captured(_) => return Ok(()),
            Learned::NoAnswer => wait.min(self.settings().answer_within),
        };
        let (id, order, now) = (facts.id, facts.order, self.now());
        let is_in_doubt = is_used_up(&self.settings().ask_after, due.asked);
        self.database()
            .write(move |tx| {
                let is_open = payment::put_off(tx, id, now + wait)?;
                if is_open && is_in_doubt {
                    let why = "its gateway does not tell what became of it";
                    let detail = serde_json::json!({ "order": order, "error": why }).to_string();
                    task::open(tx, TaskKind::PaymentMismatch, id, &detail, None, now)?;
                }
                Ok::<_, Error>(())
            })
            .await
    }
}
