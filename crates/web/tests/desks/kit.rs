//! A shop with two goods at two places, and people who work there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::{Body, BodyDataStream, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use ordermill_app::order::intake::{NewLine, NewOrder};
use ordermill_app::permission::Principal;
use ordermill_app::privacy::Vault;
use ordermill_app::session::{Door, digest_of};
use ordermill_app::staff::{self, NewStaff};
use ordermill_app::{Partners, Services, check};
use ordermill_base::{Clock as _, Currency, Span};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::address::{RawAddress, RawRecipient};
use ordermill_domain::category::Category;
use ordermill_domain::ids::StaffId;
use ordermill_domain::order::PaymentTerms;
use ordermill_domain::role::Role;
use ordermill_domain::text::Text;
use ordermill_storage::session::{self, Holder, Session};
use ordermill_storage::{Error, Tx, category, location, sku};
use ordermill_testkit::{TestClock, catalog, each_database, stock};
use ordermill_vault::{SeededEntropy, password};
use ordermill_web::Site;
use tower::ServiceExt as _;

pub(crate) struct Shop {
    pub(crate) services: Services,
    router: Router,
    tokens: AtomicU32,
}

/// Someone at work, in English unless they choose another language.
pub(crate) struct Person {
    pub(crate) id: StaffId,
    token: String,
    pub(crate) language: &'static str,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Where it leads on.
    pub(crate) location: String,
    pub(crate) body: String,
    /// What the next page will tell.
    pub(crate) told: String,
    /// What is to be sent along from now on.
    pub(crate) cookie: String,
}

/// Runs a test on each database and checks the books at the end. Databases are opened and closed
/// outside of the runtime: the driver of PostgreSQL blocks its thread.
pub(crate) fn on_each_database(test: impl AsyncFn(&Shop)) {
    for fresh in each_database() {
        let mut connection = fresh.connection();
        connection.transact(furnish).unwrap();
        for (number, at) in [(1, 1), (1, 2), (2, 1)] {
            let (sku, at) = (stock::sku(number), stock::location(at));
            stock::receive(&mut connection, sku, at, 1_000, TestClock::START);
        }
        let clock = Arc::new(TestClock::default());
        let vault = Vault::in_memory(Arc::new(SeededEntropy::from_seed(7)), clock.now());
        let database = fresh.open();
        let services =
            Services::new(database.clone(), clock.clone(), vault, Partners::default()).unwrap();
        let router = ordermill_web::router(Site::new(services.clone(), "http://127.0.0.1:8080"));
        let shop = Shop { services, router, tokens: 0.into() };
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(test(&shop));
        drop(shop);
        database.close();
        let now = clock.now() + Span::days(1);
        let report = check::check(&mut connection, now, None, &mut |_, _| ()).unwrap();
        assert_eq!(report.violations, [], "{}", fresh.engine());
    }
}

fn furnish(tx: &mut Tx<'_>) -> Result<(), Error> {
    let act = Act::new(Actor::system("test"), TestClock::START);
    let tableware = Category {
        id: catalog::category(1),
        code: "tableware".to_owned(),
        slug: String::new(),
        name: Text::new("餐具", "Tableware"),
        about: Text::default(),
        position: 1,
        version: 1,
    };
    category::insert(tx, &act, &tableware)?;
    sku::insert(tx, &act, &catalog::sku(stock::sku(1), "BOWL"))?;
    sku::insert(tx, &act, &catalog::sku(stock::sku(2), "PLATE"))?;
    location::insert(tx, &act, &catalog::location(stock::location(1), "HZ", 30, 120))?;
    location::insert(tx, &act, &catalog::location(stock::location(2), "SH", 31, 121))
}

