//! The list of orders: views, filters, pages.

mod bulk;
mod export;
mod whole_view;

use axum::extract::Query;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use ordermill_app::order::list::{self, OrderRow};
use ordermill_app::order::sight::Sight;
use ordermill_app::privacy::MaskedRecipient;
use ordermill_base::{Id, Money, Span, Timestamp};
use ordermill_domain::address::province_of;
use ordermill_domain::ids::{ChannelId, OrderId};
use ordermill_domain::order::{DisplayStatus, OrderNumber};
use ordermill_domain::role::Permission;
use ordermill_pages::console::orders::{
    self as page, Chosen, Newer, OrdersPage, SavedView, Skipped,
};
use ordermill_pages::console::{Section, order as order_page};
use ordermill_pages::ui::{Pager, Remaining, View, Views};
use ordermill_pages::{Page, Part, states};
use ordermill_storage::channel;
use ordermill_storage::channel::Channel;
use ordermill_storage::order::{self, Filter};
use serde::Deserialize;

use super::desk::Desk;
use super::route::{Needs, Routes};
use super::sign_in::encoded;
use super::trouble::Trouble;

/// Orders on one page.
const ROWS: i64 = 50;
/// "New orders" are counted up to here.
const NEWER_MAX: i64 = 99;

pub(super) fn routes() -> Routes {
    let read = Needs::Right(Permission::ReadOrders);
    let change = Needs::Right(Permission::ChangeStatus);
    Routes::default()
        .get("/console/orders", read, show)
        .get("/console/orders/newer", read, newer)
        .get("/console/orders/export.csv", read, export::export)
        .post("/console/orders/bulk", change, bulk::bulk)
        .get("/console/orders/bulk", change, whole_view::list)
        .get("/console/orders/bulk/{bulk}", change, whole_view::show)
        .post("/console/orders/bulk/{bulk}/stop", change, whole_view::stop)
}

/// The filters of an address, as written there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    view: String,
    q: String,
    status: String,
    payment: String,
    channel: String,
    from: String,
    to: String,
    min: String,
    max: String,
    cursor: String,
    after: String,
}

impl Asked {
    fn chosen(&self) -> Chosen {
        let trimmed = |text: &String| text.trim().to_owned();
        Chosen {
            view: SavedView::of(&self.view).key().to_owned(),
            q: trimmed(&self.q),
            status: trimmed(&self.status),
            payment: trimmed(&self.payment),
            channel: trimmed(&self.channel),
            from: trimmed(&self.from),
            to: trimmed(&self.to),
            min: trimmed(&self.min),
            max: trimmed(&self.max),
        }
    }
}

/// The one written form of the filters: empty ones dropped, in a fixed order.
fn query_of(chosen: &Chosen, has_filters: bool) -> String {
    let view = if chosen.view == SavedView::All.key() { "" } else { &chosen.view };
    let filters = [
        ("q", &chosen.q),
        ("status", &chosen.status),
        ("payment", &chosen.payment),
        ("channel", &chosen.channel),
        ("from", &chosen.from),
        ("to", &chosen.to),
        ("min", &chosen.min),
        ("max", &chosen.max),
    ];
    let filters = filters.into_iter().filter(|_| has_filters);
    let parts = std::iter::once(("view", view)).chain(filters.map(|(name, it)| (name, &**it)));
    let parts = parts.filter(|(_, value)| !value.is_empty());
    let parts: Vec<String> =
        parts.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    parts.join("&")
}

fn href(query: &str) -> String {
    if query.is_empty() { "/console/orders".to_owned() } else { format!("/console/orders?{query}") }
}

/// The whole list's address with one more parameter.
fn href_with(path: &str, query: &str, name: &str, value: &str) -> String {
    let query = if query.is_empty() { String::new() } else { format!("{query}&") };
    format!("{path}?{query}{name}={value}")
}

/// What a saved view shows.
pub(super) fn of_view(view: SavedView, now: Timestamp) -> Filter {
    let all = Filter::default();
    let display = |status| Filter { display: Some(status), ..Filter::default() };
    match view {
        SavedView::All => all,
        SavedView::ToPay => display(DisplayStatus::ToPay),
        SavedView::Review => display(DisplayStatus::InReview),
        SavedView::ToProcess => display(DisplayStatus::ToProcess),
        SavedView::ToShip => display(DisplayStatus::ToShip),
        SavedView::ToHandOver => display(DisplayStatus::ToHandOver),
        SavedView::Shipped => display(DisplayStatus::Shipped),
        SavedView::Canceled => display(DisplayStatus::Canceled),
        SavedView::Backordered => Filter { is_backordered: true, ..all },
        SavedView::Due => {
            // By the minute, so that the figures are counted once for everybody.
            let minute = 60_000_000;
            let now = Timestamp::from_micros(now.as_micros().div_euclid(minute) * minute);
            Filter { due_before: Some(now + Span::hours(1)), ..all }
        }
    }
}

