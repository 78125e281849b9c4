//! What a gateway says of a dispute, by a notice, in its list, or as the answer to a call.

use ordermill_base::Timestamp;
use ordermill_domain::actor::Act;
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::dispute::{Dispute, Event, State, Terms};
use ordermill_domain::ids::{DisputeId, OrderId};
use ordermill_domain::payment::{Payment, State as PaymentState};
use ordermill_domain::task::TaskKind;
use ordermill_ports::gateway::DisputeReport;
use ordermill_storage::{Error, Tx, deadline, dispute, order, payment, task};
use serde_json::json;

use super::{hold, money};
use crate::deadline::settle;

/// News about one dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DisputeNews {
    /// The gateway that says so. Another one's payments are not known to it.
    pub(crate) gateway: String,
    pub(crate) report: DisputeReport,
}

/// What came of the news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DisputeRecorded {
    /// It is as told, or was known.
    Noted,
    /// No such payment of ours at that gateway and account.
    NotFound,
    /// We do not know yet that its money came in: the gateway is asked about the payment first.
    NotCaptured,
    /// It is not about what we know; a person looks at it.
    Mismatch(String),
}

impl DisputeNews {
    /// Records the news, each once. Under the lock of the order, as all that moves its money.
    pub(crate) fn record(&self, tx: &mut Tx<'_>, act: &Act) -> Result<DisputeRecorded, Error> {
        let report = &self.report;
        let is_ours = |it: &Payment| {
            it.facts().gateway == self.gateway && it.facts().merchant == report.merchant
        };
        let Some(payment) = payment::fetch(tx, report.payment)?.filter(is_ours) else {
            return Ok(DisputeRecorded::NotFound);
        };
        order::fetch_for_update(tx, payment.facts().order)?;
        let locked = payment::fetch_for_update(tx, report.payment)?;
        let payment = locked.ok_or(Error::Stale("a payment"))?;
        match dispute::find(tx, &self.gateway, &report.gateway_reference)? {
            Some(known) => self.go_on(tx, act, known),
            None if payment.state() != PaymentState::Captured => Ok(DisputeRecorded::NotCaptured),
            None => self.open(tx, act, &payment),
        }
    }

    fn open(
        &self,
        tx: &mut Tx<'_>,
        act: &Act,
        payment: &Payment,
    ) -> Result<DisputeRecorded, Error> {
        let (report, facts) = (&self.report, payment.facts());
        let sums = dispute::sums_of(tx, facts.id)?;
        let free_minor = facts.amount.minor - sums.disputed_minor - sums.charged_back_minor;
        let is_possible = report.amount.currency == facts.amount.currency
            && (1..=free_minor).contains(&report.amount.minor)
            && report.fee_minor >= 0;
        if !is_possible {
            let (amount, currency) = (report.amount.minor, report.amount.currency);
            let why = format!("{amount} {currency} of a payment of {free_minor} are disputed");
            ask_a_person(tx, act, payment, &why)?;
            return Ok(DisputeRecorded::Mismatch(why));
        }
        let terms = Terms {
            order: facts.order,
            payment: facts.id,
            gateway: self.gateway.clone(),
            gateway_ref: report.gateway_reference.clone(),
            reason: report.reason,
            amount: report.amount,
            fee_minor: report.fee_minor,
            opened_at: report.opened_at,
            respond_by: report.respond_by,
        };
        let id: DisputeId = tx.next_id(act.at);
        let (opened, event) = Dispute::open(id, terms);
        dispute::insert(tx, &opened)?;
        dispute::record(tx, act, &opened, &event)?;
        money::withheld(tx, act, &opened)?;
        ask_for_answer(tx, &opened, act.at)?;
        hold::stop(tx, &opened, act.at)?;
        money::look_for_excess(tx, act, payment)?;
        self.go_on(tx, act, opened)
    }

