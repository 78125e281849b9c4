//! The demo's people as the commands take them.

use ordermill_app::carrier::choose::Place;
use ordermill_app::catalog::Catalog;
use ordermill_app::shopper::Profile;
use ordermill_base::Currency;
use ordermill_demo::people::{Address, Customer};
use ordermill_demo::wishes::Service;
use ordermill_domain::address::{RawAddress, RawRecipient};
use ordermill_domain::carrier::ServiceKind;

/// An address as the intake takes it.
pub(super) fn recipient(address: &Address) -> RawRecipient {
    let Address { recipient, phone, country, province, city, district, street, postcode } =
        address.clone();
    let address = RawAddress {
        country,
        province,
        city,
        district,
        street: vec![street],
        postal_code: postcode,
    };
    RawRecipient { name: recipient, phone, address }
}

/// How an order of the shop is to be brought, if a carrier offers that where it goes: the checkout shows no other.
pub(super) fn service_wish(
    catalog: &Catalog,
    to: &RawRecipient,
    wished: Option<Service>,
) -> Option<ServiceKind> {
    let kind = match wished? {
        Service::NextDay => ServiceKind::NextDay,
        Service::Timed => ServiceKind::Timed,
        Service::PickupPoint => ServiceKind::PickupPoint,
    };
    let place = Place::of(&to.validate().ok()?.address);
    catalog.offered.has(kind, (&place).into(), Currency::Cny).then_some(kind)
}

/// What a customer has told the shop; none if no parcel could reach them.
pub(super) fn profile(customer: &Customer) -> Option<Profile> {
    let addresses: Vec<_> = customer
        .addresses
        .iter()
        .filter_map(|address| recipient(address).validate().ok())
        .collect();
    let first = addresses.first()?;
    Some(Profile {
        name: Some(first.name.clone()),
        phone: Some(first.phone.clone()),
        email: customer.email.parse().ok(),
        addresses,
    })
}
