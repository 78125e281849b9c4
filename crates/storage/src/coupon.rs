//! Coupons and their uses.
//!
//! A coupon that is used up by many orders at once is one row with a count. Whoever takes a use reads
//! the count, decides, and writes it back only if nobody else has taken or released one meanwhile;
//! the schema's `CHECK` says the limit again.

use std::collections::HashMap;

use ordermill_base::{Id, Money, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::coupon::Coupon;
use ordermill_domain::ids::{CouponId, CustomerId, OrderId};
use ordermill_domain::pricing;
use ordermill_domain::pricing::coupon::{Benefit, Scope, Stacking};
use ordermill_domain::record::{Event, Kind as RecordKind};
use ordermill_domain::text::Text;
use serde::{Deserialize, Serialize};

use crate::columns::{Kind, insert};
use crate::record::{note, one_row};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, Value, params};

/// A coupon as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What people keep of it.
    pub coupon: Coupon,
    /// How often it was used, without uses that were given back.
    pub uses: i64,
    /// When it was last edited.
    pub updated_at: Timestamp,
}

/// The part of the rule that is stored as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    benefit: Benefit,
    scope: Scope,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min_spend: Option<Money>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    first_order_only: bool,
    stacking: Stacking,
}

static INSERT: Insert = insert!("coupons" {
    id: Int, code: Text, name_zh: Text, name_en: Text, terms: Text, valid_from: Int,
    valid_until: Int, uses_max: Int, uses_per_customer_max: Int, is_active: Int, version: Int,
    updated_at: Int,
});

macro_rules! columns {
    () => {
        "id, code, name_zh, name_en, terms, valid_from, valid_until, uses_max,
         uses_per_customer_max, is_active, version, updated_at, uses"
    };
}

fn count(value: Option<i64>) -> Option<u64> {
    value.and_then(|value| u64::try_from(value).ok())
}

fn read(row: &mut Row<'_>) -> Result<Stored, Error> {
    let (id, code) = (row.id()?, row.text()?);
    let name = Text { zh: row.text()?, en: row.text()? };
    let Terms { benefit, scope, min_spend, first_order_only, stacking } = row.json()?;
    let rule = pricing::Coupon {
        id,
        benefit,
        scope,
        min_spend,
        valid_from: row.opt_at()?,
        valid_until: row.opt_at()?,
        uses_max: count(row.opt_int()?),
        uses_per_customer_max: count(row.opt_int()?),
        first_order_only,
        stacking,
    };
    let (is_active, version, updated_at) = (row.flag()?, row.int()?, row.at()?);
    let coupon = Coupon { code, name, rule, is_active, version };
    Ok(Stored { coupon, updated_at, uses: row.int()? })
}

/// The coupon of this id.
pub fn fetch(tx: &mut Tx<'_>, id: CouponId) -> Result<Option<Stored>, Error> {
    let sql = concat!("SELECT ", columns!(), " FROM coupons WHERE id = $1");
    tx.query_opt(sql, params![id.raw()], read)
}

/// The coupon of this id, locked until the transaction ends where writers run side by side.
pub fn fetch_for_update(tx: &mut Tx<'_>, id: CouponId) -> Result<Option<Stored>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!("SELECT {} FROM coupons WHERE id = $1 {lock}", columns!());
    tx.query_opt(&sql, params![id.raw()], read)
}

/// The coupon of this code.
pub fn find_by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Stored>, Error> {
    let sql = concat!("SELECT ", columns!(), " FROM coupons WHERE code = $1");
    tx.query_opt(sql, params![code], read)
}

/// The coupons of these codes that exist.
pub fn find_by_codes(tx: &mut Tx<'_>, codes: &[String]) -> Result<Vec<Stored>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: concat!("SELECT ", columns!(), " FROM coupons WHERE code = $1"),
        postgres: concat!("SELECT ", columns!(), " FROM coupons WHERE code = ANY($1)"),
    };
    let mut keys = Columns::new(&[Kind::Text]);
    codes.iter().for_each(|code| keys.push(params![code.as_str()]));
    tx.query_each(&SQL, &keys, read)
}

/// Which coupons a list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    /// All.
    #[default]
    All,
    /// Those that can be used now.
    Active,
    /// Those whose time has not come.
    Planned,
    /// Those whose time is over, that are used up, or that were taken out of use.
    Ended,
}

