//! Reading: page by page through the primary key, in one transaction.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Decode, Row as _, Sqlite, SqliteConnection, TypeInfo, ValueRef,
};

use super::{bind, of_migration, refuse_half_filled};
use crate::StoreError;
use crate::sqlite::{migrate, store_error};
use crate::transfer::{PAGE, Row, Source, Table, Value, about, all_tables, list};

/// One snapshot of a file.
pub(crate) struct SqliteSource {
    connection: SqliteConnection,
    path: PathBuf,
    tables: Vec<Table>,
    place: Option<Place>,
}

/// Where the reading of a table is.
struct Place {
    first: String,
    next: String,
    /// Where the columns of the key stand in a row.
    key: Vec<usize>,
    /// The key of the last row that was read.
    last: Option<Row>,
}

impl SqliteSource {
    /// A store's file, which has to be of this version.
    pub(super) async fn begin(
        options: SqliteConnectOptions,
        path: &Path,
    ) -> Result<Self, StoreError> {
        let named = |error| store_error(&error, path);
        let mut connection = options.connect().await.map_err(named)?;
        sqlx::query("BEGIN").execute(&mut connection).await.map_err(named)?;
        // The first statement that reads takes the snapshot.
        migrate::check(&mut connection).await.map_err(|failure| of_migration(failure, path))?;
        refuse_half_filled(&mut connection, path).await?;
        let tables = all_tables().await.map_err(named)?;
        Ok(Self { connection, path: path.to_owned(), tables, place: None })
    }

    /// These tables of a file, whatever its version.
    pub(crate) fn of(connection: SqliteConnection, path: &Path, tables: Vec<Table>) -> Self {
        Self { connection, path: path.to_owned(), tables, place: None }
    }
}

#[async_trait]
impl Source for SqliteSource {
    fn tables(&self) -> &[Table] {
        &self.tables
    }

    async fn about(&mut self) -> Result<u64, StoreError> {
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(about(&self.tables)))
            .fetch_one(&mut self.connection)
            .await
            .map_err(|error| store_error(&error, &self.path))?;
        Ok(rows.unsigned_abs())
    }

    async fn open(&mut self, table: &Table) -> Result<(), StoreError> {
        let (columns, key) = (table.column_list(), list(&table.key));
        let begin = format!("SELECT {columns} FROM \"{}\"", table.name);
        let end = format!("ORDER BY {key} LIMIT {PAGE}");
        let marks = vec!["?"; table.key.len()].join(", ");
        let at = |name| table.columns.iter().position(|column| column == name);
        self.place = Some(Place {
            first: format!("{begin} {end}"),
            next: format!("{begin} WHERE ({key}) > ({marks}) {end}"),
            key: table.key.iter().filter_map(at).collect(),
            last: None,
        });
        Ok(())
    }

    async fn page(&mut self) -> Result<Vec<Row>, StoreError> {
        let Some(place) = &mut self.place else { return Ok(Vec::new()) };
        let rows = match &place.last {
            None => sqlx::query(AssertSqlSafe(place.first.clone())),
            Some(last) => {
                last.iter().cloned().fold(sqlx::query(AssertSqlSafe(place.next.clone())), bind)
            }
        };
        let rows = rows.fetch_all(&mut self.connection).await;
        let rows: Result<Vec<Row>, _> = rows.and_then(|rows| rows.iter().map(values).collect());
        let rows = rows.map_err(|error| store_error(&error, &self.path))?;
        place.last =
            rows.last().map(|row| place.key.iter().map(|&column| row[column].clone()).collect());
        if rows.is_empty() {
            self.place = None;
        }
        Ok(rows)
    }
}

fn values(row: &SqliteRow) -> Result<Row, sqlx::Error> {
    (0..row.len())
        .map(|column| {
            let raw = row.try_get_raw(column)?;
            if raw.is_null() {
                return Ok(Value::Null);
            }
            let kind = raw.type_info().into_owned();
            let value = match kind.name() {
                "INTEGER" => <i64 as Decode<Sqlite>>::decode(raw).map(Value::Integer),
                "REAL" => <f64 as Decode<Sqlite>>::decode(raw).map(Value::Real),
                _ => <String as Decode<Sqlite>>::decode(raw).map(Value::Text),
            };
            value.map_err(sqlx::Error::Decode)
        })
        .collect()
}
