//! Temporary credentials of volumes, in memory only: after a restart of the service, clients apply for new ones.

use super::error::{Result, S3Error};
use crate::local::storage::volumes::StoredVolume;
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use ring::rand::{SecureRandom as _, SystemRandom};
use std::collections::HashMap;

/// Validity of credentials, in seconds.
const LIFETIME: i64 = 3600;

/// Maximum number of bytes that may be uploaded with the credentials of one apply call, as on Zilliz Cloud.
pub(crate) const MAX_CONTENT: u64 = 100 << 30;

/// Maximum number of files that may be uploaded with the credentials of one apply call.
pub(crate) const MAX_VOLUME_FILES: u64 = 10_000;

/// Maximum number of credentials that are valid at once. Beyond it, the oldest ones end early.
const MAX_KEYS: usize = 10_000;

/// The beginning of access key ids.
const KEY_START: &str = "ZSHELL";

/// Access to a folder of a volume.
#[derive(Clone, Debug)]
pub(crate) struct GrantedAccess {
    pub(crate) key_id: String,
    pub(crate) secret: Secret,
    pub(crate) token: Secret,
    pub(crate) volume: String,
    /// The id of the volume, since another one with its name may be created later.
    pub(crate) volume_id: i64,
    /// The folder in the volume: empty, or ending in `/`.
    pub(crate) folder: String,
    /// End of the validity, in Unix seconds.
    pub(crate) expires: i64,
    files: u64,
    bytes: u64,
}

impl GrantedAccess {
    /// Returns the beginning of the names of the objects that may be accessed.
    pub(crate) fn scope(&self) -> String {
        format!("{}/{}", self.volume, self.folder)
    }
}

/// The valid credentials.
#[derive(Default)]
pub(crate) struct VolumeKeys(Mutex<HashMap<String, GrantedAccess>>);

impl VolumeKeys {
    /// Returns new credentials for a folder of a volume.
    pub(crate) fn issue(
        &self,
        volume: &StoredVolume,
        folder: &str,
        now: i64,
    ) -> Option<GrantedAccess> {
        let access = GrantedAccess {
            key_id: format!("{KEY_START}{}", random(10)?.replace(['-', '_'], "0")),
            secret: Secret::new(random(30)?),
            token: Secret::new(random(48)?),
            volume: volume.name.clone(),
            volume_id: volume.id,
            folder: folder.to_owned(),
            expires: now.saturating_add(LIFETIME),
            files: 0,
            bytes: 0,
        };
        let mut keys = self.0.lock();
        if keys.len() >= MAX_KEYS {
            keys.retain(|_, key| key.expires > now);
        }
        if keys.len() >= MAX_KEYS {
            let oldest = keys.values().min_by_key(|key| key.expires);
            let oldest = oldest.map(|key| key.key_id.clone());
            keys.remove(&oldest.unwrap_or_default());
        }
        keys.insert(access.key_id.clone(), access.clone());
        Some(access)
    }

    /// Returns the credentials with this access key id, if they are valid.
    pub(crate) fn find(&self, key_id: &str, now: i64) -> Result<GrantedAccess> {
        let found = self.0.lock().get(key_id).cloned();
        match found {
            Some(access) if access.expires > now => Ok(access),
            // Credentials of an earlier service are taken for expired ones, so clients apply for new ones.
            None if !key_id.starts_with(KEY_START) => Err(S3Error::new(
                403,
                "InvalidAccessKeyId",
                "the access key id isn't one that /v2/volumes/apply returned",
            )),
            _ => Err(S3Error::new(
                400,
                "ExpiredToken",
                "the temporary credentials have expired: apply for new ones",
            )),
        }
    }

    /// Counts a file, if the limits of the credentials allow one with this many bytes.
    pub(crate) fn count(&self, key_id: &str, bytes: u64) -> Result<()> {
        let mut keys = self.0.lock();
        let Some(access) = keys.get_mut(key_id) else {
            return Ok(());
        };
        let all = access.bytes.saturating_add(bytes);
        check_size(all)?;
        if access.files >= MAX_VOLUME_FILES {
            let message =
                format!("at most {MAX_VOLUME_FILES} files may be uploaded with one apply call");
            return Err(S3Error::new(400, "TooManyFiles", message));
        }
        access.files += 1;
        access.bytes = all;
        Ok(())
    }
}

/// Refuses more bytes than credentials allow.
pub(crate) fn check_size(bytes: u64) -> Result<()> {
    if bytes > MAX_CONTENT {
        let message = format!("at most {MAX_CONTENT} bytes may be uploaded with one apply call");
        return Err(S3Error::new(400, "EntityTooLarge", message));
    }
    Ok(())
}

/// Returns random bytes as text; `None` if the system has none.
pub(crate) fn random(bytes: usize) -> Option<String> {
    let mut random = vec![0; bytes];
    SystemRandom::new().fill(&mut random).ok()?;
    Some(URL_SAFE_NO_PAD.encode(random))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume() -> StoredVolume {
        StoredVolume {
            id: 1,
            name: "v".to_owned(),
            project: String::new(),
            region: String::new(),
            create_time: String::new(),
        }
    }

    #[test]
    fn credentials_expire() {
        let keys = VolumeKeys::default();
        let key = keys.issue(&volume(), "", 1000).unwrap();
        assert!(keys.find(&key.key_id, 1000 + LIFETIME - 1).is_ok());
        let code = |id: &str, now| keys.find(id, now).unwrap_err().code;
        assert_eq!(code(&key.key_id, 1000 + LIFETIME), "ExpiredToken");
        assert_eq!(code("ZSHELLofanotherservice", 1000), "ExpiredToken");
        assert_eq!(code("AKIAother", 1000), "InvalidAccessKeyId");
    }

    #[test]
    fn credentials_have_limits() {
        let keys = VolumeKeys::default();
        let first = keys.issue(&volume(), "", 1000).unwrap();
        for _ in 0..MAX_VOLUME_FILES {
            keys.count(&first.key_id, 1).unwrap();
        }
        let error = keys.count(&first.key_id, 1).unwrap_err();
        assert_eq!(error.code, "TooManyFiles");
        let second = keys.issue(&volume(), "", 1001).unwrap();
        keys.count(&second.key_id, MAX_CONTENT).unwrap();
        let error = keys.count(&second.key_id, 1).unwrap_err();
        assert_eq!(error.code, "EntityTooLarge");
        for _ in 0..MAX_KEYS {
            keys.issue(&volume(), "", 1002).unwrap();
        }
        assert_eq!(keys.0.lock().len(), MAX_KEYS);
        assert!(keys.find(&first.key_id, 1002).is_err());
    }
}
