//! A shop with a database, a sandbox gateway, and an address for the gateway's notices.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use ordermill_adapters::sandbox_pay::{self, SandboxPay};
use ordermill_app::benefit::claim::Claims;
use ordermill_app::check::check;
use ordermill_app::order::cancel::{CancelOrderError, cancel_order};
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::payment::notice::ReceiveNoticeError;
use ordermill_app::payment::start::{StartPayment, StartPaymentError, StartedPayment};
use ordermill_app::payment::{Gateways, PaymentSettings, Payments, Sealer};
use ordermill_base::{Clock, Currency, Id, Quantity, Random, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{ChannelId, OrderId, PaymentId};
use ordermill_domain::order::{
    Amounts, CancelReason, LineTerms, Order, PaymentTerms, Placed, Review, Status,
};
use ordermill_domain::payment::Payment;
use ordermill_domain::pricing::TaxMode;
use ordermill_domain::refund::Refund;
use ordermill_domain::task::TaskKind;
use ordermill_ports::Headers;
use ordermill_ports::gateway::Gateway;
use ordermill_sandbox::books::{Entry, EntryKind};
use ordermill_sandbox::fault::{Call, Fault, Rule};
use ordermill_sandbox::{Config, Running, Sandbox};
use ordermill_storage::{Database, Error, journal, order, payment, refund, task};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestClock, each_database};
use ordermill_vault::{Keyring, OpenError, Place, SeededEntropy};

/// Notices as the shop got them, for tests that hand them in later.
type Received = Arc<Mutex<Vec<(Headers, Vec<u8>)>>>;

const MERCHANT: &str = "tea-shop";
const API_KEY: &str = "sk_test_4f9c";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const PRICE: i64 = 1_000;

pub(crate) struct Shop {
    pub(crate) payments: Payments,
    pub(crate) database: Database,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) gateway: Arc<dyn Gateway>,
    running: Running,
    notify_url: String,
    /// Every notice that came in, as it came in.
    pub(crate) received: Received,
    listener: tokio::task::JoinHandle<()>,
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// Runs a test on each database, and then checks the whole of it. Databases are opened and closed
/// outside of the runtime: the driver of PostgreSQL blocks its thread.
pub(crate) fn on_each_database(test: impl AsyncFn(&mut Shop)) {
    on_each_database_finding(&[], test);
}

/// As [`on_each_database`], for a test in which the world goes so wrong that the checker finds this.
pub(crate) fn on_each_database_finding(found: &[&str], test: impl AsyncFn(&mut Shop)) {
    for fresh in each_database() {
        receive(&mut fresh.connection(), sku(1), location(1), 100_000, TestClock::START);
        let database = fresh.open();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
        let now = runtime.unwrap().block_on(async {
            let mut shop = Shop::open(database.clone()).await;
            test(&mut shop).await;
            shop.clock.now()
        });
        database.close();
        let report = check(&mut fresh.connection(), now, None, &mut |_, _| ()).unwrap();
        let violations: Vec<&str> = report.violations.iter().map(|it| it.what.as_str()).collect();
        assert_eq!(violations, found, "{fresh:?}: {:?}", report.violations);
    }
}

impl Shop {
    async fn open(database: Database) -> Self {
        let clock = Arc::new(TestClock::default());
        let mut config = Config::new(MERCHANT, API_KEY, SECRET, clock.clone(), 7);
        config.retry_plan = vec![Span::millis(20); 5];
        config.hang = Span::millis(50);
        config.reorder_hold = Span::millis(50);
        let running = Sandbox::start(config).await.unwrap();
        let config = sandbox_pay::Config {
            base_url: running.url.clone(),
            merchant: MERCHANT.into(),
            api_key: API_KEY.into(),
            notice_secret: SECRET.into(),
            timeout: Span::seconds(10),
            tries: 1,
            pause: Span::millis(5),
        };
        let gateway = SandboxPay::new(config, clock.clone(), Random::from_seed(3)).unwrap();
        let gateway: Arc<dyn Gateway> = Arc::new(gateway);
        let payments = payments_over(&database, &gateway, clock.clone());
        let received: Arc<Mutex<Vec<_>>> = Arc::default();
        let (notify_url, listener) = listen(payments.clone(), received.clone()).await;
        Self { payments, database, clock, gateway, running, notify_url, received, listener }
    }

    /// The same shop after a restart, with another gateway in front of the sandbox.
    pub(crate) fn restarted_with(&self, gateway: &Arc<dyn Gateway>) -> Payments {
        payments_over(&self.database, gateway, self.clock.clone())
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.running.sandbox
    }

