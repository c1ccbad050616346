//! The output of `wait` during and after the wait.

use crate::prompt::harness::{CTRL_C, Home, Terminal, columns_of, starts_with_job_id};
use crate::prompt::service::Service;

/// Starts a shell that's connected to a slow service, with a variable `job` whose job takes about five seconds.
fn waiting(columns: u16) -> (Home, Service, Terminal) {
    let home = Home::new();
    home.rows("books.json", 500);
    let service = Service::start(100);
    let mut shell = home.shell_with(columns, &[]);
    shell.run(&format!(r#"connect("{}");"#, service.url));
    shell.run(r#"create_collection("books", #{dimension: 4});"#);
    let file = home.path().join("books.json");
    let screen = shell.run(&format!(
        r#"let job = import("books", "{}");"#,
        file.display()
    ));
    assert!(!screen.contains("error"), "{screen}");
    (home, service, shell)
}

/// Returns the rows of the screen that have the bar of an unfinished wait.
fn bars(shell: &Terminal) -> Vec<String> {
    let screen = shell.screen();
    let bars = screen.lines().filter(|line| line.contains('─'));
    bars.map(str::to_owned).collect()
}

#[test]
fn a_wait_has_a_bar_and_leaves_a_line_and_a_table() {
    let (_home, _service, mut shell) = waiting(100);
    shell.begin("wait(job)");
    shell.wait_for("rows in the bar", |screen| {
        let shown = screen.contents();
        shown.contains('─') && shown.contains("rows")
    });
    shell.prompt();
    let screen = shell.screen();
    let summary = screen.lines().find(|line| line.contains("waited"));
    let summary = summary.unwrap_or_default();
    assert!(
        starts_with_job_id(summary) && summary.contains("Completed  500 rows  waited"),
        "{screen}"
    );
    assert!(screen.contains("state       Completed"), "{screen}");
    assert!(bars(&shell).is_empty(), "{screen}");
    // No job had to be waited for.
    let screen = shell.run("wait(job).rows + 1");
    assert!(
        screen.contains("501") && !screen.contains("waited"),
        "{screen}"
    );
}

#[test]
fn a_resized_terminal_has_one_bar_per_job() {
    let (home, _service, mut shell) = waiting(100);
    // Much longer than this test.
    home.rows("many.json", 100_000);
    let file = home.path().join("many.json");
    shell.run(&format!(
        r#"let long = []; for n in 0..3 {{ long.push(import("books", "{}")); }}"#,
        file.display()
    ));
    for (statement, count) in [("wait(long[0]);", 1), ("wait(long);", 3)] {
        shell.begin(statement);
        shell.see("─");
        let mut before = 100;
        for columns in [60, 120, 50, 100] {
            shell.resize(columns);
            // The new width has only one frame, and the earlier output is still above.
            shell.wait_for("one frame", |screen| {
                let shown = screen.contents();
                let bars = shown.lines().filter(|line| line.contains('─'));
                let widths: Vec<usize> = bars.map(columns_of).collect();
                let widest = widths.iter().copied().max().unwrap_or(0);
                let new = columns < before || widest > usize::from(before);
                widths.len() == count
                    && new
                    && widest < usize::from(columns)
                    && shown.contains(statement)
            });
            before = columns;
        }
        shell.send(CTRL_C);
        shell.prompt();
        let screen = shell.screen();
        assert!(bars(&shell).is_empty(), "{screen}");
    }
    shell.gives("long[0].collection", "books");
}

#[test]
fn an_interrupted_wait_for_many_jobs_has_a_hint() {
    let (home, _service, mut shell) = waiting(100);
    let file = home.path().join("books.json");
    shell.run(&format!(
        r#"let all = [job]; for n in 0..11 {{ all.push(import("books", "{}")); }}"#,
        file.display()
    ));
    shell.begin("wait(all)");
    shell.wait_for("a bar for each", |screen| {
        screen
            .contents()
            .lines()
            .filter(|line| starts_with_job_id(line))
            .count()
            == 12
    });
    shell.send(CTRL_C);
    shell.prompt();
    let screen = shell.screen();
    assert!(
        screen.contains(
            "jobs continue; come back with wait(jobs(#{state: \"active\", limit: \"all\"}))"
        ),
        "{screen}"
    );
    assert!(bars(&shell).is_empty(), "{screen}");
}
