//! What the messages inside a span look like, and a check of bytes against it.

use super::fields::{Budget, Content, DEEPEST, Field, Fields, Malformed};

/// The known fields of a message. Others are skipped.
pub struct Message(&'static [(u32, Type)]);

enum Type {
    Varint,
    Fixed64,
    Fixed32,
    Bytes,
    Text,
    Message(&'static Message),
}

pub static RESOURCE: Message = Message(&[
    (1, Type::Message(&KEY_VALUE)),
    (2, Type::Varint),
    (3, Type::Message(&ENTITY_REF)),
]);
static ENTITY_REF: Message = Message(&[(1, Type::Text), (2, Type::Text), (3, Type::Text), (4, Type::Text)]);
pub static SCOPE: Message = Message(&[
    (1, Type::Text),
    (2, Type::Text),
    (3, Type::Message(&KEY_VALUE)),
    (4, Type::Varint),
]);
pub static KEY_VALUE: Message =
    Message(&[(1, Type::Text), (2, Type::Message(&ANY_VALUE)), (3, Type::Varint)]);
static ANY_VALUE: Message = Message(&[
    (1, Type::Text),
    (2, Type::Varint),
    (3, Type::Varint),
    (4, Type::Fixed64),
    (5, Type::Message(&ARRAY_VALUE)),
    (6, Type::Message(&KEY_VALUE_LIST)),
    (7, Type::Bytes),
    (8, Type::Varint),
]);
static ARRAY_VALUE: Message = Message(&[(1, Type::Message(&ANY_VALUE))]);
static KEY_VALUE_LIST: Message = Message(&[(1, Type::Message(&KEY_VALUE))]);
pub static EVENT: Message = Message(&[
    (1, Type::Fixed64),
    (2, Type::Text),
    (3, Type::Message(&KEY_VALUE)),
    (4, Type::Varint),
]);
pub static LINK: Message = Message(&[
    (1, Type::Bytes),
    (2, Type::Bytes),
    (3, Type::Text),
    (4, Type::Message(&KEY_VALUE)),
    (5, Type::Varint),
    (6, Type::Fixed32),
]);
pub static STATUS: Message = Message(&[(2, Type::Text), (3, Type::Varint)]);

/// Checks `bytes` against `message`, which lies `depth` messages below the request.
pub fn validate(bytes: &[u8], message: &Message, depth: u32, budget: &mut Budget) -> Result<(), Malformed> {
    budget.spend()?;
    if depth > DEEPEST {
        return Err(Malformed::Depth);
    }
    for field in Fields::new(bytes) {
        let field = field?;
        let Some((_, known)) = message.0.iter().find(|(number, _)| *number == field.number) else {
            continue;
        };
        check(&field, known, depth, budget)?;
    }
    Ok(())
}

/// The key of an attribute that is a short key with a short text, written in the one way that encoders write them, as nearly
/// all are. It is sound if it is ASCII then, which is cheaper to see of many attributes at once.
#[inline]
pub fn plain_key(attribute: &[u8]) -> Option<&[u8]> {
    let [0x0a, key_length @ 0..0x80, rest @ ..] = attribute else {
        return None;
    };
    let (key, value) = rest.split_at_checked(usize::from(*key_length))?;
    let [
        0x12,
        value_length @ 0..0x80,
        0x0a,
        text_length @ 0..0x80,
        text @ ..,
    ] = value
    else {
        return None;
    };
    let is_whole = usize::from(*text_length) == text.len() && usize::from(*value_length) == text.len() + 2;
    is_whole.then_some(key)
}

/// The key of an attribute that is a short key and then a value and nothing else, as all encoders write it.
#[inline]
pub fn simple_key(attribute: &[u8]) -> Option<&[u8]> {
    let [0x0a, length @ 0..0x80, rest @ ..] = attribute else {
        return None;
    };
    let (key, value) = rest.split_at_checked(usize::from(*length))?;
    let mut fields = Fields::new(value);
    let is_value = matches!(
        fields.next()?,
        Ok(Field {
            number: 2,
            content: Content::Bytes(_)
        })
    );
    (is_value && fields.rest().is_empty()).then_some(key)
}

fn check(field: &Field<'_>, known: &Type, depth: u32, budget: &mut Budget) -> Result<(), Malformed> {
    match (known, field.content) {
        (Type::Varint, Content::Varint(_))
        | (Type::Fixed64, Content::Fixed64(_))
        | (Type::Fixed32, Content::Fixed32(_))
        | (Type::Bytes, Content::Bytes(_)) => Ok(()),
        (Type::Text, Content::Bytes(_)) => field.text().map(drop),
        (Type::Message(inner), Content::Bytes(bytes)) => validate(bytes, inner, depth + 1, budget),
        _ => Err(Malformed::Type(field.number)),
    }
}
