//! The `:save` command: writes the statements that succeeded, in order, as a script that passes `zshell lint` and runs.
//!
//! Values that were shown are passed to `show`, secrets become `secret("NAME")` ([`secrets`]), and paths of modules are
//! adapted to the script's folder. A statement that a script can't contain is left out, together with those that use a
//! name it declares, each with a comment that gives the reason.

mod secrets;

#[cfg(test)]
mod tests;

use super::shell::{Statement, StatementOrigin, StatementOutcome};
use crate::engine::compile::blank_prefix;
use crate::engine::syntax::secrets::masked;
use crate::engine::syntax::{SourceStatement, SourceText, parses};
use rhai::Token;
use secrets::SecretNames;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Inputs of a script beside the statements.
#[derive(Debug)]
pub(super) struct SaveContext {
    /// The script's file.
    pub(super) file: PathBuf,
    /// Folder in which modules of the first typed statements are looked for.
    pub(super) root: PathBuf,
    /// Profile given with `-p`.
    pub(super) profile: Option<String>,
}

/// A script, with the facts that `:save` reports about it.
#[derive(Debug)]
pub(super) struct SavedScript {
    /// The file's content.
    pub(super) text: String,
    /// Number of statements in the script.
    pub(super) kept: u64,
    /// Number of statements that succeeded but were left out, each with a comment that gives the reason.
    pub(super) left_out: u64,
    /// Names of the secrets that the script looks up.
    pub(super) secrets: Vec<String>,
    /// The command that runs the script.
    pub(super) run: String,
}

/// A replacement of a byte range by a text.
type Edit = (Range<usize>, String);

/// Converts a session's statements to a script.
pub(super) fn compose(record: &[Statement], context: &SaveContext) -> SavedScript {
    let read = |it: &Statement| SourceText::read(blank_prefix(&it.text).trim());
    let sources: Vec<SourceText> = record.iter().map(read).collect();
    let mut composer = Composer {
        record,
        sources: &sources,
        context,
        root: std::path::absolute(&context.root).unwrap_or_default(),
        secrets: SecretNames::of(&sources),
        lost: BTreeMap::from([("last".to_owned(), "only the prompt has")]),
    };
    let mut body = String::new();
    let (mut kept, mut left_out) = (0, 0);
    for (index, (statement, source)) in record.iter().zip(&sources).enumerate() {
        if let StatementOrigin::Folder(folder) = &statement.origin {
            composer.root.clone_from(folder);
            let folder = one_line(folder);
            let _ = writeln!(body, "// Relative paths below were in {folder}.");
        }
        let part = match composer.convert(index, statement, source) {
            None => continue,
            Some(Ok(text)) => {
                kept += 1;
                text
            }
            Some(Err(reason)) => {
                left_out += 1;
                composer.comment(&reason, source)
            }
        };
        let _ = match &statement.origin {
            StatementOrigin::Prompt | StatementOrigin::Folder(_) => Ok(()),
            StatementOrigin::File(file) => writeln!(body, "// from {}", one_line(file)),
            StatementOrigin::Init(_) => writeln!(body, "// from init.rhai"),
        };
        let _ = writeln!(body, "{part}");
    }
    let secrets: Vec<String> = secrets::lookups(&SourceText::read(&body)).collect();
    let file = one_line(&context.file);
    let file = shell_words::quote(&file);
    let run = match &context.profile {
        // A profile given as an address may contain a secret before its `@`, so such an address isn't written.
        Some(name) if !name.contains('@') => {
            format!("zshell -p {} run {file}", shell_words::quote(name))
        }
        _ => format!("zshell run {file}"),
    };
    let mut text = format!(
        "// Saved by zshell {} on {}.\n// Run it with: {run}\n",
        env!("CARGO_PKG_VERSION"),
        jiff::ZonedDateTime::now().strftime("%Y-%m-%d at %H:%M"),
    );
    for name in &secrets {
        let needed = format!("{name} in the environment, or {name}_FILE");
        let _ = writeln!(text, "// It needs a secret: {needed}.");
    }
    SavedScript {
        text: format!("{text}\n{body}"),
        kept,
        left_out,
        secrets,
        run,
    }
}

fn one_line(file: &Path) -> String {
    file.display().to_string().replace(['\n', '\r'], " ")
}

/// The state of a conversion.
struct Composer<'a> {
    record: &'a [Statement],
    sources: &'a [SourceText],
    context: &'a SaveContext,
    /// Folder in which modules of the next typed statements are looked for.
    root: PathBuf,
    secrets: SecretNames,
    /// Names that the script doesn't have, with the reason.
    lost: BTreeMap<String, &'static str>,
}