impl Desk {
    /// The filters as the database is asked; `None` if nothing can match.
    fn filter(&self, chosen: &Chosen, channels: &[Channel]) -> Option<Filter> {
        let mut filter = of_view(SavedView::of(&chosen.view), self.now());
        let set = |text: &String| !text.is_empty();
        if set(&chosen.status) {
            let status = chosen.status.parse().ok()?;
            // Two statuses at once: none has both, unless it is the same.
            if filter.display.is_some_and(|of_view| of_view != status) {
                return None;
            }
            filter.display = Some(status);
        }
        if set(&chosen.payment) {
            filter.payment = Some(chosen.payment.parse().ok()?);
        }
        if set(&chosen.channel) {
            filter.channel = Some(channels.iter().find(|it| it.code == chosen.channel)?.id);
        }
        let day = |text: &String| -> Option<Timestamp> {
            let zone = self.shell().site.zone.clone();
            let day: Date = text.parse().ok()?;
            Some(day.to_zoned(zone).ok()?.timestamp().into())
        };
        if set(&chosen.from) {
            filter.placed_from = Some(day(&chosen.from)?);
        }
        if set(&chosen.to) {
            filter.placed_before = Some(day(&chosen.to)? + Span::days(1));
        }
        let currency = self.site.services().catalog().shop.currency;
        let amount = |text: &String| Money::parse(text, currency).ok().map(|money| money.minor);
        if set(&chosen.min) {
            filter.total_min_minor = Some(amount(&chosen.min)?);
        }
        if set(&chosen.max) {
            filter.total_max_minor = Some(amount(&chosen.max)?);
        }
        if set(&chosen.q) {
            filter.contact = Some(self.site.services().vault().contact_index(&chosen.q)?);
        }
        Some(filter)
    }
}

async fn show(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    if let Ok(number) = OrderNumber::parse(asked.q.trim()) {
        return Ok(to_order(&desk, number));
    }
    list_page(&desk, &asked, Vec::new()).await
}

/// A number that was typed or scanned opens its order.
fn to_order(desk: &Desk, number: OrderNumber) -> Response {
    let href = order_page::href(&number.to_string());
    if desk.visit.part == Part::Page {
        return Redirect::to(&href).into_response();
    }
    let mut response = StatusCode::OK.into_response();
    if let Ok(href) = HeaderValue::from_str(&href) {
        response.headers_mut().insert(HeaderName::from_static("hx-redirect"), href);
    }
    response
}

async fn list_page(desk: &Desk, asked: &Asked, skipped: Vec<Skipped>) -> Result<Response, Trouble> {
    let sight = Sight::of(&desk.member.principal)?;
    let services = desk.site.services();
    let (database, t) = (services.database(), desk.t());
    let channels = database.read(channel::list).await?;
    let chosen = asked.chosen();
    let filter = desk.filter(&chosen, &channels).map(|filter| sight.narrow(filter));
    let before = asked.cursor.parse::<OrderId>().ok();
    let (found, has_more) = match &filter {
        None => (Vec::new(), false),
        Some(filter) => {
            let filter = filter.clone();
            database.snapshot(move |tx| list::page(tx, &filter, before, ROWS)).await?
        }
    };
    let (query, plain) = (query_of(&chosen, true), query_of(&chosen, false));
    let is_filtered = query != plain;
    let total = match filter.filter(|_| !is_filtered) {
        Some(filter) => {
            let figure = services.figures().orders(database, &filter, desk.now()).await?;
            Some((figure.count, figure.is_more))
        }
        None => None,
    };
    let next = found.last().filter(|_| has_more).map(|last| last.stored.order.id().to_string());
    // New ones come in above the first row; with no row, above the beginning of time.
    let newest = found.first().map_or(OrderId::from_raw(0), |first| first.stored.order.id());
    let names: Vec<(String, String)> =
        channels.iter().map(|it| (it.code.clone(), channel_name(it, t))).collect();
    let page = OrdersPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Orders),
        views: views(desk, sight, &chosen).await?,
        filters: page::filters(&chosen, &names, is_filtered.then(|| href(&plain)), t),
        newer_href: href_with("/console/orders/newer", &query, "after", &newest.to_string()),
        empty: page::empty(is_filtered, &href(&plain), t),
        pager: Pager {
            t,
            summary: page::summary(total, t),
            first: before.map(|_| href(&query)),
            next: next.map(|cursor| href_with("/console/orders", &query, "cursor", &cursor)),
            region: "list",
        },
        rows: found.iter().map(|row| desk.row(sight, row, &channels)).collect(),
        can_change: desk.may(Permission::ChangeStatus),
        total,
        skipped,
        key: desk.key(),
        query: query.clone(),
    };
    let mut response = match desk.visit.part {
        Part::Page => Page(&page).into_response(),
        Part::Fragment => Page(page.as_list()).into_response(),
    };
    if desk.visit.part == Part::Fragment
        && let Ok(address) = HeaderValue::from_str(&match before {
            None => href(&query),
            Some(before) => href_with("/console/orders", &query, "cursor", &before.to_string()),
        })
    {
        response.headers_mut().insert(HeaderName::from_static("hx-push-url"), address);
    }
    Ok(response)
}

