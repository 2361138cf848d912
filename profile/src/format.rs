//! The profile as a file: pprof's protocol buffers (github.com/google/pprof, `proto/profile.proto`), compressed with gzip.

mod messages;

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Read, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use prost::Message;

use crate::image::Mapped;
use crate::sampler::PERIOD;
use crate::symbols::{Function, Symbols};

/// The largest profile that is read again, in bytes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What was counted.
pub struct Measured {
    pub began: SystemTime,
    pub lasted: Duration,
    /// How often a thread was met with that stack.
    pub counted: HashMap<(i32, Vec<u64>), i64>,
    /// How many samples are missing because they could not be counted in time.
    pub lost: u64,
}

/// Writes it down, with names.
pub fn encode(files: &[Mapped], measured: &Measured) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new(files);
    writer.locations(files, measured);
    let period = i64::try_from(PERIOD.as_nanos()).unwrap_or(i64::MAX);
    for ((thread, stack), count) in &measured.counted {
        let label = writer.thread_label(*thread);
        writer.profile.sample.push(messages::Sample {
            location_id: stack.iter().map(|address| writer.ids[address]).collect(),
            value: vec![*count, count * period],
            label: vec![label],
        });
    }
    let kinds =
        [("samples", "count"), ("cpu", "nanoseconds")].map(|(kind, unit)| writer.value_type(kind, unit));
    let comment = match measured.lost {
        0 => Vec::new(),
        lost => vec![writer.text(&format!(
            "{lost} samples are missing: they could not be counted in time"
        ))],
    };
    let nanoseconds = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    let profile = messages::Profile {
        sample_type: kinds.to_vec(),
        period_type: Some(kinds[1]),
        period,
        time_nanos: nanoseconds(measured.began.duration_since(UNIX_EPOCH).unwrap_or_default()),
        duration_nanos: nanoseconds(measured.lasted),
        comment,
        string_table: writer.texts,
        ..writer.profile
    };
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&profile.encode_to_vec())?;
    gzip.finish()
}

/// Collects what samples refer to by number.
struct Writer {
    profile: messages::Profile,
    texts: Vec<String>,
    text_ids: HashMap<String, i64>,
    function_ids: HashMap<Function, u64>,
    /// Of each address.
    ids: HashMap<u64, u64>,
}

impl Writer {
    fn new(files: &[Mapped]) -> Self {
        let mut writer = Self {
            profile: messages::Profile::default(),
            texts: Vec::new(),
            text_ids: HashMap::new(),
            function_ids: HashMap::new(),
            ids: HashMap::new(),
        };
        // The first text is empty by the format.
        writer.text("");
        for (file, id) in files.iter().zip(1..) {
            let filename = writer.text(&file.path);
            writer.profile.mapping.push(messages::Mapping {
                id,
                memory_start: file.addresses.start,
                memory_limit: file.addresses.end,
                filename,
                has_functions: true,
                has_filenames: true,
                has_line_numbers: true,
                has_inline_frames: true,
                ..Default::default()
            });
        }
        writer
    }

    fn text(&mut self, text: &str) -> i64 {
        if let Some(&id) = self.text_ids.get(text) {
            return id;
        }
        let id = i64::try_from(self.texts.len()).unwrap_or(0);
        self.texts.push(text.to_owned());
        self.text_ids.insert(text.to_owned(), id);
        id
    }

    fn value_type(&mut self, kind: &str, unit: &str) -> messages::ValueType {
        messages::ValueType {
            r#type: self.text(kind),
            unit: self.text(unit),
        }
    }

    fn thread_label(&mut self, thread: i32) -> messages::Label {
        // A thread that has ended has no name any more.
        let name = std::fs::read_to_string(format!("/proc/self/task/{thread}/comm")).unwrap_or_default();
        messages::Label {
            key: self.text("thread"),
            str: self.text(name.trim_end()),
        }
    }

