//! Receiving, putting away, counting and sending on, at the own location: the screen, its plain form, and
//! the scans that the script sends.

use axum::Json;
use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::hand_work::{Answer, Asked, HandError, Outcome, Sent, work};
use ordermill_base::Id as _;
use ordermill_domain::hand_work::{HandWork, Kind, Lot};
use ordermill_domain::ids::{BinId, LocationId, SkuId};
use ordermill_domain::pick_list::number;
use ordermill_domain::scan::Gtin;
use ordermill_domain::task::TaskKind;
use ordermill_pages::Page;
use ordermill_pages::pda::hand::{HandPage, HandView, asks, href, title};
use ordermill_pages::ui::Toast;
use ordermill_storage::{Error, Tx, hand_work as stored, location, pick_list, task};
use serde::{Deserialize, Serialize};

use super::super::desk::Desk;
use super::super::pairs::Pairs;
use super::super::route::{Needs, Routes};
use super::super::trouble::Trouble;

/// Lines of what waits that are shown.
const WAITING_SHOWN: i64 = 50;
/// Letters of the key that a device gives to a scan.
const KEY_CHARS_MAX: usize = 64;
/// Letters of a lot at most.
const LOT_CHARS_MAX: usize = 40;

pub(super) fn routes() -> Routes {
    use Kind::{Count, PutAway, Receive, Transfer};
    type Sent = Json<Scanned>;
    let floor = Needs::Floor;
    Routes::default()
        .get("/pda/receive", floor, async |desk: Desk| show(&desk, Receive).await)
        .post("/pda/receive", floor, async |desk: Desk, form: Form<Pairs>| {
            plain(&desk, Receive, &form).await
        })
        .post("/pda/receive/scans", floor, async |desk: Desk, Json(it): Sent| {
            scanned(&desk, Receive, it).await
        })
        .get("/pda/put-away", floor, async |desk: Desk| show(&desk, PutAway).await)
        .post("/pda/put-away", floor, async |desk: Desk, form: Form<Pairs>| {
            plain(&desk, PutAway, &form).await
        })
        .post("/pda/put-away/scans", floor, async |desk: Desk, Json(it): Sent| {
            scanned(&desk, PutAway, it).await
        })
        .get("/pda/count", floor, async |desk: Desk| show(&desk, Count).await)
        .post("/pda/count", floor, async |desk: Desk, form: Form<Pairs>| {
            plain(&desk, Count, &form).await
        })
        .post("/pda/count/scans", floor, async |desk: Desk, Json(it): Sent| {
            scanned(&desk, Count, it).await
        })
        .get("/pda/transfer", floor, async |desk: Desk| show(&desk, Transfer).await)
        .post("/pda/transfer", floor, async |desk: Desk, form: Form<Pairs>| {
            plain(&desk, Transfer, &form).await
        })
        .post("/pda/transfer/scans", floor, async |desk: Desk, Json(it): Sent| {
            scanned(&desk, Transfer, it).await
        })
}

/// What the script sends.
#[derive(Debug, Deserialize)]
struct Scanned {
    key: String,
    #[serde(rename = "do")]
    what: String,
    #[serde(default)]
    scan: String,
}

/// What the script is told.
#[derive(Debug, Serialize)]
struct Told {
    is_taken: bool,
    outcome: Outcome,
    message: String,
    view: HandView,
}

/// Where they work; only there can anything be done by hand.
fn place(desk: &Desk) -> Result<LocationId, Trouble> {
    desk.member.staff().location.ok_or(Trouble::NotFound)
}