/// Coupons whose code begins with `prefix`, newest first: at most `limit` of those before `before`.
pub fn list(
    tx: &mut Tx<'_>,
    view: View,
    prefix: &str,
    now: Timestamp,
    before: Option<CouponId>,
    limit: i64,
) -> Result<Vec<Stored>, Error> {
    const HAS_ENDED: &str =
        "(is_active = 0 OR valid_until <= $2 OR (uses_max IS NOT NULL AND uses >= uses_max))";
    let of_view = match view {
        View::All => "$2 = $2".to_owned(),
        View::Active => {
            format!("NOT COALESCE({HAS_ENDED}, FALSE) AND COALESCE(valid_from <= $2, TRUE)")
        }
        View::Planned => format!("NOT COALESCE({HAS_ENDED}, FALSE) AND valid_from > $2"),
        View::Ended => HAS_ENDED.to_owned(),
    };
    let of_view = of_view.replace("$2", "CAST($2 AS BIGINT)");
    let sql = format!(
        "SELECT {} FROM coupons
          WHERE id < $1 AND {of_view} AND substr(code, 1, length(CAST($3 AS TEXT))) = CAST($3 AS TEXT)
          ORDER BY id DESC LIMIT $4",
        columns!()
    );
    let before = before.map_or(i64::MAX, Id::raw);
    tx.query(&sql, params![before, now, prefix, limit], read)
}

/// Stores a new coupon and journals it.
pub fn insert(tx: &mut Tx<'_>, act: &Act, coupon: &Coupon) -> Result<(), Error> {
    with_values(coupon, 1, act, |values| tx.append(&INSERT, values))?;
    note(tx, act, coupon.id(), 1, &Event::created(RecordKind::CouponCreated, coupon))
}

/// Stores what is different from `before`, whose version must still stand, and journals it. Gives
/// the new version, or the old one if nothing is different.
pub fn update(tx: &mut Tx<'_>, act: &Act, before: &Coupon, after: &Coupon) -> Result<i64, Error> {
    const SQL: &str = "UPDATE coupons SET code = $2, name_zh = $3, name_en = $4, terms = $5,
        valid_from = $6, valid_until = $7, uses_max = $8, uses_per_customer_max = $9,
        is_active = $10, version = $11, updated_at = $12, turns = turns + 1
        WHERE id = $1 AND version = $11 - 1";
    let Some(event) = Event::edited(RecordKind::CouponEdited, before, after) else {
        return Ok(before.version);
    };
    let version = before.version + 1;
    let changed = with_values(after, version, act, |values| tx.execute(SQL, values))?;
    one_row(changed, "a coupon")?;
    note(tx, act, before.id(), version, &event)?;
    Ok(version)
}

/// The values in the order of the columns.
fn with_values<T>(
    coupon: &Coupon,
    version: i64,
    act: &Act,
    run: impl FnOnce(&[Value<'_>]) -> Result<T, Error>,
) -> Result<T, Error> {
    let Coupon { code, name, rule, is_active, .. } = coupon;
    let terms = Terms {
        benefit: rule.benefit,
        scope: rule.scope.clone(),
        min_spend: rule.min_spend,
        first_order_only: rule.first_order_only,
        stacking: rule.stacking,
    };
    let terms = serde_json::to_string(&terms).map_err(Error::defect)?;
    let limit = |max: Option<u64>| max.map(|max| i64::try_from(max).unwrap_or(i64::MAX));
    run(params![
        rule.id.raw(),
        code,
        &name.zh,
        &name.en,
        &terms,
        rule.valid_from,
        rule.valid_until,
        limit(rule.uses_max),
        limit(rule.uses_per_customer_max),
        *is_active,
        version,
        act.at,
    ])
}

/// How often a buyer has used each of these coupons; those never used are left out.
pub fn uses_by(
    tx: &mut Tx<'_>,
    pairs: &[(CouponId, i64)],
) -> Result<HashMap<(CouponId, i64), i64>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT coupon_id, buyer, COUNT(*) FROM coupon_uses
            WHERE coupon_id = $1 AND buyer = $2 AND released_at IS NULL GROUP BY coupon_id, buyer",
        postgres: "SELECT u.coupon_id, u.buyer, COUNT(*) FROM coupon_uses u
            JOIN unnest($1::bigint[], $2::bigint[]) AS asked (coupon_id, buyer)
              ON u.coupon_id = asked.coupon_id AND u.buyer = asked.buyer
            WHERE u.released_at IS NULL GROUP BY u.coupon_id, u.buyer",
    };
    let mut pairs = pairs.to_vec();
    pairs.sort_unstable();
    pairs.dedup();
    let mut keys = Columns::new(&[Kind::Int; 2]);
    pairs.iter().for_each(|(coupon, buyer)| keys.push(params![coupon.raw(), *buyer]));
    let read = |row: &mut Row<'_>| Ok(((row.id()?, row.int()?), row.int()?));
    Ok(tx.query_each(&SQL, &keys, read)?.into_iter().collect())
}

