//! The demo's people as the commands take them.

use ordermill_app::shopper::Profile;
use ordermill_demo::people::{Address, Customer};
use ordermill_domain::address::{RawAddress, RawRecipient};

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
