//! Lists of the control plane, which come in pages.

use super::Client;
use super::error::ApiError;
use super::fields::Fields;
use super::request::{CallForm, Outgoing};
use std::collections::HashSet;

/// Largest page size that the service accepts.
const PAGE: usize = 100;
/// Maximum number of pages. A longer list is taken for one that never ends.
const PAGES: usize = 1_000;

/// A list that the service returns in pages.
pub(super) struct PagedList<'a, T> {
    pub(super) call: CallForm,
    /// The list's name in answers, e.g. `clusters`.
    pub(super) noun: &'static str,
    pub(super) project: Option<&'a str>,
    /// Reads an entry. Entries without an id are left out.
    pub(super) read: fn(&Fields<'_>) -> Option<T>,
    pub(super) id: fn(&T) -> &str,
}

impl Client {
    /// Returns all entries of a list, each id once.
    pub(super) fn all_pages<T>(&self, list: &PagedList<'_, T>) -> Result<Vec<T>, ApiError> {
        let settings = self.settings();
        let base = &settings.import_base;
        let (mut entries, mut seen) = (Vec::new(), HashSet::new());
        for page in 1..=PAGES {
            let (size, number) = (PAGE.to_string(), page.to_string());
            let mut query = vec![
                ("pageSize", size.as_str()),
                ("currentPage", number.as_str()),
            ];
            query.extend(list.project.map(|id| ("projectId", id)));
            let outgoing = Outgoing::get(settings, list.call, base, &query)?;
            let (found, count) = self.call(outgoing, |data| {
                let object = data.object()?;
                if !object.has(&[list.noun, "count"]) {
                    return Err(data.unreadable(&format!("it has no {}", list.noun)));
                }
                let found = object.objects(&[list.noun]);
                let found: Vec<_> = found.iter().filter_map(list.read).collect();
                Ok((found, object.count(&["count"])))
            })?;
            let (size, known) = (found.len(), entries.len());
            let new = found.into_iter();
            entries.extend(new.filter(|entry| seen.insert((list.id)(entry).to_owned())));
            let is_complete = match count {
                Some(count) => entries.len() as u64 >= count,
                None => size < PAGE,
            };
            if is_complete || entries.len() == known {
                break;
            }
        }
        Ok(entries)
    }
}
