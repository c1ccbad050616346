//! Equal reasons of many files or jobs, grouped: unique reasons first, because repeated ones usually only say that the
//! others failed.

use std::collections::HashMap;

use crate::text::words;

/// Maximum number of names before a reason. Further names are only counted.
const NAMED: usize = 3;

/// A reason, and the files or jobs that share it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ReasonGroup<'a, T = &'a str> {
    /// The reason, without a name before it.
    pub reason: &'a str,
    /// The files or jobs, in order. Never empty.
    pub names: Vec<T>,
}

impl ReasonGroup<'_> {
    /// Returns the group in one line: `a.json, b.json: the reason`, or `a.json, b.json, c.json and 37 more: the reason`.
    pub(crate) fn line(&self) -> String {
        format!("{}: {}", listed(&self.names, NAMED), self.reason)
    }
}

/// Returns `a, b, c and 37 more` if there are more than `max` names, and one more.
pub(crate) fn listed(names: &[&str], max: usize) -> String {
    match names.get(max + 1..) {
        None | Some([]) => names.join(", "),
        Some(rest) => {
            let first = names.get(..max).unwrap_or_default().join(", ");
            format!("{first} and {} more", words::number(rest.len() as u64 + 1))
        }
    }
}

/// Groups equal reasons, given as pairs of a file or job and a reason. Unique reasons come first, in the order given.
pub(crate) fn grouped<'a, T>(
    entries: impl IntoIterator<Item = (T, &'a str)>,
) -> Vec<ReasonGroup<'a, T>> {
    let mut groups: Vec<ReasonGroup<'a, T>> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (name, reason) in entries {
        let at = *known.entry(reason).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.names.push(name),
            None => groups.push(ReasonGroup {
                reason,
                names: vec![name],
            }),
        }
    }
    groups.sort_by_key(|group| group.names.len() > 1);
    groups
}

/// Returns a reason without its file's name: some services start a reason with the name, some don't.
pub(crate) fn bare<'a>(name: &str, reason: &'a str) -> &'a str {
    let rest = reason.strip_prefix(name).filter(|_| !name.is_empty());
    rest.and_then(|rest| rest.strip_prefix(": "))
        .unwrap_or(reason)
}

#[cfg(test)]
mod tests {
    use super::{bare, grouped};

    #[test]
    fn unique_reasons_come_first_and_equal_ones_are_merged() {
        let entries = [
            ("a", "a: late"),
            ("b", "late"),
            ("x", "row 8"),
            ("c", "c: late"),
            ("d", "late"),
            ("e", "late"),
        ]
        .map(|(name, reason)| (name, bare(name, reason)));
        let lines: Vec<String> = grouped(entries)
            .iter()
            .map(super::ReasonGroup::line)
            .collect();
        assert_eq!(lines, ["x: row 8", "a, b, c and 2 more: late"]);
        let four = entries
            .into_iter()
            .filter(|(name, _)| !"xe".contains(*name));
        let lines: Vec<String> = grouped(four).iter().map(super::ReasonGroup::line).collect();
        assert_eq!(lines, ["a, b, c, d: late"]);
    }
}
