//! Fills an empty database with the merchant of the demo, through the real commands.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;

use anyhow::Context as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use ordermill_app::Services;
use ordermill_app::catalog::image::{self, store_image};
use ordermill_app::catalog::{ShopSettings, edit, settings};
use ordermill_app::layout;
use ordermill_app::stock::{Lot, Spot, receive_stock, set_stock_policy};
use ordermill_base::{Currency, Money, Quantity, Timestamp};
use ordermill_demo::catalog::{Product, TaxClass as DemoTax};
use ordermill_demo::freight::Rate;
use ordermill_demo::{Merchant, art};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::address::Country;
use ordermill_domain::address::division;
use ordermill_domain::category::Category;
use ordermill_domain::ids::{BinId, CategoryId, LocationId, SkuId};
use ordermill_domain::layout::{Numbering, Plan, ZonePlan};
use ordermill_domain::location::{Location, Zone};
use ordermill_domain::pricing::freight::{
    FreeFrom, FreightRate, HazardousGoods, Measured, Tariff, Terms,
};
use ordermill_domain::pricing::tax::CountryTax;
use ordermill_domain::pricing::{
    BasisPoints, FreightTable, ProvinceCode, RegionPattern, TaxClass, TaxMode, TaxTable,
};
use ordermill_domain::sku::{Handling, Sku};
use ordermill_domain::stock::BackorderPolicy;
use ordermill_domain::text::Text;
use ordermill_storage::location as stored_location;

/// Commands that share one transaction: few enough that others are never kept waiting.
const AT_ONCE: usize = 100;

/// Ids of what was made, by the codes of the demo's data.
#[derive(Debug, Default)]
struct Made {
    categories: HashMap<String, CategoryId>,
    skus: HashMap<String, SkuId>,
    locations: HashMap<String, LocationId>,
    bins: HashMap<(String, String), BinId>,
}

/// Makes categories, products, warehouses and their stock as of `at`. Lots and announcements are
/// those of `now`, when people look at them.
pub(super) fn seed(
    services: &Services,
    merchant: &Merchant,
    at: Timestamp,
    now: Timestamp,
) -> anyhow::Result<()> {
    let today = now.to_jiff().to_zoned(TimeZone::get("Asia/Shanghai")?).date();
    let act = Act::new(Actor::system("demo"), at);
    let mut made = Made::default();
    shop(services, merchant, &act)?;
    freight(services, merchant, &act)?;
    categories(services, merchant, &act, &mut made)?;
    products(services, merchant, &act, &mut made)?;
    locations(services, merchant, &act, &mut made)?;
    stock(services, merchant, &act, &made, today)?;
    let holder = services.catalog_holder();
    services.database().write_blocking(move |tx| holder.reload(tx))?;
    super::promotions::seed(services, merchant, at, now)
}

fn text(text: &ordermill_demo::Text) -> Text {
    Text::new(&*text.zh, &*text.en)
}

fn shop(services: &Services, merchant: &Merchant, act: &Act) -> anyhow::Result<()> {
    let (name, act) = (text(&merchant.name), act.clone());
    services.database().write_blocking(move |tx| {
        let (before, version) = settings::read::<ShopSettings>(tx)?;
        let shop = ShopSettings { name: name.clone(), ..before };
        settings::save(tx, &act, &shop, version).map(drop)
    })?;
    Ok(())
}

/// What delivery costs, and that nothing that leaves the country is taxed here.
fn freight(services: &Services, merchant: &Merchant, act: &Act) -> anyhow::Result<()> {
    let mut rates = Vec::new();
    for rate in &merchant.freight {
        for region in regions(rate)? {
            let number = u32::try_from(rates.len())? + 1;
            rates.push(FreightRate { number, region, terms: Terms::Served(tariff(rate)?) });
        }
    }
    let (table, act) = (FreightTable { rates }, act.clone());
    services.database().write_blocking(move |tx| {
        let (_, version) = settings::read::<FreightTable>(tx)?;
        settings::save(tx, &act, &table, version)?;
        let (taxes, version) = settings::read::<TaxTable>(tx)?;
        let nothing = BTreeMap::from(TaxClass::ALL.map(|class| (class, BasisPoints::ZERO)));
        let abroad =
            CountryTax { mode: TaxMode::Exclusive, rates: nothing, freight: TaxClass::Exempt };
        let taxes = TaxTable { elsewhere: Some(abroad), ..taxes };
        settings::save(tx, &act, &taxes, version).map(drop)
    })?;
    Ok(())
}