    /// The next calls of this kind go wrong.
    pub(crate) fn break_next(&self, call: Call, fault: Fault, times: u32) {
        self.sandbox().inject(Rule { payment_id: None, call: Some(call), fault, times }).unwrap();
    }

    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn buyer(&self) -> Act {
        Act::new(Actor::Buyer(None), self.clock.now())
    }

    pub(crate) async fn place(&self, number: i64) -> OrderId {
        self.place_until(number, Span::hours(24)).await
    }

    /// An order that is held for so long.
    pub(crate) async fn place_until(&self, number: i64, pay_within: Span) -> OrderId {
        let order = an_order(number, self.buyer(), PaymentTerms::Prepaid);
        let order = PlaceOrder { pay_within, ..order };
        self.database.submit(order).await.unwrap().unwrap().id()
    }

    pub(crate) async fn place_cash_on_delivery(&self, number: i64) -> OrderId {
        let order = an_order(number, self.buyer(), PaymentTerms::CashOnDelivery);
        self.database.submit(order).await.unwrap().unwrap().id()
    }

    pub(crate) fn wish_to_pay(&self, order: OrderId) -> StartPayment {
        StartPayment {
            act: self.buyer(),
            order,
            gateway: "sandbox".into(),
            return_url: "http://127.0.0.1/orders/1".into(),
            notify_url: self.notify_url.clone(),
        }
    }

    pub(crate) async fn start(&self, order: OrderId) -> Result<StartedPayment, StartPaymentError> {
        self.payments.start(self.wish_to_pay(order)).await
    }

    /// Places an order and opens its payment at the gateway.
    pub(crate) async fn open_payment(&self, number: i64) -> (OrderId, PaymentId) {
        self.open_payment_until(number, Span::hours(24)).await
    }

    /// As [`Shop::open_payment`], for an order that is held for so long.
    pub(crate) async fn open_payment_until(
        &self,
        number: i64,
        pay_within: Span,
    ) -> (OrderId, PaymentId) {
        let order = self.place_until(number, pay_within).await;
        match self.start(order).await.unwrap() {
            StartedPayment::Redirect { payment, url } => {
                assert!(url.starts_with("http://127.0.0.1:"));
                (order, payment)
            }
            StartedPayment::Pending { .. } => panic!("the gateway did not answer"),
        }
    }

    /// Places an order and pays it, as the notice tells.
    pub(crate) async fn paid_order(&self, number: i64) -> (OrderId, PaymentId) {
        let (order, payment) = self.open_payment(number).await;
        self.sandbox().pay(&payment.to_string()).unwrap();
        self.payments.check_payment(&self.buyer(), payment).await.unwrap();
        assert_eq!(self.status(order).await, Status::Confirmed);
        (order, payment)
    }

    pub(crate) async fn cancel(&self, order: OrderId) -> Result<bool, CancelOrderError> {
        let act = self.buyer();
        self.database.write(move |tx| cancel_order(tx, &act, order, CancelReason::Unpaid)).await
    }

