//! Conversion of scripts' values into the forms that `render` shows.

use super::{
    BatchValue, List, ListKind, ProgressValue, Record, ReportValue, SummaryValue, json_of,
};
use crate::connection::Connection;
use crate::error::Failure;
use crate::render::Shown;
use rhai::{Array, Dynamic};
use serde_json::Value;
use std::rc::Rc;

/// Calls `see` with the value in the form that `render` has a layout for.
pub(crate) fn show<T>(value: &Dynamic, see: impl FnOnce(Shown<'_>) -> T) -> T {
    if value.is_unit() {
        return see(Shown::Nothing);
    }
    if let Ok(number) = value.as_float()
        && !number.is_finite()
    {
        return see(Shown::NoNumber(&value.to_string()));
    }
    if let Some(progress) = value.read_lock::<ProgressValue>() {
        return see(Shown::Progress(&progress.progress));
    }
    if let Some(list) = value.read_lock::<List>() {
        return show_items(list.items(), list.kind(), see);
    }
    if let Some(items) = value.read_lock::<Array>() {
        return show_items(&items, ListKind::Plain, see);
    }
    let json = json_of(value);
    if value.is::<Rc<Connection>>() {
        return see(Shown::Connection(&json));
    }
    if value.is::<BatchValue>() {
        return see(Shown::Batch(&json));
    }
    if value.is::<ReportValue>() {
        return see(Shown::Report(&json));
    }
    if value.is::<Failure>() {
        return see(Shown::Error(&json));
    }
    if value.is::<SummaryValue>() {
        return see(Shown::Record(&json));
    }
    let record = value.read_lock::<Record>();
    if record.is_some_and(|record| record.is_description()) {
        return see(Shown::Description(&json));
    }
    see(Shown::Value(&json))
}

/// Shows a list by its kind, or by the type that all of its items have.
fn show_items<T>(items: &Array, kind: ListKind, see: impl FnOnce(Shown<'_>) -> T) -> T {
    let total = match kind {
        ListKind::Jobs(total) | ListKind::Submissions(total) => total,
        _ => None,
    };
    if let Some(jobs) = all::<SummaryValue, _>(items, |it| (*it.summary).clone())
        && (!jobs.is_empty() || matches!(kind, ListKind::Jobs(_)))
    {
        return see(Shown::Jobs { jobs: &jobs, total });
    }
    if let Some(waited) = all::<ProgressValue, _>(items, |it| (*it.progress).clone())
        && !waited.is_empty()
    {
        return see(Shown::Waited(&waited));
    }
    let json: Vec<Value> = items.iter().map(json_of).collect();
    match kind {
        ListKind::Clusters => see(Shown::Clusters(&json)),
        ListKind::Submissions(_) => see(Shown::Submissions {
            items: &json,
            total,
        }),
        ListKind::Collections => {
            let names = json.iter().filter_map(Value::as_str);
            let names: Vec<String> = names.map(str::to_owned).collect();
            see(Shown::Collections(&names))
        }
        ListKind::Rows(limit) => see(Shown::Rows {
            items: &Value::Array(json),
            limit,
        }),
        ListKind::Of(noun) => see(Shown::Items {
            items: &Value::Array(json),
            noun,
        }),
        ListKind::Plain | ListKind::Jobs(_) => see(Shown::Value(&Value::Array(json))),
    }
}

/// Converts the items if all of them are a `T`.
fn all<T: Clone + 'static, U>(items: &[Dynamic], convert: impl Fn(&T) -> U) -> Option<Vec<U>> {
    items
        .iter()
        .map(|item| item.read_lock::<T>().map(|it| convert(&it)))
        .collect()
}
