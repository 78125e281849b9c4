//! A sandbox, an adapter that talks to it, and a shop that takes its notices.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use ordermill_adapters::sandbox_pay::{self, SandboxPay};
use ordermill_base::{Clock, Currency, Id, Money, Random, Span, Timestamp};
use ordermill_domain::ids::{PaymentId, RefundId};
use ordermill_ports::Headers;
use ordermill_ports::gateway::{Gateway, PaymentRequest, RefundRequest};
use ordermill_sandbox::fault::{Call, Fault, Rule};
use ordermill_sandbox::{Config, Running, Sandbox};

pub(crate) const MERCHANT: &str = "tea-shop";
pub(crate) const API_KEY: &str = "sk_test_4f9c";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Runs with the wall clock's speed from a fixed moment.
pub(crate) struct TestClock {
    start: Instant,
    ahead_micros: AtomicI64,
}

impl TestClock {
    pub(crate) fn advance(&self, span: Span) {
        self.ahead_micros.fetch_add(span.as_micros(), Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.start.elapsed().as_micros()).unwrap();
        let ahead = self.ahead_micros.load(Ordering::Relaxed);
        Timestamp::from_millis(1_795_000_000_000) + Span::micros(elapsed + ahead)
    }
}

pub(crate) struct Kit {
    pub(crate) running: Running,
    pub(crate) gateway: Arc<SandboxPay>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) shop: Shop,
}

/// What the shop received: headers, body, and when.
pub(crate) type Delivery = (Headers, Vec<u8>, Timestamp);

pub(crate) struct Shop {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Delivery>>>,
    refuse: Arc<AtomicU32>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Kit {
    pub(crate) async fn start() -> Self {
        let clock = Arc::new(TestClock { start: Instant::now(), ahead_micros: AtomicI64::new(0) });
        let mut config = Config::new(MERCHANT, API_KEY, SECRET, clock.clone(), 7);
        config.retry_plan = vec![Span::millis(20); 5];
        config.hang = Span::millis(400);
        config.reorder_hold = Span::seconds(5);
        let running = Sandbox::start(config).await.unwrap();
        let gateway = Arc::new(adapter(&running.url, API_KEY, clock.clone()));
        let shop = Shop::start(clock.clone()).await;
        Self { running, gateway, clock, shop }
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.running.sandbox
    }

    /// The next calls of this kind for this payment go wrong, `times` times.
    pub(crate) fn break_call(&self, payment: PaymentId, call: Call, fault: Fault, times: u32) {
        let payment_id = Some(payment.to_string());
        self.sandbox().inject(Rule { payment_id, call: Some(call), fault, times }).unwrap();
    }

    pub(crate) fn request(&self, number: i64) -> PaymentRequest {
        PaymentRequest {
            payment: payment(number),
            order_number: format!("20261122-{number:04}"),
            amount: yuan(1_250),
            description: "Two tins of <tea>".into(),
            buyer_return_url: format!("{}/orders/1?from=gateway", self.shop.url),
            notify_url: format!("{}/notify", self.shop.url),
            expires_at: self.clock.now() + Span::minutes(30),
            idempotency_key: format!("order-1-attempt-{number}"),
        }
    }

    /// A payment that was opened and paid.
    pub(crate) async fn captured(&self, number: i64) -> PaymentRequest {
        let request = self.request(number);
        self.gateway.start(&request).await.unwrap();
        self.sandbox().pay(&request.payment.to_string()).unwrap();
        request
    }
}

impl Shop {
    async fn start(clock: Arc<TestClock>) -> Self {
        let received: Arc<Mutex<Vec<Delivery>>> = Arc::default();
        let refuse: Arc<AtomicU32> = Arc::default();
        let (kept, refusing) = (received.clone(), refuse.clone());
        let take = move |headers: HeaderMap, body: Bytes| async move {
            let left = refusing
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            if left.is_ok() {
                return StatusCode::INTERNAL_SERVER_ERROR;
            }
            let pairs = headers.iter().map(|(name, value)| {
                (name.as_str().to_owned(), value.to_str().unwrap().to_owned())
            });
            kept.lock().unwrap().push((pairs.collect(), body.to_vec(), clock.now()));
            StatusCode::NO_CONTENT
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/notify", post(take));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, received, refuse, task }
    }

    /// Answers the next notices with 500.
    pub(crate) fn refuse_next(&self, count: u32) {
        self.refuse.store(count, Ordering::SeqCst);
    }

    pub(crate) fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }

    /// The deliveries, once there are at least this many.
    pub(crate) async fn deliveries(&self, count: usize) -> Vec<Delivery> {
        until(&format!("{count} notices"), || self.count() >= count).await;
        self.received.lock().unwrap().clone()
    }
}

pub(crate) fn adapter(url: &str, api_key: &str, clock: Arc<dyn Clock>) -> SandboxPay {
    let config = sandbox_pay::Config {
        base_url: url.into(),
        merchant: MERCHANT.into(),
        api_key: api_key.into(),
        notice_secret: SECRET.into(),
        timeout: Span::millis(200),
        tries: 3,
        pause: Span::millis(5),
    };
    SandboxPay::new(config, clock, Random::from_seed(3)).unwrap()
}

/// Waits for a condition, and fails if it does not come true in ten seconds.
pub(crate) async fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(start.elapsed().as_secs() < 10, "waited in vain for {what}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

pub(crate) fn payment(number: i64) -> PaymentId {
    PaymentId::from_raw(number)
}

pub(crate) fn yuan(minor: i64) -> Money {
    Money::new(minor, Currency::Cny)
}

pub(crate) fn refund(number: i64, of: &PaymentRequest, minor: i64) -> RefundRequest {
    RefundRequest {
        refund: RefundId::from_raw(number),
        payment: of.payment,
        amount: yuan(minor),
        reason: "one tin arrived broken".into(),
        idempotency_key: format!("refund-{number}-attempt-1"),
    }
}
