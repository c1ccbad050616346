//! Pictures of running bars.

use super::*;

/// Returns the screen and the output of the second frame, ten seconds after the first. Running jobs imported 500 rows
/// meanwhile.
fn frame(jobs: &[Progress], width: u16, color: bool) -> (Vec<String>, String) {
    let kept = Kept::default();
    let screen = Screen {
        color,
        ..Screen::terminal(usize::from(width), 24)
    };
    let mut view = WaitView::new(screen, kept.clone());
    let start = Instant::now();
    let mut before = jobs.to_vec();
    for job in before
        .iter_mut()
        .filter(|job| job.state.kind == JobState::Importing)
    {
        job.rows = job.rows.map(|rows| rows - 500);
        job.percent -= 25.0;
    }
    view.update(&before, start);
    let first = kept.text().len();
    view.update(jobs, start + Duration::from_secs(10));
    let lines = kept.lines(width, 24);
    let frame = kept.text().split_off(first);
    (lines, frame)
}

#[test]
fn frames_match_their_pictures() {
    let id = |at: u64| (470_801_020_211_429_376 + at).to_string();
    let mut one = job(&id(0), JobState::Importing, 1100);
    one.file_name = "/data/books.jsonl".to_owned();
    let mut of_files = one.clone();
    of_files.details = ["a", "b", "c"]
        .map(|name| crate::api::model::FileProgress {
            file_name: format!("/data/{name}.jsonl"),
            file_size: None,
            state: State::derived(JobState::Importing),
            percent: 50.0,
            rows: None,
            total_rows: None,
            complete_time: None,
            reason: None,
        })
        .into();
    let mut several: Vec<Progress> = (0..5)
        .map(|at| job(&id(at), JobState::Importing, 600 + 200 * at))
        .collect();
    several[3].state = State::derived(JobState::Pending);
    several[4] = job(&id(4), JobState::Completed, 2000);
    several[3].rows = Some(0);
    several[3].percent = 0.0;
    let scenes = [
        ("one file", vec![one]),
        ("three files", vec![of_files]),
        ("five jobs", several),
    ];
    for width in [80, 120] {
        let mut drawn = String::new();
        for (name, jobs) in &scenes {
            let (lines, plain) = frame(jobs, width, false);
            drawn.extend([name, "\n", &lines.join("\n"), "\n\n"]);
            let (colored, painted) = frame(jobs, width, true);
            assert_eq!(colored, lines, "{name} at {width}: colours change the text");
            let is_painted = |text: &str| text.contains("\x1b[36m━") && text.contains("\x1b[2m─");
            assert!(is_painted(&painted) && !is_painted(&plain), "{painted:?}");
        }
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let file = folder.join(format!("tests/suite/prompt/screens/bars-{width}.txt"));
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&file, &drawn).expect("write");
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(drawn, expected, "at {width} columns");
    }
}
