//! Conversion of scripts' values into the forms that `render` shows.
//!
//! An array of jobs is a plain array to scripts. But an empty array should still print "no jobs", and a shortened one
//! the total. So the functions that make lists tag their result with the index of a [`Listing`].

use super::{BatchValue, ProgressValue, SummaryValue, json_of};
use crate::connection::Connection;
use crate::error::Failure;
use crate::journal::SUBMISSION_KEYS;
use crate::render::Shown;
use rhai::{Array, Dynamic};
use serde_json::Value;
use std::cell::RefCell;
use std::rc::Rc;

/// The kind of items in a tagged value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListingKind {
    /// Rows of `jobs()`.
    Jobs,
    /// Names of collections.
    Collections,
    /// A described collection.
    Description,
    /// Clusters.
    Clusters,
    /// Rows of `submissions()`.
    Submissions,
    /// Rows of a collection. The index selects the order of their keys among the orders used so far.
    Rows(usize),
}

/// A kind of list, and the total number of items that the service reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The kind of items.
    pub kind: ListingKind,
    /// The total number of items, if it's known.
    pub total: Option<u64>,
}

thread_local! {
    /// The listings used so far. A value's tag is an index into them plus one.
    static LISTINGS: RefCell<Vec<Listing>> = const { RefCell::new(Vec::new()) };
}

thread_local! {
    /// The orders of keys used so far.
    static ORDERS: RefCell<Vec<Vec<String>>> = const { RefCell::new(Vec::new()) };
}

impl Listing {
    /// Returns the listing of a collection's rows whose keys have this order.
    pub fn rows(keys: Vec<String>) -> Self {
        let order = ORDERS.with_borrow_mut(|known| {
            known
                .iter()
                .position(|order| *order == keys)
                .unwrap_or_else(|| {
                    known.push(keys);
                    known.len() - 1
                })
        });
        Self {
            kind: ListingKind::Rows(order),
            total: None,
        }
    }

    /// Tags a value with this listing, and also the maps in it, so they keep the order of their keys outside the list.
    pub fn tag(self, mut value: Dynamic) -> Dynamic {
        let index = LISTINGS.with_borrow_mut(|known| {
            known
                .iter()
                .position(|listing| *listing == self)
                .unwrap_or_else(|| {
                    known.push(self);
                    known.len() - 1
                })
        });
        if let Ok(tag) = i32::try_from(index + 1) {
            value.set_tag(tag);
            if let Some(mut items) = value.write_lock::<Array>() {
                for map in items.iter_mut().filter(|item| item.is_map()) {
                    map.set_tag(tag);
                }
            }
        }
        value
    }

    fn of(value: &Dynamic) -> Option<Self> {
        let index = usize::try_from(value.tag()).ok()?.checked_sub(1)?;
        LISTINGS.with_borrow(|known| known.get(index).copied())
    }
}

/// Calls `see` with the value in the form that `render` has a layout for.
pub fn show<T>(value: &Dynamic, see: impl FnOnce(Shown<'_>) -> T) -> T {
    if value.is_unit() {
        return see(Shown::Nothing);
    }
    if let Ok(number) = value.as_float()
        && !number.is_finite()
    {
        return see(Shown::NoNumber(&value.to_string()));
    }
    if let Some(progress) = value.clone().try_cast::<ProgressValue>() {
        return see(Shown::Progress(&progress.progress));
    }
    let list = value.clone().try_cast::<Array>();
    let listing = Listing::of(value);
    if let Some(items) = list.as_deref() {
        let jobs: Option<Vec<_>> = all::<SummaryValue, _>(items, |it| (*it.summary).clone());
        let is_jobs = listing.is_some_and(|listing| listing.kind == ListingKind::Jobs);
        match jobs {
            Some(jobs) if !jobs.is_empty() || is_jobs => {
                let total = listing.and_then(|listing| listing.total);
                return see(Shown::Jobs { jobs: &jobs, total });
            }
            _ => {}
        }
        match all::<ProgressValue, _>(items, |it| (*it.progress).clone()) {
            Some(waited) if !waited.is_empty() => return see(Shown::Waited(&waited)),
            _ => {}
        }
    }
    let json = json_of(value);
    if value.is::<Rc<Connection>>() {
        return see(Shown::Connection(&json));
    }
    if value.is::<BatchValue>() {
        return see(Shown::Batch(&json));
    }
    if value.is::<Failure>() {
        return see(Shown::Error(&json));
    }
    match (listing.map(|listing| listing.kind), json.as_array()) {
        (Some(ListingKind::Description), _) => see(Shown::Description(&json)),
        (Some(ListingKind::Clusters), Some(items)) => see(Shown::Clusters(items)),
        (Some(ListingKind::Submissions), Some(items)) => see(Shown::Submissions {
            items: &in_order(items, SUBMISSION_KEYS.iter().copied()),
            total: listing.and_then(|listing| listing.total),
        }),
        (Some(ListingKind::Collections), Some(items)) => {
            let names: Vec<String> = items
                .iter()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect();
            see(Shown::Collections(&names))
        }
        _ => see(Shown::Value(&keys_in_order(value, json))),
    }
}

/// Returns rows with their keys in the listing's order: a whole list, a part of it, or a single row.
fn keys_in_order(value: &Dynamic, json: Value) -> Value {
    let items = value.read_lock::<Array>();
    let first = items.as_deref().and_then(|items| items.first());
    let listing = Listing::of(value).or_else(|| Listing::of(first?));
    let keys = match listing.map(|listing| listing.kind) {
        Some(ListingKind::Submissions) => SUBMISSION_KEYS.map(str::to_owned).to_vec(),
        Some(ListingKind::Rows(order)) => {
            let order = ORDERS.with_borrow(|known| known.get(order).cloned());
            order.unwrap_or_default()
        }
        _ => return json,
    };
    let keys = keys.iter().map(String::as_str);
    match json {
        Value::Array(items) => Value::Array(in_order(&items, keys)),
        one => in_order(&[one], keys)
            .into_iter()
            .next()
            .unwrap_or_default(),
    }
}

/// Returns maps with these keys first, in this order, which a script's maps don't keep. Other keys follow.
fn in_order<'k>(items: &[Value], keys: impl Iterator<Item = &'k str> + Clone) -> Vec<Value> {
    let ordered = |item: &Value| {
        let Some(map) = item.as_object() else {
            return item.clone();
        };
        let known = keys
            .clone()
            .filter_map(|key| Some((key.to_owned(), map.get(key)?.clone())));
        let mut ordered: serde_json::Map<String, Value> = known.collect();
        for (key, value) in map {
            if !ordered.contains_key(key) {
                ordered.insert(key.clone(), value.clone());
            }
        }
        Value::Object(ordered)
    };
    items.iter().map(ordered).collect()
}

/// Converts the items if all of them are a `T`.
fn all<T: Clone + 'static, U>(items: &[Dynamic], convert: impl Fn(&T) -> U) -> Option<Vec<U>> {
    items
        .iter()
        .map(|item| item.read_lock::<T>().map(|it| convert(&it)))
        .collect()
}
