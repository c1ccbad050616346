//! Does work on several items at once, with results in the items' order.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// Returns the result of `work` for each item, in the items' order. At most `threads` items are worked on at once.
///
/// After a result for which `is_last` returns true no further item is begun, and the results end with the first such
/// result. So they're the same as if the work was done on one item after the other.
pub(crate) fn at_once<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T) -> R + Sync,
    is_last: impl Fn(&R) -> bool + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let is_ended = AtomicBool::new(false);
    let run = || {
        let mut own = Vec::new();
        while !is_ended.load(Ordering::Relaxed) {
            // Items are begun in their order, so those before the last one have all been begun.
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else {
                break;
            };
            let result = work(item);
            is_ended.fetch_or(is_last(&result), Ordering::Relaxed);
            own.push((at, result));
        }
        own
    };
    let mut results = thread::scope(|scope| {
        let others = 1..threads.min(items.len());
        // If no thread can be started, this one does all the work.
        let start = |_| thread::Builder::new().spawn_scoped(scope, run).ok();
        let others: Vec<_> = others.filter_map(start).collect();
        let mut results = run();
        for other in others {
            match other.join() {
                Ok(own) => results.extend(own),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    results.sort_unstable_by_key(|(at, _)| *at);
    let mut results: Vec<R> = results.into_iter().map(|(_, result)| result).collect();
    if let Some(last) = results.iter().position(is_last) {
        results.truncate(last + 1);
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn results_are_in_order_up_to_the_first_end() {
        let items: Vec<u64> = (0..100).collect();
        let busy = AtomicUsize::new(0);
        let most = AtomicUsize::new(0);
        let work = |item: &u64| {
            most.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(100 - *item) / 10);
            busy.fetch_sub(1, Ordering::SeqCst);
            *item
        };
        assert_eq!(at_once(&items, 16, work, |_| false), items);
        let most = most.load(Ordering::SeqCst);
        assert!((2..=16).contains(&most), "{most}");
        for threads in [0, 1, 3, 200] {
            let found = at_once(&items, threads, work, |result| [40, 7, 8].contains(result));
            assert_eq!(found, (0..=7).collect::<Vec<_>>());
        }
        assert!(at_once(&[], 3, work, |_| true).is_empty());
    }
}
