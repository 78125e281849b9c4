//! SKUs: the units that are stocked, counted and sold.

use ordermill_base::{Id, Money};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{CategoryId, SkuId};
use ordermill_domain::record::{Event, Kind};
use ordermill_domain::sku::{Handling, Sku};
use ordermill_domain::text::Text;

use crate::columns::{Kind as Column, insert};
use crate::record::{note, one_row};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, Value, params};

macro_rules! columns {
    () => {
        "id, code, gtin, name_zh, name_en, description_zh, description_en, category_id, family,
         variant_zh, variant_en, price_minor, currency, list_price_minor, cost_minor, tax_class,
         weight_grams, length_mm, width_mm, height_mm, is_fragile, is_high_value, is_perishable,
         is_hazardous, is_oversized, shelf_life_days, is_active, reorder_point, substitutes, art,
         version, updated_at, prices"
    };
}

// Behind the macro, which it uses.
mod search;

pub use search::{Search, search};

static INSERT: Insert = insert!("skus" {
    id: Int, code: Text, gtin: Text, name_zh: Text, name_en: Text, description_zh: Text,
    description_en: Text, category_id: Int, family: Text, variant_zh: Text, variant_en: Text,
    price_minor: Int, currency: Text, list_price_minor: Int, cost_minor: Int, tax_class: Text,
    weight_grams: Int, length_mm: Int, width_mm: Int, height_mm: Int, is_fragile: Int,
    is_high_value: Int, is_perishable: Int, is_hazardous: Int, is_oversized: Int,
    shelf_life_days: Int, is_active: Int, reorder_point: Int, substitutes: Text, art: Text,
    version: Int, updated_at: Int, prices: Text,
});

fn read(row: &mut Row<'_>) -> Result<Sku, Error> {
    Ok(Sku {
        id: row.id()?,
        code: row.text()?,
        gtin: row.opt_text()?,
        name: Text { zh: row.text()?, en: row.text()? },
        description: Text { zh: row.text()?, en: row.text()? },
        category: row.id()?,
        family: row.text()?,
        variant: Text { zh: row.text()?, en: row.text()? },
        price: Money { minor: row.int()?, currency: row.parsed()? },
        list_price_minor: row.opt_int()?,
        cost_minor: row.opt_int()?,
        tax_class: row.parsed()?,
        weight_grams: measure(row)?,
        dimensions_mm: [measure(row)?, measure(row)?, measure(row)?],
        handling: Handling {
            is_fragile: row.flag()?,
            is_high_value: row.flag()?,
            is_perishable: row.flag()?,
            is_hazardous: row.flag()?,
            is_oversized: row.flag()?,
        },
        shelf_life_days: row.opt_int()?,
        is_active: row.flag()?,
        reorder_point: row.int()?,
        substitutes: row.json()?,
        art: row.opt_text()?,
        version: row.int()?,
        updated_at: row.at()?,
        prices: row.json()?,
    })
}

fn measure(row: &mut Row<'_>) -> Result<u32, Error> {
    let value = row.int()?;
    u32::try_from(value)
        .map_err(|_| Error::Unreadable { what: "measure of a SKU", text: value.to_string() })
}

/// The SKU of this id.
pub fn fetch(tx: &mut Tx<'_>, id: SkuId) -> Result<Option<Sku>, Error> {
    tx.query_opt(
        concat!("SELECT ", columns!(), " FROM skus WHERE id = $1"),
        params![id.raw()],
        read,
    )
}

/// The SKUs of these ids that exist.
pub fn fetch_all(tx: &mut Tx<'_>, ids: impl IntoIterator<Item = SkuId>) -> Result<Vec<Sku>, Error> {
    const SQL: PerRow = PerRow {
        sqlite: concat!("SELECT ", columns!(), " FROM skus WHERE id = $1"),
        postgres: concat!("SELECT ", columns!(), " FROM skus WHERE id = ANY($1)"),
    };
    let mut keys = Columns::new(&[Column::Int]);
    ids.into_iter().for_each(|id| keys.push(params![id.raw()]));
    tx.query_each(&SQL, &keys, read)
}

/// The SKU of this code.
pub fn find_by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Sku>, Error> {
    let sql = concat!("SELECT ", columns!(), " FROM skus WHERE code = $1");
    tx.query_opt(sql, params![code], read)
}

