//! The floor of a location: its plan, and the form from which it is drawn.

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::catalog::edit::EditError;
use ordermill_app::layout::{self, Seen};
use ordermill_domain::layout::{Numbering, Plan, ZonePlan};
use ordermill_pages::console::Section;
use ordermill_pages::console::catalog::floor_plan::FloorPlan;
use ordermill_pages::console::catalog::layout::{
    LayoutEntered, LayoutForm, LayoutPage, ZoneEntered,
};
use ordermill_pages::ui::Toast;
use ordermill_pages::{Page, Words};
use ordermill_storage::{Error, Tx, location as stored};

use super::locations::href_of;
use super::sku::trouble_of;
use super::{CHANGE, READ};
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::Routes;
use crate::console::trouble::Trouble;

/// Zones of one form.
const ZONES_MAX: usize = 100;
/// Labels of bins without a place that are shown.
const LABELS_SHOWN: usize = 200;

pub(super) fn routes() -> Routes {
    Routes::default().get("/console/catalog/locations/of/{location}/layout", READ, show).post(
        "/console/catalog/locations/of/{location}/layout",
        CHANGE,
        draw,
    )
}

type Wrong = Vec<(&'static str, String)>;

async fn load(desk: &Desk, code: String) -> Result<Seen, Trouble> {
    let read = move |tx: &mut Tx<'_>| match stored::find_by_code(tx, &code)? {
        Some(location) => layout::see(tx, location.id),
        None => Ok::<_, Error>(None),
    };
    desk.site.services().database().snapshot(read).await?.ok_or(Trouble::NotFound)
}

fn page(desk: &Desk, seen: &Seen, form: LayoutForm) -> LayoutPage {
    let t = desk.t();
    let back = href_of(&seen.location.code);
    let plan = seen.layout.as_ref();
    let without_place = plan.map(|plan| plan.placed(&seen.bins).1).unwrap_or_default();
    LayoutPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Catalog),
        title: t.layout_title(&seen.location.code),
        href: format!("{back}/layout"),
        back,
        plan: plan.map(|it| FloorPlan::new(it, &seen.zones, &seen.bins, &seen.contents, t)),
        without_place: without_place
            .into_iter()
            .take(LABELS_SHOWN)
            .map(|bin| bin.code.clone())
            .collect(),
        form,
        version: seen.location.version,
        can_change: desk.may_change_catalog(),
    }
}

async fn show(desk: Desk, Path(code): Path<String>) -> Result<Response, Trouble> {
    let seen = load(&desk, code).await?;
    let form = LayoutForm::new(&shown(&seen, desk.t()), &[], desk.t());
    Ok(Page(page(&desk, &seen, form)).into_response())
}

/// The plan as it was entered last, or one that is usual; zones that are not in it come last.
fn shown(seen: &Seen, t: Words) -> LayoutEntered {
    let plan = seen.layout.as_ref().map(|layout| &layout.plan);
    let of = |code: &str| plan.and_then(|plan| plan.zones.iter().find(|it| it.zone == code));
    let mut zones: Vec<&ordermill_domain::location::Zone> = seen.zones.iter().collect();
    zones.sort_by_key(|zone| {
        plan.and_then(|plan| plan.zones.iter().position(|it| it.zone == zone.code))
            .unwrap_or(usize::MAX)
    });
    let rows = zones.into_iter().map(|zone| {
        let known = of(&zone.code);
        let number =
            |of: fn(&ZonePlan) -> u32, standard: u32| known.map_or(standard, of).to_string();
        ZoneEntered {
            zone: zone.code.clone(),
            name: t.pick(zone.name.zh(), zone.name.en()).to_owned(),
            aisles: number(|it| it.aisles, 0),
            bays: number(|it| it.bays, 12),
            levels: number(|it| it.levels, 4),
        }
    });
    let number = |of: fn(&Plan) -> u32, standard: u32| plan.map_or(standard, of).to_string();
    LayoutEntered {
        zones: rows.collect(),
        blocks: number(|it| it.blocks, 1),
        bay_width_mm: number(|it| it.bay_width_mm, 1_350),
        aisle_pitch_mm: number(|it| it.aisle_pitch_mm, 3_200),
        cross_aisle_width_mm: number(|it| it.cross_aisle_width_mm, 2_400),
        level_height_mm: number(|it| it.level_height_mm, 450),
        numbering: plan.map_or(Numbering::Street, |it| it.numbering).code().to_owned(),
        start_aisle: number(|it| it.start_aisle, 1),
        end_aisle: number(|it| it.end_aisle, 1),
    }
}

