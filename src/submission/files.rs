//! Comparison of the files in a job's progress with those that were submitted.
//!
//! Services name a file by its whole URL, by its object path, by the last part of the object path, or as Go prints a
//! list (`[a.npy b.npy]`). So the parts of both names are compared from the end. A bare file name may also belong to a
//! file in another folder, so it's a possible match but no proof.

use crate::api::model::Progress;

/// Result of comparing a job's files with a submission's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// The job has the submission's files.
    Same,
    /// The job doesn't name its files, or not all of them yet.
    Unclear,
    /// The job has other files.
    Other,
}

/// Compares a submission's files with those in a job's progress.
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
    let sets: Vec<Vec<Path>> = ours
        .iter()
        .map(|set| set.iter().map(|path| Path::of(path)).collect())
        .collect();
    let joined: Vec<Vec<String>> = sets.iter().map(|set| joined(set)).collect();
    let ours: Vec<&Path> = sets.iter().flatten().collect();
    let mut met = vec![false; ours.len()];
    let mut unclear = false;
    for name in theirs {
        let inner = name.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let inner = inner.unwrap_or(name);
        if let Some(at) = joined
            .iter()
            .position(|forms| forms.iter().any(|it| it == inner))
        {
            let before: usize = sets.iter().take(at).map(Vec::len).sum();
            let own = met.iter_mut().skip(before);
            own.take(sets.get(at).map_or(0, Vec::len))
                .for_each(|met| *met = true);
            continue;
        }
        match meet(&ours, name, inner, &mut met) {
            Likeness::Same => {}
            Likeness::Unclear => unclear = true,
            Likeness::Other => return Likeness::Other,
        }
    }
    // Fewer names than our files: the job has only some of these files, or doesn't name all of them yet.
    if met.iter().all(|met| *met) && !unclear {
        Likeness::Same
    } else {
        Likeness::Unclear
    }
}

/// Returns the names that a set of several files can have as a whole: the paths as sent and as object paths, joined as
/// Go prints a list. A path may contain spaces, so such a name can't be split.
fn joined(set: &[Path]) -> Vec<String> {
    if set.len() < 2 {
        return Vec::new();
    }
    let form = |write: fn(&Path) -> String| set.iter().map(write).collect::<Vec<_>>().join(" ");
    vec![
        form(|path| path.text.clone()),
        form(|path| path.text.trim_start_matches('/').to_owned()),
        form(Path::key),
        form(|path| format!("/{}", path.key())),
        form(|path| path.parts.join("/")),
    ]
}

/// Marks those of our files that a name in the job's progress matches. `inner` is `name` without the brackets of a
/// list.
fn meet(ours: &[&Path], name: &str, inner: &str, met: &mut [bool]) -> Likeness {
    for whole in [name, inner] {
        let whole = mark(ours, &Path::of(whole), met);
        if whole != Likeness::Other {
            return whole;
        }
    }
    let parts: Vec<&str> = inner
        .split([' ', ','])
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() < 2 {
        return Likeness::Other;
    }
    let each = parts.iter().map(|part| mark(ours, &Path::of(part), met));
    each.max().unwrap_or(Likeness::Other)
}

fn mark(ours: &[&Path], theirs: &Path, met: &mut [bool]) -> Likeness {
    let mut found = Likeness::Other;
    for (path, met) in ours.iter().zip(met) {
        let likeness = path.stands_for(theirs);
        *met |= likeness == Likeness::Same;
        found = found.min(likeness);
    }
    found
}

/// The parts of a path, without the scheme, the query and empty parts.
struct Path {
    /// The path as it was sent.
    text: String,
    parts: Vec<String>,
    /// Number of leading parts that aren't part of the object path: host and bucket.
    outside: usize,
    /// True if the path is a folder, or a pattern such as `*.parquet` for all files in a folder.
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
            text: text.to_owned(),
            parts,
            outside,
            folder,
        }
    }

    /// Returns the path inside the bucket.
    fn key(&self) -> String {
        self.parts.get(self.outside..).unwrap_or_default().join("/")
    }

    /// Compares this path of ours with a file that a service names.
    fn stands_for(&self, theirs: &Self) -> Likeness {
        let alike = self.ends_like(theirs);
        if alike != Likeness::Other || !self.folder {
            return alike;
        }
        let ours = self.parts.get(self.outside..).unwrap_or_default();
        let theirs = theirs.parts.get(theirs.outside..).unwrap_or_default();
        let Some((_, folder)) = theirs.split_last() else {
            return Likeness::Unclear;
        };
        if folder.is_empty() {
            // A bare file name doesn't show which folder the file is in.
            return Likeness::Unclear;
        }
        // Their folder begins with the end of ours, or contains ours.
        let begins = (1..=ours.len().min(folder.len()))
            .any(|count| ours.get(ours.len() - count..) == folder.get(..count));
        let inside = !ours.is_empty() && folder.windows(ours.len()).any(|part| part == ours);
        if begins || inside {
            Likeness::Same
        } else {
            Likeness::Other
        }
    }

    /// Compares two paths part by part from the end: the shorter must be the end of the longer. A bucket may be written
    /// in several ways.
    fn ends_like(&self, theirs: &Self) -> Likeness {
        let pairs = self.parts.iter().rev().zip(theirs.parts.iter().rev());
        let common = pairs.take_while(|(a, b)| a == b).count();
        let keys = [self, theirs].map(|path| path.parts.len().saturating_sub(path.outside));
        let [ours_matched, theirs_matched] = keys.map(|key| common >= key);
        if common == 0 || !(ours_matched || theirs_matched) {
            return Likeness::Other;
        }
        // A single part is proof only if it's the whole object path on both sides. On their side, the bucket may
        // precede it.
        let buckets = self.outside > 0 && theirs.parts.len() == common + 1;
        if common > 1 || (ours_matched && (theirs_matched || buckets)) {
            Likeness::Same
        } else {
            Likeness::Unclear
        }
    }
}

