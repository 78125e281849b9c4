//! What there is to do at the own location, and taking a list.

use axum::extract::Form;
use axum::response::{IntoResponse, Redirect, Response};
use ordermill_app::pick_list::{PickError, take, take_next};
use ordermill_domain::ids::PickListId;
use ordermill_domain::pick_list::{ListError, PickList, State, from_number, number};
use ordermill_pages::Page;
use ordermill_pages::pda::home::{HomePage, ListLink};
use ordermill_storage::{Error, Tx, pick_list as stored};

use super::super::desk::Desk;
use super::super::pairs::Pairs;
use super::super::route::{Needs, Routes};
use super::super::trouble::Trouble;

/// Lists that wait, counted up to so many.
const WAITING_MAX: i64 = 200;
const TO_PUT_AWAY_MAX: i64 = 500;

pub(super) fn routes() -> Routes {
    Routes::default().get("/pda", Needs::Floor, show).post("/pda/next", Needs::Floor, next).post(
        "/pda/take",
        Needs::Floor,
        take_scanned,
    )
}

/// Where a list is picked.
pub(super) fn href_of(id: PickListId) -> String {
    format!("/pda/lists/{id}")
}

async fn show(desk: Desk) -> Result<Response, Trouble> {
    Ok(Page(page(&desk, None).await?).into_response())
}

async fn page(desk: &Desk, trouble: Option<String>) -> Result<HomePage, Trouble> {
    let staff = desk.member.staff();
    let (by, at) = (staff.id, staff.location);
    let load = move |tx: &mut Tx<'_>| {
        let mut in_hand = Vec::new();
        for id in stored::in_hand(tx, by)? {
            in_hand.extend(stored::fetch(tx, id)?);
        }
        let Some(at) = at else { return Ok((in_hand, 0, 0)) };
        let open = stored::Filter { state: Some(State::Open), wave: None };
        let waiting = stored::list(tx, at, open, None, WAITING_MAX)?.len();
        let back = stored::to_put_away(tx, at, None, TO_PUT_AWAY_MAX)?;
        let back: i64 = back.iter().map(|(_, line)| line.picked - line.returned).sum();
        Ok::<_, Error>((in_hand, waiting, back))
    };
    let (in_hand, waiting, to_put_away) = desk.site.services().database().snapshot(load).await?;
    let catalog = desk.site.services().catalog();
    let place = at.and_then(|at| catalog.location(at)).map(|place| place.code.clone());
    Ok(HomePage {
        shell: desk.shell(),
        person: staff.name.clone(),
        place: place.unwrap_or_default(),
        in_hand: in_hand.iter().map(link).collect(),
        waiting,
        to_put_away,
        trouble,
    })
}

fn link(list: &PickList) -> ListLink {
    let facts = list.facts();
    ListLink {
        href: href_of(facts.id),
        number: number(facts.id),
        left: facts.lines.iter().map(|line| line.left()).sum(),
        stops: facts.lines.iter().filter(|line| line.left() > 0).count(),
    }
}

async fn next(desk: Desk) -> Result<Response, Trouble> {
    let staff = desk.member.staff();
    let (by, Some(at)) = (staff.id, staff.location) else { return Err(Trouble::NotFound) };
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let work = move |tx: &mut Tx<'_>| take_next(tx, &principal, &act, at, by);
    match desk.site.services().database().write(work).await {
        Ok(Some(list)) => Ok(Redirect::to(&href_of(list.facts().id)).into_response()),
        Ok(None) => Ok(Redirect::to("/pda").into_response()),
        Err(error) => refused(&desk, error).await,
    }
}

async fn take_scanned(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let Some(id) = from_number(&pairs.one("scan")) else {
        return refused(&desk, PickError::NotFound).await;
    };
    let (principal, act, by) = (desk.member.principal.clone(), desk.act(), desk.member.staff().id);
    let work = move |tx: &mut Tx<'_>| take(tx, &principal, &act, id, by);
    match desk.site.services().database().write(work).await {
        Ok(list) => Ok(Redirect::to(&href_of(list.facts().id)).into_response()),
        Err(error) => refused(&desk, error).await,
    }
}

async fn refused(desk: &Desk, error: PickError) -> Result<Response, Trouble> {
    let t = desk.t();
    let text = match error {
        PickError::NotFound | PickError::Forbidden(_) => t.pda_no_list(),
        PickError::List(ListError::Done) => t.pda_list_done(),
        PickError::List(_) | PickError::KeyReused => t.pda_taken(),
        PickError::Work(error) => return Err(error.into_storage().into()),
        PickError::Storage(error) => return Err(error.into()),
    };
    let page = page(desk, Some(text.to_owned())).await?;
    Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}