async fn view(desk: &Desk, work: &HandWork) -> Result<HandView, Trouble> {
    let (t, catalog) = (desk.t(), desk.site.services().catalog());
    let bin = match work.bin {
        Some(bin) => {
            let find = move |tx: &mut Tx<'_>| location::fetch_bin(tx, bin);
            desk.site.services().database().read(find).await?.map(|bin| bin.code)
        }
        None => None,
    };
    let item = work.item.as_ref();
    let sku = item.and_then(|item| catalog.sku(item.sku));
    let gtin = sku.and_then(|sku| sku.gtin.as_deref()).and_then(Gtin::read);
    let lot = item.and_then(|item| item.lot.as_ref()).map(|lot| lot.code.clone());
    Ok(HandView {
        step: work.step().code(),
        bin: bin.unwrap_or_default(),
        sku: sku.map(|sku| sku.code.clone()).unwrap_or_default(),
        gtin: gtin.map(|gtin| gtin.as_str().to_owned()).unwrap_or_default(),
        name: sku.map(|sku| t.pick(sku.name.zh(), sku.name.en()).to_owned()).unwrap_or_default(),
        lot: lot.unwrap_or_default(),
        pieces: item.map_or(0, |item| item.pieces),
    })
}

async fn page(
    desk: &Desk,
    kind: Kind,
    feedback: Option<(bool, String)>,
) -> Result<HandPage, Trouble> {
    let (at, by) = (place(desk)?, desk.member.staff().id);
    let load = move |tx: &mut Tx<'_>| stored::fetch(tx, by, kind);
    let work = desk.site.services().database().read(load).await?;
    let catalog = desk.site.services().catalog();
    let others = catalog.locations().iter().filter(|it| it.id != at && kind == Kind::Transfer);
    Ok(HandPage {
        shell: desk.shell(),
        kind,
        place: desk.place_code(at),
        key: desk.key(),
        view: view(desk, &work).await?,
        places: others.map(|it| it.code.clone()).collect(),
        waiting: waiting(desk, kind, at).await?,
        feedback,
    })
}

/// What waits for this work here, a line each.
async fn waiting(desk: &Desk, kind: Kind, at: LocationId) -> Result<Vec<String>, Trouble> {
    let (t, catalog) = (desk.t(), desk.site.services().catalog());
    let name = |sku: SkuId| {
        catalog.sku(sku).map_or("", |sku| t.pick(sku.name.zh(), sku.name.en())).to_owned()
    };
    match kind {
        Kind::PutAway => {
            let load = move |tx: &mut Tx<'_>| pick_list::to_put_away(tx, at, None, WAITING_SHOWN);
            let found = desk.site.services().database().read(load).await?;
            let line = |(list, line): &(_, ordermill_domain::pick_list::Line)| {
                t.hand_line(line.picked - line.returned, name(line.sku), number(*list))
            };
            Ok(found.iter().map(line).collect())
        }
        Kind::Count => {
            let load = move |tx: &mut Tx<'_>| {
                let mut bins = Vec::new();
                let asked = task::subjects_open(tx, TaskKind::CountBin, WAITING_SHOWN)?;
                for id in asked.collect::<Vec<i64>>() {
                    let bin = location::fetch_bin(tx, BinId::from_raw(id))?;
                    bins.extend(bin.filter(|bin| bin.location == at).map(|bin| bin.code));
                }
                Ok::<_, Error>(bins)
            };
            Ok(desk.site.services().database().snapshot(load).await?)
        }
        Kind::Receive | Kind::Transfer => Ok(Vec::new()),
    }
}

async fn show(desk: &Desk, kind: Kind) -> Result<Response, Trouble> {
    let feedback = desk.shell().toast.map(|toast| (true, toast.text));
    Ok(Page(page(desk, kind, feedback).await?).into_response())
}

async fn follow(desk: &Desk, kind: Kind, sent: Sent) -> Result<Answer, Trouble> {
    let (at, by) = (place(desk)?, desk.member.staff().id);
    let principal = desk.member.principal.clone();
    let act = desk.act_because(title(kind, desk.t()));
    let catalog = desk.site.services().catalog();
    let command =
        move |tx: &mut Tx<'_>| work(tx, &catalog, (&principal, by), &act, (kind, at), &sent);
    match desk.site.services().database().write(command).await {
        Ok(answer) => Ok(answer),
        Err(HandError::Forbidden(forbidden)) => Err(forbidden.into()),
        Err(HandError::KeyReused) => Err(Trouble::Refused(href(kind).to_owned())),
        Err(HandError::Storage(error)) => Err(error.into()),
    }
}

