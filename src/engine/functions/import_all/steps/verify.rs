//! Verifies that the collection's count grew by the imported rows.
//!
//! The count before the jobs is compared with the count after them. Jobs of earlier runs that had ended before the first
//! count aren't part of the growth. A job that was running then may have added its rows before or after that count.
//! Others may write into the collection at the same time, so a larger growth is only a warning.

use super::BatchSteps;
use crate::api::model::JobState;
use crate::engine::functions::collections::{LOAD_TIMEOUT, await_load, is_loaded};
use crate::engine::functions::import_all::entry::BatchEntry;
use crate::engine::functions::import_all::plan::{BatchTask, Before};
use crate::error::Failure;
use crate::text::words;
use serde_json::Map;
use std::time::{Duration, Instant};

/// The time for which a service is counted again, since a job's rows may become visible after the job has ended.
const VISIBLE_WITHIN: Duration = Duration::from_mins(2);
/// The time between two counts.
const COUNT_INTERVAL: Duration = Duration::from_secs(1);

/// When a job's rows were added, relative to the first count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RowsAdded {
    Before,
    Either,
    After,
}

/// The state before the first job.
pub(super) struct CountBaseline {
    count: u64,
    jobs: Vec<RowsAdded>,
}

impl BatchSteps<'_> {
    /// Counts the rows before the first job, and loads the collection if it isn't loaded.
    pub(crate) fn count_before(&mut self, tasks: &[BatchTask]) -> Result<(), Failure> {
        if !self.choices.verify || self.session.dry_run().is_some() {
            return Ok(());
        }
        let name = &self.template.collection;
        if !is_loaded(&self.client.load_state(name)?) {
            self.session.notice(&format!(
                "loading {name}, because only a loaded collection can be counted"
            ));
            self.client.load(name, &Map::new())?;
            await_load(&self.client, name, LOAD_TIMEOUT)?;
        }
        let settings = self.connection.client.settings();
        let added = |task: &BatchTask| match &task.before {
            Before::Job(job) => match self.session.desk.remembered(settings, job) {
                Some(_) => RowsAdded::Before,
                None => RowsAdded::Either,
            },
            Before::Doubt(_) => RowsAdded::Either,
            Before::Nothing => RowsAdded::After,
        };
        // The jobs' states are read before the count, so a job that has ended is part of the count.
        let jobs = tasks.iter().map(added).collect();
        let count = self.client.count(name)?;
        self.baseline = Some(CountBaseline { count, jobs });
        Ok(())
    }

    /// Compares the count with the rows that the jobs have imported.
    pub(crate) fn verify(
        &mut self,
        tasks: &[BatchTask],
        entries: &[BatchEntry],
    ) -> Result<(), Failure> {
        if !self.choices.verify {
            return Ok(());
        }
        let name = self.template.collection.clone();
        let Some(baseline) = self.baseline.take() else {
            let detail = format!("would compare the count of {name} before and after the import");
            self.end("verify", "skipped", detail);
            return Ok(());
        };
        let mut sums = ImportedRows::default();
        for (entry, added) in entries.iter().zip(&baseline.jobs) {
            if entry.state() == Some(JobState::Completed) {
                sums.add(entry, *added);
            }
        }
        self.compare_with_files(tasks, entries, &sums)?;
        let wanted = baseline.count.saturating_add(sums.of_this_run());
        let count = self.count_until(&name, wanted)?;
        let (state, detail) = sums.judge(&name, baseline.count, count)?;
        if state == "more" {
            self.session.warn(&detail);
        }
        self.end("verify", state, detail);
        Ok(())
    }

    /// Returns an error if the jobs have imported fewer or more rows than the checked files have.
    fn compare_with_files(
        &self,
        tasks: &[BatchTask],
        entries: &[BatchEntry],
        sums: &ImportedRows,
    ) -> Result<(), Failure> {
        let Some(rows) = self.rows.filter(|_| !sums.unknown) else {
            return Ok(());
        };
        // Jobs of earlier runs may have had other files too.
        let only_ours = tasks.iter().zip(entries).all(|(task, entry)| {
            task.files == task.request.source.sets().len() as u64
                && entry.state() == Some(JobState::Completed)
        });
        let imported = sums.all();
        if !only_ours || imported == rows {
            return Ok(());
        }
        Err(Failure::refused(format!(
                "verify: the files had {} when they were checked, and the jobs have imported {}",
                words::count(rows, "row"),
                words::number(imported)
            ),
        )
        .with_hint("the files may have changed after the check: compare jobs and files with progress(job).details"))
    }

    /// Counts the rows, again for a while if there are fewer than `wanted`. The local service's count is exact at once.
    fn count_until(&self, name: &str, wanted: u64) -> Result<u64, Failure> {
        let began = Instant::now();
        loop {
            let count = self.client.count(name)?;
            let over = began.elapsed() >= VISIBLE_WITHIN || self.client.is_local_service();
            if count >= wanted || over {
                return Ok(count);
            }
            self.session.interrupt.sleep(COUNT_INTERVAL)?;
        }
    }
}

/// Numbers of imported rows, by when they were added relative to the first count.
#[derive(Clone, Copy, Default)]
struct ImportedRows {
    before: u64,
    either: u64,
    after: u64,
    /// True if the service doesn't report the rows of a job.
    unknown: bool,
}