/// The most uses that one buyer has of a coupon.
pub fn uses_by_one_max(tx: &mut Tx<'_>, id: CouponId) -> Result<i64, Error> {
    tx.query_one(
        "SELECT CAST(COALESCE(MAX(n), 0) AS BIGINT) FROM (
            SELECT COUNT(*) AS n FROM coupon_uses
             WHERE coupon_id = $1 AND released_at IS NULL GROUP BY buyer) AS by_buyer",
        params![id.raw()],
        |row| row.int(),
    )
}

/// Whether a customer, or else whoever has this contact, has an order that stands.
pub fn has_ordered(
    tx: &mut Tx<'_>,
    customer: Option<CustomerId>,
    contact: Option<i64>,
) -> Result<bool, Error> {
    let (sql, key) = match (customer, contact) {
        (Some(customer), _) => (
            "SELECT 1 FROM orders WHERE customer_id = $1
                AND status NOT IN ('canceled', 'rejected') LIMIT 1",
            customer.raw(),
        ),
        (None, Some(contact)) => (
            "SELECT 1 FROM order_contacts c JOIN orders o ON o.id = c.order_id
              WHERE c.blind = $1 AND o.status NOT IN ('canceled', 'rejected') LIMIT 1",
            contact,
        ),
        (None, None) => return Ok(false),
    };
    Ok(tx.query_opt(sql, params![key], |_| Ok(()))?.is_some())
}

/// What a transaction knows of a coupon that orders want to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// How often it was used.
    pub uses: i64,
    /// How often all may use it.
    pub uses_max: Option<i64>,
    /// How often one buyer may.
    pub uses_per_customer_max: Option<i64>,
    /// Whether it can be used.
    pub is_active: bool,
    /// The version of its rule.
    pub version: i64,
    turns: i64,
    taken: i64,
}

/// The coupons that the orders of a batch want to use, with what their buyers used before.
#[derive(Debug, Default)]
pub struct Counters {
    counters: HashMap<CouponId, Counter>,
    by_buyer: HashMap<(CouponId, i64), i64>,
    is_locked: bool,
}

/// Reads the coupons of these (coupon, buyer) pairs to take uses of them in this transaction. Where
/// writers run side by side and nothing is lost by running again, it reads without locks, and
/// [`Counters::save`] notices what another has done.
pub fn lock_late(tx: &mut Tx<'_>, pairs: &[(CouponId, i64)]) -> Result<Counters, Error> {
    const READ: &str = "SELECT id, uses, uses_max, uses_per_customer_max, is_active, version, turns
        FROM coupons WHERE id = ";
    if pairs.is_empty() {
        return Ok(Counters::default());
    }
    let is_locked = !tx.may_lose_races();
    let lock = if is_locked { "FOR UPDATE" } else { "" };
    let (sqlite, postgres) = (format!("{READ} $1"), format!("{READ} ANY($1) ORDER BY id {lock}"));
    let mut ids: Vec<CouponId> = pairs.iter().map(|(coupon, _)| *coupon).collect();
    ids.sort_unstable();
    ids.dedup();
    let read = |row: &mut Row<'_>| {
        let id: CouponId = row.id()?;
        let counter = Counter {
            uses: row.int()?,
            uses_max: row.opt_int()?,
            uses_per_customer_max: row.opt_int()?,
            is_active: row.flag()?,
            version: row.int()?,
            turns: row.int()?,
            taken: 0,
        };
        Ok((id, counter))
    };
    let sql = PerRow { sqlite: &sqlite, postgres: &postgres };
    let counters = tx.query_each(&sql, &Columns::of_ids(&ids), read)?.into_iter().collect();
    // Behind the locks: what was used before them is seen.
    let by_buyer = uses_by(tx, pairs)?;
    Ok(Counters { counters, by_buyer, is_locked })
}

