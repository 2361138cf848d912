//! The files of the page and of the report, embedded: no build step, nothing fetched from anywhere.
//!
//! The page is served file by file; the report is all of them in one ([`report`]). What is under `vendor/` is what its authors
//! published, byte for byte: a test holds that against `vendor/SHA256SUMS`.

mod bundle;
mod file;
mod files;
mod report;

pub use file::{File, Kind};
pub use report::{LARGEST_REPORT, packed_size, report};

/// The page's file of that path, such as `trace/waterfall.js`.
#[must_use]
pub fn find(path: &str) -> Option<&'static File> {
    files().iter().find(|file| file.path == path)
}

/// All of the page's files.
#[must_use]
pub fn files() -> &'static [File] {
    &files::PAGE
}

/// The page's files and those that only the report has.
fn embedded() -> impl Iterator<Item = &'static File> {
    files::PAGE.iter().chain(&files::REPORT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_vendored_is_what_was_published() {
        let sums = include_str!("../vendor/SHA256SUMS");
        assert_eq!(sums.lines().count(), 3);
        for line in sums.lines() {
            let (sum, name) = line.split_once("  ").expect("a sum and a name");
            let path = format!("vendor/{name}");
            let file = embedded().find(|file| file.path == path);
            let file = file.expect("a file that is embedded");
            assert_eq!(file.sha256(), sum, "{name}");
        }
    }

    #[test]
    fn the_page_is_no_more_than_150_kilobytes_compressed() {
        let total: usize = files().iter().map(|file| file.gzip().len()).sum();
        assert!(total <= 150_000, "{total} bytes");
    }

    #[test]
    fn the_page_needs_no_file_that_only_the_report_has() {
        let read = |path: &str| find(path).map(|file| file.text);
        bundle::bundle("page/page.js", read).expect("all that the page imports");
        for file in &files::REPORT {
            assert!(find(file.path).is_none(), "{}", file.path);
        }
    }

    #[test]
    fn no_file_speaks_of_another_origin() {
        let ours = embedded().filter(|file| !file.path.starts_with("vendor/"));
        for file in ours {
            let foreign = file.text.split("http").skip(1).any(|rest| {
                rest.starts_with("s://") || (rest.starts_with("://") && !rest.starts_with("://www.w3.org/"))
            });
            assert!(!foreign, "{}", file.path);
        }
    }
}
