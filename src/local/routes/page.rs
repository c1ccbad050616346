//! The page for browsers at `/`: jobs, collections, and how to connect. Plain HTML, built for each request.

use super::jobs::percent;
use crate::local::http::error::{Result, ServiceError};
use crate::local::state::App;
use crate::local::storage::StoreError;
use crate::local::storage::databases::DEFAULT_DATABASE;
use crate::local::storage::jobs::StoredJob;
use crate::text::words;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse};
use quick_xml::escape::escape;
use std::fmt::Write;
use std::sync::Arc;

/// Most jobs on the page; the latest come first.
const JOBS: u64 = 50;
/// Most collections on the page.
const COLLECTIONS: usize = 200;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1d2733}\
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #e2e6ea;vertical-align:top}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}code,pre{font-family:ui-monospace,monospace}\
pre{background:#f4f6f8;padding:.8rem;overflow-x:auto}progress{width:9rem}\
.Failed,.Aborted{color:#b3261e}.Completed{color:#1b7f3b}.Importing,.Uncommitted{color:#8a5a00}\
@media(prefers-color-scheme:dark){body{background:#14181d;color:#dde3ea}th,td{border-color:#2c343d}pre{background:#1d242c}}";

/// Answers with the page.
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse> {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.unwrap_or("127.0.0.1:19531").to_owned();
    let made = tokio::task::spawn_blocking(move || page(&app, &host)).await;
    let failed = |_| ServiceError::unexpected("the page could not be made");
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
    ];
    Ok((headers, Html(made.map_err(failed)??)))
}

fn page(app: &App, host: &str) -> Result<String, StoreError> {
    let (count, jobs) = app.store.jobs(None, None, 0, JOBS)?;
    let busy = jobs.iter().any(|job| !job.standing.state.is_final());
    let mut text = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>zshell: local import service</title>",
    );
    // The page reloads more often while a job runs.
    let every = if busy { 2 } else { 10 };
    let _ = write!(
        text,
        "<meta http-equiv=\"refresh\" content=\"{every}\"><style>{STYLE}</style></head><body>\
         <h1>zshell {}: local import service</h1>",
        env!("CARGO_PKG_VERSION")
    );
    if app.shared.faults.any() {
        text.push_str("<p><strong>Faults are on</strong>: this service was started with <code>--fault</code>.</p>");
    }
    list_jobs(&mut text, count, &jobs);
    collections(&mut text, app)?;
    connecting(&mut text, host, app.token.is_some());
    text.push_str("</body></html>\n");
    Ok(text)
}

fn list_jobs(text: &mut String, count: u64, jobs: &[StoredJob]) {
    let _ = write!(text, "<h2>Import jobs ({count})</h2>");
    if jobs.is_empty() {
        text.push_str("<p>None yet.</p>");
        return;
    }
    text.push_str(
        "<table><tr><th>job</th><th>collection</th><th>state</th><th>progress</th><th class=\"n\">rows</th><th>reason</th></tr>",
    );
    for job in jobs {
        let standing = &job.standing;
        let (state, done) = (standing.state.word(), percent(standing));
        let reason = standing.reason.as_deref().unwrap_or_default();
        let _ = write!(
            text,
            "<tr><td><code>{}</code></td><td>{}</td><td class=\"{state}\">{state}</td>\
             <td><progress max=\"100\" value=\"{done}\"></progress> {done}%</td><td class=\"n\">{}</td><td>{}</td></tr>",
            escape(&job.id),
            escape(&job.collection),
            words::grouped(standing.rows),
            escape(reason),
        );
    }
    text.push_str("</table>");
    if count > jobs.len() as u64 {
        let _ = write!(text, "<p>The latest {} of {count}.</p>", jobs.len());
    }
}

fn collections(text: &mut String, app: &App) -> Result<(), StoreError> {
    let mut names = Vec::new();
    for database in app.store.databases()? {
        let found = app.store.collection_names(&database)?.into_iter();
        names.extend(found.map(|name| (database.clone(), name)));
    }
    let _ = write!(text, "<h2>Collections ({})</h2>", names.len());
    if names.is_empty() {
        text.push_str("<p>None yet.</p>");
        return Ok(());
    }
    text.push_str("<table><tr><th>collection</th><th class=\"n\">rows</th></tr>");
    for (database, name) in names.iter().take(COLLECTIONS) {
        // The collection may have been dropped in the meantime.
        let Some(found) = app.store.collection(database, name)? else {
            continue;
        };
        let rows = app.store.count(found.id, None)?;
        let shown = match database.as_str() {
            DEFAULT_DATABASE => name.clone(),
            other => format!("{other}.{name}"),
        };
        let _ = write!(
            text,
            "<tr><td>{}</td><td class=\"n\">{}</td></tr>",
            escape(&shown),
            words::grouped(rows)
        );
    }
    text.push_str("</table>");
    Ok(())
}

fn connecting(text: &mut String, host: &str, has_token: bool) {
    let host = escape(host);
    let (zshell, python, curl) = if has_token {
        (
            format!("connect(#{{endpoint: \"http://{host}\", token: secret(\"MILVUS_TOKEN\")}})"),
            ", api_key=os.environ[\"MILVUS_TOKEN\"]",
            " -H \"Authorization: Bearer $MILVUS_TOKEN\"",
        )
    } else {
        (format!("connect(\"http://{host}\")"), "", "")
    };
    let _ = write!(
        text,
        "<h2>How to connect</h2><p>zshell:</p><pre>{zshell}</pre>\
         <p>pymilvus:</p><pre>from pymilvus.bulk_writer import bulk_import\n\
         bulk_import(\"http://{host}\", \"my_collection\", files=[[\"/data/1.parquet\"]]{python})</pre>\
         <p>curl:</p><pre>curl -s http://{host}/v2/vectordb/jobs/import/list{curl} \
         -H 'Content-Type: application/json' -d '{{}}'</pre>"
    );
}
