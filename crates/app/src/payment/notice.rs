//! Notices: what gateways tell us by themselves. Stored sealed and raw first, acknowledged, then
//! processed.
//!
//! A notice is believed about nothing but its payment or refund: amount, currency, merchant and
//! gateway are compared with ours. One that cannot be processed is tried a few times and then put
//! aside with a task, so that it holds up no other.

use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{InboxId, PaymentId, RefundId};
use ordermill_domain::payment::State;
use ordermill_domain::task::TaskKind;
use ordermill_ports::Headers;
use ordermill_ports::gateway::{DisputeReport, Notice, NoticeError, NoticeKind};
use ordermill_storage::inbox::{self, Message, NewMessage};
use ordermill_storage::{Error, Tx, dispute, payment, task};
use ordermill_vault::{OpenError, Place};
use ring::digest;
use tokio::task::JoinSet;

use super::Payments;
use super::capture::{Captured, CapturedMoney, RecordCapture};
use super::end::{Ending, end_payment};
use super::refund_news::{RefundNews, RefundRecorded, RefundReport, Source};
use super::settings::wait_after;
use crate::dispute::news::{DisputeNews, DisputeRecorded};

/// The topic of notices in the inbox.
const TOPIC: &str = "payment_notice";
const CLAIMED_MAX: i64 = 256;

/// Seals what is kept as received, and opens it again.
pub trait Sealer: Send + Sync {
    /// Seals a value for its place.
    fn seal(&self, place: Place, plain: &[u8]) -> Vec<u8>;

    /// Opens a value that was sealed for this place.
    fn open(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>, OpenError>;
}

/// Why a notice was not taken; the gateway is told so.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveNoticeError {
    /// No gateway of this name is set up.
    #[error("there is no gateway {0}")]
    UnknownGateway(String),
    /// It is not the gateway's, or not from now.
    #[error(transparent)]
    NotBelieved(NoticeError),
    /// It could not be stored; the gateway sends it again.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Why a notice could not be processed this time, for the inbox: no personal data.
type Trouble = String;

impl Payments {
    /// Takes a notice in: checks its signature over the raw bytes and stores it sealed, once for
    /// each id. When this gives `Ok` the gateway may forget it.
    pub async fn receive_notice(
        &self,
        gateway: &str,
        headers: &Headers,
        body: &[u8],
    ) -> Result<(), ReceiveNoticeError> {
        let Some(port) = self.gateways().get(gateway) else {
            return Err(ReceiveNoticeError::UnknownGateway(gateway.to_owned()));
        };
        let received_at = self.now();
        let external_id = match port.parse_notice(headers, body, received_at) {
            Ok(notice) => notice.id,
            // The gateway's all the same: kept for a person.
            Err(NoticeError::Unreadable(_)) => digest_of(body),
            Err(error) => return Err(ReceiveNoticeError::NotBelieved(error)),
        };
        let id: InboxId = self.database().ids().next(received_at);
        let message = NewMessage {
            id,
            source: gateway.to_owned(),
            external_id,
            topic: TOPIC,
            body: self.0.sealer.seal(place(id), &pack(headers, body)),
            received_at,
        };
        self.database().submit(message).await?;
        self.0.notices.notify_one();
        Ok(())
    }

    /// Processes the notices that are due. Gives how many there were.
    pub async fn process_notices(&self) -> Result<usize, Error> {
        let now = self.now();
        let again_at = now + self.settings().call_within;
        let claimed = self
            .database()
            .write(move |tx| inbox::claim(tx, TOPIC, now, again_at, CLAIMED_MAX))
            .await?;
        let count = claimed.len();
        // Together, so that captures are decided together.
        let mut processing = JoinSet::new();
        for message in claimed {
            let payments = self.clone();
            processing.spawn(async move { (message.id, payments.process_one(&message).await) });
        }
        let mut done: Vec<InboxId> = Vec::new();
        while let Some(processed) = processing.join_next().await {
            match processed {
                Ok((id, Ok(true))) => done.push(id),
                Ok((_, Ok(false))) => {}
                Ok((id, Err(error))) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(inbox.id = %id, error, "a notice could not be processed");
                }
                // A panic: the claim runs out, and the number of claims is counted.
                Err(error) => tracing::error!(%error, "processing a notice failed"),
            }
        }
        let now = self.now();
        self.database().write(move |tx| inbox::finish(tx, &done, now)).await?;
        Ok(count)
    }

