//! What may be kept of a typed line: everything but the keys in it.

use crate::secret::MASK;

/// Names whose text value is a secret.
const SECRET_NAMES: [&str; 7] = [
    "token",
    "api_key",
    "apikey",
    "secret_key",
    "access_key",
    "session_token",
    "password",
];

/// The line with every text that is given to a secret's name masked: `#{token: "…"}`.
pub(super) fn masked(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(open) = rest.find(['"', '`']) {
        let quote = if rest[open..].starts_with('"') {
            '"'
        } else {
            '`'
        };
        let text = &rest[open + 1..];
        let end = closing(text, quote);
        kept.push_str(&rest[..open]);
        let is_secret = names_secret(&kept);
        kept.push(quote);
        kept.push_str(if is_secret { MASK } else { &text[..end] });
        rest = &text[end..];
        if let Some(after) = rest.strip_prefix(quote) {
            kept.push(quote);
            rest = after;
        }
    }
    kept.push_str(rest);
    kept
}

/// The length of the text up to its closing quote, or to the end.
fn closing(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if letter == quote => return at,
            _ => {}
        }
    }
    text.len()
}

/// True if what stands before a text is the name of a secret and a colon or equals sign.
fn names_secret(before: &str) -> bool {
    let before = before.trim_end();
    let Some(name) = before.strip_suffix([':', '=']) else {
        return false;
    };
    let name = name.trim_end().trim_end_matches(['"', '`']).to_lowercase();
    let folded: String = name
        .chars()
        .filter(|letter| !matches!(letter, '_' | '-'))
        .collect();
    SECRET_NAMES
        .iter()
        .any(|secret| folded.ends_with(&secret.replace('_', "")))
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn keys_are_masked_and_nothing_else() {
        for (line, kept) in [
            (
                r#"connect(#{endpoint: "x", token: "s3cret"})"#,
                r#"connect(#{endpoint: "x", token: "****"})"#,
            ),
            (
                r#"import(#{secretKey: "a\"b", url: "u"})"#,
                r#"import(#{secretKey: "****", url: "u"})"#,
            ),
            ("let token = `s3cret`;", "let token = `****`;"),
            (r#"#{"access_key" : "k"}"#, r#"#{"access_key" : "****"}"#),
            (
                r#"import("books", "s3://b/token.json")"#,
                r#"import("books", "s3://b/token.json")"#,
            ),
            (
                r#"connect(#{token: secret("PROD")})"#,
                r#"connect(#{token: secret("PROD")})"#,
            ),
            (r#"let token = "open"#, r#"let token = "****"#),
        ] {
            assert_eq!(masked(line), kept);
        }
    }
}
