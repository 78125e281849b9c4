//! A shop that sells bowls for 59 yuan, with 10 yuan of freight below 99.

use std::sync::Arc;

use ordermill_app::benefit::HandedIn;
use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::intake::{NewLine, NewOrder};
use ordermill_app::order::{PlacedFacts, PlacingError};
use ordermill_app::payment::capture::{Captured, CapturedMoney, RecordCapture};
use ordermill_app::privacy::Vault;
use ordermill_app::quote::{QuoteRequest, Quoted};
use ordermill_app::{Partners, Services, check, coupon, gift_card, points};
use ordermill_base::{Clock, Currency, Id, Money, Span};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::address::{RawAddress, RawRecipient};
use ordermill_domain::coupon::Coupon;
use ordermill_domain::gift_card::Origin;
use ordermill_domain::ids::{CouponId, CustomerId, GiftCardId, OrderId, PaymentId};
use ordermill_domain::order::{CancelReason, Order};
use ordermill_domain::payment::{LatePolicy, NewPayment, Payment};
use ordermill_domain::pricing;
use ordermill_domain::pricing::coupon::{Benefit, Scope, Stacking};
use ordermill_domain::text::Text;
use ordermill_storage::customer::Customer;
use ordermill_storage::{
    coupon as coupons, customer, gift_card as cards, location, order, payment, points as accounts,
    sku,
};
use ordermill_testkit::{TestClock, catalog, each_database, stock};
use ordermill_vault::SeededEntropy;

pub(crate) const CNY: Currency = Currency::Cny;
/// A bowl.
pub(crate) const PRICE: i64 = 5_900;
/// What sending one costs.
pub(crate) const FREIGHT: i64 = 1_000;

pub(crate) struct Shop {
    pub(crate) services: Services,
    pub(crate) clock: Arc<TestClock>,
}

/// Runs a test on each database. Databases are opened and closed outside of the runtime: the driver
/// of PostgreSQL blocks its thread.
pub(crate) fn on_each_database(test: impl AsyncFn(&Shop)) {
    for fresh in each_database() {
        let mut connection = fresh.connection();
        let act = Act::new(Actor::system("test"), TestClock::START);
        connection
            .transact(|tx| {
                sku::insert(tx, &act, &catalog::sku(stock::sku(1), "BOWL"))?;
                sku::insert(tx, &act, &catalog::sku(stock::sku(2), "PLATE"))?;
                let place = catalog::location(stock::location(1), "HZ", 30, 120);
                location::insert(tx, &act, &place)
            })
            .unwrap();
        for number in [1, 2] {
            let (sku, at) = (stock::sku(number), stock::location(1));
            stock::receive(&mut connection, sku, at, 1_000, TestClock::START);
        }
        let clock = Arc::new(TestClock::default());
        let entropy = Arc::new(SeededEntropy::from_seed(11));
        let vault = Vault::in_memory(entropy, TestClock::START);
        let database = fresh.open();
        let services =
            Services::new(database.clone(), clock.clone(), vault, Partners::default()).unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
        let shop = Shop { services, clock: clock.clone() };
        runtime.unwrap().block_on(test(&shop));
        drop(shop);
        database.close();
        let now = clock.now() + Span::days(1);
        let report = check::check(&mut connection, now, None, &mut |_, _| ()).unwrap();
        assert_eq!(report.violations, [], "{}", fresh.engine());
    }
}

/// Ten yuan off everything, used alone.
pub(crate) fn ten_off(code: &str) -> Coupon {
    let rule = pricing::Coupon {
        id: CouponId::from_raw(0),
        benefit: Benefit::AmountOff(Money::new(1_000, CNY)),
        scope: Scope::All,
        min_spend: None,
        valid_from: None,
        valid_until: None,
        uses_max: None,
        uses_per_customer_max: None,
        first_order_only: false,
        stacking: Stacking::Exclusive,
    };
    let name = Text::new("立减十元", "¥10 off");
    Coupon { code: code.to_owned(), name, rule, is_active: true, version: 1 }
}

pub(crate) fn phone(number: u32) -> String {
    (13_800_000_000_u64 + u64::from(number)).to_string()
}

pub(crate) fn recipient(phone: &str) -> RawRecipient {
    let address = RawAddress {
        country: "CN".to_owned(),
        province: "上海市".to_owned(),
        city: "上海市".to_owned(),
        district: "浦东新区".to_owned(),
        street: vec!["世纪大道 100 号".to_owned()],
        postal_code: String::new(),
    };
    RawRecipient { name: "王小明".to_owned(), phone: phone.to_owned(), address }
}

impl Shop {
    pub(crate) fn act(&self) -> Act {
        Act::new(Actor::Buyer(None), self.clock.now())
    }

    pub(crate) fn clerk(&self) -> Act {
        Act::new(Actor::system("test"), self.clock.now())
    }

    /// One bowl, for whoever has this phone.
    pub(crate) fn a_bowl(&self, phone_number: u32) -> NewOrder {
        let lines = vec![NewLine { sku: "BOWL".to_owned(), quantity: 1 }];
        let to = recipient(&phone(phone_number));
        NewOrder::new(self.services.channels().shop, CNY, lines, to)
    }

