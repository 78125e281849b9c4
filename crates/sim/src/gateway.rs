//! A payment gateway with its own books, inside the simulation: it loses answers, refuses, declines,
//! and sends its notices late, doubled, in any order, or never. What its books say is the truth
//! about money.

mod dispute;
mod notice;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ordermill_base::{Clock, Currency, Id, Money, Random, Span, Timestamp};
use ordermill_domain::ids::{PaymentId, RefundId};
use ordermill_ports::gateway::{
    Capture, DisputeAnswer, DisputePage, DisputeReport, Gateway, GatewayError, GatewayState,
    Notice, NoticeError, PaymentRequest, RefundRequest, RefundState, Started,
};
use ordermill_ports::{Answer, Headers};
use serde_json::{Value, json};

use crate::fate::{Call, Fate};

pub(crate) use dispute::Claim;

/// The name under which payments are stored.
pub(crate) const NAME: &str = "sim";
const MERCHANT: &str = "tea-shop";

/// The gateway; clones share its books.
#[derive(Clone)]
pub(crate) struct SimGateway {
    books: Arc<Mutex<Books>>,
    clock: Arc<dyn Clock>,
    fate: Fate,
}

/// What the gateway knows.
#[derive(Debug)]
pub(crate) struct Books {
    /// Every payment that it took on.
    pub(crate) accounts: BTreeMap<i64, Account>,
    /// Those of which somebody still sees the page.
    pending: BTreeSet<i64>,
    /// Every refund that it heard of.
    pub(crate) refunds: BTreeMap<i64, Back>,
    /// What banks want or wanted back.
    pub(crate) claims: Vec<Claim>,
    /// How often a claim has changed.
    changes: u64,
    /// Payments that were opened a second time under another key: money that may be taken twice.
    pub(crate) opened_twice: Vec<i64>,
    /// Notices on their way: when, and what.
    notices: Vec<(Timestamp, Vec<u8>)>,
    answered: HashMap<String, GatewayErrorOnce>,
    random: Random,
    /// Nothing goes wrong any more.
    is_calm: bool,
    count: u64,
    latest: Timestamp,
}

type GatewayErrorOnce = (String, String);

/// One payment at the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// How much.
    pub(crate) amount: i64,
    /// Where it stands.
    pub(crate) state: State,
    /// Until when it can be paid.
    pub(crate) expires_at: Timestamp,
    key: String,
}

/// Where a payment stands at the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// The buyer sees its page.
    Pending,
    /// The money was taken.
    Charged,
    /// The bank refused.
    Declined,
    /// We closed it.
    Voided,
}

/// One refund at the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Back {
    /// Out of which payment.
    pub(crate) payment: i64,
    /// How much.
    pub(crate) amount: i64,
    /// Whether it was sent; a failed attempt may be followed by another.
    pub(crate) is_sent: bool,
    key: String,
}

impl SimGateway {
    /// A gateway with empty books.
    pub(crate) fn new(clock: Arc<dyn Clock>, random: Random, fate: Fate) -> Self {
        let books = Books {
            accounts: BTreeMap::new(),
            pending: BTreeSet::new(),
            refunds: BTreeMap::new(),
            claims: Vec::new(),
            changes: 0,
            opened_twice: Vec::new(),
            notices: Vec::new(),
            answered: HashMap::new(),
            random,
            is_calm: false,
            count: 0,
            latest: clock.now(),
        };
        Self { books: Arc::new(Mutex::new(books)), clock, fate }
    }

    /// The gateway's own clock, which nobody sets back.
    fn now(&self) -> Timestamp {
        let mut books = self.books();
        books.latest = books.latest.max(self.clock.now());
        books.latest
    }

    /// Its books.
    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next step has chances of its own.
    pub(crate) fn begin_step(&self, random: Random) {
        self.books().random = random;
    }

    /// From now on every call is answered and every notice arrives once.
    pub(crate) fn set_calm(&self, is_calm: bool) {
        self.books().is_calm = is_calm;
    }

