//! Drivers: a carrier is told what waits for it, once for each closed list, between transactions and under the
//! list's own id.

use ordermill_ports::carrier::{CarrierError, PickupRequest};
use ordermill_storage::manifest::{self, Manifest};
use ordermill_storage::{Error, Tx, carrier, location, shipment};

use crate::carrier::Carriers;
use crate::payment::settings::{is_used_up, wait_after};

/// Lists for which drivers are called at a time.
const CLAIMED_MAX: i64 = 16;

impl Carriers {
    /// Calls the drivers of closed lists that are due, once each. Gives how many there were.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn call_drivers(&self) -> Result<usize, Error> {
        let now = self.now();
        let again_at = now + self.patience().call_within;
        let claim = move |tx: &mut Tx<'_>| manifest::claim(tx, now, again_at, CLAIMED_MAX);
        let claimed: Vec<Manifest> = self.database().write(claim).await?;
        let count = claimed.len();
        for manifest in claimed {
            self.call_driver(manifest).await?;
        }
        Ok(count)
    }

    async fn call_driver(&self, list: Manifest) -> Result<(), Error> {
        let (id, carrier_id, site) = (list.id, list.carrier, list.location);
        let read = move |tx: &mut Tx<'_>| {
            let parcels = manifest::parcels(tx, id)?;
            let mut waybills = Vec::with_capacity(parcels.len());
            for parcel in parcels {
                let stored = shipment::fetch(tx, parcel)?;
                waybills.extend(stored.map(|it| it.shipment.facts().terms.waybill.clone()));
            }
            Ok::<_, Error>((carrier::fetch(tx, carrier_id)?, location::fetch(tx, site)?, waybills))
        };
        let (carrier, site, waybills) = self.database().read(read).await?;
        let port = carrier.as_ref().and_then(|carrier| self.connect(carrier));
        let request = PickupRequest {
            reference: id.to_string(),
            address: site.map_or(String::new(), |site| site.address),
            ready_at: list.closed_at.unwrap_or_else(|| self.now()),
            waybills,
        };
        let answer = match port {
            Some(port) => port.pickup(&request).await,
            None => Err(CarrierError::NotSent { reason: "no account that can be used".into() }),
        };
        let wait = wait_after(&self.patience().refund_after, list.asked);
        let again_at = self.now() + wait;
        let is_stuck = is_used_up(&self.patience().refund_after, list.asked);
        let note = move |tx: &mut Tx<'_>| match &answer {
            Ok(pickup) => {
                manifest::set_pickup(tx, id, &pickup.confirmation, pickup.from, pickup.until)
            }
            Err(CarrierError::Refused { code, message }) => {
                manifest::set_failure(tx, id, &format!("{code}: {message}"), None)
            }
            Err(error) => {
                // The same reference calls one driver, so asking again is the way to know.
                let again = (!is_stuck || list.asked < 50).then_some(again_at);
                manifest::set_failure(tx, id, &error.to_string(), again)
            }
        };
        self.database().write(note).await
    }
}
