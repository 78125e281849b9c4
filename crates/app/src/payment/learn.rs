//! Learning from a gateway what became of a payment, whoever wants to know: the buyer who returns,
//! an operator, or the poller.

use ordermill_domain::actor::Act;
use ordermill_domain::ids::PaymentId;
use ordermill_domain::order::Action;
use ordermill_domain::payment::{Payment, State};
use ordermill_ports::gateway::{Capture, Gateway, GatewayError, GatewayState};
use ordermill_storage::payment::Opening;
use ordermill_storage::{Error, Tx, order, payment};

use super::Payments;
use super::capture::{Captured, CapturedMoney, PaymentNotFound, RecordCapture};
use super::end::{Ending, end_payment};
use super::settings::wait_after;
use super::start::Opened;
use super::submit::SubmitPayment;

/// What is known about a payment after its gateway was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learned {
    /// The gateway has the money, and this is what it led to.
    Captured(Captured),
    /// It ended without money.
    Ended(State),
    /// The buyer has not paid yet.
    Open,
    /// The gateway did not answer; it is asked again by itself.
    NoAnswer,
}

/// Why a payment could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckPaymentError {
    /// No such payment.
    #[error(transparent)]
    NotFound(#[from] PaymentNotFound),
    /// Its gateway is no longer set up.
    #[error("there is no gateway {0}")]
    UnknownGateway(String),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// What we know about a payment before its gateway is asked.
struct Ours {
    payment: Payment,
    opening: Option<Opening>,
    /// The order still waits for money.
    is_wanted: bool,
}

impl Payments {
    /// Asks the gateway once what became of a payment, and records it: when the buyer returns from
    /// the gateway's page, and when an operator wants to know.
    pub async fn check_payment(
        &self,
        act: &Act,
        id: PaymentId,
    ) -> Result<Learned, CheckPaymentError> {
        let ours = self.ours(id).await?.ok_or(PaymentNotFound(id))?;
        let facts = ours.payment.facts();
        let Some(gateway) = self.gateways().get(&facts.gateway) else {
            return Err(CheckPaymentError::UnknownGateway(facts.gateway.clone()));
        };
        if facts.state == State::Captured {
            return Ok(Learned::Captured(Captured::Known(facts.order)));
        }
        Ok(self.ask(act, gateway, &ours).await?)
    }

    /// As [`Payments::check_payment`], for the poller.
    pub(super) async fn ask_about(
        &self,
        act: &Act,
        gateway: &dyn Gateway,
        id: PaymentId,
    ) -> Result<Learned, Error> {
        let ours = self.ours(id).await?.ok_or(Error::Stale("a payment"))?;
        self.ask(act, gateway, &ours).await
    }

    async fn ours(&self, id: PaymentId) -> Result<Option<Ours>, Error> {
        let read = move |tx: &mut Tx<'_>| {
            let Some(payment) = payment::fetch(tx, id)? else { return Ok(None) };
            let opening = payment::opening(tx, id)?;
            let order = order::fetch(tx, payment.facts().order)?;
            let is_wanted = order.is_some_and(|stored| stored.order.allows(Action::Pay));
            Ok(Some(Ours { payment, opening, is_wanted }))
        };
        self.database().read(read).await
    }

    async fn ask(&self, act: &Act, gateway: &dyn Gateway, ours: &Ours) -> Result<Learned, Error> {
        let id = ours.payment.facts().id;
        let mut state = match gateway.query(id).await {
            Ok(state) => state,
            Err(error) => return Ok(no_answer(gateway, id, &error)),
        };
        if matches!(state, GatewayState::Pending { .. }) && !self.may_be_paid(ours) {
            // Nobody wants this money any more, so that nobody should be able to pay it.
            state = match gateway.void(id).await {
                Ok(state) => state,
                Err(error) => return Ok(no_answer(gateway, id, &error)),
            };
        }
        self.record(act, gateway, ours, state).await
    }

    async fn record(
        &self,
        act: &Act,
        gateway: &dyn Gateway,
        ours: &Ours,
        state: GatewayState,
    ) -> Result<Learned, Error> {
        let id = ours.payment.facts().id;
        let act = Act { at: self.now(), ..act.clone() };
        let ending = match state {
            GatewayState::Captured(capture) => {
                return self.record_captured(act, gateway, id, capture).await;
            }
            GatewayState::Pending { gateway_reference, redirect_url } => {
                let ask_at = act.at + wait_after(&self.settings().ask_after, 1);
                if ours.payment.state() == State::Created {
                    let gateway_ref = gateway_reference;
                    let submit =
                        SubmitPayment { act, payment: id, gateway_ref, redirect_url, ask_at };
                    self.database().submit(submit).await?;
                }
                return Ok(Learned::Open);
            }
            GatewayState::Unknown => return self.record_unknown(act, gateway, ours).await,
            GatewayState::Failed { reason } => Ending::Failed(reason),
            GatewayState::Expired => Ending::Expired,
            GatewayState::Voided => Ending::Voided,
        };
        self.end(act, id, ending).await
    }

    async fn record_captured(
        &self,
        act: Act,
        gateway: &dyn Gateway,
        payment: PaymentId,
        capture: Capture,
    ) -> Result<Learned, Error> {
        let money = CapturedMoney {
            payment,
            gateway: gateway.name().to_owned(),
            gateway_ref: capture.gateway_reference,
            merchant: capture.merchant,
            amount: capture.amount,
        };
        let (policy, rules) = (self.late_policy(), self.review_rules());
        let command = RecordCapture { act, money, policy, rules };
        let captured = self.database().submit(command).await?;
        captured.map(Learned::Captured).map_err(|_| Error::Stale("a payment"))
    }

    /// The gateway never heard of it: what was started did not happen, and is done now if the money
    /// is still wanted.
    async fn record_unknown(
        &self,
        act: Act,
        gateway: &dyn Gateway,
        ours: &Ours,
    ) -> Result<Learned, Error> {
        let facts = ours.payment.facts();
        if self.may_be_paid(ours) {
            let (State::Created, Some(opening)) = (facts.state, &ours.opening) else {
                // It took it on and has forgotten it: perhaps a node of theirs lags behind.
                return Ok(Learned::Open);
            };
            return Ok(match self.open_at_gateway(&act, gateway, &ours.payment, opening).await? {
                Opened::Here(_) => Learned::Open,
                Opened::Refused(_) => Learned::Ended(State::Failed),
                Opened::NoAnswer => Learned::NoAnswer,
            });
        }
        // A call of ours may still be on its way there.
        let call_within = self.settings().call_within;
        if self.now() < facts.created_at + call_within + call_within {
            return Ok(Learned::Open);
        }
        self.end(act, facts.id, Ending::Expired).await
    }

    async fn end(&self, act: Act, id: PaymentId, ending: Ending) -> Result<Learned, Error> {
        let state = self.database().write(move |tx| end_payment(tx, &act, id, &ending)).await?;
        Ok(Learned::Ended(state))
    }

    /// Whether the buyer may still pay with it.
    fn may_be_paid(&self, ours: &Ours) -> bool {
        let last = ours.opening.as_ref().map(|it| it.expires_at + self.settings().close_after);
        let in_time = last.is_none_or(|last| self.now() < last);
        ours.is_wanted && ours.payment.state().is_open() && in_time
    }
}

fn no_answer(gateway: &dyn Gateway, id: PaymentId, error: &GatewayError) -> Learned {
    let gateway = gateway.name();
    tracing::warn!(payment.id = %id, gateway, %error, "a gateway did not tell about a payment");
    Learned::NoAnswer
}