impl Counters {
    /// A coupon; none if it does not exist.
    pub fn get(&self, id: CouponId) -> Option<&Counter> {
        self.counters.get(&id)
    }

    /// How often a buyer has used it.
    pub fn uses_by(&self, id: CouponId, buyer: i64) -> i64 {
        self.by_buyer.get(&(id, buyer)).copied().unwrap_or(0)
    }

    /// Counts a use. Whether it may be was asked before.
    pub fn take(&mut self, id: CouponId, buyer: i64) {
        if let Some(counter) = self.counters.get_mut(&id) {
            counter.uses += 1;
            counter.taken += 1;
            *self.by_buyer.entry((id, buyer)).or_default() += 1;
        }
    }

    /// Writes the counts, in the order of the coupons' ids.
    pub fn save(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        const SQL: PerRow<'_> = PerRow {
            sqlite: "UPDATE coupons SET uses = uses + $2, turns = turns + $2
                WHERE id = $1 AND turns = $3",
            postgres: "UPDATE coupons c SET uses = c.uses + n.taken, turns = c.turns + n.taken
                FROM (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
                        AS n (id, taken, turns) ORDER BY id) AS n
                WHERE c.id = n.id AND c.turns = n.turns",
        };
        let mut taken: Vec<(&CouponId, &Counter)> =
            self.counters.iter().filter(|(_, counter)| counter.taken > 0).collect();
        if taken.is_empty() {
            return Ok(());
        }
        taken.sort_unstable_by_key(|(id, _)| **id);
        let mut rows = Columns::new(&[Kind::Int; 3]);
        for (id, counter) in &taken {
            rows.push(params![id.raw(), counter.taken, counter.turns]);
        }
        match tx.execute_each(&SQL, &rows)? {
            changed if changed == taken.len() as u64 => Ok(()),
            _ if self.is_locked => Err(Error::Stale("a coupon")),
            _ => Err(tx.lost_race()),
        }
    }
}

/// One use of a coupon by an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Which coupon.
    pub coupon: CouponId,
    /// By which order.
    pub order: OrderId,
    /// By whom: a customer's id, or the blind index of a guest's phone.
    pub buyer: i64,
    /// What it took off the goods, minor units.
    pub goods_minor: i64,
    /// What it took off the freight, minor units.
    pub freight_minor: i64,
    /// When.
    pub used_at: Timestamp,
    /// When its order ended and gave it back.
    pub released_at: Option<Timestamp>,
}

/// Stores a use, which was counted before.
pub fn insert_use(tx: &mut Tx<'_>, it: &Use) -> Result<(), Error> {
    static INSERT_USE: Insert = insert!("coupon_uses" {
        coupon_id: Int, order_id: Int, buyer: Int, goods_minor: Int, freight_minor: Int,
        used_at: Int,
    });
    let Use { coupon, order, buyer, goods_minor, freight_minor, used_at, .. } = *it;
    tx.append(
        &INSERT_USE,
        params![coupon.raw(), order.raw(), buyer, goods_minor, freight_minor, used_at],
    )
}

/// The coupons that an order uses or used, by their ids.
pub fn uses_of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Use>, Error> {
    tx.query(
        "SELECT coupon_id, order_id, buyer, goods_minor, freight_minor, used_at, released_at
           FROM coupon_uses WHERE order_id = $1 ORDER BY coupon_id",
        params![order.raw()],
        |row| {
            Ok(Use {
                coupon: row.id()?,
                order: row.id()?,
                buyer: row.int()?,
                goods_minor: row.int()?,
                freight_minor: row.int()?,
                used_at: row.at()?,
                released_at: row.opt_at()?,
            })
        },
    )
}

/// Gives back the coupons of an order that has ended, each once. Gives how many.
pub fn release(tx: &mut Tx<'_>, order: OrderId, now: Timestamp) -> Result<u64, Error> {
    let mut released: Vec<CouponId> = tx.query_write(
        "UPDATE coupon_uses SET released_at = $2 WHERE order_id = $1 AND released_at IS NULL
         RETURNING coupon_id",
        params![order.raw(), now],
        |row| row.id(),
    )?;
    released.sort_unstable();
    for coupon in &released {
        let changed = tx.execute(
            "UPDATE coupons SET uses = uses - 1, turns = turns + 1 WHERE id = $1",
            params![coupon.raw()],
        )?;
        one_row(changed, "a coupon")?;
    }
    Ok(released.len() as u64)
}
