//! The result of `check`.

use super::{Gives, Property, ScriptType, ordered};
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
}

impl ScriptType for ReportValue {
    const NAME: &'static str = "Report";
    const WORDS: &'static str = "a Report";
    const HELP: &'static str = "the result of check()";
    const PROPERTIES: &'static [Property] = &[
        Property::new("ok", Gives::Flag, "true if the import would succeed"),
        Property::number("files", "number of files"),
        Property::number("rows", "number of rows checked"),
        Property::number("bytes", "number of bytes read"),
        Property::new(
            "schema",
            Gives::Map(&["autoID", "enableDynamicField", "fields"]),
            "the schema that the rows were checked against, as create_collection() takes it",
        ),
        Property::new(
            "errors",
            Gives::Maps(&FINDING_KEYS),
            "problems that make the import fail, the most important first: field, problem, rows, first, hint",
        ),
        Property::new(
            "warnings",
            Gives::Maps(&FINDING_KEYS),
            "problems that an import accepts, in the same form",
        ),
        Property::new(
            "notes",
            Gives::Texts,
            "parts that the check left out, e.g. for a sample",
        ),
    ];

    fn json(&self) -> Value {
        self.0.json().clone()
    }

    fn get(&self, name: &str) -> Dynamic {
        let value = self.0.json().get(name).cloned();
        value.map_or(Dynamic::UNIT, ordered)
    }
}
