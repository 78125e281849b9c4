//! Keeping carriers: the form of one, its pause, and the comparison of all.

mod compare;
mod form;

pub(super) use compare::rules_of;

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::carrier::setup::{
    CheckedAccount, KeepCarrierError, NewAccount, check_address, keep_by_hand, may_keep, set_active,
};
use ordermill_app::once::{Key, Once, OnceError, once};
use ordermill_domain::ids::CarrierId;
use ordermill_domain::role::Permission;
use ordermill_pages::Page;
use ordermill_pages::console::Section;
use ordermill_pages::console::carrier::{
    self as view, CarrierEntered, CarrierPage, Wrong, ZoneEntered,
};
use ordermill_pages::ui::Toast;
use ordermill_storage::carrier::{self, Stored};
use ordermill_storage::{Error, Tx};

use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;

const HERE: &str = "/console/logistics/carriers";
const CHANGE: Needs = Needs::Right(Permission::ChangeRules);

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/logistics/carriers/new", CHANGE, blank)
        .post("/console/logistics/carriers/new", CHANGE, create)
        .get("/console/logistics/carriers/compare", Needs::Parcels, compare::show)
        .get("/console/logistics/carriers/{carrier}", CHANGE, show)
        .post("/console/logistics/carriers/{carrier}", CHANGE, save)
        .post("/console/logistics/carriers/{carrier}/active", CHANGE, pause)
}

fn href_of(id: CarrierId) -> String {
    format!("{HERE}/{id}")
}

/// The page with what was entered and what is wrong with it; of a carrier, or of a new one.
fn page(
    desk: &Desk,
    stored: Option<&Stored>,
    version: i64,
    entered: &CarrierEntered,
    wrong: Vec<Wrong>,
) -> CarrierPage {
    let t = desk.t();
    let name = |it: &Stored| t.pick(it.carrier.name.zh(), it.carrier.name.en()).to_owned();
    let has_secret = stored.is_some_and(|it| it.account.secret.is_some());
    CarrierPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Logistics),
        title: stored.map_or_else(String::new, name),
        id: stored.map_or_else(|| "new".to_owned(), |it| it.carrier.id.to_string()),
        version,
        key: desk.key(),
        fields: view::fields(entered, form::currencies(), &wrong, t),
        refuses: view::refuses(&entered.refuses, "refuses", t.carrier_refuses(), t),
        zones: view::zones(&entered.zones, &wrong, t),
        account: view::account(entered, has_secret, &wrong, t),
        is_active: stored.map(|it| it.carrier.is_active),
        errors: wrong,
    }
}

async fn fetch(desk: &Desk, id: &str) -> Result<Stored, Trouble> {
    let id: CarrierId = id.parse().map_err(|_| Trouble::NotFound)?;
    let found = desk.site.services().database().read(move |tx| carrier::fetch(tx, id)).await?;
    found.ok_or(Trouble::NotFound)
}

async fn blank(desk: Desk) -> Result<Response, Trouble> {
    let currency = desk.site.services().catalog().shop.currency;
    let entered = form::blank(currency);
    Ok(Page(page(&desk, None, 0, &entered, Vec::new())).into_response())
}

async fn show(desk: Desk, Path(id): Path<String>) -> Result<Response, Trouble> {
    let stored = fetch(&desk, &id).await?;
    let entered = form::entered_of(&stored);
    let version = stored.carrier.version;
    Ok(Page(page(&desk, Some(&stored), version, &entered, Vec::new())).into_response())
}

/// What a button of the form does with the zones; whether it was one that only shows them anew.
fn rearranged(zones: &mut Vec<ZoneEntered>, op: &str) -> bool {
    let (verb, at) = op.split_once('.').unwrap_or((op, ""));
    let at: usize = at.parse().unwrap_or(usize::MAX);
    match verb {
        "add" => zones.push(zones.last().cloned().unwrap_or_default()),
        "remove" if at < zones.len() => drop(zones.remove(at)),
        _ => return false,
    }
    true
}

