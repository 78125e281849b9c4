//! The floor: what waits, releasing waves, how far they are, and lists on paper.

mod count;

use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::civil::DateTime;
use ordermill_app::catalog::Location;
use ordermill_app::once::Key;
use ordermill_app::pick_list::{may_pick, stops};
use ordermill_app::wave::plan::Cart;
use ordermill_app::wave::{FULFILLMENTS_MAX, ReleaseError, Wish, release};
use ordermill_base::{Id as _, Span, Timestamp};
use ordermill_domain::actor::Actor;
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::ids::{LocationId, PickListId, StaffId, WaveId};
use ordermill_domain::location::Zone;
use ordermill_domain::pick_list::{PickList, State, number};
use ordermill_pages::console::Section;
use ordermill_pages::console::warehouse::lists::{ListRow, PaperStop};
use ordermill_pages::console::warehouse::{
    ListPaper, PlaceLink, ShareRow, Stage, WarehousePage, WaveEntered, WaveForm, WavePage, WaveRow,
    stage,
};
use ordermill_pages::ui::{Badge, Choice, Code128, Toast, Tone};
use ordermill_pages::{Icon, Page, Part, Words};
use ordermill_storage::pick_list::{self as stored, Share};
use ordermill_storage::{Error, Tx, carrier, fulfillment, location, wave};
use serde::Deserialize;

use super::desk::Desk;
use super::pairs::Pairs;
use super::people::Names;
use super::route::{Needs, Routes};
use super::trouble::Trouble;

/// Waves of one page.
const WAVES_SHOWN: i64 = 30;
/// Lists of one wave that are shown.
const LISTS_SHOWN: i64 = 500;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/wh", Needs::Floor, show)
        .post("/console/wh/waves", Needs::Floor, release_wave)
        .get("/console/wh/waves/{wave}", Needs::Floor, show_wave)
        .get("/console/wh/lists/{list}/print", Needs::Floor, print)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    place: String,
    /// Not empty: what the wave of the other fields would take is counted.
    count: String,
    ship_by: String,
    urgent: String,
    zone: String,
    carrier: String,
    service: String,
    most: String,
    totes: String,
    pieces_per_tote: String,
}

type Wrong = Vec<(&'static str, String)>;

fn href_of(code: &str) -> String {
    format!("/console/wh?place={}", super::sign_in::encoded(code))
}

/// The locations at which they may work, and the one that is asked for.
fn places(desk: &Desk, asked: &str) -> Result<(Vec<Location>, Location), Trouble> {
    let catalog = desk.site.services().catalog();
    let may = |it: &Location| may_pick(&desk.member.principal, it.id).is_ok();
    let places: Vec<Location> =
        catalog.locations().iter().filter(|it| may(it)).map(|it| (**it).clone()).collect();
    let here = places.iter().find(|it| it.code == asked).or(places.first()).cloned();
    here.map(|here| (places, here)).ok_or(Trouble::NotFound)
}

/// What is read for the page.
struct Seen {
    work: Vec<fulfillment::InState>,
    waves: Vec<wave::Progress>,
    zones: Vec<Share>,
    people: Vec<Share>,
    named: Vec<Zone>,
    carriers: Vec<carrier::Named>,
    names: Names,
}

async fn look(desk: &Desk, at: LocationId) -> Result<Seen, Trouble> {
    let now = desk.now();
    let load = move |tx: &mut Tx<'_>| {
        let since = now - Span::hours(24);
        let work = fulfillment::open_work(tx, now)?;
        let waves = wave::list(tx, at, None, WAVES_SHOWN)?;
        let people = stored::by_person(tx, at, since)?;
        let mut actors: Vec<Actor> =
            waves.iter().filter_map(|it| it.wave.released_by.parse().ok()).collect();
        actors.extend(people.iter().filter_map(|it| Some(Actor::Staff(person(&it.of)?))));
        Ok::<_, Error>(Seen {
            work: work.into_iter().filter(|it| it.location == at).collect(),
            waves,
            zones: stored::by_zone(tx, at, since)?,
            people,
            named: location::zones(tx, at)?,
            carriers: carrier::names(tx)?,
            names: Names::load(tx, &actors)?,
        })
    };
    Ok(desk.site.services().database().snapshot(load).await?)
}

fn person(raw: &str) -> Option<StaffId> {
    raw.parse().ok().map(StaffId::from_raw)
}

