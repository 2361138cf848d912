//! The options in the query of a `postgres://` URL that are ours, and that a driver must not see.

use crate::failure::Failure;

/// What stands before `_SERVICE` in a schema's name when the URL does not say.
pub(crate) const DEFAULT_SCHEMA_PREFIX: &str = "faultmart";

/// Our options.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OwnOptions {
    /// `schema_prefix=NAME`: what stands before `_SERVICE` in a schema's name, so that several shops can share a database.
    pub(super) schema_prefix: String,
    /// `keep_data=true`: a schema that was filled from the same seed and scale is kept.
    pub(super) keep_data: bool,
}

impl OwnOptions {
    /// The URL without our options, and our options.
    pub(super) fn take_from(url: &str) -> (String, Self) {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut ours = Self {
            schema_prefix: DEFAULT_SCHEMA_PREFIX.to_owned(),
            keep_data: false,
        };
        let mut theirs = Vec::new();
        for option in query.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("schema_prefix", prefix)) => prefix.clone_into(&mut ours.schema_prefix),
                Some(("keep_data", value)) => ours.keep_data = value == "true",
                _ => theirs.push(option),
            }
        }
        let url = if theirs.is_empty() {
            base.to_owned()
        } else {
            format!("{base}?{}", theirs.join("&"))
        };
        (url, ours)
    }
}

/// The URL as a driver understands it.
pub(crate) fn without_own_options(url: &str) -> String {
    OwnOptions::take_from(url).0
}

/// The prefix that the URL asks for, if it asks for one.
pub(crate) fn asked_schema_prefix(url: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let mut options = query.rsplit('&');
    let asked = options.find_map(|option| option.strip_prefix("schema_prefix="));
    asked.map(str::to_owned)
}

/// The URL, asking for that prefix.
pub(crate) fn with_schema_prefix(url: &str, prefix: &str) -> String {
    if asked_schema_prefix(url).as_deref() == Some(prefix) {
        return url.to_owned();
    }
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}schema_prefix={prefix}")
}

/// The schema of that service: `faultmart_orders`, or with the prefix that the URL asks for.
///
/// # Errors
///
/// When the prefix is not a plain name: it becomes part of statements that cannot have parameters.
pub(crate) fn schema(url: &str, service: &str) -> Result<String, Failure> {
    let (_, OwnOptions { schema_prefix, .. }) = OwnOptions::take_from(url);
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if schema_prefix.is_empty() || schema_prefix.len() > 40 || !schema_prefix.bytes().all(plain) {
        let message = format!("--database: schema_prefix `{schema_prefix}` is not a plain name");
        return Err(Failure::input(message).help("write 1 to 40 lower-case letters, digits and underscores"));
    }
    Ok(format!("{schema_prefix}_{service}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_options_are_taken_out_of_the_url_and_theirs_stay() {
        let (url, ours) =
            OwnOptions::take_from("postgres://u@h/d?sslmode=disable&schema_prefix=t1&keep_data=true");
        assert_eq!(url, "postgres://u@h/d?sslmode=disable");
        assert_eq!(
            ours,
            OwnOptions {
                schema_prefix: "t1".to_owned(),
                keep_data: true
            }
        );
        assert_eq!(without_own_options("postgres://u@h/d"), "postgres://u@h/d");
    }

    #[test]
    fn a_prefix_is_added_to_a_url_that_asks_for_none() {
        for (url, with) in [
            ("postgres://u@h/d", "postgres://u@h/d?schema_prefix=a_2"),
            ("postgres://u@h/d?x=1", "postgres://u@h/d?x=1&schema_prefix=a_2"),
            (
                "postgres://u@h/d?schema_prefix=a_2",
                "postgres://u@h/d?schema_prefix=a_2",
            ),
        ] {
            assert_eq!(with_schema_prefix(url, "a_2"), with);
            assert_eq!(schema(with, "orders").as_deref(), Ok("a_2_orders"));
        }
    }

    #[test]
    fn a_schema_is_named_by_prefix_and_service() {
        assert_eq!(
            schema("postgres://u@h/d", "orders").as_deref(),
            Ok("faultmart_orders")
        );
        assert_eq!(
            schema("postgres://u@h/d?schema_prefix=t1", "orders").as_deref(),
            Ok("t1_orders")
        );
        assert!(schema("postgres://u@h/d?schema_prefix=a\";drop", "orders").is_err());
    }
}
