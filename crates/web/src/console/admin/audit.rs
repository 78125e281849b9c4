//! The audit log: everything that happened, and whether it still is what was written.

use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use ordermill_app::order::sight::Sight;
use ordermill_app::permission::{About, Aspect, Forbidden, authorize};
use ordermill_base::{Currency, Id, Span, Timestamp};
use ordermill_domain::actor::Actor;
use ordermill_domain::event::Event;
use ordermill_domain::ids::{
    ApiKeyId, BulkId, EventId, OrderId, PaymentId, RefundId, SkuId, StaffId, TaskId,
};
use ordermill_domain::order::OrderNumber;
use ordermill_domain::role::Permission;
use ordermill_pages::console::Section;
use ordermill_pages::console::admin::Part;
use ordermill_pages::console::audit::{self as view, AuditPage, AuditRow, Entered, Verification};
use ordermill_pages::console::bulk as bulk_view;
use ordermill_pages::console::order::href as order_href;
use ordermill_pages::states::{self, history};
use ordermill_pages::ui::{Choice, Pager, Toast};
use ordermill_pages::{Page, Part as Region};
use ordermill_storage::journal::{self, Entry, Search};
use ordermill_storage::{Error, Tx, staff};
use serde::Deserialize;

use crate::console::desk::Desk;
use crate::console::people::Names;
use crate::console::route::{Needs, Routes};
use crate::console::sign_in::encoded;
use crate::console::trouble::Trouble;

const HERE: &str = "/console/admin/audit";
const ROWS: i64 = 50;
/// Members of staff that one can filter by.
const STAFF_MAX: i64 = 200;
/// What is about money, for those who see no more.
const MONEY: [&str; 2] = ["payment", "refund"];

pub(super) fn routes() -> Routes {
    let read = Needs::Right(Permission::ReadAuditLog);
    Routes::default().get("/console/admin/audit", read, show).post(
        "/console/admin/audit/verify",
        read,
        verify,
    )
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    subject: String,
    kind: String,
    actor: String,
    from: String,
    until: String,
    cursor: String,
}

impl Asked {
    fn entered(&self) -> Entered {
        let trimmed = |text: &String| text.trim().to_owned();
        Entered {
            subject: trimmed(&self.subject),
            kind: trimmed(&self.kind),
            actor: trimmed(&self.actor),
            from: trimmed(&self.from),
            until: trimmed(&self.until),
        }
    }
}

fn href(entered: &Entered, cursor: Option<EventId>) -> String {
    let cursor = cursor.map(|cursor| cursor.to_string()).unwrap_or_default();
    let parts = [
        ("subject", &entered.subject),
        ("kind", &entered.kind),
        ("actor", &entered.actor),
        ("from", &entered.from),
        ("until", &entered.until),
        ("cursor", &cursor),
    ];
    let parts = parts.into_iter().filter(|(_, value)| !value.is_empty());
    let parts: Vec<String> =
        parts.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if parts.is_empty() { HERE.to_owned() } else { format!("{HERE}?{}", parts.join("&")) }
}

/// Whether all of the log is theirs to read (`true`) or only what is about money.
fn reads_all(desk: &Desk) -> Result<bool, Forbidden> {
    let may = |about: &About| authorize(&desk.member.principal, Permission::ReadAuditLog, about);
    if may(&About::default()).is_ok() {
        return Ok(true);
    }
    may(&About { aspect: Aspect::Money, ..About::default() }).map(|_| false)
}

/// What was entered as a search; `None` if nothing can match.
fn search_of(desk: &Desk, entered: &Entered, reads_all: bool) -> Option<Search> {
    let zone = desk.shell().site.zone.clone();
    let day = |text: &String| -> Option<Timestamp> {
        let day: Date = text.parse().ok()?;
        Some(day.to_zoned(zone.clone()).ok()?.timestamp().into())
    };
    let set = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Some(Search {
        aggregate_id: match set(&entered.subject) {
            Some(subject) => Some(subject_id(&subject)?),
            None => None,
        },
        aggregates: if reads_all { Vec::new() } else { MONEY.to_vec() },
        actor: set(&entered.actor),
        kind: set(&entered.kind),
        from: match set(&entered.from) {
            Some(from) => Some(day(&from)?),
            None => None,
        },
        before: match set(&entered.until) {
            Some(until) => Some(day(&until)? + Span::days(1)),
            None => None,
        },
    })
}

/// An order's number or any id with its prefix.
fn subject_id(text: &str) -> Option<i64> {
    if let Ok(number) = OrderNumber::parse(text) {
        return Some(number.order_id().raw());
    }
    let readers: [fn(&str) -> Option<i64>; 7] = [
        |text| text.parse::<OrderId>().ok().map(Id::raw),
        |text| text.parse::<PaymentId>().ok().map(Id::raw),
        |text| text.parse::<RefundId>().ok().map(Id::raw),
        |text| text.parse::<StaffId>().ok().map(Id::raw),
        |text| text.parse::<SkuId>().ok().map(Id::raw),
        |text| text.parse::<TaskId>().ok().map(Id::raw),
        |text| text.parse::<ApiKeyId>().ok().map(Id::raw),
    ];
    readers.iter().find_map(|read| read(text))
}

