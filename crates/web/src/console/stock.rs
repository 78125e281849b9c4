//! Stock by SKU and location, and one SKU with its levels, lots and movements.

use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::approval::{Decision, decide_once};
use ordermill_app::once::{Key, OnceError};
use ordermill_app::stock::{Lot, Spot, StockError};
use ordermill_app::stock_desk::{BookError, Booking, book};
use ordermill_base::{Id, Quantity, id::made_at};
use ordermill_domain::actor::Actor;
use ordermill_domain::ids::{LocationId, SkuId};
use ordermill_domain::role::Permission;
use ordermill_domain::sku::Sku;
use ordermill_domain::stock::{MovementKind, StockLevel};
use ordermill_pages::console::Section;
use ordermill_pages::console::stock::{
    self as view, LotRow, MovementEntered, MovementForm, MovementRow, StockItemPage, StockPage,
    StockRow,
};
use ordermill_pages::ui::{Choice, Pager, Toast, View, Views};
use ordermill_pages::{Page, Part, Words, states};
use ordermill_storage::stock::{self, Movement};
use ordermill_storage::{Error, Tx, location};
use serde::Deserialize;

use super::desk::Desk;
use super::pairs::Pairs;
use super::people::Names;
use super::route::{Needs, Routes};
use super::sign_in::encoded;
use super::trouble::Trouble;

const STOCK: &str = "/console/stock";
/// Levels on one page, more or less: all locations of a SKU stand together.
const ROWS: usize = 50;
/// SKUs whose levels are read at once.
const READ_AT_ONCE: usize = 500;
const MOVEMENTS_MAX: i64 = 100;
const LOTS_MAX: usize = 100;

pub(super) fn routes() -> Routes {
    let stock = Needs::Right(Permission::AdjustStock);
    Routes::default()
        .get("/console/stock", stock, show)
        .get("/console/stock/{sku}", stock, item)
        .post("/console/stock/{sku}/movements", stock, book_movement)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    view: String,
    q: String,
    location: String,
    cursor: String,
}

impl Asked {
    fn href(&self, view: &str, cursor: Option<SkuId>) -> String {
        let cursor = cursor.map(|id| id.to_string()).unwrap_or_default();
        let view = if view == "all" { "" } else { view };
        let parts =
            [("view", view), ("q", &self.q), ("location", &self.location), ("cursor", &cursor)];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        if parts.is_empty() { STOCK.to_owned() } else { format!("{STOCK}?{}", parts.join("&")) }
    }
}

/// The views of the list.
const VIEWS: [&str; 4] = ["all", "low", "out", "quarantine"];

/// Whether a level belongs into a view; `total` is what is left of the SKU everywhere.
fn is_in(view: &str, sku: &Sku, level: &StockLevel, total: i64) -> bool {
    match view {
        "low" => sku.reorder_point > 0 && total <= sku.reorder_point,
        "out" => level.available() <= 0,
        "quarantine" => level.quarantine > 0,
        _ => true,
    }
}

/// Whether a SKU is meant by what was typed: its code, its barcode, or a part of its name.
fn is_meant(sku: &Sku, typed: &str) -> bool {
    let typed = typed.to_lowercase();
    typed.is_empty()
        || sku.code.to_lowercase().contains(&typed)
        || sku.gtin.as_deref() == Some(typed.as_str())
        || sku.name.zh.contains(&typed)
        || sku.name.en.to_lowercase().contains(&typed)
}

