//! Whoever types the address of a carrier or a webhook cannot lead our calls into our own network, however
//! names change what they lead to.
#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

use std::io;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};

use ordermill_adapters::Guard;
use ordermill_adapters::sandbox_carrier::SandboxCarriers;
use ordermill_adapters::webhook::{HttpMessenger, Patience};
use ordermill_base::{Clock, Random, Timestamp};
use ordermill_domain::outgoing::{AllowedHost, Refused};
use ordermill_ports::carrier::{Account, Carrier, CarrierError, CarrierKind, Parcel};
use ordermill_ports::webhook::{Failure, Message, Messenger};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 216, 34));

struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_795_334_400_000)
    }
}

/// A guard for whom every name leads to these addresses, one after the other and the last one for good.
fn guard(allowed: &[&str], answers: &[&'static [IpAddr]]) -> Guard {
    let answers = Arc::new(Mutex::new(answers.to_vec()));
    let lookup = move |_name: String| -> ordermill_ports::Answer<'static, io::Result<Vec<IpAddr>>> {
        let mut answers = answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
        Box::pin(std::future::ready(Ok(answer.to_vec())))
    };
    let allowed: Vec<AllowedHost> = allowed.iter().map(|host| host.parse().unwrap()).collect();
    Guard::with_lookup(allowed, Arc::new(lookup))
}

/// A service of ours on this machine that nobody outside may reach, and how often somebody has connected.
struct Inside(TcpListener);

impl Inside {
    fn listen() -> Self {
        let listener = TcpListener::bind((LOOPBACK, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    fn was_reached(&self) -> bool {
        self.0.accept().is_ok()
    }
}

fn account(url: String) -> Account {
    Account { code: "swift".into(), url, merchant: "shop".into(), secret: "key".into() }
}

fn carriers(guard: Guard) -> SandboxCarriers {
    SandboxCarriers::new(guard, Arc::new(Standing), Random::from_seed(3))
}

async fn refusal(carrier: &dyn Carrier) -> String {
    let parcel = Parcel {
        from_division: 310_000,
        to_division: 330_000,
        weight_grams: 1_000,
        dimensions_mm: [100; 3],
    };
    match carrier.rate(&parcel).await {
        Err(CarrierError::NotSent { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_carriers_name_that_leads_inside_once_it_was_checked_is_not_called() {
    let inside = Inside::listen();
    let url = format!("https://carrier.example:{}", inside.port());
    for then in [&[LOOPBACK][..], &[PUBLIC, LOOPBACK]] {
        let guard = guard(&[], &[&[PUBLIC], then]);
        assert_eq!(guard.check(&url).await, Ok(()), "when it was entered");
        let carrier = carriers(guard).connect(&account(url.clone())).unwrap();
        let reason = refusal(&*carrier).await;
        assert_eq!(reason, "its name leads to an address that is not public");
        assert!(!inside.was_reached());
    }
}

#[tokio::test]
async fn a_webhooks_name_that_leads_inside_once_it_was_checked_is_not_called() {
    let inside = Inside::listen();
    let guard = guard(&[], &[&[PUBLIC], &[LOOPBACK]]);
    let messenger = HttpMessenger::new(guard, Patience::default(), Arc::new(Standing)).unwrap();
    let url = format!("https://erp.example:{}/hooks", inside.port());
    assert_eq!(messenger.check(&url).await, Ok(()), "when it was added");
    let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let message = Message {
        url,
        content_type: "application/json",
        headers: headers.map(|name| (name, "x".to_owned())),
        body: b"{}".to_vec(),
    };
    assert_eq!(messenger.post(&message).await, Err(Failure::Refused(Refused::NotPublic)));
    assert!(!inside.was_reached());
}

#[tokio::test]
async fn a_carrier_on_this_machine_is_none_that_can_be_used_unless_the_operator_has_named_it() {
    let inside = Inside::listen();
    let url = format!("http://127.0.0.1:{}", inside.port());
    let refused = carriers(guard(&[], &[&[LOOPBACK]])).connect(&account(url.clone()));
    assert!(refused.err().unwrap().to_string().contains("https://"));
    let other_service = format!("127.0.0.1:{}", inside.port() ^ 1);
    assert!(
        carriers(guard(&[&other_service], &[&[LOOPBACK]])).connect(&account(url.clone())).is_err()
    );
    assert!(!inside.was_reached());

    let named = format!("127.0.0.1:{}", inside.port());
    assert!(carriers(guard(&[&named], &[&[LOOPBACK]])).connect(&account(url)).is_ok());
}
