//! The catalog: what is sold, from where, at which rates and by which rules.
//!
//! Everything that prices, places or shows goods reads one immutable [`Catalog`] in memory; nobody
//! waits for the database or for each other. [`CatalogHolder`] keeps the newest one and
//! [`CatalogHolder::follow`] renews it when the journal tells of an edit, on this node or another.

pub mod edit;
mod holder;
pub mod image;
mod near;
mod search;
pub mod settings;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

pub use holder::CatalogHolder;
use ordermill_base::Currency;
use ordermill_domain::apart::Goods;
use ordermill_domain::carrier::ruling::CarrierRule;
use ordermill_domain::ids::{CategoryId, LocationId, SkuId};
use ordermill_domain::order::review::Verdict;
use ordermill_domain::pricing::gift::GiftRules;
use ordermill_domain::pricing::points::{EarnRule, SpendRule};
use ordermill_domain::pricing::promise::LocationCalendar;
use ordermill_domain::pricing::{FreightTable, TaxTable};
use ordermill_domain::sku::Handling;
use ordermill_domain::sourcing::SourcingRule;
use ordermill_storage::{Error, Tx, category, location, rule_table, setting, sku};

use crate::carrier::offered::Offered;
use crate::promise::DeliveryDays;
use crate::rule_table::InForce;

pub use ordermill_domain::category::Category;
pub use ordermill_domain::location::Location;
pub use ordermill_domain::sku::Sku;
pub use settings::{PriceList, PriceLists, ShopSettings};

use crate::pack::Materials;
use crate::sourcing::SourcingSettings;

/// What holds for orders in one currency.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'c> {
    /// Rates of freight.
    pub freight: &'c FreightTable,
    /// How points are earned; none: they are not.
    pub earning: Option<&'c EarnRule>,
    /// What points are worth when they are spent; none: they cannot be.
    pub spending: Option<&'c SpendRule>,
}

/// What is sold, from where, at which rates and by which rules, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Rates of freight.
    pub freight: FreightTable,
    /// Rates of tax.
    pub taxes: TaxTable,
    /// How points are earned; none: they are not.
    pub earning: Option<EarnRule>,
    /// What points are worth when they are spent; none: they cannot be.
    pub spending: Option<SpendRule>,
    /// Who gets which gift.
    pub gift_rules: GiftRules,
    /// What holds for orders in other currencies than the shop's.
    pub price_lists: PriceLists,
    /// What days of delivery depend on.
    pub days: Arc<DeliveryDays>,
    /// What the carriers of the shop offer.
    pub offered: Offered,
    /// How locations are chosen.
    pub sourcing: SourcingSettings,
    /// What is packed in.
    pub materials: Materials,
    /// How the shop sells.
    pub shop: ShopSettings,
    /// The rules by which orders are reviewed.
    pub review_rules: Arc<InForce<Verdict>>,
    /// The rules about who carries a parcel.
    pub carrier_rules: Arc<InForce<CarrierRule>>,
    /// The rules about which location ships an order.
    pub sourcing_rules: Arc<InForce<SourcingRule>>,
    /// In the order of the menu.
    categories: Vec<Arc<Category>>,
    /// By code.
    locations: Vec<Arc<Location>>,
    /// By id.
    skus: Vec<Arc<Sku>>,
    by_code: HashMap<Box<str>, usize>,
    by_gtin: HashMap<Box<str>, usize>,
    preferences: near::Preferences,
    /// Made at the first search.
    texts: OnceLock<search::Texts>,
}

impl Catalog {
    /// Reads all of it. Costs a second per 100,000 SKUs or so; see [`Catalog::with_skus`].
    pub fn load(tx: &mut Tx<'_>) -> Result<Self, Error> {
        const PAGE: i64 = 5_000;
        let mut skus: Vec<Arc<Sku>> = Vec::new();
        loop {
            let after = skus.last().map(|sku| sku.id);
            let page = sku::list(tx, None, after, PAGE)?;
            let is_last = (page.len() as i64) < PAGE;
            skus.extend(page.into_iter().map(Arc::new));
            if is_last {
                break;
            }
        }
        let mut catalog = Self { skus, ..Self::default() };
        catalog.index();
        catalog.load_rest(tx)?;
        Ok(catalog)
    }

