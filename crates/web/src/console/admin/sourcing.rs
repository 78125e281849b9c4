//! How locations are chosen: weights, splitting, backlog, freight by weight.

use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::catalog::settings::read;
use ordermill_app::sourcing::SourcingSettings;
use ordermill_app::sourcing::edit::{EditError, Flaw, GRAMS_MAX, Wrong, edit};
use ordermill_app::sourcing::settings::{MergeMode, MergeRule, ParcelRate, SplitRule};
use ordermill_base::{Currency, Money};
use ordermill_domain::apart::Pair;
use ordermill_domain::role::Permission;
use ordermill_pages::console::Section;
use ordermill_pages::console::form::FormPage;
use ordermill_pages::console::sourcing::{self as view, SourcingEntered};
use ordermill_pages::ui::{FormErrors, Toast};
use ordermill_pages::{Page, Words};
use ordermill_storage::{Error, Tx};

use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;

const HERE: &str = "/console/admin/sourcing";
pub(super) const CHANGE: Needs = Needs::Right(Permission::ChangeRules);

pub(super) fn routes() -> Routes {
    Routes::default().get("/console/admin/sourcing", CHANGE, show).post(
        "/console/admin/sourcing",
        CHANGE,
        save,
    )
}

fn entered(settings: &SourcingSettings, currency: Currency) -> SourcingEntered {
    let money = |minor: u32| Money::new(minor.into(), currency).to_decimal();
    let rate = settings.freight;
    SourcingEntered {
        split: match settings.split {
            SplitRule::Never => "never",
            SplitRule::Lines => "lines",
            SplitRule::Pieces => "pieces",
        }
        .to_owned(),
        parcels_max: settings.parcels_max.to_string(),
        split_cost: money(settings.split_minor),
        per_100_km: money(settings.per_100_km_minor),
        full_load: money(settings.full_load_minor),
        late_day: money(settings.late_day_minor),
        first_grams: rate.first_grams.to_string(),
        first_price: money(rate.first_minor),
        step_grams: rate.step_grams.to_string(),
        step_price: money(rate.step_minor),
        backlog_days: settings.backlog_days.to_string(),
        merge_mode: match settings.merge.mode {
            MergeMode::Off => "off",
            MergeMode::Suggest => "suggest",
            MergeMode::Automatic => "automatic",
        }
        .to_owned(),
        merge_window: settings.merge.window_minutes.to_string(),
        merge_grams: settings.merge.max_grams.to_string(),
        apart: settings.apart.iter().map(|pair| format!("{pair}\n")).collect(),
    }
}

fn page(desk: &Desk, entered: &SourcingEntered, version: i64) -> FormPage {
    let t = desk.t();
    FormPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Admin),
        title: t.sourcing_title().to_owned(),
        lead: t.sourcing_lead().to_owned(),
        back: ("/console/admin".to_owned(), t.section_admin().to_owned()),
        actions: Vec::new(),
        errors: FormErrors::default(),
        action: HERE.to_owned(),
        values: vec![("version", version.to_string())],
        groups: view::settings(entered, t),
        button: t.settings_save().to_owned(),
    }
}

async fn show(desk: Desk) -> Result<Response, Trouble> {
    let read = |tx: &mut Tx<'_>| read::<SourcingSettings>(tx);
    let (settings, version) = desk.site.services().database().read(read).await?;
    let currency = desk.site.services().catalog().shop.currency;
    Ok(Page(page(&desk, &entered(&settings, currency), version)).into_response())
}

