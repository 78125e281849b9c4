//! Members of staff and their secrets.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::StaffId;
use ordermill_domain::role::Role;
use ordermill_domain::staff::{Event, Facts, Login, Staff};

use crate::{Error, Row, Tx, journal, params};

/// What signing in needs to know.
#[derive(Clone)]
pub struct Credentials {
    /// Who.
    pub staff: Staff,
    /// The Argon2id string.
    pub password: String,
    /// The sealed secret of the second factor, also while it is not proven yet.
    pub totp: Option<Vec<u8>>,
    /// The newest step whose code was used.
    pub totp_step: Option<i64>,
}

// A password's hash has no place in logs.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("staff", &self.staff).finish_non_exhaustive()
    }
}

/// Stores someone new. A login that is taken is a unique violation.
pub fn insert(tx: &mut Tx<'_>, staff: &Staff, password: &str) -> Result<(), Error> {
    let facts = staff.facts();
    tx.execute(
        "INSERT INTO staff (id, login, name, roles, location_id, is_active, password, has_totp,
                version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)",
        params![
            facts.id.raw(),
            facts.login.as_str(),
            &facts.name,
            &roles_text(&facts.roles),
            facts.location.map(Id::raw),
            facts.is_active,
            password,
            facts.version,
            facts.created_at,
        ],
    )?;
    Ok(())
}

/// Stores what an event changed; the stored version must be the one before it.
pub fn update(tx: &mut Tx<'_>, staff: &Staff) -> Result<(), Error> {
    let facts = staff.facts();
    let changed = tx.execute(
        "UPDATE staff SET roles = $3, location_id = $4, is_active = $5, has_totp = $6, version = $7
          WHERE id = $1 AND version = $2",
        params![
            facts.id.raw(),
            facts.version - 1,
            &roles_text(&facts.roles),
            facts.location.map(Id::raw),
            facts.is_active,
            facts.has_totp,
            facts.version,
        ],
    )?;
    if changed == 1 { Ok(()) } else { Err(Error::Stale("a member of staff")) }
}

/// Appends an event to the journal. Its sequence is the version after it.
pub fn record(tx: &mut Tx<'_>, act: &Act, staff: &Staff, event: &Event) -> Result<(), Error> {
    let body = serde_json::to_string(event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: "staff",
        aggregate_id: staff.facts().id.raw(),
        sequence: staff.facts().version,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

const COLUMNS: &str = "id, login, name, roles, location_id, CAST(is_active AS BIGINT),
    CAST(has_totp AS BIGINT), version, created_at";

fn read(row: &mut Row<'_>) -> Result<Staff, Error> {
    Ok(Staff::from_facts(Facts {
        id: row.id()?,
        login: row.parsed::<Login>()?,
        name: row.text()?,
        roles: read_roles(&row.text()?)?,
        location: row.opt_id()?,
        is_active: row.flag()?,
        has_totp: row.flag()?,
        version: row.int()?,
        created_at: row.at()?,
    }))
}

/// One member of staff.
pub fn fetch(tx: &mut Tx<'_>, id: StaffId) -> Result<Option<Staff>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM staff WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// As [`fetch`], locked until the transaction ends where writers run side by side.
pub fn fetch_for_update(tx: &mut Tx<'_>, id: StaffId) -> Result<Option<Staff>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM staff WHERE id = $1 {lock}");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// Everybody, by login: at most `limit` of those behind `after`.
pub fn list(tx: &mut Tx<'_>, after: Option<&Login>, limit: i64) -> Result<Vec<Staff>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM staff WHERE login > $1 ORDER BY login LIMIT $2");
    tx.query(&sql, params![after.map_or("", Login::as_str), limit], read)
}

/// Whoever manages users, roles and keys now.
pub fn active_admins(tx: &mut Tx<'_>) -> Result<Vec<StaffId>, Error> {
    let sql = "SELECT id, roles FROM staff WHERE is_active = 1 ORDER BY id";
    let all: Vec<(StaffId, String)> = tx.query(sql, &[], |row| Ok((row.id()?, row.text()?)))?;
    let is_admin = |roles: &str| roles.split(' ').any(|role| role == Role::Admin.code());
    Ok(all.into_iter().filter(|(_, roles)| is_admin(roles)).map(|(id, _)| id).collect())
}

/// Who signs in with this login, and what proves it.
pub fn credentials(tx: &mut Tx<'_>, login: &Login) -> Result<Option<Credentials>, Error> {
    let sql = format!("SELECT {COLUMNS}, password, totp, totp_step FROM staff WHERE login = $1");
    tx.query_opt(&sql, params![login.as_str()], read_credentials)
}

/// As [`credentials`], by id.
pub fn credentials_of(tx: &mut Tx<'_>, id: StaffId) -> Result<Option<Credentials>, Error> {
    let sql = format!("SELECT {COLUMNS}, password, totp, totp_step FROM staff WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read_credentials)
}

fn read_credentials(row: &mut Row<'_>) -> Result<Credentials, Error> {
    Ok(Credentials {
        staff: read(row)?,
        password: row.text()?,
        totp: row.opt_bytes()?,
        totp_step: row.opt_int()?,
    })
}

/// Stores another password's hash.
pub fn set_password(tx: &mut Tx<'_>, id: StaffId, password: &str) -> Result<(), Error> {
    let sql = "UPDATE staff SET password = $2 WHERE id = $1";
    changed_one(tx.execute(sql, params![id.raw(), password])?)
}

/// Stores the sealed secret of a second factor, or none. Not asked for before it is proven.
pub fn set_totp(tx: &mut Tx<'_>, id: StaffId, totp: Option<&[u8]>) -> Result<(), Error> {
    let sql = "UPDATE staff SET totp = $2, totp_step = NULL, has_totp = 0 WHERE id = $1";
    changed_one(tx.execute(sql, params![id.raw(), totp])?)
}

/// Uses up the code of a step. Gives whether it was still good.
pub fn use_totp_step(tx: &mut Tx<'_>, id: StaffId, step: i64) -> Result<bool, Error> {
    let sql = "UPDATE staff SET totp_step = $2
        WHERE id = $1 AND (totp_step IS NULL OR totp_step < $2)";
    Ok(tx.execute(sql, params![id.raw(), step])? == 1)
}

/// Remembers when someone signed in last.
pub fn note_sign_in(tx: &mut Tx<'_>, id: StaffId, at: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE staff SET signed_in_at = $2 WHERE id = $1";
    changed_one(tx.execute(sql, params![id.raw(), at])?)
}

/// When someone signed in last.
pub fn signed_in_at(tx: &mut Tx<'_>, id: StaffId) -> Result<Option<Timestamp>, Error> {
    let sql = "SELECT signed_in_at FROM staff WHERE id = $1";
    Ok(tx.query_opt(sql, params![id.raw()], |row| row.opt_at())?.flatten())
}

fn changed_one(changed: u64) -> Result<(), Error> {
    if changed == 1 { Ok(()) } else { Err(Error::Stale("a member of staff")) }
}

fn roles_text(roles: &[Role]) -> String {
    roles.iter().map(|role| role.code()).collect::<Vec<_>>().join(" ")
}

fn read_roles(text: &str) -> Result<Vec<Role>, Error> {
    let unreadable = |_| Error::Unreadable { what: "role", text: text.to_owned() };
    text.split_whitespace().map(|role| Role::from_code(role).map_err(unreadable)).collect()
}
