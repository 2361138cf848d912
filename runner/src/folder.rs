//! The folder of a run, `runs/<id>/`: what a run leaves behind.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::Failure;

/// A run's folder.
#[derive(Debug, Clone)]
pub struct RunFolder {
    /// The run's id: when it began, and which scenario it was.
    pub id: String,
    path: PathBuf,
}

impl RunFolder {
    /// Makes the folder: `chosen`, or `runs/<id>` below the current folder.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with exit code 3 when it cannot be made or written to, and with 2 when `chosen` holds something else
    /// already.
    pub fn create(chosen: Option<&Path>, scenario: &str, started: SystemTime) -> Result<Self, Failure> {
        let stamp = humantime::format_rfc3339_millis(started)
            .to_string()
            .replace([':', '.'], "-");
        let id = format!("{}-{scenario}", stamp.trim_end_matches('Z'));
        let path = chosen.map_or_else(|| Path::new("runs").join(&id), Path::to_path_buf);
        if path.join("summary.json").exists() {
            return Err(Failure::input(format!("{} already holds a run", path.display()))
                .help("choose another folder with `--out DIR`, or remove it"));
        }
        let folder = Self { id, path };
        fs::create_dir_all(&folder.path).map_err(|error| folder.failed("make", &folder.path, &error))?;
        // An absolute path, because the parts may be told of it.
        let path =
            fs::canonicalize(&folder.path).map_err(|error| folder.failed("find", &folder.path, &error))?;
        let folder = Self { path, ..folder };
        // Tried before anything starts: a run whose result cannot be kept is better not begun.
        let log = folder.file("log.txt");
        File::create(&log).map_err(|error| folder.failed("write", &log, &error))?;
        Ok(folder)
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file in it, compressed when its name ends in `.zst`.
    ///
    /// `content` is run to its end whatever becomes of what it writes: it may have more to do than to write.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with exit code 3 that names the file, when the disk is full, say.
    pub fn write(
        &self,
        name: &str,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let path = self.file(name);
        let written = File::create(&path).and_then(|file| {
            let mut file = Persistent::new(BufWriter::new(file));
            if name.ends_with(".zst") {
                let mut encoder = zstd::Encoder::new(&mut file, 3)?;
                content(&mut encoder)?;
                encoder.finish()?;
            } else {
                content(&mut file)?;
            }
            file.finish()
        });
        written.map_err(|error| self.failed("write", &path, &error))
    }

    fn failed(&self, verb: &str, path: &Path, error: &io::Error) -> Failure {
        Failure::run(format!("cannot {verb} {}: {error}", path.display()))
            .help("choose a folder that can be written with `--out DIR`")
    }
}

/// Takes all that is written, also after the file beneath has taken its last byte, and says at the end that it has.
struct Persistent<W> {
    inner: W,
    failed: Option<io::Error>,
}

impl<W: Write> Persistent<W> {
    fn new(inner: W) -> Self {
        Self { inner, failed: None }
    }

    fn finish(mut self) -> io::Result<()> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.inner.flush(),
        }
    }
}

impl<W: Write> Write for Persistent<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed.is_none() {
            match self.inner.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(error) => self.failed = Some(error),
                written => return written,
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.failed.is_none()
            && let Err(error) = self.inner.flush()
        {
            self.failed = Some(error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_more_to_do_than_to_write_is_done_though_nothing_can_be_written() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let folder =
            RunFolder::create(Some(parent.path()), "healthy", SystemTime::now()).expect("a new folder");
        // A device on which every write fails as on a full disk.
        for name in ["full", "full.zst"] {
            std::os::unix::fs::symlink("/dev/full", folder.file(name)).expect("a link");
            let mut done = 0_u32;
            let failure = folder
                .write(name, |file| {
                    for number in 0..200_000_u32 {
                        writeln!(file, "{}", number.wrapping_mul(2_654_435_761))?;
                        done += 1;
                    }
                    Ok(())
                })
                .expect_err("no space");
            assert_eq!((done, failure.code), (200_000, 3));
            assert!(failure.message.contains("No space left"), "{failure}");
        }
    }

    #[test]
    fn a_folder_that_holds_a_run_is_not_written_over() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let chosen = parent.path().join("out");
        let folder = RunFolder::create(Some(&chosen), "healthy", SystemTime::now()).expect("a new folder");
        folder
            .write("summary.json", |file| file.write_all(b"{}"))
            .expect("a small file");
        let failure =
            RunFolder::create(Some(&chosen), "healthy", SystemTime::now()).expect_err("it holds a run");
        assert_eq!(failure.code, 2);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let file = parent.path().join("file");
        fs::write(&file, "in the way").expect("a small file");
        let failure =
            RunFolder::create(Some(&file.join("out")), "healthy", SystemTime::now()).expect_err("no folder");
        assert_eq!(failure.code, 3);
        assert!(failure.message.contains("file/out"), "{failure}");
    }

    #[test]
    fn compressed_files_are_read_back() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let folder =
            RunFolder::create(Some(parent.path()), "healthy", SystemTime::now()).expect("a new folder");
        folder
            .write("plan.jsonl.zst", |file| file.write_all(b"one line\n"))
            .expect("a small file");
        let bytes = fs::read(folder.file("plan.jsonl.zst")).expect("the file");
        assert_eq!(
            zstd::decode_all(bytes.as_slice()).expect("a zstd stream"),
            b"one line\n"
        );
    }
}
