//! Tests of the waiting view, on an emulated terminal and without one.

mod frames;

use std::io;
use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::api::model::State;
use crate::render::block::Size;

impl WaitView {
    /// Returns a view on this stream. The screen's size is the stream's and doesn't change.
    pub(crate) fn new(screen: Screen, stream: impl Write + Send + 'static) -> Self {
        let size = (screen.width.unwrap_or(80), screen.height.unwrap_or(24));
        Self::with_size(screen, stream, Box::new(move || size))
    }

    /// Returns a view on a stream with a terminal of this size.
    fn with_size(screen: Screen, stream: impl Write + Send + 'static, size: Size) -> Self {
        if screen.redraw {
            return Self::drawn(screen, LineBlock::new(Box::new(stream), size));
        }
        Self::written(screen, stream)
    }
}

/// A stream that keeps the written bytes.
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

    /// Returns the text on a terminal of this size, line by line, without empty lines.
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
        create_time: None,
        complete_time: None,
        reason: None,
        details: Vec::new(),
        warnings: Vec::new(),
    }
}

fn many(count: usize) -> Vec<Progress> {
    (0..count)
        .map(|index| job(&format!("job-{index:026}"), JobState::Importing, 840))
        .collect()
}

#[test]
fn off_a_terminal_each_change_of_state_is_a_line() {
    let kept = Kept::default();
    let mut view = WaitView::new(Screen::plain(), kept.clone());
    for (kind, rows) in [
        (JobState::Pending, 0),
        (JobState::Importing, 0),
        (JobState::Importing, 900),
        (JobState::Completed, 2000),
    ] {
        view.update(&[job("job-1", kind, rows)], Instant::now());
        view.tick(Instant::now());
    }
    view.finish();
    let text = kept.text();
    let lines: Vec<_> = text.lines().map(|line| line.split_once(' ')).collect();
    let states = ["Pending 0%", "Importing 0%", "Completed 100%"];
    assert_eq!(lines.len(), states.len(), "{text}");
    for (line, state) in lines.into_iter().zip(states) {
        let (time, rest) = line.expect("a time and a state");
        assert!(time.starts_with("20") && time.ends_with('Z'), "{time}");
        assert_eq!(rest, format!("job-1 books {state}"));
    }
}

#[test]
fn a_bar_shows_rows_rate_and_the_time_left() {
    let kept = Kept::default();
    let mut view = WaitView::new(Screen::terminal(120, 24), kept.clone());
    let start = Instant::now();
    view.update(&[job("job-1", JobState::Importing, 200)], start);
    view.update(
        &[job("job-1", JobState::Importing, 1000)],
        start + Duration::from_secs(8),
    );
    let lines = kept.lines(120, 24);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = lines.first().expect("one line");
    assert!(line.starts_with("job-1  books ━"), "{line}");
    let after = "50%  1,000/2,000 rows  100 rows/s  10s left  8s elapsed";
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
    view.update(&jobs, Instant::now());
    let lines = kept.lines(80, 10);
    assert_eq!(lines.len(), 6, "{lines:?}");
    let last = lines.last().map(String::as_str).unwrap_or_default();
    let expected = "  44%  20 jobs: 19 Importing, 1 Completed  0s elapsed";
    assert_eq!(last.trim_start_matches(['━', '╸', '─']), expected);
    view.update(&many(2), Instant::now());
    assert_eq!(kept.lines(80, 10).len(), 2);
    for job in &mut jobs {
        job.state = State::derived(JobState::Pending);
    }
    view.update(&jobs, Instant::now());
    let lines = kept.lines(80, 10);
    assert!(
        matches!(lines.as_slice(), [only] if only.contains("20 jobs: 20 Pending")),
        "{lines:?}"
    );
}

