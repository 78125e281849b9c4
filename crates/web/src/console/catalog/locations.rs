//! Locations: the list, one of them with its zones and bins, and a new one.

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use ordermill_app::catalog::Location;
use ordermill_app::catalog::edit::{self, EditError};
use ordermill_app::once::{Key, OnceError, once};
use ordermill_domain::address::Country;
use ordermill_domain::ids::LocationId;
use ordermill_domain::location::{Bin, Zone};
use ordermill_domain::role::Permission;
use ordermill_domain::text::Text;
use ordermill_pages::console::Section;
use ordermill_pages::console::catalog::locations::{
    self as view, LocationEntered, LocationPage, LocationRow, LocationsPage, ZoneEntered, ZoneForm,
    ZoneRow,
};
use ordermill_pages::console::catalog::{Part, parts};
use ordermill_pages::ui::Toast;
use ordermill_pages::{Page, Words};
use ordermill_storage::{Error, Tx, location as stored};

use super::sku::trouble_of;
use super::{CHANGE, READ, segment};
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::Routes;
use crate::console::trouble::Trouble;

const LIST: &str = "/console/catalog/locations";
const NEW: &str = "/console/catalog/locations/new";
/// Bins of all zones together that are shown.
const BINS_SHOWN: i64 = 2_000;
/// Bins that are set up at once.
const BINS_MAX: usize = 500;
const BIN_CHARS_MAX: usize = 40;
const CAPACITY_MAX: u32 = 10_000_000;
const PRIORITY_MAX: u32 = 1_000_000;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/catalog/locations", READ, list)
        .get("/console/catalog/locations/new", CHANGE, new)
        .post("/console/catalog/locations/new", CHANGE, create)
        .get("/console/catalog/locations/of/{location}", READ, show)
        .post("/console/catalog/locations/of/{location}", CHANGE, change)
        .post("/console/catalog/locations/of/{location}/zones", CHANGE, set_up_zone)
}

pub(super) fn href_of(code: &str) -> String {
    format!("{LIST}/of/{}", segment(code))
}

type Wrong = Vec<(&'static str, String)>;

async fn list(desk: Desk) -> Response {
    let t = desk.t();
    let catalog = desk.site.services().catalog();
    let rows = catalog.locations().iter().map(|location| LocationRow {
        href: href_of(&location.code),
        code: location.code.clone(),
        name: t.pick(location.name.zh(), location.name.en()).to_owned(),
        address: location.address.clone(),
        capacity: location.daily_capacity,
        priority: location.priority,
        state: view::state(location.is_active, t),
    });
    Page(LocationsPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Catalog),
        parts: parts(Part::Locations, t),
        rows: rows.collect(),
        can_change: desk.may_change_catalog(),
    })
    .into_response()
}

/// What is shown on the page of a location, or of a new one.
struct Shown<'a> {
    /// As it is stored, with its zones and bins; none if it is new.
    known: Option<(&'a Location, &'a [Zone], &'a [Bin])>,
    entered: &'a LocationEntered,
    wrong: &'a [(&'static str, String)],
    zone: ZoneForm,
    value: (&'static str, String),
}

fn page(desk: &Desk, shown: Shown<'_>) -> LocationPage {
    let t = desk.t();
    let (groups, errors) = view::groups(shown.entered, shown.wrong, t);
    let (title, href, zones) = match shown.known {
        None => (t.location_new().to_owned(), NEW.to_owned(), Vec::new()),
        Some((location, zones, bins)) => {
            let rows = zones.iter().map(|zone| zone_row(zone, bins, t)).collect();
            (t.location_edit(&location.code), href_of(&location.code), rows)
        }
    };
    LocationPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Catalog),
        title,
        href,
        is_known: shown.known.is_some(),
        errors,
        value: shown.value,
        groups,
        zones,
        zone: shown.zone,
        can_change: desk.may_change_catalog(),
        can_pool: desk.may(Permission::ChangeStatus),
        can_rule: desk.may(Permission::ChangeRules),
    }
}

fn zone_row(zone: &Zone, bins: &[Bin], t: Words) -> ZoneRow {
    const SHOWN: usize = 40;
    let mut here: Vec<&Bin> = bins.iter().filter(|bin| bin.zone == zone.code).collect();
    here.sort_by_key(|bin| bin.position);
    let kind = match zone.kind.as_str() {
        "shelf" => t.zone_shelf(),
        "food" => t.zone_food(),
        "cage" => t.zone_cage(),
        "hazard" => t.zone_hazard(),
        "bulky" => t.zone_bulky(),
        "reserve" => t.zone_reserve(),
        "quarantine" => t.stock_quarantine(),
        // A word of the shop's own.
        own => own,
    };
    ZoneRow {
        code: zone.code.clone(),
        name: t.pick(zone.name.zh(), zone.name.en()).to_owned(),
        kind: kind.to_owned(),
        bins: here.iter().take(SHOWN).map(|bin| bin.code.clone()).collect(),
        has_more: here.len() > SHOWN,
    }
}

