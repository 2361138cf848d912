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
                let function = Function {
                    name: name.into_owned(),
                    system_name: system_name.into_owned(),
                    file: file.unwrap_or_default().to_owned(),
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
