//! The database calls, and which database another call is about.

use super::call::Call;
use super::collections::check_name;
use super::error::ServiceError;
use super::server::{App, Envelope, Routes};
use super::source::Dialect;
use super::store::databases::{DEFAULT_DATABASE, Dropped};
use serde_json::{Value, json};

/// Database calls go to the cluster itself, which answers as Milvus does.
const DIALECT: Dialect = Dialect::Milvus;

/// Adds the routes below `/v2/vectordb/databases`.
pub(super) fn routes(routes: Routes) -> Routes {
    let path = |route: &str| format!("/v2/vectordb/databases/{route}");
    routes
        .post(Envelope::V2, &path("list"), list)
        .post(Envelope::V2, &path("describe"), describe)
        .write(Envelope::V2, &path("create"), create)
        .write(Envelope::V2, &path("drop"), drop)
}

/// The database a call is about, which must be there: `dbName`, else the `DB-Name` header, else `default`.
pub(super) fn of(app: &App, call: &Call) -> Result<String, ServiceError> {
    let header = call.database.clone().filter(|name| !name.is_empty());
    let name = call.text(&["dbName"]).or(header);
    let name = name.unwrap_or_else(|| DEFAULT_DATABASE.to_owned());
    if name == DEFAULT_DATABASE || app.store().database(&name)?.is_some() {
        return Ok(name);
    }
    Err(ServiceError::no_database(&name))
}

fn list(app: &App, _: &Call) -> Result<Value, ServiceError> {
    Ok(Value::from(app.store().databases()?))
}

fn describe(app: &App, call: &Call) -> Result<Value, ServiceError> {
    let name = call.required(DIALECT, &["dbName"])?;
    let id = app.store().database(&name)?;
    let id = id.ok_or_else(|| ServiceError::no_database(&name))?;
    Ok(json!({ "dbID": id, "dbName": name, "properties": [] }))
}

fn create(app: &App, call: &Call) -> Result<Value, ServiceError> {
    let name = call.required(DIALECT, &["dbName"])?;
    check_name("database", &name).map_err(|message| ServiceError::new(802, message))?;
    if app.store().create_database(&name)? {
        return Ok(json!({}));
    }
    let message = format!("database already exist: {name}");
    Err(ServiceError::new(65535, message))
}

fn drop(app: &App, call: &Call) -> Result<Value, ServiceError> {
    let name = call.required(DIALECT, &["dbName"])?;
    if name == DEFAULT_DATABASE {
        return Err(ServiceError::new(65535, "can not drop default database"));
    }
    match app.store().drop_database(&name)? {
        Dropped::Done => Ok(json!({})),
        Dropped::Missing => Err(ServiceError::no_database(&name)),
        Dropped::NotEmpty => Err(ServiceError::new(
            65535,
            format!("database:{name} not empty, must drop all collections before drop database"),
        )),
    }
}