/// Where a rate holds: some provinces, some countries, or everywhere else.
fn regions(rate: &Rate) -> anyhow::Result<Vec<RegionPattern>> {
    if !rate.provinces.is_empty() {
        let code = |name: &String| {
            let known = division::provinces().iter().find(|province| province.name == name);
            let code = known.context("a province that is not there")?.code.get();
            Ok(ProvinceCode::of(code)?)
        };
        let codes = rate.provinces.iter().map(code).collect::<anyhow::Result<Vec<_>>>()?;
        return Ok(vec![RegionPattern::provinces(codes)]);
    }
    if rate.countries.is_empty() {
        return Ok(vec![RegionPattern::default()]);
    }
    rate.countries.iter().map(|code| Ok(RegionPattern::country(code.parse()?))).collect()
}

fn tariff(rate: &Rate) -> anyhow::Result<Tariff> {
    let fen = |fen: i64| Money::new(fen, Currency::Cny);
    let step = NonZeroU32::new(rate.step_grams.try_into()?).context("a step of nothing")?;
    let free_from = rate
        .free_from_fen
        .map(|from| FreeFrom { amount: fen(from), measured: Measured::AfterDiscounts });
    Ok(Tariff {
        first_weight_grams: rate.first_grams.try_into()?,
        first_price: fen(rate.first_fen),
        step_weight_grams: step,
        step_price: fen(rate.step_fen),
        volumetric_divisor: None,
        free_from,
        oversized: None,
        hazardous: HazardousGoods::Surcharge(fen(0)),
    })
}

fn categories(
    services: &Services,
    merchant: &Merchant,
    act: &Act,
    made: &mut Made,
) -> anyhow::Result<()> {
    for (category, position) in merchant.catalog.categories.iter().zip(1..) {
        let new = Category {
            id: services.database().ids().next(act.at),
            code: category.code.clone(),
            slug: category.slug.clone(),
            name: text(&category.name),
            about: text(&category.blurb),
            position,
            version: 1,
        };
        made.categories.insert(category.code.clone(), new.id);
        let act = act.clone();
        services.database().write_blocking(move |tx| edit::create_category(tx, &act, &new))?;
    }
    Ok(())
}

fn products(
    services: &Services,
    merchant: &Merchant,
    act: &Act,
    made: &mut Made,
) -> anyhow::Result<()> {
    for product in &merchant.catalog.products {
        made.skus.insert(product.sku.clone(), services.database().ids().next(act.at));
    }
    let skus: Vec<Sku> = merchant
        .catalog
        .products
        .iter()
        .map(|product| sku(product, act.at, made))
        .collect::<anyhow::Result<_>>()?;
    // The merchant draws its goods: nothing is downloaded.
    for chunk in merchant.catalog.products.chunks(AT_ONCE) {
        let (drawings, at) = (chunk.iter().map(art::svg).collect::<Vec<_>>(), act.at);
        services.database().write_blocking(move |tx| {
            drawings.iter().try_for_each(|it| store_image(tx, it.as_bytes(), at).map(drop))
        })?;
    }
    // Substitutes name products that may come later, so they are set when all are there.
    for chunk in skus.chunks(AT_ONCE) {
        let (chunk, act) = (chunk.to_vec(), act.clone());
        services.database().write_blocking(move |tx| {
            chunk.iter().try_for_each(|sku| {
                edit::create_sku(tx, &act, &Sku { substitutes: Vec::new(), ..sku.clone() })
            })
        })?;
    }
    for chunk in skus.chunks(AT_ONCE) {
        let (chunk, act) = (chunk.to_vec(), act.clone());
        services.database().write_blocking(move |tx| {
            chunk.iter().filter(|sku| !sku.substitutes.is_empty()).try_for_each(|sku| {
                let substitutes = sku.substitutes.clone();
                edit::edit_sku(tx, &act, sku.id, 1, |sku| sku.substitutes = substitutes).map(drop)
            })
        })?;
    }
    Ok(())
}