    /// As it is, with these SKUs and everything but SKUs read again.
    pub(crate) fn renewed(
        &self,
        tx: &mut Tx<'_>,
        changed: impl IntoIterator<Item = SkuId>,
    ) -> Result<Self, Error> {
        let mut catalog = self.with_skus(sku::fetch_all(tx, changed)?);
        catalog.load_rest(tx)?;
        Ok(catalog)
    }

    /// As it is, with these SKUs in place of or beside those it has.
    pub fn with_skus(&self, changed: impl IntoIterator<Item = Sku>) -> Self {
        let mut catalog = self.clone();
        for sku in changed {
            match catalog.skus.binary_search_by_key(&sku.id, |known| known.id) {
                Ok(at) => catalog.skus[at] = Arc::new(sku),
                Err(at) => catalog.skus.insert(at, Arc::new(sku)),
            }
        }
        catalog.index();
        catalog
    }

    fn index(&mut self) {
        let all = || self.skus.iter().enumerate();
        let code = |(at, sku): (usize, &Arc<Sku>)| (sku.code.as_str().into(), at);
        let gtin = |(at, sku): (usize, &Arc<Sku>)| Some((sku.gtin.as_deref()?.into(), at));
        (self.by_code, self.by_gtin) =
            (all().map(code).collect(), all().filter_map(gtin).collect());
        self.texts = OnceLock::new();
    }

    fn load_rest(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        const ALL: i64 = 10_000;
        let mut categories = category::list(tx, None, ALL)?;
        categories.sort_by_key(|category| (category.position, category.id));
        let mut locations = location::list(tx, None, ALL)?;
        locations.sort_by(|a, b| a.code.cmp(&b.code));
        let settings = setting::list(tx, "", ALL)?;
        let promise: settings::PromiseSettings = settings::of(&settings)?;
        let points: settings::PointsSettings = settings::of(&settings)?;
        // Names of categories are searched in, too.
        self.texts = OnceLock::new();
        let calendars = locations.iter().map(|it| (it.id, promise.calendar(it))).collect();
        self.preferences = near::Preferences::of(&locations);
        self.categories = categories.into_iter().map(Arc::new).collect();
        self.locations = locations.into_iter().map(Arc::new).collect();
        self.freight = settings::of(&settings)?;
        self.taxes = settings::of(&settings)?;
        (self.earning, self.spending) = (points.earning, points.spending);
        self.gift_rules = settings::of(&settings)?;
        self.price_lists = settings::of(&settings)?;
        self.days = Arc::new(DeliveryDays {
            calendars,
            transit: promise.transit,
            backorder_lead_time_days: promise.backorder_lead_time_days,
        });
        self.offered = Offered::read(tx)?;
        self.sourcing = settings::of(&settings)?;
        self.materials = settings::of(&settings)?;
        self.shop = settings::of(&settings)?;
        let in_use = rule_table::in_use(tx)?;
        self.review_rules = Arc::new(InForce::of(&in_use, &self.review_rules));
        self.carrier_rules = Arc::new(InForce::of(&in_use, &self.carrier_rules));
        self.sourcing_rules = Arc::new(InForce::of(&in_use, &self.sourcing_rules));
        Ok(())
    }

    /// The SKU of this id, also when it is not on sale.
    pub fn sku(&self, id: SkuId) -> Option<&Sku> {
        let at = self.skus.binary_search_by_key(&id, |sku| sku.id).ok()?;
        self.skus.get(at).map(AsRef::as_ref)
    }

    /// The SKU of this id to keep, also when it is not on sale.
    pub fn shared(&self, id: SkuId) -> Option<Arc<Sku>> {
        let at = self.skus.binary_search_by_key(&id, |sku| sku.id).ok()?;
        self.skus.get(at).cloned()
    }

