//! A shop that is reached over HTTP, with a sandbox gateway beside it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use ordermill_adapters::Guard;
use ordermill_adapters::sandbox_messages::SandboxMessages;
use ordermill_adapters::sandbox_pay::{self, SandboxPay};
use ordermill_adapters::shopify::Shopify;
use ordermill_app::api_key::{self, NewApiKey};
use ordermill_app::catalog::{ShopSettings, settings};
use ordermill_app::channel::ChannelSettings;
use ordermill_app::channel::setup::{SetUpChannel, set_up_channel};
use ordermill_app::check;
use ordermill_app::links::Links;
use ordermill_app::payment::{Gateways, PaymentSettings};
use ordermill_app::permission::Principal;
use ordermill_app::privacy::Vault;
use ordermill_app::reader::Reading;
use ordermill_app::stock::{Spot, receive_stock};
use ordermill_app::{Partners, Services, message, scheduler};
use ordermill_base::{Clock as _, Currency, Quantity, Random, Span};
use ordermill_domain::api_key::Scope;
use ordermill_domain::outgoing::AllowedHost;
use ordermill_domain::pricing::coupon::Scope as Goods;
use ordermill_domain::pricing::gift::{GiftRule, GiftRules};
use ordermill_domain::text::Text;
use ordermill_ports::Answer;
use ordermill_ports::gateway::Gateway;
use ordermill_ports::notifier::{Message, Notifier, NotifyError};
use ordermill_sandbox::books::EntryKind;
use ordermill_sandbox::fault::{Call, Fault, Rule};
use ordermill_sandbox::{Config, Running, Sandbox};
use ordermill_storage::{location as places, sku as goods};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestClock, TestDatabase, catalog, each_database};
use ordermill_vault::OsEntropy;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt as _;

const MERCHANT: &str = "tea-shop";
const API_KEY: &str = "sk_test_4f9c";
/// What the channel's messages are signed with.
pub(crate) const SHOPIFY_SECRET: &str = "hush";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(crate) struct Shop {
    pub(crate) services: Services,
    pub(crate) clock: Arc<TestClock>,
    /// 0 sends, 1 fails for now, 2 refuses.
    pub(crate) carrier: Arc<AtomicU8>,
    running: Running,
    router: Router,
    key: String,
    stop: watch::Sender<bool>,
}

/// What an answer consists of.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

/// Runs a test on each database and ends it with the invariants.
pub(crate) fn on_each_database(test: impl AsyncFn(&Shop)) {
    for fresh in each_database() {
        let shop = Shop::prepare(&fresh);
        let clock = Arc::clone(&shop.prepared.clock);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
        runtime.unwrap().block_on(async {
            let shop = shop.open().await;
            test(&shop).await;
            shop.stop.send_replace(true);
            shop.services.database().close();
        });
        let report =
            check::check(&mut fresh.connection(), clock.now(), None, &mut |_, _| {}).unwrap();
        assert!(report.is_healthy(), "{:#?}", report.violations);
    }
}

/// A shop whose driver may still block.
struct Prepared {
    database: ordermill_storage::Database,
    vault: Vault,
    clock: Arc<TestClock>,
    listener: std::net::TcpListener,
    sandbox_listener: std::net::TcpListener,
    carrier: Arc<AtomicU8>,
}

impl Shop {
    fn prepare(fresh: &TestDatabase) -> Ready {
        let mut connection = fresh.connection();
        let act = Principal::system("test").act(TestClock::START);
        connection
            .transact(|tx| {
                places::insert(tx, &act, &catalog::location(location(1), "HZ1", 30, 120))?;
                goods::insert(tx, &act, &catalog::sku(sku(1), "TEA"))
            })
            .unwrap();
        receive(&mut connection, sku(1), location(1), 1_000, TestClock::START);
        let clock = Arc::new(TestClock::default());
        let vault = Vault::in_memory(Arc::new(OsEntropy), TestClock::START);
        let (listener, sandbox_listener) = (bind(), bind());
        let (database, carrier) = (fresh.open(), Arc::default());
        let prepared = Prepared { database, vault, clock, listener, sandbox_listener, carrier };
        let services = prepared.services();
        Ready { prepared, services }
    }
}

/// The services before the runtime.
struct Ready {
    prepared: Prepared,
    services: Services,
}

fn bind() -> std::net::TcpListener {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    listener
}

