//! Goods in a list: a category, `/categories/{slug}`, and what a search found, `/search`.

use axum::Router;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use ordermill_app::catalog::Sku;
use ordermill_pages::shop::listing::{ListingPage, Sort, Subject};
use ordermill_pages::{Page, Part};
use serde::Deserialize;

use super::goods::{Family, family_cards};
use super::here::form_encoded;
use super::{Answer, Here, Trouble};
use crate::Site;

/// Cards on one page.
const SHOWN: usize = 24;
/// SKUs that a search finds at most.
const FOUND_MAX: usize = 500;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/categories/{slug}", get(show_category)).route("/search", get(search))
}

/// What stands behind the question mark.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    sort: String,
    /// How many were shown before.
    from: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// As the shop has put them, or as they fit the search.
    Given,
    Cheapest,
    Dearest,
}

impl Order {
    const ALL: [Self; 3] = [Self::Given, Self::Cheapest, Self::Dearest];

    const fn code(self) -> &'static str {
        match self {
            Self::Given => "",
            Self::Cheapest => "price",
            Self::Dearest => "price-down",
        }
    }
}

async fn show_category(here: Here, Path(slug): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let catalog = here.catalog.clone();
    let category = catalog.category_by_code(&slug).ok_or(Trouble::NotFound)?;
    let in_it = |sku: &&Sku| sku.is_active && sku.category == category.id;
    let skus = catalog.skus().iter().map(AsRef::as_ref).filter(in_it);
    let subject = Subject::Category(here.text(&category.name).to_owned());
    let address = format!("/categories/{}", category.slug);
    list(&here, subject, &address, "", Family::of(skus), &asked).await
}

async fn search(here: Here, Query(asked): Query<Asked>) -> Answer {
    let catalog = here.catalog.clone();
    let found = catalog.search(&asked.q, FOUND_MAX);
    // A scanned barcode or a whole code leads to its product at once.
    if let [only] = found.as_slice()
        && (only.code == asked.q.trim() || only.gtin.as_deref() == Some(asked.q.trim()))
    {
        return Ok(Redirect::to(&format!("/products/{}", only.code)).into_response());
    }
    let query = format!("q={}", form_encoded(&asked.q));
    let subject = Subject::Search(asked.q.clone());
    list(&here, subject, "/search", &query, Family::of(found), &asked).await
}

async fn list(
    here: &Here,
    subject: Subject,
    address: &str,
    query: &str,
    mut families: Vec<Family<'_>>,
    asked: &Asked,
) -> Answer {
    let t = here.t();
    let chosen = Order::ALL.into_iter().find(|order| order.code() == asked.sort);
    let order = chosen.unwrap_or(Order::Given);
    match order {
        Order::Given => {}
        Order::Cheapest => families.sort_by_key(Family::price_from),
        Order::Dearest => families.sort_by_key(|family| std::cmp::Reverse(family.price_from())),
    }
    let href = |order: Order, from: usize| {
        let sort =
            if order.code().is_empty() { String::new() } else { format!("sort={}", order.code()) };
        let from = if from == 0 { String::new() } else { format!("from={from}") };
        let parts: Vec<&str> =
            [query, &sort, &from].into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { address.to_owned() } else { format!("{address}?{}", parts.join("&")) }
    };
    let label = |order| match order {
        Order::Given if query.is_empty() => t.sort_as_given(),
        Order::Given => t.sort_best_match(),
        Order::Cheapest => t.sort_cheapest(),
        Order::Dearest => t.sort_dearest(),
    };
    let sorts = Order::ALL.map(|it| Sort {
        label: label(it).to_owned(),
        href: href(it, 0),
        is_current: it == order,
    });
    let count = families.len();
    let from = asked.from.min(count);
    let until = from.saturating_add(SHOWN).min(count);
    let shown = families.get(from..until).unwrap_or_default();
    let mut frame = here.frame();
    frame.search.clone_from(&asked.q);
    for category in &mut frame.categories {
        category.is_current = category.href == address;
    }
    let page = ListingPage {
        subject,
        count: count as u64,
        sorts: sorts.into(),
        products: family_cards(here, shown).await?,
        next: (until < count).then(|| href(order, until)),
        shell: here.shell(),
        frame,
    };
    Ok(match here.visit.part {
        Part::Page => Page(page).into_response(),
        Part::Fragment => Page(page.as_results()).into_response(),
    })
}
