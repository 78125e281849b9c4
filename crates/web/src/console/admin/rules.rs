//! The rules of reviews and about carriers: their versions, what is in force, the way back.

mod edit;
mod form;
mod trial;

use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::once::{Key, OnceError, once};
use ordermill_app::review;
use ordermill_app::rule_table::{RulesError, Written, draft, force, roll_back};
use ordermill_domain::ids::RuleTableId;
use ordermill_domain::role::Permission;
use ordermill_domain::rule_table::{Purpose, RuleTable};
use ordermill_pages::Page;
use ordermill_pages::console::Section;
use ordermill_pages::console::admin::Part;
use ordermill_pages::console::approval::href as approval_href;
use ordermill_pages::console::rules::{RulesPage, VersionRow, WayBack, name, state};
use ordermill_pages::ui::{Pager, Toast};
use ordermill_storage::{Error, Tx, rule_table};
use serde::Deserialize;

use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;

/// The rights that the rules ask for.
pub(in crate::console) const CHANGE: Needs = Needs::Right(Permission::ChangeRules);
const HERE: &str = "/console/admin/rules";
/// Versions on one page.
const ROWS: i64 = 50;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get(HERE, CHANGE, show)
        .post("/console/admin/rules/new", CHANGE, new)
        .post("/console/admin/rules/roll-back", CHANGE, go_back)
        .merge(edit::routes())
}

/// The address of a version.
pub(in crate::console) fn href_of(id: RuleTableId) -> String {
    format!("{HERE}/{id}")
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    before: String,
    purpose: String,
}

/// What rules a page is about: those of reviews unless it says otherwise.
fn purpose_of(text: &str) -> Purpose {
    Purpose::from_code(text).unwrap_or(Purpose::Review)
}

/// The list of versions of a purpose.
const fn list_of(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Review => HERE,
        Purpose::Carrier => "/console/admin/rules?purpose=carrier",
        Purpose::Sourcing => "/console/admin/rules?purpose=sourcing",
    }
}

async fn show(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let purpose = purpose_of(&asked.purpose);
    Ok(Page(page(&desk, purpose, asked.before.parse().ok(), None).await?).into_response())
}

async fn page(
    desk: &Desk,
    purpose: Purpose,
    before: Option<i64>,
    refused: Option<&str>,
) -> Result<RulesPage, Trouble> {
    let t = desk.t();
    let load = move |tx: &mut Tx<'_>| {
        let versions = rule_table::list(tx, purpose, before, ROWS + 1)?;
        let way_back = force::way_back(tx, purpose)?;
        Ok::<_, Error>((versions, way_back, force::waiting(tx, purpose)?))
    };
    let loaded = desk.site.services().database().snapshot(load).await?;
    let (mut versions, way_back, waiting) = loaded;
    let has_more = i64::try_from(versions.len()).is_ok_and(|count| count > ROWS);
    versions.truncate(usize::try_from(ROWS).unwrap_or(usize::MAX));
    let live = way_back.as_ref().map(|way| &way.from);
    Ok(RulesPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Admin),
        parts: desk.parts(Part::Rules),
        purpose,
        in_force: name(live.map_or(0, |live| live.number), t),
        since: live.and_then(|live| live.live_at),
        from: live.map(|live| live.id.to_string()).unwrap_or_default(),
        key: desk.key(),
        waiting: waiting
            .map(|(task, wish)| (t.rules_waits(wish.number), approval_href(&task.to_string()))),
        way_back: way_back.as_ref().map(|way| {
            let to = name(way.to.as_ref().map_or(0, |to| to.number), t);
            WayBack::new(way.from.number, to, refused.unwrap_or_default(), refused.is_some(), t)
        }),
        pager: Pager {
            t,
            summary: t.rules_newest_first().to_owned(),
            first: before.map(|_| list_of(purpose).to_owned()),
            next: versions
                .last()
                .filter(|_| has_more)
                .map(|last| format!("{HERE}?purpose={purpose}&before={}", last.number)),
            region: "",
        },
        rows: versions.iter().map(|version| row(version, desk)).collect(),
    })
}

