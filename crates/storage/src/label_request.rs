//! Labels that are to be made: the intent, before the carrier is asked.

use ordermill_base::{Currency, Id, Timestamp};
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::ids::{CarrierId, LocationId, OrderId, PackageId, ShipmentId};

use crate::columns::insert;
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, params};

/// A label that is to be made, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelRequest {
    /// The shipment that it will be: what the carrier knows it by.
    pub id: ShipmentId,
    /// Whose parcel.
    pub order: OrderId,
    /// Which parcel.
    pub package: PackageId,
    /// Where it waits.
    pub location: LocationId,
    /// Who is to carry it.
    pub carrier: CarrierId,
    /// How.
    pub service: ServiceKind,
    /// What it weighs with its carton.
    pub weight_grams: u32,
    /// The sides of its carton.
    pub dimensions_mm: [u32; 3],
    /// For how much it is insured, minor units; 0 if it is not.
    pub insured_minor: i64,
    /// The currency of that.
    pub currency: Currency,
    /// By when it should be delivered.
    pub expected_by: Timestamp,
    /// Everything that was looked at and why this one, as JSON.
    pub choice: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: State,
    /// What the carrier said when it refused.
    pub failure: Option<String>,
    /// How often the carrier was asked, this time included.
    pub asked: i64,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The carrier is asked.
    Wanted,
    /// There is a shipment.
    Made,
    /// The carrier said no.
    Refused,
    /// Nobody wants it any more.
    Withdrawn,
}

impl State {
    /// The stable text that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Made => "made",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl std::str::FromStr for State {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Wanted, Self::Made, Self::Refused, Self::Withdrawn]
            .into_iter()
            .find(|state| state.code() == text)
            .ok_or(())
    }
}

static INSERT: Insert = insert!("label_requests" {
    id: Int, order_id: Int, package_id: Int, location_id: Int, carrier_id: Int, service: Text,
    state: Text, weight_grams: Int, length_mm: Int, width_mm: Int, height_mm: Int,
    insured_minor: Int, currency: Text, expected_by: Int, choice: Text, created_at: Int, ask_at: Int,
});

/// Stores a request that the carrier is asked at `ask_at`.
pub fn insert(tx: &mut Tx<'_>, it: &LabelRequest, ask_at: Timestamp) -> Result<(), Error> {
    let [length, width, height] = it.dimensions_mm.map(i64::from);
    tx.append(
        &INSERT,
        params![
            it.id.raw(),
            it.order.raw(),
            it.package.raw(),
            it.location.raw(),
            it.carrier.raw(),
            it.service.code(),
            State::Wanted.code(),
            i64::from(it.weight_grams),
            length,
            width,
            height,
            it.insured_minor,
            it.currency.code(),
            it.expected_by,
            &it.choice,
            it.created_at,
            ask_at,
        ],
    )
}

const COLUMNS: &str = "id, order_id, package_id, location_id, carrier_id, service, weight_grams,
    length_mm, width_mm, height_mm, insured_minor, currency, expected_by, choice, created_at, state,
    failure, asked";

fn read(row: &mut Row<'_>) -> Result<LabelRequest, Error> {
    let (id, order, package, location, carrier) =
        (row.id()?, row.id()?, row.id()?, row.id()?, row.id()?);
    let service = row.parsed()?;
    let mut size = || {
        let size = row.int()?;
        u32::try_from(size)
            .map_err(|_| Error::Unreadable { what: "size of a parcel", text: size.to_string() })
    };
    let (weight_grams, dimensions_mm) = (size()?, [size()?, size()?, size()?]);
    Ok(LabelRequest {
        id,
        order,
        package,
        location,
        carrier,
        service,
        weight_grams,
        dimensions_mm,
        insured_minor: row.int()?,
        currency: row.parsed()?,
        expected_by: row.at()?,
        choice: row.text()?,
        created_at: row.at()?,
        state: row.parsed()?,
        failure: row.opt_text()?,
        asked: row.int()?,
    })
}

/// One request.
pub fn fetch(tx: &mut Tx<'_>, id: ShipmentId) -> Result<Option<LabelRequest>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM label_requests WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// The request of a parcel that stands: wanted or made.
pub fn standing(tx: &mut Tx<'_>, package: PackageId) -> Result<Option<LabelRequest>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} FROM label_requests
          WHERE package_id = $1 AND state IN ('wanted', 'made') {lock}"
    );
    tx.query_opt(&sql, params![package.raw()], read)
}

/// The requests of parcels that stand, with their parcels.
pub fn standing_of_each(
    tx: &mut Tx<'_>,
    packages: &[PackageId],
) -> Result<Vec<(PackageId, ShipmentId)>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT package_id, id FROM label_requests
            WHERE package_id = $1 AND state IN ('wanted', 'made')",
        postgres: "SELECT package_id, id FROM label_requests
            WHERE package_id = ANY($1) AND state IN ('wanted', 'made') ORDER BY id FOR UPDATE",
    };
    tx.query_each(&SQL, &Columns::of_ids(packages), |row| Ok((row.id()?, row.id()?)))
}

/// The carriers that have refused parcels of these orders, with these parcels.
pub fn refusals_of_each(
    tx: &mut Tx<'_>,
    orders: &[OrderId],
) -> Result<Vec<(PackageId, CarrierId)>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT package_id, carrier_id FROM label_requests
            WHERE order_id = $1 AND state = 'refused'",
        postgres: "SELECT package_id, carrier_id FROM label_requests
            WHERE order_id = ANY($1) AND state = 'refused'",
    };
    tx.query_each(&SQL, &Columns::of_ids(orders), |row| Ok((row.id()?, row.id()?)))
}

