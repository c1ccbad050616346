//! Names of buckets, containers and accounts, by each store's rules.

use super::{LocationError, Store, error::shown};

/// Checks the name of a bucket, or of a container on Azure.
pub(super) fn check(store: Store, name: &str) -> Result<(), LocationError> {
    if name.is_empty() {
        return Err(LocationError::MissingBucket { store });
    }
    let valid = match store {
        Store::S3 => dotted(name, 63, ".-"),
        // A bucket named after a domain can have up to 222 characters.
        Store::Gcs if name.contains('.') => dotted(name, 222, ".-_"),
        Store::Gcs => plain(name, 63, "-_"),
        Store::Azure => container(name),
        Store::Oss | Store::Cos => plain(name, 63, "-"),
        Store::Bucket | Store::Volume | Store::Disk => true,
    };
    if valid {
        Ok(())
    } else {
        Err(LocationError::BucketName {
            store,
            name: shown(name),
        })
    }
}

/// Checks the name of an Azure storage account.
pub(super) fn check_account(name: &str) -> Result<(), LocationError> {
    let valid = (3..=24).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if valid {
        Ok(())
    } else {
        Err(LocationError::AccountName { name: shown(name) })
    }
}

fn plain(name: &str, most: usize, others: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (3..=most).contains(&name.len())
        && name
            .bytes()
            .all(|byte| letter(byte) || others.as_bytes().contains(&byte))
        && name.bytes().next().is_some_and(letter)
        && name.bytes().next_back().is_some_and(letter)
}

fn dotted(name: &str, most: usize, others: &str) -> bool {
    plain(name, most, others) && !name.contains("..") && !like_ip_address(name)
}

fn like_ip_address(name: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.').count() == 4 && name.split('.').all(part)
}

fn container(name: &str) -> bool {
    // Azure's three built-in containers begin with `$`.
    matches!(name, "$root" | "$web" | "$logs") || (plain(name, 63, "-") && !name.contains("--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_by_the_rules_of_their_store() {
        for (store, name, valid) in [
            (Store::S3, "my.bucket-1", true),
            (Store::S3, "a1", false),
            (Store::S3, &*"a".repeat(64), false),
            (Store::S3, "My-bucket", false),
            (Store::S3, "my_bucket", false),
            (Store::S3, "-my-bucket", false),
            (Store::S3, "my..bucket", false),
            (Store::S3, "192.168.5.4", false),
            (Store::S3, "1.2.3", true),
            (Store::Gcs, "bucket_name", true),
            (Store::Gcs, &*format!("{}.com", "a".repeat(100)), true),
            (Store::Gcs, &*"a".repeat(64), false),
            (Store::Azure, "con-tainer", true),
            (Store::Azure, "con--tainer", false),
            (Store::Azure, "$web", true),
            (Store::Oss, "bucket", true),
            (Store::Oss, "buc.ket", false),
            (Store::Cos, "bucket-1250000000", true),
        ] {
            assert_eq!(check(store, name).is_ok(), valid, "{store} {name}");
        }
    }
}
