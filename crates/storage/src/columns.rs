//! Many rows held by column: what PostgreSQL takes as arrays and SQLite row by row.

use std::ops::{Index, Range};
use std::sync::OnceLock;

use ordermill_base::Id;
use tokio_postgres::types::ToSql;

use crate::Value;

/// The type of a column that rows are added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Text,
    Blob,
}

impl Kind {
    const fn array_type(self) -> &'static str {
        match self {
            Self::Int => "bigint[]",
            Self::Text => "text[]",
            Self::Blob => "bytea[]",
        }
    }
}

/// An `INSERT` into one table: the columns once, from which both engines' texts are made.
#[derive(Debug)]
pub struct Insert {
    table: &'static str,
    names: &'static [&'static str],
    kinds: &'static [Kind],
    suffix: &'static str,
    sqlite: OnceLock<String>,
    /// With its parameters numbered from 1.
    postgres: OnceLock<String>,
}

/// `insert!("orders" { id: Int, number: Text })`, or with `ON CONFLICT …` text behind the braces.
macro_rules! insert {
    ($table:literal { $($name:ident: $kind:ident),+ $(,)? } $($suffix:literal)?) => {
        $crate::Insert::new(
            $table,
            &[$(stringify!($name)),+],
            &[$($crate::columns::Kind::$kind),+],
            concat!($($suffix)?),
        )
    };
}
pub(crate) use insert;

impl Insert {
    pub(crate) const fn new(
        table: &'static str,
        names: &'static [&'static str],
        kinds: &'static [Kind],
        suffix: &'static str,
    ) -> Self {
        Self { table, names, kinds, suffix, sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }

    pub(crate) fn kinds(&self) -> &'static [Kind] {
        self.kinds
    }

    /// One row by position, in SQLite's own placeholders.
    pub(crate) fn sqlite(&self) -> &str {
        self.sqlite.get_or_init(|| {
            let places: Vec<String> = (1..=self.names.len()).map(|i| format!("?{i}")).collect();
            let (table, names, suffix) = (self.table, self.names.join(", "), self.suffix);
            format!("INSERT INTO {table} ({names}) VALUES ({}) {suffix}", places.join(", "))
        })
    }

    /// All rows at once from one array per column.
    pub(crate) fn postgres(&self) -> &str {
        self.postgres.get_or_init(|| self.postgres_from(1))
    }

    fn postgres_from(&self, first: usize) -> String {
        let kinds = self.kinds.iter().enumerate();
        let arrays: Vec<String> =
            kinds.map(|(i, kind)| format!("${}::{}", first + i, kind.array_type())).collect();
        let (table, names, suffix) = (self.table, self.names.join(", "), self.suffix);
        format!(
            "INSERT INTO {table} ({names}) SELECT * FROM unnest({}) {suffix}",
            arrays.join(", ")
        )
    }

    /// Several inserts as one statement of PostgreSQL. Nothing in the schema makes one of them wait
    /// for another: there are no foreign keys and no triggers.
    pub(crate) fn together<'i>(inserts: impl IntoIterator<Item = &'i Self>) -> String {
        let mut texts: Vec<String> = Vec::new();
        let mut first = 1;
        for insert in inserts {
            texts.push(insert.postgres_from(first));
            first += insert.kinds.len();
        }
        let last = texts.pop().unwrap_or_default();
        if texts.is_empty() {
            return last;
        }
        let others: Vec<String> =
            texts.iter().enumerate().map(|(i, text)| format!("i{i} AS ({text})")).collect();
        format!("WITH {} {last}", others.join(", "))
    }
}

/// Rows by column.
#[derive(Debug)]
pub(crate) struct Columns {
    columns: Vec<Column>,
    rows: usize,
}

#[derive(Debug)]
enum Column {
    Int(Vec<Option<i64>>),
    Text(Cells<String>),
    Blob(Cells<Vec<u8>>),
}

/// The cells of a column, all in one buffer: an allocation for each would cost more than the rest.
#[derive(Debug, Default)]
struct Cells<B> {
    buffer: B,
    places: Vec<Option<Range<usize>>>,
    end: usize,
}

impl<B: Index<Range<usize>>> Cells<B> {
    fn push(&mut self, length: usize, write: impl FnOnce(&mut B)) {
        write(&mut self.buffer);
        self.places.push(Some(self.end..self.end + length));
        self.end += length;
    }

    fn push_null(&mut self) {
        self.places.push(None);
    }

