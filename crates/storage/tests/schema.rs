//! The two schemas are one: what is written for both engines means the same on both.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ordermill_storage::{Connection, schema};
use ordermill_testkit::each_database;

fn written(connection: &mut Connection) -> String {
    connection
        .read::<_, ordermill_storage::Error>(|tx| {
            let mut text = String::new();
            for table in schema::tables(tx)? {
                text.push_str(&format!("{table}\n"));
                for column in schema::columns(tx, &table)? {
                    let nullable = if column.is_nullable { " or NULL" } else { "" };
                    text.push_str(&format!("  {} {}{nullable}\n", column.name, column.kind));
                }
                for index in schema::indexes(tx, &table)? {
                    text.push_str(&format!("  {index:?}\n"));
                }
            }
            Ok(text)
        })
        .unwrap()
}

#[test]
fn both_engines_have_the_same_tables_columns_and_indexes() {
    let databases = each_database();
    let schemas: Vec<String> =
        databases.iter().map(|database| written(&mut database.connection())).collect();
    assert!(schemas[0].contains("\norders\n  id INTEGER\n"), "{}", schemas[0]);
    assert!(schemas[0].contains("orders_by_channel_order"), "{}", schemas[0]);
    for schema in &schemas[1..] {
        // The readers' order needs an index where it is not the primary key's.
        let of_sqlite = schemas[0].lines();
        let of_other = schema.lines().filter(|line| !line.contains("\"journal_in_order\""));
        let difference = of_sqlite.clone().zip(of_other.clone()).find(|(one, other)| one != other);
        assert_eq!(difference, None, "SQLite and PostgreSQL differ");
        assert_eq!(of_sqlite.count(), of_other.count(), "one has more than the other");
    }
}
