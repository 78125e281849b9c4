//! Papers that go with goods: the packing slip of a package and the shipping note of a fulfillment. Each is
//! looked at, and posting to its address counts a print.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use ordermill_app::pack::paper::{Line, Paper, PaperError, Parcel, Which, print, read};
use ordermill_domain::ids::{FulfillmentId, PackageId, SkuId};
use ordermill_domain::role::Permission;
use ordermill_pages::console::paper::{GoodsPaper, PaperLine, PaperParcel};
use ordermill_pages::ui::Code128;
use ordermill_pages::{Language, Page, Shell, Words};
use ordermill_storage::Tx;

use super::desk::Desk;
use super::route::{Needs, Routes};
use super::trouble::Trouble;

/// Whoever sees the order or packs it; which of them, the use case knows.
const LOOK: Needs = Needs::AnyOf(&[Permission::ReadOrders, Permission::ChangeStatus]);

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/wh/packages/{package}/slip", LOOK, show_slip)
        .post("/console/wh/packages/{package}/slip", LOOK, print_slip)
        .get("/console/wh/fulfillments/{work}/note", LOOK, show_note)
        .post("/console/wh/fulfillments/{work}/note", LOOK, print_note)
}

/// The address of the packing slip of a package.
pub(super) fn slip_href(id: PackageId) -> String {
    format!("/console/wh/packages/{id}/slip")
}

/// The address of the shipping note of a fulfillment.
pub(super) fn note_href(id: FulfillmentId) -> String {
    format!("/console/wh/fulfillments/{id}/note")
}

async fn show_slip(desk: Desk, Path(id): Path<PackageId>) -> Result<Response, Trouble> {
    show(&desk, Which::Slip(id)).await
}

async fn show_note(desk: Desk, Path(id): Path<FulfillmentId>) -> Result<Response, Trouble> {
    show(&desk, Which::Note(id)).await
}

async fn print_slip(desk: Desk, Path(id): Path<PackageId>) -> Result<Response, Trouble> {
    count(&desk, Which::Slip(id)).await
}

async fn print_note(desk: Desk, Path(id): Path<FulfillmentId>) -> Result<Response, Trouble> {
    count(&desk, Which::Note(id)).await
}

fn href_of(which: Which) -> String {
    match which {
        Which::Slip(id) => slip_href(id),
        Which::Note(id) => note_href(id),
    }
}

fn trouble_of(error: PaperError) -> Trouble {
    match error {
        PaperError::NotFound => Trouble::NotFound,
        PaperError::Forbidden(forbidden) => forbidden.into(),
        PaperError::Storage(error) => error.into(),
    }
}

/// Counts the print and shows the paper, which the browser prints.
async fn count(desk: &Desk, which: Which) -> Result<Response, Trouble> {
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let work = move |tx: &mut Tx<'_>| print(tx, &principal, &act, which);
    desk.site.services().database().write(work).await.map_err(trouble_of)?;
    Ok(Redirect::to(&href_of(which)).into_response())
}

async fn show(desk: &Desk, which: Which) -> Result<Response, Trouble> {
    let principal = desk.member.principal.clone();
    let vault = desk.site.services().vault().clone();
    let look = move |tx: &mut Tx<'_>| read(tx, &vault, &principal, which);
    let paper = desk.site.services().database().snapshot(look).await.map_err(trouble_of)?;
    let mut response = Page(filled(desk, which, &paper)).into_response();
    // Masked, and still nobody else's business.
    let no_store = header::HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    Ok(response)
}

fn filled(desk: &Desk, which: Which, paper: &Paper) -> GoodsPaper {
    let language = if paper.is_chinese { Language::Zh } else { Language::En };
    let shell = Shell { t: Words::new(language), ..desk.shell() };
    let t = shell.t;
    let catalog = desk.site.services().catalog();
    let from = catalog.location(paper.location).map(|place| {
        let name = t.pick(&place.name.zh, &place.name.en);
        format!("{} {name}", place.code)
    });
    let number = paper.order.to_string();
    let receiver = format!("{} {}", paper.name, paper.phone);
    let facts = [
        (t.paper_order(), number.clone()),
        (t.paper_ordered_at(), shell.moment(&paper.placed_at)),
        (t.paper_from(), from.unwrap_or_default()),
        (t.paper_receiver(), format!("{} {}", receiver.trim(), paper.address)),
    ];
    let parcels = paper.parcels.iter().map(|parcel| PaperParcel {
        title: parcel_title(parcel, paper.parcels_in_all, t),
        lines: parcel.lines.iter().map(|line| paper_line(desk, line, t)).collect(),
    });
    GoodsPaper {
        title: match which {
            Which::Slip(_) => t.paper_slip().to_owned(),
            Which::Note(_) => t.paper_shipping_note().to_owned(),
        },
        barcode: Code128::new(&number),
        number,
        facts: facts.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        parcels: parcels.collect(),
        has_prices: paper.total.is_some(),
        total: paper.total.map(|total| total.to_string()),
        copy: paper.copy,
        action: href_of(which),
        shell,
    }
}

fn parcel_title(parcel: &Parcel, in_all: usize, t: Words) -> String {
    let mut parts = vec![t.label_package(parcel.number, in_all)];
    if let Some(carriage) = &parcel.carriage {
        let carrier = t.pick(&carriage.carrier.zh, &carriage.carrier.en);
        parts.push(format!("{carrier} {}", carriage.waybill));
    }
    parts.push(t.label_grams(parcel.grams));
    parts.join(" · ")
}

fn name_of(desk: &Desk, sku: SkuId, t: Words) -> Option<String> {
    let catalog = desk.site.services().catalog();
    let sku = catalog.sku(sku)?;
    let (name, variant) = (t.pick(&sku.name.zh, &sku.name.en), &sku.variant);
    Some(format!("{name} {}", t.pick(&variant.zh, &variant.en)).trim().to_owned())
}

fn paper_line(desk: &Desk, line: &Line, t: Words) -> PaperLine {
    let catalog = desk.site.services().catalog();
    let sku = catalog.sku(line.sku);
    let lots = line.lots.iter().map(|(lot, pieces)| t.paper_lot_of(lot, *pieces));
    let serials = (!line.serials.is_empty()).then(|| t.paper_serials(line.serials.join(", ")));
    let (price, amount) =
        line.price.map_or_else(Default::default, |(one, all)| (one.to_string(), all.to_string()));
    PaperLine {
        name: name_of(desk, line.sku, t).unwrap_or_default(),
        sku: sku.map_or_else(|| line.sku.to_string(), |sku| sku.code.clone()),
        pieces: line.pieces,
        notes: lots.chain(serials).collect(),
        is_gift: line.is_gift,
        in_place_of: line.in_place_of.and_then(|sku| name_of(desk, sku, t)).unwrap_or_default(),
        price,
        amount,
    }
}