impl Composer<'_> {
    /// Returns a statement's text in the script, or the reason why it's left out; `None` if the statement failed or only
    /// displayed something.
    fn convert(
        &mut self,
        index: usize,
        statement: &Statement,
        source: &SourceText,
    ) -> Option<Result<String, String>> {
        let mut parts = source.statements();
        if parts.is_empty() || !parses(source.text()) {
            return None;
        }
        if statement.outcome == StatementOutcome::Failed {
            // The last part failed at the latest, and functions are defined before the first part runs.
            let last = parts.iter().rposition(|it| it.function.is_none());
            last.map(|last| parts.remove(last));
            self.lose(source, &parts, "a statement that failed declared");
            return None;
        }
        let is_last = matches!(source.text(), "last" | "show(last)");
        if source.name(0) == Some("help") || (is_last && self.lost.contains_key("last")) {
            return None;
        }
        let result = match self.obstacle(index, source, &parts) {
            Some(reason) => Err(reason),
            None => self.rewrite(statement, source),
        };
        if result.is_err() {
            self.lose(source, &parts, "is left out above");
        } else {
            for name in parts.iter().flat_map(|it| source.declared_in(it)) {
                self.lost.remove(name);
            }
        }
        Some(result)
    }

    /// Notes the names that the script lacks because these parts aren't in it.
    fn lose(&mut self, source: &SourceText, parts: &[SourceStatement], reason: &'static str) {
        let names = parts.iter().flat_map(|it| source.declared_in(it));
        self.lost
            .extend(names.map(|name| (name.to_owned(), reason)));
    }

    /// Returns the reason why a script can't contain a statement with these parts.
    fn obstacle(
        &self,
        index: usize,
        source: &SourceText,
        parts: &[SourceStatement],
    ) -> Option<String> {
        let succeeded = |it: &(&Statement, &SourceText)| it.0.outcome != StatementOutcome::Failed;
        let later = self.record.iter().zip(self.sources).skip(index + 1);
        let later: Vec<SourceStatement> = later
            .filter(succeeded)
            .flat_map(|(_, source)| source.statements())
            .collect();
        let mut own: Vec<&str> = Vec::new();
        for part in parts {
            if let Some((name, _)) = &part.function
                && later.iter().any(|it| it.function == part.function)
            {
                return Some(format!("`{name}` is defined again below"));
            }
            let has = |wanted: &[Token]| {
                let mut tokens = part.tokens.clone().filter_map(|at| source.token(at));
                tokens.any(|token| wanted.contains(token))
            };
            // In a function or closure, `return` only ends it.
            if part.function.is_none() && has(&[Token::Return]) && !has(&[Token::Pipe, Token::Or]) {
                return Some("`return` would end the script".to_owned());
            }
            for at in part.tokens.clone() {
                // A list has a method of the name `last`.
                let name = source.reference(at).filter(|name| {
                    let is_method = source.is_member(at) && *name == "last";
                    !is_method && !own.contains(name)
                });
                if let Some((name, reason)) = name.and_then(|it| self.lost.get_key_value(it)) {
                    return Some(format!("it uses `{name}`, which {reason}"));
                }
            }
            own.extend(source.declared_in(part));
        }
        None
    }

    /// Returns a statement's form in the script, or the reason why it has none.
    fn rewrite(&mut self, statement: &Statement, source: &SourceText) -> Result<String, String> {
        let mut edits = self.secrets.edits(source)?;
        edits.extend(self.module_paths(statement, source));
        if statement.outcome == StatementOutcome::Shown {
            edits.extend(show(source));
        }
        let statements = source.statements();
        let is_function = statements.last().is_some_and(|it| it.function.is_some());
        let last = source.len().saturating_sub(1);
        if source.token(last) != Some(&Token::SemiColon) && !is_function {
            let end = source.span(last).end;
            edits.push((end..end, ";".to_owned()));
        }
        // Edits at one position keep their order.
        edits.sort_by_key(|(span, _)| (span.start, span.end));
        let mut text = source.text().to_owned();
        for (span, new) in edits.into_iter().rev() {
            text.replace_range(span, &new);
        }
        if self.secrets.shows(&text) || !parses(&text) {
            return Err("a secret is in it, where secret(\"…\") can't be".to_owned());
        }
        Ok(text)
    }

    /// Adapts the relative paths of modules to the script's folder.
    fn module_paths(&self, statement: &Statement, source: &SourceText) -> Vec<Edit> {
        let from = match &statement.origin {
            StatementOrigin::Prompt | StatementOrigin::Folder(_) => self.root.clone(),
            StatementOrigin::File(file) | StatementOrigin::Init(file) => folder(file),
        };
        let to = folder(&self.context.file);
        let imports = (1..source.len()).filter_map(|at| match source.token(at)? {
            Token::StringConstant(path) if source.before(at) == Some(&Token::Import) => {
                let path = from.join(path.as_str());
                let path = path.strip_prefix(&to).unwrap_or(&path);
                let quoted = serde_json::Value::from(path.display().to_string());
                Some((source.span(at), quoted.to_string()))
            }
            _ => None,
        });
        imports.filter(|_| from != to).collect()
    }

    /// Returns the comment in place of a statement that's left out.
    fn comment(&self, reason: &str, source: &SourceText) -> String {
        let masked = masked(source.text());
        let shown = if self.secrets.shows(&masked) {
            ""
        } else {
            &masked
        };
        let lines = shown.lines().map(|line| format!("\n//     {line}"));
        format!("// Left out: {reason}.{}", lines.collect::<String>())
    }
}

/// Returns the edits that pass the value of a text's last statement to `show`. A connection's table is useful at the
/// prompt only.
fn show(source: &SourceText) -> Vec<Edit> {
    let mut statements = source.statements().into_iter().rev();
    let Some(statement) = statements.find(|it| it.function.is_none()) else {
        return Vec::new();
    };
    let Range { start, end } = statement.tokens.clone();
    let is_connect = source.name(start) == Some("connect") && source.skip(start + 1) == end;
    let code = source.tokens_text(statement.tokens);
    if is_connect || !parses(&format!("show({code});")) {
        return Vec::new();
    }
    let (start, end) = (source.span(start).start, source.span(end - 1).end);
    vec![
        (start..start, "show(".to_owned()),
        (end..end, ")".to_owned()),
    ]
}

/// Returns the absolute path of a file's folder.
fn folder(file: &Path) -> PathBuf {
    let file = std::path::absolute(file).unwrap_or_default();
    file.parent().map_or_else(PathBuf::new, Path::to_owned)
}
