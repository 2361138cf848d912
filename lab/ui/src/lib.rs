//! The files of the page and of the report, embedded: no build step, nothing fetched from anywhere.
//!
//! The page's modules are one script, put together when the first one asks for it: fifty requests one after another would be half of
//! the time until something is seen. The report is all of it in one file ([`report`]). What is under `vendor/` is what its authors published,
//! byte for byte: a test holds that against `vendor/SHA256SUMS`.

mod bundle;
mod file;
mod files;
mod report;

use std::sync::LazyLock;

pub use file::{File, Kind};
pub use report::{LARGEST_REPORT, packed_size, report};

/// All of the page's modules.
static SCRIPT: LazyLock<File> = LazyLock::new(|| {
    let text = |path: &str| {
        files::PAGE
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.text)
    };
    // That all of them can be put together is what a test holds.
    let script = bundle::bundle("page/page.js", text).unwrap_or_default();
    File::new("page.js", Kind::Script, script.leak())
});

/// The page's file of that path, as it is served: `page/index.html`, `style/base.css`, and `page.js`, which is all modules.
#[must_use]
pub fn find(path: &str) -> Option<&'static File> {
    served().find(|file| file.path == path)
}

fn served() -> impl Iterator<Item = &'static File> {
    let others = files::PAGE.iter().filter(|file| file.kind != Kind::Script);
    others.chain(std::iter::once(&*SCRIPT))
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
        let total: usize = served().map(|file| file.gzip().len()).sum();
        assert!(total <= 150_000, "{total} bytes");
    }

    #[test]
    fn the_page_needs_every_module_that_is_listed_for_it_and_no_other() {
        for file in files::PAGE.iter().filter(|file| file.kind == Kind::Script) {
            let module = format!("$modules[\"{}\"] =", file.path);
            assert!(SCRIPT.text.contains(&module), "{} is imported by none", file.path);
        }
        assert!(find("page/page.js").is_none() && find("report/report.js").is_none());
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
