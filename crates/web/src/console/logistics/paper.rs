//! The paper of a hand-over list: looked at, and posting to its address counts a print.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use ordermill_app::shipment::hand_over;
use ordermill_app::shipment::paper::{PaperError, print, read};
use ordermill_domain::ids::ManifestId;
use ordermill_domain::order::OrderNumber;
use ordermill_pages::Page;
use ordermill_pages::console::paper::{HandOverPaper, HandOverParcel};
use ordermill_pages::ui::Code128;
use ordermill_storage::Tx;

use super::HERE;
use crate::console::desk::Desk;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/logistics/manifests/{manifest}/paper", Needs::Parcels, show)
        .post("/console/logistics/manifests/{manifest}/paper", Needs::Parcels, count)
}

fn href_of(id: ManifestId) -> String {
    format!("{HERE}/manifests/{id}/paper")
}

fn trouble_of(error: PaperError) -> Trouble {
    match error {
        PaperError::NotFound(_) => Trouble::NotFound,
        PaperError::Forbidden(forbidden) => forbidden.into(),
        PaperError::Storage(error) => error.into(),
    }
}

async fn show(desk: Desk, Path(id): Path<ManifestId>) -> Result<Response, Trouble> {
    let principal = desk.member.principal.clone();
    let look = move |tx: &mut Tx<'_>| read(tx, &principal, id);
    let paper = desk.site.services().database().snapshot(look).await.map_err(trouble_of)?;
    let shell = desk.shell();
    let t = shell.t;
    let number = hand_over::number(id);
    let carrier = paper.carrier.map(|it| t.pick(it.carrier.name.zh, it.carrier.name.en));
    let at = paper.list.closed_at.unwrap_or(paper.list.opened_at);
    let facts = [
        (t.logistics_carrier(), carrier.unwrap_or_default()),
        (t.paper_from(), desk.place_code(paper.list.location)),
        (t.hand_over_at(), shell.moment(&at)),
    ];
    let parcels: Vec<HandOverParcel> = paper
        .parcels
        .iter()
        .map(|stored| {
            let terms = &stored.shipment.facts().terms;
            HandOverParcel {
                waybill: terms.waybill.clone(),
                order: OrderNumber::from(terms.order).to_string(),
                grams: terms.weight_grams,
            }
        })
        .collect();
    let grams: u64 = parcels.iter().map(|parcel| u64::from(parcel.grams)).sum();
    let page = HandOverPaper {
        barcode: Code128::new(&number),
        number,
        facts: facts.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        weight: format!("{}.{:02} kg", grams / 1_000, grams % 1_000 / 10),
        parcels,
        copy: paper.copy,
        action: href_of(id),
        shell,
    };
    Ok(Page(page).into_response())
}

/// Counts the print and shows the paper, which the browser prints.
async fn count(desk: Desk, Path(id): Path<ManifestId>) -> Result<Response, Trouble> {
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let work = move |tx: &mut Tx<'_>| print(tx, &principal, &act, id);
    desk.site.services().database().write(work).await.map_err(trouble_of)?;
    Ok(Redirect::to(&href_of(id)).into_response())
}
