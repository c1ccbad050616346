//! The check of a batch's files.

use super::{AGAIN, BatchSteps};
use crate::check::{self, CheckReport, CheckRequest};
use crate::engine::functions::check::watched;
use crate::error::{Failure, Kind};
use crate::formats::Schema;
use crate::journal::{Entry, now};
use crate::text::hash::hash;
use crate::text::words;
use serde_json::{Value, json};

/// Maximum number of findings of a check that an error shows.
const FINDINGS: usize = 20;

impl BatchSteps<'_> {
    /// Checks the files, unless they were checked before and haven't changed.
    pub(super) fn check(
        &mut self,
        files: Vec<String>,
        schema: Schema,
        metrics: Vec<(String, String)>,
    ) -> Result<(), Failure> {
        // A check's identity: the files with their sizes and times or tags, the schema, and the form of CSV files. There's
        // none if the files can't be compared with those of an earlier check.
        let states = check::states(files.clone(), self.stores(), &self.session.interrupt)?;
        let options = &self.template.options;
        let identity =
            states.map(|states| hash(&json!([2, states, schema, metrics, options]).to_string()));
        if let Some(identity) = &identity
            && let Some(rows) = self.session.desk.journal.read(|it| it.checked(identity))?
        {
            self.rows = Some(rows);
            let detail = format!(
                "{} checked before, and the files haven't changed",
                words::count(rows, "row")
            );
            self.end("check", "skipped", detail);
            return Ok(());
        }
        let request = CheckRequest {
            paths: files,
            schema,
            metrics,
            csv: self.csv()?,
            stores: self.stores(),
            sample: None,
            shard: None,
            keys_out: None,
            strict: false,
        };
        let report = watched(self.session, request)?;
        let number = |key: &str| report.json()[key].as_u64().unwrap_or(0);
        let rows = number("rows");
        let files = words::count(number("files"), "file");
        let size = format!("{} in {files}", words::count(rows, "row"));
        if !report.is_ok() {
            return Err(refused(&report, &size));
        }
        let warnings = findings(&report, "warnings");
        for warning in &warnings {
            self.session.warn(warning);
        }
        self.rows = Some(rows);
        if let Some(identity) = identity {
            let at = now();
            self.note(Entry::Checked { at, identity, rows })?;
        }
        let found = match warnings.len() as u64 {
            0 => "no problem".to_owned(),
            count => format!("no error, {}", words::count(count, "warning")),
        };
        self.end("check", "done", format!("{size}, {found}"));
        Ok(())
    }
}

/// Returns the error for files that an import would refuse.
fn refused(report: &CheckReport, size: &str) -> Failure {
    let problems = findings(report, "errors");
    let mut lines = vec![format!("check: the import would fail: {size}")];
    lines.extend(problems.iter().take(FINDINGS).cloned());
    if problems.len() > FINDINGS {
        let more = (problems.len() - FINDINGS) as u64;
        lines.push(format!("and {}", words::count(more, "more problem")));
    }
    let kind = if report.unreadable {
        Kind::Script
    } else {
        Kind::Refused
    };
    Failure::new(kind, lines.join("\n")).with_hint(format!("correct the files; {AGAIN}"))
}

/// Returns a line for each error or warning of a report.
fn findings(report: &CheckReport, level: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |finding: &Value| {
        let mut line = text(&finding["problem"]);
        if let Some(field) = finding["field"].as_str().filter(|it| !it.is_empty()) {
            line = format!("{field}: {line}");
        }
        if let Some(rows) = finding["rows"].as_u64().filter(|rows| *rows > 0) {
            line = format!("{line}, {}", words::count(rows, "row"));
        }
        if let Some(first) = finding["first"].get(0) {
            line = format!("{line}, first in {}", text(&first["file"]));
            if let Some(row) = first["row"].as_u64() {
                line = format!("{line} row {row}");
            }
        }
        match finding["hint"].as_str() {
            None | Some("") => line,
            Some(hint) => format!("{line}: {hint}"),
        }
    };
    let list = report.json()[level].as_array();
    list.into_iter().flatten().map(line).collect()
}
