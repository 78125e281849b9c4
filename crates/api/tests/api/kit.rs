//! A shop with goods and stock, and keys to its API.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use ordermill_api::limits::Quotas;
use ordermill_app::api_key::{self, NewApiKey};
use ordermill_app::catalog::edit;
use ordermill_app::permission::Principal;
use ordermill_app::privacy::Vault;
use ordermill_app::stock::{Spot, receive_stock};
use ordermill_app::{Partners, Services};
use ordermill_base::{Clock, Quantity};
use ordermill_domain::api_key::Scope;
use ordermill_domain::category::Category;
use ordermill_domain::ids::{CategoryId, ChannelId, LocationId, SkuId};
use ordermill_domain::text::Text;
use ordermill_storage::{Error, channel};
use ordermill_testkit::{TestClock, TestDatabase, catalog, each_database};
use ordermill_vault::SeededEntropy;
use serde_json::Value;
use tower::ServiceExt as _;

/// The category of the goods that the kit makes.
fn category() -> CategoryId {
    catalog::category(1)
}

/// A shop behind its router.
pub(crate) struct Shop {
    pub(crate) services: Services,
    pub(crate) router: Router,
    pub(crate) sku: SkuId,
    pub(crate) location: LocationId,
    pub(crate) other_location: LocationId,
    /// All scopes, all channels.
    pub(crate) key: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// Runs `test` on each engine, on a shop of its own.
pub(crate) fn in_each_shop(quotas: Quotas, test: impl AsyncFn(&Shop)) {
    for database in each_database() {
        let shop = Shop::open(&database, quotas);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(test(&shop));
        shop.services.database().close();
    }
}

impl Shop {
    /// Blocks: outside of a runtime.
    fn open(database: &TestDatabase, quotas: Quotas) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(TestClock::default());
        let vault = Vault::in_memory(Arc::new(SeededEntropy::from_seed(1)), TestClock::START);
        let partners = Partners::default();
        let services = Services::new(database.open(), clock, vault, partners).unwrap();
        let ids = services.database().ids();
        let now = services.now();
        let (sku, location, other_location): (SkuId, LocationId, LocationId) =
            (ids.next(now), ids.next(now), ids.next(now));
        let act = Principal::system("test").act(now);
        services
            .database()
            .write_blocking(move |tx| {
                let category = Category {
                    id: category(),
                    code: "bowls".to_owned(),
                    slug: "bowls".to_owned(),
                    name: Text::new("碗", "Bowls"),
                    about: Text::default(),
                    position: 1,
                    version: 1,
                };
                edit::create_category(tx, &act, &category)?;
                edit::create_sku(tx, &act, &catalog::sku(sku, "BOWL"))?;
                for (id, code) in [(location, "HGH"), (other_location, "CAN")] {
                    edit::create_location(tx, &act, &catalog::location(id, code, 30, 120))?;
                }
                let many = Quantity::new(100_000).unwrap();
                receive_stock(tx, &act, sku, location, many, &Spot::default(), None).unwrap();
                Ok::<_, edit::EditError>(())
            })
            .unwrap();
        let holder = services.catalog_holder();
        services.database().write_blocking(move |tx| holder.reload(tx)).unwrap();
        let router =
            ordermill_api::router_with(services.clone(), quotas).fallback(ordermill_api::not_found);
        let mut shop = Self { services, router, sku, location, other_location, key: String::new() };
        shop.key = shop.make_key(&Scope::ALL, None);
        shop
    }

    /// A key with these scopes. Blocks: outside of a runtime.
    fn make_key(&self, scopes: &[Scope], channel: Option<ChannelId>) -> String {
        let (vault, act) = (self.services.vault().clone(), Principal::system("test"));
        let new = NewApiKey { name: "test".to_owned(), scopes: scopes.to_vec(), channel };
        let now = self.services.now();
        let made = self
            .services
            .database()
            .write_blocking(move |tx| api_key::create(tx, &vault, &act, &act.act(now), &new));
        made.unwrap().text.as_str().to_owned()
    }

    /// A key with these scopes.
    pub(crate) fn key(&self, scopes: &[Scope], channel: Option<ChannelId>) -> String {
        tokio::task::block_in_place(|| self.make_key(scopes, channel))
    }