fn page(
    desk: &Desk,
    (places, here): (&[Location], &Location),
    seen: &Seen,
    entered: &WaveEntered,
    wrong: &Wrong,
) -> WarehousePage {
    let t = desk.t();
    let link = |it: &Location| PlaceLink {
        code: it.code.clone(),
        href: href_of(&it.code),
        is_current: it.id == here.id,
    };
    let zones = seen.named.iter().map(|zone| {
        let name = t.pick(zone.name.zh(), zone.name.en());
        Choice::new(zone.code.clone(), format!("{} · {name}", zone.code))
    });
    let share = |it: &Share, name: String| ShareRow {
        name,
        picked: it.picked,
        short: it.short,
        left: it.left,
    };
    let zone_name = |of: &str| {
        let zone = seen.named.iter().find(|zone| zone.code == of);
        zone.map_or_else(
            || t.wh_without_bin().to_owned(),
            |zone| format!("{} · {}", zone.code, t.pick(zone.name.zh(), zone.name.en())),
        )
    };
    let person_name = |of: &str| {
        let name = person(of).and_then(|id| seen.names.of(id));
        name.map_or_else(|| of.to_owned(), str::to_owned)
    };
    WarehousePage {
        shell: desk.shell(),
        frame: desk.frame(Section::Warehouse),
        places: places.iter().map(link).collect(),
        href: href_of(&here.code),
        stages: seen
            .work
            .iter()
            .map(|it| Stage {
                name: stage(it.state, t).to_owned(),
                count: it.count,
                late: it.late,
                oldest_at: Some(it.oldest_at),
            })
            .collect(),
        form: Some(WaveForm::new(
            (desk.key(), here.code.clone()),
            entered,
            (zones.collect(), count::choices(&seen.carriers, t)),
            wrong,
            t,
        )),
        waves: seen.waves.iter().map(|it| wave_row(it, &seen.names, t)).collect(),
        zones: seen.zones.iter().map(|it| share(it, zone_name(&it.of))).collect(),
        people: seen.people.iter().map(|it| share(it, person_name(&it.of))).collect(),
    }
}

fn wave_row(it: &wave::Progress, names: &Names, t: Words) -> WaveRow {
    let wave = &it.wave;
    let by: Result<Actor, _> = wave.released_by.parse();
    let saved = match wave.walk_alone_mm {
        0 => 0,
        alone => (alone - wave.walk_mm).max(0) * 100 / alone,
    };
    WaveRow {
        href: format!("/console/wh/waves/{}", wave.id),
        released_at: wave.released_at,
        by: by.map_or_else(|_| wave.released_by.clone(), |actor| names.actor(&actor, t)),
        fulfillments: wave.fulfillments,
        lists: (it.lists_done, wave.lists),
        pieces: (it.picked, it.short, it.picked + it.short + it.left),
        walk_m: wave.walk_mm / 1_000,
        saved_percent: saved,
    }
}

async fn show(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let (places, here) = places(&desk, &asked.place)?;
    let seen = look(&desk, here.id).await?;
    if !asked.count.is_empty() {
        return count_wave(&desk, (&places, &here), &seen, asked).await;
    }
    let page = page(&desk, (&places, &here), &seen, &WaveEntered::default(), &Wrong::new());
    Ok(match desk.visit.part {
        Part::Page => Page(page).into_response(),
        Part::Fragment => Page(page.as_floor()).into_response(),
    })
}

/// The page with what a wave would take.
async fn count_wave(
    desk: &Desk,
    (places, here): (&[Location], &Location),
    seen: &Seen,
    asked: Asked,
) -> Result<Response, Trouble> {
    let Asked { ship_by, urgent, zone, carrier, service, most, totes, pieces_per_tote, .. } = asked;
    let entered =
        WaveEntered { ship_by, urgent, zone, carrier, service, most, totes, pieces_per_tote };
    let wish = match read(&entered, here, &seen.carriers, desk.t()) {
        Ok(wish) => wish,
        Err(wrong) => {
            let page = page(desk, (places, here), seen, &entered, &wrong);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
        }
    };
    let counted = count::counted(desk, here.id, &wish, &seen.carriers).await?;
    let mut page = page(desk, (places, here), seen, &entered, &Wrong::new());
    if let Some(form) = &mut page.form {
        form.counted = Some(counted);
    }
    Ok(Page(page).into_response())
}

