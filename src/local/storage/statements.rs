//! Shorthands for SQL statements, which a connection prepares only once.

use super::StoreError;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, Params};

type Result<T> = std::result::Result<T, StoreError>;

/// Statements that return one column at most.
pub(super) trait Statements {
    /// Returns true if there is a row.
    fn has(&self, sql: &str, params: impl Params) -> Result<bool>;

    /// Returns the value in the only row.
    fn one<T: FromSql>(&self, sql: &str, params: impl Params) -> Result<T>;

    /// Returns the value in the first row, if there is a row.
    fn find<T: FromSql>(&self, sql: &str, params: impl Params) -> Result<Option<T>>;

    /// Returns the values in all rows.
    fn list<T: FromSql>(&self, sql: &str, params: impl Params) -> Result<Vec<T>>;
}

impl Statements for Connection {
    fn has(&self, sql: &str, params: impl Params) -> Result<bool> {
        Ok(self.prepare_cached(sql)?.exists(params)?)
    }

    fn one<T: FromSql>(&self, sql: &str, params: impl Params) -> Result<T> {
        let mut select = self.prepare_cached(sql)?;
        Ok(select.query_row(params, |row| row.get(0))?)
    }

    fn find<T: FromSql>(&self, sql: &str, params: impl Params) -> Result<Option<T>> {
        let mut select = self.prepare_cached(sql)?;
        Ok(select.query_row(params, |row| row.get(0)).optional()?)
    }

    fn list<T: FromSql>(&self, sql: &str, params: impl Params) -> Result<Vec<T>> {
        let mut select = self.prepare_cached(sql)?;
        let values = select.query_map(params, |row| row.get(0))?;
        Ok(values.collect::<rusqlite::Result<_>>()?)
    }
}
