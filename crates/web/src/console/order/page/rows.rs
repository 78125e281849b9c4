//! The rows of the page of an order: deadlines, money, stock, tasks.

use ordermill_base::{Money, Span, Timestamp};
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::dispute::{Dispute, State as DisputeState};
use ordermill_domain::payment::{Payment, State as PaymentState};
use ordermill_domain::refund::State as RefundState;
use ordermill_pages::Icon;
use ordermill_pages::console::disputes::href as dispute_href;
use ordermill_pages::console::order::{
    self as view, DeadlineRow, LinkedTask, OrderDispute, PaymentRow, RefundRow, ReservationRow,
};
use ordermill_pages::states;
use ordermill_pages::ui::{Action, Effect, Remaining};
use ordermill_storage::task;

use super::Filling;

impl Filling<'_> {
    pub(super) fn remaining(&self, kind: DeadlineKind, due_at: Timestamp) -> Remaining {
        let rule = kind.rule();
        let warning = rule.warn_after.map_or(Span::hours(1), |after| {
            Span::micros(rule.span.as_micros() - after.as_micros())
        });
        Remaining::new(due_at, self.desk.now(), warning, self.desk.t())
    }

    pub(super) fn reservations(&self) -> Vec<ReservationRow> {
        let (t, now) = (self.desk.t(), self.desk.now());
        let catalog = self.desk.site.services().catalog();
        let row = |stored: &ordermill_storage::reservation::Stored| {
            let facts = stored.reservation.facts();
            let sku = catalog.sku(facts.sku);
            let location = catalog.location(facts.location);
            ReservationRow {
                sku: sku.map_or_else(|| facts.sku.to_string(), |sku| sku.code.clone()),
                location: location
                    .map_or_else(|| facts.location.to_string(), |place| place.code.clone()),
                quantity: facts.quantity.get().unsigned_abs(),
                state: states::reservation(facts.state, t),
                until: facts
                    .expires_at
                    .filter(|_| facts.state == ordermill_domain::reservation::State::Held)
                    .map(|at| Remaining::new(at, now, Span::minutes(5), t)),
            }
        };
        self.loaded.detail.reservations.iter().map(row).collect()
    }

    pub(super) fn deadlines(&self) -> Vec<DeadlineRow> {
        let t = self.desk.t();
        let row = |(kind, due_at, _): &(DeadlineKind, Timestamp, Option<Timestamp>)| DeadlineRow {
            name: states::deadline(*kind, t).to_owned(),
            owner: states::access::role(kind.rule().owner, t).to_owned(),
            due_at: *due_at,
            remaining: self.remaining(*kind, *due_at),
        };
        self.loaded.detail.deadlines.iter().map(row).collect()
    }

    pub(super) fn payments(&self) -> Vec<PaymentRow> {
        let (t, detail) = (self.desk.t(), &self.loaded.detail);
        let row = |payment: &Payment| {
            let facts = payment.facts();
            let is_open = matches!(
                facts.state,
                PaymentState::Created | PaymentState::Pending | PaymentState::Authorized
            );
            let ask = is_open.then(|| {
                let order = view::href(&detail.number.to_string());
                let post = Effect::Post(format!("{order}/payments/{}/ask", facts.id), Vec::new());
                Action::new(Icon::Refresh, t.order_ask_gateway(), post)
            });
            PaymentRow {
                method: facts.gateway.clone(),
                reference: facts.gateway_ref.clone().unwrap_or_default(),
                amount: facts.amount,
                state: states::payment(facts.state, t),
                at: facts.captured_at.unwrap_or(facts.created_at),
                action: ask,
            }
        };
        detail.payments.iter().rev().map(row).collect()
    }

    pub(super) fn refunds(&self) -> Vec<RefundRow> {
        let t = self.desk.t();
        let row = |refund: &ordermill_domain::refund::Refund| {
            let facts = refund.facts();
            RefundRow {
                cause: states::refund_cause(facts.key.cause, t).to_owned(),
                amount: facts.amount,
                state: states::refund(facts.state, t),
                at: facts.succeeded_at.unwrap_or(facts.granted_at),
            }
        };
        self.loaded.detail.refunds.iter().rev().map(row).collect()
    }

    pub(super) fn disputes(&self) -> Vec<OrderDispute> {
        let t = self.desk.t();
        let row = |dispute: &Dispute| {
            let facts = dispute.facts();
            let is_awaited = facts.state == DisputeState::NeedsResponse;
            OrderDispute {
                href: dispute_href(&facts.id.to_string()),
                reason: states::dispute::reason(facts.terms.reason, t),
                amount: facts.terms.amount,
                state: states::dispute::state(facts.state, t),
                remaining: is_awaited
                    .then(|| self.remaining(DeadlineKind::DisputeResponse, facts.terms.respond_by)),
                at: facts.terms.opened_at,
            }
        };
        self.loaded.detail.disputes.iter().rev().map(row).collect()
    }

    /// What was captured, is promised to nobody, and neither under dispute nor taken back.
    pub(super) fn refundable(&self) -> Money {
        let detail = &self.loaded.detail;
        let captured: i64 = detail
            .payments
            .iter()
            .filter(|payment| payment.state() == PaymentState::Captured)
            .map(|payment| payment.facts().amount.minor)
            .sum();
        let owed = detail.refunds.iter().filter(|it| it.state() != RefundState::Withdrawn);
        let granted: i64 = owed.map(|refund| refund.facts().amount.minor).sum();
        let taken = detail.disputes.iter().filter(|it| it.state() != DisputeState::Won);
        let taken: i64 = taken.map(|dispute| dispute.facts().terms.amount.minor).sum();
        let left = (captured - granted - taken).max(0);
        Money::new(left, detail.stored.order.facts().amounts.currency)
    }

    pub(super) fn tasks(&self) -> Vec<LinkedTask> {
        let t = self.desk.t();
        let roles = &self.desk.member.staff().roles;
        let row = |task: &task::Task| LinkedTask {
            name: states::task_kind(task.kind, t).to_owned(),
            href: (task.state.is_open() && roles.contains(&task.role))
                .then(|| format!("/console/tasks?desk={}&kind={}", task.role, task.kind)),
            state: states::task(task.state, t),
        };
        self.loaded.tasks.iter().chain(&self.loaded.approvals).map(row).collect()
    }
}