/// The saved views with their figures, which are some seconds old.
async fn views(desk: &Desk, sight: Sight, chosen: &Chosen) -> Result<Views, Trouble> {
    let (services, t) = (desk.site.services(), desk.t());
    let mut views = Vec::new();
    for view in SavedView::ALL {
        let filter = sight.narrow(of_view(view, desk.now()));
        let figure = services.figures().orders(services.database(), &filter, desk.now()).await?;
        let query = query_of(&Chosen { view: view.key().to_owned(), ..Chosen::default() }, false);
        let (name, tone) = view.words(t);
        let shown = View::new(view.key(), name, href(&query));
        views.push(shown.count(figure.count, tone).or_more(figure.is_more));
    }
    let current = SavedView::of(&chosen.view).key();
    Ok(Views::of_list(t, "list", current, views))
}

impl Desk {
    fn row(&self, sight: Sight, row: &OrderRow, channels: &[Channel]) -> page::OrderRow {
        let (services, t, now) = (self.site.services(), self.t(), self.now());
        let facts = row.stored.order.facts();
        let recipient = if sight.shows_recipient() {
            match services.vault().mask_recipient(facts.id, &row.stored.recipient) {
                Ok(MaskedRecipient { name, .. }) => name,
                Err(_) => "—".to_owned(),
            }
        } else {
            String::new()
        };
        let catalog = services.catalog();
        let locations: Vec<&str> = row
            .locations
            .iter()
            .filter_map(|id| catalog.location(*id))
            .map(|location| location.code.as_str())
            .collect();
        let remaining = row.deadline.map(|(kind, due_at)| {
            let rule = kind.rule();
            let warning = rule.warn_after.map_or(Span::hours(1), |after| {
                Span::micros(rule.span.as_micros() - after.as_micros())
            });
            Remaining::new(due_at, now, warning, t)
        });
        let mut tags = Vec::new();
        if facts.backordered {
            tags.push(t.tag_backorder().to_owned());
        }
        if facts.promotion {
            tags.push(t.tag_promotion().to_owned());
        }
        page::OrderRow {
            id: facts.id.to_string(),
            version: facts.version.unsigned_abs(),
            number: row.number().to_string(),
            tags,
            placed_at: facts.milestones.placed_at,
            recipient,
            place: place(&row.stored.region, t),
            state: states::order(row.display_status(), t),
            remaining,
            pieces: row.pieces.unsigned_abs(),
            total: facts.amounts.total(),
            payment: states::payment_status(row.payment_status(), t),
            location: locations.join(", "),
            channel: channel_called(facts.channel, channels, t),
        }
    }
}

/// Where an order goes, by its province: 浙江, Zhejiang.
pub(super) fn place(region: &str, t: ordermill_pages::Words) -> String {
    match province_of(region) {
        Some(province) => {
            let latin = province.latin_names.first().copied().unwrap_or(province.iso);
            t.pick(province.short_name(), latin).to_owned()
        }
        None => region.to_owned(),
    }
}

/// A channel by its name; the two that every shop has, in words.
pub(super) fn channel_name(channel: &Channel, t: ordermill_pages::Words) -> String {
    match channel.code.as_str() {
        "shop" => t.channel_shop().to_owned(),
        "api" => t.channel_api().to_owned(),
        _ => channel.name.clone(),
    }
}

pub(super) fn channel_called(
    id: ChannelId,
    channels: &[Channel],
    t: ordermill_pages::Words,
) -> String {
    let found = channels.iter().find(|channel| channel.id == id);
    found.map_or_else(|| id.to_string(), |channel| channel_name(channel, t))
}

/// How many orders came in above the first row.
async fn newer(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let sight = Sight::of(&desk.member.principal)?;
    let database = desk.site.services().database();
    let channels = database.read(channel::list).await?;
    let chosen = asked.chosen();
    let after: OrderId = asked.after.parse().map_err(|_| Trouble::NotFound)?;
    let count = match desk.filter(&chosen, &channels).map(|filter| sight.narrow(filter)) {
        Some(filter) => {
            database.read(move |tx| order::count_newer(tx, &filter, after, NEWER_MAX)).await?
        }
        None => 0,
    };
    let href = href(&query_of(&chosen, true));
    Ok(Page(Newer { t: desk.t(), count: count.unsigned_abs(), href }).into_response())
}
