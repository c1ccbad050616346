//! The waiting view on a model of a terminal, and off one.

use std::io;
use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::api::model::State;

/// A stream that keeps what is written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("no panic elsewhere")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic elsewhere").clone()).expect("text")
    }

    /// What a terminal of this size shows, line by line, without the empty ones.
    fn lines(&self, width: u16, height: u16) -> Vec<String> {
        let size = |lines| NonZero::new(lines).expect("more than none");
        let mut parser = vt100::Parser::new(size(height), size(width), 0);
        parser.process(self.text().as_bytes());
        let shown = parser.screen().contents();
        shown
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(str::to_owned)
            .collect()
    }
}

fn job(id: &str, kind: JobState, rows: u64) -> Progress {
    Progress {
        job_id: id.to_owned(),
        collection: "books".to_owned(),
        state: State::derived(kind),
        percent: rows as f64 / 20.0,
        rows: Some(rows),
        total_rows: Some(2000),
        file_name: String::new(),
        file_size: None,
        complete_time: None,
        reason: None,
        details: Vec::new(),
    }
}

fn many(count: usize) -> Vec<Progress> {
    (0..count)
        .map(|index| job(&format!("job-{index:026}"), JobState::Importing, 840))
        .collect()
}

#[test]
fn off_a_terminal_there_is_a_line_a_change_of_state() {
    let kept = Kept::default();
    let mut view = WaitView::new(Screen::plain(), kept.clone());
    for (kind, rows) in [
        (JobState::Pending, 0),
        (JobState::Importing, 0),
        (JobState::Importing, 900),
        (JobState::Completed, 2000),
    ] {
        view.update(&[job("job-1", kind, rows)]);
        view.tick();
    }
    view.finish();
    let expected = "job-1 books Pending 0%\njob-1 books Importing 0%\njob-1 books Completed 100%\n";
    assert_eq!(kept.text(), expected);
}

#[test]
fn a_bar_shows_rows_rate_and_what_is_left() {
    let kept = Kept::default();
    let mut view = WaitView::new(Screen::terminal(120, 24), kept.clone());
    let start = Instant::now();
    view.update_at(&[job("job-1", JobState::Importing, 200)], start);
    view.update_at(
        &[job("job-1", JobState::Importing, 1000)],
        start + Duration::from_secs(8),
    );
    let lines = kept.lines(120, 24);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = lines.first().expect("one line");
    assert!(line.starts_with("job-1  books █"), "{line}");
    let after = "50%  1,000/2,000 rows  100 rows/s  10s left  8s";
    assert!(line.ends_with(after), "{line}");
    view.finish();
    assert_eq!(kept.lines(120, 24), [""; 0]);
}

#[test]
fn more_jobs_than_the_screen_has_room_for_are_summed_up() {
    let kept = Kept::default();
    let mut view = WaitView::new(Screen::terminal(80, 10), kept.clone());
    let mut jobs = many(20);
    if let Some(first) = jobs.first_mut() {
        first.state = State::derived(JobState::Completed);
    }
    view.update(&jobs);
    let lines = kept.lines(80, 10);
    assert_eq!(lines.len(), 6, "{lines:?}");
    let last = lines.last().map(String::as_str).unwrap_or_default();
    assert!(
        last.starts_with("and 15 more: 14 Importing, 1 Completed"),
        "{last}"
    );
    view.update(&many(2));
    assert_eq!(kept.lines(80, 10).len(), 2);
}

#[test]
fn bars_stand_below_each_other() {
    let kept = Kept::default();
    let mut view = WaitView::new(Screen::terminal(100, 24), kept.clone());
    let mut jobs = many(2);
    if let Some(first) = jobs.first_mut() {
        first.collection = "packages".to_owned();
    }
    view.update(&jobs);
    let lines = kept.lines(100, 24);
    let starts: Vec<_> = lines.iter().map(|line| line.find('█')).collect();
    assert_eq!(starts, [Some(41), Some(41)], "{lines:?}");
}

#[test]
fn a_terminal_that_changes_its_size_is_survived() {
    let kept = Kept::default();
    let size = Arc::new(Mutex::new((120, 24)));
    let asked = Arc::clone(&size);
    let size_now = Box::new(move || *asked.lock().expect("no panic elsewhere"));
    let mut view = WaitView::with_size(Screen::terminal(120, 24), Box::new(kept.clone()), size_now);
    for changed in [(120, 24), (40, 10), (1, 1), (0, 0), (200, 50)] {
        *size.lock().expect("no panic elsewhere") = changed;
        view.update(&many(30));
        view.tick();
    }
    view.finish();
}

#[test]
fn a_line_is_never_wider_than_its_screen() {
    let screen = Screen::terminal(80, 24);
    let mut named = job("job-01k2x7d5n0e8q9a0b1c2d3e4f7", JobState::Importing, 840);
    named.collection = "書籍📚".repeat(10);
    for kind in JobState::ALL {
        named.state = State {
            kind,
            sent: "SomeOtherPhase".to_owned(),
        };
        for width in 20..200 {
            let line = Line::job(&named, None, Duration::from_secs(65), width, &screen);
            let columns = unicode_width::UnicodeWidthStr::width(
                format!("{}{}", line.before, line.after).as_str(),
            );
            assert!(columns + line.bar <= width, "{width}: {line:?}");
        }
    }
}

#[test]
fn rates_come_from_readings_and_begin_anew_when_a_job_does() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut rate = Rate::default();
    assert_eq!(rate.rows_per_second(), None);
    rate.record(&job("j", JobState::Importing, 0), at(0));
    rate.record(&job("j", JobState::Importing, 500), at(10));
    let now = job("j", JobState::Importing, 500);
    assert_eq!(rate.rows_per_second(), Some(50.0));
    assert_eq!(rate.remaining(&now), Some(Duration::from_secs(30)));
    rate.record(&job("j", JobState::Importing, 0), at(12));
    assert_eq!((rate.rows_per_second(), rate.remaining(&now)), (None, None));
    for second in 0..200 {
        rate.record(&job("j", JobState::Importing, 0), at(13 + second));
    }
    assert_eq!(rate.remaining(&now), None);
}
