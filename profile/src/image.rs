//! The files whose code this process runs: itself and its libraries, each where it lies in memory.

use std::fs::{self, File};
use std::io;
use std::ops::Range;

use memmap2::Mmap;
use object::elf::PT_LOAD;
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSection};

/// A file that is mapped into this process.
pub struct Mapped {
    pub path: String,
    /// From the lowest to the highest address at which any of it lies.
    pub addresses: Range<u64>,
    /// What is to be subtracted from an address in memory to have the file's own.
    pub bias: u64,
    bytes: Mmap,
}

/// All that is mapped with code in it.
pub fn mapped() -> io::Result<Vec<Mapped>> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    let mut files: Vec<Mapped> = Vec::new();
    for line in maps.lines().filter_map(Line::read) {
        match files.last_mut().filter(|file| file.path == line.path) {
            Some(file) => file.addresses.end = line.addresses.end,
            // What cannot be read (a deleted file) has no names; its samples have addresses.
            None => files.extend(open(&line)),
        }
    }
    Ok(files)
}

fn open(line: &Line<'_>) -> Option<Mapped> {
    let file = File::open(line.path).ok()?;
    // SAFETY: a program that is running, or a library of one, is not written to.
    let bytes = unsafe { Mmap::map(&file) }.ok()?;
    let elf: ElfFile64<'_> = ElfFile64::parse(&*bytes).ok()?;
    let endian = elf.endian();
    let segments = elf.elf_header().program_headers(endian, &*bytes).ok()?;
    let bias = segments
        .iter()
        .filter(|segment| segment.p_type(endian) == PT_LOAD)
        .find_map(|segment| {
            // Mappings begin at whole pages, segments need not.
            let first_page = segment.p_offset(endian) & !0xfff;
            let is_here = first_page <= line.offset
                && line.offset < segment.p_offset(endian) + segment.p_filesz(endian);
            let own = (segment.p_vaddr(endian) & !0xfff) + (line.offset - first_page.min(line.offset));
            is_here.then(|| line.addresses.start.wrapping_sub(own))
        })?;
    Some(Mapped {
        path: line.path.to_owned(),
        addresses: line.addresses.clone(),
        bias,
        bytes,
    })
}

impl Mapped {
    /// The file's sections and symbols.
    pub fn elf(&self) -> Option<ElfFile64<'_, Endianness>> {
        ElfFile64::parse(&*self.bytes).ok()
    }

    /// A section's own addresses and its bytes, where they lie there as they are.
    pub fn section(&self, name: &str) -> Option<(Range<u64>, &[u8])> {
        let elf = self.elf()?;
        let section = elf.section_by_name(name)?;
        let (offset, size) = section.file_range()?;
        let (offset, size) = (usize::try_from(offset).ok()?, usize::try_from(size).ok()?);
        let bytes = self.bytes.get(offset..offset.checked_add(size)?)?;
        Some((section.address()..section.address() + section.size(), bytes))
    }
}

/// A line of `/proc/self/maps` that names a file.
struct Line<'a> {
    addresses: Range<u64>,
    offset: u64,
    path: &'a str,
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let offset = words.nth(1)?;
        // The path may have spaces, and begins with the first slash.
        let path = line[line.find('/')?..].trim_end();
        let number = |text| u64::from_str_radix(text, 16).ok();
        Some(Self {
            addresses: number(start)?..number(end)?,
            offset: number(offset)?,
            path,
        })
    }
}
