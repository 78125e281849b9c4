//! The home page, `/`.

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use ordermill_app::catalog::Sku;
use ordermill_base::Timestamp;
use ordermill_domain::ids::SkuId;
use ordermill_pages::Page;
use ordermill_pages::shop::home::HomePage;

use super::goods::{Family, family_cards};
use super::{Answer, Here, Trouble};
use crate::Site;

/// Products on the page.
const SHOWN: usize = 12;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/", get(show))
}

async fn show(here: Here) -> Answer {
    let popular = here.site.popular(here.now).await?;
    let families = chosen(&here, &popular);
    let page = HomePage {
        ships_today_until: ships_today_until(&here),
        is_popular: !popular.is_empty(),
        products: family_cards(&here, &families).await?,
        frame: here.frame(),
        shell: here.shell(),
    };
    Ok(Page(page).into_response())
}

/// What is bought most, filled up with a product of each category in turn.
fn chosen<'h>(here: &'h Here, popular: &[SkuId]) -> Vec<Family<'h>> {
    let catalog = &here.catalog;
    let on_sale = || catalog.skus().iter().map(AsRef::as_ref).filter(|sku: &&Sku| sku.is_active);
    let mut chosen: Vec<&Sku> =
        popular.iter().filter_map(|id| catalog.sku(*id)).filter(|sku| sku.is_active).collect();
    let mut by_category: Vec<Vec<&Sku>> = catalog
        .categories()
        .iter()
        .map(|category| on_sale().filter(|sku| sku.category == category.id).collect())
        .map(|skus: Vec<&Sku>| {
            Family::of(skus).iter().rev().filter_map(|it| it.siblings.first().copied()).collect()
        })
        .collect();
    for _ in 0..SHOWN {
        chosen.extend(by_category.iter_mut().filter_map(Vec::pop));
    }
    let mut families = Family::of(chosen);
    families.truncate(SHOWN);
    for family in &mut families {
        if let Some(first) = family.siblings.first() {
            let siblings = catalog.siblings(first);
            let others = siblings.into_iter().filter(|sku| sku.id != first.id);
            family.siblings = std::iter::once(*first).chain(others).collect();
        }
    }
    families
}

/// The last moment today at which an order still leaves today, at any place that works today.
fn ships_today_until(here: &Here) -> Option<Timestamp> {
    let catalog = &here.catalog;
    let open = catalog.locations().iter().filter(|location| location.is_active);
    let until = open.filter_map(|location| {
        let calendar = catalog.calendar(location.id)?;
        let today = calendar.time_zone.to_datetime(here.now.to_jiff()).date();
        let is_fast = calendar.handling_days == 0 && calendar.days.contains(today);
        let at = calendar.cut_off_at(today).ok().filter(|_| is_fast)?;
        (at > here.now).then_some(at)
    });
    until.max()
}

impl Site {
    /// The SKUs that were bought most of late, best first; known for a minute.
    async fn popular(&self, now: Timestamp) -> Result<Vec<SkuId>, Trouble> {
        if let Some(known) = self.remembered_popular(now) {
            return Ok(known);
        }
        let read = move |tx: &mut ordermill_storage::Tx<'_>| {
            ordermill_storage::order::best_sellers(tx, ORDERS_COUNTED, SHOWN as i64 * 2)
        };
        let found = self.services().database().read(read).await?;
        self.remember_popular(now, &found);
        Ok(found)
    }
}

/// Orders that are counted, the latest.
const ORDERS_COUNTED: i64 = 1_000;
