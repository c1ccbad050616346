//! Stores of import files, and the clouds they belong to.

use serde::{Deserialize, Serialize};

/// A kind of store. `Display` writes its full name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, strum::Display)]
pub enum Store {
    /// Amazon S3.
    #[strum(to_string = "Amazon S3")]
    S3,
    /// Google Cloud Storage.
    #[strum(to_string = "Google Cloud Storage")]
    Gcs,
    /// Azure Blob Storage.
    #[strum(to_string = "Azure Blob Storage")]
    Azure,
    /// Alibaba Cloud OSS.
    #[strum(to_string = "Alibaba Cloud OSS")]
    Oss,
    /// Tencent Cloud COS.
    #[strum(to_string = "Tencent Cloud COS")]
    Cos,
    /// The bucket of a self-hosted Milvus server.
    #[strum(to_string = "the server's bucket")]
    Bucket,
    /// A volume of Zilliz Cloud.
    #[strum(to_string = "Zilliz Cloud volume")]
    Volume,
    /// A disk of this machine.
    #[strum(to_string = "local disk")]
    Disk,
}

impl Store {
    /// Returns the cloud that the store is a service of.
    pub const fn cloud(self) -> Option<Cloud> {
        match self {
            Self::S3 => Some(Cloud::Aws),
            Self::Gcs => Some(Cloud::Gcp),
            Self::Azure => Some(Cloud::Azure),
            Self::Oss => Some(Cloud::Ali),
            Self::Cos => Some(Cloud::Tencent),
            Self::Bucket | Self::Volume | Self::Disk => None,
        }
    }

    /// Returns the store's word for its containers: bucket or container.
    pub(super) const fn container(self) -> &'static str {
        match self {
            Self::Azure => "container",
            _ => "bucket",
        }
    }
}

/// A cloud. `Display` writes its common name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display)]
pub enum Cloud {
    /// Amazon Web Services.
    #[strum(to_string = "AWS")]
    Aws,
    /// Google Cloud.
    #[strum(to_string = "Google Cloud")]
    Gcp,
    /// Microsoft Azure.
    Azure,
    /// Alibaba Cloud.
    #[strum(to_string = "Alibaba Cloud")]
    Ali,
    /// Tencent Cloud.
    #[strum(to_string = "Tencent Cloud")]
    Tencent,
}

impl Cloud {
    /// Returns the cloud of a cluster's region, from the region's prefix.
    pub fn of_region(region: &str) -> Option<Self> {
        let prefix = region.split_once('-')?.0;
        match prefix.to_ascii_lowercase().as_str() {
            "aws" => Some(Self::Aws),
            "gcp" => Some(Self::Gcp),
            "az" | "azure" => Some(Self::Azure),
            "ali" => Some(Self::Ali),
            "tc" => Some(Self::Tencent),
            _ => None,
        }
    }
}