#[test]
fn jobs_have_file_names_and_estimated_totals() {
    let kept = Kept::default();
    let mut view = WaitView::new(Screen::terminal(80, 24), kept.clone());
    let mut jobs = many(2);
    for (name, job) in ["/data/a.jsonl", "s3://bucket/b.parquet"]
        .iter()
        .zip(&mut jobs)
    {
        (*name).clone_into(&mut job.file_name);
        job.total_rows = None;
    }
    view.update(&jobs, Instant::now());
    let lines = kept.lines(80, 24);
    assert_eq!(lines.len(), 2);
    for (line, name) in lines.iter().zip(["a.jsonl ", "b.parquet "]) {
        assert!(line.starts_with(name), "{line}");
        assert!(line.contains("42%  840/~2,000 rows"), "{line}");
    }
    // A name that several jobs share identifies none of them.
    for job in &mut jobs {
        "a.jsonl".clone_into(&mut job.file_name);
    }
    view.update(&jobs, Instant::now());
    assert!(
        kept.lines(80, 24)
            .iter()
            .all(|line| line.starts_with("job-0"))
    );
}

#[test]
fn the_filled_part_of_a_bar_is_coloured_and_the_rest_dim() {
    let kept = Kept::default();
    let screen = Screen {
        color: true,
        ..Screen::terminal(80, 24)
    };
    WaitView::new(screen, kept.clone()).update(&many(1), Instant::now());
    let text = kept.text();
    assert!(text.contains("\x1b[36m━━"), "{text:?}");
    assert!(text.contains("\x1b[2m──"), "{text:?}");
}

#[test]
fn a_narrow_screen_has_whole_ids_and_no_bars() {
    let kept = Kept::default();
    let mut view = WaitView::new(Screen::terminal(40, 10), kept.clone());
    view.update(&many(1), Instant::now());
    assert_eq!(kept.lines(40, 10), ["job-00000000000000000000000000  42%"]);
}

#[test]
fn bars_are_aligned() {
    let kept = Kept::default();
    let mut view = WaitView::new(Screen::terminal(100, 24), kept.clone());
    let mut jobs = many(2);
    if let Some(first) = jobs.first_mut() {
        first.collection = "packages".to_owned();
    }
    view.update(&jobs, Instant::now());
    let lines = kept.lines(100, 24);
    let starts: Vec<_> = lines.iter().map(|line| line.find("━")).collect();
    assert_eq!(starts, [Some(41), Some(41)], "{lines:?}");
}

#[test]
fn bars_survive_a_change_of_the_terminals_size() {
    let kept = Kept::default();
    let size = Arc::new(Mutex::new((120, 24)));
    let asked = Arc::clone(&size);
    let size_now = Box::new(move || *asked.lock().expect("no panic elsewhere"));
    let mut view = WaitView::with_size(Screen::terminal(120, 24), kept.clone(), size_now);
    for changed in [(120, 24), (40, 10), (1, 1), (0, 0), (200, 50)] {
        *size.lock().expect("no panic elsewhere") = changed;
        view.update(&many(30), Instant::now());
        view.tick(Instant::now());
    }
    view.finish();
}

#[test]
fn a_line_is_never_wider_than_its_screen() {
    let screen = Screen::terminal(80, 24);
    let mut named = job("job-01k2x7d5n0e8q9a0b1c2d3e4f7", JobState::Importing, 840);
    named.collection = "書籍📚".repeat(10);
    for kind in JobState::ALL.iter().copied() {
        named.state = State {
            kind,
            sent: "SomeOtherPhase".to_owned(),
        };
        for width in 20..200 {
            let line = BarLine::job(
                &named,
                None,
                LineLayout {
                    screen: &screen,
                    elapsed: Duration::from_secs(65),
                    width,
                    named: true,
                    by_file: false,
                },
            );
            let columns = unicode_width::UnicodeWidthStr::width(
                format!("{}{}", line.before, line.after).as_str(),
            );
            assert!(columns + line.bar <= width, "{width}: {line:?}");
        }
    }
}

