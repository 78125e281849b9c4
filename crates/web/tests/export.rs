//! The list of orders as a file: what the page shows, masked as there, however long it is.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use ordermill_app::order::intake::{NewLine, NewOrder};
use ordermill_app::permission::Principal;
use ordermill_app::privacy::Vault;
use ordermill_app::session::{Door, digest_of};
use ordermill_app::staff::{self, NewStaff};
use ordermill_app::stock::{Spot, receive_stock};
use ordermill_app::{Partners, Services};
use ordermill_base::{Clock as _, Currency, Quantity, Span};
use ordermill_domain::address::{RawAddress, RawRecipient};
use ordermill_domain::ids::StaffId;
use ordermill_domain::order::PaymentTerms;
use ordermill_domain::role::Role;
use ordermill_storage::session::{self, Holder, Session};
use ordermill_storage::{Error, channel, location as places, sku as goods};
use ordermill_testkit::stock::{location, sku};
use ordermill_testkit::{TestClock, TestDatabase, catalog, each_database};
use ordermill_vault::{SeededEntropy, password};
use ordermill_web::Site;
use tower::ServiceExt as _;

/// More than are read at once, twice.
const ORDERS: usize = 1_203;

struct Console {
    router: Router,
    services: Services,
}

impl Console {
    /// Blocks: outside of a runtime.
    fn open(database: &TestDatabase) -> Self {
        let clock = Arc::new(TestClock::default());
        let vault = Vault::in_memory(Arc::new(SeededEntropy::from_seed(7)), clock.now());
        let services =
            Services::new(database.open(), clock.clone(), vault, Partners::default()).unwrap();
        let act = Principal::system("test").act(clock.now());
        services
            .database()
            .write_blocking(move |tx| {
                channel::ensure(tx, "market", "api", "=cmd('x')", act.at)?;
                places::insert(tx, &act, &catalog::location(location(1), "HZ1", 30, 120))?;
                goods::insert(tx, &act, &catalog::sku(sku(1), "TEA"))?;
                let many = Quantity::new(10_000).unwrap();
                receive_stock(tx, &act, sku(1), location(1), many, &Spot::default(), None).unwrap();
                Ok::<_, Error>(())
            })
            .unwrap();
        let holder = services.catalog_holder();
        services.database().write_blocking(move |tx| holder.reload(tx)).unwrap();
        let router = ordermill_web::router(Site::new(services.clone(), "http://127.0.0.1:8080"));
        Self { router, services }
    }

    async fn place(&self, number: usize) {
        let services = &self.services;
        let market = services.database().read(|tx| channel::find(tx, "market")).await;
        let address = RawAddress {
            country: "CN".to_owned(),
            province: "浙江省".to_owned(),
            city: "杭州市".to_owned(),
            district: "西湖区".to_owned(),
            street: vec!["文三路 90 号 1 幢 201 室".to_owned()],
            postal_code: String::new(),
        };
        let (name, phone) = ("林小满".to_owned(), "13817260921".to_owned());
        let line = NewLine { sku: "TEA".to_owned(), quantity: 1 + (number % 2) as i64 };
        let channel = match number {
            0 => market.unwrap().unwrap().id,
            _ => services.channels().shop,
        };
        let terms = match number % 3 {
            0 => PaymentTerms::CashOnDelivery,
            _ => PaymentTerms::Prepaid,
        };
        let recipient = RawRecipient { name, phone, address };
        let new =
            NewOrder { terms, ..NewOrder::new(channel, Currency::Cny, vec![line], recipient) };
        let act = Principal::VISITOR.act(services.now());
        services.place_order(act, new).await.unwrap();
    }

    /// The file, as someone with this role gets it: its header and its rows.
    async fn export(&self, role: Role, query: &str) -> (String, Vec<Vec<String>>) {
        let (services, now) = (&self.services, self.services.now());
        let hash = password::hash("correct horse battery", &SeededEntropy::from_seed(1)).unwrap();
        let token = format!("token-{role}-{}", query.len());
        let new = NewStaff {
            login: format!("{}-{}", role.code(), query.len()).parse().unwrap(),
            name: role.code().to_owned(),
            roles: vec![role],
            location: None,
            password: hash,
        };
        let cookie = format!("{}={token}; lang=en", Door::Console.cookie(false));
        let enter = move |tx: &mut ordermill_storage::Tx<'_>| {
            let cli = Principal::system("test");
            let id: StaffId = staff::create(tx, &cli, &cli.act(now), &new).unwrap();
            let session = Session {
                digest: digest_of(&token),
                holder: Holder::Staff(id),
                user_agent: "test".to_owned(),
                created_at: now,
                seen_at: now,
                expires_at: now + Span::hours(1),
            };
            session::insert(tx, &session)
        };
        services.database().write(enter).await.unwrap();
        let request = Request::get(format!("/console/orders/export.csv{query}"));
        let request = request.header(header::COOKIE, cookie).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let value =
            |name: header::HeaderName| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(value(header::CONTENT_TYPE), "text/csv; charset=utf-8");
        assert_eq!(value(header::CACHE_CONTROL), "no-store");
        let name = value(header::CONTENT_DISPOSITION);
        assert_eq!(name, "attachment; filename=\"orders-2026-11-22.csv\"");
        let bytes = to_bytes(response.into_body(), 10 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let text = text.strip_prefix('\u{feff}').unwrap();
        assert!(!text.contains("林小满") && !text.contains("13817260921"), "masked as on the page");
        let mut rows = text.lines().map(|line| line.split(',').map(str::to_owned).collect());
        let header: Vec<String> = rows.next().unwrap();
        (header.join(","), rows.collect())
    }
}

#[test]
fn the_list_of_orders_is_a_file_with_what_the_page_shows_of_each_order_once() {
    for database in each_database() {
        let console = Console::open(&database);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for number in 0..ORDERS {
                console.place(number).await;
            }
            let (header, rows) = console.export(Role::Service, "").await;
            assert_eq!(
                header,
                "Order,Placed,Recipient,Status,Time left,Items,Total,Currency,Payment,Location,Channel"
            );
            assert_eq!(rows.len(), ORDERS, "{}", database.engine());
            let numbers: std::collections::BTreeSet<&String> =
                rows.iter().map(|row| &row[0]).collect();
            assert_eq!(numbers.len(), ORDERS, "each once");
            let first = rows.last().unwrap();
            assert_eq!(first[1], "2026-11-22 16:00:00");
            assert!(first[2].starts_with("林*"), "{first:?}");
            assert_eq!(first[5..8].join(" "), "1 69.00 CNY");
            assert_eq!(first[10], "'=cmd('x')", "no cell is run as a formula");

            let (_, rows) = console.export(Role::Service, "?status=to_pay&min=100").await;
            let expected = (0..ORDERS).filter(|number| number % 3 != 0 && number % 2 == 1).count();
            assert_eq!(rows.len(), expected, "what the filters leave");
            let (_, rows) = console.export(Role::Finance, "").await;
            assert_eq!(rows.len(), ORDERS);
            assert!(!rows[0][2].contains('林'), "money only: {:?}", rows[0]);
            let (_, rows) = console.export(Role::Service, "?payment=nonsense").await;
            assert!(rows.is_empty(), "what is no filter matches nothing");
        });
        console.services.database().close();
    }
}
