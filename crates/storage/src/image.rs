//! Pictures of goods, known by the digest of their bytes.

use ordermill_base::Timestamp;
use ordermill_domain::image::Kind;

use crate::{Error, Tx, params};

/// A picture as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The digest of its bytes, as text.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Stores a picture; one that is there already stays as it is.
pub fn insert(tx: &mut Tx<'_>, image: &Image, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO images (name, kind, bytes, stored_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO NOTHING",
        params![&image.name, image.kind.code(), &image.bytes, at],
    )?;
    Ok(())
}

/// One picture.
pub fn fetch(tx: &mut Tx<'_>, name: &str) -> Result<Option<Image>, Error> {
    let sql = "SELECT name, kind, bytes FROM images WHERE name = $1";
    tx.query_opt(sql, params![name], |row| {
        Ok(Image { name: row.text()?, kind: row.parsed()?, bytes: row.bytes()? })
    })
}

/// The names behind `after`, in their order, at most `limit`.
pub fn names(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<String>, Error> {
    let order_by = if tx.is_postgres() { "name COLLATE \"C\"" } else { "name" };
    let sql = format!("SELECT name FROM images WHERE {order_by} > $1 ORDER BY {order_by} LIMIT $2");
    tx.query(&sql, params![after, limit], |row| row.text())
}