    /// A location for each address, with its functions.
    fn locations(&mut self, files: &[Mapped], measured: &Measured) {
        let addresses: BTreeSet<u64> = measured
            .counted
            .keys()
            .flat_map(|(_, stack)| stack)
            .copied()
            .collect();
        let mut symbols: Vec<Option<Option<Symbols<'_>>>> = files.iter().map(|_| None).collect();
        for (address, id) in addresses.into_iter().zip(1..) {
            let index = files.iter().position(|file| file.addresses.contains(&address));
            let found = index.and_then(|index| {
                let known = symbols[index]
                    .get_or_insert_with(|| Symbols::of(&files[index]))
                    .as_ref()?;
                Some(known.at(address.wrapping_sub(files[index].bias)))
            });
            let lines = found.unwrap_or_default().into_iter();
            let line = lines
                .map(|(function, line)| messages::Line {
                    function_id: self.function(function),
                    line,
                })
                .collect();
            self.profile.location.push(messages::Location {
                id,
                mapping_id: index.and_then(|index| u64::try_from(index + 1).ok()).unwrap_or(0),
                address,
                line,
            });
            self.ids.insert(address, id);
        }
    }

    fn function(&mut self, function: Function) -> u64 {
        if let Some(&id) = self.function_ids.get(&function) {
            return id;
        }
        let id = u64::try_from(self.function_ids.len() + 1).unwrap_or(0);
        let written = messages::Function {
            id,
            name: self.text(&function.name),
            system_name: self.text(&function.system_name),
            filename: self.text(&function.file),
            ..Default::default()
        };
        self.profile.function.push(written);
        self.function_ids.insert(function, id);
        id
    }
}

/// A profile that has been read again.
#[derive(Debug)]
pub struct Decoded {
    /// How often, and the names of the functions of its stack.
    stacks: Vec<(u64, Vec<String>)>,
}

/// Reads a profile.
///
/// # Errors
///
/// When it is none, or one of more than 64 MiB.
pub fn decode(bytes: &[u8]) -> io::Result<Decoded> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).take(MAX_BYTES).read_to_end(&mut plain)?;
    let profile = messages::Profile::decode(plain.as_slice()).map_err(io::Error::other)?;
    let text = |id: i64| {
        usize::try_from(id)
            .ok()
            .and_then(|id| profile.string_table.get(id))
    };
    let names: HashMap<u64, &str> = profile
        .function
        .iter()
        .filter_map(|function| Some((function.id, text(function.name)?.as_str())))
        .collect();
    let lines: HashMap<u64, &[messages::Line]> = profile
        .location
        .iter()
        .map(|location| (location.id, location.line.as_slice()))
        .collect();
    let stack = |sample: &messages::Sample| {
        let lines = sample
            .location_id
            .iter()
            .filter_map(|id| lines.get(id))
            .copied()
            .flatten();
        let names = lines
            .filter_map(|line| names.get(&line.function_id))
            .map(|&name| name.to_owned());
        let count = sample.value.first().and_then(|count| u64::try_from(*count).ok());
        (count.unwrap_or(0), names.collect())
    };
    Ok(Decoded {
        stacks: profile.sample.iter().map(stack).collect(),
    })
}

impl From<Vec<(u64, Vec<String>)>> for Decoded {
    fn from(stacks: Vec<(u64, Vec<String>)>) -> Self {
        Self { stacks }
    }
}

impl Decoded {
    /// How often each stack was met: the names of its functions, the innermost first.
    pub fn stacks(&self) -> impl Iterator<Item = (u64, &[String])> {
        self.stacks
            .iter()
            .map(|(count, stack)| (*count, stack.as_slice()))
    }

    /// How many samples it has.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.stacks.iter().map(|(count, _)| count).sum()
    }

    /// How many of them were within a function whose name has that in it.
    #[must_use]
    pub fn samples_with(&self, name: &str) -> u64 {
        let within = |(_, stack): &&(u64, Vec<String>)| stack.iter().any(|function| function.contains(name));
        self.stacks.iter().filter(within).map(|(count, _)| count).sum()
    }
}
