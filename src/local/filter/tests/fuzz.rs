//! Seeded mutations of filters: each finds rows or is refused.

use super::{BY_SOURCE, sample};
use crate::tests::fuzz;

/// Number of mutations in an ordinary test run.
const MUTATIONS: u64 = 3000;

/// Runs in the child process.
#[test]
#[ignore = "run by mutated_filters_find_rows_or_are_refused"]
fn mutations() {
    let Some(kind) = fuzz::kind() else {
        return;
    };
    let rows = sample();
    fuzz::try_mutations(&kind, |_, random| {
        let mut filter = random.choice(BY_SOURCE).unwrap().0.to_owned();
        if random.bool() {
            let other = random.choice(BY_SOURCE).unwrap().0;
            filter = format!("({filter}) and not ({other})");
        }
        rows.found(&fuzz::mutated_text(&filter, random)).is_ok()
    });
}

#[test]
fn mutated_filters_find_rows_or_are_refused() {
    fuzz::run_children(
        concat!(module_path!(), "::mutations"),
        &["filters"],
        MUTATIONS,
    );
}
