//! Labels of packages: a look, a print that is counted, and ZPL for label printers.

use axum::extract::{Form, Path};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use ordermill_app::pack::label::{Label, PrintError, print, read};
use ordermill_app::shipment::ask_again::{AskAgainError, ask_again};
use ordermill_app::shipment::label::Wanted;
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::ids::PackageId;
use ordermill_pages::Page;
use ordermill_pages::console::label::LabelPaper;
use ordermill_pages::states::shipment::service;
use ordermill_pages::ui::{Code128, Qr, Toast};
use ordermill_storage::{Tx, package};

use super::trouble_of;
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/wh/packages/{package}/label", Needs::Floor, show)
        .post("/console/wh/packages/{package}/label", Needs::Floor, print_label)
        .get("/console/wh/packages/{package}/label.zpl", Needs::Floor, zpl)
        .post("/console/wh/packages/{package}/label/ask", Needs::Floor, ask)
}

/// The address of a package's label.
pub(super) fn href_of(id: PackageId) -> String {
    format!("/console/wh/packages/{id}/label")
}

async fn load(desk: &Desk, id: PackageId) -> Result<Label, Trouble> {
    let principal = desk.member.principal.clone();
    let vault = desk.site.services().vault().clone();
    let look = move |tx: &mut Tx<'_>| read(tx, &vault, &principal, id);
    desk.site.services().database().snapshot(look).await.map_err(trouble)
}

fn trouble(error: PrintError) -> Trouble {
    match error {
        PrintError::NotFound(_) => Trouble::NotFound,
        PrintError::Bench(error) => trouble_of(error, ordermill_base::Id::from_raw(0)),
    }
}

async fn show(desk: Desk, Path(id): Path<PackageId>) -> Result<Response, Trouble> {
    let label = load(&desk, id).await?;
    let (t, catalog) = (desk.t(), desk.site.services().catalog());
    let carriage = label.carriage.as_ref();
    let code = carriage.map_or_else(|| label.order.to_string(), |it| it.waybill.clone());
    let contents = label.package.contents.iter().map(|content| {
        let sku = catalog.sku(content.sku);
        let name = sku.map(|sku| t.pick(&sku.name.zh, &sku.name.en).clone()).unwrap_or_default();
        format!("{name} × {}", content.quantity)
    });
    let sender = catalog.location(label.location).map(|location| {
        format!("{} {}", location.code, t.pick(&location.name.zh, &location.name.en))
    });
    let paper = LabelPaper {
        shell: desk.shell(),
        order: label.orders(),
        of: label.of,
        carrier: carriage
            .map(|it| t.pick(&it.carrier.zh, &it.carrier.en).clone())
            .unwrap_or_default(),
        service: carriage
            .map(|it| it.service)
            .filter(|kind| *kind != ServiceKind::Standard)
            .map_or("", |kind| service(kind, t))
            .to_owned(),
        routing: carriage.map(|it| it.routing.clone()).unwrap_or_default(),
        barcode: Code128::new(&code),
        qr: Qr::new(&code, &*code),
        code,
        receiver: format!("{} {}", label.name, label.phone),
        address: label.address.clone(),
        sender: sender.unwrap_or_default(),
        contents: contents.collect(),
        grams: label.package.gross_grams,
        copy: label.copy,
    };
    let mut response = Page(paper).into_response();
    // Masked, and still nobody else's business.
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Counts the print and shows the label, which the browser prints.
async fn print_label(
    desk: Desk,
    Path(id): Path<PackageId>,
    Form(_): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (principal, act) =
        (desk.member.principal.clone(), desk.act_because(desk.t().label_print()));
    let work = move |tx: &mut Tx<'_>| print(tx, &principal, &act, id);
    desk.site.services().database().write(work).await.map_err(trouble)?;
    Ok(Redirect::to(&href_of(id)).into_response())
}

/// Asks for a label that no carrier has made.
async fn ask(desk: Desk, Path(id): Path<PackageId>) -> Result<Response, Trouble> {
    let t = desk.t();
    let carriers = desk.site.services().carriers().clone();
    let known = carriers.known().await?;
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(t.bench_ask_label()));
    let asking = carriers.clone();
    let work = move |tx: &mut Tx<'_>| {
        let asked = ask_again(tx, &principal, &act, &asking, &known, id)?;
        let package = package::fetch(tx, id)?.ok_or(AskAgainError::NotFound(id))?;
        Ok::<_, AskAgainError>((asked, package.fulfillment))
    };
    let (asked, at) = match desk.site.services().database().write(work).await {
        Ok(asked) => asked,
        Err(AskAgainError::Forbidden(forbidden)) => return Err(forbidden.into()),
        Err(AskAgainError::NotFound(_)) => return Err(Trouble::NotFound),
        Err(AskAgainError::NotWaiting(_)) => return Err(Trouble::Refused(href_of(id))),
        Err(AskAgainError::Storage(error)) => return Err(error.into()),
    };
    carriers.hurry();
    let said = match asked {
        Wanted::Asked(_) | Wanted::Known(_) => t.bench_label_asked(),
        Wanted::NobodyTakesIt(_) => t.bench_nobody_takes(),
    };
    Ok(desk.done(&super::href_of(at), &Toast::new(said)))
}

async fn zpl(desk: Desk, Path(id): Path<PackageId>) -> Result<Response, Trouble> {
    let label = load(&desk, id).await?;
    let text = label.zpl(&desk.site.services().catalog());
    let headers =
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, text).into_response())
}