    /// A buyer at a payment page pays, or the bank declines. Gives whether money was taken.
    pub(crate) fn buyer_pays(&self, payment: i64, is_declined: bool) -> bool {
        let now = self.now();
        let mut books = self.books();
        let Some(account) = books.accounts.get_mut(&payment) else { return false };
        // A gateway's last moment is not ours: sometimes it still takes money a little later.
        if account.state != State::Pending || now > account.expires_at + Span::minutes(3) {
            return false;
        }
        account.state = if is_declined { State::Declined } else { State::Charged };
        let amount = account.amount;
        books.pending.remove(&payment);
        let kind = if is_declined { "failed" } else { "captured" };
        books.tell(now, json!({ "kind": kind, "payment": payment, "amount": amount }));
        !is_declined
    }

    /// Pages at which somebody could pay.
    pub(crate) fn pages(&self) -> Vec<i64> {
        self.books().pending.iter().copied().collect()
    }

    /// The notices that arrive by now, in the order of their arrival.
    pub(crate) fn arriving(&self) -> Vec<Vec<u8>> {
        let now = self.now();
        let mut books = self.books();
        let (mut due, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut books.notices).into_iter().partition(|(at, _)| *at <= now);
        books.notices = rest;
        due.sort();
        due.into_iter().map(|(_, body)| body).collect()
    }

    fn call(&self) -> MutexGuard<'_, Books> {
        self.books()
    }
}

/// What becomes of one call.
#[derive(PartialEq, Eq)]
enum Luck {
    Fine,
    /// It never arrives.
    Unreached,
    /// It is done, and the answer is lost.
    Unanswered,
    /// It is done, and who asked is dead.
    Unheard,
}

impl Books {
    fn luck_of(&mut self, fate: Call) -> Luck {
        if fate == Call::DiesAfter { Luck::Unheard } else { self.luck() }
    }

    fn luck(&mut self) -> Luck {
        if self.is_calm {
            return Luck::Fine;
        }
        match self.random.below(20) {
            0 => Luck::Unreached,
            1 | 2 => Luck::Unanswered,
            _ => Luck::Fine,
        }
    }

    /// Sends a notice: never, once, or several times, each after a while of its own.
    fn tell(&mut self, now: Timestamp, mut content: Value) {
        self.count += 1;
        content["id"] = json!(format!("n{}", self.count));
        content["at"] = json!(now.as_micros());
        let copies =
            if self.is_calm { 1 } else { [0, 1, 1, 1, 1, 2, 2, 3][self.random.below(8) as usize] };
        for _ in 0..copies {
            let delay = match self.random.below(4) {
                _ if self.is_calm => 0,
                0 | 1 => self.random.between(0, 5_000),
                2 => self.random.between(0, 20 * 60_000),
                _ => self.random.between(0, 26 * 3_600_000),
            };
            self.notices.push((now + Span::millis(delay), content.to_string().into_bytes()));
        }
    }

    fn state_of(&self, payment: i64, now: Timestamp) -> GatewayState {
        let Some(account) = self.accounts.get(&payment) else { return GatewayState::Unknown };
        match account.state {
            State::Pending if now > account.expires_at + Span::minutes(3) => GatewayState::Expired,
            State::Pending => GatewayState::Pending {
                gateway_reference: reference(payment),
                redirect_url: page(payment),
            },
            State::Charged => GatewayState::Captured(Capture {
                gateway_reference: reference(payment),
                amount: cny(account.amount),
                merchant: MERCHANT.to_owned(),
                at: now,
            }),
            State::Declined => GatewayState::Failed { reason: "card declined".to_owned() },
            State::Voided => GatewayState::Voided,
        }
    }
}

fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::Cny)
}

fn reference(payment: i64) -> String {
    format!("gw{payment}")
}

fn page(payment: i64) -> String {
    format!("http://127.0.0.1/pay/{payment}")
}

