//! A file as it is embedded, and in the forms in which it is sent.

use std::io::Write as _;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page.
    Html,
    /// A module.
    Script,
    /// A style sheet.
    Style,
    /// A picture.
    Picture,
}

impl Kind {
    /// As HTTP says it.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Script => "text/javascript; charset=utf-8",
            Self::Style => "text/css; charset=utf-8",
            Self::Picture => "image/svg+xml",
        }
    }
}

/// One embedded file.
#[derive(Debug)]
pub struct File {
    /// Its path below `lab/ui/`.
    pub path: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What is in it.
    pub text: &'static str,
    gzip: OnceLock<Vec<u8>>,
    sha256: OnceLock<String>,
}

impl File {
    pub(crate) const fn new(path: &'static str, kind: Kind, text: &'static str) -> Self {
        Self {
            path,
            kind,
            text,
            gzip: OnceLock::new(),
            sha256: OnceLock::new(),
        }
    }

    /// Compressed, once for the life of the process.
    pub fn gzip(&self) -> &[u8] {
        self.gzip.get_or_init(|| gzip(self.text.as_bytes()))
    }

    /// The sum of its bytes in hex, which changes when the file does.
    pub fn sha256(&self) -> &str {
        self.sha256.get_or_init(|| {
            let sum = Sha256::digest(self.text.as_bytes());
            sum.iter().map(|byte| format!("{byte:02x}")).collect()
        })
    }
}

/// Compressed as far as gzip goes.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail; if it did, what came out would be incomplete and fail to unpack.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
