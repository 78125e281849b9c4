//! The ways to deliver that a checkout offers: the usual one, and what a carrier offers beyond it there.

use jiff::civil::Date;
use ordermill_app::carrier::choose::Place;
use ordermill_app::carrier::offered::Whereto;
use ordermill_app::order::intake::destination;
use ordermill_app::promise;
use ordermill_domain::carrier::ServiceKind;
use ordermill_pages::Words;
use ordermill_pages::shop::checkout::Offer;
use ordermill_pages::states::shipment::service;

use super::form::CheckoutForm;
use super::{Asked, goods, price};
use crate::shop::Here;

/// The name of the field.
pub(super) const NAME: &str = "delivery";

/// By which services somebody brings it to the address, as far as that is known.
pub(super) fn offered(here: &Here, form: &CheckoutForm, region: &str) -> Vec<ServiceKind> {
    let (offered, currency) = (&here.catalog.offered, here.catalog.shop.currency);
    match form.recipient().validate() {
        Ok(recipient) => offered.kinds((&Place::of(&recipient.address)).into(), currency),
        Err(_) => offered.kinds(Whereto { destination: destination(region), city: None }, currency),
    }
}

impl Asked {
    /// Whether nobody brings it there as it is wished.
    pub(super) fn delivery_is_refused(&self, form: &CheckoutForm) -> bool {
        form.wish().is_some_and(|wish| !self.services.contains(&wish))
    }

    /// The last day of delivery that the page names.
    pub(super) fn arrives_by_on(&self) -> Option<Date> {
        let promises = self.contents.lines.iter().map(|line| line.promised.promise);
        promise::together(promises).map(|promise| promise.deliver_by_on)
    }

    /// The usual way, then what is offered beyond it. What was chosen and is not offered stays until
    /// something else is chosen, so that nobody gets what they did not ask for.
    pub(super) fn deliveries(&self, here: &Here, form: &CheckoutForm) -> Vec<Offer> {
        let (t, wish) = (here.t(), form.wish());
        let price = self.priced().map(|quote| quote.prices.freight.net);
        let offer = |value: ServiceKind, title: &str, note, is_chosen| Offer {
            value: value.code().to_owned(),
            title: title.to_owned(),
            note,
            price,
            is_chosen,
            is_available: self.quote.is_ok(),
        };
        let usual =
            offer(ServiceKind::Standard, t.delivery_standard(), self.arrival(here), wish.is_none());
        let beyond = ServiceKind::ALL.into_iter().filter_map(|kind| {
            let note = note(kind, t)?;
            let is_offered = self.services.contains(&kind);
            let note = if is_offered { note } else { t.delivery_not_there() };
            let offer = offer(kind, service(kind, t), note.to_owned(), wish == Some(kind));
            (is_offered || offer.is_chosen).then_some(offer)
        });
        std::iter::once(usual).chain(beyond).collect()
    }

    /// When it arrives, or why that is not known.
    fn arrival(&self, here: &Here) -> String {
        let t = here.t();
        match (&self.quote, self.arrives_by_on()) {
            (Err(problem), _) => price::problem(problem, t).to_owned(),
            (Ok(_), Some(day)) => t.arrives_on(goods::day(here, day)),
            (Ok(_), None) if !self.has_destination() => t.delivery_day_unknown().to_owned(),
            (Ok(_), None) => t.in_stock().to_owned(),
        }
    }
}

/// What a service means for the buyer; none for the usual one.
fn note(kind: ServiceKind, t: Words) -> Option<&'static str> {
    match kind {
        ServiceKind::Standard => None,
        ServiceKind::NextDay => Some(t.delivery_next_day()),
        ServiceKind::Timed => Some(t.delivery_timed()),
        ServiceKind::PickupPoint => Some(t.delivery_pickup()),
    }
}
