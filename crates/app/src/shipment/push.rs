//! Pushes of carriers and trackers: believed, stored as they came, acknowledged, then taken in by the
//! hundred.

use std::collections::HashMap;

use ordermill_base::Span;
use ordermill_domain::ids::{InboxId, ShipmentId, TrackerId};
use ordermill_domain::task::TaskKind;
use ordermill_ports::Headers;
use ordermill_ports::tracking::{Push, PushError, Reply, TrackingSource};
use ordermill_storage::inbox::{self, Message, NewMessage};
use ordermill_storage::{Error, Tx, shipment, task, tracking};
use ring::digest;

use super::scan::{Heard, take_in};
use crate::carrier::Carriers;
use crate::carrier::setup::open_tracker;
use crate::payment::notice::{pack, place, unpack};
use crate::payment::settings::wait_after;

const TOPIC: &str = "tracking_push";
/// Pushes that one transaction takes in.
const CLAIMED_MAX: i64 = 512;
/// Longer than such a transaction takes.
const PROCESSED_WITHIN: Span = Span::minutes(1);

/// What to answer a push that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceivePushError {
    /// Nobody of this name and id pushes to us.
    #[error("there is no such tracker")]
    UnknownTracker,
    /// It is not the partner's; the partner's own way of being told so comes with it.
    #[error("{1}")]
    NotBelieved(Reply, #[source] PushError),
    /// It could not be stored; the partner sends it again.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl Carriers {
    /// Takes a push in: checks its signature over the raw bytes and stores it sealed, once for the
    /// same bytes. Gives the answer that the partner demands.
    ///
    /// # Errors
    /// [`ReceivePushError`]; nothing was stored then.
    pub async fn receive_push(
        &self,
        partner: &str,
        id: TrackerId,
        headers: &Headers,
        body: &[u8],
    ) -> Result<Reply, ReceivePushError> {
        let tracker = self.database().read(move |tx| tracking::tracker(tx, id)).await?;
        let tracker = tracker.filter(|tracker| tracker.is_active && tracker.partner == partner);
        let tracker = tracker.ok_or(ReceivePushError::UnknownTracker)?;
        let source = self.source(&tracker).ok_or(ReceivePushError::UnknownTracker)?;
        let received_at = self.now();
        match source.read(headers, body, received_at) {
            // The partner's all the same: kept for a person.
            Ok(_) | Err(PushError::Unreadable(_)) => {}
            Err(error) => return Err(ReceivePushError::NotBelieved(source.not_taken(), error)),
        }
        let id: InboxId = self.database().ids().next(received_at);
        let message = NewMessage {
            id,
            source: tracker.id.to_string(),
            // What is equal byte for byte says nothing new, whoever sends it how often.
            external_id: digest_of(body),
            topic: TOPIC,
            body: self.vault().seal(place(id), &pack(headers, body)),
            received_at,
        };
        self.database().submit(message).await?;
        self.pushes().notify_one();
        Ok(source.taken())
    }

    /// Takes in the pushes that are due, together. Gives how many there were.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn process_pushes(&self) -> Result<usize, Error> {
        let now = self.now();
        let claim = move |tx: &mut Tx<'_>| {
            inbox::claim(tx, TOPIC, now, now + PROCESSED_WITHIN, CLAIMED_MAX)
        };
        let claimed: Vec<Message> = self.database().write(claim).await?;
        if claimed.is_empty() {
            return Ok(0);
        }
        let trackers = self.database().read(tracking::trackers).await?;
        let sources: HashMap<String, Box<dyn TrackingSource>> = trackers
            .iter()
            .filter_map(|tracker| Some((tracker.id.to_string(), self.source(tracker)?)))
            .collect();
        let (mut understood, mut troubled) = (Vec::new(), Vec::new());
        for message in &claimed {
            match self.understand(&sources, message) {
                Ok(push) => understood.push((message, push)),
                Err(trouble) => troubled.push((message, trouble)),
            }
        }
        let waybills = understood.iter().filter_map(|(_, push)| push.waybill.clone()).collect();
        let found = self.find(waybills).await?;
        let (mut heard, mut done) = (Vec::new(), Vec::new());
        for (message, push) in understood {
            let shipments = push.waybill.as_ref().map(|waybill| found.get(waybill));
            match shipments {
                // About no parcel: it needed its answer and no more.
                None => {}
                Some(Some(shipments)) if shipments.len() == 1 => heard.push(Heard::new(
                    self.vault(),
                    self.database().ids(),
                    shipments[0],
                    &message.source,
                    push.scans,
                    message.received_at,
                )),
                Some(Some(_)) => {
                    troubled.push((message, "two carriers use this waybill".to_owned()));
                    continue;
                }
                // A push may overtake the answer in which the label comes.
                Some(None) => {
                    troubled.push((message, "no parcel has this waybill".to_owned()));
                    continue;
                }
            }
            done.push(message.id);
        }
        let act = self.act();
        let take = move |tx: &mut Tx<'_>| {
            take_in(tx, &act, &heard)?;
            inbox::finish(tx, &done, act.at).map(drop)
        };
        self.database().write(take).await?;
        for (message, trouble) in troubled {
            self.put_aside(message, trouble).await?;
        }
        Ok(claimed.len())
    }

    async fn find(&self, waybills: Vec<String>) -> Result<HashMap<String, Vec<ShipmentId>>, Error> {
        let read = move |tx: &mut Tx<'_>| {
            let waybills: Vec<&str> = waybills.iter().map(String::as_str).collect();
            shipment::find_by_waybills(tx, &waybills)
        };
        let mut found: HashMap<String, Vec<ShipmentId>> = HashMap::new();
        for (waybill, id) in self.database().read(read).await? {
            let ids = found.entry(waybill).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(found)
    }

    /// Tries a push again later, and puts it aside when that does not help.
    async fn put_aside(&self, message: &Message, trouble: String) -> Result<(), Error> {
        let (id, now, tries) = (message.id, self.now(), self.patience().notice_tries);
        if message.attempts < tries {
            let next_at = now + wait_after(&self.patience().notice_after, message.attempts);
            let put_off = move |tx: &mut Tx<'_>| inbox::put_off(tx, id, next_at, &trouble);
            return self.database().write(put_off).await;
        }
        tracing::warn!(inbox.id = %id, source = message.source, trouble, "a push is put aside");
        let detail = serde_json::json!({ "source": message.source, "error": trouble }).to_string();
        let aside = move |tx: &mut Tx<'_>| {
            inbox::quarantine(tx, id, &trouble, now)?;
            task::open(tx, TaskKind::WebhookQuarantine, id, &detail, None, now)
        };
        self.database().write(aside).await
    }

    /// Opens a stored push and reads it as when it came in.
    fn understand(
        &self,
        sources: &HashMap<String, Box<dyn TrackingSource>>,
        message: &Message,
    ) -> Result<Push, String> {
        let source = sources.get(&message.source).ok_or("its tracker is no longer set up")?;
        let raw = self.vault().open_at(place(message.id), &message.body);
        let raw = raw.map_err(|error| error.to_string())?;
        let (headers, body) = unpack(&raw).ok_or("it was not stored as a push")?;
        source.read(&headers, body, message.received_at).map_err(|error| error.to_string())
    }

    fn source(&self, tracker: &tracking::Tracker) -> Option<Box<dyn TrackingSource>> {
        let secret = open_tracker(self.vault(), tracker)?;
        self.tracker_kind(&tracker.partner)?.connect(&secret)
    }
}

fn digest_of(body: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, body);
    digest.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