async fn save(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let entered = SourcingEntered {
        split: pairs.one("split"),
        parcels_max: pairs.one("parcels_max"),
        split_cost: pairs.one("split_cost"),
        per_100_km: pairs.one("per_100_km"),
        full_load: pairs.one("full_load"),
        late_day: pairs.one("late_day"),
        first_grams: pairs.one("first_grams"),
        first_price: pairs.one("first_price"),
        step_grams: pairs.one("step_grams"),
        step_price: pairs.one("step_price"),
        backlog_days: pairs.one("backlog_days"),
        apart: pairs.one("apart"),
        merge_mode: pairs.one("merge_mode"),
        merge_window: pairs.one("merge_window"),
        merge_grams: pairs.one("merge_grams"),
    };
    let version: i64 = pairs.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let (t, catalog) = (desk.t(), desk.site.services().catalog());
    let refused = |wrong: &[(&'static str, String)]| {
        let page = page(&desk, &entered, version).refused(wrong);
        (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
    };
    let wanted = match wanted(&entered, catalog.shop.currency, t) {
        Ok(wanted) => wanted,
        Err(wrong) => return Ok(refused(&wrong)),
    };
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let change = move |tx: &mut Tx<'_>| {
        // What holds for single locations is changed on their own pages.
        let locations = read::<SourcingSettings>(tx)?.0.locations;
        let wanted = SourcingSettings { locations, ..wanted.clone() };
        edit(tx, &catalog, &principal, &act, wanted, version)
    };
    match desk.site.services().database().write(change).await {
        Ok(_) => {
            desk.site.services().catalog_changed().await;
            Ok(desk.done(HERE, &Toast::new(t.sourcing_saved())))
        }
        Err(EditError::Invalid(wrong)) => {
            let wrong: Vec<_> = wrong.iter().map(|wrong| at_field(wrong, t)).collect();
            Ok(refused(&wrong))
        }
        Err(EditError::Forbidden(forbidden)) => Err(forbidden.into()),
        Err(EditError::Storage(Error::Stale(_))) => Err(Trouble::Stale(HERE.to_owned())),
        Err(EditError::Storage(error)) => Err(error.into()),
    }
}

/// What was entered, without what holds for single locations; or what is wrong with it.
fn wanted(
    entered: &SourcingEntered,
    currency: Currency,
    t: Words,
) -> Result<SourcingSettings, Vec<(&'static str, String)>> {
    let mut wrong = Vec::new();
    let split = match entered.split.as_str() {
        "never" => SplitRule::Never,
        "lines" => SplitRule::Lines,
        "pieces" => SplitRule::Pieces,
        _ => {
            wrong.push(("split", t.settings_choose().to_owned()));
            SplitRule::Pieces
        }
    };
    let mode = match entered.merge_mode.as_str() {
        "off" => MergeMode::Off,
        "suggest" => MergeMode::Suggest,
        "automatic" => MergeMode::Automatic,
        _ => {
            wrong.push(("merge_mode", t.settings_choose().to_owned()));
            MergeMode::Off
        }
    };
    let apart = read_apart(&entered.apart);
    if apart.is_none() {
        wrong.push(("apart", t.sourcing_apart_wrong().to_owned()));
    }
    let mut amount = |name: &'static str, text: &str| {
        let money = Money::parse(text, currency).ok();
        let minor = money.and_then(|money| u32::try_from(money.minor).ok());
        if minor.is_none() {
            wrong.push((name, t.sourcing_amount_wrong().to_owned()));
        }
        minor.unwrap_or(0)
    };
    let split_minor = amount("split_cost", &entered.split_cost);
    let per_100_km_minor = amount("per_100_km", &entered.per_100_km);
    let full_load_minor = amount("full_load", &entered.full_load);
    let late_day_minor = amount("late_day", &entered.late_day);
    let first_minor = amount("first_price", &entered.first_price);
    let step_minor = amount("step_price", &entered.step_price);
    let mut number = |name: &'static str, text: &str| {
        let number = text.parse::<u32>().ok();
        if number.is_none() {
            wrong.push((name, t.sourcing_number_wrong(0, GRAMS_MAX)));
        }
        number.unwrap_or(1)
    };
    let settings = SourcingSettings {
        split,
        parcels_max: number("parcels_max", &entered.parcels_max),
        split_minor,
        per_100_km_minor,
        full_load_minor,
        late_day_minor,
        freight: ParcelRate {
            first_grams: number("first_grams", &entered.first_grams),
            first_minor,
            step_grams: number("step_grams", &entered.step_grams),
            step_minor,
        },
        backlog_days: number("backlog_days", &entered.backlog_days),
        apart: apart.unwrap_or_default(),
        merge: MergeRule {
            mode,
            window_minutes: number("merge_window", &entered.merge_window),
            max_grams: number("merge_grams", &entered.merge_grams),
        },
        locations: Default::default(),
    };
    if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
}

/// Pairs of goods, one a line; none if a line is not two of them.
fn read_apart(text: &str) -> Option<Vec<Pair>> {
    let pair = |line: &str| {
        let mut kinds = line.split_whitespace().map(str::to_owned);
        let (one, other) = (kinds.next()?, kinds.next()?);
        kinds.next().is_none().then(|| Pair { one: one.into(), other: other.into() })
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(pair).collect()
}

fn at_field(wrong: &Wrong, t: Words) -> (&'static str, String) {
    let name = match wrong.field {
        "split_minor" => "split_cost",
        "per_100_km_minor" => "per_100_km",
        "full_load_minor" => "full_load",
        "late_day_minor" => "late_day",
        "merge.window_minutes" => "merge_window",
        "merge.max_grams" => "merge_grams",
        "freight.first_grams" => "first_grams",
        "freight.first_minor" => "first_price",
        "freight.step_grams" => "step_grams",
        "freight.step_minor" => "step_price",
        same => same,
    };
    let is_amount = !matches!(
        name,
        "parcels_max"
            | "backlog_days"
            | "first_grams"
            | "step_grams"
            | "merge_window"
            | "merge_grams"
    );
    let words = match wrong.flaw {
        Flaw::NoPair => t.sourcing_apart_wrong().to_owned(),
        Flaw::Unknown if name == "apart" => t.sourcing_apart_unknown().to_owned(),
        Flaw::TooMany(most) if name == "apart" => t.sourcing_too_many(most),
        Flaw::OutOfRange(least, most) if !is_amount => t.sourcing_number_wrong(least, most),
        // Of a location that has gone since: its own page tells.
        _ if wrong.location.is_some() => {
            return ("", t.sourcing_location_gone(wrong.location.as_deref().unwrap_or_default()));
        }
        _ => t.sourcing_amount_wrong().to_owned(),
    };
    (name, words)
}
