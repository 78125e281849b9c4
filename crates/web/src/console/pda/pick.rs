//! Picking: the screen of one list, its plain form, and the scans that the script sends.

use axum::Json;
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::catalog::Catalog;
use ordermill_app::pick_list::{
    Answer, Asked, Outcome, PickError, Sent, hand_back, may_pick, stops, work,
};
use ordermill_domain::fulfillment::ShortReason;
use ordermill_domain::ids::PickListId;
use ordermill_domain::pick_list::number;
use ordermill_domain::scan::Gtin;
use ordermill_pages::pda::pick::{PickPage, Stop, step};
use ordermill_pages::ui::Toast;
use ordermill_pages::{Page, Words};
use ordermill_storage::{Error, Tx, pick_list as stored};
use serde::{Deserialize, Serialize};

use super::super::catalog::art_of;
use super::super::desk::Desk;
use super::super::pairs::Pairs;
use super::super::route::{Needs, Routes};
use super::super::trouble::Trouble;
use super::home::href_of;

/// Letters of the key that a device gives to a scan.
const KEY_CHARS_MAX: usize = 64;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/pda/lists/{list}", Needs::Floor, show)
        .post("/pda/lists/{list}", Needs::Floor, plain)
        .post("/pda/lists/{list}/scans", Needs::Floor, scanned)
        .post("/pda/lists/{list}/hand-back", Needs::Floor, give_back)
}

/// What the script sends.
#[derive(Debug, Deserialize)]
struct Scanned {
    key: String,
    #[serde(default)]
    line: Option<i64>,
    #[serde(rename = "do")]
    what: String,
    #[serde(default)]
    scan: String,
    #[serde(default)]
    reason: String,
}

/// What the script is told.
#[derive(Debug, Serialize)]
struct Told {
    is_taken: bool,
    outcome: Outcome,
    message: String,
}

async fn page(
    desk: &Desk,
    id: PickListId,
    feedback: Option<(bool, String)>,
) -> Result<PickPage, Trouble> {
    let load = move |tx: &mut Tx<'_>| {
        let Some(list) = stored::fetch(tx, id)? else { return Ok(None) };
        let stops = stops(tx, &list)?;
        Ok::<_, Error>(Some((list, stops)))
    };
    let found = desk.site.services().database().snapshot(load).await?;
    let (list, found) = found.ok_or(Trouble::NotFound)?;
    let is_theirs = list.facts().picker == Some(desk.member.staff().id);
    may_pick(&desk.member.principal, list.facts().location).map_err(|_| Trouble::NotFound)?;
    if !is_theirs {
        return Err(Trouble::NotFound);
    }
    let (catalog, t) = (desk.site.services().catalog(), desk.t());
    let place = catalog.location(list.facts().location).map(|place| place.code.clone());
    Ok(PickPage {
        shell: desk.shell(),
        href: href_of(id),
        number: number(id),
        place: place.unwrap_or_default(),
        key: desk.key(),
        stops: found.into_iter().map(|it| stop(it, &catalog, t)).collect(),
        feedback,
    })
}

fn stop(
    ordermill_app::pick_list::Stop { line, bin }: ordermill_app::pick_list::Stop,
    catalog: &Catalog,
    t: Words,
) -> Stop {
    let sku = catalog.sku(line.sku);
    let gtin = sku.and_then(|sku| sku.gtin.as_deref()).and_then(Gtin::read);
    Stop {
        no: line.no,
        bin,
        sku: sku.map(|sku| sku.code.clone()).unwrap_or_default(),
        gtin: gtin.map(|gtin| gtin.as_str().to_owned()).unwrap_or_default(),
        name: sku.map(|sku| t.pick(sku.name.zh(), sku.name.en()).to_owned()).unwrap_or_default(),
        lot: line.lot,
        tote: line.tote,
        need: line.quantity,
        picked: line.picked,
        out: line.short + line.dropped,
        step: step(line.step),
        seen: line.is_lot_seen,
        art: sku.map(art_of).unwrap_or_default(),
    }
}

async fn show(desk: Desk, Path(list): Path<String>) -> Result<Response, Trouble> {
    let id = list.parse().map_err(|_| Trouble::NotFound)?;
    let feedback = desk.shell().toast.map(|toast| (true, toast.text));
    Ok(Page(page(&desk, id, feedback).await?).into_response())
}

fn short_reason(text: &str) -> Result<ShortReason, Trouble> {
    text.parse().map_err(|_| Trouble::NotFound)
}