impl Shop {
    /// Lets someone work here, signed in.
    pub(crate) async fn hire(&self, name: &str, roles: &[Role]) -> Person {
        let now = self.services.now();
        let token = format!("token-{}", self.tokens.fetch_add(1, Ordering::Relaxed));
        let new = NewStaff {
            login: name.parse().unwrap(),
            name: name.to_owned(),
            roles: roles.to_vec(),
            location: Some(stock::location(1)),
            password: password::hash("correct horse battery", &SeededEntropy::from_seed(1))
                .unwrap(),
        };
        let digest = digest_of(&token);
        let hire = move |tx: &mut Tx<'_>| {
            let cli = Principal::system("test");
            let id = staff::create(tx, &cli, &cli.act(now), &new)?;
            let session = Session {
                digest,
                holder: Holder::Staff(id),
                user_agent: "test".to_owned(),
                created_at: now,
                seen_at: now,
                expires_at: now + Span::hours(1),
            };
            session::insert(tx, &session)?;
            Ok::<_, staff::ChangeStaffError>(id)
        };
        let id = self.services.database().write(hire).await.unwrap();
        Person { id, token, language: "en" }
    }

    /// Somebody orders so many bowls.
    pub(crate) async fn order(&self, quantity: i64) {
        self.order_on(quantity, PaymentTerms::Prepaid).await;
    }

    /// An order that is confirmed at once.
    pub(crate) async fn order_to_be_paid_at_the_door(&self, quantity: i64) {
        self.order_on(quantity, PaymentTerms::CashOnDelivery).await;
    }

    async fn order_on(&self, quantity: i64, terms: PaymentTerms) {
        let address = RawAddress {
            country: "CN".to_owned(),
            province: "浙江省".to_owned(),
            city: "杭州市".to_owned(),
            district: "西湖区".to_owned(),
            street: vec!["文三路 90 号 1 幢 201 室".to_owned()],
            postal_code: String::new(),
        };
        let (name, phone) = ("林小满".to_owned(), "13817260921".to_owned());
        let line = NewLine { sku: "BOWL".to_owned(), quantity };
        let channel = self.services.channels().shop;
        let recipient = RawRecipient { name, phone, address };
        let mut new = NewOrder::new(channel, Currency::Cny, vec![line], recipient);
        new.terms = terms;
        let act = Principal::VISITOR.act(self.services.now());
        self.services.place_order(act, new).await.unwrap();
    }

    /// What a visitor is shown at an address of the shop who has put so many pieces into the cart.
    pub(crate) async fn with_in_cart(&self, sku: &str, quantity: i64, path: &str) -> Answer {
        let cookies = self.visitor_with(sku, quantity).await;
        self.visits(&cookies, Request::get(path), Body::empty()).await
    }

    /// What a visitor is answered who sends a form of the shop.
    pub(crate) async fn visitor_sends(
        &self,
        cookies: &str,
        path: &str,
        form: &[(&str, &str)],
    ) -> Answer {
        let pairs: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.visits(cookies, request, Body::from(pairs.join("&"))).await
    }

    /// What a visitor with these cookies is answered.
    pub(crate) async fn visits(
        &self,
        cookies: &str,
        request: axum::http::request::Builder,
        body: Body,
    ) -> Answer {
        let request = request.header(header::COOKIE, cookies).body(body).unwrap();
        answer(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// The cookies of a visitor who has put so many pieces into the cart.
    pub(crate) async fn visitor_with(&self, sku: &str, quantity: i64) -> String {
        let form = Body::from(format!("sku={sku}&quantity={quantity}"));
        let put = Request::post("/cart/lines")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form)
            .unwrap();
        let put = self.router.clone().oneshot(put).await.unwrap();
        let cookies = put.headers().get_all(header::SET_COOKIE).iter();
        let cookies = cookies.map(|it| it.to_str().unwrap().split(';').next().unwrap().to_owned());
        cookies.chain(["lang=en".to_owned()]).collect::<Vec<String>>().join("; ")
    }

    async fn send(
        &self,
        person: &Person,
        request: axum::http::request::Builder,
        body: Body,
    ) -> Answer {
        let (name, language) = (Door::Console.cookie(false), person.language);
        let cookie = format!("{name}={}; lang={language}", person.token);
        let request = request
            .header(header::COOKIE, cookie)
            .header(header::ACCEPT_LANGUAGE, "en-US")
            .body(body)
            .unwrap();
        answer(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// A stream that somebody opens, from its first byte.
    pub(crate) async fn listen(&self, person: &Person, path: &str) -> BodyDataStream {
        let cookie = format!("{}={}", Door::Console.cookie(false), person.token);
        let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty());
        let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.into_body().into_data_stream()
    }

    pub(crate) async fn get(&self, person: &Person, path: &str) -> Answer {
        self.send(person, Request::get(path), Body::empty()).await
    }

    /// Sends a form.
    pub(crate) async fn post(&self, person: &Person, path: &str, form: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(person, request, Body::from(pairs.join("&"))).await
    }

    /// Sends the form of a page as it was shown, with some fields filled in anew; a field that is
    /// given as empty is left empty.
    pub(crate) async fn fill_in(
        &self,
        person: &Person,
        page: &str,
        changed: &[(&str, &str)],
    ) -> Answer {
        let shown = self.get(person, page).await;
        assert_eq!(shown.status, StatusCode::OK, "{page}: {}", shown.body);
        let mut form: Vec<(String, String)> = fields(&shown.body);
        form.retain(|(name, _)| changed.iter().all(|(other, _)| other != name));
        let changed = changed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        form.extend(changed);
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(person, page, &form).await
    }

    /// Sends a form with a file.
    pub(crate) async fn upload(
        &self,
        person: &Person,
        path: &str,
        fields: &[(&str, &str)],
        (name, file_name, bytes): (&str, &str, &[u8]),
    ) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            let head = "--XX\r\nContent-Disposition: form-data; name=";
            body.extend_from_slice(format!("{head}\"{name}\"\r\n\r\n{value}\r\n").as_bytes());
        }
        let head = format!(
            "--XX\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--XX--\r\n");
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX");
        self.send(person, request, Body::from(body)).await
    }
}

