//! Panics of other people's code that are caught and become errors.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// True while this thread runs code whose panics are caught. The panic hook runs before the panic is caught, so it
    /// can't be told in another way.
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `part` and returns its result, or `None` if it panics. The panic isn't reported as a bug of zshell.
pub(crate) fn catch<T>(part: impl FnOnce() -> T) -> Option<T> {
    let before = CATCHING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(part));
    CATCHING.set(before);
    result.ok()
}

/// Returns true while this thread runs inside [`catch`].
pub(crate) fn is_catching() -> bool {
    CATCHING.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_and_the_thread_is_as_before() {
        assert_eq!(catch(|| 1), Some(1));
        let inner = || {
            assert!(catch(|| panic!("on purpose")).is_none());
            is_catching()
        };
        assert_eq!(catch(inner), Some(true));
        assert!(!is_catching());
    }
}
