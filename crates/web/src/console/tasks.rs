//! The tasks desk: what waits for a person, taken, put back, done, dropped.

use std::collections::HashMap;

use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::dispute::may_see;
use ordermill_app::task::matters::MATTERS;
use ordermill_app::task::{self as desk_work, TaskError};
use ordermill_app::{approval, replenishment, review};
use ordermill_base::{Id, Span};
use ordermill_domain::actor::Actor;
use ordermill_domain::ids::{
    DisputeId, FulfillmentId, OrderId, PaymentId, RefundId, ShipmentId, SkuId, TaskId,
};
use ordermill_domain::order::OrderNumber;
use ordermill_domain::role::Role;
use ordermill_domain::task::{Step, TaskKind};
use ordermill_pages::console::Section;
use ordermill_pages::console::approval::href as approval_href;
use ordermill_pages::console::disputes::href as dispute_href;
use ordermill_pages::console::order::href as order_href;
use ordermill_pages::console::sourcing::impossible;
use ordermill_pages::console::tasks::{self as view, TaskRow, TasksPage};
use ordermill_pages::ui::{Pager, Remaining, Toast, Tone, Undo, View, Views};
use ordermill_pages::{Page, Part, Words, states};
use ordermill_storage::task::{self, Filter, Task};
use ordermill_storage::{Error, Tx, dispute, fulfillment, order, payment, refund, shipment};
use serde::Deserialize;

use super::desk::Desk;
use super::people::Names;
use super::route::{Needs, Routes};
use super::trouble::Trouble;

const TASKS: &str = "/console/tasks";
/// Tasks on one page.
const ROWS: i64 = 50;
/// The figures of the desks are counted up to here.
const COUNTED_MAX: i64 = 10_000;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/tasks", Needs::Role, show)
        .get("/console/tasks/desks", Needs::Role, desks_only)
        .get("/console/tasks/{id}/{step}", Needs::Role, ask)
        .post("/console/tasks/{id}/{step}", Needs::Role, take_step)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    desk: String,
    whose: String,
    kind: String,
    cursor: String,
}

impl Asked {
    /// The desk that is looked at, if it is one of theirs.
    fn role(&self, of: &[Role]) -> Option<Role> {
        self.desk.parse().ok().filter(|role| of.contains(role))
    }

    fn href(&self) -> String {
        let parts = [("desk", &self.desk), ("whose", &self.whose), ("kind", &self.kind)];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", super::sign_in::encoded(value)))
            .collect();
        if parts.is_empty() { TASKS.to_owned() } else { format!("{TASKS}?{}", parts.join("&")) }
    }
}

/// What a task is about, in the words of the desk.
struct About {
    subject: String,
    href: Option<String>,
}

async fn show(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let (t, me) = (desk.t(), desk.member.staff().clone());
    let role = asked.role(&me.roles);
    let filter = Filter {
        roles: role.map_or_else(|| me.roles.clone(), |role| vec![role]),
        assignee: (asked.whose == "mine").then_some(me.id),
        kind: asked.kind.parse().ok(),
    };
    let after: Option<TaskId> = asked.cursor.parse().ok();
    let load = move |tx: &mut Tx<'_>| {
        let mut tasks = task::list(tx, &filter, after, ROWS + 1)?;
        let has_more = i64::try_from(tasks.len()).is_ok_and(|count| count > ROWS);
        tasks.truncate(usize::try_from(ROWS).unwrap_or(usize::MAX));
        let orders = orders_of(tx, &tasks)?;
        let assignees: Vec<Actor> =
            tasks.iter().filter_map(|task| task.assignee).map(Actor::Staff).collect();
        let names = Names::load(tx, &assignees)?;
        Ok::<_, Error>((tasks, has_more, orders, names))
    };
    let (tasks, has_more, orders, names) = desk.site.services().database().snapshot(load).await?;
    let next = tasks.last().filter(|_| has_more).map(|last| last.id);
    let href = asked.href();
    let with_cursor = |id: TaskId| {
        let sign = if href.contains('?') { '&' } else { '?' };
        format!("{href}{sign}cursor={id}")
    };
    let is_filtered = !asked.kind.is_empty() || !asked.whose.is_empty();
    let plain = Asked { desk: asked.desk.clone(), ..Asked::default() }.href();
    let page = TasksPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Tasks),
        desks: desks(&desk, role).await?,
        desks_href: format!("{TASKS}/desks?desk={}", role.map_or("", |role| role.code())),
        filters: view::filters(
            &asked.desk,
            &asked.whose,
            &asked.kind,
            is_filtered.then(|| plain.clone()),
            t,
        ),
        rows: tasks.iter().map(|task| desk.task_row(task, &orders, &names)).collect(),
        empty: view::empty(is_filtered, &plain, t),
        pager: Pager {
            t,
            summary: t.tasks_oldest_first().to_owned(),
            first: after.map(|_| href.clone()),
            next: next.map(with_cursor),
            region: "list",
        },
    };
    Ok(match desk.visit.part {
        Part::Page => Page(page).into_response(),
        Part::Fragment => Page(page.as_list()).into_response(),
    })
}

