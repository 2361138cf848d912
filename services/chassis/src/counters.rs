//! Counts of spans at each step of their way, in a mapped file that outlives the process.
//!
//! The file is 64 bytes of header (magic, version, zeros) and then little-endian u64, in the order of [`Snapshot`]'s fields.
//! Whoever reads it while the process runs sees each count as it is; the sums hold once the process has ended:
//!
//! - `started - ended` spans were open when it ended,
//! - `ended - exported - dropped` spans were lost when it ended, of which up to `in_flight` may have arrived nevertheless:
//!   the receiver's own count decides.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::MmapMut;

const MAGIC: [u8; 8] = *b"FMSPANS\0";
const VERSION: u32 = 1;
const HEADER: usize = 64;
const COUNTS: usize = 6;
const LENGTH: usize = HEADER + COUNTS * size_of::<u64>();

// The file is little-endian and the atomics are native.
#[cfg(not(target_endian = "little"))]
compile_error!("the counter file is written with native atomics and read as little-endian");

/// The counts of this process.
#[derive(Debug)]
pub struct Counters {
    map: MmapMut,
}

/// What a counter file said when it was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Recorded spans that began.
    pub started: u64,
    /// Recorded spans that ended.
    pub ended: u64,
    /// Spans that the receiver acknowledged and did not reject.
    pub exported: u64,
    /// Spans that certainly never arrive: the queue was full, or the receiver refused them.
    pub dropped: u64,
    /// Spans that were sent and of which it is not known whether they arrived.
    pub in_flight: u64,
    /// Spans that the sampler left out; they count nowhere else.
    pub unsampled: u64,
}

#[derive(Clone, Copy)]
enum Count {
    Started,
    Ended,
    Exported,
    Dropped,
    InFlight,
    Unsampled,
}

impl Counters {
    /// Counts in this process's own memory, which nobody outlives.
    ///
    /// # Errors
    ///
    /// When there is no memory.
    pub fn anonymous() -> io::Result<Self> {
        MmapMut::map_anon(LENGTH).map(Self::with_header)
    }

    /// Counts in a file, from zero, or on from where an earlier process left off.
    ///
    /// # Errors
    ///
    /// When the file cannot be written or mapped, or is another kind of file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        if file.metadata()?.len() == 0 {
            file.set_len(LENGTH as u64)?;
        } else {
            read(path)?;
        }
        // SAFETY: the file is this part's own. Whoever truncates it under the map ends the process, and nobody does.
        let map = unsafe { MmapMut::map_mut(&file) }?;
        Ok(Self::with_header(map))
    }

    fn with_header(mut map: MmapMut) -> Self {
        map[..MAGIC.len()].copy_from_slice(&MAGIC);
        map[MAGIC.len()..MAGIC.len() + 4].copy_from_slice(&VERSION.to_le_bytes());
        Self { map }
    }

    fn count(&self, count: Count) -> &AtomicU64 {
        let pointer = self
            .map
            .as_ptr()
            .wrapping_add(HEADER + count as usize * size_of::<u64>());
        // SAFETY: inside the map, which is LENGTH bytes long, page-aligned (so this is aligned to 8) and lives as long as
        // the reference; all access to these bytes is atomic.
        unsafe { &*pointer.cast::<AtomicU64>() }
    }

    fn add(&self, count: Count, number: u64) {
        self.count(count).fetch_add(number, Ordering::Release);
    }

    /// A recorded span began.
    pub fn started(&self) {
        self.add(Count::Started, 1);
    }

    /// A recorded span ended.
    pub fn ended(&self) {
        self.add(Count::Ended, 1);
    }

    /// The sampler left a span out.
    pub fn unsampled(&self) {
        self.add(Count::Unsampled, 1);
    }

    /// Spans will certainly never arrive.
    pub fn dropped(&self, spans: u64) {
        self.add(Count::Dropped, spans);
    }

    /// Spans are being sent.
    pub fn sending(&self, spans: u64) {
        self.add(Count::InFlight, spans);
    }

    /// The fate of spans that were being sent is known: so many were taken, the others never arrive.
    pub fn settled(&self, taken: u64, lost: u64) {
        self.add(Count::Exported, taken);
        self.add(Count::Dropped, lost);
        // Last, so that a process that is killed in between has counted nothing too little.
        self.count(Count::InFlight)
            .fetch_sub(taken + lost, Ordering::Release);
    }

    /// The counts now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let load = |count| self.count(count).load(Ordering::Acquire);
        Snapshot {
            started: load(Count::Started),
            ended: load(Count::Ended),
            exported: load(Count::Exported),
            dropped: load(Count::Dropped),
            in_flight: load(Count::InFlight),
            unsampled: load(Count::Unsampled),
        }
    }
}

/// Reads the counter file of a process that runs or has ended.
///
/// # Errors
///
/// When the file cannot be read, or is no counter file of this version.
pub fn read(path: &Path) -> io::Result<Snapshot> {
    let bytes = std::fs::read(path)?;
    let wrong =
        |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {what}", path.display()));
    if bytes.len() != LENGTH || bytes[..MAGIC.len()] != MAGIC {
        return Err(wrong("not a counter file"));
    }
    if bytes[MAGIC.len()..MAGIC.len() + 4] != VERSION.to_le_bytes() {
        return Err(wrong("a counter file of another version"));
    }
    let mut counts = bytes[HEADER..].chunks_exact(8).map(|chunk| {
        let mut count = [0; 8];
        count.copy_from_slice(chunk);
        u64::from_le_bytes(count)
    });
    let mut next = || counts.next().unwrap_or_default();
    Ok(Snapshot {
        started: next(),
        ended: next(),
        exported: next(),
        dropped: next(),
        in_flight: next(),
        unsampled: next(),
    })
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    const CHILD: &str = "CHASSIS_TEST_COUNTERS_CHILD";

    #[test]
    fn a_file_of_another_kind_is_not_touched() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("letter");
        std::fs::write(&path, "dear reader").unwrap();
        assert!(Counters::open(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"dear reader");
        assert!(read(&path).is_err());
    }

    #[test]
    fn a_second_process_counts_on() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("counters");
        for _ in 0..2 {
            let counters = Counters::open(&path).unwrap();
            counters.started();
            counters.ended();
            counters.sending(1);
            counters.settled(1, 0);
        }
        let expected = Snapshot {
            started: 2,
            ended: 2,
            exported: 2,
            ..Snapshot::default()
        };
        assert_eq!(read(&path).unwrap(), expected);
    }

    /// Not a test of its own: what the child of the test below does.
    #[test]
    fn child_that_counts_until_it_is_killed() {
        let Some(path) = std::env::var_os(CHILD) else {
            return;
        };
        let counters = Counters::open(Path::new(&path)).unwrap();
        for _ in 0..1_000 {
            counters.started();
        }
        counters.ended();
        counters.sending(7);
        println!("counted");
        loop {
            std::thread::park();
        }
    }

    #[test]
    fn counts_outlive_a_killed_process() {
        use std::io::BufRead;

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("counters");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "counters::tests::child_that_counts_until_it_is_killed",
                "--nocapture",
            ])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = io::BufReader::new(child.stdout.take().unwrap());
        assert!(output.lines().any(|line| line.unwrap().contains("counted")));
        child.kill().unwrap();
        child.wait().unwrap();
        let expected = Snapshot {
            started: 1_000,
            ended: 1,
            in_flight: 7,
            ..Snapshot::default()
        };
        assert_eq!(read(&path).unwrap(), expected);
    }
}
