//! `requests:` requests of the user's own, for a service that is not the shop.

use std::collections::BTreeMap;

use super::reader::Reader;
use crate::document::Node;
use crate::fields::REQUEST;
use crate::model::CustomRequest;

/// The headers that carry the trace and the request's number, and those that frame the message.
const OURS: [&str; 6] = [
    "traceparent",
    "baggage",
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
];

/// The requests, and the names of all of them, also of those that are wrong.
pub(super) fn read<'n>(
    reader: &mut Reader<'_>,
    node: Option<&'n Node>,
) -> (BTreeMap<String, CustomRequest>, Vec<&'n str>) {
    let mut requests = BTreeMap::new();
    let mut names = Vec::new();
    let Some(fields) = node.and_then(|node| reader.entries(node, "`requests`")) else {
        return (requests, names);
    };
    for (name, key, value) in fields.iter() {
        names.push(name);
        if !is_token(name) || name.len() > 60 {
            reader.problem(
                key.place,
                "this is no name for a request",
                "use letters, digits and `-`".to_owned(),
            );
        }
        if let Some(request) = request(reader, value) {
            requests.insert(name.to_owned(), request);
        }
    }
    (requests, names)
}

fn request(reader: &mut Reader<'_>, node: &Node) -> Option<CustomRequest> {
    let fields = reader.fields(node, "a request", REQUEST)?;
    let method = match fields.get("method") {
        Some(node) => method(reader, node)?,
        None => "GET".to_owned(),
    };
    let Some(path) = fields.get("path") else {
        reader.problem(
            node.place,
            "the request has no `path`",
            "write `path: /`".to_owned(),
        );
        return None;
    };
    let path = self::path(reader, path)?;
    let headers = fields
        .get("headers")
        .map(|node| headers(reader, node))
        .unwrap_or_default();
    let body = fields
        .get("body")
        .and_then(|node| reader.text(node))
        .map(str::to_owned);
    Some(CustomRequest {
        method,
        path,
        headers,
        body,
    })
}

fn method(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.text(node)?;
    if is_token(text) && text.len() <= 20 {
        return Some(text.to_uppercase());
    }
    reader.problem(
        node.place,
        "this is no HTTP method",
        "write `GET`, `POST`, `PUT`, `DELETE` …".to_owned(),
    );
    None
}

/// The path goes into the request line: a space or a newline there would begin something else.
fn path(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.text(node)?;
    if text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some(text.to_owned());
    }
    reader.problem(
        node.place,
        "this is no path that can be requested",
        "begin with `/`, and percent-encode spaces and letters that are not ASCII".to_owned(),
    );
    None
}

fn headers(reader: &mut Reader<'_>, node: &Node) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    let Some(fields) = reader.entries(node, "`headers`") else {
        return headers;
    };
    for (name, key, value) in fields.iter() {
        let lower = name.to_ascii_lowercase();
        if OURS.contains(&lower.as_str()) {
            let help = "remove it: the generator writes it for every request".to_owned();
            reader.problem(
                key.place,
                format!("the header `{lower}` is not yours to set"),
                help,
            );
        } else if !is_token(name) || headers.iter().any(|(other, _)| *other == lower) {
            let help = "use letters, digits and `-`, and each name once".to_owned();
            reader.problem(key.place, "this is no name for another header", help);
        } else if let Some(text) = reader.text(value) {
            if text
                .bytes()
                .all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
            {
                headers.push((lower, text.to_owned()));
            } else {
                reader.problem(
                    value.place,
                    "a header's value is one line",
                    "remove the line breaks".to_owned(),
                );
            }
        }
    }
    headers
}

/// What RFC 9110 calls a token, as far as anyone uses it.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