impl ImportedRows {
    fn add(&mut self, entry: &BatchEntry, added: RowsAdded) {
        self.unknown |= entry.progress.as_ref().is_none_or(|it| it.rows.is_none());
        let sum = match added {
            RowsAdded::Before => &mut self.before,
            RowsAdded::Either => &mut self.either,
            RowsAdded::After => &mut self.after,
        };
        *sum = sum.saturating_add(entry.rows());
    }

    /// Returns the rows of jobs that hadn't ended before the first count.
    fn of_this_run(self) -> u64 {
        self.after.saturating_add(self.either)
    }

    fn all(self) -> u64 {
        self.before.saturating_add(self.of_this_run())
    }

    /// Returns the step's state and the compared numbers, or an error if rows are missing from the collection `name`.
    fn judge(
        self,
        name: &str,
        rows_before: u64,
        rows_now: u64,
    ) -> Result<(&'static str, String), Failure> {
        let [before, count] = [rows_before, rows_now].map(words::number);
        let rows = |rows: u64| words::count(rows, "row");
        if self.unknown {
            let detail = format!(
                "{name} grew from {before} to {count} rows; the service doesn't report how many rows the jobs imported"
            );
            return Ok(("unknown", detail));
        }
        if rows_now < rows_before.saturating_add(self.after) || rows_now < self.all() {
            return Err(self.missing(name, rows_before, rows_now));
        }
        let growth = rows_now - rows_before;
        let imported = self.of_this_run();
        if growth > imported {
            let more = rows(growth - imported);
            return Ok((
                "more",
                format!(
                    "{name} grew from {before} to {count} rows, {more} more than the {} imported: something else has written into it",
                    words::number(imported)
                ),
            ));
        }
        let earlier = match self.before {
            0 => String::new(),
            before => format!("; earlier runs imported {}", rows(before)),
        };
        let detail = if imported == 0 {
            format!(
                "{name} has {}, and this run had none to import{earlier}",
                rows(rows_now)
            )
        } else if growth < imported {
            format!(
                "{name} grew from {before} to {count} rows; {} imported, some of them before the first count{earlier}",
                rows(imported)
            )
        } else {
            format!(
                "{name} grew from {before} to {count} rows, by the {} imported{earlier}",
                rows(imported)
            )
        };
        Ok(("done", detail))
    }

    fn missing(self, name: &str, rows_before: u64, rows_now: u64) -> Failure {
        let imported = if self.before == 0 {
            format!("the jobs imported {}", words::count(self.all(), "row"))
        } else {
            format!(
                "the jobs of this run imported {}, those of earlier runs {}",
                words::count(self.of_this_run(), "row"),
                words::number(self.before)
            )
        };
        Failure::refused(format!(
                "verify: {name} had {} before the import and has {} now, but {imported}",
                words::count(rows_before, "row"),
                words::number(rows_now),
            ),
        )
        .with_hint(
            "rows may have been deleted or have expired, or the collection was dropped and created again; to import the files again, choose another key_prefix",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::ImportedRows;
    use crate::error::Kind;

    /// Returns the state and the detail for counts before and after, and rows added before, either and after.
    fn judged(before: u64, count: u64, [earlier, either, after]: [u64; 3]) -> String {
        let sums = ImportedRows {
            before: earlier,
            either,
            after,
            unknown: false,
        };
        match sums.judge("books", before, count) {
            Ok((state, detail)) => format!("{state}: {detail}"),
            Err(failure) => {
                assert_eq!(failure.kind, Kind::Refused);
                failure.message
            }
        }
    }

    #[test]
    fn the_growth_is_compared_with_the_imported_rows() {
        // The counts before and after, the rows added before, either and after, and the result.
        let cases = "\
0 3 0 0 3 done: books grew from 0 to 3 rows, by the 3 rows imported
7 10 2 0 3 done: books grew from 7 to 10 rows, by the 3 rows imported; earlier runs imported 2 rows
5 5 5 0 0 done: books has 5 rows, and this run had none to import; earlier runs imported 5 rows
2 5 0 4 1 done: books grew from 2 to 5 rows; 5 rows imported, some of them before the first count
0 9 0 0 3 more: books grew from 0 to 9 rows, 6 rows more than the 3 imported: something else has written into it
0 2 0 0 3 verify: books had 0 rows before the import and has 2 now, but the jobs imported 3 rows
9 8 0 0 3 verify: books had 9 rows before the import and has 8 now, but the jobs imported 3 rows
0 0 3 0 0 verify: books had 0 rows before the import and has 0 now, but the jobs of this run imported 0 rows, those of earlier runs 3
2 2 0 4 1 verify: books had 2 rows before the import and has 2 now, but the jobs imported 5 rows
18446744073709551615 0 1 1 18446744073709551615 verify: books had 18,446,744,073,709,551,615 rows before the import and has 0 now, but the jobs of this run imported 18,446,744,073,709,551,615 rows, those of earlier runs 1";
        for case in cases.lines() {
            let mut parts = case.splitn(6, ' ');
            let mut number = || {
                parts
                    .next()
                    .and_then(|it| it.parse().ok())
                    .expect("a number")
            };
            let (before, count) = (number(), number());
            let rows = [number(), number(), number()];
            let expected = parts.next().expect("a result");
            assert_eq!(judged(before, count, rows), expected);
        }
    }
}
