//! The shared state of a run: settings, the current connection, the stop flag, the local service.

pub(crate) mod arguments;
mod ask;
mod files;
pub(crate) mod idle;
mod interruptible_writer;
pub(crate) mod known;
#[cfg(feature = "local")]
pub(crate) mod local;
pub(crate) mod locks;
pub(crate) mod log;
pub(crate) mod names;
pub(crate) mod pager;
#[cfg(unix)]
mod ready;
mod rehearsal;
mod results;
#[cfg(unix)]
pub(crate) mod standard_input;

use self::arguments::Arguments;
use self::log::{Log, LogFormat, LogLevel};
use crate::api::{BUSY_WAIT, DryRun, LogSink};
use crate::config::EditMode;
use crate::connection::Connection;
use crate::error::{Failure, Kind};
use crate::guide::CommandHelp;
use crate::interrupt::{Interrupt, Stop};
use crate::render::signals::SignalChoices;
use crate::render::{ColorChoice, OutputFormat, Screen, status};
use crate::secret::Secret;
use crate::submission::{Notice, SubmissionContext, Submitter};
use interruptible_writer::{InterruptibleWriter, stop_of};
use pager::PagerChoice;
use rehearsal::{comment, dry_run};
use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;

/// The settings of a run: the command line's options, which the prompt's `:set` may change.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// `-p`: the profile name, `local` or endpoint that `connect()` uses.
    pub profile: Option<String>,
    /// `-o`.
    pub output: OutputFormat,
    /// `-q`: no notices and no bars.
    pub quiet: bool,
    /// `-v`: the HTTP log on standard error.
    pub verbose: bool,
    /// The data folder: history and the local service's data.
    pub data_dir: PathBuf,
    /// `--color`.
    pub color: ColorChoice,
    /// `--yes`: don't ask for confirmation.
    pub yes: bool,
    /// `--log-format`.
    pub log_format: LogFormat,
    /// `--lib` and `ZSHELL_LIB`: library folders, searched after the script's own folder.
    pub lib: Vec<PathBuf>,
    /// `--dry-run`: show requests that would change something instead of sending them.
    pub dry_run: bool,
    /// `--no-commands`: scripts can't run programs.
    pub no_commands: bool,
    /// The prompt's key bindings.
    pub edit_mode: EditMode,
    /// The pager of the prompt.
    pub pager: PagerChoice,
    /// The prompt shows the time of each statement.
    pub timing: bool,
    /// Names of the options given on the command line, which win over `config.toml`.
    pub given: Vec<String>,
    /// The terminal's signals about long waits.
    pub signals: SignalChoices,
}

impl Choices {
    fn log(&self) -> Log {
        Log {
            format: self.log_format,
            quiet: self.quiet,
            verbose: self.verbose,
        }
    }

    /// Returns the colours of the line about a slow call and the signals of its end, if they're wanted.
    fn status(&self) -> Option<(ColorChoice, SignalChoices)> {
        let wanted = !self.quiet && self.log_format == LogFormat::Text;
        wanted.then_some((self.color, self.signals))
    }
}

/// Returns the descriptions of the prompt's commands.
type DescribedCommands = fn() -> Vec<CommandHelp>;

/// The shared state of a run. Everything that writes, waits or connects goes through it.
pub struct Session {
    choices: RefCell<Choices>,
    /// Raised by Ctrl-C, SIGTERM, the run's deadline or a closed pipe.
    pub interrupt: Interrupt,
    /// The terminal settings while the prompt waits for a key.
    pub idle: idle::PromptTerminal,
    /// The journal and the state that submissions share.
    pub desk: SubmissionContext,
    /// Jobs seen so far, and names that services list.
    pub known: known::Known,
    /// The locks held by the script.
    pub locks: locks::Locks,
    current: RefCell<Option<Rc<Connection>>>,
    http_log: LogSink,
    captured: RefCell<Option<Vec<u8>>>,
    closed_pipe: Cell<bool>,
    unwritten: RefCell<Option<Failure>>,
    exit: Cell<Option<u8>>,
    /// The kind of failure of a batch that continued after failures.
    failed: Cell<Option<Kind>>,
    /// The script's arguments.
    pub arguments: RefCell<Arguments>,
    dry_run: DryRun,
    /// The prompt's commands for help. `None` outside of the prompt.
    prompt_commands: Cell<Option<DescribedCommands>>,
    answers: RefCell<BTreeMap<String, Secret>>,
    #[cfg(feature = "local")]
    local: self::local::LocalService,
}

