//! Carriers: who takes parcels, with our account at each, and how well each has served.

use std::collections::HashMap;

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::carrier::Carrier;
use ordermill_domain::carrier::score::History;
use ordermill_domain::ids::CarrierId;
use ordermill_domain::record::{Event, Kind as RecordKind};
use ordermill_domain::text::Text;
use serde::Serialize;

use crate::asked::Asked;
use crate::columns::insert;
use crate::record::{note, one_row};
use crate::{Error, Insert, Row, Tx, params};

/// How a carrier is spoken to. The secret is apart: it has no place in lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// The protocol: `sandbox`; empty if labels are made outside.
    pub protocol: String,
    /// Where it is reached.
    pub url: String,
    /// Who we are there.
    pub merchant: String,
    /// What proves it, as ciphertext.
    pub secret: Option<Vec<u8>>,
}

/// A carrier as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What people keep of it.
    pub carrier: Carrier,
    /// How it is spoken to.
    pub account: Account,
}

static INSERT: Insert = insert!("carriers" {
    id: Int, code: Text, name_zh: Text, name_en: Text, terms: Text, protocol: Text, url: Text,
    account: Text, secret: Blob, is_active: Int, version: Int, updated_at: Int,
});

const COLUMNS: &str = "id, code, name_zh, name_en, terms, protocol, url, account, secret,
    CAST(is_active AS BIGINT), version";

fn read(row: &mut Row<'_>) -> Result<Stored, Error> {
    let (id, code) = (row.id()?, row.text()?);
    let name = Text { zh: row.text()?, en: row.text()? };
    let terms = row.json()?;
    let account = Account {
        protocol: row.text()?,
        url: row.text()?,
        merchant: row.text()?,
        secret: row.opt_bytes()?,
    };
    let (is_active, version) = (row.flag()?, row.int()?);
    Ok(Stored { carrier: Carrier { id, code, name, terms, is_active, version }, account })
}

/// All carriers by code; a shop has a handful.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Stored>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM carriers ORDER BY code LIMIT 1000");
    tx.query(&sql, &[], read)
}

/// What a carrier is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its key.
    pub id: CarrierId,
    /// Its short code.
    pub code: String,
    /// Its name.
    pub name: Text,
}

/// What all carriers are called, by code: their terms, which are large, are not read.
pub fn names(tx: &mut Tx<'_>) -> Result<Vec<Named>, Error> {
    ask_names(tx)?.answer(tx)
}

/// As [`names`], without waiting for the answer.
pub fn ask_names(tx: &mut Tx<'_>) -> Result<Asked<Named>, Error> {
    let sql = "SELECT id, code, name_zh, name_en FROM carriers ORDER BY code LIMIT 1000";
    tx.ask(sql, &[], |row| {
        let (id, code) = (row.id()?, row.text()?);
        Ok(Named { id, code, name: Text { zh: row.text()?, en: row.text()? } })
    })
}

/// One carrier.
pub fn fetch(tx: &mut Tx<'_>, id: CarrierId) -> Result<Option<Stored>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM carriers WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// The carrier of this code.
pub fn find_by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Stored>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM carriers WHERE code = $1");
    tx.query_opt(&sql, params![code], read)
}

/// Stores a new carrier and journals it.
pub fn insert(
    tx: &mut Tx<'_>,
    act: &Act,
    carrier: &Carrier,
    account: &Account,
) -> Result<(), Error> {
    let terms = serde_json::to_string(&carrier.terms).map_err(Error::defect)?;
    tx.append(
        &INSERT,
        params![
            carrier.id.raw(),
            &carrier.code,
            &carrier.name.zh,
            &carrier.name.en,
            &terms,
            &account.protocol,
            &account.url,
            &account.merchant,
            account.secret.as_deref(),
            carrier.is_active,
            1_i64,
            act.at,
        ],
    )?;
    let told = Told::of(carrier, account, None);
    note(tx, act, carrier.id, 1, &Event::created(RecordKind::CarrierCreated, &told))
}

/// A carrier as the journal tells of it: of its secret only whether it is another one.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    carrier: &'a Carrier,
    protocol: &'a str,
    url: &'a str,
    account: &'a str,
    secret: Option<&'static str>,
}

impl<'a> Told<'a> {
    fn of(carrier: &'a Carrier, account: &'a Account, secret: Option<&'static str>) -> Self {
        let Account { protocol, url, merchant, .. } = account;
        Self { carrier, protocol, url, account: merchant, secret }
    }
}

/// Stores what is different from `before`, whose version must still stand, and journals it. Gives
/// the new version, or the old one if nothing is different.
pub fn update(
    tx: &mut Tx<'_>,
    act: &Act,
    before: &Stored,
    after: &Carrier,
    account: &Account,
) -> Result<i64, Error> {
    let is_same_secret = before.account.secret == account.secret;
    let was = Told::of(&before.carrier, &before.account, Some("before"));
    let is = Told::of(after, account, Some(if is_same_secret { "before" } else { "another" }));
    let before = &before.carrier;
    let Some(event) = Event::edited(RecordKind::CarrierEdited, &was, &is) else {
        return Ok(before.version);
    };
    let version = before.version + 1;
    let terms = serde_json::to_string(&after.terms).map_err(Error::defect)?;
    let changed = tx.execute(
        "UPDATE carriers SET code = $2, name_zh = $3, name_en = $4, terms = $5, is_active = $6,
                version = $7, updated_at = $8, protocol = $9, url = $10, account = $11, secret = $12
          WHERE id = $1 AND version = $7 - 1",
        params![
            before.id.raw(),
            &after.code,
            &after.name.zh,
            &after.name.en,
            &terms,
            after.is_active,
            version,
            act.at,
            &account.protocol,
            &account.url,
            &account.merchant,
            account.secret.as_deref(),
        ],
    )?;
    one_row(changed, "a carrier")?;
    note(tx, act, before.id, version, &event)?;
    Ok(version)
}

/// Stores how a carrier is spoken to.
pub fn set_account(tx: &mut Tx<'_>, id: CarrierId, account: &Account) -> Result<(), Error> {
    let changed = tx.execute(
        "UPDATE carriers SET protocol = $2, url = $3, account = $4, secret = $5 WHERE id = $1",
        params![
            id.raw(),
            &account.protocol,
            &account.url,
            &account.merchant,
            account.secret.as_deref(),
        ],
    )?;
    one_row(changed, "a carrier")
}

/// What has become of the parcels that were handed over since `since`, by carrier.
pub fn histories(tx: &mut Tx<'_>, since: Timestamp) -> Result<HashMap<CarrierId, History>, Error> {
    let sql = "SELECT carrier_id, COUNT(*),
            CAST(SUM(CASE WHEN state = 'delivered' THEN 1 ELSE 0 END) AS BIGINT),
            CAST(SUM(CASE WHEN state = 'delivered' AND delivered_at <= expected_by THEN 1 ELSE 0 END)
                AS BIGINT),
            CAST(SUM(CASE WHEN was_damaged = 1 OR state = 'lost' THEN 1 ELSE 0 END) AS BIGINT),
            CAST(SUM(CAST(had_exception AS BIGINT)) AS BIGINT)
          FROM shipments WHERE handed_over_at >= $1 GROUP BY carrier_id";
    let read = |row: &mut Row<'_>| {
        let carrier: CarrierId = row.id()?;
        let history = History {
            handed_over: row.int()?,
            delivered: row.int()?,
            on_time: row.int()?,
            damaged: row.int()?,
            exceptions: row.int()?,
        };
        Ok((carrier, history))
    };
    Ok(tx.query(sql, params![since], read)?.into_iter().collect())
}
