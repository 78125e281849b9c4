//! One version of the rules: its form, its trial, putting it in force.

use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::approval::Decision;
use ordermill_app::review;
use ordermill_app::rule_table::{RulesError, Written, edit, put_in_force, step};
use ordermill_domain::ids::RuleTableId;
use ordermill_domain::location::Location;
use ordermill_domain::rule_table::{NOTE_CHARS_MAX, Purpose, RuleTable, State, Step};
use ordermill_pages::Page;
use ordermill_pages::console::Section;
use ordermill_pages::console::rules::table::{About, GoLive, RulePage, RuleRow};
use ordermill_pages::console::rules::{name, state};
use ordermill_pages::icon::Icon;
use ordermill_pages::states::shipment as words;
use ordermill_pages::ui::{Action, Choice, Effect, Field, Toast};
use ordermill_storage::{Tx, carrier, rule_table};
use serde::Deserialize;

use super::form::{definition, entered, rearranged, refuse, rows};
use super::{CHANGE, HERE, href_of, trouble_of};
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::Routes;
use crate::console::trouble::Trouble;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/admin/rules/built-in", CHANGE, built_in)
        .get("/console/admin/rules/{table}", CHANGE, show)
        .post("/console/admin/rules/{table}", CHANGE, save)
        .post("/console/admin/rules/{table}/go-live", CHANGE, go_live)
        .post("/console/admin/rules/{table}/{step}", CHANGE, take_step)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    dry_run: String,
}

async fn load(desk: &Desk, id: RuleTableId) -> Result<RuleTable, Trouble> {
    let found = desk.site.services().database().read(move |tx| rule_table::fetch(tx, id)).await?;
    found.ok_or(Trouble::NotFound)
}

/// The page of a version with these rules, which may be those of a form.
async fn page(
    desk: &Desk,
    table: &RuleTable,
    note: &str,
    rules: Vec<RuleRow>,
) -> Result<RulePage, Trouble> {
    let (t, href) = (desk.t(), href_of(table.id));
    let note_field =
        Field::new("note", t.rules_note()).optional().max_length(NOTE_CHARS_MAX).value(note);
    let may_go_live = table.state.after(Step::GoLive).is_ok();
    Ok(RulePage {
        shell: desk.shell(),
        frame: desk.frame(Section::Admin),
        title: name(table.number, t),
        state: Some(state(table.state, t)),
        about: about(desk, table.purpose).await?,
        version: table.version,
        is_editable: table.is_editable(),
        note: note_field,
        rules,
        errors: Vec::new(),
        actions: actions(desk, table, &href),
        go_live: may_go_live.then(|| GoLive::new("", false, t)),
        trial: desk.trial(table).await?,
        dry_run: None,
        href,
    })
}

/// What rules of a purpose may say.
async fn about(desk: &Desk, purpose: Purpose) -> Result<About, Trouble> {
    let t = desk.t();
    match purpose {
        Purpose::Review => return Ok(About::Review),
        Purpose::Sourcing => return Ok(About::Locations(locations(desk))),
        Purpose::Carrier => {}
    }
    let mut choices = Vec::new();
    for stored in desk.site.services().database().read(carrier::list).await? {
        let it = stored.carrier;
        let name = t.pick(it.name.zh(), it.name.en());
        choices.push(Choice::new(it.code.clone(), name));
        choices.extend(it.terms.services.iter().map(|service| {
            let service_name = words::service(service.kind, t);
            let value = format!("{}/{}", it.code, service.kind);
            Choice::new(value, format!("{name} · {service_name}"))
        }));
    }
    Ok(About::Carriers(choices))
}

/// The locations that there are, by code.
fn locations(desk: &Desk) -> Vec<Choice> {
    let (t, catalog) = (desk.t(), desk.site.services().catalog());
    let choice = |it: &Location| {
        Choice::new(
            it.code.clone(),
            format!("{} · {}", it.code, t.pick(it.name.zh(), it.name.en())),
        )
    };
    catalog.locations().iter().map(|it| choice(it)).collect()
}

fn actions(desk: &Desk, table: &RuleTable, href: &str) -> Vec<Action> {
    let t = desk.t();
    let values = || vec![("version", table.version.to_string())];
    let post = |verb: Step| Effect::Post(format!("{href}/{verb}"), values());
    let purpose = table.purpose.code().to_owned();
    let copy = vec![("purpose", purpose), ("from", table.id.to_string()), ("key", desk.key())];
    let copy = Effect::Post(format!("{HERE}/new"), copy);
    let dry_run = Effect::Open(format!("{href}?dry_run=1"));
    let dry_run = Action::new(Icon::Search, t.rules_do_dry_run(), dry_run);
    let retire = || Action::new(Icon::Trash, t.rules_retire(), post(Step::Retire));
    match table.state {
        State::Draft => vec![
            dry_run,
            Action::new(Icon::Eye, t.rules_start_shadow(), post(Step::StartShadow)),
            retire(),
        ],
        State::Shadow => vec![
            dry_run,
            Action::new(Icon::Edit, t.rules_stop_shadow(), post(Step::StopShadow)),
            retire(),
        ],
        State::Live => vec![Action::new(Icon::Copy, t.rules_copy(), copy)],
        State::Retired => vec![dry_run, Action::new(Icon::Copy, t.rules_copy(), copy)],
    }
}

