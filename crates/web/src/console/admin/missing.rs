//! How buyers are asked about pieces that nobody has.

use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::catalog::settings::read;
use ordermill_app::choice::{AskSettings, ChangeSettingsError, change_settings};
use ordermill_pages::Page;
use ordermill_pages::console::Section;
use ordermill_pages::console::form::{FormGroup, FormPage};
use ordermill_pages::ui::{Choice, Field, FormErrors, Toast};
use ordermill_storage::{Error, Tx};

use super::sourcing::CHANGE;
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::Routes;
use crate::console::trouble::Trouble;

const HERE: &str = "/console/admin/missing-pieces";

pub(super) fn routes() -> Routes {
    Routes::default().get("/console/admin/missing-pieces", CHANGE, show).post(
        "/console/admin/missing-pieces",
        CHANGE,
        save,
    )
}

fn page(desk: &Desk, who: &str, hours: &str, version: i64) -> FormPage {
    let t = desk.t();
    let choices = vec![
        Choice::new("service", t.ask_settings_by_service()),
        Choice::new("at_once", t.ask_settings_at_once()),
    ];
    let fields = vec![
        Field::select("who", t.ask_settings_automatic(), choices).value(who),
        Field::new("hours", t.ask_settings_hours())
            .digits(3)
            .hint(t.ask_settings_hours_hint())
            .value(hours),
    ];
    FormPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Admin),
        title: t.ask_settings_title().to_owned(),
        lead: t.ask_settings_lead().to_owned(),
        back: ("/console/admin".to_owned(), t.section_admin().to_owned()),
        actions: Vec::new(),
        errors: FormErrors::default(),
        action: HERE.to_owned(),
        values: vec![("version", version.to_string())],
        groups: vec![FormGroup::new(t.ask_settings_title(), fields)],
        button: t.settings_save().to_owned(),
    }
}

async fn show(desk: Desk) -> Result<Response, Trouble> {
    let read = |tx: &mut Tx<'_>| read::<AskSettings>(tx);
    let (how, version) = desk.site.services().database().read(read).await?;
    let who = if how.is_automatic { "at_once" } else { "service" };
    let page = page(&desk, who, &how.answer_within_hours.to_string(), version);
    Ok(Page(page).into_response())
}

async fn save(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let (who, hours, t) = (pairs.one("who"), pairs.one("hours"), desk.t());
    let version: i64 = pairs.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let is_automatic = match who.as_str() {
        "at_once" => Ok(true),
        "service" => Ok(false),
        _ => Err(("who", t.settings_choose().to_owned())),
    };
    let out_of_range = || ("hours", t.sourcing_number_wrong(1, u32::from(AskSettings::HOURS_MAX)));
    let answer_within_hours = hours.parse::<u16>().map_err(|_| out_of_range());
    let refused = |wrong: &[(&'static str, String)]| {
        let page = page(&desk, &who, &hours, version).refused(wrong);
        (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
    };
    let (is_automatic, answer_within_hours) = match (is_automatic, answer_within_hours) {
        (Ok(is_automatic), Ok(hours)) => (is_automatic, hours),
        (who, hours) => {
            let wrong: Vec<_> = who.err().into_iter().chain(hours.err()).collect();
            return Ok(refused(&wrong));
        }
    };
    let wanted = AskSettings { is_automatic, answer_within_hours };
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let change = move |tx: &mut Tx<'_>| change_settings(tx, &principal, &act, wanted, version);
    match desk.site.services().database().write(change).await {
        Ok(_) => Ok(desk.done(HERE, &Toast::new(t.settings_saved()))),
        Err(ChangeSettingsError::Hours) => Ok(refused(&[out_of_range()])),
        Err(ChangeSettingsError::Forbidden(forbidden)) => Err(forbidden.into()),
        Err(ChangeSettingsError::Storage(Error::Stale(_))) => Err(Trouble::Stale(HERE.to_owned())),
        Err(ChangeSettingsError::Storage(error)) => Err(error.into()),
    }
}
