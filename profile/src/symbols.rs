//! From an address to names: the functions that were inlined there, with file and line where the binary knows them.

use std::borrow::Cow;

use addr2line::gimli::{Dwarf, EndianSlice, NativeEndian};
use addr2line::{Context, demangle_auto};
use object::read::SymbolMap;
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind, SymbolMapName};

use crate::image::Mapped;

type Reader<'a> = EndianSlice<'a, NativeEndian>;

/// A function at an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Function {
    /// As people write it.
    pub name: String,
    /// As the linker knows it.
    pub system_name: String,
    /// Empty if it is not known.
    pub file: String,
}

/// The names of one file.
pub struct Symbols<'a> {
    lines: Option<Context<Reader<'a>>>,
    table: SymbolMap<SymbolMapName<'a>>,
}

impl<'a> Symbols<'a> {
    /// What the file knows.
    pub fn of(file: &'a Mapped) -> Option<Self> {
        let elf = file.elf()?;
        let section = |id: addr2line::gimli::SectionId| {
            let bytes = file.section(id.name()).map_or(&[][..], |(_, bytes)| bytes);
            Ok::<_, addr2line::gimli::Error>(EndianSlice::new(bytes, NativeEndian))
        };
        // What is compressed cannot be read as it lies there, and then there are names without lines.
        let is_plain = elf
            .sections()
            .filter(|section| section.name().is_ok_and(|name| name.starts_with(".debug_")))
            .all(|section| {
                section
                    .compressed_file_range()
                    .is_ok_and(|range| range.format == object::CompressionFormat::None)
            });
        let lines = is_plain
            .then(|| {
                Dwarf::load(section)
                    .ok()
                    .and_then(|dwarf| Context::from_dwarf(dwarf).ok())
            })
            .flatten();
        // A library that was stripped has the names of what it offers.
        let functions = elf
            .symbols()
            .chain(elf.dynamic_symbols())
            .filter(|symbol| symbol.is_definition() && symbol.kind() == SymbolKind::Text)
            .filter_map(|symbol| {
                Some(SymbolMapName::new(
                    symbol.address(),
                    symbol.size(),
                    symbol.name().ok()?,
                ))
            });
        let table = SymbolMap::new(functions.collect());
        Some(Self { lines, table })
    }

    /// The functions at one of the file's own addresses, the innermost first, each with its line (0 if it is not known).
    pub fn at(&self, address: u64) -> Vec<(Function, i64)> {
        let mut found = Vec::new();
        if let Some(lines) = &self.lines
            && let Ok(mut frames) = lines.find_frames(address).skip_all_loads()
        {
            while let Ok(Some(frame)) = frames.next() {
                let Some(name) = frame.function.as_ref() else {
                    continue;
                };
                let (Ok(system_name), Ok(name)) = (name.raw_name(), name.demangle()) else {
                    continue;
                };
                let file = frame.location.as_ref().and_then(|location| location.file);
                let line = frame.location.as_ref().and_then(|location| location.line);
                let file = file.unwrap_or_default();
                let is_bare = name == system_name;
                let within = is_bare.then(|| module(file)).flatten();
                let function = Function {
                    name: within.map_or_else(
                        || name.to_string(),
                        |module| format!("{module}::{}", plain(&name)),
                    ),
                    system_name: system_name.into_owned(),
                    file: file.to_owned(),
                };
                found.push((function, line.map_or(0, i64::from)));
            }
        }
        if found.is_empty()
            && let Some(symbol) = self.table.containing(address)
        {
            let function = Function {
                name: demangle_auto(Cow::Borrowed(symbol.name()), None).into_owned(),
                system_name: symbol.name().to_owned(),
                file: String::new(),
            };
            found.push((function, 0));
        }
        found
    }
}

/// The module that a file of Rust holds, by where it lies: of a function that was inlined the binary knows the bare name and the file alone.
/// `…/tokio-1.48.0/src/runtime/park.rs` is `tokio::runtime::park`.
fn module(file: &str) -> Option<String> {
    let mut parts: Vec<&str> = file.strip_suffix(".rs")?.split('/').collect();
    if matches!(parts.last(), Some(&("mod" | "lib" | "main"))) {
        parts.pop();
    }
    let src = parts.iter().rposition(|part| *part == "src")?;
    let package = parts.get(src.checked_sub(1)?)?;
    // A version follows the name of what comes from elsewhere.
    let name = match package.rsplit_once('-') {
        Some((name, version)) if version.starts_with(|first: char| first.is_ascii_digit()) => name,
        _ => package,
    };
    let mut module = name.replace('-', "_");
    for part in &parts[src + 1..] {
        module.push_str("::");
        module.push_str(part);
    }
    Some(module)
}

/// A bare name without the types that it is for, which can be longer than a screen is wide.
fn plain(name: &str) -> &str {
    match name.find('<') {
        Some(at) if at > 0 => &name[..at],
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_which_module_it_holds() {
        for (file, expected) in [
            (
                "/home/me/.cargo/registry/src/index-1/tokio-1.48.0/src/runtime/park.rs",
                Some("tokio::runtime::park"),
            ),
            (
                "/home/me/src/services/orders/src/routes/report/mod.rs",
                Some("orders::routes::report"),
            ),
            (
                "/rustc/0a1b/library/core/src/slice/sort/shared/mod.rs",
                Some("core::slice::sort::shared"),
            ),
            ("futures-util-0.3.31/src/lib.rs", Some("futures_util")),
            ("xtask/src/main.rs", Some("xtask")),
            ("sqlite3.c", None),
            ("src/main.rs", None),
            ("build.rs", None),
            ("", None),
        ] {
            assert_eq!(module(file).as_deref(), expected, "{file}");
        }
    }

    #[test]
    fn a_bare_name_loses_its_types_and_nothing_else() {
        assert_eq!(plain("poll<chassis::Connection, alloc::sync::Arc<u8>>"), "poll");
        assert_eq!(plain("{closure#0}<core::task::Poll<()>>"), "{closure#0}");
        assert_eq!(plain("<impl Display>"), "<impl Display>");
        assert_eq!(plain("send"), "send");
    }
}
