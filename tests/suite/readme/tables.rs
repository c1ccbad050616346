//! The tables of the documents, held together with the program.

use crate::readme::pages::{Document, documents, file};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::{env, fs};
use zshell::internals::COMMANDS;
use zshell::internals::JobState;
use zshell::internals::Kind;
use zshell::internals::PAGES;
use zshell::internals::TYPES;
use zshell::internals::registry::{Opt, Takes, VARIABLES, find, functions};
use zshell::internals::setting_rows;

/// Fails unless the document has exactly this table. With `BLESS` set in the environment, the table is written instead.
#[track_caller]
pub(crate) fn agree(path: &str, header: &str, rows: impl Iterator<Item = String>) {
    let rule = "| --- ".repeat(header.matches(" |").count());
    let table = format!("{header}\n{rule}|\n{}", rows.collect::<String>());
    if env::var_os("BLESS").is_some() {
        // Several tests write tables of one file.
        static FILE: Mutex<()> = Mutex::new(());
        let _held = FILE.lock().unwrap_or_else(PoisonError::into_inner);
        let text = Document::read(path).text;
        let (before, rest) = text.split_once(header).expect("the table's header");
        let after = rest.split_once("\n\n").map_or("", |(_, after)| after);
        let gap = if after.is_empty() { "" } else { "\n" };
        fs::write(file(path), format!("{before}{table}{gap}{after}")).expect("the document");
        return;
    }
    let text = Document::read(path).text;
    let there = text.contains(&format!("\n\n{table}\n")) || text.ends_with(&format!("\n\n{table}"));
    assert!(
        there,
        "{path} should have this table; BLESS=1 cargo test --test suite readme writes it\n\n{table}"
    );
}

/// Escapes a bar, which would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn the_pages_are_the_table() {
    let rows = PAGES.iter().map(|page| {
        let name = page.name;
        format!("| [{name}](src/guide/{name}.md) | {} |\n", page.summary())
    });
    agree("README.md", "| page | about |", rows);
}

#[test]
fn the_variables_are_the_table() {
    let rows = VARIABLES
        .iter()
        .map(|(name, help)| format!("| `{name}` | {} |\n", cell(help)));
    agree("src/guide/language.md", "| variable | value |", rows);
}

#[test]
fn the_commands_are_the_table() {
    let rows = COMMANDS.iter().map(|command| {
        let form = format!(":{} {}", command.name, command.arguments);
        format!("| `{}` | {} |\n", cell(form.trim_end()), command.help)
    });
    agree("src/guide/prompt.md", "| command | does |", rows);
}

#[test]
fn the_settings_are_the_table() {
    let rows = setting_rows().into_iter().map(|[name, values, meaning]| {
        let values = values.replace(' ', "`, `");
        format!("| `{name}` | `{values}` | {} |\n", cell(&meaning))
    });
    let header = "| setting of the prompt | values | meaning |";
    agree("src/guide/settings.md", header, rows);
}

#[cfg(feature = "local")]
#[test]
fn the_shell_commands_are_the_table() {
    let rows = zshell::internals::command_rows().into_iter();
    let rows = rows.map(|(usage, about)| format!("| `{}` | {} |\n", cell(&usage), cell(&about)));
    agree("src/guide/commands.md", "| shell command | does |", rows);
}

#[test]
fn the_functions_are_the_table() {
    let rows = functions().map(|function| {
        let forms: Vec<String> = function
            .forms
            .iter()
            .map(|form| format!("`{form}`"))
            .collect();
        format!("| {} | {} |\n", forms.join(", "), function.help)
    });
    agree("src/guide/reference.md", "| call | does |", rows);
}

/// Adds a row for each option, with the options of nested maps below it: `storage.url`.
fn option_rows(rows: &mut Vec<String>, call: &str, outer: &str, options: &[Opt]) {
    for option in options {
        let name = format!("{outer}{}", option.name);
        let default = match option.default {
            "" => String::new(),
            default => format!("; by default `{default}`"),
        };
        let help = cell(option.help);
        rows.push(format!("| `{call}` | `{name}` | {help}{default} |\n"));
        if let Takes::Keys(inner) = option.takes {
            option_rows(rows, call, &format!("{name}."), inner);
        }
    }
}

