//! The schema as each engine tells it, in one vocabulary, for comparing the two.

use crate::{Error, Tx, params};

/// The names of all tables, sorted.
pub fn tables(tx: &mut Tx<'_>) -> Result<Vec<String>, Error> {
    let sql = if tx.is_postgres() {
        "SELECT CAST(table_name AS TEXT) FROM information_schema.tables
          WHERE table_schema = 'public' ORDER BY 1"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
          ORDER BY 1"
    };
    let mut tables = tx.query(sql, &[], |row| row.text())?;
    tables.sort_unstable();
    Ok(tables)
}

/// A column: its name, its type in SQLite's words, and whether it may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// `INTEGER`, `REAL`, `TEXT` or `BLOB`.
    pub kind: String,
    /// Whether NULL is allowed.
    pub is_nullable: bool,
}

/// The columns of a table, in their order.
pub fn columns(tx: &mut Tx<'_>, table: &str) -> Result<Vec<Column>, Error> {
    let sql = if tx.is_postgres() {
        "SELECT CAST(column_name AS TEXT),
                CASE data_type WHEN 'bigint' THEN 'INTEGER' WHEN 'smallint' THEN 'INTEGER'
                     WHEN 'text' THEN 'TEXT' WHEN 'bytea' THEN 'BLOB'
                     WHEN 'double precision' THEN 'REAL' ELSE CAST(data_type AS TEXT) END,
                CASE is_nullable WHEN 'YES' THEN CAST(1 AS BIGINT) ELSE 0 END
           FROM information_schema.columns
          WHERE table_schema = 'public' AND CAST(table_name AS TEXT) = $1 ORDER BY ordinal_position"
    } else {
        // SQLite says of a primary key only that it is one.
        r#"SELECT name, type, CASE WHEN "notnull" = 0 AND pk = 0 THEN 1 ELSE 0 END
             FROM pragma_table_info($1) ORDER BY cid"#
    };
    tx.query(sql, params![table], |row| {
        Ok(Column { name: row.text()?, kind: row.text()?, is_nullable: row.flag()? })
    })
}

/// An index that is not a table's primary key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Index {
    /// The name that we gave it; empty for one behind a `UNIQUE` of a column.
    pub name: String,
    /// Whether two rows may not have the same key.
    pub is_unique: bool,
    /// Whether it covers only some rows.
    pub is_partial: bool,
    /// Its columns in their order; `(expression)` for what is computed.
    pub columns: Vec<String>,
}

/// The indexes of a table, sorted.
pub fn indexes(tx: &mut Tx<'_>, table: &str) -> Result<Vec<Index>, Error> {
    let (list, members) = if tx.is_postgres() {
        (
            "SELECT CAST(i.relname AS TEXT),
                    CASE WHEN c.oid IS NULL THEN CAST(1 AS BIGINT) ELSE 0 END,
                    CASE WHEN x.indisunique THEN CAST(1 AS BIGINT) ELSE 0 END,
                    CASE WHEN x.indpred IS NULL THEN CAST(0 AS BIGINT) ELSE 1 END
               FROM pg_index x
               JOIN pg_class i ON i.oid = x.indexrelid
               JOIN pg_class t ON t.oid = x.indrelid
               JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
               LEFT JOIN pg_constraint c ON c.conindid = i.oid AND c.contype = 'u'
              WHERE CAST(t.relname AS TEXT) = $1 AND NOT x.indisprimary",
            "SELECT COALESCE(CAST(a.attname AS TEXT), '(expression)')
               FROM pg_index x
               JOIN pg_class i ON i.oid = x.indexrelid
               CROSS JOIN LATERAL unnest(CAST(x.indkey AS SMALLINT[])) WITH ORDINALITY
                    AS k (attnum, position)
               LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
                    AND k.attnum > 0
              WHERE CAST(i.relname AS TEXT) = $1 ORDER BY k.position",
        )
    } else {
        (
            r#"SELECT name, CASE WHEN origin = 'c' THEN 1 ELSE 0 END, "unique", partial
                 FROM pragma_index_list($1) WHERE origin <> 'pk'"#,
            "SELECT COALESCE(name, '(expression)') FROM pragma_index_info($1) ORDER BY seqno",
        )
    };
    let found = tx.query(list, params![table], |row| {
        Ok((row.text()?, row.flag()?, row.flag()?, row.flag()?))
    })?;
    let mut indexes = Vec::with_capacity(found.len());
    for (name, is_named, is_unique, is_partial) in found {
        let columns = tx.query(members, params![&name], |row| row.text())?;
        let name = if is_named { name } else { String::new() };
        indexes.push(Index { name, is_unique, is_partial, columns });
    }
    indexes.sort_unstable();
    Ok(indexes)
}