    /// Waits until this many notices have come in.
    pub(crate) async fn notices(&self, count: usize) {
        let start = std::time::Instant::now();
        while self.received.lock().unwrap().len() < count {
            assert!(start.elapsed().as_secs() < 20, "waited in vain for {count} notices");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// Lets time pass in small steps, with all background work in each.
    pub(crate) async fn let_pass(&self, steps: u32, step: Span) {
        for _ in 0..steps {
            self.clock.advance(step);
            self.payments.process_notices().await.unwrap();
            while self.payments.poll().await.unwrap() > 0 {}
            while self.payments.send_refunds().await.unwrap() > 0 {}
            while self.payments.tell_answers().await.unwrap() > 0 {}
            self.payments.read_disputes().await.unwrap();
            while self.payments.send_refunds().await.unwrap() > 0 {}
        }
    }

    pub(crate) async fn order(&self, id: OrderId) -> Order {
        self.database.read(move |tx| order::fetch(tx, id)).await.unwrap().unwrap().order
    }

    pub(crate) async fn status(&self, id: OrderId) -> Status {
        self.order(id).await.status()
    }

    pub(crate) async fn payment(&self, id: PaymentId) -> Payment {
        self.database.read(move |tx| payment::fetch(tx, id)).await.unwrap().unwrap()
    }

    pub(crate) async fn payments_of(&self, id: OrderId) -> Vec<Payment> {
        self.database.read(move |tx| payment::of(tx, id)).await.unwrap()
    }

    pub(crate) async fn refunds(&self, id: OrderId) -> Vec<Refund> {
        self.database.read(move |tx| refund::of(tx, id)).await.unwrap()
    }

    /// Kinds of the events of one thing.
    pub(crate) async fn history(&self, aggregate: &'static str, id: impl Id) -> Vec<String> {
        let id = OrderId::from_raw(id.raw());
        let read =
            move |tx: &mut ordermill_storage::Tx<'_>| journal::of(tx, aggregate, id, 1, 1_000);
        let entries: Vec<journal::Entry> = self.database.read::<_, Error, _>(read).await.unwrap();
        entries.into_iter().map(|entry| entry.kind).collect()
    }

    pub(crate) async fn open_tasks(&self) -> Vec<TaskKind> {
        let list = self.database.read(|tx| task::list_open(tx, None, None, 1_000)).await;
        list.unwrap().into_iter().map(|task| task.kind).collect()
    }

    /// What the gateway really took for these payments, less what it sent back, in minor units.
    pub(crate) fn money_at_gateway(&self, payments: &[Payment]) -> i64 {
        let ids: Vec<String> = payments.iter().map(|it| it.facts().id.to_string()).collect();
        let entries = self.sandbox().ledger();
        let of_these = entries.iter().filter(|entry| ids.contains(&entry.payment_id));
        of_these.map(signed).sum()
    }

    pub(crate) fn refunds_at_gateway(&self) -> usize {
        let entries = self.sandbox().ledger();
        entries.iter().filter(|entry| entry.kind == EntryKind::Refund).count()
    }
}

fn signed(entry: &Entry) -> i64 {
    match entry.kind {
        EntryKind::Charge | EntryKind::ChargebackReversal => entry.amount.minor,
        EntryKind::Refund | EntryKind::Chargeback => -entry.amount.minor,
    }
}

fn payments_over(
    database: &Database,
    gateway: &Arc<dyn Gateway>,
    clock: Arc<TestClock>,
) -> Payments {
    let gateways = Gateways::new([Arc::clone(gateway)]).unwrap();
    let entropy = SeededEntropy::from_seed(1);
    let sealer = TestSealer(Keyring::generate(&entropy, TestClock::START), entropy);
    let settings = PaymentSettings::default();
    let random = Random::from_seed(5);
    Payments::new(database.clone(), gateways, Arc::new(sealer), clock, settings, random)
}

struct TestSealer(Keyring, SeededEntropy);

impl Sealer for TestSealer {
    fn seal(&self, place: Place, plain: &[u8]) -> Vec<u8> {
        self.0.seal(place, plain, &self.1)
    }

    fn open(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.0.open(place, sealed).map(|plain| plain.to_vec())
    }
}

async fn listen(payments: Payments, received: Received) -> (String, tokio::task::JoinHandle<()>) {
    let take = move |headers: HeaderMap, body: Bytes| async move {
        let pairs = headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()));
        let headers: Headers = pairs.collect();
        let answer = payments.receive_notice("sandbox", &headers, &body).await;
        received.lock().unwrap().push((headers, body.to_vec()));
        match answer {
            Ok(()) => StatusCode::NO_CONTENT,
            Err(ReceiveNoticeError::NotBelieved(_)) => StatusCode::UNAUTHORIZED,
            Err(error) => panic!("{error}"),
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/notify", listener.local_addr().unwrap());
    let router = Router::new().route("/notify", post(take));
    (url, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

fn an_order(number: i64, act: Act, terms: PaymentTerms) -> PlaceOrder {
    let line = LineTerms {
        line_no: 1,
        sku: sku(1),
        quantity: Quantity::new(1).unwrap(),
        unit_price_minor: PRICE,
        discount_minor: 0,
        tax_minor: 0,
        total_minor: PRICE,
        gift: None,
        stands_for: None,
    };
    let amounts = Amounts {
        currency: Currency::Cny,
        tax_mode: TaxMode::Inclusive,
        goods_minor: PRICE,
        discount_minor: 0,
        freight_minor: 0,
        tax_minor: 0,
        total_minor: PRICE,
    };
    PlaceOrder {
        id: OrderId::from_raw(number),
        act,
        placed: Placed {
            channel: ChannelId::from_raw(1),
            channel_order_id: None,
            customer: None,
            terms,
            promotion: false,
            review: Review::Pending,
            amounts,
            lines: vec![line],
            reserved: Vec::new(),
            coupons: Vec::new(),
            points_earned: 0,
            service_wish: None,
            promised_by_on: None,
        },
        region: "CN-31".to_owned(),
        recipient: b"ciphertext".to_vec(),
        accepts_backorder: false,
        preference: Arc::new([location(1)]),
        marks: None,
        rules: Arc::default(),
        key: None,
        cart: None,
        discounts: Vec::new(),
        claims: Claims::default(),
        days: None,
        pay_within: Span::hours(24),
        hold_for: Span::minutes(30),
    }
}
