//! Hosts of object stores: the store, bucket, account and region of a host name.

use super::Store;

/// The parts of a host name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) store: Store,
    /// The bucket, or `None` if it's the first segment of the path.
    pub(super) bucket: Option<String>,
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
}

/// Parses a host name in lower case without port. Returns `None` if the host belongs to no known store.
pub(super) fn recognise(name: &str) -> Option<Host> {
    if !name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-_$".contains(&byte))
    {
        return None;
    }
    amazon(name)
        .or_else(|| google(name))
        .or_else(|| azure(name))
        .or_else(|| alibaba(name))
        .or_else(|| tencent(name))
}

/// Returns a host with the bucket before the service's name. An empty bucket is kept, and refused later for its name.
fn host(store: Store, bucket: Option<&str>, region: Option<&str>) -> Host {
    Host {
        store,
        bucket: bucket.map(str::to_owned),
        account: None,
        region: region.map(str::to_owned),
    }
}

/// Parses `[bucket.]SERVICE.amazonaws.com[.cn]`. SERVICE is `s3.region`, `s3.dualstack.region`, `s3-fips…`,
/// `s3-accelerate[.dualstack]`, or the older `s3` and `s3-region`. Buckets can contain dots, so parsing starts from the
/// right.
fn amazon(name: &str) -> Option<Host> {
    let service = name
        .strip_suffix(".amazonaws.com")
        .or_else(|| name.strip_suffix(".amazonaws.com.cn"))?;
    let (before, last) = cut_label(service);
    let (bucket, region) = if last == "s3" || last == "s3-accelerate" {
        (before, None)
    } else if let Some(region) = last.strip_prefix("s3-").filter(|region| is_older(region)) {
        (before, Some(region))
    } else {
        let (above, dual) = cut_label(before?);
        let (bucket, service) = match (above, dual) {
            (Some(above), "dualstack") => cut_label(above),
            other => other,
        };
        match (service, last) {
            ("s3-accelerate", "dualstack") => (bucket, None),
            ("s3" | "s3-fips", region) if region != "dualstack" => (bucket, Some(region)),
            _ => return None,
        }
    };
    Some(host(
        Store::S3,
        bucket,
        region.filter(|region| !region.is_empty()),
    ))
}

/// Splits the last label off.
fn cut_label(name: &str) -> (Option<&str>, &str) {
    match name.rsplit_once('.') {
        Some((before, last)) => (Some(before), last),
        None => (None, name),
    }
}

/// Returns true for the region of the older form `s3-us-west-2`, but not for `s3-website-…` and other services.
fn is_older(region: &str) -> bool {
    let service = [
        "website",
        "accesspoint",
        "control",
        "object-lambda",
        "outposts",
        "fips",
    ];
    region.contains('-')
        && region.ends_with(|letter: char| letter.is_ascii_digit())
        && !service.iter().any(|service| region.starts_with(service))
}

/// Parses `storage.googleapis.com` with the bucket in the path or in front, and the browser's host.
fn google(name: &str) -> Option<Host> {
    if matches!(name, "storage.googleapis.com" | "storage.cloud.google.com") {
        return Some(host(Store::Gcs, None, None));
    }
    let bucket = name.strip_suffix(".storage.googleapis.com")?;
    Some(host(Store::Gcs, Some(bucket), None))
}

/// Parses `account.blob.…` in the public, Chinese and US government clouds. The container is in the path.
fn azure(name: &str) -> Option<Host> {
    let domains = [
        "core.windows.net",
        "core.chinacloudapi.cn",
        "core.usgovcloudapi.net",
    ];
    let service = domains
        .iter()
        .find_map(|domain| name.strip_suffix(domain))?;
    let account = service.strip_suffix(".blob.")?;
    Some(Host {
        account: Some(account.to_owned()),
        ..host(Store::Azure, None, None)
    })
}

/// Parses `bucket.oss-region[-internal].aliyuncs.com`. OSS has no form with the bucket in the path.
fn alibaba(name: &str) -> Option<Host> {
    let (bucket, service) = cut_label(name.strip_suffix(".aliyuncs.com")?);
    let region = service.strip_prefix("oss-")?;
    let region = region.strip_suffix("-internal").unwrap_or(region);
    let region = Some(region).filter(|region| !region.starts_with("accelerate"));
    Some(host(Store::Oss, Some(bucket.unwrap_or_default()), region))
}

