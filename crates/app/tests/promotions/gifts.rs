//! Gifts that come along with an order, while stock lasts.

use std::collections::BTreeSet;
use std::sync::Arc;

use ordermill_app::catalog::edit::edit_sku;
use ordermill_app::catalog::{ShopSettings, settings};
use ordermill_app::gift::{ABOVE_LIMIT, SaveGiftsError, save};
use ordermill_app::order::PlacingError;
use ordermill_app::order::intake::{NewLine, NewOrder};
use ordermill_app::order::place::PlaceOrderError;
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_app::scheduler;
use ordermill_base::{Id, Money, Quantity, Span};
use ordermill_domain::ids::{OrderId, SkuId, StaffId};
use ordermill_domain::order::{LineTerms, PaymentTerms, Status};
use ordermill_domain::pricing::coupon::Scope;
use ordermill_domain::pricing::gift::{GiftRule, GiftRules};
use ordermill_domain::role::Role;
use ordermill_domain::sku::Sku;
use ordermill_domain::stock::StockLevel;
use ordermill_domain::text::Text;
use ordermill_storage::{Tx, order, stock as levels};
use ordermill_testkit::{catalog, stock};

use crate::kit::{CNY, FREIGHT, PRICE, Shop, on_each_database, ten_off};

/// A tote bag with every order of goods for two bowls.
fn a_tote() -> GiftRule {
    GiftRule {
        number: 1,
        name: Text::new("满118赠帆布袋", "A tote bag from ¥118"),
        gift: stock::sku(7),
        pieces: Quantity::ONE,
        scope: Scope::All,
        min_spend: Some(Money::new(2 * PRICE, CNY)),
        min_pieces: None,
        valid_from: None,
        valid_until: None,
        channels: BTreeSet::new(),
        is_active: true,
    }
}

impl Shop {
    /// Puts so many tote bags on the shelf, and gives them away by this rule.
    async fn gives(&self, totes: i64, rule: GiftRule) {
        let act = self.clerk();
        let put = move |tx: &mut Tx<'_>| {
            ordermill_storage::sku::insert(tx, &act, &catalog::sku(stock::sku(7), "TOTE"))?;
            settings::save(tx, &act, &GiftRules(vec![rule.clone()]), 0)
        };
        self.services.database().write(put).await.unwrap();
        self.stocks(stock::sku(7), totes).await;
        self.sees_changes().await;
    }

    async fn stocks(&self, sku: SkuId, pieces: i64) {
        let (act, place) = (self.clerk(), (sku, stock::location(1)));
        let receive = move |tx: &mut Tx<'_>| stock::receive_in(tx, &act, place, pieces);
        if pieces > 0 {
            self.services.database().write(receive).await.unwrap();
        }
    }

    async fn sees_changes(&self) {
        let holder = self.services.catalog_holder();
        let reload = move |tx: &mut Tx<'_>| holder.reload(tx);
        self.services.database().snapshot(reload).await.unwrap();
    }

    async fn buys(&self, bowls: i64) -> OrderId {
        self.place(self.bowls(bowls)).await.unwrap().id
    }

    fn bowls(&self, bowls: i64) -> NewOrder {
        let lines = vec![NewLine { sku: "BOWL".to_owned(), quantity: bowls }];
        NewOrder { lines, ..self.a_bowl(1) }
    }

    async fn lines(&self, id: OrderId) -> Vec<LineTerms> {
        let lines = self.services.database().read(move |tx| order::lines(tx, id)).await.unwrap();
        lines.into_iter().map(|line| line.terms).collect()
    }

    async fn has_gift(&self, id: OrderId) -> bool {
        self.lines(id).await.iter().any(LineTerms::is_gift)
    }

    /// Stock is held for half an hour, not until the money is due.
    async fn holds_for_minutes_only(&self) {
        let act = self.clerk();
        let set = move |tx: &mut Tx<'_>| {
            let (shop, version) = settings::read::<ShopSettings>(tx)?;
            settings::save(tx, &act, &ShopSettings { is_promotion: true, ..shop }, version)
        };
        self.services.database().write(set).await.unwrap();
        self.sees_changes().await;
    }

    async fn totes(&self) -> StockLevel {
        let read = |tx: &mut Tx<'_>| levels::levels(tx, [stock::sku(7)]);
        self.services.database().read(read).await.unwrap()[0]
    }
}

