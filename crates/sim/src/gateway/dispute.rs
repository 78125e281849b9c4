//! Disputes at the simulated gateway: banks take money back, hear the shop or not, and decide.

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::dispute::{Reason, State as Stand};
use ordermill_domain::ids::PaymentId;
use ordermill_ports::gateway::{DisputeAnswer, DisputePage, DisputeReport, GatewayError, Say};
use serde_json::{Value, json};

use super::{Books, MERCHANT, SimGateway, State, cny};

/// How long the shop may take to answer.
const RESPOND_WITHIN: Span = Span::days(3);
/// Disputes in one piece of the list.
const LISTED_MAX: usize = 20;

/// One dispute at the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// About which payment.
    pub(crate) payment: i64,
    /// How much.
    pub(crate) amount: i64,
    /// Where it stands.
    pub(crate) stand: Stand,
    opened_at: Timestamp,
    /// The place in the list.
    change: u64,
    /// The key of what was submitted.
    key: Option<String>,
}

impl SimGateway {
    /// A buyer's bank takes part of a payment back, or all that is left.
    pub(crate) fn bank_takes(&self, payment: i64, percent: Option<u64>) {
        let now = self.now();
        let mut books = self.books();
        let Some(account) = books.accounts.get(&payment) else { return };
        let left = account.amount - books.gone(payment);
        let amount = percent.map_or(left, |percent| left * percent as i64 / 100);
        if account.state != State::Charged || amount <= 0 {
            return;
        }
        let change = books.next_change();
        let stand = Stand::NeedsResponse;
        let claim = Claim { payment, amount, stand, opened_at: now, change, key: None };
        books.claims.push(claim);
        let nth = books.claims.len() - 1;
        books.tell_claim(nth, now);
    }

    /// The banks decide those disputes that `decide` says something about: whether the shop wins.
    pub(crate) fn banks_decide(&self, mut decide: impl FnMut() -> Option<bool>) {
        let now = self.now();
        let mut books = self.books();
        for nth in 0..books.claims.len() {
            if books.claims[nth].stand.is_open()
                && let Some(is_won) = decide()
            {
                let stand = if is_won { Stand::Won } else { Stand::Lost };
                books.move_claim(nth, stand, now);
            }
        }
    }

    /// Payments whose money banks could want back.
    pub(crate) fn charged(&self) -> Vec<i64> {
        let books = self.books();
        let charged = books.accounts.iter().filter(|(_, it)| it.state == State::Charged);
        charged.map(|(id, _)| *id).collect()
    }
}

impl Books {
    /// A claim by the number in its reference.
    pub(crate) fn claim(&self, reference: &str) -> Option<&Claim> {
        let nth: usize = reference.strip_prefix("gd")?.parse().ok()?;
        self.claims.get(nth)
    }

    /// What of a payment was sent back, is held, or was taken for good.
    pub(super) fn gone(&self, payment: i64) -> i64 {
        let sent = self.refunds.values().filter(|it| it.is_sent && it.payment == payment);
        sent.map(|it| it.amount).sum::<i64>() + self.taken(payment)
    }

    /// What banks hold or have of a payment.
    pub(super) fn taken(&self, payment: i64) -> i64 {
        let of_it = self.claims.iter().filter(|it| it.payment == payment);
        of_it.filter(|it| it.stand != Stand::Won).map(|it| it.amount).sum()
    }

    /// What banks hold or have of all payments.
    pub(super) fn taken_of_all(&self) -> i64 {
        let kept = self.claims.iter().filter(|it| it.stand != Stand::Won);
        kept.map(|it| it.amount).sum()
    }

    pub(super) fn disputes_after(&self, after: Option<&str>) -> DisputePage {
        let after = after.and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut changed: Vec<usize> =
            (0..self.claims.len()).filter(|nth| self.claims[*nth].change > after).collect();
        changed.sort_by_key(|nth| self.claims[*nth].change);
        let has_more = changed.len() > LISTED_MAX;
        changed.truncate(LISTED_MAX);
        let next = changed.last().map_or(after, |nth| self.claims[*nth].change);
        let items = changed.into_iter().map(|nth| self.report(nth)).collect();
        DisputePage { items, next: Some(next.to_string()), has_more }
    }

    pub(super) fn find_claim(&self, reference: &str) -> Option<DisputeReport> {
        let nth: usize = reference.strip_prefix("gd")?.parse().ok()?;
        (nth < self.claims.len()).then(|| self.report(nth))
    }

    pub(super) fn hear_answer(
        &mut self,
        answer: &DisputeAnswer,
        now: Timestamp,
    ) -> Result<DisputeReport, GatewayError> {
        let refused = |code: &str| GatewayError::Refused {
            code: code.to_owned(),
            message: "simulated".to_owned(),
        };
        let reference = &answer.gateway_reference;
        let nth = reference.strip_prefix("gd").and_then(|nth| nth.parse().ok());
        let nth: usize = nth.filter(|nth| *nth < self.claims.len()).ok_or(refused("not_found"))?;
        let claim = &self.claims[nth];
        if claim.key.as_ref() != Some(&answer.idempotency_key) {
            if claim.stand != Stand::NeedsResponse {
                return Err(refused("dispute_over"));
            }
            self.claims[nth].key = Some(answer.idempotency_key.clone());
            let stand = match answer.say {
                Say::Evidence(_) => Stand::UnderReview,
                Say::Accept => Stand::Accepted,
            };
            self.move_claim(nth, stand, now);
        }
        Ok(self.report(nth))
    }

    fn move_claim(&mut self, nth: usize, stand: Stand, now: Timestamp) {
        let change = self.next_change();
        (self.claims[nth].stand, self.claims[nth].change) = (stand, change);
        self.tell_claim(nth, now);
    }

    fn next_change(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    fn tell_claim(&mut self, nth: usize, now: Timestamp) {
        let claim = self.claims[nth].clone();
        let content = json!({
            "kind": "dispute",
            "dispute": nth,
            "payment": claim.payment,
            "amount": claim.amount,
            "stand": claim.stand.code(),
            "opened_at": claim.opened_at.as_micros(),
        });
        self.tell(now, content);
    }

    fn report(&self, nth: usize) -> DisputeReport {
        let claim = &self.claims[nth];
        report(nth, claim.payment, claim.amount, claim.stand, claim.opened_at)
    }
}

/// What a notice says of a dispute; `None` if it cannot be read.
pub(super) fn read(content: &Value) -> Option<DisputeReport> {
    let number = |name: &str| content[name].as_i64();
    let nth = usize::try_from(number("dispute")?).ok()?;
    let stand = Stand::from_code(content["stand"].as_str()?).ok()?;
    let opened_at = Timestamp::from_micros(number("opened_at")?);
    Some(report(nth, number("payment")?, number("amount")?, stand, opened_at))
}

fn report(
    nth: usize,
    payment: i64,
    amount: i64,
    state: Stand,
    opened_at: Timestamp,
) -> DisputeReport {
    DisputeReport {
        gateway_reference: format!("gd{nth}"),
        payment: PaymentId::from_raw(payment),
        merchant: MERCHANT.to_owned(),
        reason: Reason::NotReceived,
        amount: cny(amount),
        fee_minor: 0,
        state,
        opened_at,
        respond_by: opened_at + RESPOND_WITHIN,
    }
}
