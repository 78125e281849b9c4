//! A shop with orders, carriers of the sandbox, and an address for their pushes.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use jiff::civil::Date;
use ordermill_adapters::Guard;
use ordermill_adapters::sandbox_carrier::SandboxCarriers;
use ordermill_app::carrier::choose::{Field, Known, ReadyParcel};
use ordermill_app::carrier::setup::{NewAccount, add_tracker, keep_carrier};
use ordermill_app::carrier::{Carriers, Sender};
use ordermill_app::catalog::{CatalogHolder, settings};
use ordermill_app::check::{Violation, check};
use ordermill_app::links::Links;
use ordermill_app::payment::PaymentSettings;
use ordermill_app::payment::capture::{CapturedMoney, RecordCapture};
use ordermill_app::privacy::Vault;
use ordermill_app::shipment::hand_over::{ScannedOut, close, scan_out};
use ordermill_app::shipment::label::{WantLabel, Wanted, want_label};
use ordermill_base::{Clock, Id, IdGenerator, Money, Quantity, Random, Span};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::ids::{
    ChannelId, ManifestId, OrderId, PackageId, PaymentId, ShipmentId, TrackerId,
};
use ordermill_domain::order::{LineTerms, PaymentTerms};
use ordermill_domain::outgoing::AllowedHost;
use ordermill_domain::payment::{LatePolicy, NewPayment, Payment};
use ordermill_domain::task::TaskKind;
use ordermill_ports::Headers;
use ordermill_sandbox::carriers::Word;
use ordermill_sandbox::fault::{Call, Fault, Rule};
use ordermill_sandbox::{Config, Running, Sandbox};
use ordermill_storage::shipment::{self, Stored};
use ordermill_storage::{
    Address, Connection, Database, Error, Tx, carrier, deadline, journal, label_request, location,
    payment, task,
};
use ordermill_testkit::stock::{location as place, receive, sku};
use ordermill_testkit::{TestClock, catalog, each_database};
use ordermill_vault::SeededEntropy;

