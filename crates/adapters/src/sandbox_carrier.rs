//! The carriers of the sandbox: labels that cost nothing, over the same kind of API as real ones.
//!
//! Labels and pickups carry a reference that the sandbox honors, so all calls may be repeated. An
//! answer of 4xx is a refusal; 429 and 503 mean that nothing happened; everything else that is no
//! readable success leaves the outcome unknown. What it pushes is read by
//! [`SandboxPush`](crate::tracking::sandbox::SandboxPush).

use std::sync::{Arc, Mutex, PoisonError};

use ordermill_base::{Clock, Currency, Money, Random, Span, Timestamp};
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::ids::ShipmentId;
use ordermill_domain::outgoing::Refused;
use ordermill_domain::shipment::Scan;
use ordermill_ports::Answer;
use ordermill_ports::carrier::{
    Account, Carrier, CarrierError, CarrierKind, Instruction, Label, LabelRequest, Parcel, Party,
    Pickup, PickupRequest, Rate, UnusableAccount, Voided, What,
};
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::http::{Client, ClientError, Failure, Manners, Reach, Reply};
use crate::tracking::sandbox::WireEvent;
use crate::{Breaker, Guard};

/// The protocol of the sandbox's carriers.
pub struct SandboxCarriers {
    guard: Guard,
    clock: Arc<dyn Clock>,
    jitter: Mutex<Random>,
}

impl SandboxCarriers {
    /// With the clock and the dice of this process. Carriers are called where the guard lets us.
    pub fn new(guard: Guard, clock: Arc<dyn Clock>, jitter: Random) -> Self {
        Self { guard, clock, jitter: Mutex::new(jitter) }
    }
}

impl CarrierKind for SandboxCarriers {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn connect(&self, account: &Account) -> Result<Arc<dyn Carrier>, UnusableAccount> {
        // Told now, so that nobody chooses a carrier that will not be called.
        let unusable = |refused: Refused| UnusableAccount(refused.to_string());
        self.guard.read(&account.url).map_err(unusable)?;
        let config = Config {
            base_url: account.url.trim_end_matches('/').to_owned(),
            code: account.code.clone(),
            merchant: account.merchant.clone(),
            api_key: account.secret.clone(),
            timeout: Span::seconds(10),
            tries: 3,
            pause: Span::millis(200),
        };
        let jitter = self.jitter.lock().unwrap_or_else(PoisonError::into_inner).split();
        let carrier =
            SandboxCarrier::new(config, self.guard.clone(), Arc::clone(&self.clock), jitter)
                .map_err(|error| UnusableAccount(error.to_string()))?;
        Ok(Arc::new(carrier))
    }
}

/// How a carrier of the sandbox is reached.
#[derive(Clone)]
pub struct Config {
    /// `http://127.0.0.1:9000`, without a slash at the end.
    pub base_url: String,
    /// Its code, there and here: `swift`.
    pub code: String,
    /// Our account.
    pub merchant: String,
    /// The key of our account.
    pub api_key: String,
    /// How long one try may take.
    pub timeout: Span,
    /// How often a call is tried in all.
    pub tries: u32,
    /// The wait before the second try, doubled for each further one.
    pub pause: Span,
}

/// One carrier of the sandbox.
pub struct SandboxCarrier {
    config: Config,
    client: Client,
}

impl SandboxCarrier {
    /// An adapter with a circuit breaker of its own: ten failures in a row, ten seconds of rest. It goes where
    /// the guard lets it.
    pub fn new(
        config: Config,
        guard: Guard,
        clock: Arc<dyn Clock>,
        jitter: Random,
    ) -> Result<Self, ClientError> {
        let manners = Manners {
            timeout: config.timeout,
            tries: config.tries,
            pause: config.pause,
            body_bytes_max: 256 * 1024,
        };
        let breaker = Breaker::new(10, Span::seconds(10));
        let client = Client::new(Reach::Guarded(guard), manners, breaker, clock, jitter)?;
        Ok(Self { config, client })
    }