/// The figures of the desks alone, for their refresh.
async fn desks_only(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let role = asked.role(&desk.member.staff().roles);
    let t = desk.t();
    let page = TasksPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Tasks),
        desks: desks(&desk, role).await?,
        desks_href: format!("{TASKS}/desks?desk={}", role.map_or("", |role| role.code())),
        filters: view::filters("", "", "", None, t),
        rows: Vec::new(),
        empty: view::empty(false, TASKS, t),
        pager: Pager { t, summary: String::new(), first: None, next: None, region: "list" },
    };
    Ok(Page(page.as_desks()).into_response())
}

async fn desks(desk: &Desk, current: Option<Role>) -> Result<Views, Trouble> {
    let (t, roles) = (desk.t(), desk.member.staff().roles.clone());
    let database = desk.site.services().database();
    let counts = database.read(|tx| task::count_by_role(tx, COUNTED_MAX)).await?;
    let count = |role: Role| {
        let found = counts.iter().find(|(known, _)| *known == role);
        found.map_or(0, |(_, count)| count.unsigned_abs())
    };
    let tone = |count| if count > 0 { Tone::Amber } else { Tone::Grey };
    let all: u64 = roles.iter().map(|role| count(*role)).sum();
    let mut views = vec![View::new("all", t.tasks_all(), TASKS).count(all, tone(all))];
    views.extend(roles.iter().map(|role| {
        let (code, waiting) = (role.code(), count(*role));
        let name = states::access::role(*role, t);
        View::new(code, name, format!("{TASKS}?desk={code}")).count(waiting, tone(waiting))
    }));
    Ok(Views::of_list(t, "list", current.map_or("all", |role| role.code()), views))
}

/// The orders that tasks are about, by the id of the task.
fn orders_of(tx: &mut Tx<'_>, tasks: &[Task]) -> Result<HashMap<TaskId, OrderId>, Error> {
    let mut orders = HashMap::new();
    for task in tasks {
        let id = task.subject_id;
        let order = match task.kind {
            TaskKind::PaymentMismatch => {
                let found = payment::orders_of(tx, &[PaymentId::from_raw(id)])?;
                found.first().map(|(_, order)| *order)
            }
            TaskKind::RefundFailed => {
                refund::fetch(tx, RefundId::from_raw(id))?.map(|refund| refund.facts().order)
            }
            TaskKind::Dispute => {
                let dispute = dispute::fetch(tx, DisputeId::from_raw(id))?;
                dispute.map(|dispute| dispute.facts().terms.order)
            }
            TaskKind::PutBack => {
                let work = fulfillment::fetch(tx, FulfillmentId::from_raw(id))?;
                work.map(|work| work.facts().order)
            }
            TaskKind::Review
            | TaskKind::DisputedOrder
            | TaskKind::Sourcing
            | TaskKind::ShortPick
            | TaskKind::Deadline
            | TaskKind::FailingDeadline
            | TaskKind::NotReceived => {
                let order = OrderId::from_raw(id);
                match order::fetch(tx, order)? {
                    Some(_) => Some(order),
                    // The deadline of a parcel or of a dispute leads to its order.
                    None => match shipment::fetch(tx, ShipmentId::from_raw(id))? {
                        Some(stored) => Some(stored.shipment.facts().terms.order),
                        None => dispute::fetch(tx, DisputeId::from_raw(id))?
                            .map(|dispute| dispute.facts().terms.order),
                    },
                }
            }
            // A dead letter may be about a parcel that its channel was not told of.
            TaskKind::DeliveryException | TaskKind::DeliveryDeadLetter => {
                shipment::fetch(tx, ShipmentId::from_raw(id))?
                    .map(|stored| stored.shipment.facts().terms.order)
            }
            TaskKind::Replenishment
            | TaskKind::CountBin
            | TaskKind::Shortage
            | TaskKind::IncompleteChannelOrder
            | TaskKind::UnknownSku
            | TaskKind::WebhookQuarantine
            | TaskKind::StockDiscrepancy
            | TaskKind::LabelFailed
            | TaskKind::SecondApproval
            | TaskKind::SkippedEntry => None,
        };
        orders.extend(order.map(|order| (task.id, order)));
    }
    Ok(orders)
}

