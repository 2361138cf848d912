//! Reading: documents one after another, lists of them, and the answers and requests of X-Ray's API that hold them as
//! text.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::segment::Reader;
use crate::formats::Format;
use crate::formats::error::{Place, ReadError};
use crate::model::Span;

/// What can stand for a document at the top: the API's shapes, or what a daemon sends before each document.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Shape<'a> {
    #[serde(borrow, rename = "Traces")]
    traces: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "Segments")]
    segments: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "TraceSegmentDocuments")]
    documents: Option<Vec<&'a RawValue>>,
    #[serde(rename = "Document")]
    document: Option<String>,
    format: Option<String>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

/// Reads a file's spans. One that breaks the rules spoils the file.
pub fn read(json: &[u8]) -> Result<Vec<Span>, ReadError> {
    read_each(json)?.into_iter().collect()
}

/// Reads segments one by one, so that one that breaks the rules does not spoil the others.
pub fn read_each(json: &[u8]) -> Result<Vec<Result<Span, ReadError>>, ReadError> {
    let mut reader = Reader::default();
    for document in serde_json::Deserializer::from_slice(json).into_iter::<&RawValue>() {
        let document = document.map_err(|error| ReadError::json(Format::Xray, &error))?;
        any(document.get(), &mut reader);
    }
    Ok(reader.spans)
}

/// A document in whatever it is wrapped: what is inside waits in line, so that wrapping cannot nest calls.
fn any(text: &str, reader: &mut Reader) {
    let mut waiting = vec![(text.to_owned(), 0)];
    while let Some((text, depth)) = waiting.pop() {
        let text = text.trim();
        // Answers hold traces, which hold segments, which hold documents as text.
        if depth > 6 {
            reader.refuse(
                Place::Whole,
                "documents wrapped in one another too often".to_owned(),
            );
            continue;
        }
        let inner: Result<Vec<String>, serde_json::Error> = if text.starts_with('[') {
            serde_json::from_str::<Vec<&RawValue>>(text).map(texts)
        } else if text.starts_with('"') {
            serde_json::from_str::<String>(text).map(|text| vec![text])
        } else {
            match serde_json::from_str::<Shape<'_>>(text) {
                Ok(shape) => match shape.into_inner() {
                    Some(inner) => Ok(inner),
                    None => {
                        reader.document(text);
                        continue;
                    }
                },
                // What is wrong with a document is said where it is read.
                Err(_) => {
                    reader.document(text);
                    continue;
                }
            }
        };
        match inner {
            Ok(inner) => waiting.extend(inner.into_iter().rev().map(|text| (text, depth + 1))),
            Err(error) => reader.refuse(Place::Whole, format!("a document that is no JSON: {error}")),
        }
    }
}

fn texts(raws: Vec<&RawValue>) -> Vec<String> {
    raws.into_iter().map(|raw| raw.get().to_owned()).collect()
}

impl Shape<'_> {
    /// What is inside, unless it is a document itself.
    fn into_inner(self) -> Option<Vec<String>> {
        let list = self.traces.or(self.segments).or(self.documents);
        match (list, self.document) {
            (Some(list), _) => Some(texts(list)),
            (None, Some(document)) => Some(vec![document]),
            // The line that a daemon's client sends before a document.
            (None, None) if self.format.is_some() && self.id.is_none() => Some(Vec::new()),
            (None, None) => None,
        }
    }
}
