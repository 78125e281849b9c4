//! Starting a payment: our row first, then the gateway, then its answer.

use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, PaymentId};
use ordermill_domain::order::OrderNumber;
use ordermill_domain::payment::Payment;
use ordermill_ports::gateway::{Gateway, GatewayError, PaymentRequest};
use ordermill_storage::Error;
use ordermill_storage::payment::Opening;

use super::Payments;
use super::end::{Ending, end_payment};
use super::settings::wait_after;
use super::store::StorePayment;
use super::submit::SubmitPayment;
use crate::Services;

/// A buyer wants to pay what is still owed of an order.
#[derive(Debug, Clone)]
pub struct StartPayment {
    /// Who starts it, and when.
    pub act: Act,
    /// What is paid.
    pub order: OrderId,
    /// Through which gateway.
    pub gateway: String,
    /// Where the buyer's browser goes afterwards.
    pub return_url: String,
    /// Where the gateway's notices go.
    pub notify_url: String,
}

/// A payment that stands, and where the buyer goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartedPayment {
    /// To the gateway's page.
    Redirect {
        /// The payment.
        payment: PaymentId,
        /// The page where the buyer pays.
        url: String,
    },
    /// The gateway has not answered. It is asked again by itself; the buyer looks again shortly.
    Pending {
        /// The payment.
        payment: PaymentId,
    },
}

/// Why no payment was started.
#[derive(Debug, thiserror::Error)]
pub enum StartPaymentError {
    /// No gateway of this name is set up.
    #[error("there is no gateway {0}")]
    UnknownGateway(String),
    /// No such order.
    #[error("order {0} not found")]
    OrderNotFound(OrderId),
    /// It is paid, over, or paid at the door.
    #[error("order {0} is not to be paid")]
    NotPayable(OrderId),
    /// The gateway said no. The buyer may try again, which is a new payment.
    #[error("the gateway refused payment {payment}: {message}")]
    Refused {
        /// The payment, which has failed.
        payment: PaymentId,
        /// The gateway's words, for staff.
        message: String,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl Services {
    /// Starts a payment of what is still to be paid of an order, with our own addresses for the
    /// gateway's notices and, unless `return_url` says otherwise, for the buyer's way back.
    pub async fn start_payment(
        &self,
        act: Act,
        order: OrderId,
        gateway: &str,
        return_url: Option<String>,
    ) -> Result<StartedPayment, StartPaymentError> {
        let request = StartPayment {
            act,
            order,
            gateway: gateway.to_owned(),
            return_url: return_url.unwrap_or_else(|| self.links().payment_result(order)),
            notify_url: self.links().notices(gateway),
        };
        self.payments().start(request).await
    }
}

impl Payments {
    /// Starts a payment of what is still to be paid, or goes on with the one that is open. Paying
    /// again after a failure is a new payment.
    pub async fn start(&self, request: StartPayment) -> Result<StartedPayment, StartPaymentError> {
        let Some(gateway) = self.gateways().get(&request.gateway) else {
            return Err(StartPaymentError::UnknownGateway(request.gateway));
        };
        let merchant = gateway.merchant().to_owned();
        let ask_at = request.act.at + self.settings().call_within;
        let act = request.act.clone();
        let stored = self.database().submit(StorePayment { request, merchant, ask_at }).await??;
        let payment = stored.payment.facts().id;
        if let Some(url) = stored.redirect_url {
            return Ok(StartedPayment::Redirect { payment, url });
        }
        match self.open_at_gateway(&act, gateway, &stored.payment, &stored.opening).await? {
            Opened::Here(url) => Ok(StartedPayment::Redirect { payment, url }),
            Opened::Refused(message) => Err(StartPaymentError::Refused { payment, message }),
            Opened::NoAnswer => Ok(StartedPayment::Pending { payment }),
        }
    }

    /// Asks the gateway to open a payment that we have stored, and stores its answer. Repeating it
    /// opens the same payment.
    pub(super) async fn open_at_gateway(
        &self,
        act: &Act,
        gateway: &dyn Gateway,
        payment: &Payment,
        opening: &Opening,
    ) -> Result<Opened, Error> {
        let facts = payment.facts();
        let number = OrderNumber::from(facts.order).to_string();
        let request = PaymentRequest {
            payment: facts.id,
            description: number.clone(),
            order_number: number,
            amount: facts.amount,
            buyer_return_url: opening.return_url.clone(),
            notify_url: opening.notify_url.clone(),
            expires_at: opening.expires_at,
            idempotency_key: facts.id.to_string(),
        };
        let answer = gateway.start(&request).await;
        let (id, act) = (facts.id, Act { at: self.now(), ..act.clone() });
        match answer {
            Ok(started) => {
                let ask_at = act.at + wait_after(&self.settings().ask_after, 1);
                let url = started.redirect_url.clone();
                let submit = SubmitPayment {
                    act,
                    payment: id,
                    gateway_ref: started.gateway_reference,
                    redirect_url: started.redirect_url,
                    ask_at,
                };
                self.database().submit(submit).await?;
                Ok(Opened::Here(url))
            }
            Err(GatewayError::Refused { code, message }) => {
                let message = format!("{code}: {message}");
                let ending = Ending::Failed(message.clone());
                self.database().write(move |tx| end_payment(tx, &act, id, &ending)).await?;
                Ok(Opened::Refused(message))
            }
            Err(error @ (GatewayError::NotSent { .. } | GatewayError::OutcomeUnknown { .. })) => {
                let gateway = gateway.name();
                tracing::warn!(payment.id = %id, gateway, %error, "a payment is not opened yet");
                Ok(Opened::NoAnswer)
            }
        }
    }
}

/// What came of asking a gateway to open a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opened {
    /// The page where the buyer pays.
    Here(String),
    /// The gateway's words.
    Refused(String),
    /// The poller finds out.
    NoAnswer,
}
