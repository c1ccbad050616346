//! Names that a service lists, as candidates of completion scripts.

use super::args::{Args, Common};
use super::{choices, plain};
use crate::engine::connecting::{self, profiles};
use crate::engine::describe::Takes;
use crate::interrupt::Interrupt;
use crate::session::Session;
use crate::session::idle::PromptTerminal;
use crate::session::names::{ListedName, NameAnswer};
use clap::{Command, CommandFactory, FromArgMatches};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use std::env;
use std::time::{Duration, Instant};

/// Maximum time that a completion waits for a service.
const PATIENCE: Duration = Duration::from_secs(1);

/// Adds candidates to the arguments of the plain commands whose values a service lists.
pub(super) fn add(command: Command) -> Command {
    command.mut_subcommands(|command| {
        let arguments = plain::arguments(command.get_name()).into_iter();
        let listed = arguments.filter(|(_, takes)| takes.is_listed() && *takes != Takes::Filter);
        listed.fold(command, |command, (id, takes)| {
            let candidates = ArgValueCandidates::new(move || names(takes));
            command.mut_arg(id, |arg| arg.add(candidates))
        })
    })
}

/// Returns the names of this kind that the service of the typed command lists. An error can't be shown, since the user
/// is typing.
fn names(takes: Takes) -> Vec<CompletionCandidate> {
    let names = ask(takes).unwrap_or_default().into_iter();
    // A completion script reads a candidate per line.
    let names = names.filter(|it| !it.name.contains(char::is_control));
    names
        .map(|ListedName { name, about }| {
            let about = Some(about).filter(|about| !about.is_empty());
            CompletionCandidate::new(name).help(about.map(Into::into))
        })
        .collect()
}

fn ask(takes: Takes) -> Option<Vec<ListedName>> {
    // A completion script calls `zshell -- zshell WORD…`.
    let words = env::args_os().skip_while(|word| word != "--").skip(1);
    let line = Args::command().ignore_errors(true);
    let matches = line.try_get_matches_from(words).ok()?;
    let (_, command) = matches.subcommand()?;
    let question = takes.question(|| {
        let name = command.try_get_one::<String>(plain::COLLECTION);
        name.ok().flatten().cloned()
    })?;
    let mut choices = choices(&Common::from_arg_matches(&matches).ok()?).ok()?;
    choices.quiet = true;
    choices.verbose = false;
    let interrupt = Interrupt::new().until(Instant::now().checked_add(PATIENCE));
    let session = Session::new(choices, interrupt, PromptTerminal::default());
    // A completion doesn't start the local service.
    let config = profiles::load(&session).ok()?;
    if profiles::chosen(&session, &config).as_deref() == Some("local") {
        return None;
    }
    // A missing key isn't asked for.
    #[cfg(unix)]
    rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null").ok()?).ok()?;
    let connection = connecting::by_default(&session).ok()?;
    let cache = &session.known.names;
    match cache.ask(&connection, &question, PATIENCE, || false) {
        NameAnswer::Listed(names) => Some(names),
        NameAnswer::Pending | NameAnswer::Refused => None,
    }
}