async fn show(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let t = desk.t();
    let catalog = desk.site.services().catalog();
    let current = VIEWS.into_iter().find(|view| *view == asked.view).unwrap_or("all");
    let after = asked.cursor.parse::<SkuId>().map_or(0, Id::raw);
    let typed = asked.q.trim().to_owned();
    let meant: Vec<SkuId> = catalog
        .skus()
        .iter()
        .filter(|sku| sku.id.raw() > after && is_meant(sku, &typed))
        .map(|sku| sku.id)
        .collect();
    let only = catalog.location_by_code(&asked.location).map(|location| location.id);
    let mut rows = Vec::new();
    let mut next = None;
    'reading: for chunk in meant.chunks(READ_AT_ONCE) {
        let ids = chunk.to_vec();
        let read = move |tx: &mut Tx<'_>| stock::levels(tx, ids);
        let levels = desk.site.services().database().read(read).await?;
        for id in chunk {
            let Some(sku) = catalog.sku(*id) else { continue };
            let of_sku: Vec<&StockLevel> = levels.iter().filter(|level| level.sku == *id).collect();
            let total: i64 = of_sku.iter().map(|level| level.available()).sum();
            let shown = of_sku
                .into_iter()
                .filter(|level| only.is_none_or(|only| only == level.location))
                .filter(|level| is_in(current, sku, level, total));
            rows.extend(shown.map(|level| desk.stock_row(sku, level, total)));
            if rows.len() >= ROWS {
                next = Some(*id).filter(|id| Some(id) != meant.last());
                break 'reading;
            }
        }
    }
    let is_filtered = !typed.is_empty() || !asked.location.is_empty();
    let plain = Asked::default().href(current, None);
    let views = VIEWS.map(|key| {
        let href = Asked::default().href(key, None);
        View::new(key, view::view_name(key, t), href)
    });
    let page = StockPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Stock),
        views: Views::of_list(t, "list", current, views.into()),
        filters: view::filters(
            current,
            &typed,
            &asked.location,
            desk.locations(),
            is_filtered.then(|| plain.clone()),
            t,
        ),
        empty: view::empty(is_filtered || current != "all", STOCK, t),
        pager: Pager {
            t,
            summary: t.stock_sku_count(catalog.skus().len() as u64),
            first: (after > 0).then(|| asked.href(current, None)),
            next: next.map(|next| asked.href(current, Some(next))),
            region: "list",
        },
        rows,
    };
    Ok(match desk.visit.part {
        Part::Page => Page(page).into_response(),
        Part::Fragment => Page(page.as_list()).into_response(),
    })
}

fn name_of(sku: &Sku, t: Words) -> String {
    t.pick(&sku.name.zh, &sku.name.en).clone()
}

impl Desk {
    fn locations(&self) -> Vec<Choice> {
        let (catalog, t) = (self.site.services().catalog(), self.t());
        let choice = |location: &std::sync::Arc<ordermill_domain::location::Location>| {
            let name = t.pick(&location.name.zh, &location.name.en);
            Choice::new(location.code.clone(), format!("{} · {name}", location.code))
        };
        catalog.locations().iter().map(choice).collect()
    }

    /// The short code of a location.
    pub(super) fn place_code(&self, id: LocationId) -> String {
        let catalog = self.site.services().catalog();
        catalog.location(id).map_or_else(|| id.to_string(), |location| location.code.clone())
    }

    fn stock_row(&self, sku: &Sku, level: &StockLevel, total: i64) -> StockRow {
        let t = self.t();
        StockRow {
            sku: sku.code.clone(),
            name: name_of(sku, t),
            location: self.place_code(level.location),
            on_hand: level.on_hand,
            allocated: level.allocated,
            reserved: level.reserved,
            quarantine: level.quarantine,
            safety: level.safety_stock,
            available: level.available(),
            incoming: level.incoming,
            // A location with some left is low only if the SKU is low everywhere.
            state: view::level(level.available(), total, sku.reorder_point, t),
        }
    }