#[test]
fn a_gift_comes_along_from_the_threshold_on_as_a_line_that_costs_nothing() {
    on_each_database(async |shop: &Shop| {
        shop.gives(10, a_tote()).await;
        assert!(!shop.has_gift(shop.buys(1).await).await, "one bowl is too little");
        let order = shop.buys(2).await;
        let lines = shop.lines(order).await;
        let gift = lines[1];
        assert_eq!((lines.len(), gift.line_no, gift.sku), (2, 2, stock::sku(7)));
        assert_eq!((gift.gift, gift.unit_price_minor, gift.total_minor), (Some(1), 0, 0));
        let amounts = shop.order(order).await.facts().amounts;
        assert_eq!((amounts.goods_minor, amounts.total_minor), (2 * PRICE, 2 * PRICE));
        assert_eq!(shop.totes().await.available(), 9);
    });
}

#[test]
fn what_a_coupon_takes_off_does_not_count_for_a_gift() {
    on_each_database(async |shop: &Shop| {
        shop.gives(10, a_tote()).await;
        shop.coupon(ten_off("SAVE10")).await;
        let mut new = shop.bowls(2);
        new.coupons = vec!["SAVE10".to_owned()];
        let placed = shop.place(new).await.unwrap();
        assert!(!shop.has_gift(placed.id).await);
    });
}

#[test]
fn a_gift_is_given_in_its_time_only() {
    on_each_database(async |shop: &Shop| {
        let now = shop.act().at;
        let (from, until) = (Some(now + Span::hours(1)), Some(now + Span::hours(2)));
        shop.gives(10, GiftRule { valid_from: from, valid_until: until, ..a_tote() }).await;
        assert!(!shop.has_gift(shop.buys(2).await).await, "too early");
        shop.clock.advance(Span::hours(1));
        assert!(shop.has_gift(shop.buys(2).await).await);
        shop.clock.advance(Span::hours(1));
        assert!(!shop.has_gift(shop.buys(2).await).await, "too late");
    });
}

#[test]
fn a_gift_for_some_goods_does_not_come_with_others() {
    on_each_database(async |shop: &Shop| {
        let plates = Scope::Skus(BTreeSet::from([stock::sku(2)]));
        shop.gives(10, GiftRule { scope: plates, min_spend: None, ..a_tote() }).await;
        assert!(!shop.has_gift(shop.buys(5).await).await);
        let mut plate = shop.bowls(1);
        plate.lines[0].sku = "PLATE".to_owned();
        assert!(shop.has_gift(shop.place(plate).await.unwrap().id).await);
    });
}

#[test]
fn a_gift_for_one_channel_does_not_come_with_orders_of_another() {
    on_each_database(async |shop: &Shop| {
        let channels = shop.services.channels();
        let of_api = BTreeSet::from([channels.api]);
        shop.gives(10, GiftRule { channels: of_api, ..a_tote() }).await;
        assert!(!shop.has_gift(shop.buys(2).await).await);
        let by_api = NewOrder { channel: channels.api, ..shop.bowls(2) };
        assert!(shop.quote(&by_api).await.gifts.len() == 1);
        assert!(shop.has_gift(shop.place(by_api).await.unwrap().id).await);
    });
}

#[test]
fn a_gift_whose_stock_has_run_out_does_not_stop_the_order() {
    on_each_database(async |shop: &Shop| {
        shop.gives(1, a_tote()).await;
        assert!(shop.has_gift(shop.buys(2).await).await);
        let order = shop.buys(2).await;
        assert_eq!(shop.lines(order).await.len(), 1, "the order stands without it");
        assert_eq!(shop.totes().await.available(), 0);
    });
}

#[test]
fn an_order_that_cannot_be_had_is_refused_for_its_goods_alone() {
    on_each_database(async |shop: &Shop| {
        shop.gives(0, a_tote()).await;
        let refused = shop.place(shop.bowls(1_001)).await;
        let Err(PlacingError::Place(PlaceOrderError::OutOfStock(short))) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(short.iter().map(|it| it.sku).collect::<Vec<_>>(), [stock::sku(1)]);
    });
}

#[test]
fn a_canceled_order_gives_its_gift_back_to_the_stock() {
    on_each_database(async |shop: &Shop| {
        shop.gives(1, a_tote()).await;
        let order = shop.buys(2).await;
        assert!(shop.cancel(order).await);
        assert_eq!(shop.totes().await.available(), 1);
        assert!(shop.has_gift(shop.buys(2).await).await, "the next one gets it");
    });
}

