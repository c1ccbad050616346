//! Seeded mutation tests: the machinery that the tests of readers, answers, filters, the journal and scripts share.
//!
//! The mutations of each kind of input run in a child process with a memory limit, since a failed allocation or a stack
//! overflow ends the process. `ZSHELL_FUZZ=N` sets the number of mutations of each kind:
//!
//! ```sh
//! ZSHELL_FUZZ=1000000 cargo test --release --lib mutated -- --nocapture
//! ```
//!
//! A failure names the mutation. `ZSHELL_FUZZ_ONLY=NUMBER` tries only this one.

use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

/// Environment variable with the number of mutations.
const COUNT: &str = "ZSHELL_FUZZ";

/// Environment variable with the number of the only mutation to try.
const ONLY: &str = "ZSHELL_FUZZ_ONLY";

/// Environment variables of a child process: the kind of input, and the folder for its progress and report.
const KIND: &str = "ZSHELL_TEST_FUZZ";
const FOLDER: &str = "ZSHELL_TEST_FUZZ_FOLDER";

/// Limit of a child's address space in KiB.
const ADDRESS_SPACE: u64 = 2 << 20;

/// Limit of a child's memory in bytes.
const PEAK: u64 = 300 << 20;

/// Maximum processor time for one input.
const HANG: Duration = Duration::from_secs(20);

/// Maximum time for one input, waits included. Long, since a busy machine can stop a process for a while.
const STUCK: Duration = Duration::from_mins(5);

/// Parts of JSON, filters and scripts that replace parts of a text.
pub(crate) const TEXT: &[&[u8]] = &[
    b"[",
    b"{",
    b"(",
    b"]",
    b"}",
    b")",
    b"\"",
    b"'",
    b"`",
    b"\\",
    b",",
    b":",
    b";",
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1e999",
    b"-0.0",
    b"18446744073709551616",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"1e-400",
    b"\\u0000",
    b"\\ud800",
    "é".as_bytes(),
    "\u{202e}".as_bytes(),
    b"\0",
    b"\x1b[",
    b"\xff",
    b"\n",
    b" ",
    b"//",
    b"/*",
    b"%",
    b"_",
    b"not ",
    b" in ",
    b" and ",
    b" or ",
    b"**",
    b"=>",
    b"|x|",
    b"${",
    b"#{",
    b"..",
];

/// Lengths and counts in the encodings of Parquet, far larger than any file.
pub(crate) const LENGTHS: &[&[u8]] = &[
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xfe, 0xff, 0xff, 0xff, 0x0f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    &[0xff, 0xff, 0xff, 0x7f],
    &[0x80, 0x80, 0x80, 0x80, 0x08],
];

/// Changes one to four places of an input. `parts` are bytes that are likely to matter.
pub(crate) fn mutate(bytes: &mut Vec<u8>, parts: &[&[u8]], random: &mut fastrand::Rng) {
    for _ in 0..random.usize(1..=4) {
        // Most structure of a Parquet file is at its end.
        let from = if random.bool() { bytes.len() / 2 } else { 0 };
        let at = random.usize(from..=bytes.len());
        let end = bytes.len().min(at + random.usize(0..=16));
        match random.u8(0..9) {
            0..=2 if at < bytes.len() => bytes[at] ^= 1 << random.u8(0..8),
            3 if at < bytes.len() => {
                bytes[at] = *random.choice(&[0, 1, 0x7f, 0x80, 0xfe, 0xff]).unwrap();
            }
            4 => {
                let part = *random.choice(parts).unwrap();
                let end = bytes.len().min(at + random.usize(0..=part.len()));
                bytes.splice(at..end, part.iter().copied());
            }
            5 => drop(bytes.drain(at..end)),
            6 => {
                let part = bytes[at..end].to_vec();
                let to = random.usize(0..=bytes.len());
                bytes.splice(to..to, part);
            }
            7 if random.u8(0..8) == 0 => bytes.truncate(at),
            8 if random.u8(0..4) == 0 => {
                let part = bytes[at..end].repeat(1 << random.u8(0..13));
                bytes.splice(at..at, part);
            }
            _ => {
                let random_bytes: Vec<u8> = (at..end).map(|_| random.u8(..)).collect();
                bytes.splice(at..end, random_bytes);
            }
        }
    }
}

