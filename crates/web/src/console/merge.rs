//! Merging work by hand, and taking it out again; each asks for the reason first, on a page of its own.

use axum::extract::{Form, Path, Query};
use axum::response::Response;
use ordermill_app::merge::by_hand::{self, MergeError};
use ordermill_app::sourcing::by_hand::{ByHandError, Seen};
use ordermill_domain::fulfillment::Fulfillment;
use ordermill_domain::ids::FulfillmentId;
use ordermill_domain::role::Permission;
use ordermill_pages::console::Section;
use ordermill_pages::console::form::FormPage;
use ordermill_pages::console::order::href as order_href;
use ordermill_pages::console::{merge as view, sourcing};
use ordermill_pages::ui::Toast;
use ordermill_storage::Tx;
use serde::Deserialize;

use super::desk::Desk;
use super::pairs::Pairs;
use super::route::{Needs, Routes};
use super::sourcing::{Asks, Wrong, answer, form, href_of, number_of, remark, trouble_of, work};
use super::trouble::Trouble;

pub(super) fn routes() -> Routes {
    let decide = Needs::Right(Permission::ChangeStatus);
    Routes::default()
        .get("/console/fulfillments/{id}/merge", decide, ask_merge)
        .post("/console/fulfillments/{id}/merge", decide, merge)
        .get("/console/fulfillments/{id}/take-out", decide, ask_take_out)
        .post("/console/fulfillments/{id}/take-out", decide, take_out)
}

/// Where work is asked to travel with other work.
pub(super) fn merge_href(id: FulfillmentId, with: FulfillmentId) -> String {
    format!("{}?with={with}", href_of(id, "merge"))
}

#[derive(Debug, Deserialize)]
struct With {
    #[serde(default)]
    with: String,
}

fn merge_page(
    desk: &Desk,
    (own, version): (&Fulfillment, i64),
    (other, their_version): (&Fulfillment, i64),
    why: &str,
) -> FormPage {
    let (t, facts) = (desk.t(), own.facts());
    let (number, theirs) = (number_of(facts.order), number_of(other.facts().order));
    let place = desk.place_code(facts.location);
    let asks = Asks {
        title: t.merge_page_title(&number, &theirs),
        lead: t.merge_lead(&place),
        back: (order_href(&number), number),
        action: merge_href(own.id(), other.id()),
        version,
        groups: sourcing::only_reason(t.merge_do(), why, t),
        button: t.merge_do().to_owned(),
    };
    let mut page = form(desk, Section::Orders, asks);
    page.values.push(("their_version", their_version.to_string()));
    page
}

async fn ask_merge(
    desk: Desk,
    Path(id): Path<FulfillmentId>,
    Query(with): Query<With>,
) -> Result<Response, Trouble> {
    let with: FulfillmentId = with.with.parse().map_err(|_| Trouble::NotFound)?;
    let (own, other) = (work(&desk, id).await?, work(&desk, with).await?);
    let page = merge_page(&desk, (&own, own.version()), (&other, other.version()), "");
    Ok(answer(page, &Wrong::new()))
}

async fn merge(
    desk: Desk,
    Path(id): Path<FulfillmentId>,
    Query(with): Query<With>,
    Form(entered): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, why) = (desk.t(), entered.one("remark"));
    let with: FulfillmentId = with.with.parse().map_err(|_| Trouble::NotFound)?;
    let (own, other) = (work(&desk, id).await?, work(&desk, with).await?);
    let version: i64 = entered.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let theirs: i64 = entered.one("their_version").parse().map_err(|_| Trouble::NotFound)?;
    let refused = |wrong: (&'static str, String)| {
        Ok(answer(merge_page(&desk, (&own, version), (&other, theirs), &why), &vec![wrong]))
    };
    if let Some(wrong) = remark(&desk, &why) {
        return refused(wrong);
    }
    let (principal, catalog) = (desk.member.principal.clone(), desk.site.services().catalog());
    let (vault, act) = (desk.site.services().vault().clone(), desk.act_because(why.trim()));
    let seen = [Seen { id, version }, Seen { id: with, version: theirs }];
    let join = move |tx: &mut Tx<'_>| by_hand::merge(tx, &catalog, &vault, &principal, &act, &seen);
    let href = order_href(&number_of(own.facts().order));
    match desk.site.services().database().write(join).await {
        Ok(_) => Ok(desk.done(&href, &Toast::new(t.merge_done()))),
        Err(MergeError::Obstacles { because, .. }) => {
            let because: Vec<&str> = because.iter().map(|it| view::obstacle(*it, t)).collect();
            refused(("", because.join(t.pick("；", "; "))))
        }
        Err(MergeError::NotThere(_)) => refused(("", t.sourcing_not_there().to_owned())),
        Err(error) => Err(refusal(error, &href)),
    }
}

fn take_out_page(desk: &Desk, own: &Fulfillment, version: i64, why: &str) -> FormPage {
    let (t, number) = (desk.t(), number_of(own.facts().order));
    let asks = Asks {
        title: t.merge_out_title(&number),
        lead: t.merge_out_lead().to_owned(),
        back: (order_href(&number), number),
        action: href_of(own.id(), "take-out"),
        version,
        groups: sourcing::only_reason(t.merge_out(), why, t),
        button: t.merge_out().to_owned(),
    };
    form(desk, Section::Orders, asks)
}

async fn ask_take_out(desk: Desk, Path(id): Path<FulfillmentId>) -> Result<Response, Trouble> {
    let own = work(&desk, id).await?;
    Ok(answer(take_out_page(&desk, &own, own.version(), ""), &Wrong::new()))
}

async fn take_out(
    desk: Desk,
    Path(id): Path<FulfillmentId>,
    Form(entered): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, own, why) = (desk.t(), work(&desk, id).await?, entered.one("remark"));
    let version: i64 = entered.one("version").parse().map_err(|_| Trouble::NotFound)?;
    if let Some(wrong) = remark(&desk, &why) {
        return Ok(answer(take_out_page(&desk, &own, version, &why), &vec![wrong]));
    }
    let (principal, catalog) = (desk.member.principal.clone(), desk.site.services().catalog());
    let act = desk.act_because(why.trim());
    let seen = Seen { id, version };
    let take = move |tx: &mut Tx<'_>| by_hand::take_out(tx, &catalog, &principal, &act, seen);
    let href = order_href(&number_of(own.facts().order));
    let done = desk.site.services().database().write(take).await;
    done.map_err(|error| refusal(error, &href))?;
    Ok(desk.done(&href, &Toast::new(t.merge_out_done())))
}

/// What a refusal leads to that does not stand at the form.
fn refusal(error: MergeError, href: &str) -> Trouble {
    match error {
        MergeError::Forbidden(forbidden) => forbidden.into(),
        MergeError::Stale(_) => Trouble::Stale(href.to_owned()),
        MergeError::Count { .. }
        | MergeError::Alone(_)
        | MergeError::Obstacles { .. }
        | MergeError::NotThere(_) => Trouble::Refused(href.to_owned()),
        MergeError::Work(error) => trouble_of(ByHandError::Work(error), href),
    }
}