use crate::benefits::Benefits;
pub(crate) use crate::samples::*;

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(crate) struct Shop {
    pub(crate) carriers: Carriers,
    pub(crate) database: Database,
    pub(crate) vault: Vault,
    pub(crate) clock: Arc<TestClock>,
    running: Running,
    pub(crate) tracker: TrackerId,
    listener: tokio::task::JoinHandle<()>,
    pub(crate) received: Arc<Mutex<usize>>,
    address: Address,
    /// Where orders come from, if not from the kit's own shop; their ids there are our numbers.
    pub(crate) channel: Option<ChannelId>,
    /// Pieces of an order; each is packed in a box of its own.
    pub(crate) pieces: i64,
    /// Pieces that come along as a gift, a line of their own: the first lies in the first box.
    pub(crate) gifts: i64,
    /// How orders are to be brought.
    pub(crate) service_wish: Option<ServiceKind>,
    /// The last day of delivery that orders are promised.
    pub(crate) promised_by_on: Option<Date>,
    /// Orders are paid before, with 5.00 for freight; otherwise at the door.
    pub(crate) is_prepaid: bool,
    /// What buyers use up with their orders and earn by them.
    pub(crate) benefits: Option<Benefits>,
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// Runs a test on each database, and then checks the whole of it.
pub(crate) fn on_each_database(test: impl AsyncFn(&mut Shop)) {
    run(test, true);
}

/// Runs a test that spoils the database on purpose.
pub(crate) fn on_each_database_unchecked(test: impl AsyncFn(&mut Shop)) {
    run(test, false);
}

fn run(test: impl AsyncFn(&mut Shop), is_checked: bool) {
    for fresh in each_database() {
        let mut connection = fresh.connection();
        receive(&mut connection, sku(1), place(1), 100_000, TestClock::START);
        let vault = Vault::in_memory(Arc::new(SeededEntropy::from_seed(1)), TestClock::START);
        let catalog = connection.read(CatalogHolder::load).unwrap();
        drop(connection);
        let database = fresh.open();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
        let now = runtime.unwrap().block_on(async {
            let address = fresh.address().clone();
            let mut shop = Shop::open(database.clone(), vault, Arc::new(catalog), address).await;
            test(&mut shop).await;
            shop.clock.now()
        });
        database.close();
        if is_checked {
            let report = check(&mut fresh.connection(), now, None, &mut |_, _| ()).unwrap();
            assert_eq!(report.violations, [], "{fresh:?}");
        }
    }
}

/// Lets calls go to this very place.
fn guard(url: &str) -> Guard {
    Guard::new(AllowedHost::of_url(url).into_iter().collect())
}

impl Shop {
    async fn open(
        database: Database,
        vault: Vault,
        catalog: Arc<CatalogHolder>,
        address: Address,
    ) -> Self {
        let clock = Arc::new(TestClock::default());
        let mut config = Config::new("shop", "key", SECRET, clock.clone(), 7);
        config.retry_plan = vec![Span::millis(20); 5];
        config.hang = Span::millis(50);
        let running = Sandbox::start(config).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let links = Links::new(&format!("http://{}", listener.local_addr().unwrap()));
        let carriers = Carriers::new(
            database.clone(),
            vault.clone(),
            catalog,
            links,
            vec![Arc::new(SandboxCarriers::new(
                guard(&running.url),
                clock.clone(),
                Random::from_seed(3),
            ))],
            ordermill_adapters::tracking::kinds(),
            clock.clone(),
            PaymentSettings::default(),
            Random::from_seed(5),
        );
        let (url, sealer, at) = (running.url.clone(), vault.clone(), clock.now());
        let set_up = move |tx: &mut Tx<'_>| {
            let act = Act::new(Actor::system("test"), at);
            location::insert(tx, &act, &catalog::location(place(1), "HZ", 30, 120))?;
            ordermill_storage::sku::insert(tx, &act, &catalog::sku(sku(1), "S1"))?;
            for carrier in [swift(), harbor()] {
                let account = NewAccount {
                    protocol: "sandbox".into(),
                    url: url.clone(),
                    merchant: "shop".into(),
                    secret: Some("key".into()),
                };
                keep_carrier(tx, &act, &sealer, &carrier, Some(&account)).unwrap();
            }
            let sender = Sender { phone: "+8657188888888".into(), ..Sender::default() };
            settings::save(tx, &act, &sender, 0)?;
            add_tracker(tx, &act, &sealer, "sandbox", "Sandbox", SECRET)
        };
        let tracker = database.write(set_up).await.unwrap();
        let received: Arc<Mutex<usize>> = Arc::default();
        let (taker, count) = (carriers.clone(), received.clone());
        let take = move |Path((partner, id)): Path<(String, TrackerId)>,
                         headers: HeaderMap,
                         body: Bytes| async move {
            let text = |value: &axum::http::HeaderValue| value.to_str().unwrap().to_owned();
            let headers: Headers =
                headers.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
            let reply = taker.receive_push(&partner, id, &headers, &body).await;
            *count.lock().unwrap() += 1;
            reply.map_or(StatusCode::UNAUTHORIZED, |it| StatusCode::from_u16(it.status).unwrap())
        };
        let router = Router::new().route("/hooks/tracking/{partner}/{id}", post(take));
        let listener = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let (channel, pieces, gifts, is_prepaid) = (None, 1, 0, false);
        Self {
            carriers,
            database,
            vault,
            clock,
            running,
            tracker,
            listener,
            received,
            channel,
            pieces,
            gifts,
            service_wish: None,
            promised_by_on: None,
            is_prepaid,
            benefits: None,
            address,
        }
    }

    /// What the checker finds.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        let ids = Arc::new(IdGenerator::new(9));
        let now = self.clock.now();
        tokio::task::block_in_place(|| {
            let mut connection = Connection::open(&self.address, ids).unwrap();
            check(&mut connection, now, None, &mut |_, _| ()).unwrap().violations
        })
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.running.sandbox
    }

    /// Lets calls go to the sandbox.
    pub(crate) fn guard(&self) -> Guard {
        guard(&self.running.url)
    }

    pub(crate) fn sandbox_url(&self) -> &str {
        &self.running.url
    }

    pub(crate) fn break_next(&self, call: Call, fault: Fault, times: u32) {
        self.sandbox().inject(Rule { payment_id: None, call: Some(call), fault, times }).unwrap();
    }

    pub(crate) fn act(&self) -> Act {
        Act::new(Actor::system("test"), self.clock.now())
    }

    pub(crate) async fn place(&self, number: i64) -> OrderId {
        let mut order = an_order(number, self.pieces, &self.vault, self.act());
        if let Ok(quantity) = Quantity::new(self.gifts) {
            let (unit_price_minor, total_minor, gift) = (0, 0, Some(1));
            let bought = order.placed.lines[0];
            let line =
                LineTerms { line_no: 2, quantity, unit_price_minor, total_minor, gift, ..bought };
            order.placed.lines.push(line);
        }
        order.placed.service_wish = self.service_wish;
        order.placed.promised_by_on = self.promised_by_on;
        if let Some(channel) = self.channel {
            order.placed.channel = channel;
            order.placed.channel_order_id = Some(number.to_string());
        }
        if self.is_prepaid {
            order.placed.terms = PaymentTerms::Prepaid;
            order.placed.amounts.freight_minor = 500;
            order.placed.amounts.total_minor += 500;
        }
        let mut total = order.placed.amounts.total();
        if let Some(benefits) = self.benefits {
            benefits.hand_in(&mut order);
            total.minor -= order.claims.tendered_minor().sum::<i64>();
        }
        let id = self.database.submit(order).await.unwrap().unwrap().id();
        if self.is_prepaid {
            self.pay(id, total).await;
        }
        id
    }

    async fn pay(&self, order: OrderId, amount: Money) {
        let (gateway, merchant) = ("sandbox".to_owned(), "demo".to_owned());
        let new =
            NewPayment { order, gateway: gateway.clone(), merchant: merchant.clone(), amount };
        let (id, act) = (PaymentId::from_raw(order.raw()), self.act());
        let (started, event) = Payment::create(id, new, act.at);
        let gateway_ref = order.to_string();
        let money = CapturedMoney { payment: id, gateway, gateway_ref, merchant, amount };
        let (policy, rules) = (LatePolicy::Refund, Arc::default());
        let capture = RecordCapture { act: act.clone(), money, policy, rules };
        let write = move |tx: &mut Tx<'_>| {
            payment::insert(tx, &started, None, None)?;
            payment::record(tx, &act, &started, &event)
        };
        self.database.write(write).await.unwrap();
        self.database.submit(capture).await.unwrap().unwrap();
    }

    /// Wants a label for the parcel of an order, which is placed before.
    pub(crate) async fn want(&self, number: i64) -> Wanted {
        self.want_as(number, parcel()).await
    }

    pub(crate) async fn want_as(&self, number: i64, parcel: ReadyParcel) -> Wanted {
        let order = self.place(number).await;
        self.want_again(order, number, parcel).await
    }

    pub(crate) async fn want_again(
        &self,
        order: OrderId,
        number: i64,
        parcel: ReadyParcel,
    ) -> Wanted {
        let known = self.carriers.known().await.unwrap();
        self.want_of(order, number, parcel, known).await
    }

    /// Wants a label for the parcel of an order, which is placed before; what is known of carriers is this.
    pub(crate) async fn want_by(&self, number: i64, parcel: ReadyParcel, known: &Known) -> Wanted {
        let order = self.place(number).await;
        self.want_of(order, number, parcel, known.clone()).await
    }

    async fn want_of(
        &self,
        order: OrderId,
        number: i64,
        parcel: ReadyParcel,
        known: Known,
    ) -> Wanted {
        let (act, vault) = (self.act(), self.vault.clone());
        let package = PackageId::from_raw(number);
        let want = WantLabel { order, package, location: place(1), parcel };
        let write = move |tx: &mut Tx<'_>| {
            let carriers = carrier::list(tx)?;
            let field = Field { carriers: &carriers, known: &known };
            want_label(tx, &act, &vault, &want, field).map_err(Error::defect)
        };
        self.database.write(write).await.unwrap()
    }

    /// A parcel with its label.
    pub(crate) async fn labeled(&self, number: i64) -> Stored {
        let Wanted::Asked(id) = self.want(number).await else { panic!("it was not asked for") };
        self.carriers.make_labels().await.unwrap();
        let why = self.database.read(move |tx| label_request::fetch(tx, id)).await.unwrap();
        let made = self.shipment(id).await;
        made.unwrap_or_else(|| panic!("no label: {:?}", why.map(|it| it.failure)))
    }

    /// A parcel that the carrier's driver has.
    pub(crate) async fn handed_over(&self, number: i64) -> Stored {
        let stored = self.labeled(number).await;
        let waybill = stored.shipment.facts().terms.waybill.clone();
        let scanned = self.scan_out(&waybill).await;
        assert_eq!(self.close(scanned.manifest).await.len(), 1);
        self.carriers.call_drivers().await.unwrap();
        self.shipment(stored.shipment.facts().id).await.unwrap()
    }

    pub(crate) async fn scan_out(&self, waybill: &str) -> ScannedOut {
        let (act, waybill) = (self.act(), waybill.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            scan_out(tx, &logistics(), &act, place(1), &[&waybill]).map_err(Error::defect)
        };
        self.database.write(write).await.unwrap().remove(0).unwrap()
    }

    pub(crate) async fn close(&self, manifest: ManifestId) -> Vec<Stored> {
        let act = self.act();
        let write =
            move |tx: &mut Tx<'_>| close(tx, &logistics(), &act, manifest).map_err(Error::defect);
        self.database.write(write).await.unwrap()
    }

    pub(crate) async fn shipment(&self, id: ShipmentId) -> Option<Stored> {
        self.database.read(move |tx| shipment::fetch(tx, id)).await.unwrap()
    }

    /// A word of its carrier, pushed and taken in.
    pub(crate) async fn reports(&self, stored: &Stored, word: Word) {
        let waybill = stored.shipment.facts().terms.waybill.clone();
        self.sandbox().report(&waybill, word, "").unwrap();
        self.until("its push", || self.sandbox().has_told_everything()).await;
        while self.carriers.process_pushes().await.unwrap() > 0 {}
    }

    /// Waits until a parcel stands so by what its carrier pushes.
    pub(crate) async fn until_it_is(
        &self,
        id: ShipmentId,
        state: ordermill_domain::shipment::State,
    ) {
        let start = std::time::Instant::now();
        while self.shipment(id).await.unwrap().shipment.state() != state {
            assert!(start.elapsed().as_secs() < 20, "it is never {state}");
            self.carriers.process_pushes().await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn until(&self, what: &str, is_true: impl Fn() -> bool) {
        let start = std::time::Instant::now();
        while !is_true() {
            assert!(start.elapsed().as_secs() < 20, "waited in vain for {what}");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn open_tasks(&self) -> Vec<TaskKind> {
        let list = self.database.read(|tx| task::list_open(tx, None, None, 1_000)).await;
        list.unwrap().into_iter().map(|task| task.kind).collect()
    }

    /// The open deadlines of something, as their codes.
    pub(crate) async fn deadlines(&self, id: impl Id) -> Vec<&'static str> {
        let id = OrderId::from_raw(id.raw());
        let open = self.database.read(move |tx| deadline::of(tx, id)).await.unwrap();
        open.into_iter().map(|(kind, ..)| kind.code()).collect()
    }

    /// Kinds of the events of a shipment.
    pub(crate) async fn history(&self, id: ShipmentId) -> Vec<String> {
        let id = OrderId::from_raw(id.raw());
        let read = move |tx: &mut Tx<'_>| journal::of(tx, "shipment", id, 1, 1_000);
        let entries: Vec<journal::Entry> = self.database.read::<_, Error, _>(read).await.unwrap();
        entries.into_iter().map(|entry| entry.kind).collect()
    }
}