/// The SKUs of these codes that exist.
pub fn find_by_codes<'a>(
    tx: &mut Tx<'_>,
    codes: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Sku>, Error> {
    const SQL: PerRow = PerRow {
        sqlite: concat!("SELECT ", columns!(), " FROM skus WHERE code = $1"),
        postgres: concat!("SELECT ", columns!(), " FROM skus WHERE code = ANY($1)"),
    };
    let mut keys = Columns::new(&[Column::Text]);
    codes.into_iter().for_each(|code| keys.push(params![code]));
    tx.query_each(&SQL, &keys, read)
}

/// The SKU with this barcode.
pub fn find_by_gtin(tx: &mut Tx<'_>, gtin: &str) -> Result<Option<Sku>, Error> {
    let sql = concat!("SELECT ", columns!(), " FROM skus WHERE gtin = $1");
    tx.query_opt(sql, params![gtin], read)
}

/// SKUs behind `after` in the order of their ids, of one category or of all, at most `limit`.
pub fn list(
    tx: &mut Tx<'_>,
    category: Option<CategoryId>,
    after: Option<SkuId>,
    limit: i64,
) -> Result<Vec<Sku>, Error> {
    let after = after.map_or(0, Id::raw);
    match category {
        Some(category) => tx.query(
            concat!(
                "SELECT ",
                columns!(),
                " FROM skus WHERE category_id = $1 AND id > $2 ORDER BY id LIMIT $3"
            ),
            params![category.raw(), after, limit],
            read,
        ),
        None => tx.query(
            concat!("SELECT ", columns!(), " FROM skus WHERE id > $1 ORDER BY id LIMIT $2"),
            params![after, limit],
            read,
        ),
    }
}

/// Stores a new SKU and journals it.
pub fn insert(tx: &mut Tx<'_>, act: &Act, sku: &Sku) -> Result<(), Error> {
    with_values(sku, 1, act, |values| tx.append(&INSERT, values))?;
    note(tx, act, sku.id, 1, &Event::created(Kind::SkuCreated, sku))
}

/// Stores what is different from `before`, whose version must still stand, and journals it. Gives
/// the new version, or the old one if nothing is different.
pub fn update(tx: &mut Tx<'_>, act: &Act, before: &Sku, after: &Sku) -> Result<i64, Error> {
    const SQL: &str = "UPDATE skus SET code = $2, gtin = $3, name_zh = $4, name_en = $5,
        description_zh = $6, description_en = $7, category_id = $8, family = $9, variant_zh = $10,
        variant_en = $11, price_minor = $12, currency = $13, list_price_minor = $14,
        cost_minor = $15, tax_class = $16, weight_grams = $17, length_mm = $18, width_mm = $19,
        height_mm = $20, is_fragile = $21, is_high_value = $22, is_perishable = $23,
        is_hazardous = $24, is_oversized = $25, shelf_life_days = $26, is_active = $27,
        reorder_point = $28, substitutes = $29, art = $30, version = $31, updated_at = $32,
        prices = $33
        WHERE id = $1 AND version = $31 - 1";

    let Some(event) = Event::edited(Kind::SkuEdited, before, after) else {
        return Ok(before.version);
    };
    let version = before.version + 1;
    let after = Sku { id: before.id, ..after.clone() };
    let changed = with_values(&after, version, act, |values| tx.execute(SQL, values))?;
    one_row(changed, "a SKU")?;
    note(tx, act, before.id, version, &event)?;
    Ok(version)
}

/// The values in the order of the columns.
fn with_values<T>(
    sku: &Sku,
    version: i64,
    act: &Act,
    run: impl FnOnce(&[Value<'_>]) -> Result<T, Error>,
) -> Result<T, Error> {
    let substitutes = serde_json::to_string(&sku.substitutes).map_err(Error::defect)?;
    let prices = serde_json::to_string(&sku.prices).map_err(Error::defect)?;
    let [length, width, height] = sku.dimensions_mm.map(i64::from);
    run(params![
        sku.id.raw(),
        &sku.code,
        sku.gtin.as_deref(),
        &sku.name.zh,
        &sku.name.en,
        &sku.description.zh,
        &sku.description.en,
        sku.category.raw(),
        &sku.family,
        &sku.variant.zh,
        &sku.variant.en,
        sku.price.minor,
        sku.price.currency.code(),
        sku.list_price_minor,
        sku.cost_minor,
        sku.tax_class.code(),
        i64::from(sku.weight_grams),
        length,
        width,
        height,
        sku.handling.is_fragile,
        sku.handling.is_high_value,
        sku.handling.is_perishable,
        sku.handling.is_hazardous,
        sku.handling.is_oversized,
        sku.shelf_life_days,
        sku.is_active,
        sku.reorder_point,
        &substitutes,
        sku.art.as_deref(),
        version,
        act.at,
        &prices,
    ])
}
