//! Names of buckets, containers and accounts, by each store's rules.

use super::error::{LocationError, example, refused, shown};
use super::store::Store;

/// Checks the name of a bucket, or of a container on Azure.
pub(super) fn check(store: Store, name: &str) -> Result<(), LocationError> {
    if name.is_empty() {
        return Err(refused(
            format!("the path names no {} ({store})", store.container()),
            example(store),
        ));
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
        let (name, container) = (shown(name), store.container());
        Err(refused(
            format!("{name} is not a valid {container} name ({store})"),
            rule(store),
        ))
    }
}

/// Returns the rule for names of buckets.
const fn rule(store: Store) -> &'static str {
    match store {
        Store::S3 => {
            "3 to 63 lower-case letters, digits, `.` and `-`, with a letter or digit at both ends, \
             not shaped like an IP address"
        }
        Store::Gcs => {
            "3 to 63 lower-case letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"
        }
        Store::Azure => {
            "3 to 63 lower-case letters, digits and single `-`, with a letter or digit at both ends"
        }
        _ => "3 to 63 lower-case letters, digits and `-`, with a letter or digit at both ends",
    }
}

/// Checks the name of an Azure storage account.
pub(super) fn check_account(name: &str) -> Result<(), LocationError> {
    if plain(name, 24, "") {
        Ok(())
    } else {
        let name = shown(name);
        Err(refused(
            format!("{name} is not a valid storage account name (Azure Blob Storage)"),
            "3 to 24 lower-case letters and digits",
        ))
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
