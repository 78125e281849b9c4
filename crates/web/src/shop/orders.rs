//! My orders, `/orders`, and a guest's order, `/orders/find`.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use axum::{Form, Router};
use ordermill_app::order::detail::OrderDetail;
use ordermill_app::shopper::{FindOrderError, find_order};
use ordermill_base::Money;
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{Action, DisplayStatus, OrderNumber};
use ordermill_pages::shop::find_order::FindOrderPage;
use ordermill_pages::shop::orders::{OrderCard, OrdersPage};
use ordermill_pages::{Page, states};
use ordermill_storage::order::{self, Filter};
use ordermill_storage::{Error, Tx};
use serde::Deserialize;

use super::{Answer, Here, Trouble, goods, guest, pay};
use crate::Site;

/// Orders on one page.
const SHOWN: usize = 10;
/// Pictures on one card.
const PICTURES: usize = 4;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/orders", get(list)).route("/orders/find", get(ask).post(find))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// The number of the last order that was shown.
    after: Option<String>,
}

/// Those of the customer; of a guest, those that this browser has ordered.
async fn list(here: Here, Query(asked): Query<Asked>) -> Answer {
    let after = asked.after.and_then(|number| OrderNumber::parse(&number).ok());
    let after = after.map(OrderNumber::order_id);
    let known = guest::known(&here);
    if here.customer.is_none() && known.is_empty() {
        return Err(Trouble::SignInFirst);
    }
    let customer = here.customer;
    let read = move |tx: &mut Tx<'_>| {
        let ids = match customer {
            Some(_) => {
                let filter = Filter { customer, ..Filter::default() };
                let found = order::list(tx, &filter, after, SHOWN as i64 + 1)?;
                found.iter().map(|stored| stored.order.id()).collect()
            }
            None => {
                let mut ids: Vec<OrderId> =
                    known.iter().copied().filter(|id| after.is_none_or(|it| *id < it)).collect();
                ids.sort_unstable();
                ids.reverse();
                ids
            }
        };
        let ids = ids.into_iter().take(SHOWN + 1);
        ids.filter_map(|id| OrderDetail::load(tx, id).transpose())
            .collect::<Result<Vec<_>, Error>>()
    };
    let mut details = here.services().database().snapshot(read).await?;
    let has_more = details.len() > SHOWN;
    details.truncate(SHOWN);
    let next = details.last().filter(|_| has_more);
    let page = OrdersPage {
        next: next.map(|last| format!("/orders?after={}", last.number)),
        orders: details.iter().map(|detail| card(&here, detail)).collect(),
        frame: here.frame(),
        shell: here.shell(),
    };
    Ok(Page(page).into_response())
}

fn card(here: &Here, detail: &OrderDetail) -> OrderCard {
    let order = &detail.stored.order;
    let amounts = order.facts().amounts;
    let display = detail.display_status();
    let goods = detail.lines.iter().filter_map(|line| here.catalog.sku(line.terms.sku));
    let is_coming = matches!(
        display,
        DisplayStatus::ToProcess | DisplayStatus::ToShip | DisplayStatus::ToHandOver
    );
    let day = is_coming.then(|| pay::arrives_on(here, detail)).flatten();
    let pieces = detail.lines.iter().map(|line| line.terms.quantity.get());
    OrderCard {
        number: detail.number.to_string(),
        placed_at: order.facts().milestones.placed_at,
        badge: states::order(display, here.t()),
        arts: goods.take(PICTURES).map(goods::art_of).collect(),
        item_count: pieces.sum::<i64>().unsigned_abs(),
        total: Money::new(amounts.total_minor, amounts.currency),
        note: day.map(|day| here.t().arrives_on(day)).unwrap_or_default(),
        pay_within: order.allows(Action::Pay).then(|| pay::time_left(here, detail)),
    }
}

async fn ask(here: Here) -> Answer {
    Ok(Page(FindOrderPage::new(here.shell(), here.frame())).into_response())
}

#[derive(Debug, Deserialize)]
struct FindForm {
    number: String,
    phone_end: String,
}

async fn find(here: Here, Form(form): Form<FindForm>) -> Answer {
    let FindForm { number, phone_end } = form;
    let from = &here.visit.visitor;
    let found = find_order(here.services(), &number, &phone_end, from, here.now).await;
    let page = FindOrderPage::new(here.shell(), here.frame());
    match found {
        Ok(id) => {
            let to_order = Redirect::to(&format!("/orders/{}", OrderNumber::from(id)));
            Ok(guest::remembering(&here, id, to_order))
        }
        Err(FindOrderError::NotFound) => {
            let page = page.not_found(number, phone_end);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(FindOrderError::Wait(span)) => {
            let page = page.wait(span, number, phone_end);
            Ok((StatusCode::TOO_MANY_REQUESTS, Page(page)).into_response())
        }
        Err(FindOrderError::Storage(error)) => Err(error.into()),
    }
}