fn sku(product: &Product, at: Timestamp, made: &Made) -> anyhow::Result<Sku> {
    let id_of = |code: &String| made.skus.get(code).copied().context("a product that is not there");
    let [length, width, height] = product.dimensions_mm;
    Ok(Sku {
        id: id_of(&product.sku)?,
        code: product.sku.clone(),
        gtin: Some(product.gtin.clone()),
        name: text(&product.name),
        description: text(&product.description),
        category: *made
            .categories
            .get(&product.category)
            .context("a category that is not there")?,
        family: product.family.clone(),
        variant: text(&product.variant),
        price: Money::new(product.price_fen, Currency::Cny),
        list_price_minor: Some(product.list_price_fen).filter(|list| *list > product.price_fen),
        cost_minor: Some(product.cost_fen),
        tax_class: match product.tax {
            DemoTax::Standard => TaxClass::Standard,
            DemoTax::Reduced => TaxClass::Reduced,
        },
        weight_grams: u32::try_from(product.weight_grams)?,
        dimensions_mm: [length.try_into()?, width.try_into()?, height.try_into()?],
        handling: Handling {
            is_fragile: product.handling.fragile,
            is_high_value: product.handling.high_value,
            is_perishable: product.handling.perishable,
            is_hazardous: product.handling.hazardous,
            is_oversized: product.handling.oversized,
        },
        shelf_life_days: product.shelf_life_days,
        is_active: true,
        reorder_point: product.reorder_point,
        substitutes: product.substitutes.iter().map(id_of).collect::<anyhow::Result<_>>()?,
        art: Some(image::name_of(art::svg(product).as_bytes())),
        prices: BTreeMap::new(),
        version: 1,
        updated_at: at,
    })
}

fn locations(
    services: &Services,
    merchant: &Merchant,
    act: &Act,
    made: &mut Made,
) -> anyhow::Result<()> {
    for (place, priority) in merchant.locations.iter().zip(1..) {
        let minute = i8::try_from(place.cut_off_minute % 60)?;
        let province = division::find_province(&place.province);
        let province = province.context("a province that is not there")?.code.get();
        let new = Location {
            id: services.database().ids().next(act.at),
            code: place.code.clone(),
            name: text(&place.name),
            country: Country::CHINA,
            region: format!("CN-{}", province / 10_000),
            address: place.street.zh.to_string(),
            latitude_micro: place.latitude_micro,
            longitude_micro: place.longitude_micro,
            time_zone: TimeZone::get(&place.time_zone)?,
            cut_off: jiff::civil::time(i8::try_from(place.cut_off_minute / 60)?, minute, 0, 0),
            daily_capacity: place.capacity_orders_per_day,
            is_active: true,
            priority,
            version: 1,
        };
        made.locations.insert(place.code.clone(), new.id);
        let id = new.id;
        let created = act.clone();
        services.database().write_blocking(move |tx| edit::create_location(tx, &created, &new))?;
        for zone in &place.zones {
            let act = act.clone();
            let zone = Zone {
                location: id,
                code: zone.code.clone(),
                name: text(&zone.name),
                kind: format!("{:?}", zone.kind).to_lowercase(),
            };
            services
                .database()
                .write_blocking(move |tx| edit::set_up_zone(tx, &act, &zone, Vec::new()))?;
        }
        let (drawn, plan) = (act.clone(), floor(place));
        services.database().write_blocking(move |tx| {
            let version = stored_location::fetch(tx, id)?.map_or(0, |it| it.version);
            layout::draw(tx, &drawn, id, version, &plan)
        })?;
        let bins = services
            .database()
            .write_blocking(move |tx| stored_location::bins(tx, id, "", 100_000))?;
        made.bins.extend(bins.into_iter().map(|bin| ((place.code.clone(), bin.code), bin.id)));
    }
    Ok(())
}

