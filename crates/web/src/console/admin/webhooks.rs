//! Receivers of what happens, and the deliveries of each.

use axum::extract::{Form, Path, Query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ordermill_app::webhook::endpoint::{self, NewEndpoint};
use ordermill_app::webhook::{WebhookError, delivery};
use ordermill_base::Id;
use ordermill_domain::ids::{DeliveryId, EndpointId, OrderId};
use ordermill_domain::order::OrderNumber;
use ordermill_domain::role::Permission;
use ordermill_domain::webhook::{DeliveryState as Stored, Endpoint, Filter, State, Step};
use ordermill_pages::console::Section;
use ordermill_pages::console::admin::Part;
use ordermill_pages::console::webhooks::{
    self as view, DeliveryRow, DeliveryState, EndpointEntered, EndpointRow, EndpointState,
    WebhookPage, WebhooksPage,
};
use ordermill_pages::ui::{Pager, Toast, View, Views};
use ordermill_pages::{Page, Part as Region};
use ordermill_storage::Tx;
use ordermill_storage::delivery::Delivery;
use serde::Deserialize;

use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;

const HERE: &str = "/console/admin/webhooks";
const ENDPOINTS_MAX: i64 = 500;
const ROWS: i64 = 50;
/// Kinds of things whose events one can ask for here; finer filters are a matter of the API.
const KINDS: [&str; 8] =
    ["order", "payment", "refund", "reservation", "stock", "sku", "deadline", "task"];

pub(super) fn routes() -> Routes {
    let manage = Needs::Right(Permission::ManageAccess);
    Routes::default()
        .get("/console/admin/webhooks", manage, list)
        .get("/console/admin/webhooks/new", manage, new)
        .post("/console/admin/webhooks/new", manage, create)
        .get("/console/admin/webhooks/{id}", manage, show)
        .post("/console/admin/webhooks/{id}/{verb}", manage, act_on)
        .post("/console/admin/webhooks/{id}/deliveries/{delivery}/retry", manage, retry)
}

fn row(endpoint: &Endpoint, waiting: i64) -> EndpointRow {
    EndpointRow {
        id: endpoint.id.to_string(),
        url: endpoint.url.clone(),
        kinds: endpoint.filter.patterns().join(" "),
        state: match endpoint.state {
            State::Active if endpoint.failing_since.is_some() => EndpointState::Failing,
            State::Active => EndpointState::Healthy,
            State::Paused | State::Disabled | State::Deleted => EndpointState::Paused,
        },
        delivered_at: endpoint.delivered_at,
        waiting: waiting.unsigned_abs(),
    }
}

async fn list(desk: Desk) -> Result<Response, Trouble> {
    let principal = desk.member.principal.clone();
    let load = move |tx: &mut Tx<'_>| endpoint::list(tx, &principal, None, ENDPOINTS_MAX);
    let found = desk.site.services().database().snapshot(load).await.map_err(trouble_of)?;
    let page = WebhooksPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Admin),
        parts: desk.parts(Part::Webhooks),
        rows: found.iter().map(|(endpoint, waiting)| row(endpoint, *waiting)).collect(),
        empty: view::empty(desk.t()),
    };
    Ok(Page(page).into_response())
}

async fn new(desk: Desk) -> Response {
    let (shell, frame) = (desk.shell(), desk.frame(Section::Admin));
    Page(view::form(shell, frame, &EndpointEntered::default(), &KINDS, &desk.key())).into_response()
}

async fn create(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let t = desk.t();
    let entered = EndpointEntered { url: pairs.one("url"), kinds: pairs.all("kinds", KINDS.len()) };
    let refused = |field: &'static str, why: String| {
        let (shell, frame) = (desk.shell(), desk.frame(Section::Admin));
        let page = view::form(shell, frame, &entered, &KINDS, &pairs.one("key"));
        let page = page.refused(&[(field, why)]);
        Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
    };
    let patterns = entered.kinds.iter().map(|kind| format!("{kind}.*"));
    let Ok(filter) = Filter::new(patterns) else {
        return refused("kinds", t.webhook_kinds_missing().to_owned());
    };
    if desk.site.services().messenger().check(&entered.url).await.is_err() {
        return refused("url", t.webhook_url_hint().to_owned());
    }
    let wanted = NewEndpoint { url: entered.url.clone(), description: String::new(), filter };
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let vault = desk.site.services().vault().clone();
    let work = move |tx: &mut Tx<'_>| endpoint::create(tx, &vault, &principal, &act, &wanted);
    match desk.site.services().database().write(work).await {
        Ok((made, secret)) => with_secret(&desk, made.id, secret.as_str()).await,
        Err(WebhookError::TooMany) => refused("url", t.webhook_too_many().to_owned()),
        Err(error) => Err(trouble_of(error)),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    view: String,
    cursor: String,
}

