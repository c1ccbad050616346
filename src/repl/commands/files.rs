//! `:load`, `:out`, `:save`

use super::{CommandResult, PromptCommand, arguments};
use crate::engine::functions::write::replace;
use crate::engine::registry::{self, Takes};
use crate::error::Failure;
use crate::fsutil::{FileMode, write_new};
use crate::repl::saved::{self, SaveContext};
use crate::repl::shell::Shell;
use crate::text::words;
use rhai::{Dynamic, Map};
use std::io::ErrorKind;
use std::path::Path;

pub(super) const LOAD: PromptCommand = PromptCommand {
    name: "load",
    aliases: &[],
    arguments: "FILE",
    help: "runs a script in this session: its variables and functions stay",
    example: ":load setup.rhai",
    takes: &[Takes::Path],
    run: load,
};

pub(super) const OUT: PromptCommand = PromptCommand {
    name: "out",
    aliases: &[],
    arguments: "FILE",
    help: "writes the last result to a file, in the format of its ending; :out! overwrites",
    example: ":out books.csv",
    takes: &[Takes::Path],
    run: out,
};

pub(super) const SAVE: PromptCommand = PromptCommand {
    name: "save",
    aliases: &[],
    arguments: "FILE",
    help: "writes the statements that succeeded as a script, without secrets; :save! overwrites",
    example: ":save session.rhai",
    takes: &[Takes::Path],
    run: save,
};

fn load(shell: &mut Shell, rest: &str) -> CommandResult {
    let file = arguments::file(rest);
    let file = file.ok_or_else(|| arguments::missing("the file", LOAD.example))?;
    let text = shell.session().read_text(&file.display().to_string())?;
    shell.script(&file, &text)
}

fn out(shell: &mut Shell, rest: &str) -> CommandResult {
    let (file, overwrite) = arguments::target(rest, OUT.example)?;
    let name = file.display().to_string();
    let last = shell.interpreter.last();
    if last.is_unit() {
        return Err(Failure::usage("there is no result to write yet").into());
    }
    let mut options = Map::new();
    options.insert("file".into(), name.clone().into());
    options.insert("overwrite".into(), overwrite.into());
    let session = shell.session();
    let written = registry::call(&session, "show", vec![last, Dynamic::from_map(options)]);
    if let Err(mut failure) = written {
        if !overwrite && file.is_file() {
            failure = failure.with_hint(format!(":out! {name} replaces it"));
        }
        return Err(failure.into());
    }
    session.notice(&format!("wrote {name}"));
    Ok(())
}

fn save(shell: &mut Shell, rest: &str) -> CommandResult {
    let (file, overwrite) = arguments::target(rest, SAVE.example)?;
    let session = shell.session();
    let context = SaveContext {
        file: file.clone(),
        root: shell.first_folder.clone(),
        profile: session.choices().profile.clone(),
    };
    let script = saved::compose(&shell.record, &context);
    write(&file, &script.text, overwrite)?;
    let kept = words::count(script.kept, "statement");
    session.notice(&format!("saved {kept} to {}", file.display()));
    if script.left_out > 0 {
        let left_out = words::count(script.left_out, "statement");
        session.complain(&format!(
            "left out {left_out}: the script says which, and why"
        ));
    }
    if !script.secrets.is_empty() {
        let names = words::list(&script.secrets, "and");
        session.notice(&format!("it takes its keys from {names}"));
    }
    session.notice(&format!("run it with {}", script.run));
    Ok(())
}

/// Writes a script's file, completely or not at all. An existing file is replaced only with `overwrite`.
fn write(file: &Path, text: &str, overwrite: bool) -> Result<(), Failure> {
    let name = file.display();
    if file.is_dir() {
        return Err(
            Failure::usage(format!("{name} is a folder")).with_hint(":save takes a file's name")
        );
    }
    let written = if overwrite {
        replace(file, text)
    } else {
        write_new(file, text.as_bytes(), FileMode::Default)
    };
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::refused(format!("{name} is there already"))
            .with_hint(format!(":save! {name} overwrites it")),
        ErrorKind::NotFound => {
            Failure::refused(format!("cannot write {name}: there is no such folder"))
        }
        _ => Failure::refused(format!("cannot write {name}: {error}")),
    })
}

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn another_file_is_replaced_only_by_force() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a b.rhai");
        write(&file, "1", false).expect("written");
        let refused = write(&file, "2", false).expect_err("is there");
        assert!(refused.hint.is_some_and(|hint| hint.contains(":save! ")));
        assert_eq!(std::fs::read_to_string(&file).expect("read"), "1");
        write(&file, "2", true).expect("replaced");
        assert_eq!(std::fs::read_to_string(&file).expect("read"), "2");
        assert!(write(folder.path(), "3", true).is_err());
        let nowhere = folder.path().join("none/a");
        let refused = write(&nowhere, "3", false).expect_err("no folder");
        assert!(refused.message.contains("no such folder"), "{refused}");
        let names = std::fs::read_dir(folder.path()).expect("list").count();
        assert_eq!(names, 1, "no draft is left");
    }
}
