//! The addresses under which buyers and partners find us.

use std::sync::Arc;

use ordermill_domain::ids::{OrderId, TrackerId};
use ordermill_domain::order::OrderNumber;

/// Makes addresses that others are given. Clones share the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links(Arc<str>);

impl Links {
    /// Addresses under `public_url`, `https://shop.example`.
    pub fn new(public_url: &str) -> Self {
        Self(public_url.trim_end_matches('/').into())
    }

    /// How others reach this server, without a slash at the end.
    pub fn public_url(&self) -> &str {
        &self.0
    }

    /// Where a gateway sends its notices.
    pub fn notices(&self, gateway: &str) -> String {
        format!("{}/gateways/{gateway}/notices", self.0)
    }

    /// Where a sales channel sends its messages.
    pub fn channel(&self, code: &str, kind: &str) -> String {
        format!("{}/channels/{code}/{kind}", self.0)
    }

    /// Where a tracker pushes what it knows of parcels.
    pub fn tracking_push(&self, partner: &str, id: TrackerId) -> String {
        format!("{}/hooks/tracking/{partner}/{id}", self.0)
    }

    /// Where anybody who has the token sees how far an order is.
    pub fn tracking(&self, token: &str) -> String {
        format!("{}/t/{token}", self.0)
    }

    /// Where a buyer says what should become of missing pieces.
    pub fn choice(&self, token: &str) -> String {
        format!("{}/c/{token}", self.0)
    }

    /// Where a buyer's browser comes back from a gateway's page.
    pub fn payment_result(&self, order: OrderId) -> String {
        format!("{}/orders/{}/payment", self.0, OrderNumber::from(order))
    }

    /// An order's page, for whoever has the guest's token of it.
    pub fn order(&self, order: OrderId, token: &str) -> String {
        format!("{}/orders/{}?token={token}", self.0, OrderNumber::from(order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_of_the_public_address_is_not_doubled() {
        let links = Links::new("https://shop.example/");
        assert_eq!(links.notices("sandbox"), "https://shop.example/gateways/sandbox/notices");
    }
}
