//! Open work: what each location still has to do, and the list behind each figure.

use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use ordermill_app::order::sight::Sight;
use ordermill_base::Span;
use ordermill_domain::fulfillment::{Fulfillment, State};
use ordermill_domain::ids::{FulfillmentId, LocationId};
use ordermill_domain::order::OrderNumber;
use ordermill_domain::role::Permission;
use ordermill_pages::console::Section;
use ordermill_pages::console::catalog::locations;
use ordermill_pages::console::order::href as order_href;
use ordermill_pages::console::work::{PlaceWork, WorkPage, WorkRow};
use ordermill_pages::format::{self, grouped};
use ordermill_pages::ui::{Meter, Meters, Pager, Remaining, Tone};
use ordermill_pages::{Page, Part, states};
use ordermill_storage::fulfillment::{self as stored, Filter, InState};
use ordermill_storage::{Error, Tx};
use serde::Deserialize;

use super::catalog::pool_href;
use super::desk::Desk;
use super::route::{Needs, Routes};
use super::trouble::Trouble;

const HERE: &str = "/console/work";
/// Fulfillments on one page.
const ROWS: i64 = 50;

pub(super) fn routes() -> Routes {
    Routes::default().get("/console/work", Needs::Right(Permission::ReadOrders), show)
}

/// The list of a location's work in a state, or of all locations'.
pub(super) fn href_of(place: Option<&str>, state: State) -> String {
    match place {
        Some(code) => format!("{HERE}?place={}&state={state}", super::sign_in::encoded(code)),
        None => format!("{HERE}?state={state}"),
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    place: String,
    state: String,
    cursor: String,
}

async fn show(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let own = match Sight::of(&desk.member.principal)? {
        Sight::All => None,
        Sight::Site(location) => Some(location),
        Sight::Money => return Err(Trouble::Forbidden(Permission::ReadOrders)),
    };
    let catalog = desk.site.services().catalog();
    let place = catalog.locations().iter().find(|it| it.code == asked.place).map(|it| it.id);
    let state: Option<State> = asked.state.parse().ok().filter(|state: &State| state.is_open());
    let is_chosen = place.is_some() || state.is_some();
    let location = own.or(place);
    let after: Option<FulfillmentId> = asked.cursor.parse().ok();
    let filter = Filter { location, states: state.into_iter().collect(), ..Filter::default() };
    let now = desk.now();
    let load = move |tx: &mut Tx<'_>| {
        let work = stored::open_work(tx, now)?;
        let rows = if is_chosen { stored::list(tx, &filter, after, ROWS + 1)? } else { Vec::new() };
        Ok::<_, Error>((work, rows))
    };
    let (work, mut rows) = desk.site.services().database().snapshot(load).await?;
    let has_more = i64::try_from(rows.len()).is_ok_and(|count| count > ROWS);
    rows.truncate(usize::try_from(ROWS).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| has_more).map(Fulfillment::id);
    let t = desk.t();
    let query = [("place", &asked.place), ("state", &asked.state)];
    let query: Vec<String> = query
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", super::sign_in::encoded(value)))
        .collect();
    let href =
        if query.is_empty() { HERE.to_owned() } else { format!("{HERE}?{}", query.join("&")) };
    let named: Vec<String> = place
        .map(|_| asked.place.clone())
        .into_iter()
        .chain(state.map(|state| states::work(state, t).word))
        .collect();
    let page = WorkPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Orders),
        as_of: now,
        places: places(&desk, &work, own),
        chosen: named.join(" · "),
        rows: rows.iter().map(|work| row(&desk, work)).collect(),
        pager: Pager {
            t,
            summary: t.work_oldest_first().to_owned(),
            first: after.map(|_| href.clone()),
            next: next.map(|id| format!("{href}&cursor={id}")),
            region: "",
        },
        href,
    };
    Ok(match desk.visit.part {
        Part::Page => Page(page).into_response(),
        Part::Fragment => Page(page.as_work()).into_response(),
    })
}

fn places(desk: &Desk, work: &[InState], own: Option<LocationId>) -> Vec<PlaceWork> {
    let (t, catalog) = (desk.t(), desk.site.services().catalog());
    let may_pool = desk.may(Permission::ChangeStatus);
    let here = catalog.locations().iter().filter(|it| own.is_none_or(|own| own == it.id));
    let place = here.filter_map(|location| {
        let of_it: Vec<InState> =
            work.iter().filter(|it| it.location == location.id).copied().collect();
        if of_it.is_empty() {
            return None;
        }
        let has_planned = of_it.iter().any(|it| it.state == State::Planned);
        Some(PlaceWork {
            code: location.code.clone(),
            name: t.pick(location.name.zh(), location.name.en()).to_owned(),
            state: locations::state(location.is_active, t),
            pool_href: (may_pool && has_planned).then(|| pool_href(&location.code)),
            stages: stages(desk, &of_it, Some(&location.code)),
        })
    });
    place.collect()
}

/// Work by state in the order of its way, with what is late and the oldest.
pub(super) fn stages(desk: &Desk, work: &[InState], place: Option<&str>) -> Meters {
    let (t, now) = (desk.t(), desk.now());
    let sums: Vec<InState> = State::ALL
        .into_iter()
        .filter_map(|state| {
            let of_state = work.iter().filter(|it| it.state == state).copied();
            of_state.reduce(|a, b| InState {
                count: a.count + b.count,
                late: a.late + b.late,
                oldest_at: a.oldest_at.min(b.oldest_at),
                ..a
            })
        })
        .collect();
    let most = sums.iter().map(|it| it.count).max().unwrap_or(0).max(1);
    let meter = |it: &InState| {
        let badge = states::work(it.state, t);
        let late = it.late.unsigned_abs();
        Meter {
            name: badge.word,
            href: href_of(place, it.state),
            percent: u8::try_from(it.count * 100 / most).unwrap_or(100),
            tone: if late > 0 { Tone::Red } else { badge.tone },
            value: grouped(it.count.unsigned_abs()),
            warning: if late > 0 { t.work_late(late) } else { String::new() },
            note: t.work_oldest(format::span(now.since(it.oldest_at), t)),
        }
    };
    Meters { meters: sums.iter().map(meter).collect() }
}

fn row(desk: &Desk, work: &Fulfillment) -> WorkRow {
    let (t, facts) = (desk.t(), work.facts());
    let number = OrderNumber::from(facts.order).to_string();
    let pieces: i64 = facts.lines.iter().map(|line| line.quantity).sum();
    WorkRow {
        href: order_href(&number),
        number,
        place: desk.place_code(facts.location),
        pieces: pieces.unsigned_abs(),
        is_urgent: facts.is_urgent,
        state: states::work(facts.state, t),
        remaining: facts.ship_by.map(|at| Remaining::new(at, desk.now(), Span::hours(2), t)),
    }
}
