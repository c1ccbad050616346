//! Help texts, made from the table of functions.

use super::registry::{self, Family, Function, VARIABLES};
use crate::error::Failure;
use crate::render::words;
use std::fmt::Write;

/// All functions by family, one line each.
pub fn overview() -> String {
    let mut text = String::new();
    for family in Family::ALL {
        let _ = writeln!(text, "{}", family.title());
        for function in registry::functions().filter(|function| function.family == family) {
            let form = format!(
                "{}({})",
                function.name,
                if function.arity.1 > 0 { "…" } else { "" }
            );
            let _ = writeln!(text, "  {form:<22} {}", function.help);
        }
    }
    let _ = writeln!(text, "variables");
    for (name, help) in VARIABLES {
        let _ = writeln!(text, "  {name:<22} {help}");
    }
    text.push_str(
        "\nhelp(\"import\") shows one function; most are also methods: connect(\"local\").jobs()\n",
    );
    text
}

/// One function: its forms, options and an example.
pub fn about(name: &str) -> Result<String, Failure> {
    let name = name.trim_end_matches("()");
    let Some(function) = registry::find(name) else {
        let names = registry::functions().map(|function| function.name);
        let hint =
            words::did_you_mean(name, names).unwrap_or_else(|| "help() lists them".to_owned());
        return Err(Failure::usage(format!("no function {name:?}")).with_hint(hint));
    };
    Ok(describe(function))
}

fn describe(function: &Function) -> String {
    let mut text = String::new();
    for form in function.forms {
        let _ = writeln!(text, "{form}");
    }
    let _ = writeln!(text, "  {}", function.help);
    if !function.options.is_empty() {
        text.push_str("\noptions\n");
        for option in function.options {
            let _ = writeln!(text, "  {:<18} {}", option.name, option.help);
        }
    }
    let _ = writeln!(text, "\nexample\n  {}", function.example);
    text
}
