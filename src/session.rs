//! What one run shares: output choices, the current connection, the stop flag, the local service.

mod files;
pub mod idle;
#[cfg(feature = "local")]
pub mod local;

use crate::connection::Connection;
use crate::error::{Failure, Kind};
use crate::interrupt::{Interrupt, Stop};
use crate::render::{self, OutputFormat, Screen, Shown};
use crate::submission::{Desk, Submitter};
use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;

/// A line on standard error, from whichever thread. Where that is closed there is nobody left to tell.
pub fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The choices of the command line that hold for the whole run.
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
    /// What standard output can show.
    pub out: Screen,
    /// What standard error can show.
    pub err: Screen,
}

/// One run's shared state. Everything that writes, waits or connects goes through it.
pub struct Session {
    /// The command line's choices.
    pub choices: Choices,
    /// Raised by Ctrl-C, SIGTERM, the run's deadline or a closed pipe.
    pub interrupt: Interrupt,
    /// The terminal's settings while the prompt waits for a key.
    pub idle: idle::Idle,
    /// The journal, and what submissions share.
    pub desk: Desk,
    current: RefCell<Option<Rc<Connection>>>,
    closed_pipe: Cell<bool>,
    unwritten: RefCell<Option<Failure>>,
    exit: Cell<Option<u8>>,
    #[cfg(feature = "local")]
    local: self::local::LocalService,
}

impl Session {
    /// A session without a connection.
    pub fn new(choices: Choices, interrupt: Interrupt, idle: idle::Idle) -> Self {
        Self {
            #[cfg(feature = "local")]
            local: self::local::LocalService::new(choices.data_dir.clone()),
            desk: Desk::new(&choices.data_dir),
            choices,
            interrupt,
            idle,
            current: RefCell::default(),
            closed_pipe: Cell::new(false),
            unwritten: RefCell::default(),
            exit: Cell::new(None),
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

    /// Submits over this connection; what there is to tell goes to standard error.
    pub fn submitter<'a>(
        &'a self,
        connection: &'a Connection,
        tell: &'a dyn Fn(&str),
    ) -> Submitter<'a> {
        Submitter {
            desk: &self.desk,
            client: &connection.client,
            connection: &connection.name,
            tell,
        }
    }

    /// The local import service of this process.
    #[cfg(feature = "local")]
    pub fn local(&self) -> &self::local::LocalService {
        &self.local
    }

    /// Writes a result to standard output in the chosen format.
    pub fn show(&self, shown: Shown<'_>) -> Result<(), Failure> {
        self.show_as(shown, self.choices.output)
    }

    /// Writes a result to standard output in this format.
    pub fn show_as(&self, shown: Shown<'_>, format: OutputFormat) -> Result<(), Failure> {
        self.write(|out| render::write(out, &shown, format, &self.choices.out))
    }

    /// Writes to standard output. A closed pipe ends the run quietly.
    pub fn write(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        match write(&mut out).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
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
        if !self.choices.quiet {
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
