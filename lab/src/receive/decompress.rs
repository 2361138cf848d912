//! Undoing a content encoding, never further than the largest request.

use std::io::{self, Read};

use super::body::{Held, Hold};
use super::{LARGEST, Refused};

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
    Deflate,
    Zstd,
}

/// The largest zstd window that is followed: 8 MiB, the most that RFC 9659 lets a content encoding ask for.
const ZSTD_WINDOW_LOG: u32 = 23;

/// How much is decompressed before what it takes is counted.
const STEP: u64 = 64 << 10;

impl Encoding {
    /// The encoding of this name, none meaning identity.
    pub fn named(name: Option<&str>) -> Result<Self, Refused> {
        match name.unwrap_or("identity").trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "deflate" => Ok(Self::Deflate),
            "zstd" => Ok(Self::Zstd),
            unknown => Err(Refused::Encoding(unknown.chars().take(64).collect())),
        }
    }
}

/// Decompresses `body`; `hold` is grown with what comes out.
pub fn decompress(encoding: Encoding, body: &[u8], hold: Hold) -> Result<Held, Refused> {
    match encoding {
        Encoding::Identity => all(body, hold),
        Encoding::Gzip => all(flate2::bufread::MultiGzDecoder::new(body), hold),
        // The name means zlib's format; some senders leave its two bytes of header out.
        Encoding::Deflate if has_zlib_header(body) => all(flate2::bufread::ZlibDecoder::new(body), hold),
        Encoding::Deflate => all(flate2::bufread::DeflateDecoder::new(body), hold),
        Encoding::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(body).map_err(malformed)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(malformed)?;
            all(decoder, hold)
        }
    }
}

fn all(mut decoder: impl Read, mut hold: Hold) -> Result<Held, Refused> {
    let mut plain = Vec::new();
    loop {
        let read = (&mut decoder)
            .take(STEP)
            .read_to_end(&mut plain)
            .map_err(malformed)?;
        hold.grow(read)?;
        if plain.len() > LARGEST {
            return Err(Refused::TooLarge);
        }
        if read == 0 {
            return Ok(Held {
                bytes: plain.into(),
                hold,
            });
        }
    }
}

/// RFC 1950: compression method 8, and a check that makes the two bytes a multiple of 31.
fn has_zlib_header(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..] if method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]) % 31 == 0)
}

fn malformed(error: io::Error) -> Refused {
    Refused::Malformed(format!("decompression failed: {error}"))
}