    /// Lets a notice that was put aside be processed again. Gives whether there was one.
    pub async fn replay_notice(&self, id: InboxId) -> Result<bool, Error> {
        let now = self.now();
        let replay = move |tx: &mut Tx<'_>| {
            task::close(tx, TaskKind::WebhookQuarantine, id, "replayed", now)?;
            inbox::replay(tx, id, now)
        };
        let replayed = self.database().write(replay).await?;
        self.0.notices.notify_one();
        Ok(replayed)
    }

    /// Processes a notice; one in trouble is put off or aside. Gives whether it is done.
    async fn process_one(&self, message: &Message) -> Result<bool, Error> {
        let (id, now) = (message.id, self.now());
        let tries = self.settings().notice_tries;
        let trouble = if message.attempts > tries {
            Err("it never came to an end".to_owned())
        } else {
            match self.understand(message) {
                Ok((act, notice)) => self.act_on(&message.source, act, &notice).await?,
                Err(trouble) => Err(trouble),
            }
        };
        let Err(trouble) = trouble else { return Ok(true) };
        if message.attempts < tries {
            let next_at = now + wait_after(&self.settings().notice_after, message.attempts);
            let put_off = move |tx: &mut Tx<'_>| inbox::put_off(tx, id, next_at, &trouble);
            self.database().write(put_off).await?;
            return Ok(false);
        }
        tracing::warn!(inbox.id = %id, source = message.source, trouble, "a notice is put aside");
        let detail = serde_json::json!({ "source": message.source, "error": trouble }).to_string();
        let put_aside = move |tx: &mut Tx<'_>| {
            inbox::quarantine(tx, id, &trouble, now)?;
            task::open(tx, TaskKind::WebhookQuarantine, id, &detail, None, now)
        };
        self.database().write(put_aside).await?;
        Ok(false)
    }

    /// Opens a stored notice and reads it as when it came in.
    fn understand(&self, message: &Message) -> Result<(Act, Notice), Trouble> {
        let gateways = self.gateways();
        let (Some(gateway), Some(act)) =
            (gateways.get(&message.source), gateways.act(&message.source, self.now()))
        else {
            return Err("its gateway is no longer set up".to_owned());
        };
        let raw = self.0.sealer.open(place(message.id), &message.body);
        let raw = raw.map_err(|error| error.to_string())?;
        let (headers, body) = unpack(&raw).ok_or("it was not stored as a notice")?;
        let notice = gateway.parse_notice(&headers, body, message.received_at);
        Ok((act, notice.map_err(|error| error.to_string())?))
    }

    async fn act_on(
        &self,
        gateway: &str,
        act: Act,
        notice: &Notice,
    ) -> Result<Result<(), Trouble>, Error> {
        match &notice.kind {
            NoticeKind::Disputed(report) => self.disputed(gateway, act, report).await,
            NoticeKind::Captured => self.captured(gateway, act, notice).await,
            NoticeKind::Failed { reason } => self.failed(gateway, act, notice, reason).await,
            NoticeKind::Refunded { refund } => {
                let news = RefundNews::Sent(notice.amount);
                self.refund_news(gateway, act, notice, *refund, news).await
            }
            NoticeKind::RefundFailed { refund, reason } => {
                let news = RefundNews::Failed(reason.clone());
                self.refund_news(gateway, act, notice, *refund, news).await
            }
        }
    }

    async fn captured(
        &self,
        gateway: &str,
        act: Act,
        notice: &Notice,
    ) -> Result<Result<(), Trouble>, Error> {
        let money = CapturedMoney {
            payment: notice.payment,
            gateway: gateway.to_owned(),
            gateway_ref: notice.gateway_reference.clone(),
            merchant: notice.merchant.clone(),
            amount: notice.amount,
        };
        let (payment, policy, rules) = (notice.payment, self.late_policy(), self.review_rules());
        match self.database().submit(RecordCapture { act, money, policy, rules }).await? {
            Ok(Captured::Mismatch(_, mismatch)) => {
                // The notice may be wrong where the gateway is right: it is asked at once.
                let now = self.now();
                self.database().write(move |tx| payment::put_off(tx, payment, now)).await?;
                Ok(Err(mismatch.to_string()))
            }
            Ok(Captured::Paid { .. } | Captured::GoesBack(_) | Captured::Known(_)) => Ok(Ok(())),
            Err(not_found) => Ok(Err(not_found.to_string())),
        }
    }

    async fn failed(
        &self,
        gateway: &str,
        act: Act,
        notice: &Notice,
        reason: &str,
    ) -> Result<Result<(), Trouble>, Error> {
        let (id, merchant) = (notice.payment, notice.merchant.clone());
        let (gateway, ending) = (gateway.to_owned(), Ending::Failed(reason.to_owned()));
        let end = move |tx: &mut Tx<'_>| {
            if !is_ours(tx, id, &gateway, &merchant)? {
                return Ok(None);
            }
            end_payment(tx, &act, id, &ending).map(Some)
        };
        let state: Option<State> = self.database().write::<_, Error, _>(end).await?;
        Ok(state.map(drop).ok_or_else(|| format!("payment {id} not found")))
    }

    async fn disputed(
        &self,
        gateway: &str,
        act: Act,
        report: &DisputeReport,
    ) -> Result<Result<(), Trouble>, Error> {
        let payment = report.payment;
        let report = match self.told_anew(gateway, report).await? {
            Ok(report) => report,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let news = DisputeNews { gateway: gateway.to_owned(), report };
        Ok(match self.record_dispute(&news, &act).await? {
            DisputeRecorded::Noted => Ok(()),
            DisputeRecorded::NotFound => Err(format!("payment {payment} not found")),
            DisputeRecorded::NotCaptured => {
                // The notice of the capture is late or lost: the gateway is asked at once.
                let now = self.now();
                self.database()
                    .write(move |tx| payment::set_ask_at(tx, payment, Some(now)))
                    .await?;
                Err(format!("payment {payment} is not known to be captured"))
            }
            DisputeRecorded::Mismatch(why) => Err(why),
        })
    }

    /// What to believe of a dispute. How much a new one is about can be compared with nothing of ours, so
    /// the gateway is asked; of one that is known the notice is compared with that.
    async fn told_anew(
        &self,
        gateway: &str,
        told: &DisputeReport,
    ) -> Result<Result<DisputeReport, Trouble>, Error> {
        let (name, reference) = (gateway.to_owned(), told.gateway_reference.clone());
        let find = move |tx: &mut Tx<'_>| dispute::find(tx, &name, &reference);
        if self.database().read(find).await?.is_some() {
            return Ok(Ok(told.clone()));
        }
        let Some(port) = self.gateways().get(gateway) else { return Ok(Ok(told.clone())) };
        Ok(match port.query_dispute(&told.gateway_reference).await {
            Ok(Some(report)) => Ok(report),
            Ok(None) => Err("the gateway knows no such dispute".to_owned()),
            Err(error) => Err(format!("the gateway does not tell of its dispute: {error}")),
        })
    }

    async fn refund_news(
        &self,
        gateway: &str,
        act: Act,
        notice: &Notice,
        refund: RefundId,
        news: RefundNews,
    ) -> Result<Result<(), Trouble>, Error> {
        let report = RefundReport { refund, payment: notice.payment, news, source: Source::Notice };
        let (gateway, merchant) = (gateway.to_owned(), notice.merchant.clone());
        let settings = self.settings().clone();
        let record = move |tx: &mut Tx<'_>| {
            if !is_ours(tx, report.payment, &gateway, &merchant)? {
                return Ok(RefundRecorded::NotFound);
            }
            report.record(tx, &act, &settings)
        };
        Ok(match self.database().write(record).await? {
            RefundRecorded::Noted => Ok(()),
            RefundRecorded::NotFound => Err(format!("refund {refund} not found")),
            RefundRecorded::Mismatch(why) => Err(why),
        })
    }
}

