//! JSON written straight into a buffer, piece by piece.

use std::io::Write as _;

use crate::id::hex;

/// One JSON object under construction: remembers whether a comma is due.
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Object<'a> {
    /// Opens it.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    /// Closes it.
    pub fn end(self) {
        self.out.push(b'}');
    }

    /// Begins a member whose key needs no escape; its value is to be appended to what is returned.
    pub fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// Begins a member with any key.
    pub fn any_key(&mut self, key: &str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        string(key, self.out);
        self.out.push(b':');
        self.out
    }

    /// Text, unless it is empty.
    pub fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            string(text, self.key(key));
        }
    }

    /// A number, unless it is 0.
    pub fn number(&mut self, key: &str, number: i64) {
        if number != 0 {
            let _ = write!(self.key(key), "{number}");
        }
    }

    /// A 64-bit integer, which JSON's readers would round, so it is text. Times are written even if 0.
    pub fn time(&mut self, key: &str, number: u64) {
        let _ = write!(self.key(key), "\"{number}\"");
    }

    /// An identifier in hex, unless it has no bytes.
    pub fn id(&mut self, key: &str, bytes: &[u8]) {
        if !bytes.is_empty() {
            let out = self.key(key);
            out.push(b'"');
            let start = out.len();
            out.resize(start + bytes.len() * 2, 0);
            hex(bytes, &mut out[start..]);
            out.push(b'"');
        }
    }

    /// A list, unless it is empty.
    pub fn list<T>(&mut self, key: &str, items: &[T], write: impl Fn(&T, &mut Vec<u8>)) {
        if !items.is_empty() {
            array(items, self.key(key), write);
        }
    }
}

/// A list, each item written by `write`.
pub fn array<T>(items: &[T], out: &mut Vec<u8>, mut write: impl FnMut(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

/// Text, quoted and escaped.
pub fn string(text: &str, out: &mut Vec<u8>) {
    // Writing a string into a vector cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// A floating point number, or the text that stands for one that JSON has no form for.
pub fn double(number: f64, out: &mut Vec<u8>) {
    let _ = if number.is_nan() {
        out.write_all(b"\"NaN\"")
    } else if number.is_infinite() {
        out.write_all(if number > 0.0 {
            b"\"Infinity\""
        } else {
            b"\"-Infinity\""
        })
    } else {
        // Rust's shortest form that reads back as the same number, −0.0 included.
        write!(out, "{number:?}")
    };
}
