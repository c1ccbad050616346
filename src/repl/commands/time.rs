//! `:time`

use super::{CommandResult, Next, PromptCommand, arguments};
use crate::engine::registry::Takes;
use crate::repl::shell::Shell;
use crate::text::words;
use std::time::Instant;

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "time",
    aliases: &[],
    arguments: "STATEMENT",
    help: "runs a statement and shows its time and its HTTP requests",
    example: ":time jobs()",
    takes: &[Takes::Anything],
    run,
};

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
    if rest.is_empty() {
        return Err(arguments::missing("the statement", COMMAND.example).into());
    }
    let session = shell.session();
    let log = session.http_log();
    let (begun, sent) = (Instant::now(), log.requests());
    let result = shell.statement(rest);
    let time = words::duration(begun.elapsed());
    let requests = words::count(log.requests().saturating_sub(sent), "request");
    // The user asked for the time, so it's no notice that `-q` hides, and it isn't the statement's result.
    let told = format!("took {time}, {requests}");
    match result {
        Ok(()) => session.complain(&told),
        Err(error) => {
            session.complain(&told);
            return Err(error);
        }
    }
    Ok(Next::Prompt)
}
