//! `lock`, `unlock`: for a script that must run once at a time.

use crate::engine::call::{Call, Function};
use crate::engine::describe::{Family, Opt, Takes, opt};
use crate::engine::types::Gives;
use crate::error::Failure;
use rhai::Dynamic;
use std::time::{Duration, Instant};

/// Maximum length of a name, in bytes.
const LONGEST: usize = 100;
/// The time between two attempts.
const INTERVAL: Duration = Duration::from_millis(100);

const OPTIONS: &[Opt] = &[opt("timeout", "maximum time to wait for another run to end").or("0")];

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Script.table([
    Function::new(
        &["lock(name)", "lock(name, #{timeout})"],
        "takes a lock until the run ends; returns false if another run holds it",
        "if !lock(\"nightly\") { exit(75); }",
        lock,
    )
    .options(OPTIONS)
    .takes(&[Takes::Anything, Takes::Options])
    .gives(Gives::Flag)
    .related(&["unlock", "exit"]),
    Function::new(
        &["unlock(name)"],
        "releases a lock early; returns false if it wasn't held",
        "unlock(\"nightly\")",
        unlock,
    )
    .gives(Gives::Flag)
    .related(&["lock"]),
]);

fn lock(call: &Call) -> Result<Dynamic, Failure> {
    let name = name(call)?;
    let patience = call.options(1)?.duration("timeout")?.unwrap_or_default();
    let session = call.session;
    // A dry run doesn't block other runs and doesn't wait for them.
    if session.choices().dry_run {
        return Ok(true.into());
    }
    let folder = session.choices().data_dir.clone();
    let began = Instant::now();
    while !session.locks.take(&folder, &name)? {
        let left = patience.saturating_sub(began.elapsed());
        if left.is_zero() {
            return Ok(false.into());
        }
        session.interrupt.sleep(left.min(INTERVAL))?;
    }
    Ok(true.into())
}

fn unlock(call: &Call) -> Result<Dynamic, Failure> {
    Ok(call.session.locks.give_back(&name(call)?).into())
}

/// Returns the name, which becomes part of a file name.
fn name(call: &Call) -> Result<String, Failure> {
    let name = call.text(0, "the lock's name")?;
    let plain = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    if (1..=LONGEST).contains(&name.len()) && !name.starts_with('.') && name.chars().all(plain) {
        return Ok(name);
    }
    Err(call.misused(&format!(
        "a lock's name is made of letters, digits, -, _ and ., at most {LONGEST} of them, got {name:?}"
    )))
}
