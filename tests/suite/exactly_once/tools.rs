//! Helpers of these tests.

use crate::exactly_once::cluster::Cluster;
use crate::support::harness::{Folder, Running, Test};
use serde_json::Value;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Maximum time to wait for anything that should happen.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// A point in a server's closure where requests wait until the test releases them.
pub(crate) struct RequestHold {
    arrived: Sender<()>,
    open: Mutex<Receiver<()>>,
}

/// The test's side of a [`RequestHold`].
pub(crate) struct HoldControl {
    arrivals: Receiver<()>,
    opener: Sender<()>,
}

pub(crate) fn request_hold() -> (RequestHold, HoldControl) {
    let (arrived, arrivals) = mpsc::channel();
    let (opener, open) = mpsc::channel();
    let open = Mutex::new(open);
    (
        RequestHold { arrived, open },
        HoldControl { arrivals, opener },
    )
}

impl RequestHold {
    /// Waits until the test releases the request or ends.
    pub(crate) fn wait(&self) {
        let _ = self.arrived.send(());
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = open.recv_timeout(PATIENCE);
    }
}

impl HoldControl {
    /// Waits until a request arrives.
    pub(crate) fn await_arrival(&self) {
        self.arrivals
            .recv_timeout(PATIENCE)
            .expect("a request arrives");
    }

    /// Releases one request.
    pub(crate) fn release(&self) {
        self.opener.send(()).expect("the hold");
    }
}

/// Returns a run that imports `day/1.json` into `books` of the cluster, with more options such as `key: "k"`, and
/// prints the job's id.
pub(crate) fn import(folder: &Folder, cluster: &Cluster, options: &str) -> Test {
    let text = format!(
        r#"{} let job = import(#{{collection: "books", url: "day/1.json", {options}}}); print(job.id);"#,
        cluster.connect("milvus", SETTLE)
    );
    folder.test().eval(text)
}

/// A short `settle`, but long enough that a busy machine's list calls begin after it.
pub(crate) const SETTLE: &str = "settle: 0.2";

/// Returns the journal's submissions, the latest first.
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

/// Returns the states of the journal's submissions, the latest first.
pub(crate) fn states(folder: &Folder) -> Vec<String> {
    let state = |it: &Value| it["state"].as_str().expect("a state").to_owned();
    submissions(folder).iter().map(state).collect()
}

/// Kills a run as `kill -9` does.
pub(crate) fn kill(run: Running) {
    run.signal("KILL");
    drop(run);
}
