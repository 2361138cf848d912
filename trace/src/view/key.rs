//! An attribute's key, prepared once for a query.

/// A key to look for, with the forms in which stores can compare it fastest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    text: Box<str>,
    /// Protobuf's field 1 with the key: how every `KeyValue` of this key begins, as all senders write it.
    wire: Box<[u8]>,
    bit: u64,
}

/// One of 64 bits that a key has, with few others: who keeps those of a span's keys beside it need not look for a key whose
/// bit is not among them.
#[inline]
pub fn key_bit(key: &[u8]) -> u64 {
    // Keys differ at their ends, since many begin with the same namespace.
    let mut end = [0; 8];
    match key.last_chunk() {
        Some(chunk) => end = *chunk,
        None => end[..key.len()].copy_from_slice(key),
    }
    let mixed = (u64::from_le_bytes(end) ^ key.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    1 << (mixed >> 58)
}

impl Key {
    /// Prepares a key.
    pub fn new(text: &str) -> Self {
        let mut wire = Vec::with_capacity(text.len() + 3);
        wire.push(1 << 3 | 2);
        let mut length = text.len();
        while length >= 0x80 {
            wire.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        wire.push(length as u8);
        wire.extend_from_slice(text.as_bytes());
        Self {
            text: text.into(),
            wire: wire.into(),
            bit: key_bit(text.as_bytes()),
        }
    }

    /// Its [bit](key_bit).
    pub fn bit(&self) -> u64 {
        self.bit
    }

    /// The key as text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The key as the bytes with which a `KeyValue` message of this key begins when the key comes first in it, as it
    /// does from every known sender: one `starts_with` tells, and the value follows. A `KeyValue` that does not begin with
    /// field 1 has to be read field by field.
    pub fn wire(&self) -> &[u8] {
        &self.wire
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::otlp::proto::KeyValue;

    #[test]
    fn the_wire_form_is_what_protobuf_writes() {
        for text in [
            "a",
            "service.name",
            &"k".repeat(127),
            &"k".repeat(128),
            &"k".repeat(20_000),
        ] {
            let message = KeyValue {
                key: text.to_owned(),
                ..KeyValue::default()
            };
            assert_eq!(Key::new(text).wire(), message.encode_to_vec());
        }
    }
}
