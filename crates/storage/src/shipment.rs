//! Shipments: one row for each label.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{CarrierId, LocationId, OrderId, PackageId, ShipmentId};
use ordermill_domain::shipment::{Event, Facts, Shipment, State, Terms, Track};

use crate::asked::Asked;
use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, journal, params};

/// A shipment and what is stored beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The shipment.
    pub shipment: Shipment,
    /// Where it was packed.
    pub location: LocationId,
    /// What stands in large letters on its label.
    pub routing: String,
    /// When the carrier last said anything, by its own clock.
    pub heard_at: Option<Timestamp>,
    /// Whether it ever had a delivery exception.
    pub had_exception: bool,
    /// Whether it was ever damaged.
    pub was_damaged: bool,
    /// When its silence is looked at next; `None` when it is over.
    pub look_at: Option<Timestamp>,
}

static INSERT: Insert = insert!("shipments" {
    id: Int, order_id: Int, package_id: Int, location_id: Int, carrier_id: Int, service: Text,
    waybill: Text, routing: Text, version: Int, state: Text, track: Text, cost_minor: Int,
    insured_minor: Int, currency: Text, weight_grams: Int, expected_by: Int, created_at: Int,
    look_at: Int,
});

/// Stores a shipment whose label was just made.
pub fn insert(tx: &mut Tx<'_>, stored: &Stored) -> Result<(), Error> {
    let facts = stored.shipment.facts();
    let terms = &facts.terms;
    tx.append(
        &INSERT,
        params![
            facts.id.raw(),
            terms.order.raw(),
            terms.package.raw(),
            stored.location.raw(),
            terms.carrier.raw(),
            terms.service.code(),
            &terms.waybill,
            &stored.routing,
            facts.version,
            facts.state.code(),
            facts.track.status.code(),
            terms.cost_minor,
            terms.insured_minor,
            terms.currency.code(),
            i64::from(terms.weight_grams),
            terms.expected_by,
            facts.created_at,
            stored.look_at,
        ],
    )
}

/// Stores shipments after events, each with its version before. All or, if another has changed one
/// meanwhile, none.
pub fn update_each(tx: &mut Tx<'_>, changed: &[(&Stored, i64)]) -> Result<(), Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "UPDATE shipments SET version = $3, state = $4, track = $5, scanned_at = $6,
                plan = $7, manifest_id = $8, handed_over_at = $9, delivered_at = $10, heard_at = $11,
                had_exception = $12, was_damaged = $13, look_at = $14, reshipped_at = $15
              WHERE id = $1 AND version = $2",
        postgres: "UPDATE shipments s SET version = n.version, state = n.state, track = n.track,
                scanned_at = n.scanned_at, plan = n.plan, manifest_id = n.manifest_id,
                handed_over_at = n.handed_over_at, delivered_at = n.delivered_at,
                heard_at = n.heard_at, had_exception = n.had_exception,
                was_damaged = n.was_damaged, look_at = n.look_at, reshipped_at = n.reshipped_at
              FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[],
                $6::bigint[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],
                $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[])
                AS n (id, before, version, state, track, scanned_at, plan, manifest_id,
                    handed_over_at, delivered_at, heard_at, had_exception, was_damaged, look_at,
                    reshipped_at)
              WHERE s.id = n.id AND s.version = n.before",
    };
    use Kind::{Int, Text};
    let mut rows = Columns::new(&[
        Int, Int, Int, Text, Text, Int, Text, Int, Int, Int, Int, Int, Int, Int, Int,
    ]);
    for (stored, before) in changed {
        let facts = stored.shipment.facts();
        rows.push(params![
            facts.id.raw(),
            *before,
            facts.version,
            facts.state.code(),
            facts.track.status.code(),
            facts.track.scanned_at,
            facts.plan.map(|plan| plan.code()),
            facts.manifest.map(Id::raw),
            facts.handed_over_at,
            facts.delivered_at,
            stored.heard_at,
            stored.had_exception,
            stored.was_damaged,
            stored.look_at,
            facts.reshipped_at,
        ]);
    }
    tx.change_every(&SQL, rows, "a shipment")
}