fn row(version: &RuleTable, desk: &Desk) -> VersionRow {
    let rules = version.definition.get("rules").and_then(serde_json::Value::as_array);
    VersionRow {
        href: href_of(version.id),
        number: version.number,
        state: state(version.state, desk.t()),
        note: version.note.clone(),
        rules: rules.map_or(0, |rules| rules.len() as u64),
        live_at: version.live_at,
    }
}

/// A draft that starts from another version, or from what is built in.
async fn new(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let from: Option<RuleTableId> = pairs.one("from").parse().ok();
    let purpose = purpose_of(&pairs.one("purpose"));
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let staff = desk.member.staff().id;
    let key = Key::of_form(staff, "rules", &pairs.one("key"), pairs.entered().as_bytes());
    let work = move |tx: &mut Tx<'_>| {
        once(tx, key.as_ref(), act.at, |tx| {
            let definition = match from {
                Some(id) => rule_table::fetch(tx, id)?.ok_or(RulesError::NotFound)?.definition,
                None => built_in(purpose).map_err(Error::defect)?,
            };
            let written = Written { note: String::new(), definition };
            draft(tx, &principal, &act, purpose, written).map(|made| (made.id, ()))
        })
    };
    match desk.site.services().database().write(work).await {
        Ok(made) => Ok(desk.done(&href_of(made.id()), &Toast::new(desk.t().rules_made()))),
        Err(OnceError::KeyReused) => Err(Trouble::Refused(list_of(purpose).to_owned())),
        Err(OnceError::Other(error)) => Err(trouble_of(error, list_of(purpose))),
    }
}

/// The rules of a purpose while no version of the shop's own is in force, as they are written.
fn built_in(purpose: Purpose) -> serde_json::Result<serde_json::Value> {
    match purpose {
        Purpose::Review => serde_json::to_value(review::built_in()),
        Purpose::Carrier | Purpose::Sourcing => {
            let otherwise = serde_json::json!({ "do": "compare" });
            Ok(serde_json::json!({ "hit": "all", "rules": [], "otherwise": otherwise }))
        }
    }
}

async fn go_back(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let t = desk.t();
    let purpose = purpose_of(&pairs.one("purpose"));
    let from: i64 = pairs.one("from_number").parse().map_err(|_| Trouble::NotFound)?;
    let remark = pairs.one("remark");
    if !(1..=200).contains(&remark.chars().count()) {
        let page = page(&desk, purpose, None, Some(&remark)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    }
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(remark));
    let work = move |tx: &mut Tx<'_>| roll_back(tx, &principal, &act, purpose, from);
    let now = desk.site.services().database().write(work).await;
    let now = now.map_err(|error| trouble_of(error, list_of(purpose)))?;
    desk.site.services().catalog_changed().await;
    let to = name(now.map_or(0, |now| now.number), t);
    Ok(desk.done(list_of(purpose), &Toast::new(t.rules_back_done(to))))
}

pub(super) fn trouble_of(error: RulesError, href: &str) -> Trouble {
    match error {
        RulesError::Forbidden(forbidden) => forbidden.into(),
        RulesError::NotFound => Trouble::NotFound,
        RulesError::Changed { .. } => Trouble::Stale(href.to_owned()),
        RulesError::Storage(Error::Stale(_)) => Trouble::Stale(href.to_owned()),
        RulesError::Storage(error) => error.into(),
        RulesError::Flawed(_)
        | RulesError::Note
        | RulesError::NotEditable
        | RulesError::Transition(_)
        | RulesError::AnotherOnTrial(_)
        | RulesError::AnotherWaits(_)
        | RulesError::NoWayBack
        | RulesError::NeedsReason => Trouble::Refused(href.to_owned()),
    }
}
