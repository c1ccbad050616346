//! Recognizes a Milvus older than 2.4. It has v1's collection calls but no `/v2/vectordb` routes, and so no imports
//! over REST.

use super::Client;
use super::collections::V1;
use super::error::{ApiError, beyond};
use super::request::{CallForm, Outgoing};
use super::settings::Settings;
use serde_json::json;

const V2: &str = "/v2/vectordb/collections/list";
const RECOGNIZE: &str = "recognize the server";

impl Client {
    /// Turns the error of a read about import jobs into [`ApiError::TooOld`] if the server turns out to be too old for
    /// imports.
    pub(super) fn recognized(&self, error: ApiError) -> ApiError {
        match error {
            ApiError::Service { ref call, .. }
                if is_unknown_path(&error) && is_own_server(self.settings()) && self.is_old() =>
            {
                ApiError::TooOld {
                    call: call.clone(),
                    dialect: self.settings().dialect,
                }
            }
            error => error,
        }
    }

    /// Returns true if the server has v1's collection calls and no v2 route.
    fn is_old(&self) -> bool {
        let settings = self.settings();
        let base = &settings.import_base;
        let v1 = Outgoing::get(settings, CallForm::read(RECOGNIZE, V1), base, &[]);
        let knows_v1 = match v1.and_then(|outgoing| self.done(outgoing)) {
            Ok(()) => true,
            // A server that requires an API key, for example.
            Err(ApiError::Service { answer, .. }) => answer.status == 200 && answer.code.is_some(),
            Err(_) => false,
        };
        if !knows_v1 {
            return false;
        }
        let v2 = Outgoing::post(settings, CallForm::read(RECOGNIZE, V2), base, &json!({}));
        let answer = v2.and_then(|outgoing| self.done(outgoing));
        answer.is_err_and(|error| is_unknown_path(&error))
    }

    /// Turns the error of a call without a v1 form into [`ApiError::TooOld`] if the server doesn't have v2's routes
    /// either.
    pub(super) fn beyond_v1(&self, error: ApiError) -> ApiError {
        let settings = self.settings();
        match &error {
            ApiError::Service { call, .. }
                if settings.dialect == super::model::Dialect::V1
                    && call.what != RECOGNIZE
                    && call.url.contains("/v2/vectordb/")
                    && is_unknown_path(&error) =>
            {
                beyond(
                    settings.dialect,
                    &format!("the call to {}", call.what),
                    "the server has no /v2/vectordb routes either (Milvus has them since 2.4): collections(), describe(name), query(name, filter) and peek(name) work over v1",
                )
            }
            _ => error,
        }
    }
}

/// Returns true for "no such call", but not for "no such job", which has error codes of its own.
pub(super) fn is_unknown_path(error: &ApiError) -> bool {
    match error {
        ApiError::Service { answer, .. } => answer.status == 404 || answer.code == Some(404),
        _ => false,
    }
}

/// Returns true if one host serves imports and collections. Milvus always does, Zilliz Cloud never.
fn is_own_server(settings: &Settings) -> bool {
    let own = settings.collection_base.as_ref();
    own.is_none_or(|own| own.origin() == settings.import_base.origin())
}