fn read(
    entered: &WaveEntered,
    here: &Location,
    carriers: &[carrier::Named],
    t: Words,
) -> Result<Wish, Wrong> {
    let mut wrong = Wrong::new();
    let mut number = |name: &'static str, text: &str, most: u32| {
        let found = text.parse::<u32>().ok().filter(|it| (1..=most).contains(it));
        if found.is_none() {
            wrong.push((name, t.wave_number_wrong(most)));
        }
        found.and_then(std::num::NonZeroU32::new).unwrap_or(std::num::NonZeroU32::MIN)
    };
    let most = number("most", &entered.most, u32::try_from(FULFILLMENTS_MAX).unwrap_or(1));
    let totes = number("totes", &entered.totes, 200);
    let pieces_per_tote = number("pieces_per_tote", &entered.pieces_per_tote, 9_999);
    let ship_by = match entered.ship_by.as_str() {
        "" => None,
        text => {
            // By the clock of the location.
            let time: Option<DateTime> = text.parse().ok();
            let zoned = time.and_then(|time| time.to_zoned(here.time_zone.clone()).ok());
            if zoned.is_none() {
                wrong.push(("ship_by", t.wave_time_wrong().to_owned()));
            }
            zoned.map(|zoned| Timestamp::from(zoned.timestamp()))
        }
    };
    let carrier = carriers.iter().find(|it| it.code == entered.carrier);
    if carrier.is_none() && !entered.carrier.is_empty() {
        wrong.push(("carrier", t.settings_choose().to_owned()));
    }
    let service = match entered.service.as_str() {
        "" => None,
        code => {
            let kind = ServiceKind::from_code(code).ok();
            if kind.is_none() {
                wrong.push(("service", t.settings_choose().to_owned()));
            }
            kind
        }
    };
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(Wish {
        ship_by,
        is_urgent: entered.urgent == "urgent",
        zone: entered.zone.clone(),
        carrier: carrier.map(|it| it.id),
        service,
        most: most.get().into(),
        cart: Cart { totes: totes.get(), pieces_per_tote },
    })
}

async fn release_wave(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let t = desk.t();
    let (places, here) = places(&desk, &pairs.one("place"))?;
    let entered = WaveEntered {
        ship_by: pairs.one("ship_by"),
        urgent: pairs.one("urgent"),
        zone: pairs.one("zone"),
        carrier: pairs.one("carrier"),
        service: pairs.one("service"),
        most: pairs.one("most"),
        totes: pairs.one("totes"),
        pieces_per_tote: pairs.one("pieces_per_tote"),
    };
    let refused = async |wrong: Wrong| {
        let seen = look(&desk, here.id).await?;
        let page = page(&desk, (&places, &here), &seen, &entered, &wrong);
        Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
    };
    let carriers = desk.site.services().database().read(carrier::names).await?;
    let wish = match read(&entered, &here, &carriers, t) {
        Ok(wish) => wish,
        Err(wrong) => return refused(wrong).await,
    };
    let staff = desk.member.staff().id;
    let key = Key::of_form(staff, "wave", &pairs.one("key"), pairs.entered().as_bytes());
    let act = desk.act_because(t.wave_release());
    let database = desk.site.services().database();
    let (known, principal) = (count::known(&desk).await?, &desk.member.principal);
    let released = release(database, principal, &act, here.id, (&wish, &known), key).await;
    match released {
        Ok(wave) => {
            let toast = Toast::new(t.wave_released(wave.fulfillments.unsigned_abs()));
            Ok(desk.done(&href_of(&here.code), &toast))
        }
        Err(ReleaseError::Nothing) => refused(vec![("", t.wave_nothing().to_owned())]).await,
        Err(ReleaseError::Busy) => refused(vec![("", t.wave_busy().to_owned())]).await,
        Err(ReleaseError::KeyReused) => Err(Trouble::Refused(href_of(&here.code))),
        Err(ReleaseError::NotFound | ReleaseError::Impossible) => Err(Trouble::NotFound),
        Err(ReleaseError::Forbidden(forbidden)) => Err(forbidden.into()),
        Err(ReleaseError::Work(error)) => Err(error.into_storage().into()),
        Err(ReleaseError::Storage(error)) => Err(error.into()),
    }
}

