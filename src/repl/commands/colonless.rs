//! Hints for commands that were typed without their colon.

use super::COMMANDS;
use crate::engine::registry;
use crate::engine::syntax::secrets::masked;
use crate::error::{Failure, Kind};
use std::path::Path;

/// Programs that are often typed at a prompt.
const PROGRAMS: &[&str] = &[
    "aws", "bash", "cat", "cp", "curl", "du", "find", "git", "grep", "head", "jq", "less", "ls",
    "mkdir", "mv", "nano", "python", "python3", "rm", "tail", "vi", "vim", "wc",
];
/// Marks that begin a command in `IPython`, `psql` and `SQLite`.
const MARKS: [char; 3] = ['%', '\\', '.'];

/// Returns a hint for a failed statement that is a command without its colon, or a command of the system's shell.
pub(in crate::repl) fn without_colon(text: &str, failure: &Failure) -> Option<String> {
    let line = text.trim().trim_end_matches([';', ' ']);
    if !matches!(failure.kind, Kind::Script | Kind::Usage) || line.contains('\n') {
        return None;
    }
    if let Some(program) = line.strip_prefix('!') {
        let is_word = program.trim_start().starts_with(char::is_alphabetic);
        return is_word.then(|| in_the_shell(program));
    }
    let line = line.strip_prefix(MARKS).unwrap_or(line);
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let begins = |first: char| first.is_alphanumeric() || "_./~-\"'".contains(first);
    if !rest.trim_start().is_empty() && !rest.trim_start().starts_with(begins) {
        return None;
    }
    let mut commands = COMMANDS.iter();
    if commands.any(|command| command.name == name || command.aliases.contains(&name)) {
        // Some commands have the name of a function, whose hint shows its call.
        let is_script = Path::new(rest).extension().is_some_and(|it| it == "rhai");
        let is_call = registry::find(name).is_some() && !is_script;
        return (!is_call).then(|| format!("a command begins with a colon: :{}", masked(line)));
    }
    let has_call = failure
        .hint
        .as_deref()
        .is_some_and(|hint| hint.starts_with("write "));
    (PROGRAMS.contains(&name) && !has_call).then(|| in_the_shell(line))
}

fn in_the_shell(line: &str) -> String {
    format!(
        "a command of the shell begins with :! here: :! {}",
        masked(line.trim())
    )
}

#[cfg(test)]
mod tests {
    use super::without_colon;
    use crate::error::{Failure, Kind};

    #[test]
    fn commands_without_their_colon_are_recognized() {
        let failure = Failure::new(Kind::Script, "no variable x");
        for (text, expected) in [
            ("set output json", Some(":set output json")),
            ("history", Some(":history")),
            ("save x.rhai;", Some(":save x.rhai")),
            ("load setup.rhai", Some(":load setup.rhai")),
            ("load books", None),
            ("time jobs()", Some(":time jobs()")),
            ("%edit 5", Some(":edit 5")),
            ("\\q", Some(":q")),
            ("cd ..", Some(":cd ..")),
            ("ls -l", Some(":! ls -l")),
            ("!ls *.json", Some(":! ls *.json")),
            ("!(x)", None),
            ("history = 5", None),
            ("out + 1", None),
            ("set\nout", None),
            ("other", None),
        ] {
            let hint = without_colon(text, &failure);
            let ending = hint.as_deref().and_then(|it| Some(it.split_once(": ")?.1));
            assert_eq!(ending, expected, "{text}");
        }
        let missing = Failure::new(Kind::Connect, "nothing to connect to");
        assert_eq!(without_colon("history", &missing), None);
    }
}