async fn show(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let (t, entered) = (desk.t(), asked.entered());
    let reads_all = reads_all(&desk)?;
    let search = search_of(&desk, &entered, reads_all);
    let cursor: Option<EventId> = asked.cursor.parse().ok();
    let load = move |tx: &mut Tx<'_>| {
        let (entries, next) = match &search {
            Some(search) => journal::search(tx, search, cursor, ROWS)?,
            None => (Vec::new(), None),
        };
        let names = Names::load(tx, entries.iter().map(|entry| &entry.actor))?;
        let people = staff::list(tx, None, STAFF_MAX)?;
        Ok::<_, Error>((entries, next, names, people))
    };
    let services = desk.site.services();
    let (entries, next, names, people) = services.database().snapshot(load).await?;
    let people = people.iter().map(|person| {
        let facts = person.facts();
        Choice::new(Actor::Staff(facts.id).to_string(), facts.name.clone())
    });
    let is_filtered = entered != Entered::default();
    let page = AuditPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Admin),
        parts: desk.parts(Part::Audit),
        verification: verification(&desk).await,
        can_verify: reads_all,
        filters: view::filters(&entered, people.collect(), is_filtered.then(|| HERE.to_owned()), t),
        rows: entries.iter().map(|entry| row(&desk, entry, &names)).collect(),
        empty: view::empty(is_filtered, HERE, t),
        pager: Pager {
            t,
            summary: t.orders_newest_first().to_owned(),
            first: cursor.map(|_| href(&entered, None)),
            next: next.map(|next| href(&entered, Some(next))),
            region: "list",
        },
    };
    Ok(match desk.visit.part {
        Region::Page => Page(page).into_response(),
        Region::Fragment => Page(page.as_list()).into_response(),
    })
}

fn row(desk: &Desk, entry: &Entry, names: &Names) -> AuditRow {
    let t = desk.t();
    let (subject, href) = subject(desk, entry);
    let words = match Event::from_json(&entry.kind, &entry.body) {
        // The currency of the thing is not in its entry: amounts are those of the shop.
        Ok(event) => {
            let currency: Currency = desk.site.services().catalog().shop.currency;
            history::moment(&event, currency, "", t).text
        }
        Err(_) => view::words(&entry.kind, t),
    };
    let shell = desk.shell();
    let reason = entry.reason.as_deref();
    let reason = reason.map(|reason| states::because(reason, &shell.site.zone, t));
    AuditRow {
        position: entry.cursor.position.to_string(),
        at: entry.at,
        actor: names.actor(&entry.actor, t),
        kind: entry.kind.clone(),
        words,
        subject,
        href,
        reason: reason.unwrap_or_default(),
        request_id: entry.request_id.clone().unwrap_or_default(),
    }
}

/// What an entry is about, and where that is shown.
fn subject(desk: &Desk, entry: &Entry) -> (String, Option<String>) {
    let id = entry.aggregate_id;
    match entry.aggregate.as_str() {
        "order" | "reservation" | "deadline" => {
            let number = OrderNumber::from(OrderId::from_raw(id)).to_string();
            let may = Sight::of(&desk.member.principal).is_ok();
            (number.clone(), may.then(|| order_href(&number)))
        }
        "payment" => (PaymentId::from_raw(id).to_string(), None),
        "refund" => (RefundId::from_raw(id).to_string(), None),
        "task" => (TaskId::from_raw(id).to_string(), None),
        "bulk" => {
            let id = BulkId::from_raw(id).to_string();
            let href = bulk_view::href(&id);
            (id, desk.may(Permission::ChangeStatus).then_some(href))
        }
        "api_key" => (ApiKeyId::from_raw(id).to_string(), None),
        "staff" => {
            let id = StaffId::from_raw(id).to_string();
            (
                id.clone(),
                desk.may(Permission::ManageAccess).then(|| format!("/console/admin/staff/{id}")),
            )
        }
        "sku" | "stock_policy" => {
            let catalog = desk.site.services().catalog();
            let sku = catalog.sku(SkuId::from_raw(id));
            (sku.map_or_else(|| SkuId::from_raw(id).to_string(), |sku| sku.code.clone()), None)
        }
        other => (other.to_owned(), None),
    }
}

async fn verification(desk: &Desk) -> Verification {
    match desk.site.services().figures().audit().await {
        None => Verification::Never,
        Some((at, Ok(verified))) => Verification::Sound {
            at,
            entries: verified.entries.unsigned_abs(),
            head: verified.head.map(|head| head.to_string()).unwrap_or_default(),
        },
        Some((at, Err(bad))) => Verification::Broken {
            at,
            position: bad.position.to_string(),
            damage: bad.what.to_string(),
        },
    }
}

async fn verify(desk: Desk) -> Result<Response, Trouble> {
    if !reads_all(&desk)? {
        return Err(Trouble::Forbidden(Permission::ReadAuditLog));
    }
    let services = desk.site.services();
    services.figures().verify_audit(services.database(), desk.now()).await?;
    Ok(desk.done(HERE, &Toast::new(desk.t().audit_verified())))
}