    /// The SKU of this code, also when it is not on sale.
    pub fn by_code(&self, code: &str) -> Option<&Sku> {
        self.by_code.get(code).and_then(|&at| self.skus.get(at)).map(AsRef::as_ref)
    }

    /// The SKU with this barcode, also when it is not on sale.
    pub fn by_gtin(&self, gtin: &str) -> Option<&Sku> {
        self.by_gtin.get(gtin).and_then(|&at| self.skus.get(at)).map(AsRef::as_ref)
    }

    /// Every SKU by id, also those not on sale.
    pub fn skus(&self) -> &[Arc<Sku>] {
        &self.skus
    }

    /// The variants on one page: all SKUs of a family that are on sale, by id; the SKU alone if it
    /// has no family.
    pub fn siblings(&self, sku: &Sku) -> Vec<&Sku> {
        if sku.family.is_empty() {
            return self.sku(sku.id).into_iter().collect();
        }
        let is_sibling = |other: &&Sku| other.family == sku.family && other.is_active;
        self.skus.iter().map(AsRef::as_ref).filter(is_sibling).collect()
    }

    /// The categories in the order of the menu.
    pub fn categories(&self) -> &[Arc<Category>] {
        &self.categories
    }

    /// The category of this id.
    pub fn category(&self, id: CategoryId) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == id).map(AsRef::as_ref)
    }

    /// What matters of a SKU for what it may travel with.
    pub fn goods(&self, sku: SkuId) -> Goods<'_> {
        let sku = self.sku(sku);
        let category = sku.and_then(|sku| self.category(sku.category));
        Goods {
            handling: sku.map_or_else(Handling::default, |sku| sku.handling),
            category: category.map_or("", |category| &category.code),
        }
    }

    /// The category of this code or, in the address of a page, of this slug.
    pub fn category_by_code(&self, code: &str) -> Option<&Category> {
        // Many categories have no slug; nothing is no name of any of them.
        let is_it = |category: &&Arc<Category>| {
            !code.is_empty() && (category.code == code || category.slug == code)
        };
        self.categories.iter().find(is_it).map(AsRef::as_ref)
    }

    /// Every location by code, also those that are not active.
    pub fn locations(&self) -> &[Arc<Location>] {
        &self.locations
    }

    /// The location of this id.
    pub fn location(&self, id: LocationId) -> Option<&Location> {
        self.locations.iter().find(|location| location.id == id).map(AsRef::as_ref)
    }

    /// The location of this code.
    pub fn location_by_code(&self, code: &str) -> Option<&Location> {
        let at =
            self.locations.binary_search_by(|location| location.code.as_str().cmp(code)).ok()?;
        self.locations.get(at).map(AsRef::as_ref)
    }

    /// What holds for orders in a currency; none: nothing is sold in it.
    pub fn terms_in(&self, currency: Currency) -> Option<Terms<'_>> {
        if currency == self.shop.currency {
            let (earning, spending) = (self.earning.as_ref(), self.spending.as_ref());
            return Some(Terms { freight: &self.freight, earning, spending });
        }
        let PriceList { freight, earning, spending } = self.price_lists.0.get(&currency)?;
        let (earning, spending) = (earning.as_ref(), spending.as_ref());
        Some(Terms { freight, earning, spending })
    }

    /// When a location handles orders and what comes in.
    pub fn calendar(&self, id: LocationId) -> Option<&LocationCalendar> {
        self.days.calendars.get(&id)
    }

    /// The active locations in the order in which stock is taken from them for a destination such
    /// as `CN-31`: by priority, then the nearest first. Where no distance is known (other countries),
    /// by priority, then by code.
    pub fn preference(&self, region: &str) -> Arc<[LocationId]> {
        self.preferences.for_region(region)
    }

    /// How many kilometers a location is from where most parcels of a region go, as the crow flies; none
    /// where that is not known (other countries).
    pub fn distance_km(&self, location: LocationId, region: &str) -> Option<u32> {
        near::distance_km(self.location(location)?, region)
    }
}
