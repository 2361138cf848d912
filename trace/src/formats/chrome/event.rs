//! One trace event, and the documents that hold them.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::formats::error::{Place, ReadError};
use crate::formats::native::{Members, Native};
use crate::formats::{Format, decimal, tags};
use crate::model::Value;

/// The object form of a file, of which the array form is one member.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Document<'a> {
    #[serde(borrow)]
    pub trace_events: Option<&'a RawValue>,
    pub other_data: Members,
}

/// An event as it is written; what matters depends on its phase.
#[derive(Deserialize, Default)]
#[serde(default)]
struct EventJson<'a> {
    ph: String,
    name: Native,
    cat: Native,
    #[serde(borrow)]
    ts: Option<&'a RawValue>,
    #[serde(borrow)]
    dur: Option<&'a RawValue>,
    pid: Native,
    tid: Native,
    id: Native,
    id2: Members,
    scope: Native,
    s: Native,
    bp: Native,
    #[serde(borrow)]
    args: Option<&'a RawValue>,
}

/// An event, with its times in nanoseconds.
pub struct Event<'a> {
    /// Which one of the file it is, from 1.
    pub item: u64,
    pub phase: char,
    pub name: String,
    pub category: String,
    pub time_ns: i128,
    pub duration_ns: Option<i128>,
    pub process: Value,
    pub thread: Value,
    /// What tells one asynchronous operation, or flow, from another of its category.
    pub id: String,
    /// An instant's reach: thread, process or all.
    pub global: bool,
    /// Whether a flow ends in what encloses it and not in what comes next.
    pub enclosing: bool,
    pub args: Option<&'a RawValue>,
}

/// The events of a list. Its closing bracket may be missing, which is how a program that was killed leaves it.
pub fn events<'a>(list: &'a [u8], whole: &[u8]) -> Result<Vec<Event<'a>>, ReadError> {
    let mut rest = list.trim_ascii_start().strip_prefix(b"[").unwrap_or_default();
    let mut events = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() || rest.starts_with(b"]") {
            return Ok(events);
        }
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<&RawValue>();
        let item = events.len() as u64 + 1;
        let wrong = |what: String| ReadError::new(Format::Chrome, Place::Item(item), what);
        let raw = match values.next() {
            Some(Ok(raw)) => raw,
            Some(Err(error)) => return Err(wrong(format!("not a whole JSON value: {}", cause(&error)))),
            None => return Ok(events),
        };
        rest = rest[values.byte_offset()..].trim_ascii_start();
        rest = match rest.first() {
            Some(b',') => &rest[1..],
            None | Some(b']') => rest,
            Some(_) => {
                return Err(wrong(
                    "followed by neither a comma nor the end of the list".to_owned(),
                ));
            }
        };
        // A list of nothing but a position would be read as an object too, and an empty object ends some files.
        if !raw.get().starts_with('{') {
            return Err(wrong("not an object".to_owned()));
        }
        let json: EventJson = serde_json::from_str(raw.get())
            .map_err(|error| ReadError::json_within(Format::Chrome, &error, raw, whole))?;
        if let Some(event) = json.read(item)? {
            events.push(event);
        }
    }
}

fn cause(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

impl<'a> EventJson<'a> {
    /// The event, unless it is none: files end with an empty object where a comma had to be followed by something.
    fn read(self, item: u64) -> Result<Option<Event<'a>>, ReadError> {
        let Some(phase) = self.ph.chars().next() else {
            return Ok(None);
        };
        let time = |raw: Option<&RawValue>, what: &str| match raw.filter(|raw| raw.get() != "null") {
            None => Ok(None),
            Some(raw) => match decimal::read(raw, 3).filter(|time| time.abs() <= i128::from(u64::MAX)) {
                Some(time) => Ok(Some(time)),
                None => {
                    let what = format!("`{what}` is not a number of microseconds");
                    Err(ReadError::new(Format::Chrome, Place::Item(item), what))
                }
            },
        };
        let id = match (&self.id.0, self.id2.0.first()) {
            (Value::Empty, None) => String::new(),
            (Value::Empty, Some(local)) if local.key == "local" => {
                format!(
                    "{} in {}",
                    tags::as_text(&local.value),
                    tags::as_text(&self.pid.0)
                )
            }
            (Value::Empty, Some(global)) => tags::as_text(&global.value),
            (id, _) => tags::as_text(id),
        };
        Ok(Some(Event {
            item,
            phase,
            name: tags::as_text(&self.name.0),
            category: tags::as_text(&self.cat.0),
            time_ns: time(self.ts, "ts")?.unwrap_or_default(),
            duration_ns: time(self.dur, "dur")?,
            id: format!("{id} {}", tags::as_text(&self.scope.0)),
            process: self.pid.0,
            thread: self.tid.0,
            global: matches!(self.s.0.as_str(), Some("g" | "p")),
            enclosing: self.bp.0.as_str() == Some("e"),
            args: self.args.filter(|raw| raw.get().starts_with('{')),
        }))
    }
}
