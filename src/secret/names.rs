//! The names that secrets go by, in options, JSON, settings and variables.

/// A name that ends with one of these (lower case, without `_` and `-`) is a secret's: `my_api_key`, `prodToken`.
const ENDINGS: [&str; 11] = [
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
];
/// Short names count only as a whole word: `pass` and `db_pass`, not `bypass`.
const WORDS: [&str; 4] = ["pass", "pw", "tmpak", "tmpsk"];

/// True if what goes by this name is a secret; case, `_`, `-` and a number at the end do not matter.
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

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn names_of_secrets_are_known_in_every_spelling() {
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
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["bypass", "tokens_used", "key", "endpoint", "rows", "", "_"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
