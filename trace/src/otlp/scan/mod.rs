//! Going over a request's protobuf bytes without building anything: what a receiver needs to know of each span, and
//! where its bytes are. All bytes are checked, so that what this accepts, a decoder accepts later.

pub mod fields;
mod schema;
mod span;

pub use fields::Malformed;
use fields::{Budget, Content, Fields};
pub use schema::simple_key;
pub use span::Head;

use super::decode::Refusal;

/// The spans of one resource and scope, as they lie in the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<'a> {
    /// The resource's message.
    pub resource: Vec<&'a [u8]>,
    /// The resource's schema URL.
    pub resource_schema_url: &'a str,
    /// The scope's message.
    pub scope: Vec<&'a [u8]>,
    /// The scope's schema URL.
    pub scope_schema_url: &'a str,
    /// The spans, in order.
    pub spans: Vec<Scanned<'a>>,
}

/// One span of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned<'a> {
    /// Its message.
    pub bytes: &'a [u8],
    /// What a store needs of it, or why it is refused.
    pub head: Result<Head<'a>, Refusal>,
}

/// Goes over an `ExportTraceServiceRequest`. The resource and the scope are lists of pieces, because protobuf lets a
/// message come in several; appended to one another they are the message.
pub fn scan(request: &[u8]) -> Result<Vec<Group<'_>>, Malformed> {
    let mut groups = Vec::new();
    let mut budget = Budget::default();
    for field in Fields::new(request) {
        let field = field?;
        if field.number == 1 {
            resource_spans(field.message()?, &mut groups, &mut budget)?;
        }
    }
    Ok(groups)
}

fn resource_spans<'a>(
    bytes: &'a [u8],
    groups: &mut Vec<Group<'a>>,
    budget: &mut Budget,
) -> Result<(), Malformed> {
    let first = groups.len();
    let mut resource = Vec::new();
    let mut schema_url = "";
    for field in Fields::new(bytes) {
        let field = field?;
        match field.number {
            1 => {
                let message = field.message()?;
                schema::validate(message, &schema::RESOURCE, 2, budget)?;
                resource.push(message);
            }
            2 => groups.push(scope_spans(field.message()?, budget)?),
            3 => schema_url = field.text()?,
            _ => {}
        }
    }
    for group in &mut groups[first..] {
        group.resource.clone_from(&resource);
        group.resource_schema_url = schema_url;
    }
    Ok(())
}

fn scope_spans<'a>(bytes: &'a [u8], budget: &mut Budget) -> Result<Group<'a>, Malformed> {
    budget.spend()?;
    let mut group = Group {
        resource: Vec::new(),
        resource_schema_url: "",
        scope: Vec::new(),
        scope_schema_url: "",
        spans: Vec::new(),
    };
    // Most spans are longer than that; growing would copy what is long already.
    group.spans.reserve((bytes.len() / 256).min(4096));
    for field in Fields::new(bytes) {
        let field = field?;
        match field.number {
            1 => {
                let message = field.message()?;
                schema::validate(message, &schema::SCOPE, 3, budget)?;
                group.scope.push(message);
            }
            2 => {
                let bytes = field.message()?;
                group.spans.push(Scanned {
                    bytes,
                    head: span::head(bytes, budget)?,
                });
            }
            3 => group.scope_schema_url = field.text()?,
            _ => {}
        }
    }
    Ok(group)
}

/// The text of the first attribute of a resource with this key, found in its message without decoding it.
pub fn text_attribute<'a>(pieces: &[&'a [u8]], key: &str) -> Option<&'a str> {
    let attributes = pieces
        .iter()
        .flat_map(|piece| Fields::new(piece))
        .flatten()
        .filter(|field| field.number == 1);
    for attribute in attributes {
        let (mut found, mut text) = (false, None);
        for field in Fields::new(attribute.message().ok()?).flatten() {
            match (field.number, field.content) {
                (1, Content::Bytes(bytes)) => found = bytes == key.as_bytes(),
                (2, Content::Bytes(value)) => {
                    text = Fields::new(value)
                        .flatten()
                        .last()
                        .filter(|field| field.number == 1);
                }
                _ => {}
            }
        }
        if found {
            return text.and_then(|field| field.text().ok());
        }
    }
    None
}

#[cfg(test)]
mod tests;
