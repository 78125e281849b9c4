//! Values on their way into a statement, and rows on their way out: the few types that mean the
//! same on both engines.

use std::error::Error as StdError;
use std::str::FromStr;

use ordermill_base::{Id, Timestamp};
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

use crate::Error;

/// A parameter of a statement. Flags are 0 and 1, moments are microseconds, amounts minor units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// SQL NULL, of whatever type the statement wants.
    Null,
    /// Any integer, id, amount, flag or moment.
    Int(i64),
    /// A share or a coordinate; never money.
    Real(f64),
    /// Text, also JSON and codes.
    Text(&'a str),
    /// Ciphertext, digests, raw messages.
    Blob(&'a [u8]),
}

/// A value that outlives its statement's caller: it travels with a later one.
#[derive(Debug)]
pub(crate) enum Kept {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<Value<'_>> for Kept {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(value) => Self::Int(value),
            Value::Real(value) => Self::Real(value),
            Value::Text(value) => Self::Text(value.to_owned()),
            Value::Blob(value) => Self::Blob(value.to_vec()),
        }
    }
}

impl Kept {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(value) => Value::Int(*value),
            Self::Real(value) => Value::Real(*value),
            Self::Text(value) => Value::Text(value),
            Self::Blob(value) => Value::Blob(value),
        }
    }
}

/// `params![order.id, status.code(), None::<i64>]` gives `&[Value]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::value::Value::from($value)),*] };
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Int(value.into())
    }
}

impl From<f64> for Value<'_> {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.as_micros())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Blob(value)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Blob(value)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// An id as a parameter. (A blanket `From<impl Id>` would overlap with the integers.)
pub fn id<'a>(id: impl Id) -> Value<'a> {
    Value::Int(id.raw())
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match *self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) => match *ty {
                Type::INT2 => i16::try_from(value)?.to_sql(ty, out),
                Type::INT4 => i32::try_from(value)?.to_sql(ty, out),
                _ => value.to_sql_checked(ty, out),
            },
            Self::Real(value) => value.to_sql_checked(ty, out),
            Self::Text(value) => value.to_sql_checked(ty, out),
            Self::Blob(value) => value.to_sql_checked(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        matches!(
            *ty,
            Type::INT2
                | Type::INT4
                | Type::INT8
                | Type::FLOAT8
                | Type::TEXT
                | Type::VARCHAR
                | Type::BYTEA
        )
    }

    to_sql_checked!();
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(value),
            Self::Real(value) => ValueRef::Real(value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

/// One row of an answer, read column by column in the order of the `SELECT`.
#[derive(Debug)]
pub struct Row<'r> {
    source: Source<'r>,
    next: usize,
}

enum Source<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite(_) => "a row of SQLite",
            Self::Postgres(_) => "a row of PostgreSQL",
        })
    }
}

/// Reads the next column as `$ty` from either engine.
macro_rules! next_column {
    ($self:ident, $ty:ty) => {{
        let column = $self.next;
        $self.next += 1;
        match $self.source {
            Source::Sqlite(row) => row.get::<_, $ty>(column).map_err(Error::from),
            Source::Postgres(row) => row.try_get::<_, $ty>(column).map_err(Error::from),
        }
    }};
}

impl<'r> Row<'r> {
    pub(crate) fn sqlite(row: &'r rusqlite::Row<'r>) -> Self {
        Self { source: Source::Sqlite(row), next: 0 }
    }

    pub(crate) fn postgres(row: &'r tokio_postgres::Row) -> Self {
        Self { source: Source::Postgres(row), next: 0 }
    }

    /// The next column, an integer. SMALLINT columns must be cast in the statement.
    pub fn int(&mut self) -> Result<i64, Error> {
        next_column!(self, i64)
    }

    /// The next column, an integer or NULL.
    pub fn opt_int(&mut self) -> Result<Option<i64>, Error> {
        next_column!(self, Option<i64>)
    }

    /// The next column, a share or a coordinate.
    pub fn real(&mut self) -> Result<f64, Error> {
        next_column!(self, f64)
    }

    /// The next column, text.
    pub fn text(&mut self) -> Result<String, Error> {
        next_column!(self, String)
    }

    /// The next column, text or NULL.
    pub fn opt_text(&mut self) -> Result<Option<String>, Error> {
        next_column!(self, Option<String>)
    }

    /// The next column, bytes.
    pub fn bytes(&mut self) -> Result<Vec<u8>, Error> {
        next_column!(self, Vec<u8>)
    }

    /// The next column, bytes or NULL.
    pub fn opt_bytes(&mut self) -> Result<Option<Vec<u8>>, Error> {
        next_column!(self, Option<Vec<u8>>)
    }

    /// The next column, 0 or 1; a SMALLINT needs no cast.
    pub fn flag(&mut self) -> Result<bool, Error> {
        if let Source::Postgres(row) = self.source
            && row.columns().get(self.next).is_some_and(|column| *column.type_() == Type::INT2)
        {
            return Ok(next_column!(self, i16)? != 0);
        }
        Ok(self.int()? != 0)
    }

    /// The next column, a moment.
    pub fn at(&mut self) -> Result<Timestamp, Error> {
        self.int().map(Timestamp::from_micros)
    }

    /// The next column, a moment or NULL.
    pub fn opt_at(&mut self) -> Result<Option<Timestamp>, Error> {
        Ok(self.opt_int()?.map(Timestamp::from_micros))
    }

    /// The next column, an id.
    pub fn id<T: Id>(&mut self) -> Result<T, Error> {
        self.int().map(T::from_raw)
    }

    /// The next column, an id or NULL.
    pub fn opt_id<T: Id>(&mut self) -> Result<Option<T>, Error> {
        Ok(self.opt_int()?.map(T::from_raw))
    }

    /// The next column, a code that `T` can read; an unknown code is an error that names it.
    pub fn parsed<T: FromStr>(&mut self) -> Result<T, Error> {
        let text = self.text()?;
        text.parse().map_err(|_| Error::Unreadable { what: std::any::type_name::<T>(), text })
    }

    /// The next column, a code or NULL.
    pub fn opt_parsed<T: FromStr>(&mut self) -> Result<Option<T>, Error> {
        let Some(text) = self.opt_text()? else { return Ok(None) };
        text.parse()
            .map(Some)
            .map_err(|_| Error::Unreadable { what: std::any::type_name::<T>(), text })
    }

    /// The next column, JSON that `T` can read.
    pub fn json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Error> {
        let text = self.text()?;
        serde_json::from_str(&text)
            .map_err(|_| Error::Unreadable { what: std::any::type_name::<T>(), text })
    }
}
