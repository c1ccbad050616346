//! Settings of a create call that aren't part of the schema: shards, partitions and consistency level.

use super::{Result, ServiceError, Value};
use crate::formats::Schema;
use crate::local::http::requests::LEVELS;

/// Most shards of a collection (Milvus: `proxy.maxShardNum`).
const MAX_SHARDS: i64 = 16;

/// Default number of partitions of a collection with a partition key (Milvus:
/// `common.DefaultPartitionsWithPartitionKey`).
const DEFAULT_PARTITIONS: i64 = 16;

/// Most partitions of a collection (Milvus: `rootCoord.maxPartitionNum`).
const MAX_PARTITIONS: i64 = 1_024;

/// The settings of a create call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CollectionSettings {
    pub(crate) shards: i64,
    /// Number of partitions, if the collection has a partition key.
    pub(crate) partitions: Option<i64>,
    pub(crate) consistency: &'static str,
}

impl CollectionSettings {
    /// Reads and checks the settings (Milvus: `handler_v2.go`, `createCollection`; proxy/task.go, `PreExecute`).
    pub(crate) fn read(body: &Value, schema: &Schema) -> Result<Self> {
        let partitions = if schema.has_partition_key() {
            let asked = number(body, "partitionsNum")?.filter(|asked| *asked > 0);
            Some(asked.unwrap_or(DEFAULT_PARTITIONS))
        } else {
            None
        };
        let settings = Self {
            shards: number(body, "shardsNum")?.unwrap_or(1),
            partitions,
            consistency: consistency(body)?,
        };
        if !(1..=MAX_SHARDS).contains(&settings.shards) {
            let found = settings.shards;
            return Err(ServiceError::invalid(format!(
                "maximum shards's number should be limited to {MAX_SHARDS}, found {found}"
            )));
        }
        match partitions {
            Some(asked) if asked > MAX_PARTITIONS => Err(ServiceError::invalid(format!(
                "partition number ({asked}) exceeds max configuration ({MAX_PARTITIONS})"
            ))),
            _ => Ok(settings),
        }
    }

    /// Returns the names of a new collection's partitions.
    pub(crate) fn partition_names(&self) -> Vec<String> {
        let default = crate::local::storage::collections::DEFAULT_PARTITION;
        match self.partitions {
            None => vec![default.to_owned()],
            Some(count) => (0..count).map(|no| format!("{default}_{no}")).collect(),
        }
    }
}

/// Returns the values of a setting, from the top level and from `params`.
fn given<'a>(body: &'a Value, name: &str) -> [Option<&'a Value>; 2] {
    let params = body.get("params").and_then(|params| params.get(name));
    [body.get(name), params].map(|value| value.filter(|value| !value.is_null()))
}

fn number(body: &Value, name: &str) -> Result<Option<i64>> {
    let [top, param] = given(body, name);
    let Some(value) = param.or(top) else {
        return Ok(None);
    };
    let whole = match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    };
    let whole = whole.ok_or_else(|| {
        ServiceError::invalid(format!("{name} must be a whole number, found {value}"))
    });
    whole.map(Some)
}

fn consistency(body: &Value) -> Result<&'static str> {
    let found = given(body, "consistencyLevel");
    let [top, param] = found.map(|value| value.filter(|value| value.as_str() != Some("")));
    if let (Some(top), Some(param)) = (top, param)
        && top != param
    {
        let why = "top-level consistencyLevel conflicts with params.consistencyLevel";
        return Err(ServiceError::invalid(why));
    }
    let Some(level) = top.or(param) else {
        return Ok("Bounded");
    };
    let mut known = LEVELS.into_iter();
    known.find(|known| level.as_str() == Some(known)).ok_or_else(|| {
        ServiceError::invalid(format!(
            "consistencyLevel can only be [Strong, Session, Bounded, Eventually, Customized], default: Bounded, found {level}"
        ))
    })
}
