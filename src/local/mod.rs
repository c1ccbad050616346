//! The local import service: routes a dialect, store, worker.