#[test]
fn a_quote_names_the_gift_that_the_order_gets() {
    on_each_database(async |shop: &Shop| {
        shop.gives(1, a_tote()).await;
        let quoted = shop.quote(&shop.bowls(2)).await;
        assert_eq!(quoted.gifts.iter().map(|it| it.sku).collect::<Vec<_>>(), [stock::sku(7)]);
        assert_eq!(quoted.to_pay().minor, 2 * PRICE);
        assert_eq!(shop.quote(&shop.bowls(1)).await.gifts, []);
        assert_eq!(shop.quote(&shop.bowls(1)).await.to_pay().minor, PRICE + FREIGHT);
        shop.buys(2).await;
        assert_eq!(shop.quote(&shop.bowls(2)).await.gifts, [], "none is left");
    });
}

#[test]
fn a_gift_that_is_no_longer_on_sale_is_not_given() {
    on_each_database(async |shop: &Shop| {
        shop.gives(5, a_tote()).await;
        let act = shop.clerk();
        let retire = move |tx: &mut Tx<'_>| {
            let end = |sku: &mut Sku| sku.is_active = false;
            edit_sku(tx, &act, stock::sku(7), 1, end)
        };
        shop.services.database().write(retire).await.unwrap();
        shop.sees_changes().await;
        assert!(!shop.has_gift(shop.buys(2).await).await);
    });
}

#[test]
fn an_order_with_a_gift_is_reviewed_and_confirmed_with_it() {
    on_each_database(async |shop: &Shop| {
        shop.gives(1, a_tote()).await;
        let new = NewOrder { terms: PaymentTerms::CashOnDelivery, ..shop.bowls(2) };
        let order = shop.place(new).await.unwrap().id;
        assert_eq!(shop.order(order).await.status(), Status::Confirmed);
        assert_eq!(shop.totes().await.allocated, 1);
    });
}

#[test]
fn what_one_person_may_not_give_away_is_refused_at_its_rule() {
    on_each_database(async |shop: &Shop| {
        shop.gives(1, a_tote()).await;
        let (act, operator) = (shop.clerk(), operator());
        let many = Quantity::new(100).unwrap();
        let wanted = GiftRules(vec![a_tote(), GiftRule { number: 2, pieces: many, ..a_tote() }]);
        let dear = move |tx: &mut Tx<'_>| save(tx, &operator, &act, &wanted, 1);
        let refused = shop.services.database().write(dear).await;
        let Err(SaveGiftsError::Invalid(wrong)) = refused else { panic!("{refused:?}") };
        assert_eq!(
            (wrong[0].0, wrong[0].1.field, wrong[0].1.expected),
            (Some(1), "gift", ABOVE_LIMIT)
        );
    });
}

/// Somebody who keeps the promotions.
fn operator() -> Principal {
    Principal::Staff(Arc::new(StaffMember {
        id: StaffId::from_raw(1),
        roles: vec![Role::Operations],
        name: "Wei".to_owned(),
        location: None,
    }))
}

#[test]
fn a_gift_that_is_gone_when_the_money_comes_late_does_not_stop_the_order() {
    on_each_database(async |shop: &Shop| {
        shop.gives(1, a_tote()).await;
        shop.holds_for_minutes_only().await;
        let (late, quick) =
            (shop.buys(2).await, NewOrder { terms: PaymentTerms::CashOnDelivery, ..shop.bowls(2) });
        assert!(shop.has_gift(late).await);
        shop.clock.advance(Span::minutes(31));
        let now = shop.act().at;
        scheduler::run_due(shop.services.database(), now).await.unwrap();
        let quick = shop.place(quick).await.unwrap().id;
        assert!(shop.has_gift(quick).await, "the last one is on sale again");
        shop.pay(late, 2 * PRICE).await;
        let order = shop.order(late).await;
        assert_eq!((order.status(), order.facts().backordered), (Status::Confirmed, false));
        let read = move |tx: &mut Tx<'_>| order::lines(tx, late);
        let lines = shop.services.database().read(read).await.unwrap();
        assert_eq!((lines[0].pieces().allocated, lines[1].pieces().canceled), (2, 1));
    });
}
