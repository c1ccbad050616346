//! Files with the content of another file. Imports append, so importing a copy under another name doubles its rows. The
//! journal keeps a fingerprint of each file that a batch has checked or uploaded.

use super::BatchSteps;
use crate::api::model::Source;
use crate::engine::functions::import_all::plan::{BatchTask, Before};
use crate::error::Failure;
use crate::journal::Scope;
use crate::text::hash::hash;
use crate::text::words;
use ring::digest::{Context, SHA256};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Size of a block that a fingerprint reads, in bytes, and maximum number of blocks. A larger file isn't read as a
/// whole, since its rows have just been read by the check.
const BLOCK: u64 = 64 << 10;
const BLOCKS: u64 = 64;

impl BatchSteps<'_> {
    /// Adds fingerprints to the tasks to submit, and warns about files whose content was imported under another name.
    pub(crate) fn compare_contents(
        &self,
        local: &HashMap<String, PathBuf>,
        tasks: &mut [BatchTask],
    ) -> Result<(), Failure> {
        if !self.choices.check && !self.choices.upload {
            return Ok(());
        }
        let scope = Scope::of(self.connection.client.settings(), self.template);
        let mut known: HashMap<String, String> = self.session.desk.journal.contents(&scope)?;
        for task in tasks {
            if !matches!(task.before, Before::Nothing) {
                continue;
            }
            let (Source::Files(files) | Source::Volume { paths: files, .. }) = &task.request.source;
            let mut contents = Vec::with_capacity(files.len());
            for path in files {
                self.session.interrupt.check()?;
                let file = path.first().and_then(|path| local.get(path));
                let content = file.and_then(|file| fingerprint(file).ok());
                let content = content.unwrap_or_default();
                let path = path.concat();
                if !content.is_empty() {
                    if let Some(other) = known.get(&content).filter(|other| **other != path) {
                        self.session.warn(&format!(
                            "{path} has the content of {other}, which is imported into {} too: its rows will be there twice",
                            self.template.collection
                        ));
                    }
                    known.insert(content.clone(), path);
                }
                contents.push(content);
            }
            task.contents = contents;
        }
        Ok(())
    }
}

/// Returns a hash of a file's size and of blocks spread evenly over the file; of a small file, of its whole content.
fn fingerprint(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut whole = Context::new(&SHA256);
    whole.update(&size.to_le_bytes());
    let mut block = Vec::new();
    let blocks = size.div_ceil(BLOCK).min(BLOCKS);
    for number in 0..blocks {
        // The last block ends at the file's end.
        let last = size.saturating_sub(BLOCK);
        let at = last / (blocks - 1).max(1) * number;
        let at = if number + 1 == blocks { last } else { at };
        file.seek(SeekFrom::Start(at))?;
        block.clear();
        Read::by_ref(&mut file)
            .take(BLOCK)
            .read_to_end(&mut block)?;
        whole.update(&block);
    }
    Ok(hash(&words::hex(whole.finish().as_ref())))
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, BLOCKS, fingerprint};
    use std::fs;

    #[test]
    fn a_fingerprint_depends_on_content_and_size() {
        let folder = tempfile::tempdir().expect("a folder");
        let of = |content: &[u8]| {
            let path = folder.path().join("file");
            fs::write(&path, content).expect("a file");
            fingerprint(&path).expect("a fingerprint")
        };
        for size in [
            0,
            1,
            BLOCK - 1,
            BLOCK,
            BLOCK + 1,
            BLOCK * BLOCKS,
            BLOCK * (BLOCKS + 9) + 5,
        ] {
            let size = usize::try_from(size).expect("a size");
            let content = vec![7_u8; size];
            let own = of(&content);
            assert_eq!(own, of(&content));
            assert_ne!(own, of(&[&content[..], &[7]].concat()), "{size}");
            for at in [0, size.saturating_sub(1)].into_iter().filter(|_| size > 0) {
                let mut other = content.clone();
                other[at] = 8;
                assert_ne!(own, of(&other), "{size} {at}");
            }
        }
    }
}
