//! Messages of channels: verified, stored as they came, acknowledged, then processed.

use std::future::Future;

use ordermill_base::Span;
use ordermill_domain::ids::InboxId;
use ordermill_domain::task::TaskKind;
use ordermill_ports::Headers;
use ordermill_ports::channel::{ChannelOrder, ReceiveError};
use ordermill_storage::channel::{self, Channel};
use ordermill_storage::inbox::{self, Message, NewMessage};
use ordermill_storage::{Error, Tx, task};
use ring::digest;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::SalesChannels;
use super::setup::{SecretsError, secrets_of, settings_of};
use crate::payment::notice::{pack, place, unpack};
use crate::payment::settings::wait_after;

const TOPIC: &str = "channel_order";
const CLAIMED_MAX: i64 = 64;
/// Longer than a message takes to be processed.
const PROCESSED_WITHIN: Span = Span::minutes(1);

/// Why a message was not taken; the channel is told so.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveMessageError {
    /// No channel of this code speaks like that.
    #[error("there is no such channel")]
    UnknownChannel,
    /// It is not the channel's.
    #[error(transparent)]
    NotBelieved(#[from] ReceiveError),
    /// The channel's secrets cannot be used.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// It could not be stored; the channel sends it again.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Why a message could not be processed this time; without personal data.
type Trouble = String;

impl SalesChannels {
    /// Takes a message in: checks its signature over the raw bytes with the secret of the channel in
    /// the address, and stores it sealed, once. When this gives `Ok` the channel may forget it.
    ///
    /// # Errors
    /// [`ReceiveMessageError`]; nothing was stored then.
    pub async fn receive(
        &self,
        code: &str,
        kind: &str,
        headers: &Headers,
        body: &[u8],
    ) -> Result<(), ReceiveMessageError> {
        let code = code.to_owned();
        let found = self.0.database.read(move |tx| channel::find(tx, &code)).await?;
        let channel = found.filter(|channel| channel.is_active && channel.kind == kind);
        let channel = channel.ok_or(ReceiveMessageError::UnknownChannel)?;
        let kind = self.kind(kind).ok_or(ReceiveMessageError::UnknownChannel)?;
        let secrets = secrets_of(&self.0.vault, &channel)?;
        let account = settings_of(&channel)?.account;
        let id_there = kind.connect(&account, &secrets).receive(headers, body)?;
        let received_at = self.now();
        let id: InboxId = self.0.database.ids().next(received_at);
        let message = NewMessage {
            id,
            source: channel.id.to_string(),
            // The id is not signed: only together with the content does it mean the same message.
            external_id: format!("{id_there}:{}", digest_of(body)),
            topic: TOPIC,
            body: self.0.vault.seal(place(id), &pack(headers, body)),
            received_at,
        };
        self.0.database.submit(message).await?;
        self.0.news.notify_one();
        Ok(())
    }

    /// Processes messages and tries what waits, and beside that tells channels of parcels, until `stop`
    /// becomes true. Any number of nodes may run this on one database.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let take_in = async || Ok(self.process().await? + self.try_again().await?);
        tokio::join!(
            self.repeat("messages of channels", stop.clone(), &self.0.news, take_in),
            // A channel that does not answer must not keep others from being heard.
            self.repeat("what channels are told", stop, &self.0.left, || self.tell_due()),
        );
    }

    async fn repeat<W: Future<Output = Result<usize, Error>>>(
        &self,
        work: &str,
        mut stop: watch::Receiver<bool>,
        nudge: &Notify,
        once: impl Fn() -> W,
    ) {
        while !*stop.borrow_and_update() {
            match once().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(work, error, "background work of channels failed");
                }
            }
            tokio::select! {
                changed = stop.changed() => if changed.is_err() { return },
                () = nudge.notified() => {}
                () = tokio::time::sleep(self.look_every().to_std()) => {}
            }
        }
    }

    /// Processes the messages that are due. Gives how many there were.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn process(&self) -> Result<usize, Error> {
        let now = self.now();
        let claim = move |tx: &mut Tx<'_>| {
            inbox::claim(tx, TOPIC, now, now + PROCESSED_WITHIN, CLAIMED_MAX)
        };
        let claimed: Vec<Message> = self.0.database.write(claim).await?;
        let count = claimed.len();
        let mut processing = JoinSet::new();
        for message in claimed {
            let channels = self.clone();
            processing.spawn(async move { channels.process_one(&message).await });
        }
        while let Some(processed) = processing.join_next().await {
            // A panic or a failure: the claim runs out, and the number of claims is counted.
            match processed {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "a message of a channel could not be processed");
                }
                Err(error) => tracing::error!(%error, "processing a message failed"),
            }
        }
        Ok(count)
    }

    /// Lets a message that was put aside be processed again. Gives whether there was one.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn replay(&self, id: InboxId) -> Result<bool, Error> {
        let now = self.now();
        let replay = move |tx: &mut Tx<'_>| {
            task::close(tx, TaskKind::WebhookQuarantine, id, "replayed", now)?;
            inbox::replay(tx, id, now)
        };
        let replayed = self.0.database.write(replay).await?;
        self.0.news.notify_one();
        Ok(replayed)
    }

    async fn process_one(&self, message: &Message) -> Result<(), Error> {
        let (id, tries) = (message.id, self.0.settings.notice_tries);
        let trouble = if message.attempts > tries {
            "it never came to an end".to_owned()
        } else {
            match self.understand(message).await? {
                Ok((channel, body, theirs)) => {
                    self.take_in(&channel, &body, &theirs).await?;
                    let now = self.now();
                    let finish = move |tx: &mut Tx<'_>| inbox::finish(tx, &[id], now).map(drop);
                    return self.0.database.write(finish).await;
                }
                Err(trouble) => trouble,
            }
        };
        let now = self.now();
        if message.attempts < tries {
            let next_at = now + wait_after(&self.0.settings.notice_after, message.attempts);
            let put_off = move |tx: &mut Tx<'_>| inbox::put_off(tx, id, next_at, &trouble);
            return self.0.database.write(put_off).await;
        }
        tracing::warn!(inbox.id = %id, source = message.source, trouble, "a message is put aside");
        let detail = serde_json::json!({ "source": message.source, "error": trouble }).to_string();
        let put_aside = move |tx: &mut Tx<'_>| {
            inbox::quarantine(tx, id, &trouble, now)?;
            task::open(tx, TaskKind::WebhookQuarantine, id, &detail, None, now)
        };
        self.0.database.write(put_aside).await
    }

    /// Opens a stored message and reads the order in it.
    async fn understand(
        &self,
        message: &Message,
    ) -> Result<Result<(Channel, Vec<u8>, ChannelOrder), Trouble>, Error> {
        let Ok(id) = message.source.parse() else {
            return Ok(Err("it came from no channel".to_owned()));
        };
        let Some(channel) = self.0.database.read(move |tx| channel::fetch(tx, id)).await? else {
            return Ok(Err("its channel is no longer set up".to_owned()));
        };
        let Some(kind) = self.kind(&channel.kind) else {
            return Ok(Err("its kind of channel is not known here".to_owned()));
        };
        let read = || {
            let raw = self.0.vault.open_at(place(message.id), &message.body);
            let raw = raw.map_err(|error| error.to_string())?;
            let (_, body) = unpack(&raw).ok_or("it was not stored as a message")?;
            Ok((body.to_vec(), kind.read(body)?))
        };
        Ok(read().map(|(body, theirs)| (channel.clone(), body, theirs)))
    }
}

fn digest_of(body: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, body);
    digest.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