async fn create(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let mut entered = form::entered(&pairs);
    if rearranged(&mut entered.zones, &pairs.one("op")) {
        return Ok(Page(page(&desk, None, 0, &entered, Vec::new())).into_response());
    }
    let act = desk.act();
    let id: CarrierId = desk.site.services().database().ids().next(act.at);
    let (new, account) = match form::read(&entered, id, 1, true, desk.t()) {
        Ok(read) => read,
        Err(wrong) => return Ok(refused(page(&desk, None, 0, &entered, wrong))),
    };
    let (principal, vault) = (desk.member.principal.clone(), desk.site.services().vault().clone());
    let account = match checked(&desk, None, account).await {
        Ok(account) => account,
        Err(error) => match form::wrong_of(&error, &entered, desk.t()) {
            Some(wrong) => return Ok(refused(page(&desk, None, 0, &entered, wrong))),
            None => return Err(trouble_of(error, HERE)),
        },
    };
    let staff = desk.member.staff().id;
    let key = Key::of_form(staff, "carrier", &pairs.one("key"), pairs.entered().as_bytes());
    let work = move |tx: &mut Tx<'_>| {
        once(tx, key.as_ref(), act.at, |tx| {
            keep_by_hand(tx, &principal, &act, &vault, &new, &account).map(|()| (id, ()))
        })
    };
    let made: Result<Once<CarrierId, ()>, _> = desk.site.services().database().write(work).await;
    desk.site.services().catalog_changed().await;
    match made {
        Ok(made) => Ok(desk.done(&href_of(made.id()), &Toast::new(desk.t().carrier_saved()))),
        Err(OnceError::KeyReused) => Err(Trouble::Refused(HERE.to_owned())),
        Err(OnceError::Other(error)) => match form::wrong_of(&error, &entered, desk.t()) {
            Some(wrong) => Ok(refused(page(&desk, None, 0, &entered, wrong))),
            None => Err(trouble_of(error, HERE)),
        },
    }
}

async fn save(
    desk: Desk,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let stored = fetch(&desk, &id).await?;
    let version: i64 = pairs.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let mut entered = form::entered(&pairs);
    if rearranged(&mut entered.zones, &pairs.one("op")) {
        let page = page(&desk, Some(&stored), version, &entered, Vec::new());
        return Ok(Page(page).into_response());
    }
    let it = &stored.carrier;
    let (wanted, account) = match form::read(&entered, it.id, version, it.is_active, desk.t()) {
        Ok(read) => read,
        Err(wrong) => return Ok(refused(page(&desk, Some(&stored), version, &entered, wrong))),
    };
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let vault = desk.site.services().vault().clone();
    let href = href_of(it.id);
    let kept = match checked(&desk, Some(&stored), account).await {
        Err(error) => Err(error),
        Ok(account) => {
            let work = move |tx: &mut Tx<'_>| {
                keep_by_hand(tx, &principal, &act, &vault, &wanted, &account)
            };
            let kept = desk.site.services().database().write(work).await;
            desk.site.services().catalog_changed().await;
            kept
        }
    };
    match kept {
        Ok(()) => Ok(desk.done(&href, &Toast::new(desk.t().carrier_saved()))),
        Err(error) => match form::wrong_of(&error, &entered, desk.t()) {
            Some(wrong) => Ok(refused(page(&desk, Some(&stored), version, &entered, wrong))),
            None => Err(trouble_of(error, &href)),
        },
    }
}

/// An account whose address may be called, entered by somebody who may.
async fn checked(
    desk: &Desk,
    known: Option<&Stored>,
    account: NewAccount,
) -> Result<CheckedAccount, KeepCarrierError> {
    may_keep(&desk.member.principal)?;
    check_address(&**desk.site.services().messenger(), known, account).await
}

async fn pause(
    desk: Desk,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let id: CarrierId = id.parse().map_err(|_| Trouble::NotFound)?;
    let version: i64 = pairs.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let is_active = pairs.one("is_active") == "1";
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let vault = desk.site.services().vault().clone();
    let work =
        move |tx: &mut Tx<'_>| set_active(tx, &principal, &act, &vault, (id, version), is_active);
    let done = desk.site.services().database().write(work).await;
    done.map_err(|error| trouble_of(error, &href_of(id)))?;
    desk.site.services().catalog_changed().await;
    let t = desk.t();
    let told = if is_active { t.carrier_resumed() } else { t.carrier_paused() };
    Ok(desk.done(&href_of(id), &Toast::new(told)))
}

fn refused(page: CarrierPage) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
}

fn trouble_of(error: KeepCarrierError, href: &str) -> Trouble {
    match error {
        KeepCarrierError::Forbidden(forbidden) => forbidden.into(),
        KeepCarrierError::NotFound(_) => Trouble::NotFound,
        KeepCarrierError::Stale | KeepCarrierError::Storage(Error::Stale(_)) => {
            Trouble::Stale(href.to_owned())
        }
        KeepCarrierError::Invalid(_) | KeepCarrierError::CodeTaken(_) => {
            Trouble::Refused(href.to_owned())
        }
        KeepCarrierError::Storage(error) => error.into(),
    }
}
