//! Runs import jobs: workers take jobs from the store, read their files, and store the rows.
//!
//! [`worker`] chooses jobs and retries them, [`import`] runs one, and the next rows are read while the last
//! ones are stored. A [`lock`] shows which process owns a job; [`key_store`] keeps storage credentials in memory. What
//! requests and workers share is [`Shared`]. Start with [`worker`].

mod import;
mod key_store;
mod lock;
mod state;
mod worker;

pub(crate) use state::Shared;
pub(crate) use worker::Workers;