/// Appends events of shipments to the journal: (shipment, its version after the event, event).
pub fn record_each<'e>(
    tx: &mut Tx<'_>,
    act: &Act,
    events: impl IntoIterator<Item = (ShipmentId, i64, &'e Event)>,
) -> Result<(), Error> {
    let mut entries = journal::appender(tx)?;
    for (id, sequence, event) in events {
        let body = serde_json::to_string(event).map_err(Error::defect)?;
        let entry = journal::NewEntry {
            aggregate: "shipment",
            aggregate_id: id.raw(),
            sequence,
            kind: event.kind(),
            body: &body,
        };
        entries.push(act, entry)?;
    }
    Ok(())
}

macro_rules! columns {
    () => {
        "id, order_id, package_id, location_id, carrier_id, service, waybill, routing, version,
         state, track, scanned_at, plan, cost_minor, insured_minor, currency, weight_grams,
         expected_by, manifest_id, created_at, handed_over_at, delivered_at, reshipped_at, heard_at,
         CAST(had_exception AS BIGINT), CAST(was_damaged AS BIGINT), look_at"
    };
}
pub(crate) const COLUMNS: &str = columns!();

pub(crate) fn read(row: &mut Row<'_>) -> Result<Stored, Error> {
    let (id, order, package, location) = (row.id()?, row.id()?, row.id()?, row.id()?);
    let (carrier, service, waybill, routing) = (row.id()?, row.parsed()?, row.text()?, row.text()?);
    let (version, state) = (row.int()?, row.parsed()?);
    let track = Track { status: row.parsed()?, scanned_at: row.opt_at()? };
    let plan = row.opt_parsed()?;
    let (cost_minor, insured_minor, currency) = (row.int()?, row.int()?, row.parsed()?);
    let weight = row.int()?;
    let weight_grams = u32::try_from(weight)
        .map_err(|_| Error::Unreadable { what: "weight", text: weight.to_string() })?;
    let terms = Terms {
        order,
        package,
        carrier,
        service,
        waybill,
        cost_minor,
        insured_minor,
        currency,
        expected_by: row.at()?,
        weight_grams,
    };
    let facts = Facts {
        id,
        terms,
        version,
        state,
        track,
        plan,
        manifest: row.opt_id()?,
        created_at: row.at()?,
        handed_over_at: row.opt_at()?,
        delivered_at: row.opt_at()?,
        reshipped_at: row.opt_at()?,
    };
    Ok(Stored {
        shipment: Shipment::from_facts(facts),
        location,
        routing,
        heard_at: row.opt_at()?,
        had_exception: row.flag()?,
        was_damaged: row.flag()?,
        look_at: row.opt_at()?,
    })
}

/// One shipment.
pub fn fetch(tx: &mut Tx<'_>, id: ShipmentId) -> Result<Option<Stored>, Error> {
    let sql = concat!("SELECT ", columns!(), " FROM shipments WHERE id = $1");
    tx.query_opt(sql, params![id.raw()], read)
}

/// Shipments by id; unknown ones are left out.
pub fn fetch_each(tx: &mut Tx<'_>, ids: &[ShipmentId]) -> Result<Vec<Stored>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: concat!("SELECT ", columns!(), " FROM shipments WHERE id = $1"),
        postgres: concat!("SELECT ", columns!(), " FROM shipments WHERE id = ANY($1)"),
    };
    tx.query_each(&SQL, &Columns::of_ids(ids), read)
}

/// Shipments by id, locked in that order where writers run side by side; unknown ones are left out.
pub fn fetch_each_for_update(tx: &mut Tx<'_>, ids: &[ShipmentId]) -> Result<Vec<Stored>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: concat!("SELECT ", columns!(), " FROM shipments WHERE id = $1"),
        postgres: concat!(
            "SELECT ",
            columns!(),
            " FROM shipments WHERE id = ANY($1) ORDER BY id FOR UPDATE"
        ),
    };
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    tx.query_each(&SQL, &Columns::of_ids(&ids), read)
}

/// Which shipments carriers mean by these waybills: (waybill, shipment). Two carriers may use the
/// same number.
pub fn find_by_waybills(
    tx: &mut Tx<'_>,
    waybills: &[&str],
) -> Result<Vec<(String, ShipmentId)>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT waybill, id FROM shipments WHERE waybill = $1",
        postgres: "SELECT waybill, id FROM shipments WHERE waybill = ANY($1)",
    };
    let mut keys = Columns::new(&[Kind::Text]);
    waybills.iter().for_each(|waybill| keys.push(params![*waybill]));
    tx.query_each(&SQL, &keys, |row| Ok((row.text()?, row.id()?)))
}

