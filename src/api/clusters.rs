//! The clusters a key may see (reference: Clusters).

/// One cluster of Zilliz Cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// `in03-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The region, e.g. `aws-us-east1`.
    pub region: String,
    /// Free, Serverless, Standard, Enterprise.
    pub plan: String,
    /// The kind of its compute units.
    pub cu_type: String,
    /// How many compute units.
    pub cu_size: Option<u64>,
    /// RUNNING, FROZEN, …
    pub status: String,
    /// The public endpoint; empty while it has none.
    pub connect_address: String,
    /// The project it belongs to.
    pub project_id: String,
    /// When it was made, as sent.
    pub create_time: String,
}