impl Session {
    /// Returns a session without a connection.
    pub fn new(choices: Choices, interrupt: Interrupt, idle: idle::PromptTerminal) -> Self {
        let log = choices.log();
        let http_log = LogSink::new(move |line| log.line(LogLevel::Debug, line));
        http_log.turn(choices.verbose);
        interrupt.pending().observe(status::show);
        status::configure(choices.status());
        Self {
            #[cfg(feature = "local")]
            local: self::local::LocalService::new(
                choices.data_dir.clone(),
                self::log::warner(choices.log_format),
            ),
            desk: SubmissionContext::new(
                &choices.data_dir,
                self::log::warning(choices.log_format),
                interrupt.clone(),
            ),
            choices: RefCell::new(choices),
            dry_run: dry_run(&interrupt),
            interrupt,
            idle,
            known: known::Known::default(),
            locks: locks::Locks::default(),
            current: RefCell::default(),
            http_log,
            captured: RefCell::default(),
            closed_pipe: Cell::new(false),
            unwritten: RefCell::default(),
            exit: Cell::new(None),
            failed: Cell::new(None),
            arguments: RefCell::default(),
            prompt_commands: Cell::new(None),
            answers: RefCell::default(),
        }
    }

    /// Returns the settings. Don't hold the reference while calling other functions of the session.
    pub fn choices(&self) -> Ref<'_, Choices> {
        self.choices.borrow()
    }

    /// Changes the settings.
    pub fn choose(&self, change: impl FnOnce(&mut Choices)) {
        change(&mut self.choices.borrow_mut());
        let choices = self.choices();
        self.http_log.turn(choices.verbose);
        status::configure(choices.status());
    }

    /// Returns the HTTP log of all connections, which `-v` and `:set verbose` turn on.
    pub fn http_log(&self) -> LogSink {
        self.http_log.clone()
    }

    /// Marks the session as the prompt's, where long results go through a pager and help describes these commands.
    pub fn enter_prompt(&self, commands: DescribedCommands) {
        self.prompt_commands.set(Some(commands));
    }

    /// Returns true for the prompt's session.
    pub fn at_prompt(&self) -> bool {
        self.prompt_commands.get().is_some()
    }

    /// Returns the prompt's commands; none outside of the prompt.
    pub fn prompt_commands(&self) -> Vec<CommandHelp> {
        let commands = self.prompt_commands.get();
        commands.map_or_else(Vec::new, |commands| commands())
    }

    /// Returns the abilities of standard output. Measured on each call, because a terminal may be resized.
    pub fn out(&self) -> Screen {
        Screen {
            prompt: self.at_prompt(),
            ..Screen::stdout(self.choices().color)
        }
    }

    /// Returns the abilities of standard error.
    pub fn err(&self) -> Screen {
        Screen {
            prompt: self.at_prompt(),
            ..Screen::stderr(self.choices().color)
        }
    }

    /// Returns the abilities of standard error if a bar is wanted there and can be redrawn.
    pub(crate) fn bar_screen(&self) -> Option<Screen> {
        let wanted = self.choices().status().is_some();
        Some(self.err()).filter(|screen| wanted && screen.redraw)
    }

    /// Returns the current connection, which functions without a connection use.
    pub fn current(&self) -> Option<Rc<Connection>> {
        self.current.borrow().clone()
    }

    /// Sets the current connection.
    pub fn use_connection(&self, connection: Rc<Connection>) {
        *self.current.borrow_mut() = Some(connection);
    }

    /// Returns a submitter for this connection. Its notices go to standard error.
    pub fn submitter<'a>(
        &'a self,
        connection: &'a Connection,
        notify: &'a dyn Fn(Notice),
    ) -> Submitter<'a> {
        Submitter {
            desk: &self.desk,
            client: &connection.client,
            connection: &connection.name,
            notify,
            busy_wait: connection.client.settings().busy_wait.unwrap_or(BUSY_WAIT),
        }
    }

    /// Returns the local import service of this process.
    #[cfg(feature = "local")]
    pub fn local(&self) -> &self::local::LocalService {
        &self.local
    }

    /// Returns the sink of simulated requests if `--dry-run` is given.
    pub fn dry_run(&self) -> Option<DryRun> {
        self.choices().dry_run.then(|| self.dry_run.clone())
    }

    /// Runs a function and returns its result with the text it wrote, which doesn't reach standard output.
    pub fn capture<T>(&self, run: impl FnOnce() -> T) -> (T, Vec<u8>) {
        let outer = self.captured.replace(Some(Vec::new()));
        let result = run();
        let written = self.captured.replace(outer).unwrap_or_default();
        (result, written)
    }

    /// Returns true while output is captured.
    fn is_captured(&self) -> bool {
        self.captured.borrow().is_some()
    }

    /// Writes to standard output. A closed pipe ends the run quietly, and a stop leaves the rest unwritten. In a dry
    /// run the text becomes a comment, so standard output as a whole is a shell script of the requests.
    pub fn write(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        if self.is_captured() {
            // Buffered first, because `write` may call the session itself.
            let mut bytes = Vec::new();
            write(&mut bytes).map_err(|error| Failure::refused(error.to_string()))?;
            if let Some(captured) = self.captured.borrow_mut().as_mut() {
                captured.extend(bytes);
            }
            return Ok(());
        }
        status::clear();
        let commented = self.choices().dry_run;
        let out = InterruptibleWriter::new(io::stdout().lock(), &self.interrupt);
        let mut out = io::BufWriter::new(out);
        let written = if commented {
            comment(write, &mut out)
        } else {
            write(&mut out)
        };
        let written = written.and_then(|()| out.flush());
        if let Some(stop) = written.as_ref().err().and_then(stop_of) {
            return Err(stop.into());
        }
        match written {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed_pipe.set(true);
                self.interrupt.raise(Stop::ClosedPipe);
                Err(Failure::new(Kind::ClosedPipe, "standard output was closed"))
            }
            Err(error) => {
                let message = format!("cannot write to standard output: {error}");
                let failure = Failure::refused(message);
                self.unwritten.borrow_mut().get_or_insert(failure.clone());
                Err(failure)
            }
        }
    }

    /// Returns the first failure to write a result. A run that lost output must not succeed.
    pub fn unwritten(&self) -> Option<Failure> {
        self.unwritten.borrow().clone()
    }

    /// Returns true after standard output was found closed.
    pub fn closed_pipe(&self) -> bool {
        self.closed_pipe.get()
    }

    /// Ends the script and the run with this exit code (`exit(code)`).
    pub fn request_exit(&self, code: u8) {
        self.exit.set(Some(code));
    }

    /// Records that a batch continued after failures of this kind, which decides the exit code if the script succeeds.
    pub fn note_failed(&self, kind: Kind) {
        if !self.at_prompt() && self.failed.get() != Some(Kind::Unknown) {
            self.failed.set(Some(kind));
        }
    }

    /// Returns the exit code of a script that succeeded: the argument of `exit`, or the code of a batch with failures.
    pub fn success_code(&self) -> u8 {
        let failed = || self.failed.get().map(Kind::exit_code);
        self.exit_code().or_else(failed).unwrap_or(0)
    }

    /// Returns the argument of `exit`.
    pub fn exit_code(&self) -> Option<u8> {
        self.exit.get()
    }
}

#[cfg(test)]
impl Session {
    /// Returns a session for tests, which writes JSON and asks nothing.
    pub(crate) fn for_tests(data_dir: &std::path::Path) -> Self {
        let choices = Choices {
            output: OutputFormat::Json,
            quiet: true,
            data_dir: data_dir.to_owned(),
            color: ColorChoice::Never,
            yes: true,
            pager: PagerChoice::Off,
            ..Choices::default()
        };
        Self::new(choices, Interrupt::new(), idle::PromptTerminal::default())
    }
}
