//! Hand-over lists: parcels scanned out at the dock, and closed for the driver.

use std::collections::HashMap;

use axum::extract::{Form, Path, Query};
use axum::response::{IntoResponse, Response};
use ordermill_app::shipment::hand_over::{self, CloseManifestError, Refused, ScanOutError};
use ordermill_domain::ids::{LocationId, ManifestId};
use ordermill_pages::Page;
use ordermill_pages::console::Section;
use ordermill_pages::console::logistics::{ManifestPage, ManifestRow, ManifestsPage};
use ordermill_pages::ui::{Choice, Field, Pager, Toast};
use ordermill_storage::manifest::{self, Manifest};
use ordermill_storage::shipment::{self, View as Stand};
use ordermill_storage::{Error, Tx, carrier};
use serde::Deserialize;

use super::{Asked, HERE, Names, ROWS, names, parts};
use crate::console::desk::Desk;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/logistics/manifests", Needs::Parcels, manifests)
        .post("/console/logistics/manifests/scan", Needs::Shipping, scan)
        .get("/console/logistics/manifests/{manifest}", Needs::Parcels, show_manifest)
        .post("/console/logistics/manifests/{manifest}/close", Needs::Shipping, close)
}

impl Desk {
    fn place_name(&self, id: LocationId) -> String {
        let catalog = self.site.services().catalog();
        catalog.location(id).map_or_else(|| id.to_string(), |location| location.code.clone())
    }

    fn manifest_row(&self, list: &Manifest, parcels: u64, names: &Names) -> ManifestRow {
        let t = self.t();
        let driver = match (&list.confirmation, &list.failure) {
            (Some(confirmation), _) => confirmation.clone(),
            (None, Some(failure)) => failure.clone(),
            (None, None) if list.closed_at.is_some() => t.manifest_driver_called().to_owned(),
            (None, None) => String::new(),
        };
        ManifestRow {
            id: list.id.to_string(),
            number: hand_over::number(list.id),
            carrier: names.get(&list.carrier).cloned().unwrap_or_default(),
            location: self.place_name(list.location),
            parcels,
            opened_at: list.opened_at,
            closed_at: list.closed_at,
            driver,
        }
    }

    /// Where they scan: their own location, else the first of the shop.
    fn dock(&self, chosen: &str) -> Field {
        let t = self.t();
        let catalog = self.site.services().catalog();
        let own = self.member.staff().location.and_then(|id| catalog.location(id));
        let choices: Vec<Choice> = catalog
            .locations()
            .iter()
            .map(|it| {
                let name = t.pick(it.name.zh(), it.name.en());
                Choice::new(it.code.clone(), format!("{} · {name}", it.code))
            })
            .collect();
        let value = match (chosen.is_empty(), own) {
            (false, _) => chosen.to_owned(),
            (true, Some(own)) => own.code.clone(),
            (true, None) => choices.first().map_or(String::new(), |it| it.value.clone()),
        };
        Field::select("location", t.manifest_location(), choices).value(value)
    }
}

async fn manifests(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    manifests_page(&desk, &asked.cursor, "", "").await
}

async fn manifests_page(
    desk: &Desk,
    cursor: &str,
    dock: &str,
    error: &str,
) -> Result<Response, Trouble> {
    let t = desk.t();
    let before: Option<ManifestId> = cursor.parse().ok();
    let read = move |tx: &mut Tx<'_>| {
        Ok::<_, Error>((manifest::list(tx, before, ROWS + 1)?, carrier::names(tx)?))
    };
    let (mut found, known) = desk.site.services().database().read(read).await?;
    let has_more = found.len() as i64 > ROWS;
    found.truncate(ROWS as usize);
    let names = names(&known, t);
    let here = format!("{HERE}/manifests");
    let next =
        found.last().filter(|_| has_more).map(|(last, _)| format!("{here}?cursor={}", last.id));
    let page = ManifestsPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Logistics),
        parts: parts("manifests", t),
        error: error.to_owned(),
        location: desk.dock(dock),
        rows: found
            .iter()
            .map(|(list, parcels)| desk.manifest_row(list, parcels.unsigned_abs(), &names))
            .collect(),
        pager: Pager {
            t,
            summary: t.logistics_newest_first().to_owned(),
            first: before.map(|_| here.clone()),
            next,
            region: "",
        },
    };
    Ok(Page(page).into_response())
}

