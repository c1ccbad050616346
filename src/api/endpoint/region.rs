//! The two sites of Zilliz Cloud, their regions and their hosts.

use super::{refused, shown};
use crate::error::Failure;

/// Cloud prefixes of region names.
const CLOUDS: [&str; 6] = ["aws-", "gcp-", "az-", "azure-", "ali-", "tc-"];

/// One of the two separate services of Zilliz Cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Site {
    /// cloud.zilliz.com
    Global,
    /// cloud.zilliz.com.cn
    China,
}

impl Site {
    /// Returns the site of a region: China for Tencent's (`tc-…`), and if a part after the cloud's prefix begins with
    /// `cn` or `china` (`ali-cn-hangzhou`, `aws-cn-north-1`, `az-chinanorth3`); else global.
    pub(crate) fn of_region(region: &str) -> Self {
        let region = region.to_ascii_lowercase();
        let mut parts = region.split('-');
        let cloud = parts.next();
        if cloud == Some("tc") || parts.any(|part| part == "cn" || part.starts_with("china")) {
            Self::China
        } else {
            Self::Global
        }
    }

    /// Returns the site of a host name in lower case; `None` for a host that isn't Zilliz's.
    pub(super) fn of_host(host: &str) -> Option<Self> {
        let within = |domain: &str| {
            host.strip_suffix(domain)
                .is_some_and(|before| before.is_empty() || before.ends_with('.'))
        };
        if within("zilliz.com.cn") {
            Some(Self::China)
        } else if within("zillizcloud.com") || within("zilliz.com") {
            Some(Self::Global)
        } else {
            None
        }
    }

    const fn domain(self) -> &'static str {
        match self {
            Self::Global => "zillizcloud.com",
            Self::China => "zilliz.com.cn",
        }
    }
}

/// Returns the base URL of a site's control plane, which serves imports and cluster management in v2.
pub(crate) const fn control_plane(site: Site) -> &'static str {
    match site {
        Site::Global => "https://api.cloud.zilliz.com",
        Site::China => "https://api.cloud.zilliz.com.cn",
    }
}

/// Returns the base URL of a region's controller, which serves imports in v1.
///
/// # Errors
/// Returns an error if the text can't be a region's name, because the text becomes part of the host
/// that receives the API key.
pub(super) fn controller(site: Site, region: &str) -> Result<String, Failure> {
    let region = check_region(region)?;
    Ok(format!("https://controller.api.{region}.{}", site.domain()))
}

/// Returns a region's name in lower case, if it's a single host label of letters, digits and `-`.
pub(super) fn check_region(region: &str) -> Result<String, Failure> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let valid = (1..=63).contains(&region.len())
        && region.bytes().all(letter)
        && !region.starts_with('-')
        && !region.ends_with('-');
    if valid {
        Ok(region.to_ascii_lowercase())
    } else {
        Err(refused(
            format!("{} is not a region's name", shown(region)),
            "a region is written as in \"aws-us-west-2\"",
        ))
    }
}

/// Returns true for a host label that is a region name of a known cloud.
pub(super) fn is_region(label: &str) -> bool {
    CLOUDS.iter().any(|cloud| {
        label
            .strip_prefix(cloud)
            .is_some_and(|rest| !rest.is_empty())
    })
}