/// The floor of a warehouse: its zones side by side in two blocks, the bench behind the picking shelves.
fn floor(place: &ordermill_demo::locations::Location) -> Plan {
    let zones = place.zones.iter().map(|zone| ZonePlan {
        zone: zone.code.clone(),
        aisles: zone.aisles,
        bays: zone.bays,
        levels: zone.levels,
    });
    Plan {
        zones: zones.collect(),
        blocks: 2,
        bay_width_mm: 1_350,
        aisle_pitch_mm: 3_200,
        cross_aisle_width_mm: 2_400,
        level_height_mm: 450,
        numbering: Numbering::Street,
        start_aisle: 1,
        end_aisle: place.zones.first().map_or(1, |zone| zone.aisles),
    }
}

/// Goods that run low and that nobody has ordered again yet, with the most that lies in one bin: what
/// the desk of replenishment finds in the morning.
fn running_low(merchant: &Merchant) -> HashMap<&str, i64> {
    const EVERY: usize = 23;
    let products = merchant.catalog.products.iter().skip(7).step_by(EVERY);
    products.map(|product| (product.sku.as_str(), (product.reorder_point / 5).max(1))).collect()
}

fn stock(
    services: &Services,
    merchant: &Merchant,
    act: &Act,
    made: &Made,
    today: Date,
) -> anyhow::Result<()> {
    let stock = merchant.stock(today);
    let low = running_low(merchant);
    let sku_of = |code: &String| made.skus.get(code).copied().context("stock of no product");
    let place_of =
        |code: &String| made.locations.get(code).copied().context("stock at no location");
    for chunk in stock.lines.chunks(AT_ONCE) {
        let mut receipts = Vec::with_capacity(chunk.len());
        for line in chunk {
            let bin = made.bins.get(&(line.location.clone(), line.bin.clone())).copied();
            let lot = line
                .lot
                .as_ref()
                .map(|lot| Lot { code: lot.code.clone(), expires_on: Some(lot.expires_on) });
            let most = low.get(line.sku.as_str()).copied().unwrap_or(i64::MAX);
            let quantity = Quantity::new(line.quantity.min(most))?;
            receipts.push((
                sku_of(&line.sku)?,
                place_of(&line.location)?,
                quantity,
                Spot { bin, lot },
            ));
        }
        let act = act.clone();
        services.database().write_blocking(move |tx| {
            receipts.iter().try_for_each(|(sku, place, quantity, spot)| {
                receive_stock(tx, &act, *sku, *place, *quantity, spot, None).map(drop)
            })
        })?;
    }
    let products = &merchant.catalog.products;
    for chunk in products.chunks(AT_ONCE) {
        let places: Vec<LocationId> = made.locations.values().copied().collect();
        let mut policies = Vec::with_capacity(chunk.len());
        for product in chunk {
            policies.push((sku_of(&product.sku)?, product.safety_stock / 3));
        }
        let act = act.clone();
        services.database().write_blocking(move |tx| {
            policies.iter().try_for_each(|(sku, safety)| {
                places.iter().try_for_each(|place| {
                    set_stock_policy(tx, &act, *sku, *place, *safety, BackorderPolicy::Deny)
                })
            })
        })?;
    }
    for coming in stock.incoming.iter().filter(|coming| !low.contains_key(coming.sku.as_str())) {
        let (sku, place) = (sku_of(&coming.sku)?, place_of(&coming.location)?);
        let quantity = Quantity::new(coming.quantity)?;
        let (act, day, reference) =
            (act.clone(), coming.expected_on, coming.purchase_order.clone());
        services.database().write_blocking(move |tx| {
            edit::announce_incoming(tx, &act, sku, place, quantity, day, &reference).map(drop)
        })?;
    }
    Ok(())
}