#[derive(Debug, Deserialize)]
struct ScanForm {
    #[serde(default)]
    location: String,
    #[serde(default)]
    waybill: String,
}

/// A wedge scanner ends with Enter and finds the field again: the page comes back ready for the next.
async fn scan(desk: Desk, Form(form): Form<ScanForm>) -> Result<Response, Trouble> {
    let t = desk.t();
    let catalog = desk.site.services().catalog();
    let at = catalog.location_by_code(&form.location).ok_or(Trouble::NotFound)?.id;
    let (principal, act, waybill) =
        (desk.member.principal.clone(), desk.act(), form.waybill.clone());
    let write = move |tx: &mut Tx<'_>| hand_over::scan_out(tx, &principal, &act, at, &[&waybill]);
    let scanned = match desk.site.services().database().write(write).await {
        Ok(mut answers) => answers.swap_remove(0),
        Err(ScanOutError::Forbidden(forbidden)) => return Err(forbidden.into()),
        Err(ScanOutError::Storage(error)) => return Err(error.into()),
    };
    match scanned {
        Ok(scanned) => {
            let number = hand_over::number(scanned.manifest);
            let told = match scanned.was_on_it {
                true => t.manifest_known().to_owned(),
                false => t.manifest_added(number, scanned.parcels),
            };
            Ok(desk.done(&format!("{HERE}/manifests"), &Toast::new(told)))
        }
        Err(refused) => {
            let why = match refused {
                Refused::NotWaiting(_) => t.manifest_not_waiting(),
                Refused::NotWanted => t.manifest_not_wanted(),
                Refused::Disputed => t.manifest_disputed(),
                Refused::Full => t.manifest_full(),
                Refused::Unknown => t.manifest_unknown(),
            };
            let told = format!("{why}: {}", form.waybill);
            manifests_page(&desk, "", &form.location, &told).await
        }
    }
}

async fn show_manifest(desk: Desk, Path(id): Path<String>) -> Result<Response, Trouble> {
    let t = desk.t();
    let id: ManifestId = id.parse().map_err(|_| Trouble::NotFound)?;
    let read = move |tx: &mut Tx<'_>| {
        let Some(list) = manifest::fetch(tx, id)? else { return Ok(None) };
        let parcels = shipment::list(tx, Stand::Of(id), None, hand_over::PARCELS_MAX as i64)?;
        Ok::<_, Error>(Some((list, parcels, carrier::names(tx)?)))
    };
    let found = desk.site.services().database().snapshot(read).await?;
    let (list, parcels, known) = found.ok_or(Trouble::NotFound)?;
    let names = names(&known, t);
    let due = HashMap::new();
    let page = ManifestPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Logistics),
        row: desk.manifest_row(&list, parcels.len() as u64, &names),
        parcels: parcels.iter().map(|stored| desk.shipment_row(stored, &names, &due)).collect(),
    };
    Ok(Page(page).into_response())
}

async fn close(desk: Desk, Path(id): Path<String>) -> Result<Response, Trouble> {
    let id: ManifestId = id.parse().map_err(|_| Trouble::NotFound)?;
    let href = format!("{HERE}/manifests/{id}");
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let write = move |tx: &mut Tx<'_>| hand_over::close(tx, &principal, &act, id);
    let handed =
        desk.site.services().database().write(write).await.map_err(|error| match error {
            CloseManifestError::Forbidden(forbidden) => forbidden.into(),
            CloseManifestError::NotFound(_) => Trouble::NotFound,
            CloseManifestError::Closed(_) | CloseManifestError::Empty(_) => {
                Trouble::Refused(href.clone())
            }
            CloseManifestError::Storage(error) => error.into(),
        })?;
    Ok(desk.done(&href, &Toast::new(desk.t().manifest_done(handed.len()))))
}