    async fn item_page(
        &self,
        code: &str,
        entered: &MovementEntered,
        errors: &[(&'static str, String)],
    ) -> Result<StockItemPage, Trouble> {
        let t = self.t();
        let catalog = self.site.services().catalog();
        let sku = catalog.by_code(code).ok_or(Trouble::NotFound)?;
        let id = sku.id;
        let load = move |tx: &mut Tx<'_>| {
            let levels = stock::levels(tx, [id])?;
            let movements = stock::movements(tx, id, MOVEMENTS_MAX)?;
            let mut lots = Vec::new();
            for level in &levels {
                for stock in stock::bins(tx, id, level.location)? {
                    if lots.len() < LOTS_MAX {
                        let bin = location::fetch_bin(tx, stock.bin)?;
                        lots.push((level.location, bin.map(|bin| bin.code), stock));
                    }
                }
            }
            let actors: Vec<Actor> =
                movements.iter().filter_map(|movement| movement.actor.parse().ok()).collect();
            let names = Names::load(tx, &actors)?;
            Ok::<_, Error>((levels, movements, lots, names))
        };
        let (levels, movements, lots, names) =
            self.site.services().database().snapshot(load).await?;
        let total: i64 = levels.iter().map(StockLevel::available).sum();
        let today = self.now().to_jiff().to_zoned(self.shell().site.zone.clone()).date();
        let lot_rows = lots.into_iter().map(|(place, bin, stock)| LotRow {
            location: self.place_code(place),
            bin: bin.unwrap_or_default(),
            lot: stock.lot.clone(),
            expires_on: stock.expires_on.map(|day| day.to_string()).unwrap_or_default(),
            is_expired: stock.expires_on.is_some_and(|day| day < today),
            on_hand: stock.on_hand,
        });
        Ok(StockItemPage {
            shell: self.shell(),
            frame: self.frame(Section::Stock),
            id: id.to_string(),
            sku: sku.code.clone(),
            name: name_of(sku, t),
            sku_href: Some(super::catalog::href_of(&sku.code)),
            levels: levels.iter().map(|level| self.stock_row(sku, level, total)).collect(),
            lots: lot_rows.collect(),
            movements: self.movement_rows(&levels, &movements, &names),
            pager: Pager {
                t,
                summary: t.orders_newest_first().to_owned(),
                first: None,
                next: None,
                region: "",
            },
            form: Some(MovementForm::new(self.locations(), entered, errors, self.key(), t)),
        })
    }

    /// Movements, newest first, each with what was on hand after it: counted back from now.
    fn movement_rows(
        &self,
        levels: &[StockLevel],
        movements: &[Movement],
        names: &Names,
    ) -> Vec<MovementRow> {
        let t = self.t();
        let mut on_hand: Vec<(LocationId, i64)> =
            levels.iter().map(|level| (level.location, level.on_hand)).collect();
        let row = |movement: &Movement| {
            let here = on_hand.iter_mut().find(|(location, _)| *location == movement.location);
            let after = here.map_or(0, |(_, left)| {
                let after = *left;
                *left -= movement.quantity;
                after
            });
            let kind = MovementKind::from_code(&movement.kind);
            let actor: Result<Actor, _> = movement.actor.parse();
            MovementRow {
                at: made_at(movement.id),
                kind: kind.map_or_else(
                    |_| movement.kind.clone(),
                    |kind| states::movement(kind, t).to_owned(),
                ),
                location: self.place_code(movement.location),
                delta: movement.quantity,
                on_hand: after,
                actor: actor
                    .map_or_else(|_| movement.actor.clone(), |actor| names.actor(&actor, t)),
                reason: movement.reason.clone().unwrap_or_default(),
            }
        };
        movements.iter().map(row).collect()
    }
}

async fn item(desk: Desk, Path(sku): Path<String>) -> Result<Response, Trouble> {
    let page = desk.item_page(&sku, &MovementEntered::default(), &[]).await?;
    Ok(match desk.visit.part {
        Part::Page => Page(page).into_response(),
        Part::Fragment => Page(page.as_levels()).into_response(),
    })
}

/// What was entered for a movement, as a booking; or what is wrong with it.
struct Wanted {
    at: LocationId,
    booking: Booking,
    bin: String,
    lot: Option<Lot>,
    reason: String,
}

fn read(desk: &Desk, entered: &MovementEntered) -> Result<Wanted, Vec<(&'static str, String)>> {
    let t = desk.t();
    let catalog = desk.site.services().catalog();
    let mut errors = Vec::new();
    let mut wrong = |name, text: &str| errors.push((name, text.to_owned()));
    let at = catalog.location_by_code(&entered.location).map(|location| location.id);
    if at.is_none() {
        wrong("location", t.stock_choose_location());
    }
    let number: Option<i64> = entered.quantity.trim_start_matches('+').parse().ok();
    let number = number.filter(|number| number.abs() <= 9_999_999);
    let positive = number.and_then(|number| Quantity::new(number).ok());
    let to = catalog.location_by_code(&entered.to).map(|location| location.id);
    let booking = match entered.kind.as_str() {
        "receive" => positive.map(Booking::Receive),
        "adjust" => number.filter(|number| *number != 0).map(Booking::Adjust),
        "count" => number.filter(|number| *number >= 0).map(Booking::Count),
        "transfer" => {
            if to.is_none() || to == at {
                wrong("to", t.stock_choose_other());
            }
            positive.zip(to).map(|(quantity, to)| Booking::Transfer(quantity, to, None))
        }
        _ => {
            wrong("kind", t.stock_choose_kind());
            None
        }
    };
    if booking.is_none() && number.is_none_or(|_| entered.kind != "transfer") {
        wrong("quantity", t.stock_quantity_wrong());
    }
    let reason = entered.reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > 200 {
        wrong("reason", t.order_remark_missing());
    }
    let day = entered.expires_on.trim();
    let expires_on = if day.is_empty() { None } else { day.parse().ok() };
    if !day.is_empty() && expires_on.is_none() {
        wrong("expires_on", t.stock_day_wrong());
    }
    let lot = entered.lot.trim();
    let lot = (!lot.is_empty()).then(|| Lot { code: lot.to_owned(), expires_on });
    match (at, booking) {
        (Some(at), Some(booking)) if errors.is_empty() => {
            Ok(Wanted { at, booking, bin: entered.bin.trim().to_owned(), lot, reason })
        }
        _ => Err(errors),
    }
}

async fn book_movement(
    desk: Desk,
    Path(code): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let t = desk.t();
    let sku = desk.site.services().catalog().by_code(&code).map(|sku| sku.id);
    let sku = sku.ok_or(Trouble::NotFound)?;
    let entered = MovementEntered {
        location: pairs.one("location"),
        kind: pairs.one("kind"),
        quantity: pairs.one("quantity"),
        reason: pairs.one("reason"),
        to: pairs.one("to"),
        bin: pairs.one("bin"),
        lot: pairs.one("lot"),
        expires_on: pairs.one("expires_on"),
    };
    let refused = async |errors: Vec<(&'static str, String)>| {
        let page = desk.item_page(&code, &entered, &errors).await?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
    };
    let wanted = match read(&desk, &entered) {
        Ok(wanted) => wanted,
        Err(errors) => return refused(errors).await,
    };
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(&wanted.reason));
    let all = [
        &code,
        &entered.location,
        &entered.kind,
        &entered.quantity,
        &entered.reason,
        &entered.to,
        &entered.bin,
        &entered.lot,
        &entered.expires_on,
    ];
    let request = all.map(String::as_str).join("\n");
    let staff = desk.member.staff().id;
    let key = Key::of_form(staff, "movement", &pairs.one("key"), request.as_bytes());
    let Wanted { at, booking, bin, lot, .. } = wanted;
    let work = move |tx: &mut Tx<'_>| {
        decide_once(tx, key.as_ref(), act.at, |tx| {
            let bin = match bin.as_str() {
                "" => None,
                code => {
                    let found = location::find_bin(tx, at, code)?;
                    Some(found.ok_or(BookError::Stock(StockError::NotFound("bin")))?.id)
                }
            };
            let spot = Spot { bin, lot: lot.clone() };
            book(tx, &principal, &act, (sku, at), &booking, &spot)
        })
    };
    let href = format!("{STOCK}/{}", encoded(&code));
    let decided = desk.site.services().database().write(work).await;
    match decided.map(|decided| decided.decision) {
        Ok(Decision::Done(_)) => Ok(desk.done(&href, &Toast::new(t.stock_booked()))),
        Ok(Decision::AwaitsApproval(task)) => Ok(desk.waits(task)),
        Err(OnceError::KeyReused) => Err(Trouble::Refused(href)),
        Err(OnceError::Other(BookError::Forbidden(forbidden))) => Err(forbidden.into()),
        Err(OnceError::Other(BookError::Stock(StockError::Storage(error)))) => Err(error.into()),
        Err(OnceError::Other(BookError::Stock(error))) => refused(vec![refusal(&error, t)]).await,
    }
}

/// What the rules of stock say, at the field that is concerned.
pub(super) fn refusal(error: &StockError, t: Words) -> (&'static str, String) {
    match error {
        StockError::NotFound("bin") | StockError::BinElsewhere => {
            ("bin", t.stock_no_bin().to_owned())
        }
        StockError::NeedsLot => ("lot", t.stock_needs_lot().to_owned()),
        StockError::NeedsReason => ("reason", t.order_remark_missing().to_owned()),
        StockError::Short { has, .. } => ("quantity", t.stock_short(*has)),
        StockError::SameLocation => ("to", t.stock_choose_other().to_owned()),
        StockError::LotsShort(_) => ("quantity", t.stock_lots_short().to_owned()),
        StockError::Refused(_) => ("quantity", t.stock_refused().to_owned()),
        StockError::NotFound(_) | StockError::OtherAnnouncement | StockError::Storage(_) => {
            ("", t.stock_refused().to_owned())
        }
    }
}