impl Prepared {
    fn services(&self) -> Services {
        let sandbox = format!("http://{}", self.sandbox_listener.local_addr().unwrap());
        let config = sandbox_pay::Config {
            base_url: sandbox.clone(),
            merchant: MERCHANT.into(),
            api_key: API_KEY.into(),
            notice_secret: SECRET.into(),
            timeout: Span::seconds(10),
            tries: 1,
            pause: Span::millis(5),
        };
        let guard = Guard::new(AllowedHost::of_url(&sandbox).into_iter().collect());
        let shopify = Shopify::new(guard, self.clock.clone(), Random::from_seed(8));
        let gateway = SandboxPay::new(config, self.clock.clone(), Random::from_seed(3)).unwrap();
        let gateway: Arc<dyn Gateway> = Arc::new(gateway);
        let messages = SandboxMessages::new(
            sandbox,
            MERCHANT,
            API_KEY,
            self.clock.clone(),
            Random::from_seed(4),
        );
        let settings =
            PaymentSettings { look_every: Span::millis(10), ..PaymentSettings::default() };
        let partners = Partners {
            links: Links::new(&format!("http://{}", self.listener.local_addr().unwrap())),
            gateways: Gateways::new([gateway]).unwrap(),
            channel_kinds: vec![Arc::new(shopify)],
            notifier: Arc::new(Carrier(messages.unwrap(), Arc::clone(&self.carrier))),
            payment_settings: settings,
            jitter: Random::from_seed(5),
            ..Partners::default()
        };
        let (database, vault) = (self.database.clone(), self.vault.clone());
        Services::new(database, self.clock.clone(), vault, partners).unwrap()
    }
}

impl Ready {
    async fn open(self) -> Shop {
        let Self { prepared, services } = self;
        let config = Config {
            retry_plan: vec![Span::millis(20); 5],
            hang: Span::millis(50),
            reorder_hold: Span::millis(50),
            ..Config::new(MERCHANT, API_KEY, SECRET, prepared.clock.clone(), 7)
        };
        let running = Sandbox::start_on(prepared.sandbox_listener, config).unwrap();
        let router = ordermill_api::router(services.clone());
        let listener = tokio::net::TcpListener::from_std(prepared.listener).unwrap();
        let served = router.clone();
        tokio::spawn(async move { axum::serve(listener, served).await });
        let (stop, stopping) = watch::channel(false);
        tokio::spawn(services.payments().clone().run(stopping.clone()));
        tokio::spawn(services.messages().clone().run(stopping.clone()));
        tokio::spawn(services.sales_channels().clone().run(stopping.clone()));
        let reading = Reading::new(message::news::reader(), services.database().clone(), "test");
        tokio::spawn(reading.run(services.clock(), Random::from_seed(6), stopping));
        let key = all_scopes(&services).await;
        set_up_shopify(&services).await;
        let (clock, carrier) = (prepared.clock, prepared.carrier);
        Shop { services, clock, carrier, running, router, key, stop }
    }
}

/// The channel `shopify-eu`, whose secret is being changed.
async fn set_up_shopify(services: &Services) {
    let aliases = [("variant:43729076".to_owned(), "TEA".to_owned())];
    let new = SetUpChannel {
        code: "shopify-eu".to_owned(),
        kind: "shopify".to_owned(),
        name: "Europe".to_owned(),
        settings: ChannelSettings {
            account: "tea.myshopify.com".to_owned(),
            sku_aliases: aliases.into(),
            takes_tests: false,
            ..ChannelSettings::default()
        },
        secrets: vec!["new secret".to_owned(), SHOPIFY_SECRET.to_owned()],
    };
    let (vault, now) = (services.vault().clone(), services.now());
    let set_up = move |tx: &mut ordermill_storage::Tx<'_>| set_up_channel(tx, &vault, &new, now);
    services.database().write(set_up).await.unwrap();
}

/// Carries messages to the sandbox, or fails to, as the test says.
struct Carrier(SandboxMessages, Arc<AtomicU8>);

impl Notifier for Carrier {
    fn send<'a>(&'a self, message: &'a Message) -> Answer<'a, Result<(), NotifyError>> {
        match self.1.load(Ordering::SeqCst) {
            0 => self.0.send(message),
            1 => Box::pin(std::future::ready(Err(NotifyError::Unsent("no line".into())))),
            _ => Box::pin(std::future::ready(Err(NotifyError::Refused("no such box".into())))),
        }
    }
}

/// An API key that may do everything.
async fn all_scopes(services: &Services) -> String {
    let principal = Principal::system("test");
    let act = principal.act(services.now());
    let vault = services.vault().clone();
    let new = NewApiKey { name: "test".to_owned(), scopes: Scope::ALL.to_vec(), channel: None };
    let make = move |tx: &mut ordermill_storage::Tx<'_>| {
        api_key::create(tx, &vault, &principal, &act, &new)
    };
    services.database().write(make).await.unwrap().text.as_str().to_owned()
}

