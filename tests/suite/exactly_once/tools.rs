//! What these tests have in common.

use crate::exactly_once::cluster::Cluster;
use crate::support::harness::{Folder, Running, Test};
use serde_json::Value;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Nothing takes longer unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// A place in a server's closure where requests wait until the test lets them go on.
pub(crate) struct Gate {
    arrived: Sender<()>,
    open: Mutex<Receiver<()>>,
}

/// The test's side of a [`Gate`].
pub(crate) struct Key {
    arrivals: Receiver<()>,
    opener: Sender<()>,
}

pub(crate) fn gate() -> (Gate, Key) {
    let (arrived, arrivals) = mpsc::channel();
    let (opener, open) = mpsc::channel();
    let open = Mutex::new(open);
    (Gate { arrived, open }, Key { arrivals, opener })
}

impl Gate {
    /// Waits here; a test that has ended lets everything go on.
    pub(crate) fn pass(&self) {
        let _ = self.arrived.send(());
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = open.recv_timeout(PATIENCE);
    }
}

impl Key {
    /// Waits until a request is at the gate.
    pub(crate) fn await_arrival(&self) {
        self.arrivals
            .recv_timeout(PATIENCE)
            .expect("a request at the gate");
    }

    /// Lets one request go on.
    pub(crate) fn open(&self) {
        self.opener.send(()).expect("a gate");
    }
}

/// A run that imports `day/1.json` into `books` of the cluster, with more options such as `key: "k"`, and prints the
/// job's id.
pub(crate) fn import(folder: &Folder, cluster: &Cluster, options: &str) -> Test {
    let text = format!(
        r#"{} let job = import(#{{collection: "books", url: "day/1.json", {options}}}); print(job.id);"#,
        cluster.connect("milvus", SETTLE)
    );
    folder.test().eval(text)
}

/// A short `settle`, long enough for the list calls of a busy machine to begin after it.
pub(crate) const SETTLE: &str = "settle: 0.2";

/// The journal's submissions, the latest first.
pub(crate) fn submissions(folder: &Folder) -> Vec<Value> {
    let ran = folder
        .test()
        .args(["-o", "json", "journal", "list", "--limit", "all"])
        .run();
    let Value::Array(list) = ran.json() else {
        panic!("no list: {}", ran.stdout);
    };
    list
}

/// The states of the journal's submissions, the latest first.
pub(crate) fn states(folder: &Folder) -> Vec<String> {
    let state = |it: &Value| it["state"].as_str().expect("a state").to_owned();
    submissions(folder).iter().map(state).collect()
}

/// Kills a run as `kill -9` does.
pub(crate) fn kill(run: Running) {
    run.signal("KILL");
    drop(run);
}