/// Returns the number of parts before the object path of a web address: the host, and for some hosts the bucket.
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
            details: names.iter().map(file).collect(),
            ..Progress::of_state("j", "", State::derived(JobState::Importing))
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
    fn files_are_recognized_by_the_end_of_their_path() {
        use Likeness::{Other, Same, Unclear};
        let url = "https://b.s3.us-west-2.amazonaws.com/day/1%20a.parquet?sig=x";
        for (theirs, expected) in [
            ("1 a.parquet", Unclear),
            ("day/1 a.parquet", Same),
            ("s3://b/day/1 a.parquet", Same),
            ("b.s3.us-west-2.amazonaws.com/day/1 a.parquet", Same),
            ("night/1 a.parquet", Other),
            ("11 a.parquet", Other),
            ("a.parquet", Other),
            ("part-0.parquet", Other),
        ] {
            assert_eq!(check(&[&[url]], &[theirs]), expected, "{theirs}");
        }
        assert_eq!(check(&[&["a/1"], &["a/2"]], &["1", "2"]), Unclear);
        assert_eq!(check(&[&["a/1"], &["a/2"]], &["a/1"]), Unclear);
        assert_eq!(check(&[&["a/1"], &["a/2"]], &["a/1", "2"]), Unclear);
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
    fn a_bare_name_proves_only_a_file_without_a_folder() {
        use Likeness::{Other, Same, Unclear};
        for (ours, theirs, expected) in [
            ("monday/part-0.parquet", "part-0.parquet", Unclear),
            ("monday/part-0.parquet", "tuesday/part-0.parquet", Other),
            ("part-0.parquet", "part-0.parquet", Same),
            ("part-0.parquet", "tuesday/part-0.parquet", Unclear),
            ("s3://b/part-0.parquet", "part-0.parquet", Same),
            ("s3://b/part-0.parquet", "b/part-0.parquet", Same),
            (
                "s3://b/part-0.parquet",
                "s3://b/tuesday/part-0.parquet",
                Unclear,
            ),
            ("s3://b/day/1.json", "/day/1.json", Same),
        ] {
            assert_eq!(check(&[&[ours]], &[theirs]), expected, "{ours} {theirs}");
        }
    }

    /// Milvus formats a set of `NumPy` files like Go's list of texts (`internal/datacoord/import_util.go`).
    #[test]
    fn sets_with_blanks_in_their_paths_are_recognized() {
        use Likeness::{Other, Same};
        let set: &[&str] = &["dir x/id.npy", "dir x/vec.npy"];
        for (theirs, expected) in [
            ("[dir x/id.npy dir x/vec.npy]", Same),
            ("dir x/id.npy dir x/vec.npy", Same),
            ("[/dir x/id.npy /dir x/vec.npy]", Same),
            ("[dir y/id.npy dir y/vec.npy]", Other),
            ("[dir x/id.npy dir x/other.npy]", Other),
        ] {
            assert_eq!(check(&[set], &[theirs]), expected, "{theirs}");
            assert_eq!(
                check(&[&["a/1"], set], &["[a/1]", theirs]),
                expected,
                "{theirs}"
            );
        }
        let urls: &[&str] = &["s3://b/d x/id.npy", "s3://b/d x/vec.npy"];
        for theirs in [
            "[d x/id.npy d x/vec.npy]",
            "[b/d x/id.npy b/d x/vec.npy]",
            "[s3://b/d x/id.npy s3://b/d x/vec.npy]",
        ] {
            assert_eq!(check(&[urls], &[theirs]), Same, "{theirs}");
        }
        assert_eq!(check(&[&["dir x/1, 2.json"]], &["[dir x/1, 2.json]"]), Same);
    }

    #[test]
    fn folders_are_recognized_by_their_files() {
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