/// The shipments with these waybills that their carriers have: (carrier, waybill, shipment).
pub fn find_on_their_way(
    tx: &mut Tx<'_>,
    waybills: &[(CarrierId, &str)],
) -> Result<Vec<(CarrierId, String, ShipmentId)>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT carrier_id, waybill, id FROM shipments
            WHERE carrier_id = $1 AND waybill = $2 AND state = 'handed_over'",
        postgres: "SELECT s.carrier_id, s.waybill, s.id
            FROM unnest($1::bigint[], $2::text[]) AS n (carrier_id, waybill)
            JOIN shipments s ON s.carrier_id = n.carrier_id AND s.waybill = n.waybill
            WHERE s.state = 'handed_over'",
    };
    let mut keys = Columns::new(&[Kind::Int, Kind::Text]);
    waybills.iter().for_each(|(carrier, waybill)| keys.push(params![carrier.raw(), *waybill]));
    tx.query_each(&SQL, &keys, |row| Ok((row.id()?, row.text()?, row.id()?)))
}

/// All shipments of an order, oldest first: also those of boxes that another order's label is on.
pub fn of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Stored>, Error> {
    ask_of(tx, order)?.answer(tx)
}

/// As [`of`], without waiting for the answer.
pub fn ask_of(tx: &mut Tx<'_>, order: OrderId) -> Result<Asked<Stored>, Error> {
    // Two shares of an order may lie in one box: it comes once.
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM (SELECT * FROM shipments WHERE order_id = $1
             UNION
            SELECT s.* FROM packages p
              JOIN shipments s ON s.package_id = p.inside_id AND s.state <> 'voided'
             WHERE p.order_id = $1 AND p.inside_id IS NOT NULL AND p.opened_at IS NULL
               AND s.order_id <> $1) AS shipments
          ORDER BY id LIMIT 200"
    );
    tx.ask(sql, params![order.raw()], read)
}

/// Where a parcel of an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    /// Whose goods are in it.
    pub order: OrderId,
    /// Where it stands.
    pub state: State,
    /// Whether somebody has decided what is done about it.
    pub is_planned_for: bool,
}

/// Where the shipments of these orders stand; also those of boxes that another order's label is on.
pub fn stands_of_each(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<Vec<Stand>, Error> {
    macro_rules! sql {
        ($which:literal) => {
            concat!(
                "SELECT order_id, state, CAST(CASE WHEN plan IS NULL AND reshipped_at IS NULL
                     THEN 0 ELSE 1 END AS BIGINT) FROM shipments WHERE order_id ",
                $which,
                " UNION ALL
                 SELECT p.order_id, s.state, CAST(CASE WHEN s.plan IS NULL AND s.reshipped_at IS NULL
                     THEN 0 ELSE 1 END AS BIGINT) FROM packages p
                   JOIN shipments s ON s.package_id = p.inside_id AND s.state <> 'voided'
                  WHERE p.inside_id IS NOT NULL AND p.opened_at IS NULL AND p.order_id ",
                $which
            )
        };
    }
    const SQL: PerRow<'_> = PerRow { sqlite: sql!("= $1"), postgres: sql!("= ANY($1)") };
    tx.query_each(&SQL, &Columns::of_ids(orders), |row| {
        Ok(Stand { order: row.id()?, state: row.parsed()?, is_planned_for: row.int()? != 0 })
    })
}

/// Whose goods these parcels hold: (parcel, order), that on the label first.
pub fn orders_in(tx: &mut Tx<'_>, ids: &[ShipmentId]) -> Result<Vec<(ShipmentId, OrderId)>, Error> {
    macro_rules! sql {
        ($which:literal) => {
            concat!(
                "SELECT id, order_id FROM shipments WHERE id ",
                $which,
                " UNION ALL
                 SELECT s.id, p.order_id FROM shipments s JOIN packages p
                     ON p.inside_id = s.package_id AND p.opened_at IS NULL AND p.order_id <> s.order_id
                  WHERE s.id ",
                $which
            )
        };
    }
    const SQL: PerRow<'_> = PerRow { sqlite: sql!("= $1"), postgres: sql!("= ANY($1)") };
    tx.query_each(&SQL, &Columns::of_ids(ids), |row| Ok((row.id()?, row.id()?)))
}

