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
            let mut file = BufWriter::new(file);
            if name.ends_with(".zst") {
                let mut encoder = zstd::Encoder::new(&mut file, 3)?;
                content(&mut encoder)?;
                encoder.finish()?;
            } else {
                content(&mut file)?;
            }
            file.flush()
        });
        written.map_err(|error| self.failed("write", &path, &error))
    }

    fn failed(&self, verb: &str, path: &Path, error: &io::Error) -> Failure {
        Failure::run(format!("cannot {verb} {}: {error}", path.display()))
            .help("choose a folder that can be written with `--out DIR`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
