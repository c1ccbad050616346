//! The `:save` command: converts a session's statements to a script that runs without changes and has the same effect.
//!
//! The script must spell out the prompt's implicit actions. Values that were shown are passed to `show`, and `last` is
//! bound if a statement uses it. If a function was defined twice, each call uses the definition that it used in the
//! session. Secrets become `secret("NAME")`. A statement whose secret can't be replaced is left out, together with the
//! statements that depend on it, each with a comment that gives the reason.
//!
//! [`source`] parses statements, [`plan`] decides which are kept, [`functions`], [`keys`] and [`rewrite`] change them,
//! and [`file`] writes the script.

mod file;
mod functions;
mod keys;
mod plan;
mod rewrite;
mod source;

#[cfg(test)]
mod tests;

pub(super) use file::write;

use super::record::{Origin, Statement};
use crate::engine::Setup;
use crate::engine::tokens::Lexer;
use crate::session::Session;
use keys::Keys;
use plan::{Entry, Fate};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Inputs of a script beside the statements.
#[derive(Debug)]
pub(super) struct Circumstances {
    /// The script's file.
    pub(super) file: PathBuf,
    /// Folder in which modules of typed statements are looked for.
    pub(super) root: PathBuf,
    /// Profile given with `-p`.
    pub(super) profile: Option<String>,
    /// True if the current connection is to Zilliz Cloud; `None` if there's no connection.
    pub(super) zilliz: Option<bool>,
    /// Secrets that mustn't appear in the script even if no statement contains them.
    pub(super) known: Vec<String>,
}

impl Circumstances {
    /// Returns the inputs for a session that's saved to this file.
    pub(super) fn of(session: &Session, setup: &Setup, file: &Path) -> Self {
        let connection = session.current();
        let settings = connection.as_ref().map(|it| it.client.settings());
        let token = settings.and_then(|it| it.token.as_ref());
        let endpoint = settings
            .and_then(|it| crate::api::endpoint::Endpoint::parse(it.import_base.as_str()).ok());
        Self {
            file: file.to_owned(),
            root: setup.script_dir.clone(),
            profile: session.choices().profile.clone(),
            zilliz: endpoint.map(|it| it.is_zilliz()),
            known: token.map(|it| it.expose().to_owned()).into_iter().collect(),
        }
    }
}

/// A script, with the facts that `:save` reports about it.
#[derive(Debug)]
pub(super) struct Script {
    /// The file's content.
    pub(super) text: String,
    /// Number of statements in the script.
    pub(super) kept: u64,
    /// Number of statements that should be in the script but were left out, each with a comment that gives the reason.
    pub(super) left_out: u64,
    /// Names of the secrets that the script looks up.
    pub(super) secrets: Vec<String>,
    /// The command that runs the script.
    pub(super) run: String,
}

/// Converts a session's statements to a script.
pub(super) fn compose(record: &[Statement], circumstances: &Circumstances) -> Script {
    let lexer = Lexer::new();
    let mut entries: Vec<Entry> = record.iter().map(|it| Entry::new(&lexer, it)).collect();
    let mut keys = Keys::of(&entries, circumstances);
    plan::decide(&mut entries, &keys);
    let functions = functions::changes(&mut entries);
    let profile = rewrite::profile(&entries, circumstances);
    let last = entries.iter().rposition(Entry::is_kept);
    let mut parts: Vec<String> = Vec::new();
    for index in 0..entries.len() {
        let change = rewrite::Change {
            lexer: &lexer,
            circumstances,
            functions: &functions,
            profile: profile.as_deref(),
            is_last: last == Some(index),
        };
        let Some(entry) = entries.get_mut(index) else {
            continue;
        };
        let mut part = String::new();
        if entry.is_kept() {
            match rewrite::rewrite(entry, index, &mut keys, &change) {
                Ok(text) => part = text,
                Err(why) => {
                    entry.fate = Fate::LeftOut(why);
                    plan::spread(&mut entries);
                }
            }
        }
        if part.is_empty() {
            part = entries.get(index).map_or(part, |it| left_out(it, &keys));
        }
        parts.push(part);
    }
    assemble(&entries, &parts, &keys, profile.as_deref(), circumstances)
}

fn assemble(
    entries: &[Entry],
    parts: &[String],
    keys: &Keys,
    profile: Option<&str>,
    circumstances: &Circumstances,
) -> Script {
    let mut body = String::new();
    let (mut kept, mut left) = (0, 0);
    for (entry, part) in entries.iter().zip(parts) {
        kept += u64::from(entry.is_kept());
        left += u64::from(matches!(entry.fate, Fate::LeftOut(_)));
        if part.is_empty() {
            continue;
        }
        let origin = match &entry.statement.origin {
            Origin::Prompt => None,
            Origin::File(file) => Some(file.display().to_string()),
            Origin::Init(_) => Some("init.rhai of the settings folder".to_owned()),
        };
        match origin {
            None => body.push_str(part),
            Some(origin) => {
                let origin = origin.replace(['\n', '\r'], " ");
                let _ = write!(body, "// from {origin}\n{part}\n// the end of {origin}");
            }
        }
        body.push('\n');
    }
    let secrets = keys.used(&body);
    let run = run_line(
        profile.or(circumstances.profile.as_deref()),
        &circumstances.file,
    );
    let mut text = format!(
        "// Saved by zshell {} on {}.\n// Run it with: {run}\n",
        env!("CARGO_PKG_VERSION"),
        jiff::ZonedDateTime::now().strftime("%Y-%m-%d at %H:%M"),
    );
    for name in &secrets {
        let _ = writeln!(
            text,
            "// It needs a secret: {name} in the environment, or {name}_FILE."
        );
    }
    text.push('\n');
    text.push_str(&body);
    Script {
        text,
        kept,
        left_out: left,
        secrets,
        run,
    }
}

/// Returns the comment that replaces a statement which is left out.
fn left_out(entry: &Entry, keys: &Keys) -> String {
    let Fate::LeftOut(why) = &entry.fate else {
        return String::new();
    };
    let mut text = format!("// Left out: {why}.");
    let masked = crate::secret::masked(&entry.statement.text);
    if !keys.shows(&masked) {
        for line in masked.lines() {
            let _ = write!(text, "\n//     {line}");
        }
    }
    text
}

fn run_line(profile: Option<&str>, file: &Path) -> String {
    let file = file.display().to_string().replace(['\n', '\r'], " ");
    let file = shell_words::quote(&file);
    match profile {
        // A profile given as an address may contain a secret before its `@`, so such an address isn't written.
        Some(name) if !name.contains('@') => {
            format!("zshell -p {} run {file}", shell_words::quote(name))
        }
        _ => format!("zshell run {file}"),
    }
}
