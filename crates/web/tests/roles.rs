//! Who may enter which address of the console, by really asking for each of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use ordermill_app::permission::Principal;
use ordermill_app::privacy::Vault;
use ordermill_app::session::{Door, digest_of};
use ordermill_app::staff::{self, NewStaff};
use ordermill_app::{Partners, Services};
use ordermill_base::{Clock as _, Id, Span};
use ordermill_domain::ids::{LocationId, StaffId};
use ordermill_domain::role::Role;
use ordermill_storage::session::{self, Holder, Session};
use ordermill_testkit::{TestClock, TestDatabase};
use ordermill_vault::{SeededEntropy, password};
use ordermill_web::Site;
use ordermill_web::console::{Known, known};
use tower::ServiceExt as _;

struct Console {
    router: Router,
    services: Services,
    people: Vec<(&'static str, Option<StaffId>)>,
    tokens: std::sync::atomic::AtomicU32,
}

fn console(database: &TestDatabase) -> Console {
    let clock = Arc::new(TestClock::default());
    let vault = Vault::in_memory(Arc::new(SeededEntropy::from_seed(7)), clock.now());
    let services =
        Services::new(database.open(), clock.clone(), vault, Partners::default()).unwrap();
    let cli = Principal::system("test");
    let hash = password::hash("correct horse battery", &SeededEntropy::from_seed(1)).unwrap();
    let mut people = vec![("signed out", None)];
    let mut hire = |name: &'static str, roles: Vec<Role>| {
        let new = NewStaff {
            login: name.replace(' ', "-").parse().unwrap(),
            name: name.to_owned(),
            roles,
            location: Some(LocationId::from_raw(1)),
            password: hash.clone(),
        };
        let (cli, act) = (cli.clone(), cli.act(clock.now()));
        let id = services
            .database()
            .write_blocking(move |tx| staff::create(tx, &cli, &act, &new))
            .unwrap();
        people.push((name, Some(id)));
    };
    hire("no role", Vec::new());
    for role in Role::ALL {
        hire(role.code(), vec![role]);
    }
    let router = ordermill_web::router(Site::new(services.clone(), "http://127.0.0.1:8080"));
    Console { router, services, people, tokens: 0.into() }
}

impl Console {
    /// A fresh session each time, as some forms end it.
    async fn cookie(&self, staff: StaffId) -> String {
        let number = self.tokens.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let token = format!("token-{number}");
        let now = self.services.now();
        let session = Session {
            digest: digest_of(&token),
            holder: Holder::Staff(staff),
            user_agent: "test".to_owned(),
            created_at: now,
            seen_at: now,
            expires_at: now + Span::hours(1),
        };
        self.services.database().write(move |tx| session::insert(tx, &session)).await.unwrap();
        format!("{}={token}", Door::Console.cookie(false))
    }

    /// Whether they get past the door: not to the sign-in, and not told that they lack a right.
    async fn enters(&self, known: &Known, staff: Option<StaffId>) -> bool {
        let path = known
            .path
            .replace("{number}", "261122-0K3M-Z0Q4-7XC")
            .replace("{bulk}", "blk_0000000000001")
            .replace("{payment}", "pay_0000000000001")
            .replace("{delivery}", "dlv_0000000000001")
            .replace("webhooks/{id}", "webhooks/whk_0000000000001")
            .replace("{id}", "stf_0000000000001")
            .replace("{shipment}", "shp_0000000000001")
            .replace("{manifest}", "mnf_0000000000001")
            .replace("{dispute}", "dsp_0000000000001")
            .replace("{step}", "claim")
            .replace("{verb}", "enable")
            .replace("{sku}", "TEA-1")
            .replace("{*rest}", "nothing");
        let mut request = Request::builder().method(known.method).uri(&path);
        if let Some(staff) = staff {
            request = request.header(header::COOKIE, self.cookie(staff).await);
        }
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        assert!(!status.is_server_error(), "{} {path}: {status}", known.method);
        let leads_to = response.headers().get(header::LOCATION);
        let is_sign_in = known.path != "/console/sign-out"
            && known.path != "/console/sign-in/code"
            && leads_to.is_some_and(|to| to.to_str().unwrap().starts_with("/console/sign-in"));
        let is_out = staff.is_none() && known.path == "/console/sign-out";
        status != StatusCode::FORBIDDEN && !is_sign_in && !is_out
    }
}

/// A new address shows up here as a line to read: who gets past its door. How far a right goes is
/// checked behind the door, with the thing it is about.
#[test]
fn each_address_opens_for_the_roles_that_need_it_and_for_nobody_else() {
    let database = TestDatabase::sqlite();
    let console = console(&database);
    let mut all = known();
    all.sort_by_key(|known| (known.path, known.method));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let table: Vec<String> = runtime.block_on(async {
        let mut table = Vec::new();
        for known in &all {
            let mut entering = Vec::new();
            for (name, staff) in &console.people {
                if console.enters(known, *staff).await {
                    entering.push(*name);
                }
            }
            let everybody = console.people.len();
            let who = match entering.len() {
                0 => "nobody".to_owned(),
                count if count == everybody => "everybody".to_owned(),
                count if count == everybody - 1 && !entering.contains(&"signed out") => {
                    "whoever is signed in".to_owned()
                }
                _ => entering.join(", "),
            };
            table.push(format!("{:4} {}: {who}", known.method, known.path));
        }
        table
    });
    console.services.database().close();
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn no_address_is_written_twice() {
    let mut all: Vec<(&str, &str)> =
        known().iter().map(|known| (known.method, known.path)).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
}