    fn get(&self, index: usize) -> Option<&B::Output> {
        self.places[index].clone().map(|place| &self.buffer[place])
    }

    fn iter(&self) -> impl Iterator<Item = Option<&B::Output>> {
        (0..self.places.len()).map(|index| self.get(index))
    }
}

impl Columns {
    pub(crate) fn new(kinds: &[Kind]) -> Self {
        let columns = kinds.iter().map(|kind| match kind {
            Kind::Int => Column::Int(Vec::new()),
            Kind::Text => Column::Text(Cells::default()),
            Kind::Blob => Column::Blob(Cells::default()),
        });
        Self { columns: columns.collect(), rows: 0 }
    }

    /// One column of keys.
    pub(crate) fn of_ids<T: Id>(ids: &[T]) -> Self {
        let cells = ids.iter().map(|id| Some(id.raw())).collect();
        Self { columns: vec![Column::Int(cells)], rows: ids.len() }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If the values do not fit the columns: a defect of the caller.
    pub(crate) fn push(&mut self, values: &[Value<'_>]) {
        assert_eq!(values.len(), self.columns.len(), "a row has a value for each column");
        for (column, value) in self.columns.iter_mut().zip(values) {
            match (column, *value) {
                (Column::Int(cells), Value::Int(value)) => cells.push(Some(value)),
                (Column::Int(cells), Value::Null) => cells.push(None),
                (Column::Text(cells), Value::Text(value)) => {
                    cells.push(value.len(), |buffer| buffer.push_str(value));
                }
                (Column::Text(cells), Value::Null) => cells.push_null(),
                (Column::Blob(cells), Value::Blob(value)) => {
                    cells.push(value.len(), |buffer| buffer.extend_from_slice(value));
                }
                (Column::Blob(cells), Value::Null) => cells.push_null(),
                (column, value) => panic!("{value:?} does not fit {column:?}"),
            }
        }
        self.rows += 1;
    }

    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(crate) fn width(&self) -> usize {
        self.columns.len()
    }

    /// One row, in place of what `values` held.
    pub(crate) fn row<'a>(&'a self, index: usize, values: &mut Vec<Value<'a>>) {
        values.clear();
        values.extend(self.columns.iter().map(|column| match column {
            Column::Int(cells) => Value::from(cells[index]),
            Column::Text(cells) => Value::from(cells.get(index)),
            Column::Blob(cells) => Value::from(cells.get(index)),
        }));
    }

    /// One array per column.
    pub(crate) fn arrays(&self) -> impl Iterator<Item = Box<dyn ToSql + Send + Sync + '_>> {
        self.columns.iter().map(|column| -> Box<dyn ToSql + Send + Sync + '_> {
            match column {
                Column::Int(cells) => Box::new(cells),
                Column::Text(cells) => Box::new(cells.iter().collect::<Vec<Option<&str>>>()),
                Column::Blob(cells) => Box::new(cells.iter().collect::<Vec<Option<&[u8]>>>()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insert_has_one_text_for_each_engine() {
        let insert = insert!("bins" { id: Int, code: Text } "ON CONFLICT DO NOTHING");
        insta::assert_snapshot!(insert.sqlite(), @"INSERT INTO bins (id, code) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
        insta::assert_snapshot!(insert.postgres(), @"INSERT INTO bins (id, code) SELECT * FROM unnest($1::bigint[], $2::text[]) ON CONFLICT DO NOTHING");
        insta::assert_snapshot!(Insert::together([&insert, &insert]), @"WITH i0 AS (INSERT INTO bins (id, code) SELECT * FROM unnest($1::bigint[], $2::text[]) ON CONFLICT DO NOTHING) INSERT INTO bins (id, code) SELECT * FROM unnest($3::bigint[], $4::text[]) ON CONFLICT DO NOTHING");
    }

    #[test]
    fn a_row_comes_out_as_it_went_in() {
        let mut columns = Columns::new(&[Kind::Int, Kind::Text, Kind::Blob]);
        let rows = [
            [Value::Int(1), Value::Text("äh"), Value::Null],
            [Value::Null, Value::Null, Value::Blob(b"\xff")],
            [Value::Int(3), Value::Text(""), Value::Blob(b"")],
            [Value::Int(4), Value::Text("oh"), Value::Blob(b"two")],
        ];
        rows.iter().for_each(|row| columns.push(row));
        let mut out = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            columns.row(index, &mut out);
            assert_eq!(out, row);
        }
    }
}
