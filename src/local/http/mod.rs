//! Requests and answers: limits on connections and bodies, checks of each request, parameters, and error answers.
//!
//! A request passes [`listener`] (the connection), [`faults`], [`guard`] (may it be served?)
//! and [`routing`], which reads the body ([`mod@body`]), checks the JSON types of known keys ([`requests`], [`binding`])
//! and runs the route's handler with a [`call::ServiceCall`]. The handler's result or [`error::ServiceError`] becomes the
//! answer. Start with [`routing`].

pub(crate) mod binding;
pub(crate) mod body;
pub(crate) mod call;
pub(crate) mod error;
pub(crate) mod faults;
pub(crate) mod guard;
pub(crate) mod listener;
pub(crate) mod requests;
pub(crate) mod routing;

use crate::api::model::Dialect;

impl Dialect {
    /// Returns a file's name in this dialect's answers. A Milvus server puts each file or set in brackets.
    pub(crate) fn detail_name(self, name: &str) -> String {
        self.choose(name.to_owned(), format!("[{name}]"))
    }

    /// Returns the first value in the cloud's dialects, the second one in Milvus' dialect.
    pub(crate) fn choose<T>(self, cloud: T, milvus: T) -> T {
        match self {
            Self::V1 | Self::V2 => cloud,
            Self::Milvus => milvus,
        }
    }
}
