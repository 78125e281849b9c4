//! The sandbox itself: books, faults, messages and the post office behind one handle.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ordermill_base::{Money, Random, Span, Timestamp};
use ordermill_vault::{SeededEntropy, WebhookSecret};
use reqwest::Url;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::mpsc;

use crate::books::{Books, Entry, Opening, Payment, Refund, RefundOrder, Refusal, State};
use crate::config::Config;
use crate::fault::{Call, Fault, Faults, Profile, Rule, TooManyRules};
use crate::messages::{Medium, Message, Messages};
use crate::notice::{Kind, Notice, NoticedDispute};
use crate::post_office::{Delivery, Envelope, Log, Outcome, QUEUE};
use crate::{Carriers, Shopify, shopify};

/// One sandbox. Clones are the same sandbox.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    config: Config,
    secret: WebhookSecret,
    foreign_secret: WebhookSecret,
    client: reqwest::Client,
    base_url: OnceLock<String>,
    state: Mutex<Shelf>,
    log: Arc<Log>,
    queue: mpsc::Sender<Envelope>,
    /// Taken by the one `serve` that delivers.
    outgoing: Mutex<Option<mpsc::Receiver<Envelope>>>,
}

pub(crate) struct Shelf {
    pub(crate) books: Books,
    pub(crate) carriers: Carriers,
    pub(crate) faults: Faults,
    pub(crate) messages: Messages,
    pub(crate) shopify: Shopify,
    pub(crate) notice_ids: Random,
}

impl Sandbox {
    /// A sandbox with empty books. Fails if the notice secret is unreadable.
    pub fn new(config: Config) -> io::Result<Self> {
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        let secret =
            WebhookSecret::parse(&config.notice_secret).map_err(|error| invalid(error.into()))?;
        let client = client().map_err(invalid)?;
        let (queue, outgoing) = mpsc::channel(QUEUE);
        let mut random = Random::from_seed(config.seed);
        let foreign_secret = WebhookSecret::generate(&SeededEntropy::from_seed(config.seed));
        let shelf = Shelf {
            books: Books::new(random.split(), config.payments_max),
            faults: Faults::default(),
            messages: Messages::default(),
            shopify: Shopify::new(config.payments_max),
            notice_ids: random.split(),
            carriers: Carriers::new(config.seed, config.carrier_day, config.parcels_max),
        };
        Ok(Self(Arc::new(Inner {
            config,
            secret,
            foreign_secret,
            client,
            base_url: OnceLock::new(),
            state: Mutex::new(shelf),
            log: Arc::default(),
            queue,
            outgoing: Mutex::new(Some(outgoing)),
        })))
    }

    /// Every movement of money, oldest first.
    pub fn ledger(&self) -> Vec<Entry> {
        self.shelf().books.ledger().to_vec()
    }

    /// Asks for a fault.
    pub fn inject(&self, rule: Rule) -> Result<(), TooManyRules> {
        self.shelf().faults.add(rule)
    }

    /// Makes a share of all calls fail, in place of the share before.
    pub fn set_profile(&self, profile: Profile) {
        self.shelf().faults.set_profile(profile);
    }

    /// Back to good behavior.
    pub fn clear_faults(&self) {
        self.shelf().faults.clear();
    }

    /// Messages that came in, newest first.
    pub fn messages(&self, medium: Medium) -> Vec<Message> {
        self.shelf().messages.list(medium)
    }

    /// A buyer has ordered at the shop, which waits to be told of parcels.
    pub fn place_at_shopify(
        &self,
        new: &shopify::NewOrder,
    ) -> Result<shopify::Order, shopify::Refusal> {
        self.shelf().shopify.place(new).cloned()
    }

    /// What the shop knows of an order.
    pub fn shopify_order(&self, id: u64) -> Option<shopify::Order> {
        self.shelf().shopify.order(id).cloned()
    }

    /// The buyer pays, as on the hosted page, but for faults of that page.
    pub fn pay(&self, payment_id: &str) -> Result<Payment, Refusal> {
        let now = self.now();
        let mut shelf = self.shelf();
        let charged = shelf.books.pay(payment_id, now)?;
        let payment = shelf.books.payment(payment_id, now)?;
        if charged {
            self.tell(&mut shelf, &payment, Kind::PaymentCaptured, now);
        }
        Ok(payment)
    }

