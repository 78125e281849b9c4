//! Sends granted refunds: our intent first, then the gateway, then its answer.
//!
//! Before each call the refund is stored as requested, so whoever comes back after a crash knows
//! that the gateway may have been asked, and asks what became of it before sending anything. One
//! attempt has one idempotency key; a new attempt begins only after the gateway said that the one
//! before has failed. So money never goes back twice, wherever the process ends.
//!
//! Money that a buyer's bank holds or has is not sent: such a refund waits for the end of the dispute, or is
//! withdrawn ([`crate::dispute::money`]).

use ordermill_base::Timestamp;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::RefundId;
use ordermill_domain::refund::{Refund, State};
use ordermill_ports::gateway::{Gateway, GatewayError, RefundRequest, RefundState};
use ordermill_storage::{Error, Tx, payment, refund};
use tokio::task::JoinSet;

use super::Payments;
use super::refund_news::{RefundNews, RefundReport, Source, ask_a_person, attempt};
use super::settings::{is_used_up, wait_after};
use crate::dispute::money::{Room, room_for, withdraw_if_gone};

/// A refund that is to be sent or asked about.
#[derive(Debug, Clone)]
struct ToSend {
    refund: Refund,
    gateway: String,
    asked: i64,
    /// A new attempt begins: nothing was sent for it yet.
    is_new_attempt: bool,
    /// Its money is there; else it is only asked about.
    may_be_sent: bool,
}

impl Payments {
    /// Sends the refunds that are due, or asks what became of them, once each. Gives how many there
    /// were.
    pub async fn send_refunds(&self) -> Result<usize, Error> {
        let (act, limit) = (self.refund_act(), self.settings().calls_at_once);
        let again_at = act.at + self.settings().call_within;
        let (claimed, gone) =
            self.database().write(move |tx| take_to_send(tx, &act, again_at, limit)).await?;
        let count = claimed.len() + gone.len();
        for id in gone {
            let act = self.refund_act();
            self.database().write(move |tx| withdraw_if_gone(tx, &act, id)).await?;
        }
        let mut sending = JoinSet::new();
        for due in claimed {
            let payments = self.clone();
            sending.spawn(async move { payments.send_one(&due).await });
        }
        while let Some(sent) = sending.join_next().await {
            // What could not be stored is due again when its claim has run out.
            if let Ok(Err(error)) = sent {
                tracing::error!(error = &error as &dyn std::error::Error, "a refund failed");
            }
        }
        Ok(count)
    }

    async fn send_one(&self, due: &ToSend) -> Result<(), Error> {
        let state = match self.gateways().get(&due.gateway) {
            Some(gateway) => move_money(gateway, due).await,
            None => Err(GatewayError::NotSent { reason: "no such gateway is set up".into() }),
        };
        let facts = *due.refund.facts();
        let news = match state {
            Ok(RefundState::Succeeded { amount, .. }) => RefundNews::Sent(amount),
            Ok(RefundState::Failed { reason }) => RefundNews::Failed(reason),
            Err(GatewayError::Refused { code, message }) => {
                RefundNews::Failed(format!("{code}: {message}"))
            }
            Ok(RefundState::Pending { .. } | RefundState::Unknown) => {
                return self.look_later(due, true).await;
            }
            Err(error) => {
                let gateway = &due.gateway;
                tracing::warn!(refund.id = %facts.id, gateway, %error, "a refund is in doubt");
                return self.look_later(due, false).await;
            }
        };
        let report = RefundReport {
            refund: facts.id,
            payment: facts.key.payment,
            news,
            source: Source::Answer,
        };
        let (act, settings) = (self.refund_act(), self.settings().clone());
        self.database().write(move |tx| report.record(tx, &act, &settings)).await.map(drop)
    }

