//! The names that secrets go by in options, JSON, settings and variables.

/// Endings of secret names (lower case, without `_` and `-`): `my_api_key`, `prodToken`.
const ENDINGS: [&str; 21] = [
    "token",
    "apikey",
    "secretkey",
    "accesskey",
    "accesskeyid",
    "password",
    "passwd",
    "secret",
    "authorization",
    "signature",
    "credential",
    "credentials",
    "tokens",
    "apikeys",
    "passwords",
    "secrets",
    "passphrase",
    "privatekey",
    "accountkey",
    "sharedkey",
    "storagekey",
];
/// Short names, which count only as a whole word: `pass` and `db_pass`, but not `bypass`.
const WORDS: [&str; 9] = [
    "pass", "pw", "pwd", "auth", "bearer", "sig", "creds", "tmpak", "tmpsk",
];

/// Returns true if a value with this name is a secret. Case, `_`, `-` and a trailing number don't matter.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let folded: String = name
        .chars()
        .filter(|letter| !matches!(letter, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect();
    let last = name.rsplit(['_', '-']).next().unwrap_or(name);
    ENDINGS.iter().any(|ending| folded.ends_with(ending))
        || WORDS
            .iter()
            .any(|word| folded == *word || last.eq_ignore_ascii_case(word))
}

/// Maximum length of an environment variable's name.
const LONGEST_NAME: usize = 48;

/// Returns true if the text may be the name of an environment variable and isn't more likely a secret.
pub(crate) fn is_place(text: &str) -> bool {
    let begins = text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
    let named = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    // Names of several words have an underscore, and names of one word have few digits.
    begins && named && text.len() <= LONGEST_NAME && (digits < 4 || text.contains('_'))
}

#[cfg(test)]
mod tests {
    use super::{is_place, is_secret};

    #[test]
    fn a_key_is_not_the_name_of_a_variable() {
        for name in [
            "PROD_KEY",
            "KEY",
            "KEY2",
            "k",
            "_x",
            "AWS_SECRET_ACCESS_KEY",
            "S3_KEY_2026",
        ] {
            assert!(is_place(name), "{name}");
        }
        for key in [
            "",
            "tok-5e7ca1b0feed",
            "db4d8f1c2e3a4b5c6d7e8f9012345678",
            "root:Milvus",
            "AKIA5E7CA1B0FEED",
            "a b",
            "0x",
            "ÄÖ",
        ] {
            assert!(!is_place(key), "{key}");
        }
    }

    #[test]
    fn names_of_secrets_are_recognized_in_every_spelling() {
        for name in [
            "token",
            "Token",
            "API_KEY",
            "apiKey",
            "x-api-key",
            "secret_access_key",
            "sessionToken",
            "newPassword",
            "passwd",
            "pw",
            "db_pass",
            "token2",
            "tmpAK",
            "Authorization",
            "creds",
            "aws-credentials",
            "accountKey",
            "sig",
            "MY_SECRETS",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "bypass",
            "tokens_used",
            "key",
            "endpoint",
            "rows",
            "storage_keys",
            "design",
            "author",
            "",
            "_",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
