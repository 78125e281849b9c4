//! The road: time passes, parcels move, merchants are told.

use ordermill_base::Timestamp;

use crate::Sandbox;
use crate::carriers::{Before, Event, Parcel, Pickup, Refusal, Word};
use crate::fault::{Call, Fault};
use crate::http::TrackView;

impl Sandbox {
    /// Lets time pass on the road: what has come to light by now is pushed. Called by a sandbox that
    /// serves, several times a second.
    pub fn drive(&self) {
        let now = self.now();
        let mut shelf = self.shelf();
        for news in shelf.carriers.news(now) {
            let Some(url) = news.parcel.order.notify_url.as_deref() else { continue };
            let Some(url) = self.notify_url(url) else { continue };
            let faults = shelf.faults.take(Call::Push, &news.parcel.order.reference, None);
            let mut events = news.events;
            if faults.contains(&Fault::ShuffleEvents) {
                events.reverse();
            }
            // Plain texts: writing them as JSON cannot fail.
            let body = serde_json::to_string(&TrackView::new(&news.parcel, &events));
            let body = body.unwrap_or_default();
            self.send(&mut shelf, url, "parcel.tracked", news.parcel.waybill, body, faults);
        }
    }

    /// Writes a word of its carrier into a parcel's history, as if it happened now. What was planned
    /// for it does not happen any more.
    pub fn report(&self, waybill: &str, word: Word, place: &str) -> Result<Parcel, Refusal> {
        let event = Event::new(word, self.now(), place);
        self.shelf().carriers.report(waybill, event)
    }

    /// The carriers go on with parcels that they had before this sandbox was made. Gives how many they know.
    pub fn take_over(&self, parcels: Vec<Before>) -> usize {
        let mut shelf = self.shelf();
        parcels.into_iter().filter(|it| shelf.carriers.take_over(it.clone()).is_ok()).count()
    }

    /// The parcels that carriers have labels for.
    pub fn parcels(&self) -> Vec<Parcel> {
        self.shelf().carriers.parcels().cloned().collect()
    }

    pub(crate) fn call_driver(
        &self,
        carrier: &str,
        reference: &str,
        waybills: &[String],
        ready_at: Timestamp,
    ) -> Result<Pickup, Refusal> {
        let shelf = &mut *self.shelf();
        let faults = std::cell::RefCell::new(&mut shelf.faults);
        let take = |reference: &str| faults.borrow_mut().take(Call::Carry, reference, None);
        shelf.carriers.pickup(carrier, reference, waybills, ready_at, take)
    }
}
