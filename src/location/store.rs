//! Stores of import files, and the clouds they belong to.

use std::fmt;

/// A kind of store. `Display` writes its full name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Store {
    /// Amazon S3.
    S3,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage.
    Azure,
    /// Alibaba Cloud OSS.
    Oss,
    /// Tencent Cloud COS.
    Cos,
    /// The bucket of a self-hosted Milvus server.
    Bucket,
    /// A volume of Zilliz Cloud.
    Volume,
    /// A disk of this machine.
    Disk,
}

impl Store {
    /// Returns the store's name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::S3 => "Amazon S3",
            Self::Gcs => "Google Cloud Storage",
            Self::Azure => "Azure Blob Storage",
            Self::Oss => "Alibaba Cloud OSS",
            Self::Cos => "Tencent Cloud COS",
            Self::Bucket => "the server's bucket",
            Self::Volume => "Zilliz Cloud volume",
            Self::Disk => "local disk",
        }
    }

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

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A cloud. `Display` writes its common name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cloud {
    /// Amazon Web Services.
    Aws,
    /// Google Cloud.
    Gcp,
    /// Microsoft Azure.
    Azure,
    /// Alibaba Cloud.
    Ali,
    /// Tencent Cloud.
    Tencent,
}

impl Cloud {
    /// Returns the cloud of a cluster's region, from the region's prefix (reference: region, cluster and base URL).
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

    /// Returns the cloud's name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Gcp => "Google Cloud",
            Self::Azure => "Azure",
            Self::Ali => "Alibaba Cloud",
            Self::Tencent => "Tencent Cloud",
        }
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
