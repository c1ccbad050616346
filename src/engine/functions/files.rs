//! Files: `read_text`, `read_json`, `read_csv`, `parse_json`, `write_text`, `glob`.

use super::{check, csv_file, upload, write};
use crate::engine::call::{Call, Function};
use crate::engine::describe::{Family, Opt, Takes, flag, opt};
use crate::engine::types::{Gives, dynamic_of};
use crate::error::Failure;
use crate::location::{Location, PathScope};
use crate::secret::Secret;
use crate::stores;
use crate::stores::bucket::Bucket;
use crate::stores::glob::{GlobError, RULES};
use glob::glob_with;
use rhai::{Array, Dynamic};

const CSV_OPTIONS: &[Opt] = &[
    opt("delimiter", "one character; \"\\t\" is a tab").or("\",\""),
    opt(
        "header",
        "false: the first line is a row too, and rows are arrays; a list names the columns instead",
    )
    .or("true"),
    flag(
        "numbers",
        "true: cells that are written as numbers become numbers (not 007)",
    ),
];

const WRITE_OPTIONS: &[Opt] = &[flag(
    "append",
    "true: add to the file instead of replacing it; this can stop halfway",
)];

const GLOB_OPTIONS: &[Opt] = &[check::STORAGE_KEYS];

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Script.table([
    Function::new(
        &["read_text(path)"],
        "returns a text file's content, up to 64 MiB; \"-\" is standard input",
        "write_text(\"body.json\", \"{}\");\nread_text(\"body.json\")",
        read_text,
    )
    .takes(&[Takes::Path])
    .gives(Gives::Text)
    .related(&["parse_json", "read_json", "write_text"]),
    Function::new(
        &["read_json(path)"],
        "returns a JSON file as a value; whole numbers of 64 bits stay exact",
        "write_text(\"body.json\", `{\"id\": 1}`);\nread_json(\"body.json\").id",
        read_json,
    )
    .takes(&[Takes::Path])
    .gives(Gives::Json)
    .related(&["read_text", "read_csv"]),
    Function::new(
        &["read_csv(path)", "read_csv(path, #{delimiter, header, numbers})"],
        "returns a CSV file's rows as maps, with the header's names as keys; values are text",
        "write_text(\"files.csv\", \"file,rows\\nbooks.jsonl,1\");\nread_csv(\"files.csv\")",
        read_csv,
    )
    .options(CSV_OPTIONS)
    .takes(&[Takes::Path, Takes::Options])
    .gives(Gives::Maps(&[]))
    .related(&["read_text", "read_json"]),
    Function::new(
        &["parse_json(text)"],
        "returns JSON text as a value; whole numbers of 64 bits stay exact",
        "parse_json(`{\"id\": 1}`).id",
        parse_json,
    )
    .gives(Gives::Json)
    .related(&["read_text", "read_json"])
    .replaces(),
    Function::new(
        &["write_text(path, text)", "write_text(path, text, #{append})"],
        "writes a text file, completely or not at all",
        "write_text(\"summary.json\", #{rows: 300}.to_json())",
        write_text,
    )
    .options(WRITE_OPTIONS)
    .takes(&[Takes::Path, Takes::Anything, Takes::Options])
    .related(&["read_text"]),
    Function::new(
        &["glob(pattern)", "glob(pattern, #{storage_keys})"],
        "returns the files that match, sorted, on this machine, in a bucket or volume: *, ? and [a-z] in names, ** for folders",
        "glob(\"**/*.jsonl\")",
        glob,
    )
    .takes(&[Takes::Path, Takes::Options])
    .options(GLOB_OPTIONS)
    .gives(Gives::Texts)
    .related(&["import", "upload"]),
]);

fn read_text(call: &Call) -> Result<Dynamic, Failure> {
    let path = call.text(0, "the path")?;
    Ok(call.session.read_text(&path)?.into())
}

fn read_json(call: &Call) -> Result<Dynamic, Failure> {
    let path = call.text(0, "the path")?;
    let text = call.session.read_text(&path)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    serde_json::from_str(text)
        .map(dynamic_of)
        .map_err(|error| Failure::usage(format!("read_json: {path}: {error}")))
}

fn read_csv(call: &Call) -> Result<Dynamic, Failure> {
    let path = call.text(0, "the path")?;
    let shape = csv_file::CsvShape::read(call, &call.options(1)?)?;
    let text = call.session.read_text(&path)?;
    csv_file::rows(&text, &shape)
        .map(Dynamic::from)
        .map_err(|problem| Failure::usage(format!("read_csv: {path}: {problem}")))
}

