//! An attribute's key, prepared once for a query.

/// A key to look for, with the forms in which stores can compare it fastest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    text: Box<str>,
    /// Protobuf's field 1 with the key: how every `KeyValue` of this key begins, as all senders write it.
    wire: Box<[u8]>,
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
        }
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
