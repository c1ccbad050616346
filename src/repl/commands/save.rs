//! `:save`

use super::{CommandResult, Next, PromptCommand, arguments};
use crate::engine::registry::Takes;
use crate::repl::saved::{self, SaveContext};
use crate::repl::shell::Shell;
use crate::text::words;

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "save",
    aliases: &[],
    arguments: "FILE",
    help: "writes the statements that succeeded as a script, without secrets; :save! overwrites",
    example: ":save session.rhai",
    takes: &[Takes::Path],
    run,
};

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
    let (file, overwrite) = arguments::target(rest, COMMAND.example)?;
    let session = shell.session();
    let context = SaveContext {
        file: file.clone(),
        root: shell.first_folder().to_owned(),
        profile: session.choices().profile.clone(),
    };
    let script = saved::compose(shell.record(), &context);
    saved::write(&file, &script.text, overwrite)?;
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
    Ok(Next::Prompt)
}
