//! The desk's page, filled: the queue, and one case with what it takes to decide it.

use ordermill_app::review::desk::{self as work, STEPS};
use ordermill_app::review::{self, Explanation};
use ordermill_base::{Money, Span};
use ordermill_domain::actor::Actor;
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{Order, OrderNumber};
use ordermill_domain::risk::score;
use ordermill_pages::console::Section;
use ordermill_pages::console::review::{
    Case, CaseRow, DecisionForm, EvidenceRow, Holder, ReviewPage, empty,
};
use ordermill_pages::console::{rules, watchlist};
use ordermill_pages::states;
use ordermill_pages::ui::Remaining;
use ordermill_storage::review::History;
use ordermill_storage::risk::{self, Known};
use ordermill_storage::task::Task;
use ordermill_storage::{Error, Tx, order};

use crate::console::desk::Desk;
use crate::console::order::{Shown, show_page};
use crate::console::people::Names;
use crate::console::trouble::Trouble;

/// A deadline is amber when less than this is left.
const WARNING: Span = Span::hours(1);

/// A decision that was not taken.
pub(super) struct Refused {
    pub(super) remark: String,
    pub(super) field: &'static str,
    pub(super) text: String,
}

/// The queue as it is read.
struct Queue {
    cases: Vec<(Task, Order)>,
    names: Names,
}

fn load_queue(tx: &mut Tx<'_>) -> Result<Queue, Error> {
    let mut cases = Vec::new();
    for task in work::queue(tx)? {
        // What is gone is told by `check`; the desk shows the rest.
        if let Some(stored) = order::fetch(tx, work::order_of(&task))? {
            cases.push((task, stored.order));
        }
    }
    let holders: Vec<Actor> =
        cases.iter().filter_map(|(task, _)| task.assignee).map(Actor::Staff).collect();
    Ok(Queue { names: Names::load(tx, &holders)?, cases })
}

/// The page without a case: for the refresh of the queue, and when nothing is looked at.
pub(super) async fn queue_only(
    desk: &Desk,
    current: Option<OrderId>,
) -> Result<ReviewPage, Trouble> {
    let queue = desk.site.services().database().snapshot(load_queue).await?;
    Ok(filled(desk, &queue, current, None))
}

/// The page with the case of an order, or else with the one that they are at.
pub(super) async fn page(
    desk: &Desk,
    order: Option<OrderId>,
    refused: Option<&Refused>,
) -> Result<ReviewPage, Trouble> {
    let queue = desk.site.services().database().snapshot(load_queue).await?;
    let (me, now) = (desk.member.staff().id, desk.now());
    let mine = || {
        let mut mine = queue.cases.iter().filter(|(task, _)| task.holder(now) == Some(me));
        mine.next().map(|(task, _)| work::order_of(task))
    };
    let Some(order) = order.or_else(mine) else {
        return Ok(filled(desk, &queue, None, None));
    };
    let case = case(desk, order, refused).await?;
    Ok(filled(desk, &queue, Some(order), Some(case)))
}

fn filled(desk: &Desk, queue: &Queue, current: Option<OrderId>, case: Option<Case>) -> ReviewPage {
    let (t, now) = (desk.t(), desk.now());
    let number = current.map(|id| OrderNumber::from(id).to_string()).unwrap_or_default();
    ReviewPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Review),
        queue: queue
            .cases
            .iter()
            .map(|(task, order)| CaseRow {
                number: OrderNumber::from(order.id()).to_string(),
                amount: order.facts().amounts.total(),
                reasons: reasons(task, t).join(" · "),
                remaining: task.due_at.map(|due| Remaining::new(due, now, WARNING, t)),
                holder: task
                    .holder(now)
                    .and_then(|holder| queue.names.of(holder))
                    .unwrap_or_default()
                    .to_owned(),
                is_current: Some(order.id()) == current,
            })
            .collect(),
        queue_href: format!("/console/desk/review/queue?current={number}"),
        empty: empty(!queue.cases.is_empty(), t),
        case,
    }
}

fn reasons(task: &Task, t: ordermill_pages::Words) -> Vec<String> {
    let reasons = review::reasons(task).into_iter();
    reasons.map(|reason| states::hold_reason(reason, t).to_owned()).collect()
}

/// What is read of a case beside its order.
struct Loaded {
    order: Order,
    task: Option<Task>,
    holder: Names,
    explanation: Option<Explanation>,
    history: Option<History>,
    known: Known,
    /// Others of the buyer to the same address that have not left.
    others: Vec<OrderId>,
}

