//! A shop of Shopify's: what it still has to send of each order, and what it was told has left.
//!
//! It does what the real one does where that matters to whoever tells it: pieces that are fulfilled
//! are not fulfilled again, and nothing but that keeps the same parcel from being told twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An order that the shop knows; other fields of Shopify's own JSON are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOrder {
    /// Shopify's id.
    pub id: u64,
    /// What was bought.
    pub line_items: Vec<NewLine>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLine {
    /// Shopify's id.
    pub id: u64,
    /// How many pieces.
    pub quantity: u32,
}

/// An order as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Order {
    /// Shopify's id.
    pub id: u64,
    /// What is still to be sent; one fulfillment order has all of it.
    pub open: Vec<OpenLine>,
    /// What has left, oldest first.
    pub fulfillments: Vec<Fulfillment>,
}

/// Pieces of a line that are to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OpenLine {
    /// Its id in the fulfillment order.
    pub id: u64,
    /// The order's line.
    pub line: u64,
    /// How many pieces it had.
    pub total: u32,
    /// How many are left.
    pub remaining: u32,
}

/// A parcel, as the shop was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fulfillment {
    /// Shopify's id.
    pub id: u64,
    /// The carriers' numbers: one, or those of what was sent in its place.
    pub numbers: Vec<String>,
    /// Who carries it.
    pub company: String,
    /// Where buyers follow it.
    pub url: String,
    /// Line and pieces.
    pub lines: Vec<(u64, u32)>,
    /// Whether the buyer got Shopify's own mail.
    pub notified: bool,
}

/// All orders of the shop.
#[derive(Debug)]
pub struct Shopify {
    orders: BTreeMap<u64, Order>,
    orders_max: usize,
    last_id: u64,
}

/// The shop does not do that; in its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub &'static str);

/// What is taken of one fulfillment order's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The line of the fulfillment order.
    pub id: u64,
    /// How many pieces.
    pub quantity: u32,
}

impl Shopify {
    /// A shop without orders that keeps so many at most.
    pub(crate) const fn new(orders_max: usize) -> Self {
        Self { orders: BTreeMap::new(), orders_max, last_id: 1_000_000 }
    }

    /// The buyer has ordered. An order that is there stays as it is.
    pub fn place(&mut self, new: &NewOrder) -> Result<&Order, Refusal> {
        if self.orders.len() >= self.orders_max && !self.orders.contains_key(&new.id) {
            return Err(Refusal("the sandbox keeps no more orders"));
        }
        let last_id = &mut self.last_id;
        let order = self.orders.entry(new.id).or_insert_with(|| {
            let open = new.line_items.iter().map(|line| {
                *last_id += 1;
                let (total, remaining) = (line.quantity, line.quantity);
                OpenLine { id: *last_id, line: line.id, total, remaining }
            });
            Order { id: new.id, open: open.collect(), fulfillments: Vec::new() }
        });
        Ok(order)
    }

    /// One order.
    pub fn order(&self, id: u64) -> Option<&Order> {
        self.orders.get(&id)
    }

    /// All orders by id.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    /// A parcel has left. The fulfillment order of an order has the order's own id here.
    pub fn fulfill(
        &mut self,
        fulfillment_order: u64,
        taken: &[Taken],
        parcel: Fulfillment,
    ) -> Result<&Fulfillment, Refusal> {
        let order = self.orders.get_mut(&fulfillment_order);
        let order = order.ok_or(Refusal("Fulfillment order does not exist."))?;
        // No lines means all that is left, as there.
        let all: Vec<Taken>;
        let taken = if taken.is_empty() {
            let left = order.open.iter().filter(|line| line.remaining > 0);
            all = left.map(|line| Taken { id: line.id, quantity: line.remaining }).collect();
            &all
        } else {
            taken
        };
        let mut open = order.open.clone();
        let mut lines = Vec::new();
        for taken in taken {
            let line = open.iter_mut().find(|line| line.id == taken.id);
            let line = line.ok_or(Refusal("Fulfillment order line item does not exist."))?;
            let left = line.remaining.checked_sub(taken.quantity);
            let is_some = taken.quantity > 0;
            let wrong = Refusal("Invalid fulfillment order line item quantity requested.");
            line.remaining = left.filter(|_| is_some).ok_or(wrong)?;
            lines.push((line.line, taken.quantity));
        }
        if lines.is_empty() {
            return Err(Refusal("Fulfillment order has no line items left to fulfill."));
        }
        order.open = open;
        self.last_id += 1;
        order.fulfillments.push(Fulfillment { id: self.last_id, lines, ..parcel });
        order.fulfillments.last().ok_or(Refusal("nothing was kept"))
    }
}

impl Shopify {
    /// A parcel travels under other numbers now. Gives it, if the shop has it.
    pub fn rename(
        &mut self,
        fulfillment: u64,
        numbers: Vec<String>,
        notified: bool,
    ) -> Result<&Fulfillment, Refusal> {
        let mut all = self.orders.values_mut().flat_map(|order| &mut order.fulfillments);
        let known = all.find(|it| it.id == fulfillment);
        let known = known.ok_or(Refusal("Fulfillment does not exist."))?;
        known.numbers = numbers;
        known.notified |= notified;
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(number: &str) -> Fulfillment {
        Fulfillment {
            id: 0,
            numbers: vec![number.into()],
            company: "Swift".into(),
            url: "https://shop.example/t/x".into(),
            lines: Vec::new(),
            notified: true,
        }
    }

    #[test]
    fn pieces_leave_once_and_in_as_many_parcels_as_they_are_told_in() {
        let mut shop = Shopify::new(10);
        let order = NewOrder { id: 7, line_items: vec![NewLine { id: 70, quantity: 3 }] };
        let line = shop.place(&order).unwrap().open[0].id;
        let one = [Taken { id: line, quantity: 1 }];
        assert_eq!(shop.fulfill(7, &one, parcel("A")).unwrap().lines, [(70, 1)]);
        assert_eq!(shop.fulfill(7, &[], parcel("B")).unwrap().lines, [(70, 2)]);
        assert!(shop.fulfill(7, &one, parcel("C")).is_err());
        assert!(shop.fulfill(7, &[], parcel("C")).is_err());
        assert!(shop.fulfill(8, &one, parcel("C")).is_err());
        assert_eq!(shop.order(7).unwrap().fulfillments.len(), 2);
    }
}