async fn endpoint_page(
    desk: &Desk,
    id: EndpointId,
    asked: &Asked,
    fresh_secret: Option<String>,
) -> Result<WebhookPage, Trouble> {
    let (t, principal) = (desk.t(), desk.member.principal.clone());
    let state = match asked.view.as_str() {
        "waiting" => Some(Stored::Waiting),
        "failed" => Some(Stored::Failed),
        _ => None,
    };
    let before: Option<DeliveryId> = asked.cursor.parse().ok();
    let load = move |tx: &mut Tx<'_>| {
        let endpoint = endpoint::get(tx, &principal, id)?;
        let deliveries = delivery::list(tx, &principal, id, state, before, ROWS + 1)?;
        let waiting = ordermill_storage::delivery::count_waiting(tx, id)?;
        Ok::<_, WebhookError>((endpoint, waiting, deliveries))
    };
    let loaded = desk.site.services().database().snapshot(load).await;
    let (endpoint, waiting, mut deliveries) = loaded.map_err(trouble_of)?;
    let has_more = i64::try_from(deliveries.len()).is_ok_and(|count| count > ROWS);
    deliveries.truncate(usize::try_from(ROWS).unwrap_or(usize::MAX));
    let next = deliveries.last().filter(|_| has_more).map(|last| last.id);
    let row = row(&endpoint, waiting);
    let (href, current) = (
        format!("{HERE}/{id}"),
        state.map_or("all", |state| if state == Stored::Waiting { "waiting" } else { "failed" }),
    );
    let of_view = |key: &'static str, name: &str| {
        let query = if key == "all" { String::new() } else { format!("?view={key}") };
        View::new(key, name, format!("{href}{query}"))
    };
    let views = vec![
        of_view("all", t.view_all()),
        of_view("waiting", t.delivery_waiting()),
        of_view("failed", t.delivery_failed()),
    ];
    Ok(WebhookPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Admin),
        actions: row.state.actions(&row.id, &desk.key(), t),
        endpoint: row,
        fresh_secret,
        views: Views::of_list(t, "list", current, views),
        deliveries: deliveries.iter().map(delivery_row).collect(),
        empty: view::empty_deliveries(t),
        pager: Pager {
            t,
            summary: t.orders_newest_first().to_owned(),
            first: before.map(|_| format!("{href}?view={current}")),
            next: next.map(|next| format!("{href}?view={current}&cursor={next}")),
            region: "list",
        },
    })
}

fn delivery_row(delivery: &Delivery) -> DeliveryRow {
    let subject = match delivery.aggregate.as_str() {
        "order" => OrderNumber::from(OrderId::from_raw(delivery.aggregate_id)).to_string(),
        other => format!("{other} {}", delivery.aggregate_id),
    };
    DeliveryRow {
        id: delivery.id.to_string(),
        kind: delivery.kind.clone(),
        subject,
        at: delivery.happened_at,
        attempts: delivery.attempts.unsigned_abs(),
        answer: delivery.answer.clone(),
        state: match delivery.state {
            Stored::Delivered => DeliveryState::Delivered,
            Stored::Waiting => DeliveryState::Waiting(delivery.next_at),
            Stored::Failed | Stored::Dropped => DeliveryState::Failed,
        },
    }
}

async fn show(
    desk: Desk,
    Path(id): Path<EndpointId>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let page = endpoint_page(&desk, id, &asked, None).await?;
    Ok(match desk.visit.part {
        Region::Page => Page(page).into_response(),
        Region::Fragment => Page(page.as_list()).into_response(),
    })
}

/// A receiver with its fresh secret on the page, which is kept nowhere.
async fn with_secret(desk: &Desk, id: EndpointId, secret: &str) -> Result<Response, Trouble> {
    let page = endpoint_page(desk, id, &Asked::default(), Some(secret.to_owned())).await?;
    let mut response = Page(page).into_response();
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    Ok(response)
}

async fn act_on(
    desk: Desk,
    Path((id, verb)): Path<(EndpointId, String)>,
) -> Result<Response, Trouble> {
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let database = desk.site.services().database();
    if verb == "rotate" {
        let vault = desk.site.services().vault().clone();
        let work = move |tx: &mut Tx<'_>| {
            endpoint::rotate_secret(tx, &vault, &principal, &act, (id, None))
        };
        let (_, secret) = database.write(work).await.map_err(|error| about(error, id))?;
        return with_secret(&desk, id, secret.as_str()).await;
    }
    let step = match verb.as_str() {
        "pause" => Step::Pause,
        "resume" => Step::Resume,
        "delete" => Step::Delete,
        _ => return Err(Trouble::NotFound),
    };
    let work = move |tx: &mut Tx<'_>| endpoint::switch(tx, &principal, &act, (id, None), step);
    database.write(work).await.map_err(|error| about(error, id))?;
    let href = if step == Step::Delete { HERE.to_owned() } else { format!("{HERE}/{id}") };
    Ok(desk.done(&href, &Toast::new(view::stepped(&verb, desk.t()))))
}

async fn retry(
    desk: Desk,
    Path((id, delivery)): Path<(EndpointId, DeliveryId)>,
) -> Result<Response, Trouble> {
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let work =
        move |tx: &mut Tx<'_>| delivery::replay(tx, &principal, &act, id, delivery).map(drop);
    let database = desk.site.services().database();
    database.write(work).await.map_err(|error| about(error, id))?;
    Ok(desk.done(&format!("{HERE}/{id}"), &Toast::new(desk.t().delivery_again())))
}

fn about(error: WebhookError, id: EndpointId) -> Trouble {
    match error {
        WebhookError::Changed { .. } => Trouble::Stale(format!("{HERE}/{id}")),
        WebhookError::Step(_) => Trouble::Refused(format!("{HERE}/{id}")),
        error => trouble_of(error),
    }
}

fn trouble_of(error: WebhookError) -> Trouble {
    match error {
        WebhookError::Forbidden(forbidden) => forbidden.into(),
        WebhookError::NotFound(_) | WebhookError::DeliveryNotFound(_) => Trouble::NotFound,
        WebhookError::Storage(error) => error.into(),
        WebhookError::Changed { .. }
        | WebhookError::Address(_)
        | WebhookError::Filter(_)
        | WebhookError::Description
        | WebhookError::TooMany
        | WebhookError::Step(_) => Trouble::Refused(HERE.to_owned()),
        error @ WebhookError::Secret => Trouble::internal(&error),
    }
}
