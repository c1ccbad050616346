//! `show`, `help`.

use super::write;
use crate::engine::call::{Call, Function};
use crate::engine::describe::{Family, Opt, Takes, flag, opt};
use crate::engine::help;
use crate::engine::options::Options;
use crate::engine::types::{self, as_text, json_of};
use crate::error::Failure;
use crate::render::{self, Limit, OutputFormat, Screen, Shown};
use crate::text::words;
use rhai::Dynamic;
use std::path::Path;

const OPTIONS: &[Opt] = &[
    opt("columns", "columns to show, in this order").of(Takes::Column),
    opt("format", "output format; by default that of -o").of(Takes::Format),
    opt("limit", "maximum number of rows, or \"all\""),
    opt(
        "file",
        "file to write instead of printing; its ending chooses the format unless format does",
    )
    .of(Takes::Path),
    flag("overwrite", "true: replace an existing file"),
];

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Script.table([
    Function::new(
        &[
            "show(value)",
            "show(value, #{columns, format, limit, file, overwrite})",
        ],
        "prints a value as the prompt would, or writes it to a file",
        "show(jobs(), #{columns: [\"job\", \"state\"]})",
        show,
    )
    .takes(&[Takes::Anything, Takes::Options])
    .options(OPTIONS)
    .related(&["jobs", "progress"]),
    Function::new(
        &["help()", "help(name)", "help(\"word\")"],
        "describes everything, or one function, type or topic; else lists where a word occurs",
        "help(import)",
        show_help,
    )
    .takes(&[Takes::Function]),
]);

fn show(call: &Call) -> Result<Dynamic, Failure> {
    let value = call.arg(0, "the value")?;
    let options = call.options(1)?;
    let format = match options.text("format")? {
        Some(word) => OutputFormat::parse(&word)
            .map_err(|problem| Failure::usage(format!("show: {problem}")))?,
        None => {
            let file = options.text("file")?;
            let by_name = file.as_deref().and_then(OutputFormat::of_file);
            by_name.unwrap_or_else(|| call.session.choices().output)
        }
    };
    let count = options.count("limit")?;
    let limit = match count {
        None => Limit::Screen,
        Some(usize::MAX) => Limit::All,
        Some(rows) => Limit::First(rows),
    };
    let columns = options.texts("columns")?;
    if let Some(columns) = &columns {
        known_columns(&render::columns(&json_of(value)), columns)?;
    }
    let show = |shown: Shown<'_>| match options.text("file")? {
        None => call.session.show_limited(shown, format, limit),
        Some(file) => to_file(call, shown, format, count, (&file, &options)),
    };
    types::show(value, |shown| match &columns {
        None => show(shown),
        Some(columns) => show(Shown::Value(&render::pick_columns(&shown, columns))),
    })?;
    // Ctrl-C in a pager ends the pager, and must also end a loop that shows one value after another.
    call.session.interrupt.check()?;
    Ok(Dynamic::UNIT)
}

/// Writes a value to a file, completely or not at all. An existing file is replaced only with `overwrite`.
fn to_file(
    call: &Call,
    shown: Shown<'_>,
    format: OutputFormat,
    count: Option<usize>,
    (file, options): (&str, &Options),
) -> Result<(), Failure> {
    let path = Path::new(file);
    let is_taken = path.metadata().is_ok_and(|it| it.is_file());
    if is_taken && !options.flag("overwrite")?.unwrap_or(false) {
        let hint = format!(
            "show(value, #{{file: {}, overwrite: true}}) replaces it",
            words::quote(file)
        );
        return Err(Failure::refused(format!("{file:?} exists already")).with_hint(hint));
    }
    if call.session.would(&format!("write {file:?}"))? {
        return Ok(());
    }
    let mut text = Vec::new();
    let screen = Screen {
        unicode: true,
        ..Screen::plain()
    };
    let written = shown.first(count.unwrap_or(usize::MAX), |shown, _| {
        render::write(&mut text, &shown, format, &screen)
    });
    written
        .and_then(|()| write::replace(path, String::from_utf8_lossy(&text).as_bytes()))
        .map_err(|error| Failure::refused(format!("cannot write {file:?}: {error}")))
}

/// Returns an error if a wanted column doesn't exist, unless there are no columns at all.
fn known_columns(there: &[String], wanted: &[String]) -> Result<(), Failure> {
    let missing = wanted
        .iter()
        .find(|name| !there.is_empty() && !there.contains(name));
    let Some(missing) = missing else {
        return Ok(());
    };
    let names = there.iter().map(String::as_str);
    let hint = words::did_you_mean(missing, names)
        .unwrap_or_else(|| format!("there are {}", words::list(there, "and")));
    Err(Failure::usage(format!("show: no column {missing:?}")).with_hint(hint))
}

fn show_help(call: &Call) -> Result<Dynamic, Failure> {
    let (screen, commands) = (call.session.out(), call.session.prompt_commands());
    let text = match call.args.first() {
        None => help::overview(&commands, &screen),
        Some(value) => {
            let name = as_text(value).ok_or_else(|| {
                call.wrong_type("a page is named by text, such as help(\"import\")", value)
            })?;
            help::about(&name, &commands, &screen)?
        }
    };
    call.session
        .show_as(Shown::Text(text.trim_end()), OutputFormat::Table)?;
    Ok(Dynamic::UNIT)
}
