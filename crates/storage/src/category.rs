//! Categories: groups of SKUs in the shop.

use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::category::Category;
use ordermill_domain::ids::CategoryId;
use ordermill_domain::record::{Event, Kind};
use ordermill_domain::text::Text;

use crate::columns::insert;
use crate::record::{note, one_row};
use crate::{Error, Insert, Row, Tx, params};

static INSERT: Insert = insert!("categories" {
    id: Int, code: Text, slug: Text, name_zh: Text, name_en: Text, about_zh: Text, about_en: Text,
    position: Int, version: Int,
});

const COLUMNS: &str = "id, code, slug, name_zh, name_en, about_zh, about_en, position, version";

fn read(row: &mut Row<'_>) -> Result<Category, Error> {
    Ok(Category {
        id: row.id()?,
        code: row.text()?,
        slug: row.text()?,
        name: Text { zh: row.text()?, en: row.text()? },
        about: Text { zh: row.text()?, en: row.text()? },
        position: row.int()?,
        version: row.int()?,
    })
}

/// The category of this id.
pub fn fetch(tx: &mut Tx<'_>, id: CategoryId) -> Result<Option<Category>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM categories WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// The category of this code.
pub fn find_by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Category>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM categories WHERE code = $1");
    tx.query_opt(&sql, params![code], read)
}

/// Categories behind `after` in the order of their ids, at most `limit`.
pub fn list(
    tx: &mut Tx<'_>,
    after: Option<CategoryId>,
    limit: i64,
) -> Result<Vec<Category>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM categories WHERE id > $1 ORDER BY id LIMIT $2");
    tx.query(&sql, params![after.map_or(0, Id::raw), limit], read)
}

/// Stores a new category and journals it.
pub fn insert(tx: &mut Tx<'_>, act: &Act, category: &Category) -> Result<(), Error> {
    tx.append(
        &INSERT,
        params![
            category.id.raw(),
            &category.code,
            &category.slug,
            &category.name.zh,
            &category.name.en,
            &category.about.zh,
            &category.about.en,
            category.position,
            1,
        ],
    )?;
    note(tx, act, category.id, 1, &Event::created(Kind::CategoryCreated, category))
}

/// Stores what is different from `before`, whose version must still stand, and journals it. Gives
/// the new version, or the old one if nothing is different.
pub fn update(
    tx: &mut Tx<'_>,
    act: &Act,
    before: &Category,
    after: &Category,
) -> Result<i64, Error> {
    let Some(event) = Event::edited(Kind::CategoryEdited, before, after) else {
        return Ok(before.version);
    };
    let changed = tx.execute(
        "UPDATE categories SET code = $3, slug = $4, name_zh = $5, name_en = $6, about_zh = $7,
            about_en = $8, position = $9, version = version + 1 WHERE id = $1 AND version = $2",
        params![
            before.id.raw(),
            before.version,
            &after.code,
            &after.slug,
            &after.name.zh,
            &after.name.en,
            &after.about.zh,
            &after.about.en,
            after.position,
        ],
    )?;
    one_row(changed, "a category")?;
    note(tx, act, before.id, before.version + 1, &event)?;
    Ok(before.version + 1)
}
