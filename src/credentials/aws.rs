//! AWS access keys, found as AWS's own tools find them: environment, `~/.aws/credentials`, `~/.aws/config`.
//!
//! Read for `storage_keys: "aws"` only. Roles and single sign-on aren't supported.

use crate::config::set;
use crate::error::Failure;
use crate::fsutil;
use crate::secret::{Secret, StorageKeys};
use ini::Ini;
use std::path::{Path, PathBuf};

const ID: &str = "AWS_ACCESS_KEY_ID";
const KEY: &str = "AWS_SECRET_ACCESS_KEY";
/// Profile settings whose keys only AWS's own tools can get.
const INDIRECT: [&str; 5] = [
    "role_arn",
    "sso_session",
    "sso_start_url",
    "credential_process",
    "login_session",
];
const EXPORT: &str =
    "let the AWS CLI resolve it: eval \"$(aws configure export-credentials --format env)\"";

/// Returns the access key from the environment or AWS's files.
pub(crate) fn find() -> Result<StorageKeys, Failure> {
    let keys = environment();
    if keys.is_whole() {
        return Ok(keys);
    }
    if keys.is_empty() {
        return from_files();
    }
    let (there, missing) = if keys.access.is_some() {
        (ID, KEY)
    } else {
        (KEY, ID)
    };
    Err(not_found(&format!("{there} is set, {missing} is not")))
}

/// Returns the credentials from this process' environment, under the names that AWS's own tools use.
pub(crate) fn environment() -> StorageKeys {
    let value = |name| set(name).map(Secret::new);
    StorageKeys {
        access: value(ID),
        secret: value(KEY),
        session: value("AWS_SESSION_TOKEN"),
    }
}

fn from_files() -> Result<StorageKeys, Failure> {
    let profile = set("AWS_PROFILE");
    let profile = profile.as_deref().unwrap_or("default");
    let (Some(credentials), Some(config)) = (
        file("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
        file("AWS_CONFIG_FILE", "config"),
    ) else {
        return Err(not_found(&format!(
            "{ID} is not set, and this account has no home folder"
        )));
    };
    // Section headings start with `profile` in `config` only, and not for the default profile.
    let heading = match profile {
        "default" => profile.to_owned(),
        name => format!("profile {name}"),
    };
    let mut indirect = None;
    for (path, section) in [(&credentials, profile), (&config, heading.as_str())] {
        let Some(file) = load(path)? else {
            continue;
        };
        let get = |name| {
            let value = file.get_from(Some(section), name)?;
            (!value.is_empty()).then(|| Secret::new(value))
        };
        let keys = StorageKeys {
            access: get("aws_access_key_id"),
            secret: get("aws_secret_access_key"),
            session: get("aws_session_token"),
        };
        if keys.is_whole() {
            return Ok(keys);
        }
        indirect = indirect.or_else(|| {
            let name = INDIRECT.iter().find(|name| get(name).is_some())?;
            Some(format!(
                "[{section}] in {} has {name} and no keys",
                path.display()
            ))
        });
    }
    match indirect {
        Some(problem) => {
            Err(Failure::usage(format!("storage_keys \"aws\": {problem}")).with_hint(EXPORT))
        }
        None => Err(not_found(&format!(
            "{ID} is not set, and neither [{profile}] in {} nor [{heading}] in {} has aws_access_key_id and aws_secret_access_key",
            credentials.display(),
            config.display()
        ))),
    }
}

fn file(variable: &str, name: &str) -> Option<PathBuf> {
    set(variable)
        .map(PathBuf::from)
        .or_else(|| Some(dirs::home_dir()?.join(".aws").join(name)))
}

/// Returns a file's sections, or `None` if the file doesn't exist.
fn load(path: &Path) -> Result<Option<Ini>, Failure> {
    let file = fsutil::open_regular(path).map_err(ini::Error::Io);
    match file.and_then(|mut file| Ini::read_from_noescape(&mut file)) {
        Ok(file) => Ok(Some(file)),
        Err(ini::Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        // The parser's message may quote the line.
        Err(ini::Error::Parse(error)) => Err(Failure::usage(format!(
            "storage_keys \"aws\": {} does not parse, line {}",
            path.display(),
            error.line
        ))),
        Err(ini::Error::Io(error)) => Err(Failure::usage(format!(
            "storage_keys \"aws\": cannot read {}: {error}",
            path.display()
        ))),
    }
}

fn not_found(looked: &str) -> Failure {
    Failure::usage(format!("storage_keys \"aws\": no keys: {looked}")).with_hint(format!(
        "set {ID} and {KEY}, or name a profile of AWS's files with AWS_PROFILE"
    ))
}
