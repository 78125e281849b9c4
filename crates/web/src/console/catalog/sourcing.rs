//! What holds for one location when locations are chosen: where it ships to, and what it does not ship.

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::catalog::Catalog;
use ordermill_app::catalog::settings::read;
use ordermill_app::sourcing::edit::{EditError, Flaw, edit};
use ordermill_app::sourcing::settings::LocationRule;
use ordermill_app::sourcing::{SourcingSettings, regions};
use ordermill_base::Money;
use ordermill_domain::role::Permission;
use ordermill_pages::console::Section;
use ordermill_pages::console::form::FormPage;
use ordermill_pages::console::sourcing::{self as view, LocationRuleEntered};
use ordermill_pages::ui::{FormErrors, Toast};
use ordermill_pages::{Page, Words};
use ordermill_storage::{Error, Tx};

use super::locations::href_of;
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;

pub(super) fn routes() -> Routes {
    let change = Needs::Right(Permission::ChangeRules);
    Routes::default().get("/console/catalog/locations/of/{location}/sourcing", change, show).post(
        "/console/catalog/locations/of/{location}/sourcing",
        change,
        save,
    )
}

fn here(code: &str) -> String {
    format!("{}/sourcing", href_of(code))
}

fn page(desk: &Desk, code: &str, entered: &LocationRuleEntered, version: i64) -> FormPage {
    let t = desk.t();
    FormPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Catalog),
        title: t.sourcing_location_rule(code),
        lead: t.sourcing_location_lead().to_owned(),
        back: (href_of(code), code.to_owned()),
        actions: Vec::new(),
        errors: FormErrors::default(),
        action: here(code),
        values: vec![("version", version.to_string())],
        groups: view::location_rule(entered, t),
        button: t.settings_save().to_owned(),
    }
}

fn known(catalog: &Catalog, code: &str) -> Result<(), Trouble> {
    let is_known = catalog.locations().iter().any(|it| it.code == code);
    is_known.then_some(()).ok_or(Trouble::NotFound)
}

async fn show(desk: Desk, Path(code): Path<String>) -> Result<Response, Trouble> {
    let catalog = desk.site.services().catalog();
    known(&catalog, &code)?;
    let read = |tx: &mut Tx<'_>| read::<SourcingSettings>(tx);
    let (settings, version) = desk.site.services().database().read(read).await?;
    let rule = settings.locations.get(&code).cloned().unwrap_or_default();
    let categories: Vec<&str> = rule.excluded_categories.iter().map(String::as_str).collect();
    let entered = LocationRuleEntered {
        regions: regions::write(&rule.regions).join(" "),
        excluded_categories: categories.join(" "),
        parcel_cost: Money::new(rule.parcel_minor.into(), catalog.shop.currency).to_decimal(),
    };
    Ok(Page(page(&desk, &code, &entered, version)).into_response())
}

async fn save(
    desk: Desk,
    Path(code): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, catalog) = (desk.t(), desk.site.services().catalog());
    known(&catalog, &code)?;
    let version: i64 = pairs.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let entered = LocationRuleEntered {
        regions: pairs.one("regions"),
        excluded_categories: pairs.one("excluded_categories"),
        parcel_cost: pairs.one("parcel_cost"),
    };
    let refused = |wrong: &[(&'static str, String)]| {
        let page = page(&desk, &code, &entered, version).refused(wrong);
        (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
    };
    let rule = match wanted(&entered, &catalog, t) {
        Ok(rule) => rule,
        Err(wrong) => return Ok(refused(&wrong)),
    };
    let (principal, act, place) = (desk.member.principal.clone(), desk.act(), code.clone());
    let change = move |tx: &mut Tx<'_>| {
        let mut wanted = read::<SourcingSettings>(tx)?.0;
        wanted.locations.insert(place.clone(), rule.clone());
        edit(tx, &catalog, &principal, &act, wanted, version)
    };
    match desk.site.services().database().write(change).await {
        Ok(_) => {
            desk.site.services().catalog_changed().await;
            Ok(desk.done(&here(&code), &Toast::new(t.sourcing_saved())))
        }
        Err(EditError::Invalid(wrong)) => {
            let at = |field: &str| match field {
                "regions" => "regions",
                "excluded_categories" => "excluded_categories",
                "parcel_minor" => "parcel_cost",
                _ => "",
            };
            let words = |flaw: Flaw| match flaw {
                Flaw::TooMany(most) => t.sourcing_too_many(most),
                Flaw::OutOfRange(..) => t.sourcing_amount_wrong().to_owned(),
                Flaw::Unknown | Flaw::NoPair => t.settings_choose().to_owned(),
            };
            let wrong: Vec<_> =
                wrong.iter().map(|wrong| (at(wrong.field), words(wrong.flaw))).collect();
            Ok(refused(&wrong))
        }
        Err(EditError::Forbidden(forbidden)) => Err(forbidden.into()),
        Err(EditError::Storage(Error::Stale(_))) => Err(Trouble::Stale(here(&code))),
        Err(EditError::Storage(error)) => Err(error.into()),
    }
}

/// What was entered, or what is wrong with it.
fn wanted(
    entered: &LocationRuleEntered,
    catalog: &Catalog,
    t: Words,
) -> Result<LocationRule, Vec<(&'static str, String)>> {
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|it: char| it.is_whitespace() || matches!(it, ',' | '，' | '、'));
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let mut wrong = Vec::new();
    let mut rule = LocationRule::default();
    for text in words(&entered.regions) {
        match regions::read(&text) {
            Some(region) => rule.regions.push(region),
            None => wrong.push(("regions", t.sourcing_regions_wrong(&text))),
        }
    }
    for code in words(&entered.excluded_categories) {
        if catalog.categories().iter().any(|it| it.code == code) {
            rule.excluded_categories.insert(code);
        } else {
            wrong.push(("excluded_categories", t.sourcing_excluded_wrong(&code)));
        }
    }
    let cost = match entered.parcel_cost.trim() {
        "" => Some(0),
        text => Money::parse(text, catalog.shop.currency)
            .ok()
            .and_then(|money| u32::try_from(money.minor).ok()),
    };
    match cost {
        Some(minor) => rule.parcel_minor = minor,
        None => wrong.push(("parcel_cost", t.sourcing_amount_wrong().to_owned())),
    }
    if wrong.is_empty() { Ok(rule) } else { Err(wrong) }
}