impl Shop {
    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.running.sandbox
    }

    /// The next calls of this kind go wrong.
    pub(crate) fn break_next(&self, call: Call, fault: Fault) {
        let rule = Rule { payment_id: None, call: Some(call), fault, times: 1 };
        self.sandbox().inject(rule).unwrap();
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Reply { status, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        let request = Request::get(path).header(header::AUTHORIZATION, self.bearer());
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        let key = format!("{}-{path}", body["idempotency"].as_str().unwrap_or("once"));
        self.post_with(path, body, &key).await
    }

    pub(crate) async fn post_with(&self, path: &str, body: Value, key: &str) -> Reply {
        let request = Request::post(path)
            .header(header::AUTHORIZATION, self.bearer())
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key.replace('/', "-"));
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// A call by somebody else, who may do everything too.
    pub(crate) async fn post_as_colleague(&self, path: &str, body: Value) -> Reply {
        let key = all_scopes(&self.services).await;
        let request = Request::post(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// From now on one may refund so much alone.
    pub(crate) async fn limit_refunds(&self, refund_limit_minor: i64) {
        let act = Principal::system("test").act(self.clock.now());
        let limit = move |tx: &mut ordermill_storage::Tx<'_>| {
            let (shop, version) = settings::read::<ShopSettings>(tx)?;
            let shop = ShopSettings { refund_limit_minor, ..shop };
            settings::save(tx, &act, &shop, version)
        };
        self.services.database().write(limit).await.unwrap();
    }

    /// From now on a piece of tea comes along with every order of two.
    pub(crate) async fn gives_tea_with_tea(&self) {
        let act = Principal::system("test").act(self.clock.now());
        let holder = self.services.catalog_holder();
        let give = move |tx: &mut ordermill_storage::Tx<'_>| {
            let rule = GiftRule {
                number: 1,
                name: Text::new("买二赠一", "Tea with tea"),
                gift: sku(1),
                pieces: Quantity::ONE,
                scope: Goods::All,
                min_spend: None,
                min_pieces: Quantity::new(2).ok(),
                valid_from: None,
                valid_until: None,
                channels: BTreeSet::new(),
                is_active: true,
            };
            settings::save(tx, &act, &GiftRules(vec![rule]), 0)?;
            holder.reload(tx)
        };
        self.services.database().write(give).await.unwrap();
    }

    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// More pieces of a SKU come in.
    pub(crate) async fn receive_more(&self, number: i64, pieces: i64) {
        let act = Principal::system("test").act(self.clock.now());
        let pieces = Quantity::new(pieces).unwrap();
        let receive = move |tx: &mut ordermill_storage::Tx<'_>| {
            receive_stock(tx, &act, sku(number), location(1), pieces, &Spot::default(), None)
                .map(drop)
        };
        self.services.database().write(receive).await.unwrap();
    }

    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.key)
    }

    /// Places an order for two of the only product; gives its id.
    pub(crate) async fn place(&self, key: &str) -> String {
        let body = json!({
            "lines": [{"sku": "TEA", "quantity": 2}],
            "email": "lin.wan@example.com",
            "recipient": {
                "name": "林晚", "phone": "13800138000", "country": "CN",
                "province": "浙江省", "city": "杭州市", "district": "西湖区",
                "street": ["文三路 90 号 1 幢 201 室"],
            },
        });
        let placed = self.post_with("/api/v1/orders", body, key).await;
        assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.body);
        placed.body["id"].as_str().unwrap().to_owned()
    }

    /// Starts a payment; gives its id and the gateway's page.
    pub(crate) async fn start(&self, order: &str) -> (String, String) {
        let started = self.post(&format!("/api/v1/orders/{order}/payments"), json!({})).await;
        assert_eq!(started.status, StatusCode::OK, "{}", started.body);
        let id = started.body["payment"]["id"].as_str().unwrap().to_owned();
        (id, started.body["redirect_url"].as_str().unwrap_or_default().to_owned())
    }

    /// Places an order that is paid, as the gateway's notice says.
    pub(crate) async fn paid(&self, key: &str) -> (String, String) {
        let order = self.place(key).await;
        let (payment, _) = self.start(&order).await;
        self.sandbox().pay(&payment).unwrap();
        self.until(&order, "status", "confirmed").await;
        (order, payment)
    }

    pub(crate) async fn order(&self, id: &str) -> Value {
        let reply = self.get(&format!("/api/v1/orders/{id}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.body
    }

    /// Waits until a field of the order says this.
    pub(crate) async fn until(&self, order: &str, field: &str, expected: &str) -> Value {
        let start = Instant::now();
        loop {
            let view = self.order(order).await;
            let pointer = format!("/{}", field.replace('.', "/"));
            if view.pointer(&pointer).and_then(Value::as_str) == Some(expected) {
                return view;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "no {field} {expected}: {view:#}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets time pass, and runs the deadlines that fall due.
    pub(crate) async fn let_pass(&self, span: Span) {
        self.clock.advance(span);
        scheduler::run_due(self.services.database(), self.clock.now()).await.unwrap();
    }

    /// What the gateway really took, less what it sent back, in fen.
    pub(crate) fn money_at_gateway(&self) -> i64 {
        let signed = |kind, minor: i64| match kind {
            EntryKind::Charge | EntryKind::ChargebackReversal => minor,
            EntryKind::Refund | EntryKind::Chargeback => -minor,
        };
        let entries = self.sandbox().ledger();
        assert!(entries.iter().all(|entry| entry.amount.currency == Currency::Cny));
        entries.iter().map(|entry| signed(entry.kind, entry.amount.minor)).sum()
    }
}
