//! What failed, as scripts and the exit code see it.
//!
//! Each room has typed errors of its own ([`crate::api::ApiError`], [`crate::location::LocationError`] …);
//! they all become a [`Failure`], which a script can catch and which decides the exit code.

use std::fmt;

/// The kind of a failure: the word a script reads as `e.kind`, and the exit code it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The script does not parse, or threw something of its own.
    Script,
    /// A function was called wrongly: unknown option, wrong type, nothing to connect to.
    Usage,
    /// The command line is wrong, or gives the script arguments that it does not take.
    Arguments,
    /// The service could not be reached.
    Connect,
    /// The key was missing or refused.
    Auth,
    /// An import job failed or was aborted.
    JobFailed,
    /// A deadline passed while waiting.
    Timeout,
    /// The outcome of a submission is not known.
    Unknown,
    /// The service, or one of our own checks, refused the request.
    Refused,
    /// The service is busy; the same call may succeed later.
    Busy,
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// Nobody reads standard output any more.
    ClosedPipe,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Script,
        Self::Usage,
        Self::Arguments,
        Self::Connect,
        Self::Auth,
        Self::JobFailed,
        Self::Timeout,
        Self::Unknown,
        Self::Refused,
        Self::Busy,
        Self::Interrupted,
        Self::Terminated,
        Self::ClosedPipe,
    ];

    /// The word scripts compare `e.kind` with.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Usage => "usage",
            Self::Arguments => "arguments",
            Self::Connect => "connect",
            Self::Auth => "auth",
            Self::JobFailed => "job_failed",
            Self::Timeout => "timeout",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::Busy => "busy",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
            Self::ClosedPipe => "closed_pipe",
        }
    }

    /// The process exit code: the only place where a failure becomes one.
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
            Self::Interrupted => 130,
            Self::ClosedPipe => 141,
            Self::Terminated => 143,
        }
    }
}

/// A failure with what happened and what to do next; lower case, no trailing period, never a secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What kind of failure, and so which exit code.
    pub kind: Kind,
    /// The service's own error code, where it gave one.
    pub code: Option<i64>,
    /// What was tried and what happened.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// The ids of the jobs concerned.
    pub jobs: Vec<String>,
}

impl Failure {
    /// A failure of this kind with a message and nothing else.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: None,
            message: message.into(),
            hint: None,
            jobs: Vec::new(),
        }
    }

    /// True where the same call may succeed later: the service is away, busy, or failed at it (Milvus' codes of a service
    /// that is not ready or has failed internally).
    pub fn may_pass(&self) -> bool {
        let internal = matches!(self.code, Some(1 | 5 | 500 | 65535));
        matches!(self.kind, Kind::Connect | Kind::Busy) || (self.kind == Kind::Refused && internal)
    }

    /// A call made wrongly.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// The same failure as one of the command line, which names what is wrong.
    #[must_use]
    pub fn of_the_command_line(mut self) -> Self {
        self.kind = Kind::Arguments;
        self
    }

    /// The same failure with advice.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same failure with advice, unless it has some.
    #[must_use]
    pub fn or_hint(mut self, hint: &str) -> Self {
        self.hint.get_or_insert_with(|| hint.to_owned());
        self
    }

    /// The same failure naming the jobs concerned.
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
