//! Writes a dry run's shell script: plain curl commands and a few functions that connect them.
//!
//! The script needs a POSIX shell, curl and sed. Each command reads a here-document. If the answer goes into a
//! variable, the command is in a function of its own, since some shells can't read a here-document inside `$(…)`.

use crate::api::curl::{self, Variables};
use crate::api::request::Outgoing;
use crate::api::settings::Settings;

/// Header of the script.
pub(super) const BEGIN: &str = r#"set -e
# Prints a successful answer; ends the script on any other.
checked() {
  answer=$(cat)
  case $(printf '%s' "$answer" | tr -d ' \n') in
    *'"code":0'[,}]* | *'"code":"0"'* | *'"code":200,"data":'*) printf '%s\n' "$answer" ;;
    *) printf '%s\n' "stopped: the service answered ${answer:-nothing}" >&2; return 1 ;;
  esac
}
# The id of the job that an answer names.
job_id() { sed -n 's/.*"job[Ii][Dd]" *: *"\{0,1\}\([^",}]*\).*/\1/p' | grep .; }
"#;

/// Header of the first wait.
pub(super) const BEGIN_WAITS: &str = r#"# Asks for a job's progress until it waits for its commit; a job that has ended ends the script.
await_commit() {
  while answer=$("$1" | checked); do
    case $(printf '%s' "$answer" | tr -d ' \n' | sed 's/"details":.*\]//') in
      *'"state":"Uncommitted"'*) return 0 ;;
      *'"state":"Completed"'* | *'"state":"Failed"'* | *'"state":"Aborted"'*)
        printf '%s\n' "the script ends here: nothing waits for a commit, but $answer" >&2; return 1 ;;
    esac
    sleep 1
  done
  return 1
}
"#;

/// Returns the variable of a job's id.
pub(super) fn variable(number: usize) -> String {
    format!("job_{number}")
}

/// Returns the commands for a request whose answer is only checked for success.
pub(super) fn change(settings: &Settings, outgoing: &Outgoing, variables: Variables<'_>) -> String {
    let command = curl::command(settings, outgoing, variables);
    let (comment, line, documents) = (command.comment, command.line, command.documents);
    format!("{comment}{line} | checked\n{documents}")
}

/// Returns the commands for a create call, which set the job's variable.
pub(super) fn create(
    settings: &Settings,
    outgoing: &Outgoing,
    number: usize,
    variables: Variables<'_>,
) -> String {
    let variable = variable(number);
    let function = format!("create_{number}");
    let body = in_function(&function, &curl::command(settings, outgoing, variables));
    format!("{body}{variable}=$({function} | checked | job_id)\necho \"job ${variable}\"\n")
}

/// Returns the commands that poll a job's progress until it waits for its commit.
pub(super) fn wait(
    settings: &Settings,
    outgoing: &Outgoing,
    number: usize,
    variables: Variables<'_>,
) -> String {
    let function = format!("progress_{number}");
    let body = in_function(&function, &curl::command(settings, outgoing, variables));
    format!("{body}await_commit {function}\n")
}

fn in_function(name: &str, command: &curl::CurlCommand) -> String {
    let (comment, line, documents) = (&command.comment, &command.line, &command.documents);
    format!("{comment}{name}() {{\n{line}\n{documents}}}\n")
}
