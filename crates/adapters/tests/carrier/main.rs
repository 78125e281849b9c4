//! The adapter of the sandbox's carriers against the sandbox, over real HTTP on loopback.
#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use ordermill_adapters::Guard;
use ordermill_adapters::sandbox_carrier::{self, SandboxCarrier};
use ordermill_adapters::tracking;
use ordermill_base::{Clock, Id, Random, Span, Timestamp};
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::ids::ShipmentId;
use ordermill_domain::outgoing::AllowedHost;
use ordermill_domain::shipment::{Outcome, TrackingStatus};
use ordermill_ports::Headers;
use ordermill_ports::carrier::{
    Carrier, CarrierError, LabelRequest, Parcel, Party, PickupRequest, Voided,
};
use ordermill_ports::tracking::Push;
use ordermill_sandbox::fault::{Call, Fault, Rule};
use ordermill_sandbox::{Config, Running, Sandbox};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const START: Timestamp = Timestamp::from_millis(1_795_334_400_000);

#[derive(Default)]
struct TestClock(AtomicI64);

impl TestClock {
    fn advance(&self, span: Span) {
        self.0.fetch_add(span.as_micros(), Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        START + Span::micros(self.0.load(Ordering::Relaxed))
    }
}

/// A guard that lets calls go to this very sandbox.
fn here(url: &str) -> Guard {
    Guard::new(AllowedHost::of_url(url).into_iter().collect())
}

/// A push as it came in.
type Received = (Headers, Vec<u8>);

struct Kit {
    running: Running,
    clock: Arc<TestClock>,
    carrier: SandboxCarrier,
    received: Arc<Mutex<Vec<Received>>>,
    notify_url: String,
}

impl Kit {
    async fn start() -> Self {
        let clock = Arc::new(TestClock::default());
        let mut config = Config::new("shop", "key", SECRET, clock.clone(), 7);
        config.retry_plan = vec![Span::millis(20); 5];
        config.hang = Span::millis(300);
        let running = Sandbox::start(config).await.unwrap();
        let carrier = SandboxCarrier::new(
            sandbox_carrier::Config {
                base_url: running.url.clone(),
                code: "swift".into(),
                merchant: "shop".into(),
                api_key: "key".into(),
                timeout: Span::millis(200),
                tries: 2,
                pause: Span::millis(5),
            },
            here(&running.url),
            clock.clone(),
            Random::from_seed(3),
        );
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let kept = received.clone();
        let take = move |headers: HeaderMap, body: Bytes| async move {
            let text = |value: &axum::http::HeaderValue| value.to_str().unwrap().to_owned();
            let headers = headers.iter().map(|(name, value)| (name.as_str(), text(value)));
            kept.lock().unwrap().push((headers.collect(), body.to_vec()));
            StatusCode::NO_CONTENT
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let notify_url = format!("http://{}/push", listener.local_addr().unwrap());
        let router = Router::new().route("/push", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { running, clock, carrier: carrier.unwrap(), received, notify_url }
    }

    fn sandbox(&self) -> &Sandbox {
        &self.running.sandbox
    }

    fn break_next(&self, call: Call, fault: Fault, times: u32) {
        self.sandbox().inject(Rule { payment_id: None, call: Some(call), fault, times }).unwrap();
    }

    fn request(&self, number: i64) -> LabelRequest {
        let party = |name: &str| Party {
            name: name.into(),
            phone: "+8613800138000".into(),
            address: "浙江省杭州市西湖区文三路 1 号".into(),
        };
        LabelRequest {
            reference: ShipmentId::from_raw(number),
            service: ServiceKind::Standard,
            parcel: parcel(),
            insured: None,
            sender: party("仓库"),
            receiver: party("林"),
            notify_url: Some(self.notify_url.clone()),
        }
    }

    async fn collected(&self, number: i64) -> String {
        let waybill = self.carrier.label(&self.request(number)).await.unwrap().waybill;
        let pickup = PickupRequest {
            reference: format!("mnf-{number}"),
            address: "杭州".into(),
            ready_at: self.clock.now(),
            waybills: vec![waybill.clone()],
        };
        let first = self.carrier.pickup(&pickup).await.unwrap();
        assert_eq!(self.carrier.pickup(&pickup).await.unwrap(), first, "one driver");
        waybill
    }

    /// Everything that was pushed so far, once there are at least this many pushes.
    async fn pushes(&self, count: usize) -> Vec<Push> {
        let start = Instant::now();
        while self.received.lock().unwrap().len() < count {
            assert!(start.elapsed().as_secs() < 10, "waited in vain for {count} pushes");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let kinds = tracking::kinds();
        let kind = kinds.iter().find(|kind| kind.name() == "sandbox").unwrap();
        let source = kind.connect(SECRET).unwrap();
        let received = self.received.lock().unwrap();
        let read =
            |(headers, body): &Received| source.read(headers, body, self.clock.now()).unwrap();
        received.iter().map(read).collect()
    }
}

fn parcel() -> Parcel {
    Parcel {
        from_division: 330_110,
        to_division: 310_115,
        weight_grams: 900,
        dimensions_mm: [300, 200, 100],
    }
}

#[tokio::test]
async fn prices_come_service_by_service() {
    let kit = Kit::start().await;
    let rates = kit.carrier.rate(&parcel()).await.unwrap();
    let services: Vec<ServiceKind> = rates.iter().map(|rate| rate.service).collect();
    assert_eq!(services, [ServiceKind::Standard, ServiceKind::NextDay, ServiceKind::Timed]);
    assert!(rates[0].price.minor < rates[1].price.minor);
    let far = Parcel { to_division: 540_102, ..parcel() };
    assert_eq!(kit.carrier.rate(&far).await.unwrap().len(), 1, "nobody is there on the next day");
}

#[tokio::test]
async fn a_lost_answer_leaves_one_label_that_is_found_by_its_reference() {
    let kit = Kit::start().await;
    let request = kit.request(1);
    assert_eq!(kit.carrier.find(request.reference).await, Ok(None));
    kit.break_next(Call::Label, Fault::LoseAnswer, 2);
    let lost = kit.carrier.label(&request).await;
    assert!(matches!(lost, Err(CarrierError::OutcomeUnknown { .. })), "{lost:?}");
    let found = kit.carrier.find(request.reference).await.unwrap().unwrap();
    assert_eq!(kit.carrier.label(&request).await.unwrap(), found);
    assert_eq!(kit.sandbox().parcels().len(), 1);
}

#[tokio::test]
async fn an_overloaded_carrier_did_nothing_and_a_refusal_is_for_good() {
    let kit = Kit::start().await;
    kit.break_next(Call::Label, Fault::Unavailable, 2);
    let answer = kit.carrier.label(&kit.request(1)).await;
    assert!(matches!(answer, Err(CarrierError::NotSent { .. })), "{answer:?}");
    let heavy = Parcel { weight_grams: 31_000, ..parcel() };
    let answer = kit.carrier.label(&LabelRequest { parcel: heavy, ..kit.request(2) }).await;
    let Err(CarrierError::Refused { code, .. }) = answer else { panic!("{answer:?}") };
    assert_eq!(code, "too_heavy");
    assert!(kit.sandbox().parcels().is_empty());
}

#[tokio::test]
async fn a_label_is_given_back_until_the_driver_has_the_parcel() {
    let kit = Kit::start().await;
    assert_eq!(kit.carrier.void(ShipmentId::from_raw(9)).await, Ok(Voided::Unknown));
    kit.carrier.label(&kit.request(1)).await.unwrap();
    assert_eq!(kit.carrier.void(ShipmentId::from_raw(1)).await, Ok(Voided::Done));
    assert!(kit.carrier.find(ShipmentId::from_raw(1)).await.unwrap().unwrap().is_void);
    kit.collected(2).await;
    assert_eq!(kit.carrier.void(ShipmentId::from_raw(2)).await, Ok(Voided::TooLate));
}

#[tokio::test]
async fn pushes_and_questions_tell_the_same_story() {
    let kit = Kit::start().await;
    let waybill = kit.collected(1).await;
    kit.clock.advance(Span::days(3));
    let asked = kit.carrier.track(&waybill).await.unwrap();
    let last = asked.last().unwrap();
    assert_eq!((last.status, last.outcome), (TrackingStatus::Delivered, Some(Outcome::Delivered)));
    let start = Instant::now();
    loop {
        let pushes = kit.pushes(1).await;
        let newest = pushes.iter().max_by_key(|push| push.scans.len()).unwrap();
        if newest.scans == asked {
            assert!(newest.is_last);
            assert_eq!(newest.waybill.as_deref(), Some(waybill.as_str()));
            break;
        }
        assert!(start.elapsed().as_secs() < 10, "the last push never came");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_parcel_that_is_refused_comes_back() {
    let kit = Kit::start().await;
    kit.break_next(Call::Carry, Fault::RefuseParcel, 1);
    let waybill = kit.collected(1).await;
    kit.clock.advance(Span::days(9));
    let scans = kit.carrier.track(&waybill).await.unwrap();
    assert!(scans.iter().any(|scan| scan.status == TrackingStatus::Refused));
    assert_eq!(scans.last().unwrap().outcome, Some(Outcome::Returned));
}

#[tokio::test]
async fn somebody_elses_key_gets_nothing() {
    let kit = Kit::start().await;
    let stranger = SandboxCarrier::new(
        sandbox_carrier::Config {
            base_url: kit.running.url.clone(),
            code: "swift".into(),
            merchant: "shop".into(),
            api_key: "wrong".into(),
            timeout: Span::millis(200),
            tries: 1,
            pause: Span::millis(5),
        },
        here(&kit.running.url),
        kit.clock.clone(),
        Random::from_seed(4),
    );
    let answer = stranger.unwrap().rate(&parcel()).await;
    assert!(matches!(answer, Err(CarrierError::Refused { .. })), "{answer:?}");
}