async fn show(
    desk: Desk,
    Path(id): Path<RuleTableId>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let table = load(&desk, id).await?;
    let mut page = page(&desk, &table, &table.note, rows(&table.definition, table.purpose)).await?;
    if !asked.dry_run.is_empty() {
        page.dry_run = desk.dry_run(&table).await?;
    }
    Ok(Page(page).into_response())
}

/// What decides while no version of the shop's own is in force.
async fn built_in(desk: Desk) -> Result<Response, Trouble> {
    let t = desk.t();
    let definition = serde_json::to_value(review::built_in());
    let definition = definition.map_err(|error| Trouble::internal(&error))?;
    let copy = Effect::Post(format!("{HERE}/new"), vec![("key", desk.key())]);
    let page = RulePage {
        shell: desk.shell(),
        frame: desk.frame(Section::Admin),
        title: name(0, t),
        state: None,
        about: About::Review,
        href: format!("{HERE}/built-in"),
        version: 0,
        is_editable: false,
        note: Field::default(),
        rules: rows(&definition, Purpose::Review),
        errors: Vec::new(),
        actions: vec![Action::new(Icon::Copy, t.rules_copy(), copy)],
        go_live: None,
        trial: None,
        dry_run: None,
    };
    Ok(Page(page).into_response())
}

async fn save(
    desk: Desk,
    Path(id): Path<RuleTableId>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, href, note) = (desk.t(), href_of(id), pairs.one("note"));
    let version: i64 = pairs.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let purpose = load(&desk, id).await?.purpose;
    let mut rules = entered(&pairs);
    if rearranged(&mut rules, &pairs.one("op")) {
        let table = load(&desk, id).await?;
        if table.version != version {
            return Err(Trouble::Stale(href));
        }
        return Ok(Page(page(&desk, &table, &note, rules).await?).into_response());
    }
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let written = Written { note: note.clone(), definition: definition(&rules, purpose) };
    let work = move |tx: &mut Tx<'_>| edit(tx, &principal, &act, (id, version), written.clone());
    match desk.site.services().database().write(work).await {
        Ok(_) => Ok(desk.done(&href, &Toast::new(t.rules_saved()))),
        Err(RulesError::Flawed(flaws)) => {
            let errors = refuse(&mut rules, &flaws, purpose, t);
            let table = load(&desk, id).await?;
            let mut page = page(&desk, &table, &note, rules).await?;
            page.errors = errors;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(trouble_of(error, &href)),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StepForm {
    version: i64,
    remark: String,
}

async fn take_step(
    desk: Desk,
    Path((id, verb)): Path<(RuleTableId, String)>,
    Form(form): Form<StepForm>,
) -> Result<Response, Trouble> {
    let (t, href) = (desk.t(), href_of(id));
    let wanted = Step::from_code(&verb).map_err(|_| Trouble::NotFound)?;
    let told = match wanted {
        Step::StartShadow => t.rules_started(),
        Step::StopShadow => t.rules_stopped(),
        Step::Retire => t.rules_gave_up(),
        Step::GoLive => return Err(Trouble::NotFound),
    };
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let work = move |tx: &mut Tx<'_>| step(tx, &principal, &act, (id, form.version), wanted);
    match desk.site.services().database().write(work).await {
        Ok(_) => {
            desk.site.services().catalog_changed().await;
            Ok(desk.done(&href, &Toast::new(told)))
        }
        Err(RulesError::AnotherOnTrial(number)) => {
            let table = load(&desk, id).await?;
            let mut page =
                page(&desk, &table, &table.note, rows(&table.definition, table.purpose)).await?;
            page.errors = vec![(String::new(), t.rules_other_on_trial(number))];
            Ok((StatusCode::CONFLICT, Page(page)).into_response())
        }
        Err(error) => Err(trouble_of(error, &href)),
    }
}

/// Asks for putting it in force: a second person decides.
async fn go_live(
    desk: Desk,
    Path(id): Path<RuleTableId>,
    Form(form): Form<StepForm>,
) -> Result<Response, Trouble> {
    let (t, href) = (desk.t(), href_of(id));
    let remark = form.remark.trim().to_owned();
    if !(1..=200).contains(&remark.chars().count()) {
        let table = load(&desk, id).await?;
        let mut page =
            page(&desk, &table, &table.note, rows(&table.definition, table.purpose)).await?;
        page.go_live = Some(GoLive::new(&remark, true, t));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    }
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(remark));
    let work = move |tx: &mut Tx<'_>| put_in_force(tx, &principal, &act, (id, form.version));
    match desk.site.services().database().write(work).await {
        Ok(Decision::AwaitsApproval(task)) => Ok(desk.waits(task)),
        Ok(Decision::Done(_)) => {
            desk.site.services().catalog_changed().await;
            Ok(desk.done(&href, &Toast::new(t.rules_is_live())))
        }
        Err(error) => Err(trouble_of(error, &href)),
    }
}