async fn show_wave(desk: Desk, Path(wave): Path<String>) -> Result<Response, Trouble> {
    let id: WaveId = wave.parse().map_err(|_| Trouble::NotFound)?;
    let load = move |tx: &mut Tx<'_>| {
        let Some(wave) = wave::fetch(tx, id)? else { return Ok(None) };
        let of_wave = stored::Filter { state: None, wave: Some(id) };
        let lists = stored::list(tx, wave.location, of_wave, None, LISTS_SHOWN)?;
        let pickers: Vec<Actor> =
            lists.iter().filter_map(|list| list.facts().picker.map(Actor::Staff)).collect();
        let names = Names::load(tx, &pickers)?;
        Ok::<_, Error>(Some((wave, lists, names)))
    };
    let found = desk.site.services().database().snapshot(load).await?;
    let (wave, lists, names) = found.ok_or(Trouble::NotFound)?;
    let (_, here) = places(&desk, &code_of(&desk, wave.location))?;
    if here.id != wave.location {
        return Err(Trouble::NotFound);
    }
    let t = desk.t();
    let shell = desk.shell();
    Ok(Page(WavePage {
        title: t.wave_title(shell.moment(&wave.released_at)),
        shell,
        frame: desk.frame(Section::Warehouse),
        back: href_of(&here.code),
        lists: lists.iter().map(|list| list_row(list, &names, t)).collect(),
    })
    .into_response())
}

fn code_of(desk: &Desk, id: LocationId) -> String {
    let catalog = desk.site.services().catalog();
    catalog.location(id).map(|place| place.code.clone()).unwrap_or_default()
}

fn list_row(list: &PickList, names: &Names, t: Words) -> ListRow {
    let facts = list.facts();
    let sum = |of: fn(&ordermill_domain::pick_list::Line) -> i64| facts.lines.iter().map(of).sum();
    ListRow {
        number: number(facts.id),
        print: format!("/console/wh/lists/{}/print", facts.id),
        state: match facts.state {
            State::Open => Badge::new(Tone::Amber, Icon::Hourglass, t.list_open()),
            State::Picking => Badge::new(Tone::Blue, Icon::Clock, t.list_picking()),
            State::Done => Badge::new(Tone::Green, Icon::Check, t.list_done()),
        },
        picker: facts.picker.and_then(|id| names.of(id)).unwrap_or_default().to_owned(),
        stops: (facts.lines.iter().filter(|line| line.left() == 0).count(), facts.lines.len()),
        pieces: (
            sum(|line| line.picked),
            sum(|line| line.short),
            sum(|line| line.quantity - line.dropped),
        ),
        walk_m: facts.walk_mm / 1_000,
        is_shortest: facts.is_shortest,
    }
}

async fn print(desk: Desk, Path(list): Path<String>) -> Result<Response, Trouble> {
    let id: PickListId = list.parse().map_err(|_| Trouble::NotFound)?;
    let load = move |tx: &mut Tx<'_>| {
        let Some(list) = stored::fetch(tx, id)? else { return Ok(None) };
        let stops = stops(tx, &list)?;
        Ok::<_, Error>(Some((list, stops)))
    };
    let found = desk.site.services().database().snapshot(load).await?;
    let (list, found) = found.ok_or(Trouble::NotFound)?;
    let facts = list.facts();
    may_pick(&desk.member.principal, facts.location).map_err(|_| Trouble::NotFound)?;
    let (catalog, t) = (desk.site.services().catalog(), desk.t());
    let stop = |it: ordermill_app::pick_list::Stop| {
        let sku = catalog.sku(it.line.sku);
        let day = it.line.expires_on.map(|day| format!(" · {day}")).unwrap_or_default();
        PaperStop {
            bin: it.bin,
            sku: sku.map(|sku| sku.code.clone()).unwrap_or_default(),
            name: sku.map(|it| t.pick(it.name.zh(), it.name.en())).unwrap_or_default().to_owned(),
            lot: format!("{}{day}", it.line.lot),
            tote: it.line.tote,
            pieces: it.line.left(),
        }
    };
    Ok(Page(ListPaper {
        shell: desk.shell(),
        number: number(id),
        barcode: Code128::new(&number(id)),
        place: code_of(&desk, facts.location),
        released_at: facts.released_at,
        totes: facts.totes,
        walk_m: facts.walk_mm / 1_000,
        stops: found.into_iter().filter(|it| it.line.left() > 0).map(stop).collect(),
    })
    .into_response())
}
