//! What buyers have used up and earned with an order comes back when nothing of it is to be had.

use ordermill_app::benefit::claim::{CouponClaim, PointsClaim};
use ordermill_app::coupon::create_coupon;
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::points::adjust_points;
use ordermill_base::{Currency, Id, Money};
use ordermill_domain::coupon::Coupon;
use ordermill_domain::customer::Event;
use ordermill_domain::ids::{CouponId, CustomerId};
use ordermill_domain::order::Status;
use ordermill_domain::pricing;
use ordermill_domain::pricing::coupon::{Benefit, Scope, Stacking};
use ordermill_domain::text::Text;
use ordermill_storage::customer::{self, Customer};
use ordermill_storage::{Error, Tx, coupon, points};

use crate::kit::{Shop, on_each_database};

/// Points of a customer that pay a part of an order, one for each fen.
const SPENT: i64 = 100;
/// Points that a customer earns by an order.
const EARNED: i64 = 40;

/// A customer who hands in points and a coupon with each order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Benefits {
    customer: CustomerId,
    coupon: CouponId,
}

impl Benefits {
    pub(crate) fn hand_in(self, order: &mut PlaceOrder) {
        let Self { customer, coupon } = self;
        let amount = Money::new(SPENT, Currency::Cny);
        order.placed.customer = Some(customer);
        order.placed.coupons = vec![coupon];
        order.placed.points_earned = EARNED;
        order.claims.buyer = customer.raw();
        order.claims.coupons = vec![CouponClaim { coupon, goods_minor: 0, freight_minor: 300 }];
        order.claims.points = Some(PointsClaim { customer, points: SPENT, amount });
    }
}

/// Three yuan less for freight, once.
fn less_freight(id: CouponId) -> Coupon {
    let rule = pricing::Coupon {
        id,
        benefit: Benefit::FreeFreight { cap: Some(Money::new(300, Currency::Cny)) },
        scope: Scope::All,
        min_spend: None,
        valid_from: None,
        valid_until: None,
        uses_max: Some(1),
        uses_per_customer_max: None,
        first_order_only: false,
        stacking: Stacking::Exclusive,
    };
    let name = Text::new("运费立减", "Less freight");
    Coupon { code: "FREIGHT3".into(), name, rule, is_active: true, version: 1 }
}

impl Shop {
    /// From now on a customer with so many points buys.
    async fn has_a_customer(&mut self) {
        let act = self.act();
        let enter = move |tx: &mut Tx<'_>| {
            let id = tx.next_id(act.at);
            let (phone_blind, email_blind) = (None, None);
            let profile = b"ciphertext".to_vec();
            let new =
                Customer { id, phone_blind, email_blind, profile, version: 1, created_at: act.at };
            customer::insert(tx, &new)?;
            customer::record(tx, &act, &new, Event::Created)?;
            adjust_points(tx, &act, id, SPENT).map_err(Error::defect)?;
            let coupon = less_freight(tx.next_id(act.at));
            let coupon = create_coupon(tx, &act, coupon).map_err(Error::defect)?.id();
            Ok::<_, Error>(Benefits { customer: id, coupon })
        };
        self.benefits = Some(self.database.write(enter).await.unwrap());
    }

    /// How often the coupon is used, and how many points the customer has.
    async fn used(&self) -> (i64, i64) {
        let Benefits { customer, coupon } = self.benefits.unwrap();
        let read = move |tx: &mut Tx<'_>| {
            let uses = coupon::fetch(tx, coupon)?.unwrap().uses;
            Ok::<_, Error>((uses, points::fetch(tx, customer)?.balance()))
        };
        self.database.read(read).await.unwrap()
    }
}

#[test]
fn a_buyer_whose_replacement_is_not_to_be_had_has_the_coupon_and_the_points_again() {
    on_each_database(async |shop| {
        shop.is_prepaid = true;
        shop.has_a_customer().await;
        let (order, lost) = shop.on_its_way(1).await;
        assert_eq!(shop.used().await, (1, EARNED));
        shop.loses_the_last(&lost).await;
        assert_eq!(shop.used().await, (1, EARNED), "it may still be sent");
        shop.gives_up(order).await;
        assert_eq!(shop.refunded(order).await, 20_500);
        assert_eq!(shop.used().await, (0, SPENT), "what was earned is taken back");
        assert_eq!(shop.stands(order).await.0, Status::Completed);
    });
}

#[test]
fn a_buyer_who_keeps_a_part_of_an_order_has_used_the_coupon() {
    on_each_database(async |shop| {
        shop.is_prepaid = true;
        shop.has_a_customer().await;
        let (order, lost) = shop.half_delivered().await;
        shop.loses_the_last(&lost).await;
        shop.gives_up(order).await;
        assert_eq!(shop.used().await.0, 1);
    });
}
