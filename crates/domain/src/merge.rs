//! Merging (合单): fulfillments of several orders of one buyer that travel in one parcel.
//!
//! Each order keeps its own life: its money, its pages, its number, and whatever becomes of it later. Only
//! the work on them is done together. Start at [`obstacles`].

use ordermill_base::{Currency, Span, Timestamp};

use crate::apart::{Goods, Pair, parted_by};
use crate::carrier::ServiceKind;
use crate::code::coded;
use crate::ids::{ChannelId, CustomerId, LocationId, OrderId};
use crate::order::PaymentTerms;
use crate::risk::Marks;

/// Fulfillments of one merge, at most.
pub const MEMBERS_MAX: usize = 10;

coded! {
    /// Why two pieces of work do not travel together.
    enum Obstacle {
        /// They are of one order: that is put together, not merged.
        SameOrder = "same_order",
        /// One of them is on a floor already, or over.
        NotPlanned = "not_planned",
        /// A review holds one of the orders.
        Held = "held",
        /// One was sold under a promotion, and is worked on by itself.
        Promotion = "promotion",
        /// Pieces of one of the orders wait for stock.
        Backordered = "backordered",
        /// They came from different shops.
        OtherShop = "other_shop",
        /// Their channel is told of the parcel of each order.
        ToldChannel = "told_channel",
        /// One is paid, the other is paid at the door.
        OtherTerms = "other_terms",
        /// Their amounts are in different currencies.
        OtherCurrency = "other_currency",
        /// Not the same buyer, as far as anybody knows.
        OtherBuyer = "other_buyer",
        /// Not the same address, as far as anybody knows.
        OtherAddress = "other_address",
        /// One is to be brought by another service than the other.
        OtherService = "other_service",
        /// One is urgent, or is for later.
        OtherTime = "other_time",
        /// Goods are kept apart.
        Apart = "apart",
        /// They lie at different locations.
        OtherLocation = "other_location",
        /// They were placed too far apart.
        TooFarApart = "too_far_apart",
        /// Together they weigh too much.
        TooHeavy = "too_heavy",
    }
}

impl Obstacle {
    /// Whether a person may decide otherwise.
    pub const fn is_for_a_person(self) -> bool {
        matches!(self, Self::OtherLocation | Self::TooFarApart | Self::TooHeavy)
    }
}

/// What a shop allows by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Orders are placed within so much of each other.
    pub window: Span,
    /// All of it weighs so much at most, in grams.
    pub max_grams: u64,
}

/// Work that may travel with other work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side<'g> {
    /// Its order.
    pub order: OrderId,
    /// Where the order came from.
    pub channel: ChannelId,
    /// Whether that channel is told of each parcel that leaves.
    pub is_told: bool,
    /// Who bought, unless a guest.
    pub customer: Option<CustomerId>,
    /// When the money comes.
    pub terms: PaymentTerms,
    /// What the order is paid in.
    pub currency: Currency,
    /// How the buyer wants it brought.
    pub service_wish: Option<ServiceKind>,
    /// When the order was placed.
    pub placed_at: Timestamp,
    /// What its phone and address are known by; none while nobody has looked.
    pub marks: Option<Marks>,
    /// Whether it was sold under a promotion.
    pub is_promotion: bool,
    /// Whether pieces of the order wait for stock.
    pub is_backordered: bool,
    /// Whether no review holds the order.
    pub is_passed: bool,
    /// Whether it waits for a wave.
    pub is_planned: bool,
    /// Whether it goes before others.
    pub is_urgent: bool,
    /// It is not given to the floor before.
    pub not_before: Option<Timestamp>,
    /// Where its pieces are.
    pub location: LocationId,
    /// What it weighs, in grams.
    pub grams: u64,
    /// What lies in it.
    pub goods: Vec<Goods<'g>>,
}

/// Everything that keeps two pieces of work from travelling together, each once, in the order of
/// [`Obstacle::ALL`].
pub fn obstacles(a: &Side<'_>, b: &Side<'_>, limits: Limits, apart: &[Pair]) -> Vec<Obstacle> {
    let each = |is: fn(&Side<'_>) -> bool| is(a) && is(b);
    let is_found = |obstacle: Obstacle| match obstacle {
        Obstacle::SameOrder => a.order == b.order,
        Obstacle::NotPlanned => !each(|side| side.is_planned),
        Obstacle::Held => !each(|side| side.is_passed),
        Obstacle::Promotion => a.is_promotion || b.is_promotion,
        Obstacle::Backordered => a.is_backordered || b.is_backordered,
        Obstacle::OtherShop => a.channel != b.channel,
        Obstacle::ToldChannel => a.is_told || b.is_told,
        Obstacle::OtherTerms => a.terms != b.terms,
        Obstacle::OtherCurrency => a.currency != b.currency,
        Obstacle::OtherBuyer => !is_same_buyer(a, b),
        Obstacle::OtherAddress => !is_same(mark(a, |it| it.address), mark(b, |it| it.address)),
        Obstacle::OtherService => a.service_wish != b.service_wish,
        Obstacle::OtherTime => a.is_urgent != b.is_urgent || a.not_before != b.not_before,
        Obstacle::Apart => is_apart(&a.goods, &b.goods, apart),
        Obstacle::OtherLocation => a.location != b.location,
        Obstacle::TooFarApart => {
            a.placed_at.since(b.placed_at).as_micros().unsigned_abs()
                > limits.window.as_micros().unsigned_abs()
        }
        Obstacle::TooHeavy => a.grams.saturating_add(b.grams) > limits.max_grams,
    };
    Obstacle::ALL.into_iter().filter(|obstacle| is_found(*obstacle)).collect()
}

/// The same account, or the same phone.
fn is_same_buyer(a: &Side<'_>, b: &Side<'_>) -> bool {
    is_same(a.customer, b.customer) || is_same(mark(a, |it| it.phone), mark(b, |it| it.phone))
}

fn mark(side: &Side<'_>, of: impl FnOnce(&Marks) -> Option<i64>) -> Option<i64> {
    side.marks.as_ref().and_then(of)
}

/// Whether both are known, and the same.
fn is_same<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
    a.is_some() && a == b
}