/// Parses `[bucket-appid.]cos[-internal].region.myqcloud.com`.
fn tencent(name: &str) -> Option<Host> {
    let service = name
        .strip_suffix(".myqcloud.com")
        .or_else(|| name.strip_suffix(".tencentcos.cn"))?;
    let (before, region) = cut_label(service);
    let (bucket, service) = cut_label(before?);
    let region = Some(region).filter(|region| *region != "accelerate");
    matches!(service, "cos" | "cos-internal").then(|| host(Store::Cos, bucket, region))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hosts with their store, bucket and region; `-` if absent, `""` for an empty bucket.
    const KNOWN: &str = r#"
        my.bucket.s3.us-west-2.amazonaws.com        S3   my.bucket    us-west-2
        s3.us-west-2.amazonaws.com                  S3   -            us-west-2
        b1b.s3.dualstack.eu-west-1.amazonaws.com    S3   b1b          eu-west-1
        s3.dualstack.eu-west-1.amazonaws.com        S3   -            eu-west-1
        s3-us-west-2.amazonaws.com                  S3   -            us-west-2
        b1b.s3-us-west-2.amazonaws.com              S3   b1b          us-west-2
        s3.amazonaws.com                            S3   -            -
        s3.s3.amazonaws.com                         S3   s3           -
        b1b.s3.amazonaws.com                        S3   b1b          -
        a.dualstack.s3.amazonaws.com                S3   a.dualstack  -
        b1b.s3-accelerate.amazonaws.com             S3   b1b          -
        b1b.s3-accelerate.dualstack.amazonaws.com   S3   b1b          -
        s3-fips.us-gov-west-1.amazonaws.com         S3   -            us-gov-west-1
        b1b.s3.cn-north-1.amazonaws.com.cn          S3   b1b          cn-north-1
        storage.googleapis.com                      Gcs  -            -
        storage.cloud.google.com                    Gcs  -            -
        b_b.storage.googleapis.com                  Gcs  b_b          -
        b1b.oss-cn-hangzhou.aliyuncs.com            Oss  b1b          cn-hangzhou
        b1b.oss-cn-hangzhou-internal.aliyuncs.com   Oss  b1b          cn-hangzhou
        oss-cn-hangzhou.aliyuncs.com                Oss  ""           cn-hangzhou
        b1b.oss-accelerate.aliyuncs.com             Oss  b1b          -
        b-125.cos.ap-guangzhou.myqcloud.com         Cos  b-125        ap-guangzhou
        cos.ap-guangzhou.myqcloud.com               Cos  -            ap-guangzhou
        b-125.cos.accelerate.myqcloud.com           Cos  b-125        -"#;

    #[test]
    fn hosts_contain_store_bucket_and_region() {
        for row in KNOWN.lines().skip(1) {
            let cells: Vec<&str> = row.split_whitespace().collect();
            let [name, store, bucket, region] = cells[..] else {
                panic!("{row}");
            };
            let found = recognise(name).expect(name);
            let bucket = (bucket != "-").then(|| bucket.trim_matches('"'));
            let region = (region != "-").then_some(region);
            assert_eq!(format!("{:?}", found.store), store, "{name}");
            assert_eq!(found.bucket.as_deref(), bucket, "{name}");
            assert_eq!(found.region.as_deref(), region, "{name}");
        }
    }

    #[test]
    fn other_hosts_are_unknown() {
        for name in [
            "",
            "example.com",
            "amazonaws.com",
            "s3.amazonaws.com.example.com",
            "b1b.s3-website-us-east-1.amazonaws.com",
            "b1b.s3-website.eu-west-3.amazonaws.com",
            "ec2.us-west-2.amazonaws.com",
            "s3.dualstack.amazonaws.com",
            "blob.core.windows.net",
            "account.file.core.windows.net",
            "bucket.cdn.aliyuncs.com",
            "bücket.s3.amazonaws.com",
        ] {
            assert_eq!(recognise(name), None, "{name}");
        }
    }
}
