//! Filled SQLite files, kept from run to run.
//!
//! An entry is a file and, beside it, its checksum. An entry that does not match its checksum is removed and built again; entries
//! appear by rename, so that nobody sees half of one, and the least recently used go first when there are too many.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The most entries: ten shops of four services.
const MOST_ENTRIES: usize = 40;

/// The most bytes of all entries together.
const MOST_BYTES: u64 = 1 << 30;

/// A file that is being built and was not touched for so long was left by a process that died.
const ABANDONED: Duration = Duration::from_secs(600);

/// A directory of filled SQLite files.
#[derive(Debug, Clone)]
pub struct Cache {
    directory: PathBuf,
}

impl Cache {
    /// The cache in that directory, which is created with the first entry.
    #[must_use]
    pub fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// The user's: `FAULTMART_CACHE`, else `faultmart/seed` under `XDG_CACHE_HOME` or `~/.cache`. None when there is no home.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let set = |name| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        if let Some(directory) = set("FAULTMART_CACHE") {
            return Some(Self::at(directory));
        }
        let base = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?;
        Some(Self::at(base.join("faultmart").join("seed")))
    }

    /// Copies the entry to `target`, if it is there and whole; false if it has to be built.
    pub(super) fn copy(&self, key: &str, target: &Path) -> io::Result<bool> {
        let entry = self.entry(key);
        let (mut file, wanted) = match (File::open(&entry), fs::read_to_string(checksum_of(&entry))) {
            (Ok(file), Ok(wanted)) => (file, wanted),
            _ => return Ok(false),
        };
        if checksum(&mut file)? != wanted.trim() {
            tracing::warn!(
                entry = key,
                "the seed cache holds a damaged file, which is built again"
            );
            self.remove(&entry);
            return Ok(false);
        }
        file.rewind()?;
        // The same open file that was checked, whatever happens to its name; the copy is made by the kernel.
        io::copy(&mut file, &mut File::create(target)?)?;
        if let Ok(used) = File::options().append(true).open(checksum_of(&entry)) {
            let _ = used.set_modified(SystemTime::now());
        }
        Ok(true)
    }

    /// A name for a file to be built, on the file system of the cache.
    pub(super) fn workplace(&self, key: &str) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.directory)?;
        Ok(self.directory.join(format!("{key}.{}.building", unique())))
    }

    /// Makes the built file the entry of that key, and makes room for it.
    pub(super) fn keep(&self, key: &str, built: &Path) -> io::Result<()> {
        let entry = self.entry(key);
        let sum = checksum(&mut File::open(built)?)?;
        let note = self.directory.join(format!("{key}.{}.building", unique()));
        File::create(&note)?.write_all(sum.as_bytes())?;
        fs::rename(&note, checksum_of(&entry))?;
        fs::rename(built, &entry)?;
        self.evict(&entry)
    }

    /// Removes what was abandoned, then entries, the least recently used first, until the limits hold. `newest` stays.
    fn evict(&self, newest: &Path) -> io::Result<()> {
        let mut entries = Vec::new();
        for found in fs::read_dir(&self.directory)?.flatten() {
            let path = found.path();
            let Ok(metadata) = found.metadata() else { continue };
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("building") => {
                    let age = metadata
                        .modified()
                        .ok()
                        .and_then(|modified| modified.elapsed().ok());
                    if age.is_some_and(|age| age > ABANDONED) {
                        let _ = fs::remove_file(path);
                    }
                }
                Some("db") if path != newest => {
                    let used = fs::metadata(checksum_of(&path)).and_then(|note| note.modified());
                    entries.push((used.unwrap_or(SystemTime::UNIX_EPOCH), metadata.len(), path));
                }
                _ => {}
            }
        }
        entries.sort_unstable();
        let mut bytes = fs::metadata(newest)?.len() + entries.iter().map(|(_, size, _)| size).sum::<u64>();
        let mut count = entries.len() + 1;
        for (_, size, path) in entries {
            if count <= MOST_ENTRIES && bytes <= MOST_BYTES {
                break;
            }
            self.remove(&path);
            count -= 1;
            bytes -= size;
        }
        Ok(())
    }

    fn entry(&self, key: &str) -> PathBuf {
        self.directory.join(format!("{key}.db"))
    }

    /// Two processes may remove the same entry; the second finds nothing, which is what it wants.
    fn remove(&self, entry: &Path) {
        let _ = fs::remove_file(entry);
        let _ = fs::remove_file(checksum_of(entry));
    }
}

fn checksum_of(entry: &Path) -> PathBuf {
    entry.with_extension("crc32")
}

fn checksum(file: &mut File) -> io::Result<String> {
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut total = 0_u64;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(format!("{:08x} {total}", hasher.finalize()));
        }
        hasher.update(&buffer[..count]);
        total += count as u64;
    }
}

/// Different in each process, and in each call of one.
fn unique() -> String {
    static CALLS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let call = CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    format!("{}-{call}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(cache: &Cache, key: &str, content: &[u8]) {
        let built = cache.workplace(key).unwrap();
        fs::write(&built, content).unwrap();
        cache.keep(key, &built).unwrap();
    }

    #[test]
    fn what_was_kept_is_copied_and_what_is_damaged_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path().join("cache"));
        let target = directory.path().join("target");
        assert!(!cache.copy("a", &target).unwrap());
        keep(&cache, "a", b"rows");
        assert!(cache.copy("a", &target).unwrap());
        assert_eq!(fs::read(&target).unwrap(), b"rows");

        fs::write(cache.entry("a"), b"rowz").unwrap();
        assert!(!cache.copy("a", &target).unwrap());
        assert!(!cache.entry("a").exists());
    }

    #[test]
    fn the_least_recently_used_entry_makes_room() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path().to_owned());
        for index in 0..MOST_ENTRIES {
            keep(&cache, &format!("entry{index}"), b"rows");
            let note = File::options()
                .append(true)
                .open(checksum_of(&cache.entry(&format!("entry{index}"))));
            note.unwrap()
                .set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(index as u64))
                .unwrap();
        }
        assert!(cache.copy("entry0", &directory.path().join("target")).unwrap());
        keep(&cache, "one-more", b"rows");
        assert!(cache.entry("entry0").exists());
        assert!(!cache.entry("entry1").exists());
        assert!(cache.entry("entry2").exists());
    }
}
