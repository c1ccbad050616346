//! Panics that are caught and become errors.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// True while this thread runs code whose panics are caught. The panic hook runs before the panic is caught, so only
    /// this flag shows that the panic will be caught.
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `part` and returns its result, or the panic's message if it panics. The panic hook reports nothing.
pub(crate) fn catch<T>(part: impl FnOnce() -> T) -> Result<T, String> {
    let before = CATCHING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(part));
    CATCHING.set(before);
    result.map_err(|panic| match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => {
            let message = panic.downcast_ref::<&str>().copied();
            message.unwrap_or("no message").to_owned()
        }
    })
}

/// Returns true while this thread runs inside [`catch`].
pub(crate) fn is_catching() -> bool {
    CATCHING.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_and_the_thread_continues() {
        assert_eq!(catch(|| 1), Ok(1));
        let inner = || {
            assert_eq!(
                catch(|| panic!("on purpose")),
                Err::<(), _>("on purpose".to_owned())
            );
            is_catching()
        };
        assert_eq!(catch(inner), Ok(true));
        assert!(!is_catching());
    }
}
