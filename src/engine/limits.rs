//! Limits on the size of script values: `[limits]` of `config.toml`.
//!
//! Rhai's own limits count a whole value again at every change, so pushing `n` items costs `n²`. Here a variable is
//! measured when a script uses it: its own length every time, everything inside it only if measuring takes a small part
//! of the script's time. Functions whose result can be far larger than their arguments check its size first. Between
//! two measurements a value can exceed a limit by a factor. A loop that uses no variable but `this` isn't measured.

use super::types::{List, Record};
use crate::config::ScriptLimits;
use crate::error::{Failure, Kind};
use rhai::{Array, Blob, Dynamic, Engine, EvalAltResult, INT, ImmutableString, Position};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// A variable is measured again after this many times the duration of the last measurement.
const REST: u32 = 10;

/// Maximum size of everything inside one value, as a multiple of the limit on one text or list.
const INSIDE: usize = 4;

/// Bytes of text that a script may use between two checks of the process's memory.
const TEXT_BETWEEN_CHECKS: usize = 64 << 20;

/// An operation of this duration, which may have copied a large value, leads to a check of the process's memory.
const LONG_OPERATION: Duration = Duration::from_millis(20);

type Checked = Result<(), Box<EvalAltResult>>;

/// Measures the variables that a script uses.
pub(super) struct SizeGuard {
    limits: ScriptLimits,
    /// When each variable may be measured again.
    due: RefCell<HashMap<String, Instant>>,
    /// Bytes of text used since the last check of the process's memory.
    text_used: Cell<usize>,
    /// When an array or map was used last.
    used: Cell<Instant>,
}

/// The size of a value with everything inside it.
#[derive(Default)]
struct Totals {
    nodes: usize,
    text: usize,
}

impl SizeGuard {
    pub(super) fn new(limits: ScriptLimits) -> Rc<Self> {
        Rc::new(Self {
            limits,
            due: RefCell::default(),
            text_used: Cell::new(0),
            used: Cell::new(Instant::now()),
        })
    }

    /// Returns an error if the variable's value exceeds a limit.
    pub(super) fn check(&self, name: &str, value: &Dynamic) -> Checked {
        // Most variables are numbers, which have no size.
        if value.is_int() || value.is_float() || value.is_bool() {
            return Ok(());
        }
        if let Some(length) = self.limits.text_length(value)? {
            let used = self.text_used.get().saturating_add(length);
            self.text_used.set(used);
            return Ok(());
        }
        let Some((what, length)) = with_items(value, |what, length, _| (what, length)) else {
            return Ok(());
        };
        at_most(what, "items", length, self.limits.items)?;
        let start = Instant::now();
        if start - self.used.replace(start) > LONG_OPERATION {
            self.text_used.set(TEXT_BETWEEN_CHECKS);
        }
        let mut due = self.due.borrow_mut();
        if length == 0 || due.get(name).is_some_and(|due| start < *due) {
            return Ok(());
        }
        self.limits.measure(value, 1, &mut Totals::default())?;
        let end = Instant::now();
        due.insert(name.to_owned(), end + (end - start) * REST);
        Ok(())
    }

    /// Returns an error if the process uses too much memory. It's called at every operation, and does nothing unless
    /// much text was used or `regular` is set.
    pub(super) fn check_memory(&self, regular: bool) -> Result<(), Failure> {
        if self.text_used.get() < TEXT_BETWEEN_CHECKS && !regular {
            return Ok(());
        }
        self.text_used.set(0);
        let limit = self.limits.memory_bytes;
        match resident_bytes() {
            Some(used) if used > limit => Err(failure("zshell's memory", "memory_bytes", limit)),
            _ => Ok(()),
        }
    }
}

impl ScriptLimits {
    /// Returns the length of a text or blob in bytes, or `None` for another value.
    fn text_length(&self, value: &Dynamic) -> Result<Option<usize>, Box<EvalAltResult>> {
        let (what, length) = if let Ok(text) = value.as_immutable_string_ref() {
            ("the text", text.len())
        } else if let Ok(bytes) = value.as_blob_ref() {
            ("the blob", bytes.len())
        } else {
            return Ok(None);
        };
        self.check_bytes(what, length)?;
        Ok(Some(length))
    }

    fn check_bytes(&self, what: &str, length: usize) -> Checked {
        at_most(what, "string_bytes", length, self.string_bytes)
    }

    /// Adds the value's size to `totals`. Recursion ends at the nesting limit.
    fn measure(&self, value: &Dynamic, depth: usize, totals: &mut Totals) -> Checked {
        totals.nodes += 1;
        let max_nodes = self.items.saturating_mul(INSIDE);
        at_most("the value", "items", totals.nodes, max_nodes)?;
        if let Some(length) = self.text_length(value)? {
            totals.text = totals.text.saturating_add(length);
            let max_text = self.string_bytes.saturating_mul(INSIDE);
            return at_most("the value's text", "string_bytes", totals.text, max_text);
        }
        let inside = with_items(value, |what, length, items| {
            at_most(what, "items", length, self.items)?;
            at_most("the value", "nesting", depth, self.nesting)?;
            for item in items {
                self.measure(item, depth + 1, totals)?;
            }
            Ok(())
        });
        inside.unwrap_or(Ok(()))
    }