    async fn call(
        &self,
        request: impl Fn(&reqwest::Client, &str) -> RequestBuilder + Send + Sync,
    ) -> Result<Reply, CarrierError> {
        let base = format!("{}/carriers/{}/v1", self.config.base_url, self.config.code);
        let sent = self.client.call(|client| {
            request(client, &base)
                .bearer_auth(&self.config.api_key)
                .header("x-merchant", &self.config.merchant)
        });
        sent.await.map_err(|failure| match failure {
            Failure::NotSent(reason) | Failure::Forbidden(reason) => {
                CarrierError::NotSent { reason: reason.into() }
            }
            busy @ Failure::Busy(_) => CarrierError::NotSent { reason: busy.reason().into() },
            Failure::Unknown(reason) => CarrierError::OutcomeUnknown { reason },
        })
    }
}

impl Carrier for SandboxCarrier {
    fn code(&self) -> &str {
        &self.config.code
    }

    fn rate<'a>(&'a self, parcel: &'a Parcel) -> Answer<'a, Result<Vec<Rate>, CarrierError>> {
        Box::pin(async move {
            let mut body = parcel_body(parcel);
            body["reference"] = json!("rates");
            body["service"] = json!(ServiceKind::Standard);
            let reply =
                self.call(|client, base| client.post(format!("{base}/rates")).json(&body)).await?;
            success::<WireRates>(&reply)?.rates.into_iter().map(WireRate::into_rate).collect()
        })
    }

    fn label<'a>(&'a self, request: &'a LabelRequest) -> Answer<'a, Result<Label, CarrierError>> {
        Box::pin(async move {
            let mut body = parcel_body(&request.parcel);
            body["reference"] = json!(request.reference);
            body["service"] = json!(request.service);
            body["insured_minor"] = json!(request.insured.map_or(0, |money| money.minor));
            body["sender"] = party_body(&request.sender);
            body["receiver"] = party_body(&request.receiver);
            body["notify_url"] = json!(request.notify_url);
            let reply =
                self.call(|client, base| client.post(format!("{base}/labels")).json(&body)).await?;
            success::<WireLabel>(&reply)?.into_label(request.reference)
        })
    }

    fn find(&self, reference: ShipmentId) -> Answer<'_, Result<Option<Label>, CarrierError>> {
        Box::pin(async move {
            let reply =
                self.call(|client, base| client.get(format!("{base}/labels/{reference}"))).await?;
            if is_unknown_there(&reply) {
                return Ok(None);
            }
            success::<WireLabel>(&reply)?.into_label(reference).map(Some)
        })
    }

    fn pickup<'a>(
        &'a self,
        request: &'a PickupRequest,
    ) -> Answer<'a, Result<Pickup, CarrierError>> {
        Box::pin(async move {
            let body = json!({
                "reference": request.reference,
                "address": request.address,
                "ready_at": request.ready_at,
                "waybills": request.waybills,
            });
            let reply = self
                .call(|client, base| client.post(format!("{base}/pickups")).json(&body))
                .await?;
            let WirePickup { confirmation, from, until } = success(&reply)?;
            Ok(Pickup { confirmation, from, until })
        })
    }

    fn track<'a>(&'a self, waybill: &'a str) -> Answer<'a, Result<Vec<Scan>, CarrierError>> {
        Box::pin(async move {
            let reply =
                self.call(|client, base| client.get(format!("{base}/parcels/{waybill}"))).await?;
            let history: WireHistory = success(&reply)?;
            let mut scans: Vec<Scan> = history.events.into_iter().map(Scan::from).collect();
            scans.sort_by_key(|scan| scan.at);
            Ok(scans)
        })
    }

    fn void(&self, reference: ShipmentId) -> Answer<'_, Result<Voided, CarrierError>> {
        Box::pin(async move {
            let reply = self
                .call(|client, base| client.post(format!("{base}/labels/{reference}/void")))
                .await?;
            if is_unknown_there(&reply) {
                return Ok(Voided::Unknown);
            }
            if reply.status == StatusCode::CONFLICT {
                return Ok(Voided::TooLate);
            }
            success::<WireLabel>(&reply)?.into_label(reference).map(|_| Voided::Done)
        })
    }

    fn instruct<'a>(
        &'a self,
        instruction: &'a Instruction,
    ) -> Answer<'a, Result<(), CarrierError>> {
        Box::pin(async move {
            let Instruction { reference, waybill, what } = instruction;
            let body = match what {
                What::Return => json!({ "reference": reference, "kind": "return" }),
                What::Forward { address } => {
                    json!({ "reference": reference, "kind": "forward", "address": address })
                }
            };
            let path = format!("parcels/{waybill}/instructions");
            let reply =
                self.call(|client, base| client.post(format!("{base}/{path}")).json(&body)).await?;
            success::<WireHistory>(&reply).map(drop)
        })
    }
}

