//! Packages: boxes with goods of one fulfillment.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{FulfillmentId, OrderId, PackageId};
use ordermill_domain::package::{Event, Package};

use crate::asked::Asked;
use crate::columns::insert;
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, journal, params};

static INSERT: Insert = insert!("packages" {
    id: Int, order_id: Int, fulfillment_id: Int, inside_id: Int, number: Int, material: Text, length_mm: Int,
    width_mm: Int, height_mm: Int, gross_grams: Int, is_weighed: Int, contents: Text,
    packed_at: Int,
});

/// Stores closed packages. The event of their fulfillment names them.
pub fn insert_each<'p>(
    tx: &mut Tx<'_>,
    packages: impl IntoIterator<Item = &'p Package>,
) -> Result<(), Error> {
    let mut rows = tx.appender(&INSERT)?;
    packages.into_iter().try_for_each(|package| {
        let contents = serde_json::to_string(&package.contents).map_err(Error::defect)?;
        let [length, width, height] = package.size_mm.map(i64::from);
        rows.push(params![
            package.id.raw(),
            package.order.raw(),
            package.fulfillment.raw(),
            package.inside.map(Id::raw),
            i64::from(package.number),
            &package.material,
            length,
            width,
            height,
            i64::from(package.gross_grams),
            package.is_weighed,
            &contents,
            package.packed_at,
        ])
    })
}

macro_rules! columns {
    () => {
        "id, order_id, fulfillment_id, inside_id, number, material, length_mm, width_mm,
            height_mm, gross_grams, is_weighed, contents, packed_at, opened_at, printed"
    };
}

pub(crate) const COLUMNS: &str = columns!();

pub(crate) fn read(row: &mut Row<'_>) -> Result<Package, Error> {
    let (id, order, fulfillment) = (row.id()?, row.id()?, row.id()?);
    let (inside, number) = (row.opt_id()?, row.int()?);
    let material = row.text()?;
    let sizes = [row.int()?, row.int()?, row.int()?, row.int()?];
    let (is_weighed, contents) = (row.flag()?, row.text()?);
    let small = |value: i64| {
        let unreadable =
            |_| Error::Unreadable { what: "size of a package", text: value.to_string() };
        u32::try_from(value).map_err(unreadable)
    };
    let unreadable =
        |_| Error::Unreadable { what: "number of a package", text: number.to_string() };
    Ok(Package {
        id,
        order,
        fulfillment,
        inside,
        number: u16::try_from(number).map_err(unreadable)?,
        material,
        size_mm: [small(sizes[0])?, small(sizes[1])?, small(sizes[2])?],
        gross_grams: small(sizes[3])?,
        is_weighed,
        contents: serde_json::from_str(&contents).map_err(Error::defect)?,
        packed_at: row.at()?,
        opened_at: row.opt_at()?,
        printed: small(row.int()?)?,
    })
}

/// One package, also when it was opened again.
pub fn fetch(tx: &mut Tx<'_>, id: PackageId) -> Result<Option<Package>, Error> {
    let sql = concat!("SELECT ", columns!(), " FROM packages WHERE id = $1");
    tx.query_opt(sql, params![id.raw()], read)
}

/// Many packages, also those that were opened again; those that do not exist are left out.
pub fn fetch_each(tx: &mut Tx<'_>, ids: &[PackageId]) -> Result<Vec<Package>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: concat!("SELECT ", columns!(), " FROM packages WHERE id = $1"),
        postgres: concat!("SELECT ", columns!(), " FROM packages WHERE id = ANY($1) ORDER BY id"),
    };
    tx.query_each(&SQL, &Columns::of_ids(ids), read)
}

/// The closed packages of fulfillments, in their order.
pub fn of_each(tx: &mut Tx<'_>, fulfillments: &[FulfillmentId]) -> Result<Vec<Package>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: concat!(
            "SELECT ",
            columns!(),
            " FROM packages WHERE fulfillment_id = $1 AND opened_at IS NULL ORDER BY id"
        ),
        postgres: concat!(
            "SELECT ",
            columns!(),
            " FROM packages WHERE fulfillment_id = ANY($1) AND opened_at IS NULL
              ORDER BY fulfillment_id, id"
        ),
    };
    tx.query_each(&SQL, &Columns::of_ids(fulfillments), read)
}

/// Every package that a fulfillment has had, also those that were opened again.
pub fn ever_of(tx: &mut Tx<'_>, fulfillment: FulfillmentId) -> Result<Vec<Package>, Error> {
    let sql =
        concat!("SELECT ", columns!(), " FROM packages WHERE fulfillment_id = $1 ORDER BY id");
    tx.query(sql, params![fulfillment.raw()], read)
}

/// The shares of other orders that lie in the box of a package.
pub fn inside_of(tx: &mut Tx<'_>, id: PackageId) -> Result<Vec<Package>, Error> {
    ask_inside_of(tx, id)?.answer(tx)
}

/// As [`inside_of`], without waiting for the answer.
pub fn ask_inside_of(tx: &mut Tx<'_>, id: PackageId) -> Result<Asked<Package>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM packages WHERE inside_id = $1 AND opened_at IS NULL ORDER BY id"
    );
    tx.ask(sql, params![id.raw()], read)
}

/// As [`inside_of`], of many boxes.
pub fn inside_of_each(tx: &mut Tx<'_>, ids: &[PackageId]) -> Result<Vec<Package>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: concat!(
            "SELECT ",
            columns!(),
            " FROM packages WHERE inside_id = $1 AND opened_at IS NULL ORDER BY id"
        ),
        postgres: concat!(
            "SELECT ",
            columns!(),
            " FROM packages WHERE inside_id = ANY($1) AND opened_at IS NULL ORDER BY id"
        ),
    };
    tx.query_each(&SQL, &Columns::of_ids(ids), read)
}

/// The closed packages of an order, the oldest first.
pub fn of_order(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Package>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM packages WHERE order_id = $1 AND opened_at IS NULL ORDER BY id"
    );
    tx.query(sql, params![order.raw()], read)
}

/// Notes that the label of a package was printed once more. Gives how often that is.
pub fn count_print(tx: &mut Tx<'_>, act: &Act, id: PackageId) -> Result<Option<u32>, Error> {
    let sql = "UPDATE packages SET printed = printed + 1 WHERE id = $1 RETURNING printed";
    let printed = tx.query_write(sql, params![id.raw()], |row| row.int())?;
    let Some(&printed) = printed.first() else { return Ok(None) };
    let copy = u32::try_from(printed).map_err(Error::defect)?;
    let event = Event::LabelPrinted { copy };
    let body = serde_json::to_string(&event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: "package",
        aggregate_id: id.raw(),
        sequence: printed,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry)?;
    Ok(Some(copy))
}

/// Notes that the packages of a fulfillment were opened again.
pub fn open_all(tx: &mut Tx<'_>, fulfillment: FulfillmentId, now: Timestamp) -> Result<(), Error> {
    tx.change(
        "UPDATE packages SET opened_at = $2 WHERE fulfillment_id = $1 AND opened_at IS NULL",
        params![fulfillment.raw(), now],
    )
}
