//! Many rows held by column: what PostgreSQL takes as arrays and SQLite row by row.

use std::sync::OnceLock;

use ordermill_base::Id;
use postgres::types::ToSql;

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
        self.postgres.get_or_init(|| {
            let kinds = self.kinds.iter().enumerate();
            let arrays: Vec<String> =
                kinds.map(|(i, kind)| format!("${}::{}", i + 1, kind.array_type())).collect();
            let (table, names, suffix) = (self.table, self.names.join(", "), self.suffix);
            format!(
                "INSERT INTO {table} ({names}) SELECT * FROM unnest({}) {suffix}",
                arrays.join(", ")
            )
        })
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
    Text(Vec<Option<String>>),
    Blob(Vec<Option<Vec<u8>>>),
}

impl Columns {
    pub(crate) fn new(kinds: &[Kind]) -> Self {
        let columns = kinds.iter().map(|kind| match kind {
            Kind::Int => Column::Int(Vec::new()),
            Kind::Text => Column::Text(Vec::new()),
            Kind::Blob => Column::Blob(Vec::new()),
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
                (Column::Text(cells), Value::Text(value)) => cells.push(Some(value.to_owned())),
                (Column::Text(cells), Value::Null) => cells.push(None),
                (Column::Blob(cells), Value::Blob(value)) => cells.push(Some(value.to_vec())),
                (Column::Blob(cells), Value::Null) => cells.push(None),
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
            Column::Text(cells) => Value::from(cells[index].as_deref()),
            Column::Blob(cells) => Value::from(cells[index].as_deref()),
        }));
    }

    /// One array per column.
    pub(crate) fn arrays(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.columns
            .iter()
            .map(|column| match column {
                Column::Int(cells) => cells as &(dyn ToSql + Sync),
                Column::Text(cells) => cells,
                Column::Blob(cells) => cells,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {

    #[test]
    fn an_insert_has_one_text_for_each_engine() {
        let insert = insert!("bins" { id: Int, code: Text } "ON CONFLICT DO NOTHING");
        insta::assert_snapshot!(insert.sqlite(), @"INSERT INTO bins (id, code) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
        insta::assert_snapshot!(insert.postgres(), @"INSERT INTO bins (id, code) SELECT * FROM unnest($1::bigint[], $2::text[]) ON CONFLICT DO NOTHING");
    }
}
