//! Receiving, putting away, counting and sending on, at the own location.

use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use ordermill_app::approval::{Decision, decide_once};
use ordermill_app::catalog::Sku;
use ordermill_app::once::{Key, OnceError};
use ordermill_app::pick_list::{PickError, put_away};
use ordermill_app::stock::{Lot, Spot, StockError};
use ordermill_app::stock_desk::{BookError, Booking, book};
use ordermill_base::{Id as _, Quantity};
use ordermill_domain::ids::{BinId, LocationId, SkuId};
use ordermill_domain::pick_list::number;
use ordermill_domain::scan::Scan;
use ordermill_domain::task::TaskKind;
use ordermill_pages::Page;
use ordermill_pages::pda::desk::{DeskEntered, DeskPage, Work};
use ordermill_pages::ui::{Choice, Toast};
use ordermill_storage::{Error, Tx, location, pick_list as stored, task};

use super::super::desk::Desk;
use super::super::pairs::Pairs;
use super::super::route::{Needs, Routes};
use super::super::stock::refusal;
use super::super::trouble::Trouble;

/// Lines of what waits that are shown.
const WAITING_SHOWN: i64 = 50;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/pda/receive", Needs::Floor, async |desk: Desk| show(&desk, Work::Receive).await)
        .post("/pda/receive", Needs::Floor, async |desk: Desk, form: Form<Pairs>| {
            enter(&desk, Work::Receive, &form).await
        })
        .get("/pda/put-away", Needs::Floor, async |desk: Desk| show(&desk, Work::PutAway).await)
        .post("/pda/put-away", Needs::Floor, async |desk: Desk, form: Form<Pairs>| {
            enter(&desk, Work::PutAway, &form).await
        })
        .get("/pda/count", Needs::Floor, async |desk: Desk| show(&desk, Work::Count).await)
        .post("/pda/count", Needs::Floor, async |desk: Desk, form: Form<Pairs>| {
            enter(&desk, Work::Count, &form).await
        })
        .get("/pda/transfer", Needs::Floor, async |desk: Desk| show(&desk, Work::Transfer).await)
        .post("/pda/transfer", Needs::Floor, async |desk: Desk, form: Form<Pairs>| {
            enter(&desk, Work::Transfer, &form).await
        })
}

