//! The code of a function, which whoever starts an instance loads and checks: it is this program's own file.

use std::env;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// What is read at once, in bytes.
const CHUNK: usize = 256 * 1024;

/// Reads so many bytes of the program's file, from its start again if it has fewer, and gives their checksum.
pub(super) fn load(size: u64) -> io::Result<u32> {
    let mut file = File::open(env::current_exe()?)?;
    let mut checksum = crc32fast::Hasher::new();
    let mut buffer = vec![0; CHUNK];
    let mut left = size;
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        match file.read(&mut buffer[..most])? {
            0 if file.stream_position()? == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            0 => drop(file.seek(SeekFrom::Start(0))?),
            read => {
                checksum.update(&buffer[..read]);
                left -= read as u64;
            }
        }
    }
    Ok(checksum.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_is_read_as_is_asked_for() {
        assert_eq!(load(0).unwrap(), 0);
        let one = load(CHUNK as u64 + 1).unwrap();
        assert_eq!(one, load(CHUNK as u64 + 1).unwrap());
        assert_ne!(one, load(CHUNK as u64).unwrap());
        let whole = std::fs::metadata(env::current_exe().unwrap()).unwrap().len();
        assert_ne!(load(whole + 1).unwrap(), load(whole).unwrap());
    }
}