    /// The buyer is declined.
    pub fn decline(&self, payment_id: &str, reason: &str) -> Result<Payment, Refusal> {
        let now = self.now();
        let mut shelf = self.shelf();
        let changed = shelf.books.decline(payment_id, reason, now)?;
        let payment = shelf.books.payment(payment_id, now)?;
        if changed {
            self.tell(&mut shelf, &payment, Kind::PaymentFailed, now);
        }
        Ok(payment)
    }

    /// A payment as it stands now.
    pub fn payment(&self, payment_id: &str) -> Result<Payment, Refusal> {
        self.shelf().books.payment(payment_id, self.now())
    }

    pub(crate) fn by_reference(&self, reference: &str) -> Result<Payment, Refusal> {
        self.shelf().books.by_reference(reference, self.now())
    }

    pub(crate) fn open(&self, opening: Opening) -> Result<Payment, Refusal> {
        let (payment, auto_pay) = {
            let mut shelf = self.shelf();
            let payment = shelf.books.open(opening)?;
            (payment, shelf.faults.auto_pay())
        };
        if auto_pay && payment.state == State::Open {
            return self.pay(&payment.opening.payment_id);
        }
        self.payment(&payment.opening.payment_id)
    }

    pub(crate) fn void(&self, payment_id: &str) -> Result<Payment, Refusal> {
        self.shelf().books.void(payment_id, self.now())
    }

    pub(crate) fn refund(
        &self,
        payment_id: &str,
        order: RefundOrder,
        failure: Option<String>,
    ) -> Result<Refund, Refusal> {
        let now = self.now();
        let mut shelf = self.shelf();
        let (refund, is_new) = shelf.books.refund(payment_id, order, failure, now)?;
        if is_new {
            let payment = shelf.books.payment(payment_id, now)?;
            self.tell_refund(&mut shelf, &payment, &refund);
        }
        Ok(refund)
    }

    pub(crate) fn take_faults(
        &self,
        call: Call,
        payment_id: &str,
        amount_minor: Option<i64>,
    ) -> Vec<Fault> {
        let now = self.now();
        let mut shelf = self.shelf();
        let known = shelf.books.payment(payment_id, now).ok();
        let amount = amount_minor.or(known.map(|payment| payment.opening.amount.minor));
        shelf.faults.take(call, payment_id, amount)
    }

    pub(crate) fn receive(&self, medium: Medium, message: Message) {
        let now = self.now();
        self.shelf().messages.receive(medium, message, now);
    }

    /// Whether everything that has come to light by now has been told, as far as it will be.
    pub fn has_told_everything(&self) -> bool {
        let now = self.now();
        let is_waiting = |it: &Delivery| it.outcome == Outcome::Waiting;
        !self.shelf().carriers.has_news(now) && !self.deliveries().iter().any(is_waiting)
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.0.log.list()
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.config.clock.now()
    }

    /// Where the hosted page of a payment is.
    pub(crate) fn page_url(&self, payment: &Payment) -> String {
        let base = self.0.base_url.get().map_or("", String::as_str);
        format!("{base}/pay/{}", payment.reference)
    }

    pub(crate) fn set_base_url(&self, listener: String) {
        let url = self.0.config.public_url.clone().unwrap_or(listener);
        self.0.base_url.get_or_init(|| url.trim_end_matches('/').to_owned());
    }

    /// The work of the post office; `None` if someone does it already.
    pub(crate) fn post_office(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        let mut outgoing = self.0.outgoing.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = outgoing.take()?;
        let config = self.0.config.clone();
        let (secret, foreign) = (self.0.secret.clone(), self.0.foreign_secret.clone());
        let (client, log) = (self.0.client.clone(), Arc::clone(&self.0.log));
        Some(crate::post_office::run(queue, config, secret, foreign, client, log))
    }