    pub(crate) async fn place(&self, new: NewOrder) -> Result<PlacedFacts, PlacingError> {
        self.services.place_order(self.act(), new).await
    }

    pub(crate) async fn quote(&self, new: &NewOrder) -> Quoted {
        let request = QuoteRequest {
            channel: new.channel,
            customer: new.customer,
            phone: Some(format!("+86{}", new.recipient.phone)),
            currency: new.currency,
            lines: new.lines.clone(),
            region: "CN-31".to_owned(),
            service_wish: new.service_wish,
            handed_in: HandedIn {
                coupons: new.coupons.clone(),
                points: new.points,
                gift_cards: new.gift_cards.clone(),
            },
        };
        self.services.quote(&self.act(), request).await.unwrap()
    }

    pub(crate) async fn coupon(&self, mut new: Coupon) -> CouponId {
        let act = self.clerk();
        let create = move |tx: &mut ordermill_storage::Tx<'_>| {
            new.rule.id = tx.next_id(act.at);
            coupon::create_coupon(tx, &act, new.clone())
        };
        self.services.database().write(create).await.unwrap().id()
    }

    pub(crate) async fn uses(&self, id: CouponId) -> i64 {
        let read = self.services.database().read(move |tx| coupons::fetch(tx, id)).await;
        read.unwrap().unwrap().uses
    }

    pub(crate) async fn gift_card(&self, code: &str, minor: i64) -> GiftCardId {
        let (act, code) = (self.clerk(), code.to_owned());
        let (vault, amount) = (self.services.vault().clone(), Money::new(minor, CNY));
        let issue = move |tx: &mut ordermill_storage::Tx<'_>| {
            gift_card::issue_gift_card(tx, &vault, &act, &code, amount, Origin::Granted)
        };
        self.services.database().write(issue).await.unwrap()
    }

    pub(crate) async fn on_card(&self, id: GiftCardId) -> i64 {
        let read = self.services.database().read(move |tx| cards::fetch(tx, id)).await;
        read.unwrap().unwrap().card.balance().minor
    }

    pub(crate) async fn customer(&self, points: i64) -> CustomerId {
        let (act, at) = (self.clerk(), self.clock.now());
        let insert = move |tx: &mut ordermill_storage::Tx<'_>| {
            let id: CustomerId = tx.next_id(at);
            let (phone_blind, email_blind) = (None, None);
            let profile = b"ciphertext".to_vec();
            let new =
                Customer { id, phone_blind, email_blind, profile, version: 1, created_at: at };
            customer::insert(tx, &new)?;
            let created = ordermill_domain::customer::Event::Created;
            customer::record(tx, &act, &new, created)?;
            if points > 0 {
                points::adjust_points(tx, &act, id, points)
                    .map_err(ordermill_storage::Error::defect)?;
            }
            Ok::<_, ordermill_storage::Error>(id)
        };
        self.services.database().write(insert).await.unwrap()
    }

    pub(crate) async fn points(&self, id: CustomerId) -> i64 {
        let read = self.services.database().read(move |tx| accounts::fetch(tx, id)).await;
        read.unwrap().balance()
    }

    pub(crate) async fn order(&self, id: OrderId) -> Order {
        let read = self.services.database().read(move |tx| order::fetch(tx, id)).await;
        read.unwrap().unwrap().order
    }

    pub(crate) async fn payments(&self, id: OrderId) -> Vec<Payment> {
        self.services.database().read(move |tx| payment::of(tx, id)).await.unwrap()
    }

    pub(crate) async fn cancel(&self, id: OrderId) -> bool {
        let act = self.act();
        let cancel = move |tx: &mut ordermill_storage::Tx<'_>| {
            cancel_order(tx, &act, id, CancelReason::Buyer)
        };
        self.services.database().write(cancel).await.unwrap()
    }

    /// A payment of an order at a gateway, which has captured nothing yet.
    pub(crate) async fn start_payment(&self, order: OrderId, minor: i64) -> PaymentId {
        let act = self.act();
        let start = move |tx: &mut ordermill_storage::Tx<'_>| {
            let new = NewPayment {
                order,
                gateway: "sandbox".to_owned(),
                merchant: "demo".to_owned(),
                amount: Money::new(minor, CNY),
            };
            let (payment, event) = Payment::create(tx.next_id(act.at), new, act.at);
            payment::insert(tx, &payment, None, None)?;
            payment::record(tx, &act, &payment, &event)?;
            Ok::<_, ordermill_storage::Error>(payment.facts().id)
        };
        self.services.database().write(start).await.unwrap()
    }

    pub(crate) async fn capture(&self, payment: PaymentId, minor: i64) -> Captured {
        let money = CapturedMoney {
            payment,
            gateway: "sandbox".to_owned(),
            gateway_ref: format!("ref-{payment}"),
            merchant: "demo".to_owned(),
            amount: Money::new(minor, CNY),
        };
        let act = Act::new(Actor::adapter("sandbox"), self.clock.now());
        let capture =
            RecordCapture { act, money, policy: LatePolicy::Refund, rules: Arc::default() };
        self.services.database().submit(capture).await.unwrap().unwrap()
    }

    pub(crate) async fn pay(&self, order: OrderId, minor: i64) -> Captured {
        let payment = self.start_payment(order, minor).await;
        self.capture(payment, minor).await
    }
}