/// Returns a mutated text. Bytes that aren't UTF-8 are replaced.
pub(crate) fn mutated_text(seed: &str, random: &mut fastrand::Rng) -> String {
    let mut bytes = seed.as_bytes().to_vec();
    mutate(&mut bytes, TEXT, random);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Runs an ignored test in a child process for each kind of input. Without `ZSHELL_FUZZ` it tries `usual` mutations.
pub(crate) fn run_children(test: &str, kinds: &[&str], usual: u64) {
    let count = std::env::var(COUNT).unwrap_or_else(|_| usual.to_string());
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for kind in kinds {
            let (count, dir) = (&count, dir.path());
            scope.spawn(move || run_child(test, kind, count, dir));
        }
    });
}

fn run_child(test: &str, kind: &str, count: &str, dir: &Path) {
    let limited = format!("ulimit -v {ADDRESS_SPACE} && exec \"$0\" \"$@\"");
    // Names of tests don't have the crate's name.
    let test = test.split_once("::").unwrap().1;
    let child = Command::new("sh")
        .args(["-c", &limited])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", test])
        .env(KIND, kind)
        .env(FOLDER, dir)
        .env(COUNT, count)
        .env("ZSHELL_CONFIG_DIR", dir)
        .current_dir(dir)
        .stdin(Stdio::null())
        // Scripts write to it without end.
        .stdout(Stdio::null())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&child.stderr);
    if child.status.success() {
        // Inputs that take long.
        print!("{errors}");
        let report = std::fs::read_to_string(dir.join(format!("{kind}.report")));
        println!("{}", report.expect("a child that ran"));
        return;
    }
    let number = std::fs::read(dir.join(kind)).unwrap_or_default();
    let number = number.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    panic!("{kind}, mutation {number:?}: {}\n{errors}", child.status);
}

/// Returns the kind of input if this is a child process of [`run_children`].
pub(crate) fn kind() -> Option<String> {
    std::env::var(KIND).ok()
}

/// In a child process: calls `accepts` for each mutation, with its number and its random numbers. Panics if that takes
/// too long or too much memory.
pub(crate) fn try_mutations(kind: &str, accepts: impl FnMut(u64, &mut fastrand::Rng) -> bool) {
    try_within(kind, PEAK, accepts);
}

/// Like [`try_mutations`], with another limit of the memory in bytes.
pub(crate) fn try_within(
    kind: &str,
    limit: u64,
    mut accepts: impl FnMut(u64, &mut fastrand::Rng) -> bool,
) {
    std::panic::set_hook(Box::new(|info| {
        if !crate::caught::is_catching() {
            eprintln!("{info}");
        }
    }));
    let folder = std::env::var(FOLDER).unwrap();
    let folder = Path::new(&folder);
    let count: u64 = std::env::var(COUNT).unwrap().parse().unwrap();
    let progress = std::fs::File::create(folder.join(kind)).unwrap();
    let (mut slowest, mut accepted) = ((Duration::ZERO, 0), 0_u64);
    let (began, begins) = mpsc::channel();
    std::thread::spawn(move || end_if_stuck(&begins));
    let only = std::env::var(ONLY)
        .ok()
        .map(|number| number.parse().unwrap());
    for number in only.map_or(0..count, |number| number..number + 1) {
        progress.write_all_at(&number.to_le_bytes(), 0).unwrap();
        began.send(()).unwrap();
        let begin = processor_time();
        accepted += u64::from(accepts(number, &mut fastrand::Rng::with_seed(number)));
        slowest = slowest.max((processor_time().saturating_sub(begin), number));
        assert!(slowest.0 < HANG, "it took {:?}", slowest.0);
    }
    let peak = peak();
    let report = format!(
        "{kind}: {count} mutations, {accepted} accepted, slowest {:?} (mutation {}), peak {} MiB",
        slowest.0,
        slowest.1,
        peak >> 20
    );
    std::fs::write(folder.join(format!("{kind}.report")), report).unwrap();
    assert!(peak < limit, "{} MiB", peak >> 20);
}

/// Ends the process if one input takes longer than [`STUCK`]: threads that wait for each other use no processor time.
fn end_if_stuck(begins: &Receiver<()>) {
    loop {
        match begins.recv_timeout(STUCK) {
            Ok(()) => {}
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                eprintln!("it took longer than {STUCK:?}");
                std::process::exit(1);
            }
        }
    }
}

/// Returns the processor time that this process has used. Other processes on a busy machine don't count.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Returns the peak memory of this process in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}
