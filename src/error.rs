//! The error type that scripts can catch and that decides the exit code.
//!
//! Each module has its own typed errors ([`crate::api::ApiError`], [`crate::location::LocationError`] …), and all of
//! them convert into a [`Failure`].

use std::fmt;
use std::sync::Arc;

/// The kind of a failure: the word in a script's `e.kind`, and the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Kind {
    /// The script doesn't parse, or threw a value of its own.
    Script,
    /// A function was called with wrong arguments: an unknown option, a wrong type, no connection.
    Usage,
    /// The command line is wrong, or passes arguments that the script doesn't take.
    Arguments,
    /// The service couldn't be reached.
    Connect,
    /// The API key is missing or was refused.
    Auth,
    /// An import job failed or was aborted.
    JobFailed,
    /// A deadline passed while waiting.
    Timeout,
    /// It isn't known whether a submission made a job.
    Unknown,
    /// The service, or a check of zshell's own, refused the request.
    Refused,
    /// The service is busy; the same call may succeed later.
    Busy,
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// SIGHUP.
    HungUp,
    /// Standard output was closed by its reader.
    ClosedPipe,
}

impl Kind {
    /// All kinds.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// Returns the word that scripts compare with `e.kind`.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Returns the process exit code. No other place maps failures to exit codes.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Script | Self::Usage => 1,
            Self::Arguments => 2,
            Self::Connect | Self::Auth => 3,
            Self::JobFailed => 4,
            Self::Timeout => 5,
            Self::Unknown => 6,
            Self::Refused => 7,
            Self::Busy => 75,
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::ClosedPipe => 141,
            Self::Terminated => 143,
        }
    }
}

/// A failure: what happened and what to do next. Messages are lower case, have no trailing period and contain no
/// secrets.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The kind, which decides the exit code.
    pub kind: Kind,
    /// The service's error code, if the service sent one.
    pub code: Option<i64>,
    /// The attempted operation and the result.
    pub message: String,
    /// The next step for the user.
    pub hint: Option<String>,
    /// The ids of the affected jobs.
    pub jobs: Vec<String>,
    /// Where the failure happened, if a script caught it. A rethrow keeps it.
    pub origin: Option<Arc<ErrorOrigin>>,
}

/// A position in the source of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePosition {
    /// The source's name: a file, `eval`, or a statement of the prompt.
    pub source: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column, counted from 1 in characters; 0 if only the line is known.
    pub column: usize,
}

/// Where a script's failure happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorOrigin {
    /// The position, if known.
    pub place: Option<SourcePosition>,
    /// The callers up to the `catch`, innermost first: the function and the position of the call.
    pub trace: Vec<(String, SourcePosition)>,
}

impl Failure {
    /// Returns a failure with a message, without hint and jobs.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: None,
            message: message.into(),
            hint: None,
            jobs: Vec::new(),
            origin: None,
        }
    }

    /// Returns true if the same call may succeed later: the service is unreachable, busy, or failed internally (Milvus'
    /// codes for a service that isn't ready).
    pub fn is_transient(&self) -> bool {
        let internal = matches!(self.code, Some(1 | 5 | 500 | 65535));
        matches!(self.kind, Kind::Connect | Kind::Busy) || (self.kind == Kind::Refused && internal)
    }

    /// Returns true if the run or a wait was stopped.
    pub(crate) fn is_stop(&self) -> bool {
        use Kind::{ClosedPipe, HungUp, Interrupted, Terminated, Timeout};
        let stops = [Interrupted, Terminated, HungUp, Timeout, ClosedPipe];
        stops.contains(&self.kind)
    }

    /// Returns a failure for a call with wrong arguments.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Returns a failure for a call that the service or the system refused.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// Turns a failure into one of the command line, with the name of the wrong argument.
    #[must_use]
    pub fn of_the_command_line(mut self) -> Self {
        self.kind = Kind::Arguments;
        self
    }

    /// Turns a refusal into a failure of another kind.
    #[must_use]
    pub(crate) fn refused_as(mut self, kind: Kind) -> Self {
        if self.kind == Kind::Refused {
            self.kind = kind;
        }
        self
    }

    /// Sets the hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the hint, if there is one to set.
    #[must_use]
    pub fn with_any_hint(self, hint: Option<impl Into<String>>) -> Self {
        match hint {
            Some(hint) => self.with_hint(hint),
            None => self,
        }
    }

    /// Sets the hint if the failure has none.
    #[must_use]
    pub fn or_hint(mut self, hint: &str) -> Self {
        self.hint.get_or_insert_with(|| hint.to_owned());
        self
    }

    /// Adds a further step to the hint.
    #[must_use]
    pub(crate) fn and_hint(mut self, more: &str) -> Self {
        let hint = self.hint.take().map(|hint| format!("{hint}; {more}"));
        self.with_hint(hint.unwrap_or_else(|| more.to_owned()))
    }

    /// Sets the affected jobs.
    #[must_use]
    pub fn with_jobs(mut self, jobs: Vec<String>) -> Self {
        self.jobs = jobs;
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(code) = self.code {
            write!(f, " (code {code})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