fn unreached() -> GatewayError {
    GatewayError::NotSent { reason: "simulated".to_owned() }
}

fn answered<T: Send + 'static>(
    luck: &Luck,
    answer: Result<T, GatewayError>,
) -> Answer<'static, Result<T, GatewayError>> {
    if *luck == Luck::Unheard {
        return Box::pin(std::future::pending());
    }
    let lost = GatewayError::OutcomeUnknown { reason: "simulated".to_owned() };
    let answer = if *luck == Luck::Unanswered { Err(lost) } else { answer };
    Box::pin(std::future::ready(answer))
}

impl Gateway for SimGateway {
    fn name(&self) -> &str {
        NAME
    }

    fn merchant(&self) -> &str {
        MERCHANT
    }

    fn start<'a>(
        &'a self,
        request: &'a PaymentRequest,
    ) -> Answer<'a, Result<Started, GatewayError>> {
        let fate = self.fate.call();
        if fate == Call::DiesBefore {
            return Box::pin(std::future::pending());
        }
        let mut books = self.call();
        let luck = books.luck_of(fate);
        if luck == Luck::Unreached {
            return answered(&Luck::Fine, Err(unreached()));
        }
        let payment = request.payment.raw();
        let key = &request.idempotency_key;
        if let Some((code, message)) = books.answered.get(key).cloned() {
            return answered(&luck, Err(GatewayError::Refused { code, message }));
        }
        match books.accounts.get(&payment).map(|known| known.key == *key) {
            Some(true) => {}
            Some(false) => books.opened_twice.push(payment),
            None if !books.is_calm && books.random.percent(3) => {
                let refusal = ("not_now".to_owned(), "simulated".to_owned());
                books.answered.insert(key.clone(), refusal.clone());
                let (code, message) = refusal;
                return answered(&luck, Err(GatewayError::Refused { code, message }));
            }
            None => {
                let account = Account {
                    amount: request.amount.minor,
                    state: State::Pending,
                    expires_at: request.expires_at,
                    key: key.clone(),
                };
                books.accounts.insert(payment, account);
                books.pending.insert(payment);
            }
        }
        let started =
            Started { gateway_reference: reference(payment), redirect_url: page(payment) };
        answered(&luck, Ok(started))
    }

    fn query(&self, payment: PaymentId) -> Answer<'_, Result<GatewayState, GatewayError>> {
        let now = self.now();
        let mut books = self.call();
        let luck = books.luck();
        if luck == Luck::Unreached {
            return answered(&Luck::Fine, Err(unreached()));
        }
        let state = books.state_of(payment.raw(), now);
        answered(&luck, Ok(state))
    }

    fn refund<'a>(
        &'a self,
        request: &'a RefundRequest,
    ) -> Answer<'a, Result<RefundState, GatewayError>> {
        let fate = self.fate.call();
        if fate == Call::DiesBefore {
            return Box::pin(std::future::pending());
        }
        let now = self.now();
        let mut books = self.call();
        let luck = books.luck_of(fate);
        if luck == Luck::Unreached {
            return answered(&Luck::Fine, Err(unreached()));
        }
        let id = request.refund.raw();
        let key = request.idempotency_key.clone();
        let is_known = books.refunds.get(&id).is_some_and(|back| back.is_sent || back.key == key);
        let is_held = {
            let (payment, amount) = (request.payment.raw(), request.amount.minor);
            let charged = books.accounts.get(&payment).map_or(0, |it| it.amount);
            books.taken(payment) > 0 && amount > charged - books.gone(payment)
        };
        if !is_known && is_held {
            let (code, message) = ("disputed".to_owned(), "simulated".to_owned());
            return answered(&luck, Err(GatewayError::Refused { code, message }));
        }
        if !is_known {
            let is_sent = books.is_calm || !books.random.percent(10);
            let (payment, amount) = (request.payment.raw(), request.amount.minor);
            books.refunds.insert(id, Back { payment, amount, is_sent, key });
            let kind = if is_sent { "refunded" } else { "refund_failed" };
            books.tell(
                now,
                json!({ "kind": kind, "payment": payment, "refund": id, "amount": amount }),
            );
        }
        let state = books.refund_state(id, now);
        answered(&luck, Ok(state))
    }

    fn query_refund(
        &self,
        _payment: PaymentId,
        refund: RefundId,
    ) -> Answer<'_, Result<RefundState, GatewayError>> {
        let now = self.now();
        let mut books = self.call();
        let luck = books.luck();
        if luck == Luck::Unreached {
            return answered(&Luck::Fine, Err(unreached()));
        }
        let state = books.refund_state(refund.raw(), now);
        answered(&luck, Ok(state))
    }

    fn void(&self, payment: PaymentId) -> Answer<'_, Result<GatewayState, GatewayError>> {
        let fate = self.fate.call();
        if fate == Call::DiesBefore {
            return Box::pin(std::future::pending());
        }
        let now = self.now();
        let mut books = self.call();
        let luck = books.luck_of(fate);
        if luck == Luck::Unreached {
            return answered(&Luck::Fine, Err(unreached()));
        }
        if let Some(account) = books.accounts.get_mut(&payment.raw())
            && account.state == State::Pending
        {
            account.state = State::Voided;
            books.pending.remove(&payment.raw());
        }
        let state = books.state_of(payment.raw(), now);
        answered(&luck, Ok(state))
    }

    fn disputes<'a>(
        &'a self,
        after: Option<&'a str>,
    ) -> Answer<'a, Result<DisputePage, GatewayError>> {
        let mut books = self.call();
        let luck = books.luck();
        if luck == Luck::Unreached {
            return answered(&Luck::Fine, Err(unreached()));
        }
        let page = books.disputes_after(after);
        answered(&luck, Ok(page))
    }

    fn query_dispute<'a>(
        &'a self,
        reference: &'a str,
    ) -> Answer<'a, Result<Option<DisputeReport>, GatewayError>> {
        let mut books = self.call();
        let luck = books.luck();
        if luck == Luck::Unreached {
            return answered(&Luck::Fine, Err(unreached()));
        }
        let found = books.find_claim(reference);
        answered(&luck, Ok(found))
    }

    fn answer_dispute<'a>(
        &'a self,
        answer: &'a DisputeAnswer,
    ) -> Answer<'a, Result<DisputeReport, GatewayError>> {
        let fate = self.fate.call();
        if fate == Call::DiesBefore {
            return Box::pin(std::future::pending());
        }
        let now = self.now();
        let mut books = self.call();
        let luck = books.luck_of(fate);
        if luck == Luck::Unreached {
            return answered(&Luck::Fine, Err(unreached()));
        }
        let heard = books.hear_answer(answer, now);
        answered(&luck, heard)
    }

    fn parse_notice(
        &self,
        _headers: &Headers,
        body: &[u8],
        _received_at: Timestamp,
    ) -> Result<Notice, NoticeError> {
        notice::read(body)
    }
}

impl Books {
    fn refund_state(&self, id: i64, now: Timestamp) -> RefundState {
        match self.refunds.get(&id) {
            None => RefundState::Unknown,
            Some(back) if back.is_sent => RefundState::Succeeded {
                gateway_reference: format!("gr{id}"),
                amount: cny(back.amount),
                at: now,
            },
            Some(_) => RefundState::Failed { reason: "simulated".to_owned() },
        }
    }

    /// What it took and neither has sent back nor banks hold or have, minor units.
    pub(crate) fn balance(&self) -> i64 {
        let charged = self.accounts.values().filter(|it| it.state == State::Charged);
        let sent = self.refunds.values().filter(|it| it.is_sent);
        let sent: i64 = sent.map(|it| it.amount).sum();
        charged.map(|it| it.amount).sum::<i64>() - sent - self.taken_of_all()
    }
}