    /// Where notices may go: loopback, and the hosts that were configured.
    pub(crate) fn notify_url(&self, text: &str) -> Option<Url> {
        let url: Url = text.parse().ok()?;
        let host = url.host_str()?;
        let address = host.trim_start_matches('[').trim_end_matches(']');
        let is_loopback = address.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        let is_allowed = is_loopback || self.0.config.notify_hosts.iter().any(|it| it == host);
        let is_web = matches!(url.scheme(), "http" | "https");
        (is_web && is_allowed && url.username().is_empty()).then_some(url)
    }

    fn tell(&self, shelf: &mut Shelf, payment: &Payment, kind: Kind, at: Timestamp) {
        let reason = match &payment.state {
            State::Failed { reason } => Some(reason.clone()),
            _ => None,
        };
        let amount = payment.opening.amount;
        let reference = &payment.reference;
        let about = About { kind, refund_id: None, reference, reason, dispute: None, at };
        self.post(shelf, payment, amount, about);
    }

    fn tell_refund(&self, shelf: &mut Shelf, payment: &Payment, refund: &Refund) {
        let kind = match refund.failure {
            None => Kind::RefundSucceeded,
            Some(_) => Kind::RefundFailed,
        };
        let about = About {
            kind,
            refund_id: Some(refund.order.refund_id.clone()),
            reference: &refund.reference,
            reason: refund.failure.clone(),
            dispute: None,
            at: refund.at,
        };
        self.post(shelf, payment, refund.order.amount, about);
    }

    pub(crate) fn post(
        &self,
        shelf: &mut Shelf,
        payment: &Payment,
        amount: Money,
        about: About<'_>,
    ) {
        let payment_id = payment.opening.payment_id.clone();
        let Some(url) = self.notify_url(&payment.opening.notify_url) else { return };
        let faults =
            shelf.faults.take(Call::Notice, &payment_id, Some(payment.opening.amount.minor));
        let told = match faults.contains(&Fault::WrongAmount) {
            true => Money::new(amount.minor.saturating_add(1), amount.currency),
            false => amount,
        };
        let merchant = match faults.contains(&Fault::WrongMerchant) {
            true => "another-merchant".to_owned(),
            false => self.0.config.merchant.clone(),
        };
        let notice = Notice {
            kind: about.kind,
            payment_id,
            refund_id: about.refund_id,
            merchant,
            reference: about.reference.to_owned(),
            amount: told.into(),
            reason: about.reason,
            dispute: about.dispute,
            at: about.at,
        };
        // A struct of texts: writing it as JSON cannot fail.
        let body = serde_json::to_string(&notice).unwrap_or_default();
        self.send(shelf, url, notice.kind.name(), notice.payment_id, body, faults);
    }

    /// Hands a message to the post office.
    pub(crate) fn send(
        &self,
        shelf: &mut Shelf,
        url: Url,
        kind: &'static str,
        subject: String,
        body: String,
        faults: Vec<Fault>,
    ) {
        let id = format!("ntc_{:016x}", shelf.notice_ids.next_u64());
        let envelope = Envelope { id, url, kind, subject, body, faults };
        if envelope.faults.contains(&Fault::LoseNotice) {
            self.0.log.add(&envelope, Outcome::Lost);
            return;
        }
        // A full queue loses the notice, as a real gateway's does; the log says so.
        match self.0.queue.try_reserve() {
            Ok(place) => {
                self.0.log.add(&envelope, Outcome::Waiting);
                place.send(envelope);
            }
            Err(_) => self.0.log.add(&envelope, Outcome::Lost),
        }
    }

    pub(crate) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a notice of a payment is about.
pub(crate) struct About<'a> {
    pub(crate) kind: Kind,
    pub(crate) refund_id: Option<String>,
    pub(crate) reference: &'a str,
    pub(crate) reason: Option<String>,
    pub(crate) dispute: Option<NoticedDispute>,
    pub(crate) at: Timestamp,
}

/// A client that goes where it is told and nowhere else: no proxy, no redirects.
fn client() -> Result<reqwest::Client, Box<dyn std::error::Error + Send + Sync>> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Span::seconds(3).to_std())
        .build()?)
}
