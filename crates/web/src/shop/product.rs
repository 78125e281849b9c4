//! A product, `/products/{sku}`.

use axum::Router;
use axum::extract::Path;
use axum::response::IntoResponse;
use axum::routing::get;
use ordermill_app::cart::PIECES_MAX;
use ordermill_app::catalog::Sku;
use ordermill_app::promise::Promised;
use ordermill_base::Span;
use ordermill_domain::pricing::promise::Because;
use ordermill_pages::Page;
use ordermill_pages::shop::product::{ProductPage, Variant};

use super::goods::{self, cards, promised};
use super::{Answer, Here, Trouble};
use crate::Site;

/// Other goods on the page.
const RELATED: usize = 4;
/// How long before the cut-off it is counted down.
const COUNTED_DOWN: Span = Span::hours(12);

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/products/{sku}", get(show))
}

async fn show(here: Here, Path(code): Path<String>) -> Answer {
    let catalog = here.catalog.clone();
    let sku = catalog.by_code(&code).filter(|sku| sku.is_active).ok_or(Trouble::NotFound)?;
    let siblings = catalog.siblings(sku);
    let all = siblings.iter().map(|it| it.id).chain([sku.id]).collect();
    let promised = promised(&here, all).await?;
    let own = promised.get(&sku.id).ok_or(Trouble::NotFound)?;
    let category = goods::category_of(&here, &catalog, sku).ok_or(Trouble::NotFound)?;
    let variants = siblings.iter().map(|sibling| Variant {
        sku: sibling.code.clone(),
        label: goods::spec_of(&here, sibling),
        is_current: sibling.id == sku.id,
        is_available: promised.get(&sibling.id).is_some_and(|it| it.can_order(1)),
    });
    let variants = if siblings.len() > 1 { variants.collect() } else { Vec::new() };
    let most = if own.availability.can_backorder { PIECES_MAX } else { own.availability.available };
    let mut frame = here.frame();
    for known in &mut frame.categories {
        known.is_current = known.href == category.href;
    }
    let t = here.t();
    let page = ProductPage {
        category,
        sku: sku.code.clone(),
        art: goods::art_of(sku),
        name: goods::name_of(&here, sku),
        spec: goods::spec_of(&here, sku),
        price: sku.price,
        price_before: goods::price_before(sku),
        availability: goods::availability(&here, own, 1),
        order_within: order_within(&here, own),
        variants,
        quantity_max: most.clamp(1, PIECES_MAX).unsigned_abs(),
        description: here.text(&sku.description).lines().map(str::to_owned).collect(),
        facts: facts(sku, t),
        related: related(&here, sku, own.can_order(1)).await?,
        shell: here.shell(),
        frame,
    };
    Ok(Page(page).into_response())
}

/// For how long the promised day holds, if the cut-off is near.
fn order_within(here: &Here, promised: &Promised) -> Option<Span> {
    promised.promise.filter(|promise| promise.because == Because::OnHand)?;
    let catalog = &here.catalog;
    let places = catalog.preference(goods::HOME_REGION);
    let calendar = catalog.calendar(*places.first()?)?;
    let today = calendar.time_zone.to_datetime(here.now.to_jiff()).date();
    let left = calendar.cut_off_at(today).ok()?.since(here.now);
    let micros = left.as_micros();
    (micros > 0 && micros <= COUNTED_DOWN.as_micros()).then_some(left)
}

/// Code, barcode, weight, size, shelf life.
fn facts(sku: &Sku, t: ordermill_pages::Words) -> Vec<(String, String)> {
    let mut facts = vec![(t.fact_sku().to_owned(), sku.code.clone())];
    if let Some(gtin) = &sku.gtin {
        facts.push((t.fact_gtin().to_owned(), gtin.clone()));
    }
    if sku.weight_grams > 0 {
        let weight = match sku.weight_grams {
            grams @ 0..1_000 => format!("{grams} g"),
            grams => format!("{}.{:02} kg", grams / 1_000, grams % 1_000 / 10),
        };
        facts.push((t.fact_weight().to_owned(), weight));
    }
    if sku.dimensions_mm.iter().all(|side| *side > 0) {
        let [length, width, height] = sku.dimensions_mm;
        facts.push((t.fact_size().to_owned(), format!("{length} × {width} × {height} mm")));
    }
    if let Some(days) = sku.shelf_life_days {
        facts.push((t.fact_shelf_life().to_owned(), t.days_count(days.unsigned_abs())));
    }
    facts
}

/// In place of what is sold out: its substitutes that can be bought, then its siblings and category.
/// Beside what can be bought: others of its category.
async fn related(
    here: &Here,
    sku: &Sku,
    can_order: bool,
) -> Result<Vec<ordermill_pages::ui::ProductCard>, Trouble> {
    let catalog = here.catalog.clone();
    let substitutes = sku.substitutes.iter().filter_map(|id| catalog.sku(*id));
    let siblings = catalog.siblings(sku);
    let of_category =
        catalog.skus().iter().map(AsRef::as_ref).filter(|it: &&Sku| it.category == sku.category);
    let candidates: Vec<&Sku> = if can_order {
        goods::Family::of(of_category.filter(|it| it.family != sku.family || it.family.is_empty()))
            .into_iter()
            .filter_map(|family| family.siblings.into_iter().find(|it| it.is_active))
            .collect()
    } else {
        substitutes.chain(siblings).chain(of_category).collect()
    };
    let mut chosen: Vec<&Sku> = Vec::new();
    for candidate in candidates {
        let is_new = candidate.id != sku.id && !chosen.iter().any(|it| it.id == candidate.id);
        if is_new && candidate.is_active && chosen.len() < RELATED * 4 {
            chosen.push(candidate);
        }
    }
    let mut cards = cards(here, &chosen).await?;
    cards.retain(|card| card.availability.can_be_ordered());
    cards.truncate(RELATED);
    Ok(cards)
}