#[test]
fn rates_restart_when_a_job_restarts() {
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

#[test]
fn a_stalled_job_is_warned_of_once() {
    let clock = "2026-01-02T12:00:00Z".parse().expect("a time");
    for terminal in [true, false] {
        let screen = Screen {
            clock: Some(clock),
            ..if terminal {
                Screen::terminal(160, 24)
            } else {
                Screen::plain()
            }
        };
        let kept = Kept::default();
        let mut view = WaitView::new(screen, kept.clone());
        let start = Instant::now();
        let at = |minutes| start + Duration::from_mins(minutes);
        let still = job("job-1", JobState::Importing, 840);
        let done = job("job-2", JobState::Completed, 2000);
        view.update(&[still.clone(), done.clone()], start);
        view.update(&[still.clone(), done.clone()], at(9));
        assert!(!kept.text().contains("warning"), "{}", kept.text());
        view.tick(at(10));
        view.tick(at(11));
        view.update(&[still, done.clone()], at(30));
        let warning = "warning: job-1 has not moved since 2026-01-02T11:50:00Z (10m 00s), still Importing at 42%";
        assert_eq!(kept.text().matches("warning").count(), 1, "{}", kept.text());
        assert!(kept.text().contains(warning), "{}", kept.text());
        // The job continues, then stalls again.
        view.update(
            &[job("job-1", JobState::Importing, 900), done.clone()],
            at(31),
        );
        view.tick(at(40));
        assert_eq!(kept.text().matches("warning").count(), 1);
        view.tick(at(41));
        assert_eq!(kept.text().matches("warning").count(), 2);
        if terminal {
            let lines = kept.lines(160, 24);
            let bars = lines.iter().filter(|line| line.contains("━")).count();
            assert_eq!((lines.len(), bars), (4, 1), "{lines:?}");
        }
    }
}

#[test]
fn the_time_without_a_change_can_be_chosen() {
    let kept = Kept::default();
    let mut view = WaitView::new(Screen::plain(), kept.clone());
    view.stalls = Stalls::new(Duration::ZERO);
    view.update(&[job("job-1", JobState::Pending, 0)], Instant::now());
    assert!(
        kept.text().contains("warning: job-1 has not moved"),
        "{}",
        kept.text()
    );
}

#[test]
fn a_wait_ends_with_a_summary_line() {
    let start = Instant::now();
    let after = |jobs: &[Progress], width| {
        let kept = Kept::default();
        let mut view = WaitView::new(Screen::terminal(width, 24), kept.clone());
        let mut first = jobs.to_vec();
        for job in &mut first {
            job.state = State::derived(JobState::Importing);
            job.rows = Some(500);
        }
        view.update(&first, start);
        view.finish_with(jobs, start + Duration::from_secs(75));
        kept.lines(u16::try_from(width).expect("columns"), 24)
    };
    let one = job("job-1", JobState::Completed, 2000);
    assert_eq!(
        after(std::slice::from_ref(&one), 100),
        ["job-1  Completed  2,000 rows  waited 1m 15s, 20 rows/s"]
    );
    let mut jobs = vec![one; 3];
    jobs.push(job("job-2", JobState::Failed, 2000));
    assert_eq!(
        after(&jobs, 100),
        ["4 jobs  3 Completed, 1 Failed  8,000 rows  waited 1m 15s, 80 rows/s"]
    );
    assert_eq!(after(&jobs, 20), ["4 jobs  3 Completed,"]);
}

#[test]
fn lines_wrapped_by_a_narrower_terminal_are_erased() {
    let kept = Kept::default();
    let size = Arc::new(Mutex::new((100, 24)));
    let asked = Arc::clone(&size);
    let size_now = Box::new(move || *asked.lock().expect("no panic elsewhere"));
    let mut view = WaitView::with_size(Screen::terminal(100, 24), kept.clone(), size_now);
    let start = Instant::now();
    view.update(&many(3), start);
    kept.0.lock().expect("no panic elsewhere").clear();
    *size.lock().expect("no panic elsewhere") = (50, 24);
    // While the window is dragged, the size that the terminal reports may be old.
    view.tick(start);
    assert_eq!(kept.text(), "");
    view.tick(start + Duration::from_secs(1));
    // Three lines of 97 columns now take six lines of 50, and the cursor is in the last.
    assert!(kept.text().starts_with("\r\x1b[5A"), "{:?}", kept.text());
    assert_eq!(kept.text().matches("\r\n").count(), 2);
}