    /// Moves a dispute that is known on, if that is news.
    fn go_on(&self, tx: &mut Tx<'_>, act: &Act, known: Dispute) -> Result<DisputeRecorded, Error> {
        let locked = dispute::fetch_for_update(tx, known.facts().id)?;
        let mut known = locked.ok_or(Error::Stale("a dispute"))?;
        let terms = known.facts().terms.clone();
        let payment = payment::fetch(tx, terms.payment)?.ok_or(Error::Stale("a payment"))?;
        let (told, is) = (&self.report, &terms);
        if (told.payment, told.amount) != (is.payment, is.amount) {
            let why = format!(
                "dispute {} of {} is told as {} of {}",
                is.gateway_ref, is.amount.minor, told.amount.minor, told.payment
            );
            ask_a_person(tx, act, &payment, &why)?;
            return Ok(DisputeRecorded::Mismatch(why));
        }
        let before = known.facts().version;
        match known.hear(told.state, act.at) {
            Ok(None) => Ok(DisputeRecorded::Noted),
            Ok(Some(event)) => {
                dispute::update(tx, &known, before)?;
                dispute::record(tx, act, &known, &event)?;
                follow(tx, act, &known, &payment)?;
                Ok(DisputeRecorded::Noted)
            }
            Err(contradiction) => {
                ask_a_person(tx, act, &payment, &contradiction.to_string())?;
                Ok(DisputeRecorded::Noted)
            }
        }
    }
}

/// What follows from a dispute that has moved on.
fn follow(tx: &mut Tx<'_>, act: &Act, dispute: &Dispute, payment: &Payment) -> Result<(), Error> {
    let facts = dispute.facts();
    let outcome = facts.state.code();
    deadline::meet(tx, facts.id, DeadlineKind::DisputeResponse)?;
    settle(tx, facts.id, DeadlineKind::DisputeResponse, outcome, act.at)?;
    task::close(tx, TaskKind::Dispute, facts.id, outcome, act.at)?;
    match facts.state {
        State::NeedsResponse | State::UnderReview => Ok(()),
        State::Won => {
            money::won(tx, act, dispute, payment)?;
            hold::lift(tx, facts.terms.order, act.at)
        }
        State::Lost | State::Accepted => money::lost(tx, act, dispute, payment),
    }
}

/// D18 and the task of finance. A warning keeps its usual distance from the last moment.
fn ask_for_answer(tx: &mut Tx<'_>, dispute: &Dispute, now: Timestamp) -> Result<(), Error> {
    let facts = dispute.facts();
    let (due_at, rule) = (facts.terms.respond_by, DeadlineKind::DisputeResponse.rule());
    let warn_at = rule.warn_after.map(|after| {
        due_at - ordermill_base::Span::seconds(rule.span.as_seconds() - after.as_seconds())
    });
    let warn_at = warn_at.filter(|warn| *warn > now);
    deadline::arm(tx, facts.id, DeadlineKind::DisputeResponse, due_at, warn_at)?;
    let detail = detail(dispute);
    task::open(tx, TaskKind::Dispute, facts.id, &detail, Some(due_at), now)
}

fn detail(dispute: &Dispute) -> String {
    let terms = &dispute.facts().terms;
    let (order, payment, reason): (OrderId, _, _) = (terms.order, terms.payment, terms.reason);
    json!({ "order": order, "payment": payment, "reason": reason, "amount": terms.amount })
        .to_string()
}

/// Opens the task of money that is not what it should be.
pub(super) fn ask_a_person(
    tx: &mut Tx<'_>,
    act: &Act,
    payment: &Payment,
    why: &str,
) -> Result<(), Error> {
    let facts = payment.facts();
    let detail = json!({ "order": facts.order, "error": why }).to_string();
    task::open(tx, TaskKind::PaymentMismatch, facts.id, &detail, None, act.at)
}

/// Notes that the gateway has not taken our answer: another may be given.
pub(super) fn record_refusal(
    tx: &mut Tx<'_>,
    act: &Act,
    id: DisputeId,
    answered_at_version: i64,
    why: &str,
) -> Result<(), Error> {
    let Some(mut known) = super::lock(tx, id)? else { return Err(Error::Stale("a dispute")) };
    let before = known.facts().version;
    if before != answered_at_version {
        return Ok(());
    }
    let Some(event): Option<Event> = known.refuse_answer(act.at) else { return Ok(()) };
    dispute::update(tx, &known, before)?;
    dispute::record(tx, act, &known, &event)?;
    dispute::set_failure(tx, id, why)
}
