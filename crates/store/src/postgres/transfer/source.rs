//! Reading: a cursor in one transaction, a table after another.

use async_trait::async_trait;
use sqlx::postgres::{PgRow, PgValueFormat};
use sqlx::{AssertSqlSafe, Postgres, Row as _, Transaction, ValueRef};

use super::Database;
use super::kind::Kind;
use crate::StoreError;
use crate::transfer::{PAGE, Row, Source, Table, Value, about};

/// One snapshot of a database.
pub(super) struct PostgresSource {
    transaction: Transaction<'static, Postgres>,
    database: Database,
    /// The kinds of the columns of the table that is being read.
    open: Option<Vec<Kind>>,
}

impl PostgresSource {
    pub(super) fn new(transaction: Transaction<'static, Postgres>, database: Database) -> Self {
        Self { transaction, database, open: None }
    }
}

#[async_trait]
impl Source for PostgresSource {
    fn tables(&self) -> &[Table] {
        &self.database.tables
    }

    async fn about(&mut self) -> Result<u64, StoreError> {
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(about(&self.database.tables)))
            .persistent(false)
            .fetch_one(&mut *self.transaction)
            .await
            .map_err(|error| self.database.error(error))?;
        Ok(rows.unsigned_abs())
    }

    async fn open(&mut self, table: &Table) -> Result<(), StoreError> {
        let kinds = self.database.kinds(table);
        if self.open.replace(kinds).is_some() {
            self.execute("CLOSE pages".to_owned()).await?;
        }
        let columns = table.column_list();
        let from = &table.name;
        self.execute(format!("DECLARE pages NO SCROLL CURSOR FOR SELECT {columns} FROM {from}"))
            .await
    }

    async fn page(&mut self) -> Result<Vec<Row>, StoreError> {
        let Some(kinds) = &self.open else { return Ok(Vec::new()) };
        let fetch = AssertSqlSafe(format!("FETCH {PAGE} FROM pages"));
        let rows = sqlx::query(fetch).persistent(false).fetch_all(&mut *self.transaction).await;
        let rows: Result<Vec<Row>, _> =
            rows.and_then(|rows| rows.iter().map(|row| values(row, kinds)).collect());
        let rows = rows.map_err(|error| self.database.error(error))?;
        if rows.is_empty() {
            self.open = None;
            self.execute("CLOSE pages".to_owned()).await?;
        }
        Ok(rows)
    }
}

impl PostgresSource {
    async fn execute(&mut self, statement: String) -> Result<(), StoreError> {
        let statement = sqlx::query(AssertSqlSafe(statement)).persistent(false);
        match statement.execute(&mut *self.transaction).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.database.error(error)),
        }
    }
}

fn values(row: &PgRow, kinds: &[Kind]) -> Result<Row, sqlx::Error> {
    let value = |(column, kind): (usize, &Kind)| {
        let raw = row.try_get_raw(column)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        let read = match raw.format() {
            PgValueFormat::Binary => kind.read(raw.as_bytes().map_err(sqlx::Error::Decode)?),
            PgValueFormat::Text => None,
        };
        read.ok_or_else(|| sqlx::Error::Decode(format!("column {column} is no {kind:?}").into()))
    };
    kinds.iter().enumerate().map(value).collect()
}