impl Desk {
    fn task_row(&self, task: &Task, orders: &HashMap<TaskId, OrderId>, names: &Names) -> TaskRow {
        let (t, now, me) = (self.t(), self.now(), self.member.staff().id);
        let about = self.about(task, orders.get(&task.id).copied());
        let assignee = task.assignee.map(|id| names.of(id).unwrap_or_default().to_owned());
        TaskRow {
            id: task.id.to_string(),
            kind: states::task_kind(task.kind, t).to_owned(),
            subject: about.subject,
            href: about.href,
            // What waits for a second person has a page of its own.
            detail: match task.kind {
                TaskKind::SecondApproval => String::new(),
                TaskKind::Review => review_reasons(task, t),
                TaskKind::Sourcing => sourcing_detail(task, t),
                _ => match replenishment::read(task) {
                    Some(low) => low_stock(&low, t),
                    None => detail(&task.detail),
                },
            },
            state: states::task(task.state, t),
            assignee: assignee.unwrap_or_default(),
            created_at: task.created_at,
            remaining: task.due_at.map(|due| Remaining::new(due, now, Span::hours(1), t)),
            actions: TaskRow::actions(
                &task.id.to_string(),
                task.state,
                task.assignee == Some(me),
                !task.kind.ends_by_itself(),
                t,
            ),
        }
    }

    fn about(&self, task: &Task, order: Option<OrderId>) -> About {
        if let Some(asked) = approval::read(task) {
            let may = asked.is_seen_by(&self.member.principal);
            let href = may.then(|| approval_href(&task.id.to_string()));
            return About { subject: self.title_of_wish(&asked.wish), href };
        }
        if let Some(order) = order {
            let number = OrderNumber::from(order).to_string();
            if task.kind == TaskKind::Dispute && may_see(&self.member.principal).is_ok() {
                let id = DisputeId::from_raw(task.subject_id);
                return About { subject: number, href: Some(dispute_href(&id.to_string())) };
            }
            let may = ordermill_app::order::sight::Sight::of(&self.member.principal).is_ok();
            return About { href: may.then(|| order_href(&number)), subject: number };
        }
        let is_sku = matches!(
            task.kind,
            TaskKind::Replenishment | TaskKind::StockDiscrepancy | TaskKind::Shortage
        );
        let catalog = self.site.services().catalog();
        let sku = is_sku.then(|| catalog.sku(SkuId::from_raw(task.subject_id))).flatten();
        match sku {
            Some(sku) => About {
                subject: format!("{} · {}", sku.code, self.t().pick(&sku.name.zh, &sku.name.en)),
                href: self
                    .member
                    .principal
                    .may_enter(ordermill_domain::role::Permission::AdjustStock)
                    .then(|| format!("/console/stock/{}", sku.code)),
            },
            None => About { subject: String::new(), href: None },
        }
    }
}

/// What there is of a SKU, and how much to order.
fn low_stock(low: &replenishment::Detail, t: Words) -> String {
    let here = t.task_low(low.available, low.on_the_way, low.reorder_point, low.suggested_quantity);
    if low.wanted > 0 { format!("{here} · {}", t.task_refused(low.wanted)) } else { here }
}

