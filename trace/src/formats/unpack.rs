//! Compressed input: zstd and gzip, recognised by their first bytes.

use std::borrow::Cow;
use std::io::{self, Read};

use super::error::{Place, ReadError};

/// The most bytes that an input may have once it is unpacked, unless the caller says otherwise.
pub const LARGEST: u64 = 2 * 1024 * 1024 * 1024;

const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Whether the input begins as zstd or gzip does.
pub fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&ZSTD) || bytes.starts_with(&GZIP)
}

/// The input as it is if it is not compressed, and unpacked otherwise; an input that unpacks to more than `largest`
/// bytes is refused before it takes more memory than that.
pub fn unpack(bytes: &[u8], largest: u64) -> Result<Cow<'_, [u8]>, ReadError> {
    if !is_packed(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut unpacked = Vec::new();
    reader(bytes)
        .and_then(|reader| reader.take(largest + 1).read_to_end(&mut unpacked))
        .map_err(|error| {
            refused(
                format!("after {} unpacked bytes: {error}", unpacked.len()),
                "the file is damaged or was cut: copy or download it once more",
            )
        })?;
    if unpacked.len() as u64 > largest {
        return Err(refused(
            format!("it unpacks to more than {largest} bytes"),
            "split it, or give it as JSON lines of OTLP, which are read one at a time",
        ));
    }
    Ok(Cow::Owned(unpacked))
}

/// What of the beginning can be unpacked, up to `most` bytes: enough to see what is in it.
pub(super) fn beginning(bytes: &[u8], most: u64) -> Vec<u8> {
    let mut unpacked = Vec::new();
    if let Ok(reader) = reader(bytes) {
        // A damaged end does not matter for what stands at the beginning.
        let _ = reader.take(most).read_to_end(&mut unpacked);
    }
    unpacked
}

fn reader(bytes: &[u8]) -> io::Result<Box<dyn Read + '_>> {
    Ok(if bytes.starts_with(&ZSTD) {
        Box::new(zstd::Decoder::with_buffer(bytes)?)
    } else {
        Box::new(flate2::bufread::MultiGzDecoder::new(bytes))
    })
}

fn refused(what: String, help: &str) -> ReadError {
    ReadError {
        format: None,
        place: Place::Whole,
        what,
        help: help.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("in memory");
        encoder.finish().expect("in memory")
    }

    #[test]
    fn what_is_packed_is_unpacked_and_what_is_not_is_left_alone() {
        for packed in [
            b"text".to_vec(),
            gzip(b"text"),
            zstd::encode_all(&b"text"[..], 1).expect("in memory"),
        ] {
            assert_eq!(unpack(&packed, 10).expect("good"), &b"text"[..]);
        }
    }

    #[test]
    fn what_is_too_large_or_cut_is_refused() {
        let large = vec![b'x'; 1_000_000];
        for packed in [gzip(&large), zstd::encode_all(&large[..], 1).expect("in memory")] {
            assert!(unpack(&packed, 1_000_000).is_ok());
            let error = unpack(&packed, 999_999).expect_err("one more");
            assert_eq!(error.to_string(), "it unpacks to more than 999999 bytes");
            assert!(unpack(&packed[..packed.len() / 2], 1_000_000).is_err());
            assert_eq!(beginning(&packed, 10), b"xxxxxxxxxx");
        }
    }
}