/// What came of a scan, in words.
fn said(desk: &Desk, answer: &Answer) -> String {
    let t = desk.t();
    match answer.outcome {
        Outcome::Noted | Outcome::Counted => t.hand_noted().to_owned(),
        Outcome::Undone => t.hand_undone().to_owned(),
        Outcome::Booked => t.hand_booked().to_owned(),
        Outcome::AwaitsApproval => t.hand_approval().to_owned(),
        Outcome::OtherAsked => t.hand_asked(asks(answer.work.step(), t)),
        Outcome::Unknown => t.hand_unknown().to_owned(),
        Outcome::OtherItem => {
            let catalog = desk.site.services().catalog();
            let at_hand = answer.work.item.as_ref().and_then(|item| catalog.sku(item.sku));
            let name = at_hand.map(|sku| t.pick(sku.name.zh(), sku.name.en()));
            format!("{} {}", t.hand_other_item(), name.unwrap_or_default())
        }
        Outcome::OtherLot => {
            let lot = answer.work.item.as_ref().and_then(|item| item.lot.as_ref());
            format!("{} {}", t.hand_other_lot(), lot.map_or("", |lot| lot.code.as_str()))
        }
        Outcome::OtherBin => t.hand_other_bin().to_owned(),
        Outcome::NoPieces => t.hand_no_pieces().to_owned(),
        Outcome::TooMany => t.hand_too_many().to_owned(),
        Outcome::NotThere => t.hand_not_there().to_owned(),
        Outcome::NeedsLot => t.hand_needs_lot().to_owned(),
        Outcome::Claimed => t.hand_claimed().to_owned(),
        Outcome::NothingToUndo => t.hand_nothing().to_owned(),
    }
}

fn key_of(text: &str) -> Option<String> {
    let key: String = text.chars().take(KEY_CHARS_MAX).collect();
    (!key.is_empty()).then_some(key)
}

/// The form without a script: one scan, one answer, one page.
async fn plain(desk: &Desk, kind: Kind, pairs: &Pairs) -> Result<Response, Trouble> {
    let asked = match pairs.one("do").as_str() {
        "undo" => Asked::Undo,
        "pieces" => Asked::Pieces(pairs.one("pieces").trim().parse().unwrap_or(-1)),
        "lot" => Asked::Lot(Lot {
            code: pairs.one("lot").trim().chars().take(LOT_CHARS_MAX).collect(),
            expires_on: pairs.one("expires_on").parse().ok(),
        }),
        _ => Asked::Scan(pairs.one("scan")),
    };
    let answer = follow(desk, kind, Sent { key: key_of(&pairs.one("key")), asked }).await?;
    let text = said(desk, &answer);
    if answer.outcome.is_taken() {
        return Ok(desk.done(href(kind), &Toast::new(&text)));
    }
    let page = page(desk, kind, Some((false, text))).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

/// One scan of the queue of a device.
async fn scanned(desk: &Desk, kind: Kind, it: Scanned) -> Result<Response, Trouble> {
    let asked = match it.what.as_str() {
        "scan" => Asked::Scan(it.scan),
        "undo" => Asked::Undo,
        _ => return Err(Trouble::NotFound),
    };
    let answer = follow(desk, kind, Sent { key: key_of(&it.key), asked }).await?;
    let told = Told {
        is_taken: answer.outcome.is_taken(),
        outcome: answer.outcome,
        message: said(desk, &answer),
        view: view(desk, &answer.work).await?,
    };
    Ok(Json(told).into_response())
}
