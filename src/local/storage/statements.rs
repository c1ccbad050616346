//! Shorthands for SQL statements, which a connection prepares only once.

use super::{DataStore, Result};
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, Params, Row};

/// Single statements: on a connection, or on the store in a transaction of their own.
pub(crate) trait Statements {
    /// Runs a statement that changes rows. Returns the number of changed rows.
    fn run(&self, sql: &str, params: impl Params) -> Result<usize>;

    /// Runs `act` on a connection that reads.
    fn on<T>(&self, act: impl FnOnce(&Connection) -> Result<T>) -> Result<T>;

    /// Returns true if there is a row.
    fn has(&self, sql: &str, params: impl Params) -> Result<bool> {
        self.on(|view| Ok(view.prepare_cached(sql)?.exists(params)?))
    }

    /// Returns the value in the only row.
    fn one<T: FromSql>(&self, sql: &str, params: impl Params) -> Result<T> {
        self.on(|view| {
            let mut select = view.prepare_cached(sql)?;
            Ok(select.query_row(params, |row| row.get(0))?)
        })
    }

    /// Returns the value in the first row, if there is a row.
    fn find<T: FromSql>(&self, sql: &str, params: impl Params) -> Result<Option<T>> {
        let found = self.row::<(T,)>(sql, params)?;
        Ok(found.map(|(value,)| value))
    }

    /// Returns the first row, if there is a row.
    fn row<T>(&self, sql: &str, params: impl Params) -> Result<Option<T>>
    where
        T: for<'r> TryFrom<&'r Row<'r>, Error = rusqlite::Error>,
    {
        self.on(|view| {
            let mut select = view.prepare_cached(sql)?;
            let found = select.query_row(params, |row| row.try_into());
            Ok(found.optional()?)
        })
    }

    /// Returns all rows.
    fn rows<T>(&self, sql: &str, params: impl Params) -> Result<Vec<T>>
    where
        T: for<'r> TryFrom<&'r Row<'r>, Error = rusqlite::Error>,
    {
        self.on(|view| {
            let mut select = view.prepare_cached(sql)?;
            let rows = select.query_map(params, |row| row.try_into())?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns the values in all rows.
    fn list<T: FromSql>(&self, sql: &str, params: impl Params) -> Result<Vec<T>> {
        let rows = self.rows::<(T,)>(sql, params)?;
        Ok(rows.into_iter().map(|(value,)| value).collect())
    }
}

impl Statements for Connection {
    fn run(&self, sql: &str, params: impl Params) -> Result<usize> {
        Ok(self.prepare_cached(sql)?.execute(params)?)
    }

    fn on<T>(&self, act: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        act(self)
    }
}

impl Statements for DataStore {
    fn run(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.write(|tx| tx.run(sql, params))
    }

    fn on<T>(&self, act: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.read(act)
    }
}