/// Degrees as people write them: `120.153576`.
fn degrees(micro: i64) -> String {
    let sign = if micro < 0 { "-" } else { "" };
    let (whole, part) = (micro.unsigned_abs() / 1_000_000, micro.unsigned_abs() % 1_000_000);
    format!("{sign}{whole}.{part:06}")
}

/// Degrees with at most six decimals, as millionths.
fn micro(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || whole.len() > 3 || part.len() > 6 {
        return None;
    }
    let millionths: i64 = format!("{part:0<6}").parse().ok()?;
    Some(sign * (whole.parse::<i64>().ok()? * 1_000_000 + millionths))
}

fn shown(location: &Location) -> LocationEntered {
    LocationEntered {
        code: location.code.clone(),
        name_zh: location.name.zh.clone(),
        name_en: location.name.en.clone(),
        country: location.country.to_string(),
        region: location.region.clone(),
        address: location.address.clone(),
        latitude: degrees(location.latitude_micro),
        longitude: degrees(location.longitude_micro),
        time_zone: location.time_zone.iana_name().unwrap_or_default().to_owned(),
        cut_off: location.cut_off.strftime("%H:%M").to_string(),
        daily_capacity: location.daily_capacity.to_string(),
        priority: location.priority.to_string(),
        is_active: if location.is_active { "1".to_owned() } else { String::new() },
    }
}

fn entered(pairs: &Pairs) -> LocationEntered {
    LocationEntered {
        code: pairs.one("code"),
        name_zh: pairs.one("name_zh"),
        name_en: pairs.one("name_en"),
        country: pairs.one("country").to_uppercase(),
        region: pairs.one("region").to_uppercase(),
        address: pairs.one("address"),
        latitude: pairs.one("latitude"),
        longitude: pairs.one("longitude"),
        time_zone: pairs.one("time_zone"),
        cut_off: pairs.one("cut_off"),
        daily_capacity: pairs.one("daily_capacity"),
        priority: pairs.one("priority"),
        is_active: pairs.one("is_active"),
    }
}

/// What was entered, as a location without an id.
fn read(entered: &LocationEntered, t: Words) -> Result<Location, Wrong> {
    let mut wrong = Vec::new();
    let mut must = |found: bool, name: &'static str, text: &str| {
        if !found {
            wrong.push((name, text.to_owned()));
        }
    };
    let country = Country::parse(&entered.country).ok();
    let country = country.filter(|country| country.code() == entered.country);
    must(country.is_some(), "country", t.location_country_wrong());
    let is_region = entered.region.len() <= 10
        && entered
            .region
            .split_once('-')
            .is_some_and(|(country, part)| country == entered.country && !part.is_empty());
    must(is_region, "region", t.location_region_wrong());
    let is_address = (1..=200).contains(&entered.address.chars().count());
    must(is_address, "address", t.location_address_wrong());
    let latitude = micro(&entered.latitude).filter(|it| it.abs() <= 90_000_000);
    must(latitude.is_some(), "latitude", t.location_latitude_wrong());
    let longitude = micro(&entered.longitude).filter(|it| it.abs() <= 180_000_000);
    must(longitude.is_some(), "longitude", t.location_longitude_wrong());
    let time_zone = TimeZone::get(&entered.time_zone).ok();
    must(time_zone.is_some(), "time_zone", t.location_time_zone_wrong());
    let cut_off: Option<Time> = entered.cut_off.parse().ok();
    must(cut_off.is_some(), "cut_off", t.location_cut_off_wrong());
    let whole = |text: &str, max: u32| text.parse::<u32>().ok().filter(|number| *number <= max);
    let capacity = whole(&entered.daily_capacity, CAPACITY_MAX);
    must(capacity.is_some(), "daily_capacity", &t.sku_whole_wrong(CAPACITY_MAX));
    let priority = whole(&entered.priority, PRIORITY_MAX);
    must(priority.is_some(), "priority", &t.sku_whole_wrong(PRIORITY_MAX));
    let place = country.zip(latitude).zip(longitude);
    let work = time_zone.zip(cut_off).zip(capacity).zip(priority);
    match place.zip(work) {
        Some((place, work)) if wrong.is_empty() => {
            let ((country, latitude_micro), longitude_micro) = place;
            let (((time_zone, cut_off), capacity), priority) = work;
            Ok(Location {
                id: ordermill_base::Id::from_raw(0),
                code: entered.code.clone(),
                name: Text::new(entered.name_zh.as_str(), entered.name_en.as_str()),
                country,
                region: entered.region.clone(),
                address: entered.address.clone(),
                latitude_micro,
                longitude_micro,
                time_zone,
                cut_off,
                daily_capacity: capacity.into(),
                is_active: entered.is_active == "1",
                priority: priority.into(),
                version: 1,
            })
        }
        _ => Err(wrong),
    }
}

