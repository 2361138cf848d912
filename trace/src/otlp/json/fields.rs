//! How single fields are read: leniently where the specification is (numbers as text, `null` for absent), and never
//! so that one bad id spoils the request that it came in.

use serde::{Deserialize, Deserializer, de};

use crate::id::unhex;

/// Any field whose `null` means its default.
pub fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

/// Bytes in hex, of any length. What is not hex becomes one byte, a length that no id has, so that the span alone is
/// refused for it later.
pub fn hex_bytes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = Option::<String>::deserialize(from)?.unwrap_or_default();
    let mut bytes = vec![0; text.len() / 2];
    Ok(if unhex(text.as_bytes(), &mut bytes) {
        bytes
    } else {
        vec![0]
    })
}

/// Bytes in base64, standard or URL-safe, padded or not.
pub fn base64_bytes<E: de::Error>(text: &str) -> Result<Vec<u8>, E> {
    use base64::Engine as _;
    use base64::alphabet::STANDARD;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
    const EITHER: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    EITHER
        .decode(text.replace('-', "+").replace('_', "/"))
        .map_err(E::custom)
}

/// An integer, written as a number or as text.
pub fn integer<'de, D: Deserializer<'de>, T>(from: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + std::str::FromStr + Default,
    T::Err: std::fmt::Display,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written<T> {
        Number(T),
        Text(String),
    }
    match Option::<Written<T>>::deserialize(from)? {
        None => Ok(T::default()),
        Some(Written::Number(number)) => Ok(number),
        Some(Written::Text(text)) => text.parse().map_err(de::Error::custom),
    }
}

/// A floating point number, written as a number or as text, `NaN` and `-Infinity` among the texts.
pub fn double<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    integer(from)
}
