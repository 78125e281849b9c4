//! Goods as the pages show them: names, pictures, promises, cards.

use std::collections::BTreeMap;

use jiff::civil::Date;
use ordermill_app::availability::Supply;
use ordermill_app::catalog::{Catalog, Sku, image};
use ordermill_app::promise::{self, Promised};
use ordermill_base::Money;
use ordermill_domain::ids::SkuId;
use ordermill_pages::format;
use ordermill_pages::shop::tile_of;
use ordermill_pages::ui::{Availability, ProductCard};

use super::{Here, Trouble};

/// As long as no address is known, promises are made for the country of the shop.
pub(super) const HOME_REGION: &str = "CN";
/// With so few left it is said.
const FEW: i64 = 5;

/// Where the picture of a SKU is; what has none is drawn as a tile.
pub(crate) fn art_of(sku: &Sku) -> String {
    match sku.art.as_deref().filter(|name| image::is_name(name)) {
        Some(name) => format!("/art/{name}"),
        None => format!("/art/tile/{}", tile_of(&sku.code)),
    }
}

/// The name of a product without what tells it from its siblings.
pub(super) fn name_of(here: &Here, sku: &Sku) -> String {
    here.text(&sku.family_name()).to_owned()
}

/// What tells it from its siblings; empty if it stands alone.
pub(super) fn spec_of(here: &Here, sku: &Sku) -> String {
    here.text(&sku.variant).to_owned()
}

/// The price struck through, if it is higher.
pub(super) fn price_before(sku: &Sku) -> Option<Money> {
    let before = sku.list_price_minor.filter(|list| *list > sku.price.minor)?;
    Some(Money::new(before, sku.price.currency))
}

/// A day of the calendar with its weekday, in the visitor's language.
pub(super) fn day(here: &Here, on: Date) -> String {
    format::date(on, here.visit.preferences.language)
}

/// What a page says about some pieces.
pub(super) fn availability(here: &Here, promised: &Promised, pieces: i64) -> Availability {
    let arrives = promised.promise.map(|promise| day(here, promise.deliver_by_on));
    let left = promised.availability.available;
    match (arrives, promised.availability.supply()) {
        (Some(day), _) if left >= pieces.max(1) && left <= FEW => {
            Availability::Few(left.unsigned_abs(), day)
        }
        (Some(day), _) if left >= pieces.max(1) => Availability::Arrives(day),
        (Some(day), _) => Availability::Later(day),
        (None, Supply::InStock) => Availability::InStock,
        (None, Supply::Backorder) => Availability::Backorder,
        (None, Supply::ExpectedOn(on)) if promised.availability.can_backorder => {
            Availability::Later(day(here, on))
        }
        (None, Supply::ExpectedOn(on)) => Availability::SoldOut(Some(day(here, on))),
        (None, Supply::SoldOut) => Availability::SoldOut(None),
    }
}

/// What we promise of one piece of each of these.
pub(super) async fn promised(
    here: &Here,
    skus: Vec<SkuId>,
) -> Result<BTreeMap<SkuId, Promised>, Trouble> {
    let wanted: Vec<(SkuId, i64)> = skus.into_iter().map(|sku| (sku, 1)).collect();
    let (catalog, now) = (here.catalog.clone(), here.now);
    let read = here
        .services()
        .database()
        .read(move |tx| promise::of(tx, &catalog, &wanted, HOME_REGION, now));
    Ok(read.await?)
}

/// Products of one family, shown as one card.
#[derive(Debug, Clone)]
pub(super) struct Family<'c> {
    /// All that are on sale, at least one.
    pub(super) siblings: Vec<&'c Sku>,
}

impl<'c> Family<'c> {
    /// The families of these SKUs in the order in which each is met first.
    pub(super) fn of(skus: impl IntoIterator<Item = &'c Sku>) -> Vec<Self> {
        let mut families: Vec<Self> = Vec::new();
        let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
        for sku in skus {
            let known = by_code.get(sku.family.as_str()).copied();
            match known.filter(|_| !sku.family.is_empty()).and_then(|at| families.get_mut(at)) {
                Some(family) => family.siblings.push(sku),
                None => {
                    by_code.insert(&sku.family, families.len());
                    families.push(Self { siblings: vec![sku] });
                }
            }
        }
        families
    }

    /// The lowest price of its siblings, by which it is sorted.
    pub(super) fn price_from(&self) -> i64 {
        self.siblings.iter().map(|sku| sku.price.minor).min().unwrap_or(0)
    }
}

/// A card for each family: the first sibling that can be bought stands for it.
pub(super) async fn family_cards(
    here: &Here,
    families: &[Family<'_>],
) -> Result<Vec<ProductCard>, Trouble> {
    let all = families.iter().flat_map(|family| &family.siblings).map(|sku| sku.id).collect();
    let promised = promised(here, all).await?;
    let t = here.t();
    let cards = families.iter().filter_map(|family| {
        let can_order = |sku: &&&Sku| promised.get(&sku.id).is_some_and(|it| it.can_order(1));
        let shown =
            family.siblings.iter().find(can_order).or_else(|| family.siblings.first()).copied()?;
        let mut card = card(here, shown, promised.get(&shown.id)?);
        if family.siblings.len() > 1 {
            card.spec = t.options_count(family.siblings.len() as u64);
        }
        Some(card)
    });
    Ok(cards.collect())
}

/// A card for each SKU.
pub(super) async fn cards(here: &Here, skus: &[&Sku]) -> Result<Vec<ProductCard>, Trouble> {
    let promised = promised(here, skus.iter().map(|sku| sku.id).collect()).await?;
    let cards = skus.iter().filter_map(|sku| Some(card(here, sku, promised.get(&sku.id)?)));
    Ok(cards.collect())
}

fn card(here: &Here, sku: &Sku, promised: &Promised) -> ProductCard {
    ProductCard {
        t: here.t(),
        sku: sku.code.clone(),
        art: art_of(sku),
        name: name_of(here, sku),
        spec: spec_of(here, sku),
        price: sku.price,
        price_before: price_before(sku),
        availability: availability(here, promised, 1),
    }
}

/// A category as a link.
pub(super) fn category_of(
    here: &Here,
    catalog: &Catalog,
    sku: &Sku,
) -> Option<ordermill_pages::shop::Category> {
    let category = catalog.category(sku.category)?;
    Some(ordermill_pages::shop::Category {
        name: here.text(&category.name).to_owned(),
        href: format!("/categories/{}", category.slug),
        is_current: true,
    })
}