fn refusals(error: &EditError, t: Words) -> Option<Wrong> {
    match error {
        EditError::Invalid(wrong) => Some(
            wrong
                .iter()
                .map(|wrong| match wrong.field {
                    "name" => ("name_zh", t.sku_name_wrong().to_owned()),
                    "time_zone" => ("time_zone", t.location_time_zone_wrong().to_owned()),
                    _ => ("code", t.sku_code_wrong().to_owned()),
                })
                .collect(),
        ),
        EditError::Taken { .. } => Some(vec![("code", t.location_code_taken().to_owned())]),
        EditError::NotFound(_) | EditError::Changed { .. } | EditError::Storage(_) => None,
    }
}

fn new_page(desk: &Desk, entered: &LocationEntered, wrong: &Wrong, key: &str) -> LocationPage {
    let (zone, value) = (ZoneForm::default(), ("key", key.to_owned()));
    page(desk, Shown { known: None, entered, wrong, zone, value })
}

async fn new(desk: Desk) -> Response {
    let entered = LocationEntered {
        country: "CN".to_owned(),
        region: "CN-".to_owned(),
        time_zone: "Asia/Shanghai".to_owned(),
        cut_off: "17:00".to_owned(),
        daily_capacity: "1000".to_owned(),
        priority: "0".to_owned(),
        is_active: "1".to_owned(),
        ..LocationEntered::default()
    };
    Page(new_page(&desk, &entered, &Vec::new(), &desk.key())).into_response()
}

async fn create(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let (t, entered, text) = (desk.t(), entered(&pairs), pairs.one("key"));
    let refused = |wrong: &Wrong| {
        let page = new_page(&desk, &entered, wrong, &text);
        (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
    };
    let wanted = match read(&entered, t) {
        Ok(wanted) => wanted,
        Err(wrong) => return Ok(refused(&wrong)),
    };
    let (act, staff) = (desk.act(), desk.member.staff().id);
    let key = Key::of_form(staff, "location", &text, pairs.entered().as_bytes());
    let code = wanted.code.clone();
    let work = move |tx: &mut Tx<'_>| {
        once(tx, key.as_ref(), act.at, |tx| {
            let id: LocationId = tx.next_id(act.at);
            edit::create_location(tx, &act, &Location { id, ..wanted.clone() })?;
            Ok::<_, EditError>((id, ()))
        })
    };
    match desk.site.services().database().write(work).await {
        Ok(_) => {
            desk.site.services().catalog_changed().await;
            Ok(desk.done(&href_of(&code), &Toast::new(t.location_saved(&code))))
        }
        Err(OnceError::KeyReused) => Err(Trouble::Refused(LIST.to_owned())),
        Err(OnceError::Other(error)) => match refusals(&error, t) {
            Some(wrong) => Ok(refused(&wrong)),
            None => Err(trouble_of(error, LIST)),
        },
    }
}

/// A location with its zones and bins, as they are stored.
async fn load(desk: &Desk, code: String) -> Result<(Location, Vec<Zone>, Vec<Bin>), Trouble> {
    let read = move |tx: &mut Tx<'_>| {
        let Some(location) = stored::find_by_code(tx, &code)? else { return Ok(None) };
        let zones = stored::zones(tx, location.id)?;
        let bins = stored::bins(tx, location.id, "", BINS_SHOWN)?;
        Ok::<_, Error>(Some((location, zones, bins)))
    };
    desk.site.services().database().snapshot(read).await?.ok_or(Trouble::NotFound)
}

fn known_page(
    desk: &Desk,
    (location, zones, bins): &(Location, Vec<Zone>, Vec<Bin>),
    (entered, wrong): (&LocationEntered, &Wrong),
    zone: ZoneForm,
    version: i64,
) -> LocationPage {
    let known = Some((location, zones.as_slice(), bins.as_slice()));
    page(desk, Shown { known, entered, wrong, zone, value: ("version", version.to_string()) })
}