/// Whose orders these shipments are for.
pub fn orders_of_each(tx: &mut Tx<'_>, ids: &[ShipmentId]) -> Result<Vec<OrderId>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT order_id FROM shipments WHERE id = $1",
        postgres: "SELECT order_id FROM shipments WHERE id = ANY($1)",
    };
    tx.query_each(&SQL, &Columns::of_ids(ids), |row| row.id())
}

/// Where the parcels of these orders stand: (package, state), the newest label last.
pub fn of_packages(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<Vec<(PackageId, State)>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT package_id, state FROM shipments WHERE order_id = $1 ORDER BY id",
        postgres: "SELECT package_id, state FROM shipments WHERE order_id = ANY($1) ORDER BY id",
    };
    tx.query_each(&SQL, &Columns::of_ids(orders), |row| Ok((row.id()?, row.parsed()?)))
}

/// Which shipments a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Those that stand somewhere.
    In(State),
    /// Those in trouble by the carrier's word.
    InTrouble,
    /// Those of a hand-over list.
    Of(ordermill_domain::ids::ManifestId),
}

/// A page of shipments, newest first: at most `limit` before `before`.
pub fn list(
    tx: &mut Tx<'_>,
    view: View,
    before: Option<ShipmentId>,
    limit: i64,
) -> Result<Vec<Stored>, Error> {
    let before = before.map_or(i64::MAX, Id::raw);
    match view {
        View::In(state) => {
            let sql = concat!(
                "SELECT ",
                columns!(),
                " FROM shipments WHERE state = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
            );
            tx.query(sql, params![state.code(), before, limit], read)
        }
        View::InTrouble => {
            let sql = concat!(
                "SELECT ",
                columns!(),
                " FROM shipments WHERE track IN ('stalled', 'address', 'out_of_zone', 'damaged',
                    'refused', 'sign_off_disputed') AND id < $1 ORDER BY id DESC LIMIT $2"
            );
            tx.query(sql, params![before, limit], read)
        }
        View::Of(manifest) => {
            let sql = concat!(
                "SELECT ",
                columns!(),
                " FROM shipments WHERE id IN
                    (SELECT shipment_id FROM manifest_parcels WHERE manifest_id = $1)
                    AND id < $2 ORDER BY id DESC LIMIT $3"
            );
            tx.query(sql, params![manifest.raw(), before, limit], read)
        }
    }
}

/// How many shipments stand where: (state, count). Ended ones are counted up to `limit` each.
pub fn counts(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(State, i64)>, Error> {
    let mut counts = Vec::new();
    for state in State::ALL {
        let sql = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM shipments WHERE state = $1 LIMIT $2)
            AS counted";
        counts.push((state, tx.query_one(sql, params![state.code(), limit], |row| row.int())?));
    }
    Ok(counts)
}

/// Shipments whose silence is to be looked at now, longest silent first, at most `limit`; each is put
/// off to `again_at`, so that no two nodes look at the same one at once.
pub fn claim_silent(
    tx: &mut Tx<'_>,
    now: Timestamp,
    again_at: Timestamp,
    limit: i64,
) -> Result<Vec<Stored>, Error> {
    let skip_locked = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE shipments SET look_at = $2 WHERE id IN (
            SELECT id FROM shipments WHERE look_at <= $1 ORDER BY look_at LIMIT $3 {skip_locked})
      RETURNING {COLUMNS}"
    );
    tx.query_write(&sql, params![now, again_at, limit], read)
}

/// Sets when the silence of a shipment is looked at next, if it is not over.
pub fn look_later(tx: &mut Tx<'_>, id: ShipmentId, look_at: Timestamp) -> Result<(), Error> {
    tx.change(
        "UPDATE shipments SET look_at = $2 WHERE id = $1 AND look_at IS NOT NULL",
        params![id.raw(), look_at],
    )
}

/// Parcels at a location that have a label and are on no list yet, oldest first: at most `limit` behind
/// `after`.
pub fn waiting(
    tx: &mut Tx<'_>,
    location: LocationId,
    after: Option<ShipmentId>,
    limit: i64,
) -> Result<Vec<Stored>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM shipments s WHERE state = 'label_created' AND location_id = $1 AND id > $2
            AND NOT EXISTS (SELECT 1 FROM manifest_parcels p WHERE p.shipment_id = s.id)
          ORDER BY id LIMIT $3"
    );
    tx.query(sql, params![location.raw(), after.map_or(0, Id::raw), limit], read)
}
