//! Parcels that nobody reports: the carrier is asked, and a person is told when that does not help.

use ordermill_domain::shipment::silence::{Overdue, Silence, judge};
use ordermill_storage::shipment::{self, Stored};
use ordermill_storage::{Error, Tx, carrier};
use tokio::task::JoinSet;

use super::made::look_at;
use super::scan::{Heard, raise_exception, take_in};
use crate::carrier::Carriers;

const CLAIMED_MAX: i64 = 128;

impl Carriers {
    /// Looks at the parcels whose next word is overdue, once each. Gives how many there were.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn ask_about_silent(&self) -> Result<usize, Error> {
        let now = self.now();
        let again_at = now + self.patience().call_within;
        let claim = move |tx: &mut Tx<'_>| shipment::claim_silent(tx, now, again_at, CLAIMED_MAX);
        let silent: Vec<Stored> = self.database().write(claim).await?;
        let count = silent.len();
        let mut asking = JoinSet::new();
        for stored in silent {
            let carriers = self.clone();
            asking.spawn(async move { carriers.ask_about(stored).await });
        }
        while let Some(asked) = asking.join_next().await {
            // What could not be stored is looked at again when its claim has run out.
            if let Ok(Err(error)) = asked {
                tracing::error!(error = &error as &dyn std::error::Error, "a parcel stays silent");
            }
        }
        Ok(count)
    }

    async fn ask_about(&self, stored: Stored) -> Result<(), Error> {
        let facts = stored.shipment.facts();
        let (id, carrier_id, now) = (facts.id, facts.terms.carrier, self.now());
        let silence = judge(facts, stored.heard_at, now);
        if matches!(silence, Some(Silence::AskCarrier | Silence::Exception(_))) {
            let read = move |tx: &mut Tx<'_>| carrier::fetch(tx, carrier_id);
            let carrier = self.database().read(read).await?;
            let port = carrier.as_ref().and_then(|carrier| self.connect(carrier));
            let source = carrier.map_or(String::new(), |it| it.carrier.code);
            if let Some(port) = port {
                match port.track(&facts.terms.waybill).await {
                    Ok(scans) => {
                        let ids = self.database().ids();
                        let heard = [Heard::new(self.vault(), ids, id, &source, scans, now)];
                        let act = self.act();
                        let take = move |tx: &mut Tx<'_>| take_in(tx, &act, &heard);
                        self.database().write(take).await?;
                    }
                    Err(error) => tracing::warn!(shipment.id = %id, %error, "no word of a parcel"),
                }
            }
        }
        self.database().write(move |tx| judge_again(tx, id, now)).await
    }
}

/// Looks at a parcel after its carrier was asked: still silent is an exception of its own.
fn judge_again(
    tx: &mut Tx<'_>,
    id: ordermill_domain::ids::ShipmentId,
    now: ordermill_base::Timestamp,
) -> Result<(), Error> {
    let Some(stored) = shipment::fetch_each_for_update(tx, &[id])?.pop() else { return Ok(()) };
    let facts = stored.shipment.facts();
    let next = match judge(facts, stored.heard_at, now) {
        None => return Ok(()),
        Some(Silence::Normal { .. }) => look_at(&stored.shipment, stored.heard_at, now),
        // The carrier has been asked just now: the rest of the time is its own.
        Some(Silence::AskCarrier) => Some(now + ordermill_base::Span::hours(6)),
        Some(Silence::Exception(overdue)) => {
            // One that the carrier has told of is on somebody's desk already.
            if !facts.track.status.is_exception() {
                raise_exception(tx, &stored, name(overdue), now, now)?;
            }
            Some(now + ordermill_base::Span::hours(12))
        }
    };
    match next {
        Some(next) => {
            shipment::look_later(tx, id, next.max(now + ordermill_base::Span::minutes(1)))
        }
        None => Ok(()),
    }
}

/// What the desk calls it.
const fn name(overdue: Overdue) -> &'static str {
    match overdue {
        Overdue::NotCollected => "not_collected",
        Overdue::NoScan => "no_scan",
        Overdue::Late => "late",
    }
}