async fn follow(desk: &Desk, id: PickListId, sent: Sent) -> Result<Answer, Trouble> {
    let (principal, act, by) = (desk.member.principal.clone(), desk.act(), desk.member.staff().id);
    let catalog = desk.site.services().catalog();
    let command = move |tx: &mut Tx<'_>| work(tx, &catalog, (&principal, by), &act, id, &sent);
    match desk.site.services().database().write(command).await {
        Ok(answer) => Ok(answer),
        Err(PickError::NotFound | PickError::Forbidden(_) | PickError::List(_)) => {
            Err(Trouble::NotFound)
        }
        Err(PickError::KeyReused) => Err(Trouble::Refused(href_of(id))),
        Err(PickError::Work(error)) => Err(error.into_storage().into()),
        Err(PickError::Storage(error)) => Err(error.into()),
    }
}

/// What came of a scan, in words.
fn said(answer: &Answer, t: Words) -> String {
    let expected = &answer.expected;
    match answer.outcome {
        Outcome::BinFound | Outcome::ItemSeen | Outcome::Picked => t.pick_right().to_owned(),
        Outcome::PutBack => t.pick_undone().to_owned(),
        Outcome::Short | Outcome::OtherBin => t.pick_shorted().to_owned(),
        Outcome::WrongBin => format!("{} {expected}", t.pick_wrong_bin()),
        Outcome::WrongItem => format!("{} {expected}", t.pick_wrong_item()),
        Outcome::WrongLot => format!("{} {expected}", t.pick_wrong_lot()),
        Outcome::Unreadable => t.pick_unreadable().to_owned(),
        Outcome::TooMany => t.pick_too_many(expected),
        Outcome::OtherLine => t.pick_other_line().to_owned(),
        Outcome::Canceled => t.pick_canceled().to_owned(),
        Outcome::NotYours => t.pda_taken().to_owned(),
        Outcome::Done => t.pda_list_done().to_owned(),
        Outcome::NothingToUndo => t.pick_nothing().to_owned(),
    }
}

/// The form without a script: one scan, one answer, one page.
async fn plain(
    desk: Desk,
    Path(list): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let id: PickListId = list.parse().map_err(|_| Trouble::NotFound)?;
    let what = pairs.one("do");
    let asked = match what.split_once('-') {
        Some(("short", reason)) => Asked::Short { pieces: None, reason: short_reason(reason)? },
        _ if what == "undo" => Asked::Undo,
        _ => Asked::Scan { text: pairs.one("scan"), pieces: 1 },
    };
    // An undo is about the newest pick, whichever line the page has at hand.
    let line = if asked == Asked::Undo { None } else { pairs.one("line").parse().ok() };
    let key: String = pairs.one("key").chars().take(KEY_CHARS_MAX).collect();
    let key = (!key.is_empty()).then_some(key);
    let answer = follow(&desk, id, Sent { key, line, asked }).await?;
    let text = said(&answer, desk.t());
    if answer.outcome.is_taken() {
        return Ok(desk.done(&href_of(id), &Toast::new(&text)));
    }
    let page = page(&desk, id, Some((false, text))).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

/// One scan of the queue of a device.
async fn scanned(
    desk: Desk,
    Path(list): Path<String>,
    Json(it): Json<Scanned>,
) -> Result<Response, Trouble> {
    let id: PickListId = list.parse().map_err(|_| Trouble::NotFound)?;
    let asked = match it.what.as_str() {
        "scan" => Asked::Scan { text: it.scan, pieces: 1 },
        "undo" => Asked::Undo,
        "short" => Asked::Short { pieces: None, reason: short_reason(&it.reason)? },
        _ => return Err(Trouble::NotFound),
    };
    let key: String = it.key.chars().take(KEY_CHARS_MAX).collect();
    let answer = follow(&desk, id, Sent { key: Some(key), line: it.line, asked }).await?;
    let told = Told {
        is_taken: answer.outcome.is_taken(),
        outcome: answer.outcome,
        message: said(&answer, desk.t()),
    };
    Ok(Json(told).into_response())
}

async fn give_back(desk: Desk, Path(list): Path<String>) -> Result<Response, Trouble> {
    let id: PickListId = list.parse().map_err(|_| Trouble::NotFound)?;
    let (principal, act, by) = (desk.member.principal.clone(), desk.act(), desk.member.staff().id);
    let command = move |tx: &mut Tx<'_>| hand_back(tx, &principal, &act, id, by);
    match desk.site.services().database().write(command).await {
        Ok(()) => Ok(desk.done("/pda", &Toast::new(desk.t().pick_handed_back()))),
        Err(PickError::Storage(error)) => Err(error.into()),
        Err(_) => Err(Trouble::NotFound),
    }
}