/// Those of these packages for which no label stands and none is asked for.
pub fn without(tx: &mut Tx<'_>, packages: &[PackageId]) -> Result<Vec<PackageId>, Error> {
    macro_rules! sql {
        ($from:literal) => {
            concat!(
                "SELECT p.id FROM ",
                $from,
                " WHERE NOT EXISTS (SELECT 1 FROM label_requests r
                   WHERE r.package_id = p.id AND r.state IN ('wanted', 'made'))"
            )
        };
    }
    const SQL: PerRow<'_> = PerRow {
        sqlite: sql!("(SELECT CAST($1 AS BIGINT) AS id) AS p"),
        postgres: sql!("unnest($1::bigint[]) AS p (id)"),
    };
    tx.query_each(&SQL, &Columns::of_ids(packages), |row| row.id())
}

/// Requests of an order, oldest first.
pub fn of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<LabelRequest>, Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM label_requests WHERE order_id = $1 ORDER BY id LIMIT 200");
    tx.query(&sql, params![order.raw()], read)
}

/// The newest requests, whatever became of them, at most `limit`.
pub fn newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<LabelRequest>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM label_requests ORDER BY id DESC LIMIT $1");
    tx.query(&sql, params![limit], read)
}

/// Requests whose carrier is to be asked now, oldest first, at most `limit`; each is put off to
/// `again_at`, so that no two nodes ask about the same one at once.
pub fn claim(
    tx: &mut Tx<'_>,
    now: Timestamp,
    again_at: Timestamp,
    limit: i64,
) -> Result<Vec<LabelRequest>, Error> {
    let skip_locked = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE label_requests SET ask_at = $2, asked = asked + 1 WHERE id IN (
            SELECT id FROM label_requests WHERE ask_at <= $1 ORDER BY ask_at LIMIT $3 {skip_locked})
      RETURNING {COLUMNS}"
    );
    tx.query_write(&sql, params![now, again_at, limit], read)
}

/// Makes a request due that was put off beyond `claimed_until`; one that somebody may have claimed just now
/// is left to them.
pub fn hurry(
    tx: &mut Tx<'_>,
    id: ShipmentId,
    now: Timestamp,
    claimed_until: Timestamp,
) -> Result<(), Error> {
    tx.change(
        "UPDATE label_requests SET ask_at = $2 WHERE id = $1 AND state = 'wanted' AND ask_at > $3",
        params![id.raw(), now, claimed_until],
    )
}

/// Sets when the carrier is asked next, of a request about which it is still asked. Gives whether it is.
pub fn put_off(
    tx: &mut Tx<'_>,
    id: ShipmentId,
    ask_at: Timestamp,
    failure: &str,
) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE label_requests SET ask_at = $2, failure = $3 WHERE id = $1 AND ask_at IS NOT NULL",
        params![id.raw(), ask_at, failure],
    )?;
    Ok(changed > 0)
}

/// Ends a request that is still wanted, made or refused. Gives whether it was.
pub fn end(
    tx: &mut Tx<'_>,
    id: ShipmentId,
    state: State,
    failure: Option<&str>,
) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE label_requests SET state = $2, failure = $3, ask_at = NULL
          WHERE id = $1 AND state = 'wanted'",
        params![id.raw(), state.code(), failure],
    )?;
    Ok(changed > 0)
}

/// Ends those of these requests that are still wanted, as their labels are made. Gives which they were.
pub fn made_each(tx: &mut Tx<'_>, ids: &[ShipmentId]) -> Result<Vec<ShipmentId>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "UPDATE label_requests SET state = 'made', failure = NULL, ask_at = NULL
            WHERE id = $1 AND state = 'wanted' RETURNING id",
        postgres: "UPDATE label_requests SET state = 'made', failure = NULL, ask_at = NULL
            WHERE id = ANY($1) AND state = 'wanted' RETURNING id",
    };
    tx.query_each_write(&SQL, &Columns::of_ids(ids), |row| row.id())
}

/// Forgets that carriers have refused a parcel, so that each may be asked again.
pub fn forget_refusals(tx: &mut Tx<'_>, package: PackageId) -> Result<(), Error> {
    tx.change(
        "UPDATE label_requests SET state = 'withdrawn' WHERE package_id = $1 AND state = 'refused'",
        params![package.raw()],
    )
}

/// Withdraws a request that stands, so that its parcel may have another. The carrier is asked to take
/// its label back at `ask_at`.
pub fn withdraw(tx: &mut Tx<'_>, id: ShipmentId, ask_at: Timestamp) -> Result<(), Error> {
    tx.change(
        "UPDATE label_requests SET state = 'withdrawn', ask_at = $2, asked = 0
          WHERE id = $1 AND state IN ('wanted', 'made')",
        params![id.raw(), ask_at],
    )
}

/// Notes that the carrier has taken the label of a withdrawn request back, or never had one.
pub fn taken_back(tx: &mut Tx<'_>, id: ShipmentId, failure: Option<&str>) -> Result<(), Error> {
    tx.change(
        "UPDATE label_requests SET ask_at = NULL, failure = $2
          WHERE id = $1 AND state = 'withdrawn'",
        params![id.raw(), failure],
    )
}