async fn answer(response: Response<Body>) -> Answer {
    let text = |name: header::HeaderName| {
        let value = response.headers().get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let (status, location, cookie) =
        (response.status(), text(header::LOCATION), text(header::SET_COOKIE));
    let told = cookie.strip_prefix("ordermill-told=").and_then(|rest| rest.split(';').next());
    let told = told.map(unhex).unwrap_or_default();
    let kept = cookie.split(';').next().unwrap_or_default().to_owned();
    let body = to_bytes(response.into_body(), 64 << 20).await.unwrap();
    let body = String::from_utf8_lossy(&body).into_owned();
    assert!(!status.is_server_error(), "{status}: {body}");
    Answer { status, location, body, told, cookie: kept }
}

fn unhex(text: &str) -> String {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    let bytes: Vec<u8> = (0..text.len() / 2).map(|at| digit(at * 2)).collect();
    String::from_utf8(bytes).unwrap()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Names and values of the form in the main part of a page, as a browser would send them.
fn fields(html: &str) -> Vec<(String, String)> {
    let main = html.split_once("<main").unwrap().1;
    let form = main.split_once("<form class=\"stack narrow\"").unwrap().1;
    let form = form.split_once("</form>").unwrap().0;
    let mut fields = Vec::new();
    let mut select: Option<String> = None;
    for tag in form.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').unwrap();
        let attribute = |name: &str| {
            let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
            Some(plain(&tag[start..start + tag[start..].find('"')?]))
        };
        let name = attribute("name");
        if tag.starts_with("input") {
            let is_box = attribute("type").as_deref() == Some("checkbox");
            if let Some(name) = name.filter(|_| !is_box || tag.contains(" checked")) {
                fields.push((name, attribute("value").unwrap_or_default()));
            }
        } else if tag.starts_with("textarea") {
            fields.extend(name.map(|name| (name, plain(text))));
        } else if tag.starts_with("select") {
            select = name;
        } else if tag.starts_with("option") && tag.contains(" selected") {
            fields.extend(select.take().map(|name| (name, attribute("value").unwrap())));
        }
    }
    fields
}

fn plain(html: &str) -> String {
    html.replace("&#38;", "&").replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<")
}