/// Whether a payment was asked of this gateway for this account of ours.
fn is_ours(
    tx: &mut Tx<'_>,
    payment: PaymentId,
    gateway: &str,
    merchant: &str,
) -> Result<bool, Error> {
    let payment = payment::fetch(tx, payment)?;
    Ok(payment.is_some_and(|it| it.facts().gateway == gateway && it.facts().merchant == merchant))
}

pub(crate) fn place(id: InboxId) -> Place {
    Place { table: "inbox", column: "body", row: id.raw() }
}

/// The headers as JSON, a zero byte (which JSON never holds), then the body as it came.
pub(crate) fn pack(headers: &Headers, body: &[u8]) -> Vec<u8> {
    let mut raw = serde_json::to_vec(headers).expect("headers are texts");
    raw.push(0);
    raw.extend_from_slice(body);
    raw
}

pub(crate) fn unpack(raw: &[u8]) -> Option<(Headers, &[u8])> {
    let end = raw.iter().position(|byte| *byte == 0)?;
    Some((serde_json::from_slice(&raw[..end]).ok()?, &raw[end + 1..]))
}

/// Recognizes a repeat of a message whose own id could not be read.
fn digest_of(body: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, body);
    let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_notice_is_what_came_in_byte_for_byte() {
        let headers: Headers =
            [("webhook-id", "ntc_1"), ("x-odd", "a\u{0}b")].into_iter().collect();
        let raw = pack(&headers, b"{\"a\":1}\0\xff");
        assert_eq!(unpack(&raw), Some((headers, &b"{\"a\":1}\0\xff"[..])));
    }
}