    async fn look_later(&self, due: &ToSend, is_answered: bool) -> Result<(), Error> {
        let settings = self.settings();
        let wait = wait_after(&settings.refund_after, due.asked);
        let wait = if is_answered { wait } else { wait.min(settings.answer_within) };
        let (refund, act) = (due.refund, self.refund_act());
        let is_stuck = is_used_up(&settings.refund_after, due.asked);
        let put_off = move |tx: &mut Tx<'_>| {
            let is_open = refund::put_off(tx, refund.facts().id, act.at + wait)?;
            if is_open && is_stuck {
                ask_a_person(tx, &act, &refund, "the gateway has neither sent nor refused it")?;
            }
            Ok::<_, Error>(())
        };
        self.database().write(put_off).await
    }

    fn refund_act(&self) -> Act {
        Act::new(Actor::system("refund-sender"), self.now())
    }
}

/// Claims what is due: what is to be sent or asked about, and what is to be withdrawn. Stores the intent to
/// send what was granted or has failed.
fn take_to_send(
    tx: &mut Tx<'_>,
    act: &Act,
    again_at: Timestamp,
    limit: i64,
) -> Result<(Vec<ToSend>, Vec<RefundId>), Error> {
    let mut gone = Vec::new();
    let claimed = refund::claim_to_ask(tx, act.at, again_at, limit)?;
    let mut due = Vec::with_capacity(claimed.len());
    for refund::ToAsk { mut refund, asked } in claimed {
        let payment = payment::fetch(tx, refund.facts().key.payment)?;
        let payment = payment.ok_or(Error::Stale("a payment"))?;
        if payment.facts().is_held_by_channel() {
            // The channel sends it, and tells so; until it does, a person sees to that.
            refund::set_ask_at(tx, refund.facts().id, None)?;
            ask_a_person(tx, act, &refund, "a channel holds this money: refund it there")?;
            continue;
        }
        let room = room_for(tx, &payment, &refund)?;
        if !refund.state().may_have_left() && room != Room::Enough {
            match room {
                Room::Gone => gone.push(refund.facts().id),
                // Whoever decides the dispute wakes it.
                _ => refund::set_ask_at(tx, refund.facts().id, None)?,
            }
            continue;
        }
        let version_before = refund.facts().version;
        let requested = refund.request(act.at);
        if let Ok(event) = &requested {
            refund::update(tx, &refund, version_before, Some(again_at))?;
            refund::record(tx, act, &refund, event)?;
        }
        let gateway = payment.facts().gateway.clone();
        let may_be_sent = room == Room::Enough;
        due.push(ToSend { refund, gateway, asked, is_new_attempt: requested.is_ok(), may_be_sent });
    }
    Ok((due, gone))
}

/// Finds out whether the money has left, and sends it if it certainly has not.
async fn move_money(gateway: &dyn Gateway, due: &ToSend) -> Result<RefundState, GatewayError> {
    let facts = due.refund.facts();
    let is_first = attempt(&due.refund) == 1;
    if !(due.is_new_attempt && is_first) {
        match gateway.query_refund(facts.key.payment, facts.id).await? {
            // It never arrived, and its money is not to be sent any more, or not yet.
            RefundState::Unknown if !due.may_be_sent => {
                let reason = "the buyer's bank wants this money".to_owned();
                return Ok(RefundState::Failed { reason });
            }
            RefundState::Unknown if due.refund.state() == State::Requested => {}
            // The attempt before has failed; this one has not been sent.
            RefundState::Failed { .. } if due.is_new_attempt => {}
            known => return Ok(known),
        }
    }
    let request = RefundRequest {
        refund: facts.id,
        payment: facts.key.payment,
        amount: facts.amount,
        reason: facts.key.cause.code().to_owned(),
        idempotency_key: key(&due.refund),
    };
    gateway.refund(&request).await
}

/// The same for every repeat of one attempt.
fn key(refund: &Refund) -> String {
    let key = refund.facts().key;
    match attempt(refund) {
        1 => key.to_string(),
        attempt => format!("{key}:{attempt}"),
    }
}