type Wrong = Vec<(&'static str, String)>;

/// Where they work; only there can anything be done by hand.
fn place(desk: &Desk) -> Result<LocationId, Trouble> {
    desk.member.staff().location.ok_or(Trouble::NotFound)
}

async fn page(
    desk: &Desk,
    work: Work,
    entered: &DeskEntered,
    wrong: &Wrong,
) -> Result<DeskPage, Trouble> {
    let at = place(desk)?;
    let waiting = waiting(desk, work, at).await?;
    let catalog = desk.site.services().catalog();
    let others = catalog.locations().iter().filter(|it| it.id != at);
    let places = others.map(|it| Choice::new(it.code.clone(), it.code.clone())).collect();
    Ok(DeskPage::new(desk.shell(), work, desk.key(), (entered, places), waiting, wrong))
}

/// What waits for this work here, a line each.
async fn waiting(desk: &Desk, work: Work, at: LocationId) -> Result<Vec<String>, Trouble> {
    let (t, catalog) = (desk.t(), desk.site.services().catalog());
    let name = |sku: SkuId| {
        catalog.sku(sku).map_or("", |sku| t.pick(sku.name.zh(), sku.name.en())).to_owned()
    };
    match work {
        Work::PutAway => {
            let load = move |tx: &mut Tx<'_>| stored::to_put_away(tx, at, WAITING_SHOWN);
            let found = desk.site.services().database().read(load).await?;
            let line = |(list, line): &(_, ordermill_domain::pick_list::Line)| {
                t.desk_line(line.picked - line.returned, name(line.sku), number(*list))
            };
            Ok(found.iter().map(line).collect())
        }
        Work::Count => {
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
        Work::Receive | Work::Transfer => Ok(Vec::new()),
    }
}

async fn show(desk: &Desk, work: Work) -> Result<Response, Trouble> {
    let page = page(desk, work, &DeskEntered::default(), &Wrong::new()).await?;
    Ok(Page(page).into_response())
}

/// What was entered, as far as it can be told without the database.
struct Wanted {
    sku: SkuId,
    bin: String,
    lot: Option<Lot>,
    pieces: i64,
    to: Option<LocationId>,
}

fn read(desk: &Desk, work: Work, entered: &DeskEntered) -> Result<Wanted, Wrong> {
    let (t, catalog) = (desk.t(), desk.site.services().catalog());
    let mut wrong = Wrong::new();
    let scan = Scan::read(&entered.item).ok();
    let is_it = |sku: &Sku, scan: &Scan| scan.is_of(sku.gtin.as_deref(), &sku.code);
    let found = scan.as_ref().and_then(|scan| match scan {
        Scan::Goods(goods) => goods.gtin.spellings().find_map(|gtin| catalog.by_gtin(gtin)),
        Scan::Label(code) => catalog.by_code(code).filter(|sku| is_it(sku, scan)),
    });
    if found.is_none() {
        wrong.push(("item", t.desk_no_item().to_owned()));
    }
    let pieces: Option<i64> = entered.pieces.parse().ok();
    let least = i64::from(work != Work::Count);
    let pieces = pieces.filter(|pieces| (least..=9_999_999).contains(pieces));
    if pieces.is_none() {
        wrong.push(("pieces", t.desk_pieces_wrong().to_owned()));
    }
    // What the barcode tells need not be typed.
    let told = match &scan {
        Some(Scan::Goods(goods)) => (goods.lot.clone(), goods.expires_on),
        _ => (None, None),
    };
    let typed: Option<Date> = entered.expires_on.parse().ok();
    if typed.is_none() && !entered.expires_on.is_empty() {
        wrong.push(("expires_on", t.desk_day_wrong().to_owned()));
    }
    let code = if entered.lot.is_empty() { told.0 } else { Some(entered.lot.clone()) };
    let lot = code.map(|code| Lot { code, expires_on: typed.or(told.1) });
    let to = catalog.location_by_code(&entered.to).map(|place| place.id);
    if work == Work::Transfer && to.is_none() {
        wrong.push(("to", t.settings_choose().to_owned()));
    }
    match (found, pieces) {
        (Some(sku), Some(pieces)) if wrong.is_empty() => {
            let bin = entered.bin.trim().to_uppercase();
            Ok(Wanted { sku: sku.id, bin, lot, pieces, to })
        }
        _ => Err(wrong),
    }
}

async fn enter(desk: &Desk, work: Work, pairs: &Pairs) -> Result<Response, Trouble> {
    let entered = DeskEntered {
        bin: pairs.one("bin"),
        item: pairs.one("item"),
        lot: pairs.one("lot"),
        expires_on: pairs.one("expires_on"),
        pieces: pairs.one("pieces"),
        to: pairs.one("to"),
    };
    let refused = async |wrong: Wrong| {
        let page = page(desk, work, &entered, &wrong).await?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
    };
    let wanted = match read(desk, work, &entered) {
        Ok(wanted) => wanted,
        Err(wrong) => return refused(wrong).await,
    };
    let at = place(desk)?;
    let code = wanted.bin.clone();
    let find = move |tx: &mut Tx<'_>| location::find_bin(tx, at, &code);
    let bin = desk.site.services().database().read(find).await?;
    let Some(bin) = bin else {
        return refused(vec![("bin", desk.t().desk_no_bin().to_owned())]).await;
    };
    if work == Work::PutAway {
        return match back_on_shelf(desk, at, &wanted, bin.id).await? {
            true => Ok(desk.done(work.href(), &Toast::new(desk.t().desk_saved()))),
            false => refused(vec![("item", desk.t().desk_not_waiting().to_owned())]).await,
        };
    }
    match booked(desk, work, (at, bin.id), &wanted, pairs).await {
        Ok(response) => Ok(response),
        Err(BookedError::Wrong(wrong)) => refused(wrong).await,
        Err(BookedError::Trouble(trouble)) => Err(trouble),
    }
}

/// Puts pieces that were picked in vain into a bin; false if not so many wait.
async fn back_on_shelf(
    desk: &Desk,
    at: LocationId,
    wanted: &Wanted,
    bin: BinId,
) -> Result<bool, Trouble> {
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let (sku, pieces) = (wanted.sku, wanted.pieces);
    let work = move |tx: &mut Tx<'_>| {
        let mut left = pieces;
        for (list, line) in stored::to_put_away(tx, at, 1_000)? {
            let some = left.min(line.picked - line.returned);
            if line.sku == sku && some > 0 {
                put_away(tx, &principal, &act, (list, line.no), bin, some)?;
                left -= some;
            }
        }
        // More than waits: nothing is put away at all.
        if left == 0 { Ok(()) } else { Err(PickError::NotFound) }
    };
    match desk.site.services().database().write(work).await {
        Ok(()) => Ok(true),
        Err(PickError::Storage(error)) => Err(error.into()),
        Err(PickError::Work(error)) => Err(error.into_storage().into()),
        Err(_) => Ok(false),
    }
}

enum BookedError {
    Wrong(Wrong),
    Trouble(Trouble),
}

async fn booked(
    desk: &Desk,
    work: Work,
    (at, bin): (LocationId, BinId),
    wanted: &Wanted,
    pairs: &Pairs,
) -> Result<Response, BookedError> {
    let t = desk.t();
    let wrong = || BookedError::Wrong(vec![("pieces", t.desk_pieces_wrong().to_owned())]);
    let quantity = || Quantity::new(wanted.pieces).map_err(|_| wrong());
    let booking = match (work, wanted.to) {
        (Work::Count, _) => Booking::Count(wanted.pieces),
        (Work::Transfer, Some(to)) => Booking::Transfer(quantity()?, to, None),
        _ => Booking::Receive(quantity()?),
    };
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(work.title(t)));
    let staff = desk.member.staff().id;
    let key = Key::of_form(staff, work.href(), &pairs.one("key"), pairs.entered().as_bytes());
    let (sku, spot) = (wanted.sku, Spot { bin: Some(bin), lot: wanted.lot.clone() });
    let command = move |tx: &mut Tx<'_>| {
        decide_once(tx, key.as_ref(), act.at, |tx| {
            let decision = book(tx, &principal, &act, (sku, at), &booking, &spot)?;
            if work == Work::Count {
                counted(tx, bin, sku, act.at)?;
            }
            Ok(decision)
        })
    };
    let decided = desk.site.services().database().write(command).await;
    match decided.map(|decided| decided.decision) {
        Ok(Decision::Done(_)) => Ok(desk.done(work.href(), &Toast::new(t.desk_saved()))),
        Ok(Decision::AwaitsApproval(_)) => {
            Ok(desk.done(work.href(), &Toast::new(t.desk_approval())))
        }
        Err(OnceError::KeyReused) => Err(BookedError::Trouble(Trouble::Refused("/pda".into()))),
        Err(OnceError::Other(BookError::Forbidden(forbidden))) => {
            Err(BookedError::Trouble(forbidden.into()))
        }
        Err(OnceError::Other(BookError::Stock(StockError::Storage(error)))) => {
            Err(BookedError::Trouble(error.into()))
        }
        Err(OnceError::Other(BookError::Stock(error))) => {
            let (field, text) = refusal(&error, t);
            let field = if field == "quantity" { "pieces" } else { field };
            Err(BookedError::Wrong(vec![(field, text)]))
        }
    }
}

/// Whoever asked for the count of this SKU in this bin has it.
fn counted(
    tx: &mut Tx<'_>,
    bin: BinId,
    sku: SkuId,
    now: ordermill_base::Timestamp,
) -> Result<(), Error> {
    let asked = task::find_open(tx, TaskKind::CountBin, bin.raw())?;
    if asked.is_some_and(|task| task.detail.contains(&sku.to_string())) {
        task::close(tx, TaskKind::CountBin, bin, "counted", now)?;
    }
    Ok(())
}