#[test]
fn the_options_are_the_table() {
    let mut rows = Vec::new();
    for function in functions() {
        option_rows(&mut rows, function.name, "", function.options);
    }
    let header = "| call | option | what it is |";
    agree("src/guide/reference.md", header, rows.into_iter());
}

#[test]
fn the_values_are_the_table() {
    let rows = TYPES.iter().flat_map(|it| {
        let getters = it.properties.iter();
        getters.map(|key| {
            let help = cell(key.help);
            format!("| `{}` | `{}` | {help} |\n", it.name, key.name)
        })
    });
    let header = "| value | getter | what it is |";
    agree("src/guide/reference.md", header, rows);
}

#[test]
fn every_kind_of_error_has_its_exit_code() {
    let page = Document::read("src/guide/errors.md").text;
    for kind in Kind::ALL.iter().copied() {
        let row = format!("\n| `{}` | {} | ", kind.word(), kind.exit_code());
        assert!(page.contains(&row), "{row}");
        let row = format!("\n| {} | ", kind.exit_code());
        assert!(page.contains(&row), "{row}");
    }
    assert_eq!(page.matches("\n| `").count(), Kind::ALL.len());
}

#[test]
fn every_state_of_a_job_is_explained() {
    let page = Document::read("src/guide/states.md").text;
    for state in JobState::ALL.iter().copied() {
        assert!(page.contains(&format!("\n| `{}` | ", state.word())));
    }
}

#[cfg(feature = "local")]
#[test]
fn every_fault_is_explained() {
    let page = Document::read("src/guide/local.md").text;
    for kind in zshell::internals::FaultKind::ALL.iter().copied() {
        assert!(
            page.contains(&format!("\n| `{}` | ", kind.name())),
            "{kind:?}"
        );
    }
}

#[test]
fn every_setting_of_a_profile_is_explained() {
    let page = Document::read("src/guide/profiles.md").text;
    let connect = find("connect").expect("a function");
    for option in connect.options {
        assert!(
            page.contains(&format!("`{}`", option.name)),
            "{}",
            option.name
        );
    }
}

/// Collects the environment variables named in a folder's sources.
fn variables(folder: &std::path::Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        // Unit tests have variables of their own.
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if path.is_dir() {
            // The variables of tests are for developers.
            if !path.ends_with("tests") {
                variables(&path, found);
            }
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(path).expect("a source");
            let quoted = text.split('"').filter(|word| {
                let ours = ["ZSHELL_", "ZILLIZ_", "MILVUS_", "AWS_"];
                let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
                ours.iter().any(|prefix| word.starts_with(prefix)) && word.chars().all(is_name)
            });
            found.extend(quoted.map(str::to_owned));
        }
    }
}

#[test]
fn every_environment_variable_is_explained() {
    let mut found = BTreeSet::new();
    variables(&file("src"), &mut found);
    assert!(found.len() > 15, "{found:?}");
    let page = Document::read("src/guide/environment.md").text;
    found.retain(|name| !page.contains(&format!("`{name}`")));
    assert!(found.is_empty(), "{found:?}");
}

/// Returns the anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        _ => c.is_alphanumeric().then_some(c),
    });
    kept.collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    for document in documents() {
        let prose = document.prose();
        for link in prose.split("](").skip(1) {
            let link = link.split(')').next().unwrap_or_default();
            if link.starts_with("https://") {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let folder = document.path.rsplit_once('/').map_or("", |(it, _)| it);
            let path = match path {
                "" => document.path.clone(),
                path => format!("{folder}/{path}").trim_matches('/').to_owned(),
            };
            let Ok(text) = fs::read_to_string(file(&path)) else {
                wrong.push(format!("{}: {link}", document.path));
                continue;
            };
            let headings = text.lines().filter(|line| line.starts_with('#'));
            if !heading.is_empty() && !headings.map(anchor).any(|it| it == heading) {
                wrong.push(format!("{}: {link}", document.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_readme_is_one_page() {
    let text = Document::read("README.md").text;
    assert!(text.lines().count() <= 350);
    assert!(text.len() <= 20 << 10, "{} bytes", text.len());
    let long = text.lines().find(|line| line.chars().count() > 120);
    assert_eq!(long, None);
}
