//! The two sites of Zilliz Cloud, their regions and the hosts that follow from them.

use super::EndpointError;

/// The cloud prefixes that a region's name begins with.
const CLOUDS: [&str; 6] = ["aws-", "gcp-", "az-", "azure-", "ali-", "tc-"];

/// One of the two separate services of Zilliz Cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Site {
    /// cloud.zilliz.com
    Global,
    /// cloud.zilliz.com.cn
    China,
}

impl Site {
    /// The site a region belongs to: China for Tencent's (`tc-…`) and for every region with a part that begins with `cn`
    /// or `china` after the cloud's prefix (`ali-cn-hangzhou`, `aws-cn-north-1`, `az-chinanorth3`), else global.
    pub fn of_region(region: &str) -> Self {
        let region = region.to_ascii_lowercase();
        let mut parts = region.split('-');
        let cloud = parts.next();
        if cloud == Some("tc") || parts.any(|part| part == "cn" || part.starts_with("china")) {
            Self::China
        } else {
            Self::Global
        }
    }

    /// The site of a host name in lower case; `None` for a host that is not Zilliz's.
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

/// The base URL of a site's control plane, which serves imports and cluster management in v2.
pub const fn control_plane(site: Site) -> &'static str {
    match site {
        Site::Global => "https://api.cloud.zilliz.com",
        Site::China => "https://api.cloud.zilliz.com.cn",
    }
}

/// The base URL of a region's controller, which serves imports in v1; the site follows from the region
/// ([`Site::of_region`]).
///
/// # Errors
/// [`EndpointError::Region`] where the text cannot be a region's name: it becomes part of the host that the
/// key is sent to.
pub fn controller(region: &str) -> Result<String, EndpointError> {
    controller_of(Site::of_region(region), region)
}

/// [`controller`] on a site that is already known.
pub(super) fn controller_of(site: Site, region: &str) -> Result<String, EndpointError> {
    let region = check_region(region)?;
    Ok(format!("https://controller.api.{region}.{}", site.domain()))
}

/// A region's name in lower case: letters, digits and `-`, one label of a host.
pub(super) fn check_region(region: &str) -> Result<String, EndpointError> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let valid = (1..=63).contains(&region.len())
        && region.bytes().all(letter)
        && !region.starts_with('-')
        && !region.ends_with('-');
    if valid {
        Ok(region.to_ascii_lowercase())
    } else {
        Err(EndpointError::Region {
            region: super::error::shown(region),
        })
    }
}

/// True for a host label that names a region of a known cloud.
pub(super) fn is_region(label: &str) -> bool {
    CLOUDS.iter().any(|cloud| {
        label
            .strip_prefix(cloud)
            .is_some_and(|rest| !rest.is_empty())
    })
}