fn parse_json(call: &Call) -> Result<Dynamic, Failure> {
    let text = call.text(0, "the JSON")?;
    serde_json::from_str(&text)
        .map(dynamic_of)
        .map_err(|error| Failure::usage(format!("parse_json: {error}")))
}

fn write_text(call: &Call) -> Result<Dynamic, Failure> {
    let path = call.text(0, "the path")?;
    let value = call.arg(1, "the text")?;
    if value.is::<Secret>() {
        return Err(call.misused("a secret is not written to a file"));
    }
    let text = crate::engine::types::as_text(value).ok_or_else(|| {
        call.wrong_type("the text is text", value)
            .with_hint("value.to_json() makes text of any value")
    })?;
    let append = call.options(2)?.flag("append")?.unwrap_or(false);
    let is_file = std::fs::metadata(&path).map_or(true, |it| it.is_file());
    let file = path.clone();
    let write = move || {
        if append {
            write::append(file.as_ref(), &text)
        } else {
            write::replace(file.as_ref(), &text)
        }
    };
    // A file is written completely before a stop is checked.
    let written = if is_file {
        write()
    } else {
        call.session.write_slowly(write)?
    };
    written
        .map(|()| Dynamic::UNIT)
        .map_err(|error| Failure::refused(format!("cannot write {path:?}: {error}")))
}

fn glob(call: &Call) -> Result<Dynamic, Failure> {
    let pattern = call.text(0, "the pattern")?;
    if pattern.contains("://") {
        return glob_remote(call, &pattern);
    }
    let paths = glob_with(&pattern, RULES)
        .map_err(|error| call.misused(&format!("{pattern:?} is no pattern: {error}")))?;
    let folders = pattern.ends_with('/');
    let mut found = Array::new();
    for path in paths {
        call.session.interrupt.check()?;
        let path = path.map_err(|error| {
            let place = error.path().display().to_string();
            Failure::refused(format!("glob: cannot read {place}: {}", error.error()))
        })?;
        if path.is_dir() != folders {
            continue;
        }
        let mut text = path
            .into_os_string()
            .into_string()
            .map_err(|path| Failure::refused(format!("glob: {} is not UTF-8", path.display())))?;
        if folders && !text.ends_with('/') {
            text.push('/');
        }
        found.push(text.into());
    }
    Ok(found.into())
}

/// Returns the objects that match, in the form that an import takes. The bucket's name and the folders before the first
/// wildcard are no part of the pattern.
fn glob_remote(call: &Call, pattern: &str) -> Result<Dynamic, Failure> {
    let wild = pattern.find(['*', '?', '[']).unwrap_or(pattern.len());
    let before = pattern.get(..wild).unwrap_or_default();
    let (base, inner) = pattern.split_at(before.rfind('/').map_or(0, |slash| slash + 1));
    let stores = check::stores(call, &call.options(1)?)?;
    let (bucket, keys, folder, location) = if let Some(path) = base.strip_prefix("volume://") {
        let (volume, path) = upload::split_volume(call, path)?;
        let grant = upload::grants(&*call.connection()?, volume, path)?()?;
        let folder = format!("{}{path}", grant.prefix);
        (grant.bucket, grant.keys, folder, None)
    } else {
        let location = Location::parse(base, &PathScope::Cloud)?;
        let Some(bucket) = Bucket::of(&location, &stores.endpoints, false) else {
            return Err(
                call.misused("a pattern is a local path, a bucket's URL or volume://name/…")
            );
        };
        let folder = location.key().to_owned();
        let bucket = bucket.in_region(stores.region);
        (bucket, stores.keys, folder, Some(location))
    };
    let names = stores::glob::find(&bucket, &keys, &folder, inner, &call.session.interrupt);
    let names = names.map_err(|error| match error {
        GlobError::Stopped(stop) => stop.into(),
        GlobError::Pattern(_) => call.misused(&format!("{pattern:?}: {error}")),
        GlobError::Store(fault) => {
            Failure::new(fault.kind(), format!("glob: {pattern}: {fault}")).with_hint(fault.hint())
        }
        _ => Failure::refused(format!("glob: {pattern}: {error}")),
    })?;
    let text = |name| match &location {
        Some(location) => location.text_of(&format!("{folder}{name}")),
        None => format!("{base}{name}"),
    };
    let paths = names.into_iter().map(|name| text(name).into());
    Ok(paths.collect::<Array>().into())
}