fn is_apart(a: &[Goods<'_>], b: &[Goods<'_>], pairs: &[Pair]) -> bool {
    a.iter().any(|one| b.iter().any(|other| parted_by(pairs, *one, *other).is_some()))
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;

    use super::*;
    use crate::apart::Kind;
    use crate::sku::{Handling, HandlingFlag};

    const AT: Timestamp = Timestamp::from_millis(1_795_000_000_000);
    const LIMITS: Limits = Limits { window: Span::minutes(60), max_grams: 10_000 };

    fn side(number: i64) -> Side<'static> {
        Side {
            order: OrderId::from_raw(number),
            channel: ChannelId::from_raw(1),
            is_told: false,
            customer: None,
            terms: PaymentTerms::Prepaid,
            currency: Currency::Cny,
            service_wish: None,
            placed_at: AT,
            marks: Some(Marks { phone: Some(11), address: Some(22), suspicions: 0 }),
            is_promotion: false,
            is_backordered: false,
            is_passed: true,
            is_planned: true,
            is_urgent: false,
            not_before: None,
            location: LocationId::from_raw(1),
            grams: 4_000,
            goods: vec![Goods { handling: Handling::default(), category: "books" }],
        }
    }

    fn between(a: &Side<'_>, b: &Side<'_>) -> Vec<Obstacle> {
        let pairs = [Pair {
            one: Kind::Flag(HandlingFlag::Hazardous),
            other: Kind::Flag(HandlingFlag::Perishable),
        }];
        let found = obstacles(a, b, LIMITS, &pairs);
        assert_eq!(found, obstacles(b, a, LIMITS, &pairs), "it does not matter who is asked");
        found
    }

    #[test]
    fn two_orders_of_one_buyer_to_one_address_travel_together() {
        assert_eq!(between(&side(1), &side(2)), []);
        assert_eq!(between(&side(1), &side(1)), [Obstacle::SameOrder]);
    }

    #[test]
    fn each_difference_that_matters_is_an_obstacle() {
        let food = Handling { is_perishable: true, ..Handling::default() };
        let danger = Handling { is_hazardous: true, ..Handling::default() };
        let its = |handling| vec![Goods { handling, category: "" }];
        let eater = Side { goods: its(food), ..side(1) };
        assert_eq!(between(&eater, &Side { goods: its(danger), ..side(2) }), [Obstacle::Apart]);
        let nobody = Some(Marks { phone: None, address: None, suspicions: 0 });
        let cases = [
            (Side { is_planned: false, ..side(2) }, vec![Obstacle::NotPlanned]),
            (Side { is_passed: false, ..side(2) }, vec![Obstacle::Held]),
            (Side { is_promotion: true, ..side(2) }, vec![Obstacle::Promotion]),
            (Side { is_backordered: true, ..side(2) }, vec![Obstacle::Backordered]),
            (Side { channel: ChannelId::from_raw(2), ..side(2) }, vec![Obstacle::OtherShop]),
            (Side { is_told: true, ..side(2) }, vec![Obstacle::ToldChannel]),
            (Side { terms: PaymentTerms::CashOnDelivery, ..side(2) }, vec![Obstacle::OtherTerms]),
            (Side { currency: Currency::Eur, ..side(2) }, vec![Obstacle::OtherCurrency]),
            (Side { marks: nobody, ..side(2) }, vec![Obstacle::OtherBuyer, Obstacle::OtherAddress]),
            (
                Side { service_wish: Some(ServiceKind::PickupPoint), ..side(2) },
                vec![Obstacle::OtherService],
            ),
            (Side { is_urgent: true, ..side(2) }, vec![Obstacle::OtherTime]),
            (Side { not_before: Some(AT), ..side(2) }, vec![Obstacle::OtherTime]),
            (Side { location: LocationId::from_raw(2), ..side(2) }, vec![Obstacle::OtherLocation]),
            (Side { placed_at: AT + Span::minutes(61), ..side(2) }, vec![Obstacle::TooFarApart]),
            (Side { grams: 6_001, ..side(2) }, vec![Obstacle::TooHeavy]),
        ];
        for (other, expected) in cases {
            assert_eq!(between(&side(1), &other), expected, "{other:?}");
        }
    }

    #[test]
    fn an_account_is_the_same_buyer_whatever_phone_they_give() {
        let of = |number, phone| Side {
            customer: Some(CustomerId::from_raw(5)),
            marks: Some(Marks { phone: Some(phone), address: Some(22), suspicions: 0 }),
            ..side(number)
        };
        assert_eq!(between(&of(1, 11), &of(2, 12)), []);
        let unknown = Side { marks: None, ..of(2, 12) };
        assert_eq!(between(&of(1, 11), &unknown), [Obstacle::OtherAddress]);
    }
}
