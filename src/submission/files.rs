//! Whether a job's progress tells of the files that were submitted.
//!
//! Services name a file by its whole URL, by its key, by the last part of the key, or in Go's way of writing a list
//! (`[a.npy b.npy]`). So the names' parts are compared from the end, as far as both have some.

use crate::api::model::Progress;

/// What a job's files say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// They are the submission's.
    Same,
    /// They are not.
    Other,
    /// The job does not tell, or not all of it yet.
    Unclear,
}

/// Compares a submission's files with those that a job's progress names.
pub(super) fn compare(ours: &[Vec<String>], progress: &Progress) -> Likeness {
    let mut theirs: Vec<&str> = progress
        .details
        .iter()
        .map(|file| file.file_name.trim())
        .filter(|name| !name.is_empty())
        .collect();
    if theirs.is_empty() && !progress.file_name.trim().is_empty() {
        theirs.push(progress.file_name.trim());
    }
    if theirs.is_empty() {
        return Likeness::Unclear;
    }
    let ours: Vec<Path> = ours.iter().flatten().map(|path| Path::of(path)).collect();
    let mut met = vec![false; ours.len()];
    for name in theirs {
        match meet(&ours, name, &mut met) {
            Likeness::Same => {}
            other => return other,
        }
    }
    // Fewer than ours: a job of some of these files, or one that has not told of all yet.
    if met.iter().all(|met| *met) {
        Likeness::Same
    } else {
        Likeness::Unclear
    }
}

/// Marks which of ours a name of theirs stands for.
fn meet(ours: &[Path], name: &str, met: &mut [bool]) -> Likeness {
    let whole = mark(ours, &Path::of(name), met);
    if whole != Likeness::Other {
        return whole;
    }
    let parts: Vec<&str> = name
        .trim_matches(['[', ']'])
        .split([' ', ','])
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() < 2 {
        return Likeness::Other;
    }
    let each = parts.iter().map(|part| mark(ours, &Path::of(part), met));
    each.fold(Likeness::Same, |all, one| match (all, one) {
        (Likeness::Other, _) | (_, Likeness::Other) => Likeness::Other,
        (Likeness::Unclear, _) | (_, Likeness::Unclear) => Likeness::Unclear,
        _ => Likeness::Same,
    })
}

fn mark(ours: &[Path], theirs: &Path, met: &mut [bool]) -> Likeness {
    let mut found = Likeness::Other;
    for (path, met) in ours.iter().zip(met) {
        match path.stands_for(theirs) {
            Likeness::Same => {
                *met = true;
                found = Likeness::Same;
            }
            Likeness::Unclear if found == Likeness::Other => found = Likeness::Unclear,
            _ => {}
        }
    }
    found
}

/// The parts of a path, without scheme, query, and what names no part.
struct Path {
    parts: Vec<String>,
    /// How many of the first are no part of the key: host and bucket.
    outside: usize,
    /// A folder, or a pattern for all that is in it.
    folder: bool,
}

impl Path {
    fn of(text: &str) -> Self {
        let (web, outside, rest) = match text.split_once("://") {
            Some((scheme, rest)) => {
                let web = scheme.starts_with("http");
                (web, if web { before_key(rest) } else { 1 }, rest)
            }
            None => (false, 0, text),
        };
        let rest = match rest.find(['?', '#']).filter(|_| web) {
            Some(end) => rest.get(..end).unwrap_or(rest),
            None => rest,
        };
        let pattern = rest
            .rsplit('/')
            .next()
            .is_some_and(|last| last.starts_with("*."));
        let folder = rest.ends_with('/') || pattern;
        let mut parts: Vec<String> = rest
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .map(decoded)
            .collect();
        if pattern {
            parts.pop();
        }
        Self {
            parts,
            outside,
            folder,
        }
    }

    /// Whether a file that a service names may be this path of ours.
    fn stands_for(&self, theirs: &Self) -> Likeness {
        let alike = self.ends_like(theirs);
        if alike || !self.folder {
            return if alike {
                Likeness::Same
            } else {
                Likeness::Other
            };
        }
        let ours = self.parts.get(self.outside..).unwrap_or_default();
        let theirs = theirs.parts.get(theirs.outside..).unwrap_or_default();
        let Some((_, folder)) = theirs.split_last() else {
            return Likeness::Unclear;
        };
        if folder.is_empty() {
            // A bare file name says nothing of the folder it is in.
            return Likeness::Unclear;
        }
        // Their path begins with the end of ours, or has ours inside.
        let begins = (1..=ours.len().min(folder.len()))
            .any(|count| ours.get(ours.len() - count..) == folder.get(..count));
        let inside = !ours.is_empty() && folder.windows(ours.len()).any(|part| part == ours);
        if begins || inside {
            Likeness::Same
        } else {
            Likeness::Other
        }
    }

