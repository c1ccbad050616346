//! Lists the clusters and projects that a key has access to.

use super::Client;
use super::error::{ApiError, beyond};
use super::fields::Fields;
use super::model::Dialect;
use super::pages::PagedList;
use super::request::{CallForm, Outgoing};
use serde::Serialize;

/// One cluster of Zilliz Cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// The cluster's id, e.g. `in03-…`.
    #[serde(rename = "clusterId")]
    pub id: String,
    /// The name shown in the console.
    #[serde(rename = "clusterName")]
    pub name: String,
    /// The region, e.g. `aws-us-east1`.
    #[serde(rename = "regionId")]
    pub region: String,
    /// The plan: Free, Serverless, Standard or Enterprise.
    pub plan: String,
    /// The kind of its compute units.
    pub cu_type: String,
    /// Number of compute units.
    pub cu_size: Option<u64>,
    /// The status as sent: RUNNING, FROZEN, …
    pub status: String,
    /// The public endpoint; empty if there is none yet.
    pub connect_address: String,
    /// The project it belongs to.
    pub project_id: String,
    /// Creation time, as sent.
    pub create_time: String,
}

/// One project of Zilliz Cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// The project's id, e.g. `proj-…`.
    #[serde(rename = "projectId")]
    pub id: String,
    /// The name shown in the console.
    #[serde(rename = "projectName")]
    pub name: String,
    /// The plan: Standard, Enterprise, …
    pub plan: String,
    /// Number of clusters in the project.
    #[serde(rename = "instanceCount")]
    pub clusters: Option<u64>,
    /// Creation time, as sent.
    pub create_time: String,
}

impl Client {
    /// Returns all clusters that the key has access to, or those of the connection's project if one is set. v2 only.
    pub fn clusters(&self) -> Result<Vec<Cluster>, ApiError> {
        self.refuse_clusters()?;
        self.all_pages(&PagedList {
            call: CallForm::read("list the clusters", "/v2/clusters"),
            noun: "clusters",
            project: self.settings().project_id.as_deref(),
            read,
            id: |cluster| &cluster.id,
        })
    }

    /// Returns all projects that the key has access to. v2 only.
    pub fn projects(&self) -> Result<Vec<Project>, ApiError> {
        self.refuse_clusters()?;
        let settings = self.settings();
        let call = CallForm::read("list the projects", "/v2/projects");
        let outgoing = Outgoing::get(settings, call, &settings.import_base, &[])?;
        self.call(outgoing, |data| {
            let listed = data.list()?.into_iter();
            let projects: Option<_> = listed.map(|raw| read_project(&Fields::of(raw)?)).collect();
            projects.ok_or_else(|| data.unreadable("it lists something that is not a project"))
        })
    }

    fn refuse_clusters(&self) -> Result<(), ApiError> {
        self.require_v2(
            "a question about clusters or projects",
            "clusters and projects belong to Zilliz Cloud's control plane: clusters(#{endpoint: \"https://api.cloud.zilliz.com\"}) lists them, connect(#{cluster: \"name or id\"}) uses one",
        )
    }

    /// Returns an error unless the service is Zilliz Cloud's control plane.
    pub(super) fn require_v2(&self, what: &str, instead: &str) -> Result<(), ApiError> {
        match self.settings().dialect {
            Dialect::V2 => Ok(()),
            dialect => Err(beyond(dialect, what, instead)),
        }
    }
}

/// Reads one project. Returns `None` if it has no id.
fn read_project(object: &Fields<'_>) -> Option<Project> {
    Some(Project {
        id: object.id(&["projectId"])?,
        name: object.text_or_empty(&["projectName"]),
        plan: object.text_or_empty(&["plan"]),
        clusters: object.count(&["instanceCount"]),
        create_time: object.text_or_empty(&["createTime"]),
    })
}

/// Reads one cluster. Returns `None` if it has no id.
fn read(object: &Fields<'_>) -> Option<Cluster> {
    Some(Cluster {
        id: object.id(&["clusterId"])?,
        name: object.text_or_empty(&["clusterName"]),
        region: object.text_or_empty(&["regionId"]),
        plan: object.text_or_empty(&["plan"]),
        cu_type: object.text_or_empty(&["cuType"]),
        cu_size: object.count(&["cuSize"]),
        status: object.text_or_empty(&["status"]),
        connect_address: object.text_or_empty(&["connectAddress"]),
        project_id: object.text_or_empty(&["projectId"]),
        create_time: object.text_or_empty(&["createTime"]),
    })
}
