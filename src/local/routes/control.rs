//! The control calls of Zilliz Cloud: one project, region and cluster, which are the service itself, and jobs of any kind.

use super::jobs::{self, Action, ListPage, percent};
use super::{App, Result, Routes, ServiceCall, ServiceError, Value, json};
use crate::api::model::{Dialect, JobState};
use crate::local::volumes::REGION;

/// The cloud in answers. Clients choose S3's protocol by it.
pub(crate) const CLOUD: &str = "aws";

/// The id of the service's project. Calls may name any other, as import calls may name any cluster.
const PROJECT: &str = "proj-local";

/// The id of the service's cluster.
const CLUSTER: &str = "in00-local";

/// Adds the routes below `/v2/projects`, `/v2/regions`, `/v2/clusters` and `/v2/jobs`.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/v2/projects", projects)
        .get("/v2/regions", regions)
        .get("/v2/clusters", clusters)
        .get("/v2/clusters/onDemandClusters", on_demand)
        .get("/v2/clusters/{clusterId}", describe)
        .get("/v2/jobs/{jobId}", job)
}

#[expect(clippy::unnecessary_wraps, reason = "a handler")]
fn projects(app: &App, _: &ServiceCall) -> Result<Value> {
    Ok(json!([{
        "projectId": PROJECT,
        "projectName": "local",
        "plan": "Local",
        "instanceCount": 1,
        "createTime": app.started,
    }]))
}

#[expect(clippy::unnecessary_wraps, reason = "a handler")]
fn regions(_: &App, call: &ServiceCall) -> Result<Value> {
    let cloud = call.text(&["cloudId"]);
    if cloud.is_some_and(|cloud| cloud != CLOUD) {
        return Ok(json!([]));
    }
    let url = call.own_url();
    Ok(json!([{ "cloudId": CLOUD, "regionId": REGION, "apiBaseUrl": url, "domain": url }]))
}

fn cluster(app: &App, call: &ServiceCall) -> Value {
    json!({
        "clusterId": CLUSTER,
        "clusterName": "local",
        "description": "zshell's local import service",
        "regionId": REGION,
        "plan": "Local",
        "cuType": "",
        "cuSize": 1,
        "status": "RUNNING",
        "connectAddress": call.own_url(),
        "projectId": PROJECT,
        "createTime": app.started,
    })
}

fn clusters(app: &App, call: &ServiceCall) -> Result<Value> {
    let page = ListPage::read(call, 1)?;
    let project = call.text(&["projectId"]);
    let is_own = project.is_none_or(|project| project == PROJECT);
    let shown = (page.skip == 0 && is_own).then(|| cluster(app, call));
    Ok(page.answer(is_own.into(), &["clusters"], Vec::from_iter(shown)))
}

fn on_demand(_: &App, call: &ServiceCall) -> Result<Value> {
    Ok(ListPage::read(call, 1)?.answer(0, &["clusters"], Vec::new()))
}

fn describe(app: &App, call: &ServiceCall) -> Result<Value> {
    let id = call.required(Dialect::V2, &["clusterId"])?;
    if id == CLUSTER {
        return Ok(cluster(app, call));
    }
    let message = format!("the cluster does not exist: {id}; the local service has {CLUSTER}");
    Err(ServiceError::new(40021, message))
}

/// Returns an import job in the form of the cloud's asynchronous jobs.
fn job(app: &App, call: &ServiceCall) -> Result<Value> {
    let whole = jobs::find(app, call, Dialect::V2, Action::Progress)?;
    let standing = &whole.job.standing;
    let status = match standing.state {
        JobState::Pending => "PENDING",
        JobState::Completed => "SUCCESSFUL",
        JobState::Failed => "FAILED",
        JobState::Aborted => "CANCELED",
        _ => "IN_PROGRESS",
    };
    Ok(json!({
        "jobId": whole.job.id,
        "type": "IMPORT",
        "status": status,
        "progress": percent(standing),
        "reason": standing.reason.as_deref().unwrap_or_default(),
        "createTime": whole.create_time,
        "completeTime": standing.complete_time,
    }))
}
