//! Signals to the terminal about work that takes long: a bell or a notification at the end, and meanwhile the progress
//! in the task bar and in the window's title.
//!
//! The sequences: BEL; OSC 9 (a notification in `iTerm2`, kitty, `WezTerm`, Windows Terminal); OSC 9;4 (`ConEmu`'s progress,
//! also in Windows Terminal, Ghostty, `WezTerm`); OSC 2 (the title) with XTWINOPS 22 and 23, which save and restore the
//! title. All text in them is zshell's own.

use std::fmt::Write;
use std::time::Duration;

/// Time from which on the end of work is signalled.
pub(super) const LONG: Duration = Duration::from_secs(10);

/// The signal at the end of a long wait: `:set bell`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum BellChoice {
    /// The terminal's bell.
    #[default]
    On,
    /// None.
    Off,
    /// A notification of the desktop.
    Notify,
}

/// The progress in the task bar: `:set taskbar`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum TaskbarChoice {
    /// In terminals that are known to show it. Some others take the sequence for a notification.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// The signals that the terminal gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignalChoices {
    /// The signal at the end.
    pub bell: BellChoice,
    /// The progress in the task bar.
    pub taskbar: TaskbarChoice,
    /// The progress in the window's title.
    pub title: bool,
}

impl SignalChoices {
    /// No signals.
    pub(super) const NONE: Self = Self {
        bell: BellChoice::Off,
        taskbar: TaskbarChoice::Off,
        title: false,
    };

    /// Returns the sequences that show a percentage.
    pub(super) fn percent(self, percent: u8, first: bool) -> String {
        let mut text = String::new();
        if self.has_taskbar() {
            let _ = write!(text, "\x1b]9;4;1;{percent}\x07");
        }
        if self.title {
            let save = if first { "\x1b[22;2t" } else { "" };
            let _ = write!(text, "{save}\x1b]2;{percent}% zshell\x07");
        }
        text
    }

    /// Returns the sequences that remove a percentage.
    pub(super) fn end_of_percent(self) -> String {
        let taskbar = if self.has_taskbar() {
            "\x1b]9;4;0;\x07"
        } else {
            ""
        };
        let title = if self.title { "\x1b[23;2t" } else { "" };
        format!("{taskbar}{title}")
    }

    /// Returns the signal at the end of work.
    pub(super) fn end(self, message: &str) -> String {
        match self.bell {
            BellChoice::On => "\x07".to_owned(),
            BellChoice::Off => String::new(),
            BellChoice::Notify => format!("\x1b]9;{message}\x07"),
        }
    }

    fn has_taskbar(self) -> bool {
        match self.taskbar {
            TaskbarChoice::On => true,
            TaskbarChoice::Off => false,
            TaskbarChoice::Auto => {
                let is = |name: &str, values: &[&str]| {
                    std::env::var(name).is_ok_and(|value| values.contains(&value.as_str()))
                };
                std::env::var_os("WT_SESSION").is_some()
                    || is("ConEmuANSI", &["ON"])
                    || is("TERM_PROGRAM", &["ghostty", "WezTerm"])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BellChoice, SignalChoices, TaskbarChoice};

    #[test]
    fn each_signal_can_be_chosen() {
        let all = SignalChoices {
            bell: BellChoice::Notify,
            taskbar: TaskbarChoice::On,
            title: true,
        };
        assert_eq!(
            all.percent(42, true),
            "\x1b]9;4;1;42\x07\x1b[22;2t\x1b]2;42% zshell\x07"
        );
        assert_eq!(
            all.percent(43, false),
            "\x1b]9;4;1;43\x07\x1b]2;43% zshell\x07"
        );
        assert_eq!(all.end_of_percent(), "\x1b]9;4;0;\x07\x1b[23;2t");
        assert_eq!(all.end("wait: done"), "\x1b]9;wait: done\x07");
        let none = SignalChoices::NONE;
        assert_eq!(
            (none.percent(42, true), none.end_of_percent()),
            Default::default()
        );
        assert_eq!(none.end("wait: done"), "");
        assert_eq!(SignalChoices::default().end("wait: done"), "\x07");
    }
}
