//! Which tables there are.
//!
//! Nobody keeps a list: the migrations make the tables, and the tables are looked up. The SQLite
//! folder is asked, in memory, because what else stands in a PostgreSQL database is none of ours.

use sqlx::{Connection, SqliteConnection};

use crate::sqlite::migrate;

/// Ours, and not part of what a store holds.
const LEDGER: &str = "_sqlx_migrations";

/// A table of either engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns by name, ascending: the order in which migrations added them does not matter.
    pub columns: Vec<String>,
    /// The columns of its primary key, in the order of the key.
    pub key: Vec<String>,
}

impl Table {
    /// The names of the columns, as a statement lists them.
    pub(crate) fn column_list(&self) -> String {
        list(&self.columns)
    }
}

/// Names as a statement lists them: any of them may be a word of SQL.
pub(crate) fn list(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    quoted.join(", ")
}

/// The tables of this version, by name.
pub(crate) async fn all() -> Result<Vec<Table>, sqlx::Error> {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
    match migrate::run(&mut connection).await {
        Ok(()) => {}
        Err(migrate::Failure::Database(error)) => return Err(error),
        // An empty database is nobody's.
        Err(migrate::Failure::Refusal(refusal)) => {
            return Err(sqlx::Error::Configuration(refusal.into()));
        }
    }
    tables_of(&mut connection).await
}

/// The tables of a file, by name.
pub(crate) async fn tables_of(
    connection: &mut SqliteConnection,
) -> Result<Vec<Table>, sqlx::Error> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT t.name, c.name, c.pk
         FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND t.name <> ?1
         ORDER BY t.name, c.name",
    )
    .bind(LEDGER)
    .fetch_all(connection)
    .await?;
    let mut tables: Vec<Table> = Vec::new();
    let mut keys: Vec<Vec<(i64, String)>> = Vec::new();
    for (name, column, place) in rows {
        if tables.last().is_none_or(|table| table.name != name) {
            tables.push(Table { name, columns: Vec::new(), key: Vec::new() });
            keys.push(Vec::new());
        }
        if let (Some(table), Some(key)) = (tables.last_mut(), keys.last_mut()) {
            table.columns.push(column.clone());
            if place > 0 {
                key.push((place, column));
            }
        }
    }
    for (table, mut key) in tables.iter_mut().zip(keys) {
        key.sort();
        table.key = key.into_iter().map(|(_, column)| column).collect();
    }
    Ok(tables)
}
