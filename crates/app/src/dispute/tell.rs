//! Brings answers to the gateway: the intent is stored, then the gateway is told, then its answer is stored.
//!
//! One decision has one key, and whoever comes back after a crash or without an answer asks first how the
//! dispute stands. So nothing is submitted twice, wherever the process ends.

use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::dispute::{Answer, Dispute, State};
use ordermill_ports::gateway::{DisputeAnswer, DisputeReport, Gateway, GatewayError, Say};
use ordermill_storage::dispute::{self, ToAsk};
use ordermill_storage::{Error, Tx};
use tokio::task::JoinSet;

use super::news::{DisputeNews, record_refusal};
use crate::payment::Payments;
use crate::payment::settings::wait_after;

impl Payments {
    /// Tells gateways what was answered, or asks what became of it, once each. Gives how many there were.
    pub async fn tell_answers(&self) -> Result<usize, Error> {
        let (now, limit) = (self.now(), self.settings().calls_at_once);
        let again_at = now + self.settings().call_within;
        let claimed = self
            .database()
            .write(move |tx| dispute::claim_to_ask(tx, now, again_at, limit))
            .await?;
        let count = claimed.len();
        let mut telling = JoinSet::new();
        for due in claimed {
            let payments = self.clone();
            telling.spawn(async move { payments.tell_one(&due).await });
        }
        while let Some(told) = telling.join_next().await {
            // What could not be stored is due again when its claim has run out.
            if let Ok(Err(error)) = told {
                tracing::error!(error = &error as &dyn std::error::Error, "an answer failed");
            }
        }
        Ok(count)
    }

    async fn tell_one(&self, due: &ToAsk) -> Result<(), Error> {
        let facts = due.dispute.facts();
        let (id, version) = (facts.id, facts.version);
        let answer = self.answer_of(&due.dispute).await?;
        let told = match (self.gateways().get(&facts.terms.gateway), answer) {
            (Some(gateway), Some(answer)) => tell(gateway, &answer, due.asked).await,
            (None, _) => Err(GatewayError::NotSent { reason: "no such gateway is set up".into() }),
            (_, None) => Err(GatewayError::Refused {
                code: "evidence".into(),
                message: "what was to be submitted does not open".into(),
            }),
        };
        let act = Act::new(Actor::system("dispute-teller"), self.now());
        match told {
            Ok(report) if report.state != State::NeedsResponse => {
                let news = DisputeNews { gateway: facts.terms.gateway.clone(), report };
                self.database().write(move |tx| news.record(tx, &act).map(drop)).await
            }
            Err(GatewayError::Refused { code, message }) => {
                let why = format!("{code}: {message}");
                tracing::warn!(dispute.id = %id, why, "an answer was not taken");
                let refuse = move |tx: &mut Tx<'_>| record_refusal(tx, &act, id, version, &why);
                self.database().write(refuse).await
            }
            Ok(_) => self.tell_later(due).await,
            Err(error) => {
                let gateway = &facts.terms.gateway;
                tracing::warn!(dispute.id = %id, gateway, %error, "an answer is in doubt");
                self.tell_later(due).await
            }
        }
    }

    async fn tell_later(&self, due: &ToAsk) -> Result<(), Error> {
        let wait = wait_after(&self.settings().refund_after, due.asked);
        let again_at = self.now() + wait.min(self.settings().answer_within);
        let id = due.dispute.facts().id;
        self.database().write(move |tx| dispute::put_off(tx, id, again_at).map(drop)).await
    }

    /// What is on its way; `None` if it does not open.
    async fn answer_of(&self, dispute: &Dispute) -> Result<Option<DisputeAnswer>, Error> {
        let facts = dispute.facts();
        let say = match facts.answer {
            Some(Answer::Evidence) => match self.evidence_of(facts.id).await? {
                Some(evidence) => Say::Evidence(Box::new(evidence)),
                None => return Ok(None),
            },
            Some(Answer::Accept) => Say::Accept,
            None => return Ok(None),
        };
        // The version is that of the decision: nothing else happens to a dispute while it is on its way.
        let idempotency_key = format!("{}:{}", facts.id, facts.version);
        let gateway_reference = facts.terms.gateway_ref.clone();
        Ok(Some(DisputeAnswer { gateway_reference, say, idempotency_key }))
    }
}

/// Finds out whether the answer has arrived, and tells it if it certainly has not.
async fn tell(
    gateway: &dyn Gateway,
    answer: &DisputeAnswer,
    asked: i64,
) -> Result<DisputeReport, GatewayError> {
    if asked > 1
        && let Some(known) = gateway.query_dispute(&answer.gateway_reference).await?
        && known.state != State::NeedsResponse
    {
        return Ok(known);
    }
    gateway.answer_dispute(answer).await
}
