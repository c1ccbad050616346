//! Compares the table of functions with the binary's help and behaviour.

use crate::support::harness::Test;
use zshell::internals::registry;

#[test]
fn every_function_is_in_the_overview_and_has_a_page() {
    let overview = Test::new().eval("help()").run().stdout;
    let names: Vec<&str> = registry::functions()
        .map(|function| function.name)
        .collect();
    assert!(names.len() > 20, "{names:?}");
    for function in registry::functions() {
        let name = function.name;
        assert!(
            overview.contains(&format!("  {name}(")),
            "{name} in\n{overview}"
        );
        assert!(overview.contains(function.help), "{name} in\n{overview}");
    }
    let pages: Vec<String> = names
        .iter()
        .map(|name| format!("help({name:?});"))
        .collect();
    let pages = pages.concat();
    let pages = Test::new().eval(pages).run().stdout;
    for function in registry::functions() {
        assert!(pages.contains(function.help), "{}", function.name);
        for (_, example) in function.examples() {
            let example = example.replace('\n', "\n  ");
            assert!(pages.contains(&format!("\n  {example}\n")), "{example}");
        }
        for form in function.forms {
            assert!(pages.contains(&format!("{form}\n")), "{form}");
            assert!(form.starts_with(&format!("{}(", function.name)), "{form}");
        }
        for option in function.options {
            assert!(
                pages.contains(&format!("  {} ", option.name)),
                "{}",
                option.name
            );
        }
    }
}

#[test]
fn the_functions_of_rhai_are_listed() {
    for name in [
        "connect",
        "import",
        "progress",
        "jobs",
        "wait",
        "show",
        "collections",
        "describe",
        "create_collection",
        "drop_collection",
        "count",
        "clusters",
        "projects",
        "load",
        "env",
        "secret",
        "read_text",
        "sleep",
        "exit",
    ] {
        assert!(registry::find(name).is_some(), "{name}");
    }
    let variables: Vec<&str> = registry::VARIABLES.iter().map(|(name, _)| *name).collect();
    assert!(variables.contains(&"args") && variables.contains(&"script_dir"));
}

#[test]
fn function_names_are_unique() {
    let mut names: Vec<&str> = registry::functions()
        .map(|function| function.name)
        .collect();
    names.sort_unstable();
    let length = names.len();
    names.dedup();
    assert_eq!(names.len(), length);
}

/// Every number of arguments in the table is registered in the engine.
#[test]
fn every_function_can_be_called() {
    for function in
        registry::functions().filter(|function| !["exit", "help"].contains(&function.name))
    {
        for count in function.arity.0..=function.arity.1 {
            let args = vec!["[]"; count].join(", ");
            let text = format!(
                "try {{ {}({args}) }} catch (e) {{ print(type_of(e)); print(e.message); }}",
                function.name
            );
            let ran = Test::new().eval(text).run();
            if ran.stdout.is_empty() {
                continue;
            }
            assert!(
                !ran.stdout.contains("ot be called with") && !ran.stdout.contains("no function"),
                "{}",
                ran.stdout
            );
        }
    }
}

/// `help` accepts page names without quotes, and only `help` does.
#[test]
fn help_accepts_page_names_without_quotes() {
    for (text, shown) in [
        ("help(import)", "import(collection, path)"),
        (
            "help( jobs /* all */ )",
            "jobs(#{state, collection, since, limit})",
        ),
        ("`${help(wait)}`", "wait([job, …])"),
        ("help(Progress)", "total_rows"),
        ("help(dry_run)", "imported rows\n  as true or false"),
        ("help(errors)", "job_failed"),
        ("help(\"Progress.rows\")", "rows imported so far"),
        (
            "let name = \"import\"; help(name)",
            "import(collection, path)",
        ),
        ("fn f(page) { help(page) } f(\"paths\")", "s3://bucket/key"),
        ("let jobs = \"wait\"; print(jobs)", "wait"),
        ("let jobs = \"wai\"; help(jobs + \"t\")", "wait([job, …])"),
    ] {
        let ran = Test::new().script(text).run();
        assert!(ran.stdout.contains(shown), "{text}: {}", ran.stdout);
    }
    let ran = Test::new().script("help(filter)").status(1).run();
    ran.complains("hint: help(\"filter\") lists where the word occurs");
    for text in [
        "print( // help(\njobs)",
        "print(/* help( */ jobs)",
        "m::help(jobs)",
        "jobs",
    ] {
        Test::new().script(text).status(1).run();
    }
}

#[test]
fn help_searches_for_other_words() {
    for (args, places) in [
        (
            vec!["eval", "help(\"filter\")"],
            vec![
                "method of arrays",
                "filter                  query: condition",
            ],
        ),
        (
            vec!["help", "--find", "vector"],
            vec!["search(…)", "functions", "options", "topics"],
        ),
        (
            vec!["help", "--find", "key_prefix"],
            vec![
                "import_all: start of the jobs' import keys",
                "submissions(…)",
            ],
        ),
        (vec!["help", "--find", "lint"], vec!["zshell lint"]),
        (vec!["help", "--find", "save"], vec![":save FILE"]),
        (
            vec!["eval", "help(\"print\")"],
            vec!["print(value): writes"],
        ),
        (vec!["eval", "help(print)"], vec!["print(value): writes"]),
        (vec!["help", "settings"], vec!["edit_mode", "config.toml"]),
        (vec!["eval", "help(formats)"], vec!["JSON Lines"]),
        (vec!["help", "Progress"], vec!["total_rows"]),
        (vec!["help", ":save"], vec!["without secrets"]),
        (vec!["help", "import"], vec!["Usage: zshell import"]),
        (
            vec!["help", "profile", "add"],
            vec!["Usage: zshell profile add"],
        ),
        (vec!["help"], vec!["Usage: zshell [OPTIONS]"]),
    ] {
        let ran = Test::new().args(args).run();
        for place in places {
            ran.says(place);
        }
    }
    for (args, hint) in [
        (["help", "--find", "fitler"], "filter"),
        (["help", "-q", "improt"], "import"),
        (["help", "profile", "nosuch"], "profile"),
    ] {
        Test::new().args(args).status(2).run().complains(hint);
    }
}

#[test]
fn an_unknown_function_has_a_suggestion() {
    Test::new()
        .eval("help(\"improt\")")
        .status(1)
        .run()
        .complains("import");
    Test::new().eval("help(5)").status(1).run();
}