fn no_zone(t: Words) -> ZoneForm {
    ZoneForm::new(&ZoneEntered::default(), &[], t)
}

async fn show(desk: Desk, Path(code): Path<String>) -> Result<Response, Trouble> {
    let known = load(&desk, code).await?;
    let (entered, version) = (shown(&known.0), known.0.version);
    let page = known_page(&desk, &known, (&entered, &Vec::new()), no_zone(desk.t()), version);
    Ok(Page(page).into_response())
}

async fn change(
    desk: Desk,
    Path(code): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, entered) = (desk.t(), entered(&pairs));
    let version: i64 = pairs.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let known = load(&desk, code).await?;
    let refused = |wrong: &Wrong| {
        let page = known_page(&desk, &known, (&entered, wrong), no_zone(t), version);
        (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
    };
    let wanted = match read(&entered, t) {
        Ok(wanted) => wanted,
        Err(wrong) => return Ok(refused(&wrong)),
    };
    let (act, id) = (desk.act(), known.0.id);
    let work = move |tx: &mut Tx<'_>| {
        edit::edit_location(tx, &act, id, version, |location| {
            *location = Location { version, ..wanted.clone() };
        })
    };
    match desk.site.services().database().write(work).await {
        Ok(saved) => {
            desk.site.services().catalog_changed().await;
            let toast = Toast::new(t.location_saved(&saved.code));
            Ok(desk.done(&href_of(&saved.code), &toast))
        }
        Err(error) => match refusals(&error, t) {
            Some(wrong) => Ok(refused(&wrong)),
            None => Err(trouble_of(error, &href_of(&known.0.code))),
        },
    }
}

async fn set_up_zone(
    desk: Desk,
    Path(code): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let t = desk.t();
    let known = load(&desk, code).await?;
    let entered = ZoneEntered {
        zone_code: pairs.one("zone_code"),
        zone_name_zh: pairs.one("zone_name_zh"),
        zone_name_en: pairs.one("zone_name_en"),
        zone_kind: pairs.one("zone_kind"),
        zone_bins: pairs.one("zone_bins"),
    };
    let name = Text::new(entered.zone_name_zh.as_str(), entered.zone_name_en.as_str());
    let bins: Vec<String> = entered.zone_bins.split_whitespace().map(str::to_owned).collect();
    let is_letter = |it: char| it.is_alphanumeric() || it == '-';
    let is_code = (1..=16).contains(&entered.zone_code.chars().count())
        && entered.zone_code.chars().all(is_letter);
    let is_name = !name.is_empty() && name.zh.len() <= 300 && name.en.len() <= 300;
    let are_bins =
        bins.len() <= BINS_MAX && bins.iter().all(|bin| bin.chars().count() <= BIN_CHARS_MAX);
    let wrong: Wrong = [
        (is_code, "zone_code", t.zone_code_wrong()),
        (is_name, "zone_name_zh", t.sku_name_wrong()),
        (!entered.zone_kind.is_empty(), "zone_kind", t.settings_choose()),
        (are_bins, "zone_bins", t.zone_bins_wrong()),
    ]
    .into_iter()
    .filter(|(is_right, ..)| !is_right)
    .map(|(_, name, text)| (name, text.to_owned()))
    .collect();
    if !wrong.is_empty() {
        let zone = ZoneForm::new(&entered, &wrong, t);
        let (location, version) = (shown(&known.0), known.0.version);
        let page = known_page(&desk, &known, (&location, &Vec::new()), zone, version);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    }
    let href = href_of(&known.0.code);
    let kind: String = entered.zone_kind.chars().take(40).collect();
    let zone = Zone { location: known.0.id, code: entered.zone_code.clone(), name, kind };
    let act = desk.act();
    let work = move |tx: &mut Tx<'_>| edit::set_up_zone(tx, &act, &zone, bins.clone());
    let done = desk.site.services().database().write(work).await;
    done.map_err(|error| trouble_of(error, &href))?;
    Ok(desk.done(&href, &Toast::new(t.zone_saved(&entered.zone_code))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_read_as_they_are_written() {
        for (text, millionths) in
            [("30.287459", 30_287_459), ("-0.500000", -500_000), ("180.000000", 180_000_000)]
        {
            assert_eq!((micro(text), degrees(millionths).as_str()), (Some(millionths), text));
        }
        assert_eq!(micro("120.1"), Some(120_100_000));
        for wrong in ["", "1e3", "1.2345678", "1,5", "--1", ".5", "1234", "north"] {
            assert_eq!(micro(wrong), None, "{wrong}");
        }
    }
}