/// Why no location ships an order, and what to do about it.
fn sourcing_detail(task: &Task, t: Words) -> String {
    let detail = serde_json::from_str::<serde_json::Value>(&task.detail).unwrap_or_default();
    let (why, what) = impossible(detail["reason"].as_str().unwrap_or_default(), t);
    format!("{why} · {what}")
}

/// What a person needs to know, from a small JSON object: its values by name.
/// Why an order waits for its review.
fn review_reasons(task: &Task, t: Words) -> String {
    let reasons = review::reasons(task);
    let words: Vec<&str> =
        reasons.into_iter().map(|reason| states::hold_reason(reason, t)).collect();
    words.join(" · ")
}

fn detail(json: &str) -> String {
    let Ok(serde_json::Value::Object(parts)) = serde_json::from_str(json) else {
        return String::new();
    };
    let matters = parts.get(MATTERS).and_then(serde_json::Value::as_array);
    let told: Vec<String> = match matters {
        Some(matters) => matters.iter().filter_map(|it| it.as_object()).map(matter).collect(),
        None => vec![matter(&parts)],
    };
    told.join("; ").chars().take(300).collect()
}

fn matter(parts: &serde_json::Map<String, serde_json::Value>) -> String {
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let parts: Vec<String> = parts
        .iter()
        .filter(|(name, _)| name.as_str() != "order")
        .map(|(name, value)| format!("{}: {}", name.replace('_', " "), text(value)))
        .collect();
    parts.join(" · ")
}

fn step_of(step: &str) -> Result<Step, Trouble> {
    Step::from_code(step).map_err(|_| Trouble::NotFound)
}

/// Asks how a task ended before it is closed.
async fn ask(desk: Desk, Path((id, step)): Path<(TaskId, String)>) -> Result<Response, Trouble> {
    let step = step_of(&step)?;
    if !matches!(step, Step::Finish | Step::Drop) {
        return Err(Trouble::NotFound);
    }
    let around = (desk.shell(), desk.frame(Section::Tasks));
    Ok(Page(view::outcome_page(around, &id.to_string(), step, "")).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StepForm {
    outcome: String,
}

async fn take_step(
    desk: Desk,
    Path((id, step)): Path<(TaskId, String)>,
    Form(form): Form<StepForm>,
) -> Result<Response, Trouble> {
    let (step, t) = (step_of(&step)?, desk.t());
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let outcome = form.outcome.clone();
    let work = move |tx: &mut Tx<'_>| desk_work::step(tx, &principal, &act, id, step, &outcome);
    match desk.site.services().database().write(work).await {
        Ok(()) => {
            let toast = Toast::new(view::stepped(step, t));
            let undo = (step == Step::Claim).then(|| Undo {
                action: format!("{TASKS}/{id}/unclaim"),
                values: Vec::new(),
                label: t.undo().to_owned(),
            });
            Ok(desk.done(TASKS, &Toast { undo, ..toast }))
        }
        Err(TaskError::Outcome) => {
            let around = (desk.shell(), desk.frame(Section::Tasks));
            let page = view::outcome_page(around, &id.to_string(), step, &form.outcome);
            let page = page.refused(&[("outcome", t.tasks_outcome_missing().to_owned())]);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(TaskError::NotFound(_)) => Err(Trouble::NotFound),
        Err(TaskError::Taken | TaskError::EndsByItself | TaskError::Transition(_)) => {
            Err(Trouble::Refused(TASKS.to_owned()))
        }
        Err(TaskError::Storage(error)) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use ordermill_pages::Language;

    use super::*;

    #[test]
    fn what_runs_low_is_told_in_the_words_of_the_reader() {
        let low = replenishment::Detail {
            sku: "KIT-WOK-C28".to_owned(),
            available: 3,
            on_the_way: 0,
            wanted: 5,
            reorder_point: 10,
            suggested_quantity: 17,
        };
        let [zh, en] = Language::ALL.map(|language| low_stock(&low, Words::new(language)));
        insta::assert_snapshot!(zh, @"可售 3 件，在途 0 件，补货点 10 件；建议补货 17 件 · 有订单需要 5 件而未能下单");
        insta::assert_snapshot!(en, @"3 available, 0 on the way, reorder point 10; order 17 · an order for 5 had to be refused");
    }
}
