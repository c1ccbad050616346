//! The result of `check`.

use super::{Getter, Gives, ScriptType, ordered};
use crate::check::CheckReport;
use rhai::Dynamic;
use serde_json::Value;
use std::rc::Rc;

/// The result of `check`.
#[derive(Clone)]
pub(crate) struct ReportValue(Rc<CheckReport>);

/// The keys of a finding, in order.
const FINDING_KEYS: [&str; 5] = ["field", "problem", "rows", "first", "hint"];

impl ReportValue {
    /// Returns the value of a report.
    pub(crate) fn new(report: CheckReport) -> Self {
        Self(Rc::new(report))
    }

    /// Returns the report.
    pub(crate) fn report(&self) -> &CheckReport {
        &self.0
    }

    fn get(&self, key: &str) -> Dynamic {
        self.0
            .json()
            .get(key)
            .cloned()
            .map_or(Dynamic::UNIT, ordered)
    }
}

impl ScriptType for ReportValue {
    const NAME: &'static str = "Report";
    const WORDS: &'static str = "a Report";
    const HELP: &'static str = "the result of check()";
    const GETTERS: &'static [Getter<Self>] = &[
        Getter::new(
            "ok",
            Gives::Flag,
            "true if the import would succeed",
            |it| it.0.is_ok().into(),
        ),
        Getter::new("files", Gives::Number, "number of files", |it| {
            it.get("files")
        }),
        Getter::new("rows", Gives::Number, "number of rows checked", |it| {
            it.get("rows")
        }),
        Getter::new("bytes", Gives::Number, "number of bytes read", |it| {
            it.get("bytes")
        }),
        Getter::new(
            "schema",
            Gives::Map(&["autoID", "enableDynamicField", "fields"]),
            "the schema that the rows were checked against, as create_collection() takes it",
            |it| it.get("schema"),
        ),
        Getter::new(
            "errors",
            Gives::Maps(&FINDING_KEYS),
            "problems that make the import fail, the most important first: field, problem, rows, first, hint",
            |it| it.get("errors"),
        ),
        Getter::new(
            "warnings",
            Gives::Maps(&FINDING_KEYS),
            "problems that an import accepts, in the same form",
            |it| it.get("warnings"),
        ),
        Getter::new(
            "notes",
            Gives::Texts,
            "parts that the check left out, e.g. for a sample",
            |it| it.get("notes"),
        ),
    ];

    fn json(&self) -> Value {
        self.0.json().clone()
    }
}
