//! The examples of help work as pasted.

use crate::readme::pages::{Workshop, assert_success, text};
use std::collections::BTreeMap;
use zshell::internals::Folders;
use zshell::internals::Linter;
use zshell::internals::registry::{ExamplePlace, SessionEffect, functions};

/// Returns the first import that `help()` shows.
fn first_import(workshop: &Workshop) -> String {
    let help = text(&workshop.run("zshell", &["eval", "help()"]).stdout);
    let (_, steps) = help.split_once("\na first import").expect("the steps");
    let steps = steps.lines().skip(1).take_while(|line| !line.is_empty());
    steps.map(|line| format!("{};\n", line.trim())).collect()
}

/// Runs the first import in an empty folder, then each example for the local service, in the order of help. Examples for
/// other places must be free of mistakes, as far as lint knows.
#[cfg(feature = "local")]
#[test]
fn the_examples_of_functions_work_as_pasted() {
    let workshop = Workshop::new();
    let steps = first_import(&workshop);
    assert_eq!(steps.lines().count(), 4, "{steps}");
    assert_success(&steps, &workshop.run("zshell", &["eval", &steps]));
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for function in functions() {
        for (place, example) in function.examples() {
            *places.entry(place.heading("example", true)).or_default() += 1;
            let linter = Linter::new(Folders::new(workshop.path(), Vec::new()));
            linter.script(function.name, example);
            let findings = linter.findings();
            let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
            assert!(findings.is_empty(), "{example}\n{findings:?}");
            if place != ExamplePlace::Local {
                continue;
            }
            let output = workshop.run("zshell", &["-p", "local", "eval", example]);
            if function.effect == SessionEffect::Exits {
                let code = example.trim_matches(|c: char| !c.is_ascii_digit());
                assert_eq!(
                    output.status.code().map(|it| it.to_string()),
                    Some(code.into())
                );
            } else {
                assert_success(example, &output);
            }
        }
    }
    assert!(places["example"] > 50, "{places:?}");
    assert_eq!(places.len(), 4, "{places:?}");
}