async fn case(desk: &Desk, id: OrderId, refused: Option<&Refused>) -> Result<Case, Trouble> {
    let (t, now, me) = (desk.t(), desk.now(), desk.member.staff().id);
    let whole = show_page(desk, id, Shown::default()).await?;
    let load = move |tx: &mut Tx<'_>| {
        let Some(stored) = order::fetch(tx, id)? else { return Ok(None) };
        let task = work::case(tx, id)?;
        let holder: Vec<Actor> =
            task.iter().filter_map(|task| task.assignee).map(Actor::Staff).collect();
        let (customer, placed_at) =
            (stored.order.facts().customer, stored.order.facts().milestones.placed_at);
        let history = customer
            .map(|customer| ordermill_storage::review::history(tx, customer, id, placed_at))
            .transpose()?;
        let marks = risk::marks_of(tx, id)?;
        let known = ordermill_app::risk::known(tx, customer, marks.as_ref(), id, now)?;
        let others = ordermill_app::merge::others(tx, &stored.order, marks.as_ref())?;
        Ok::<_, Error>(Some(Loaded {
            known,
            others,
            order: stored.order,
            holder: Names::load(tx, &holder)?,
            explanation: review::explanation(tx, id)?,
            task,
            history,
        }))
    };
    let loaded = desk.site.services().database().snapshot(load).await?;
    let loaded = loaded.ok_or(Trouble::NotFound)?;
    let facts = loaded.order.facts();
    let holder = loaded.task.as_ref().map_or(Holder::Nobody, |task| match task.holder(now) {
        None => Holder::Nobody,
        Some(holder) if holder == me => Holder::Me(task.claimed_until),
        Some(holder) => {
            let name = loaded.holder.of(holder).unwrap_or_default().to_owned();
            Holder::Colleague(name, task.claimed_until)
        }
    });
    let allowed: Vec<_> = loaded.order.allowed_actions().collect();
    let steps: Vec<_> = STEPS.into_iter().filter(|step| allowed.contains(step)).collect();
    let is_open = loaded.task.is_some() && !matches!(holder, Holder::Colleague(..));
    let (remark, wrong) = match refused {
        Some(refused) => (&*refused.remark, Some((refused.field, &*refused.text))),
        None => ("", None),
    };
    Ok(Case {
        number: OrderNumber::from(id).to_string(),
        version: loaded.order.version(),
        state: states::review(facts.review, t),
        payment: whole.payment,
        amount: Money::new(facts.amounts.total_minor, facts.amounts.currency),
        placed_at: whole.placed_at,
        channel: whole.channel,
        remaining: loaded
            .task
            .as_ref()
            .and_then(|task| task.due_at)
            .map(|due| Remaining::new(due, now, WARNING, t)),
        reasons: loaded.task.as_ref().map(|task| reasons(task, t)).unwrap_or_default(),
        rules: rules::name(loaded.explanation.as_ref().map_or(0, |it| it.version), t),
        evidence: loaded.explanation.iter().flat_map(|it| evidence(it, t)).collect(),
        buyer: loaded
            .history
            .map(|history| buyer(history, t))
            .unwrap_or_default()
            .into_iter()
            .chain(known(&loaded.known, t))
            .chain(others(&loaded.others, t))
            .collect(),
        lines: whole.lines,
        recipient: whole.recipient,
        timeline: whole.timeline,
        holder,
        form: is_open.then(|| DecisionForm::new(&steps, remark, wrong, t)),
    })
}

fn evidence(explanation: &Explanation, t: ordermill_pages::Words) -> Vec<EvidenceRow> {
    let rows = explanation.evidence.iter().map(|it| EvidenceRow {
        name: t.pick(it.name.zh.to_string(), it.name.en.to_string()),
        when: it.when.clone(),
        values: it.values.clone(),
    });
    rows.collect()
}

fn buyer(history: History, t: ordermill_pages::Words) -> Vec<(String, String)> {
    let rows = [
        (t.review_buyer_orders(), history.orders),
        (t.review_buyer_completed(), history.completed),
        (t.review_buyer_canceled(), history.canceled),
        (t.review_buyer_rejected(), history.rejected),
        (t.review_buyer_hour(), history.last_hour),
        (t.review_buyer_day(), history.last_day),
    ];
    rows.into_iter().map(|(name, count)| (name.to_owned(), count.to_string())).collect()
}

/// What speaks against the buyer, the phone or the address, if anything does.
fn known(known: &Known, t: ordermill_pages::Words) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    if known.is_watched {
        rows.push((t.risk_watched().to_owned(), t.approval_yes().to_owned()));
    }
    if !known.signals.is_empty() {
        let kinds = known.signals.iter().map(|(kind, _)| watchlist::signal(*kind, t));
        let kinds: Vec<&str> = kinds.collect();
        let score = score(known.signals.iter().map(|(_, weight)| *weight));
        let kinds = kinds.join(t.pick("、", ", "));
        rows.push((t.risk_score().to_owned(), format!("{score} · {kinds}")));
    }
    rows
}

/// The orders that might leave in one parcel with it.
fn others(others: &[OrderId], t: ordermill_pages::Words) -> Option<(String, String)> {
    let numbers: Vec<String> =
        others.iter().map(|order| OrderNumber::from(*order).to_string()).collect();
    let row = || (t.review_others().to_owned(), numbers.join(t.pick("、", ", ")));
    (!numbers.is_empty()).then(row)
}