    /// Replaces Rhai's functions that can make a value of any size out of small ones.
    pub(super) fn register(self, engine: &mut Engine) {
        type Text = ImmutableString;
        engine
            .register_fn(
                "pad",
                move |list: &mut Array, length: INT, item: Dynamic| {
                    self.pad_list(list, length, item)
                },
            )
            .register_fn("pad", move |bytes: &mut Blob, length: INT, byte: INT| {
                self.pad_blob(bytes, length, byte)
            })
            .register_fn("pad", move |text: &mut Text, length: INT, with: char| {
                self.pad(text, length, with.encode_utf8(&mut [0; 4]))
            })
            .register_fn("pad", move |text: &mut Text, length: INT, with: Text| {
                self.pad(text, length, &with)
            })
            .register_fn("blob", move |length: INT| self.blob(length, 0))
            .register_fn("blob", move |length: INT, byte: INT| {
                self.blob(length, byte)
            })
            .register_fn("replace", move |text: &mut Text, old: Text, new: Text| {
                self.replace(text, &old, &new)
            })
            .register_fn("replace", move |text: &mut Text, old: char, new: Text| {
                self.replace(text, old.encode_utf8(&mut [0; 4]), &new)
            });
    }

    fn pad_list(&self, list: &mut Array, length: INT, item: Dynamic) -> Checked {
        let length = usize::try_from(length).unwrap_or(0);
        at_most("the array", "items", length, self.items)?;
        let mut totals = Totals::default();
        self.measure(&item, 1, &mut totals)?;
        let copies = length.saturating_sub(list.len());
        let bytes = totals
            .nodes
            .saturating_mul(copies)
            .saturating_mul(size_of::<Dynamic>());
        at_most(
            "the array's memory",
            "memory_bytes",
            bytes,
            self.memory_bytes,
        )?;
        if copies > 0 {
            list.resize(length, item);
        }
        Ok(())
    }

    fn pad_blob(&self, bytes: &mut Blob, length: INT, byte: INT) -> Checked {
        let length = usize::try_from(length).unwrap_or(0);
        self.check_bytes("the blob", length)?;
        bytes.resize(length.max(bytes.len()), low_byte(byte));
        Ok(())
    }

    fn blob(&self, length: INT, byte: INT) -> Result<Blob, Box<EvalAltResult>> {
        let mut bytes = Blob::new();
        self.pad_blob(&mut bytes, length, byte)?;
        Ok(bytes)
    }

    /// Appends repetitions of `with` until the text has `length` characters.
    fn pad(&self, text: &mut ImmutableString, length: INT, with: &str) -> Checked {
        let length = usize::try_from(length).unwrap_or(0);
        let missing = length.saturating_sub(text.chars().count());
        if missing == 0 || with.is_empty() {
            return Ok(());
        }
        let count = with.chars().count();
        let rest: String = with.chars().take(missing % count).collect();
        let whole = missing / count;
        let bytes = whole.saturating_mul(with.len());
        self.check_bytes("the text", bytes.saturating_add(rest.len() + text.len()))?;
        *text += with.repeat(whole) + rest.as_str();
        Ok(())
    }

    fn replace(&self, text: &mut ImmutableString, old: &str, new: &str) -> Checked {
        if text.is_empty() {
            return Ok(());
        }
        if new.len() > old.len() {
            let grown = text
                .matches(old)
                .count()
                .saturating_mul(new.len() - old.len());
            self.check_bytes("the text", grown.saturating_add(text.len()))?;
        }
        *text = text.replace(old, new).into();
        Ok(())
    }
}

/// Calls `read` with the words for an array or map, its length and its items. Returns `None` for another value.
fn with_items<R>(
    value: &Dynamic,
    read: impl FnOnce(&'static str, usize, &mut dyn Iterator<Item = &Dynamic>) -> R,
) -> Option<R> {
    Some(if let Ok(list) = value.as_array_ref() {
        read("the array", list.len(), &mut list.iter())
    } else if let Ok(map) = value.as_map_ref() {
        read("the map", map.len(), &mut map.values())
    } else if let Some(list) = value.read_lock::<List>() {
        read("the array", list.items().len(), &mut list.items().iter())
    } else if let Some(record) = value.read_lock::<Record>() {
        read("the map", record.map().len(), &mut record.map().values())
    } else {
        return None;
    })
}

/// Returns the byte that Rhai takes of a number.
fn low_byte(number: INT) -> u8 {
    number.to_le_bytes()[0]
}

fn at_most(what: &str, setting: &str, size: usize, limit: usize) -> Checked {
    if size <= limit {
        return Ok(());
    }
    let failure = Dynamic::from(failure(what, setting, limit));
    Err(EvalAltResult::ErrorRuntime(failure, Position::NONE).into())
}

fn failure(what: &str, setting: &str, limit: usize) -> Failure {
    let message = match setting {
        "items" => format!("{what} would have more than {limit} items"),
        "nesting" => format!("{what} is nested more than {limit} deep"),
        _ => format!("{what} would take more than {limit} bytes"),
    };
    Failure::new(Kind::Script, message).with_hint(format!(
        "{setting} under [limits] in config.toml sets the limit"
    ))
}

/// Returns the memory that the process uses, if the system reports it.
fn resident_bytes() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * PAGE)
}

/// Bytes of a memory page. Systems with larger pages report less memory than they use.
const PAGE: usize = 4096;