    /// True where the shorter is the end of the longer, part by part; a bucket may be written in several ways.
    fn ends_like(&self, other: &Self) -> bool {
        let pairs = self.parts.iter().rev().zip(other.parts.iter().rev());
        let common = pairs.take_while(|(a, b)| a == b).count();
        let enough = |path: &Self| common >= path.parts.len().saturating_sub(path.outside);
        common > 0 && (enough(self) || enough(other))
    }
}

/// How many parts of a web address come before the key: the host, and on some of them the bucket.
fn before_key(rest: &str) -> usize {
    let host = rest.split('/').next().unwrap_or_default();
    let bucket_in_path = host.starts_with("s3.")
        || host.starts_with("s3-")
        || host == "storage.googleapis.com"
        || host.contains(".blob.");
    1 + usize::from(bucket_in_path)
}

fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part)
        .decode_utf8()
        .map_or_else(|_| part.to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::model::{FileProgress, JobState, State};

    fn progress(names: &[&str]) -> Progress {
        let file = |name: &&str| FileProgress {
            file_name: (*name).to_owned(),
            file_size: None,
            state: State::derived(JobState::Importing),
            percent: 0.0,
            rows: None,
            total_rows: None,
            complete_time: None,
            reason: None,
        };
        Progress {
            job_id: "j".to_owned(),
            collection: String::new(),
            state: State::derived(JobState::Importing),
            percent: 0.0,
            rows: None,
            total_rows: None,
            file_name: String::new(),
            file_size: None,
            create_time: None,
            complete_time: None,
            reason: None,
            details: names.iter().map(file).collect(),
            warnings: Vec::new(),
        }
    }

    fn check(ours: &[&[&str]], theirs: &[&str]) -> Likeness {
        let ours: Vec<Vec<String>> = ours
            .iter()
            .map(|set| set.iter().map(|path| (*path).to_owned()).collect())
            .collect();
        compare(&ours, &progress(theirs))
    }

    #[test]
    fn files_are_known_by_the_end_of_their_key() {
        use Likeness::{Other, Same, Unclear};
        let url = "https://b.s3.us-west-2.amazonaws.com/day/1%20a.parquet?sig=x";
        for (theirs, expected) in [
            ("1 a.parquet", Same),
            ("day/1 a.parquet", Same),
            ("s3://b/day/1 a.parquet", Same),
            ("b.s3.us-west-2.amazonaws.com/day/1 a.parquet", Same),
            ("night/1 a.parquet", Other),
            ("11 a.parquet", Other),
            ("a.parquet", Other),
        ] {
            assert_eq!(check(&[&[url]], &[theirs]), expected, "{theirs}");
        }
        assert_eq!(check(&[&["a/1"], &["a/2"]], &["1", "2"]), Same);
        assert_eq!(check(&[&["a/1"], &["a/2"]], &["1"]), Unclear);
        assert_eq!(check(&[&["a/1"]], &["1", "2"]), Other);
        assert_eq!(check(&[&["a/1"]], &[]), Unclear);
        assert_eq!(
            check(&[&["f/a.npy", "f/b.npy"]], &["f/a.npy f/b.npy"]),
            Same
        );
        assert_eq!(
            check(&[&["f/a.npy", "f/b.npy"]], &["[f/a.npy,f/c.npy]"]),
            Other
        );
    }

    #[test]
    fn folders_are_known_by_what_lies_in_them() {
        use Likeness::{Other, Same, Unclear};
        for (ours, theirs, expected) in [
            ("s3://b/more/x/", "more/x/1.json", Same),
            ("s3://b/more/x/", "x/1.json", Same),
            ("s3://b/more/x/", "s3://b/more/x/deep/1.json", Same),
            ("s3://b/more/x/", "more/y/1.json", Other),
            ("s3://b/more/x/", "1.json", Unclear),
            ("s3://b/more/x/", "more/x/", Same),
            ("set/*.npy", "set/id.npy", Same),
            ("set/*.npy", "other/id.npy", Other),
        ] {
            assert_eq!(check(&[&[ours]], &[theirs]), expected, "{ours} {theirs}");
        }
    }
}