fn entered(pairs: &Pairs, seen: &Seen, t: Words) -> LayoutEntered {
    let column = |name| pairs.column(name, ZONES_MAX);
    let (codes, aisles) = (column("zone"), column("aisles"));
    let (bays, levels) = (column("bays"), column("levels"));
    let cell = |column: &[String], row: usize| column.get(row).cloned().unwrap_or_default();
    let rows = codes.iter().enumerate().map(|(row, code)| {
        let zone = seen.zones.iter().find(|zone| zone.code == *code);
        ZoneEntered {
            zone: code.clone(),
            name: zone.map_or("", |it| t.pick(it.name.zh(), it.name.en())).to_owned(),
            aisles: cell(&aisles, row),
            bays: cell(&bays, row),
            levels: cell(&levels, row),
        }
    });
    LayoutEntered {
        zones: rows.collect(),
        blocks: pairs.one("blocks"),
        bay_width_mm: pairs.one("bay_width_mm"),
        aisle_pitch_mm: pairs.one("aisle_pitch_mm"),
        cross_aisle_width_mm: pairs.one("cross_aisle_width_mm"),
        level_height_mm: pairs.one("level_height_mm"),
        numbering: pairs.one("numbering"),
        start_aisle: pairs.one("start_aisle"),
        end_aisle: pairs.one("end_aisle"),
    }
}

/// What was entered, as a plan.
fn read(entered: &LayoutEntered, t: Words) -> Result<Plan, Wrong> {
    let mut wrong = Wrong::new();
    let mut number = |name: &'static str, text: &str| {
        text.parse::<u32>().unwrap_or_else(|_| {
            wrong.push((name, t.layout_wrong().to_owned()));
            0
        })
    };
    let mut plan = Plan {
        zones: Vec::new(),
        blocks: number("blocks", &entered.blocks),
        bay_width_mm: number("bay_width_mm", &entered.bay_width_mm),
        aisle_pitch_mm: number("aisle_pitch_mm", &entered.aisle_pitch_mm),
        cross_aisle_width_mm: number("cross_aisle_width_mm", &entered.cross_aisle_width_mm),
        level_height_mm: number("level_height_mm", &entered.level_height_mm),
        numbering: Numbering::Street,
        start_aisle: number("start_aisle", &entered.start_aisle),
        end_aisle: number("end_aisle", &entered.end_aisle),
    };
    match entered.numbering.parse() {
        Ok(numbering) => plan.numbering = numbering,
        Err(_) => wrong.push(("numbering", t.settings_choose().to_owned())),
    }
    for row in &entered.zones {
        let (aisles, bays, levels) = (row.aisles.parse(), row.bays.parse(), row.levels.parse());
        match (aisles, bays, levels) {
            (Ok(aisles), Ok(bays), Ok(levels)) => {
                plan.zones.push(ZonePlan { zone: row.zone.clone(), aisles, bays, levels });
            }
            _ => wrong.push(("zones", t.layout_zones_wrong().to_owned())),
        }
    }
    wrong.dedup();
    if wrong.is_empty() { Ok(plan) } else { Err(wrong) }
}

fn refusals(error: &EditError, t: Words) -> Option<Wrong> {
    let EditError::Invalid(wrong) = error else { return None };
    let said = |field| match field {
        "zones" => t.layout_zones_wrong().to_owned(),
        _ => t.layout_wrong().to_owned(),
    };
    let mut said: Wrong = wrong.iter().map(|it| (it.field, said(it.field))).collect();
    said.dedup();
    Some(said)
}

async fn draw(
    desk: Desk,
    Path(code): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let t = desk.t();
    let version: i64 = pairs.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let seen = load(&desk, code).await?;
    let entered = entered(&pairs, &seen, t);
    let refused = |wrong: &Wrong| {
        let page = page(&desk, &seen, LayoutForm::new(&entered, wrong, t));
        (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
    };
    let plan = match read(&entered, t) {
        Ok(plan) => plan,
        Err(wrong) => return Ok(refused(&wrong)),
    };
    let (act, at) = (desk.act(), seen.location.id);
    let work = move |tx: &mut Tx<'_>| layout::draw(tx, &act, at, version, &plan);
    let href = format!("{}/layout", href_of(&seen.location.code));
    match desk.site.services().database().write(work).await {
        Ok(_) => {
            desk.site.services().catalog_changed().await;
            let toast = Toast::new(t.layout_drawn(&seen.location.code));
            Ok(desk.done(&href, &toast))
        }
        Err(error) => match refusals(&error, t) {
            Some(wrong) => Ok(refused(&wrong)),
            None => Err(trouble_of(error, &href)),
        },
    }
}