    /// A sales channel.
    pub(crate) fn channel(&self, code: &str) -> ChannelId {
        let (services, code) = (self.services.clone(), code.to_owned());
        tokio::task::block_in_place(|| {
            let now = services.now();
            let make = move |tx: &mut ordermill_storage::Tx<'_>| {
                channel::ensure(tx, &code, "api", &code, now)
            };
            services.database().write_blocking::<_, Error, _>(make).unwrap()
        })
    }

    /// Sends a request and reads the answer.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let is_stream = parts
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|it| it.as_bytes().starts_with(b"text/event-stream"));
        let bytes =
            if is_stream { Default::default() } else { body.collect().await.unwrap().to_bytes() };
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, key: &str, path: &str) -> Answer {
        self.send(request("GET", path, key, &[], None)).await
    }

    /// A call with a body, and an Idempotency-Key if one is given.
    pub(crate) async fn post(
        &self,
        key: &str,
        path: &str,
        idempotency_key: &str,
        body: &Value,
    ) -> Answer {
        let headers: &[(&str, &str)] =
            if idempotency_key.is_empty() { &[] } else { &[("idempotency-key", idempotency_key)] };
        self.send(request("POST", path, key, headers, Some(body))).await
    }

    pub(crate) async fn patch(&self, path: &str, etag: &str, body: &Value) -> Answer {
        self.with_etag("PATCH", path, etag, body).await
    }

    /// A step with a thing as it was read.
    pub(crate) async fn post_if(&self, path: &str, etag: &str, body: &Value) -> Answer {
        self.with_etag("POST", path, etag, body).await
    }

    pub(crate) async fn put_if(&self, path: &str, etag: &str, body: &Value) -> Answer {
        self.with_etag("PUT", path, etag, body).await
    }

    async fn with_etag(&self, method: &str, path: &str, etag: &str, body: &Value) -> Answer {
        let headers: &[(&str, &str)] = if etag.is_empty() { &[] } else { &[("if-match", etag)] };
        self.send(request(method, path, &self.key, headers, Some(body))).await
    }

    /// An order for one bowl.
    pub(crate) fn an_order(&self) -> Value {
        serde_json::json!({
            "lines": [{ "sku": "BOWL", "quantity": 1 }],
            "recipient": {
                "name": "李雷",
                "phone": "13800138000",
                "country": "CN",
                "province": "浙江省",
                "city": "杭州市",
                "district": "西湖区",
                "street": ["文三路 478 号华星时代广场 3 幢 1201 室"],
            },
        })
    }
}

pub(crate) fn request(
    method: &str,
    path: &str,
    key: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if !key.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    match body {
        Some(body) => {
            let request = request.header(header::CONTENT_TYPE, "application/json");
            request.body(Body::from(body.to_string())).unwrap()
        }
        None => request.body(Body::empty()).unwrap(),
    }
}

/// An id of the kind that stands in the braces of a path, of a thing that is not there.
pub(crate) fn fill(path: &str) -> String {
    let mut filled = String::new();
    for part in path.split('/').skip(1) {
        filled.push('/');
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            None => filled.push_str(part),
            Some("gateway" | "code" | "kind" | "partner") => filled.push_str("nobody"),
            Some("line_no") => filled.push('1'),
            Some(name) => {
                let prefix = match name {
                    "approval_id" => "tsk",
                    "order_id" => "ord",
                    "sku_id" => "sku",
                    "category_id" => "cat",
                    "location_id" => "loc",
                    "pick_list_id" => "pkl",
                    "endpoint_id" => "whk",
                    "delivery_id" => "dlv",
                    "event_id" => "evt",
                    "import_id" => "imp",
                    "payment_id" => "pay",
                    "refund_id" => "rfd",
                    "dispute_id" => "dsp",
                    "cart_id" => "crt",
                    "gift_card_id" => "gft",
                    "customer_id" => "cus",
                    "coupon_id" => "cpn",
                    "table_id" => "rul",
                    "fulfillment_id" => "ful",
                    "channel_order_id" => "cho",
                    "tracker_id" => "trk",
                    "package_id" => "pkg",
                    "shipment_id" => "shp",
                    "manifest_id" => "mnf",
                    "carrier_id" => "car",
                    other => panic!("say here of which kind {other} is"),
                };
                filled.push_str(&format!("{prefix}_0000000000009"));
            }
        }
    }
    filled
}
