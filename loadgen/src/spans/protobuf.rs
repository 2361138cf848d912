//! The little of the protobuf encoding that a span needs.
//!
//! See <https://protobuf.dev/programming-guides/encoding/>. Field numbers are those of `opentelemetry/proto`; a test holds
//! that what is written here is what a full encoder would have meant.

/// How a field's value is laid out.
#[derive(Clone, Copy)]
enum WireType {
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
    Fixed32 = 5,
}

fn key(field: u32, wire_type: WireType, output: &mut Vec<u8>) {
    varint(u64::from(field << 3 | wire_type as u32), output);
}

pub fn varint(mut value: u64, output: &mut Vec<u8>) {
    while value >= 0x80 {
        output.push(value as u8 | 0x80);
        value >>= 7;
    }
    output.push(value as u8);
}

/// How many bytes [`varint`] writes.
pub fn varint_length(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

pub fn bytes_field(field: u32, bytes: &[u8], output: &mut Vec<u8>) {
    key(field, WireType::Length, output);
    varint(bytes.len() as u64, output);
    output.extend_from_slice(bytes);
}

pub fn varint_field(field: u32, value: u64, output: &mut Vec<u8>) {
    key(field, WireType::Varint, output);
    varint(value, output);
}

pub fn fixed64_field(field: u32, value: u64, output: &mut Vec<u8>) {
    key(field, WireType::Fixed64, output);
    output.extend_from_slice(&value.to_le_bytes());
}

pub fn fixed32_field(field: u32, value: u32, output: &mut Vec<u8>) {
    key(field, WireType::Fixed32, output);
    output.extend_from_slice(&value.to_le_bytes());
}

/// The key and length of an embedded message whose `length` bytes follow.
pub fn message_header(field: u32, length: usize, output: &mut Vec<u8>) {
    key(field, WireType::Length, output);
    varint(length as u64, output);
}

/// An attribute with a text, in two parts that need not be joined first.
pub fn text_attribute(field: u32, name: &str, value: [&str; 2], output: &mut Vec<u8>) {
    let length = value[0].len() + value[1].len();
    let any_value = 1 + varint_length(length as u64) + length;
    attribute_header(field, name, any_value, output);
    message_header(1, length, output);
    output.extend_from_slice(value[0].as_bytes());
    output.extend_from_slice(value[1].as_bytes());
}

/// An attribute with a whole number.
pub fn number_attribute(field: u32, name: &str, value: u64, output: &mut Vec<u8>) {
    attribute_header(field, name, 1 + varint_length(value), output);
    varint_field(3, value, output);
}

/// A `KeyValue` up to where its `AnyValue`, of so many bytes, begins.
fn attribute_header(field: u32, name: &str, any_value: usize, output: &mut Vec<u8>) {
    let value_header = 1 + varint_length(any_value as u64);
    let key_field = 1 + varint_length(name.len() as u64) + name.len();
    message_header(field, key_field + value_header + any_value, output);
    bytes_field(1, name.as_bytes(), output);
    message_header(2, any_value, output);
}

/// How many bytes [`text_attribute`] writes, for a field number below 16.
pub fn text_attribute_length(name: &str, value_length: usize) -> usize {
    let text = 1 + varint_length(value_length as u64) + value_length;
    let value = 1 + varint_length(text as u64) + text;
    let name = 1 + varint_length(name.len() as u64) + name.len();
    1 + varint_length((name + value) as u64) + name + value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_what_is_written() {
        for value in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
            let mut output = Vec::new();
            varint(value, &mut output);
            assert_eq!(output.len(), varint_length(value), "{value}");
        }
        for length in [0, 1, 100, 127, 128, 300, 20_000] {
            let mut output = Vec::new();
            text_attribute(9, "url.full", ["", &"x".repeat(length)], &mut output);
            assert_eq!(
                output.len(),
                text_attribute_length("url.full", length),
                "{length}"
            );
        }
    }
}
