//! What one run shares: output choices, the current connection, the stop flag, the local service.

mod files;
pub mod idle;
pub mod known;
#[cfg(feature = "local")]
pub mod local;
pub mod pager;
mod patient;
mod results;

use crate::api::LogSink;
use crate::config::EditMode;
use crate::connection::Connection;
use crate::error::{Failure, Kind};
use crate::interrupt::{Interrupt, Stop};
use crate::render::{ColorChoice, OutputFormat, Screen};
use pager::PagerChoice;
use patient::Patient;
use std::cell::{Cell, Ref, RefCell};
use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;

/// A line on standard error, from whichever thread. Where that is closed there is nobody left to tell.
pub fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// How the run goes: the command line's choices, which the prompt's `:set` may change.
#[derive(Clone, Debug)]
pub struct Choices {
    /// `-p`: a profile's name, `local`, or an endpoint; what `connect()` uses.
    pub profile: Option<String>,
    /// `-o`.
    pub output: OutputFormat,
    /// `-q`: no notices and no bars.
    pub quiet: bool,
    /// `-v`: the HTTP log on standard error.
    pub verbose: bool,
    /// History and the local service's data.
    pub data_dir: PathBuf,
    /// `--color`.
    pub color: ColorChoice,
    /// The prompt's keys.
    pub edit_mode: EditMode,
    /// What shows results that are longer than the screen, at the prompt.
    pub pager: PagerChoice,
}

/// One run's shared state. Everything that writes, waits or connects goes through it.
pub struct Session {
    choices: RefCell<Choices>,
    /// Raised by Ctrl-C, SIGTERM, the run's deadline or a closed pipe.
    pub interrupt: Interrupt,
    /// The terminal's settings while the prompt waits for a key.
    pub idle: idle::Idle,
    /// What was seen of jobs and collections, and what has a name at the prompt.
    pub known: known::Known,
    current: RefCell<Option<Rc<Connection>>>,
    log: LogSink,
    captured: RefCell<Option<Vec<u8>>>,
    closed_pipe: Cell<bool>,
    unwritten: RefCell<Option<Failure>>,
    exit: Cell<Option<u8>>,
    at_prompt: Cell<bool>,
    #[cfg(feature = "local")]
    local: self::local::LocalService,
}

impl Session {
    /// A session without a connection.
    pub fn new(choices: Choices, interrupt: Interrupt, idle: idle::Idle) -> Self {
        let log = LogSink::new(complain);
        log.turn(choices.verbose);
        Self {
            #[cfg(feature = "local")]
            local: self::local::LocalService::new(choices.data_dir.clone()),
            choices: RefCell::new(choices),
            interrupt,
            idle,
            known: known::Known::default(),
            current: RefCell::default(),
            log,
            captured: RefCell::default(),
            closed_pipe: Cell::new(false),
            unwritten: RefCell::default(),
            exit: Cell::new(None),
            at_prompt: Cell::new(false),
        }
    }

    /// How the run goes. Not to be held while anything else of the session is called.
    pub fn choices(&self) -> Ref<'_, Choices> {
        self.choices.borrow()
    }

    /// Changes how the run goes from here on.
    pub fn choose(&self, change: impl FnOnce(&mut Choices)) {
        change(&mut self.choices.borrow_mut());
        self.log.turn(self.choices().verbose);
    }

    /// The HTTP log of every connection: `-v` and `:set verbose` turn it on.
    pub fn log(&self) -> LogSink {
        self.log.clone()
    }

    /// From here on a person reads what is shown and types the next line: long results are paged.
    pub fn enter_prompt(&self) {
        self.at_prompt.set(true);
    }

    /// True for the prompt's session.
    pub fn at_prompt(&self) -> bool {
        self.at_prompt.get()
    }

    /// What standard output can show now: a terminal may have been resized since the last time.
    pub fn out(&self) -> Screen {
        Screen {
            prompt: self.at_prompt(),
            ..Screen::stdout(self.choices().color)
        }
    }

    /// What standard error can show now.
    pub fn err(&self) -> Screen {
        Screen {
            prompt: self.at_prompt(),
            ..Screen::stderr(self.choices().color)
        }
    }

    /// The connection that functions without one use.
    pub fn current(&self) -> Option<Rc<Connection>> {
        self.current.borrow().clone()
    }

    /// Makes a connection the current one.
    pub fn use_connection(&self, connection: Rc<Connection>) {
        *self.current.borrow_mut() = Some(connection);
    }

    /// The local import service of this process.
    #[cfg(feature = "local")]
    pub fn local(&self) -> &self::local::LocalService {
        &self.local
    }

    /// Runs something and gives, beside its result, what it wrote to standard output, which does not get there.
    pub fn capture<T>(&self, run: impl FnOnce() -> T) -> (T, Vec<u8>) {
        let outer = self.captured.replace(Some(Vec::new()));
        let result = run();
        let written = self.captured.replace(outer).unwrap_or_default();
        (result, written)
    }

    /// True while what is written does not get to standard output.
    fn is_captured(&self) -> bool {
        self.captured.borrow().is_some()
    }

    /// Writes to standard output. A closed pipe ends the run quietly; a stop leaves the rest unwritten.
    pub fn write(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        if self.is_captured() {
            // Into a buffer of its own: what is written may itself call the session.
            let mut bytes = Vec::new();
            write(&mut bytes).map_err(|error| Failure::new(Kind::Refused, error.to_string()))?;
            if let Some(captured) = self.captured.borrow_mut().as_mut() {
                captured.extend(bytes);
            }
            return Ok(());
        }
        let mut out = io::BufWriter::new(Patient::new(io::stdout().lock(), &self.interrupt));
        match write(&mut out).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            Err(error) if patient::is_stop(&error) => Err(self
                .interrupt
                .check()
                .err()
                .unwrap_or(Stop::Interrupted)
                .into()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed_pipe.set(true);
                self.interrupt.raise(Stop::ClosedPipe);
                Err(Failure::new(Kind::ClosedPipe, "standard output was closed"))
            }
            Err(error) => {
                let message = format!("cannot write to standard output: {error}");
                let failure = Failure::new(Kind::Refused, message);
                self.unwritten.borrow_mut().get_or_insert(failure.clone());
                Err(failure)
            }
        }
    }

    /// Reads a text file, or standard input for `-`, of at most 64 MiB; a stop ends the wait.
    pub fn read_text(&self, path: &str) -> Result<String, Failure> {
        files::read_text(path, &self.interrupt)
    }

    /// A line for the person at the terminal, on standard error; nothing with `-q`.
    pub fn notice(&self, text: &str) {
        if !self.choices().quiet {
            self.complain(text);
        }
    }

    /// A line on standard error.
    pub fn complain(&self, text: &str) {
        complain(text);
    }

    /// The first failure to write a result: a run that lost output has not succeeded.
    pub fn unwritten(&self) -> Option<Failure> {
        self.unwritten.borrow().clone()
    }

    /// True once standard output was found closed.
    pub fn closed_pipe(&self) -> bool {
        self.closed_pipe.get()
    }

    /// `exit(code)`: ends the script, and the run with this code.
    pub fn request_exit(&self, code: u8) {
        self.exit.set(Some(code));
    }

    /// The code `exit` was called with.
    pub fn exit_code(&self) -> Option<u8> {
        self.exit.get()
    }
}