fn parcel_body(parcel: &Parcel) -> serde_json::Value {
    json!({
        "from_division": parcel.from_division,
        "to_division": parcel.to_division,
        "weight_grams": parcel.weight_grams,
        "dimensions_mm": parcel.dimensions_mm,
    })
}

fn party_body(party: &Party) -> serde_json::Value {
    json!({"name": party.name, "phone": party.phone, "address": party.address})
}

#[derive(Deserialize)]
struct WireRates {
    rates: Vec<WireRate>,
}

#[derive(Deserialize)]
struct WireRate {
    service: ServiceKind,
    amount: String,
    currency: Currency,
    billed_grams: u32,
    expected_by: Timestamp,
}

#[derive(Deserialize)]
struct WireLabel {
    reference: ShipmentId,
    waybill: String,
    routing: String,
    amount: String,
    currency: Currency,
    expected_by: Timestamp,
    status: String,
}

#[derive(Deserialize)]
struct WirePickup {
    confirmation: String,
    from: Timestamp,
    until: Timestamp,
}

#[derive(Deserialize)]
struct WireHistory {
    events: Vec<WireEvent>,
}

#[derive(Deserialize)]
struct WireError {
    code: String,
    message: String,
}

impl WireRate {
    fn into_rate(self) -> Result<Rate, CarrierError> {
        let price = Money::parse(&self.amount, self.currency).map_err(|_| unreadable())?;
        let (billed_grams, expected_by) = (self.billed_grams, self.expected_by);
        Ok(Rate { service: self.service, price, billed_grams, expected_by })
    }
}

impl WireLabel {
    fn into_label(self, reference: ShipmentId) -> Result<Label, CarrierError> {
        if self.reference != reference || self.waybill.is_empty() {
            return Err(unreadable());
        }
        Ok(Label {
            waybill: self.waybill,
            routing: self.routing,
            price: Money::parse(&self.amount, self.currency).map_err(|_| unreadable())?,
            expected_by: self.expected_by,
            is_void: self.status == "void",
        })
    }
}

/// A success that cannot be read leaves the outcome unknown; a refusal is one for good.
fn success<T: for<'a> Deserialize<'a>>(reply: &Reply) -> Result<T, CarrierError> {
    if reply.status.is_success() {
        return serde_json::from_slice(&reply.body).map_err(|_| unreadable());
    }
    let error = serde_json::from_slice(&reply.body).unwrap_or_else(|_| WireError {
        code: reply.status.as_u16().to_string(),
        message: "no readable reason".into(),
    });
    Err(CarrierError::Refused { code: error.code, message: error.message })
}

fn is_unknown_there(reply: &Reply) -> bool {
    reply.status == StatusCode::NOT_FOUND
}

fn unreadable() -> CarrierError {
    CarrierError::OutcomeUnknown { reason: "the answer is unreadable".into() }
}
