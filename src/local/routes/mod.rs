//! The routes: one file for each kind of call. A handler takes the service's state and a call, and returns a value.
//!
//! [`v1`] and [`v2`] have the import calls of the cloud's APIs and [`milvus`] those of a Milvus server, all over
//! [`jobs`]. [`collections`], [`indexes`], [`aliases`] and [`databases`] manage the targets of imports; [`entities`]
//! reads rows, [`rows`] and [`upsert`] change them, and [`search`] compares vectors. [`lookup`] finds the collection
//! that a call names. [`volumes`] and [`control`] are the cloud's control calls. [`page`] is the page for browsers. Start with [`v2`].

pub(crate) mod aliases;
pub(crate) mod collections;
pub(crate) mod control;
pub(crate) mod databases;
pub(crate) mod entities;
pub(crate) mod indexes;
pub(crate) mod jobs;
pub(crate) mod lookup;
pub(crate) mod milvus;
pub(crate) mod options;
pub(crate) mod page;
pub(crate) mod rows;
pub(crate) mod search;
pub(crate) mod settings;
pub(crate) mod upsert;
pub(crate) mod v1;
pub(crate) mod v2;
pub(crate) mod volumes;

use crate::local::http::call::ServiceCall;
use crate::local::http::error::{Result, ServiceError};
use crate::local::http::requests as keys;
use crate::local::http::routing::Routes;
use crate::local::state::App;
use serde_json::{Map, Value, json};
