//! Trace files as the commands take them: a run's folder, a file of any format, or `-` for standard input.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use runner::{Failure, recorded};
use trace::Span;
use trace::formats::unpack::LARGEST;
use trace::formats::{Format, detect, read};
use trace::otlp::lines::Lines;

/// How much of a file is looked at to tell its format.
const BEGINNING: u64 = 256 * 1024;

/// The newest folder below `runs/`: ids begin with the time.
pub fn newest_run() -> Result<PathBuf, Failure> {
    let entries = std::fs::read_dir(Path::new("runs"))
        .ok()
        .into_iter()
        .flatten()
        .flatten();
    let newest = entries
        .map(|entry| entry.path())
        .filter(|path| path.join(recorded::TRACES).exists())
        .max();
    newest.ok_or_else(|| {
        Failure::input("no run below runs/").help("name the folder of a run, or a trace file, with `--in`")
    })
}

/// Calls `take` with the spans of a folder or file: a line at a time if it is JSON lines, whatever its size, and all at
/// once otherwise. `from` says the format that is otherwise seen from the content.
///
/// # Errors
///
/// A [`Failure`] that names the file and the place in it, or what `take` returns.
pub fn each(
    path: &Path,
    from: Option<Format>,
    take: &mut dyn FnMut(Vec<Span>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if path == Path::new("-") {
        return whole(path, from, std::io::stdin().lock(), take);
    }
    let path = match path.is_dir() {
        true => path.join(recorded::TRACES),
        false => path.to_owned(),
    };
    let unreadable = |error: std::io::Error| {
        Failure::input(format!("cannot read {}: {error}", path.display()))
            .help("name the folder of a run or a trace file")
    };
    let mut file = File::open(&path).map_err(unreadable)?;
    let format = match from {
        Some(format) => Some(format),
        None => {
            let mut beginning = Vec::new();
            Read::by_ref(&mut file)
                .take(BEGINNING)
                .read_to_end(&mut beginning)
                .map_err(unreadable)?;
            file.rewind().map_err(unreadable)?;
            detect(&beginning)
        }
    };
    match format {
        Some(Format::OtlpJsonLines) => lines(&path, file, take),
        format => whole(&path, format, file, take),
    }
}

fn lines(
    path: &Path,
    file: File,
    take: &mut dyn FnMut(Vec<Span>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = |what: &dyn std::fmt::Display| Failure::input(format!("{}: {what}", path.display()));
    for (line, request) in (1..).zip(Lines::new(file).map_err(|error| failed(&error))?) {
        let decoded = request.map_err(|error| failed(&error))?;
        if let Some(refusal) = decoded.refused.first() {
            return Err(
                failed(&format!("request {line}: {refusal}")).help("give every span ids of the right length")
            );
        }
        take(decoded.spans)?;
    }
    Ok(())
}

fn whole(
    path: &Path,
    format: Option<Format>,
    input: impl Read,
    take: &mut dyn FnMut(Vec<Span>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let name = path.display();
    let mut bytes = Vec::new();
    input
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::input(format!("cannot read {name}: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(
            Failure::input(format!("{name} is larger than {} GiB", LARGEST >> 30)).help(
                "only JSON lines of OTLP are read piece by piece: split the file, or convert it to them",
            ),
        );
    }
    let Some(format) = format.or_else(|| detect(&bytes)) else {
        return Err(Failure::input(format!(
            "{name} is no trace format that can be told by its content"
        ))
        .help(format!("say which with `--from`: {}", names(Format::is_read))));
    };
    let spans =
        read(format, &bytes).map_err(|error| Failure::input(format!("{name}: {error}")).help(error.help))?;
    take(spans)
}

/// The names of the formats of which `which` holds, for help and errors.
pub fn names(which: fn(Format) -> bool) -> String {
    let names: Vec<_> = Format::all()
        .filter(|format| which(*format))
        .map(Format::name)
        .collect();
    names.join(", ")
}

/// A format to read, as it is written on the command line.
pub fn readable(text: &str) -> Result<Format, String> {
    named(text, Format::is_read)
}

/// A format to write, as it is written on the command line.
pub fn writable(text: &str) -> Result<Format, String> {
    named(text, Format::is_written)
}

fn named(text: &str, which: fn(Format) -> bool) -> Result<Format, String> {
    match text.parse::<Format>() {
        Ok(format) if which(format) => Ok(format),
        _ => Err(format!("one of {}", names(which))),
    }
}
