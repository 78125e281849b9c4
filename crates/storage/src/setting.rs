//! Settings of the shop: JSON by name, with a version.

use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::SettingId;
use ordermill_domain::record::{Event, Kind};
use serde_json::Value;

use crate::record::{note, one_row};
use crate::{Error, Row, Tx, params};

/// A setting, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Which one.
    pub name: String,
    /// What it says.
    pub value: Value,
    /// Grows with every change; 0 for one that nobody has set yet.
    pub version: i64,
}

/// The key of a setting's history: the first 63 bits of FNV-1a of its name.
pub fn id(name: &str) -> SettingId {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    SettingId::from_raw((hash >> 1).cast_signed())
}

fn read(row: &mut Row<'_>) -> Result<Setting, Error> {
    Ok(Setting { name: row.text()?, value: row.json()?, version: row.int()? })
}

/// The setting of this name, if somebody has set it.
pub fn fetch(tx: &mut Tx<'_>, name: &str) -> Result<Option<Setting>, Error> {
    let sql = "SELECT name, value, version FROM settings WHERE name = $1";
    tx.query_opt(sql, params![name], read)
}

/// The settings behind the name `after`, by name, at most `limit`.
pub fn list(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Setting>, Error> {
    tx.query(
        "SELECT name, value, version FROM settings WHERE name > $1 ORDER BY name LIMIT $2",
        params![after, limit],
        read,
    )
}

/// Sets `name` to `value` if its version still is `version` (0: nobody has set it), and journals
/// what changed. Gives the new version, or the old one if the value is the same.
pub fn put(
    tx: &mut Tx<'_>,
    act: &Act,
    name: &str,
    value: &Value,
    version: i64,
) -> Result<i64, Error> {
    let before = fetch(tx, name)?;
    if before.as_ref().map_or(0, |before| before.version) != version {
        return Err(Error::Stale("a setting"));
    }
    let before = before.map_or(Value::Null, |before| before.value);
    let (old, new) = (named(name, &before), named(name, value));
    let Some(event) = Event::edited(Kind::SettingEdited, &old, &new) else {
        return Ok(version);
    };
    let text = value.to_string();
    let changed = tx.execute(
        "INSERT INTO settings (name, value, version, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value, version = excluded.version,
            updated_at = excluded.updated_at WHERE settings.version = excluded.version - 1",
        params![name, &text, version + 1, act.at],
    )?;
    one_row(changed, "a setting")?;
    note(tx, act, id(name), version + 1, &event)?;
    Ok(version + 1)
}

/// The parts of a setting under its name (`shop.currency`), so that an entry of the journal says
/// which setting it is about.
fn named(name: &str, value: &Value) -> Value {
    let parts: serde_json::Map<String, Value> = match value {
        Value::Null => serde_json::Map::new(),
        Value::Object(parts) => {
            parts.iter().map(|(part, value)| (format!("{name}.{part}"), value.clone())).collect()
        }
        other => [(name.to_owned(), other.clone())].into_iter().collect(),
    };
    Value::Object(parts)
}
