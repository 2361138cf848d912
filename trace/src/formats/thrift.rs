//! Thrift's two encodings, binary and compact, read from bytes that are all here: nothing is copied, nothing is taken
//! for granted, and no length is believed before the bytes are there.
//! <https://github.com/apache/thrift/tree/master/doc/specs>
//!
//! The `thrift` crate reads from a stream: it makes room for what a length promises and skips unknown fields by calling
//! itself, which is not for packets from anyone.

/// Bytes that are not the Thrift message they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The bytes end inside of a value.
    #[error("the message is cut short, or a length in it is wrong")]
    Truncated,
    /// There is more after the message.
    #[error("there are bytes after the message's end")]
    Trailing,
    /// A variable-length number has too many bytes.
    #[error("a number in the message is too long")]
    Number,
    /// A type's number does not exist.
    #[error("a type in the message does not exist")]
    Kind,
    /// A known field has another type than it should.
    #[error("field {0} has the wrong type")]
    Type(i16),
    /// Text is not UTF-8.
    #[error("text in the message is not UTF-8")]
    Text,
    /// Nested deeper than any message of this protocol.
    #[error("nested too deeply")]
    Depth,
    /// Not the protocol's first bytes.
    #[error("this is not a Thrift message in the expected encoding")]
    Version,
    /// Another call than the one that carries spans.
    #[error("this is not a call of emitBatch")]
    Call,
    /// A required field is absent.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// What the message holds would take too much memory.
    #[error("the message becomes too large in memory; send smaller ones")]
    TooMany,
}

/// How a message is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Fixed lengths, big-endian.
    Binary,
    /// Variable lengths, and field numbers as differences.
    Compact,
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A truth value.
    Bool,
    /// A number of 8 bits.
    Byte,
    /// A floating point number.
    Double,
    /// A number of 16 bits.
    I16,
    /// A number of 32 bits.
    I32,
    /// A number of 64 bits.
    I64,
    /// Bytes or text, with their length before them.
    Bytes,
    /// Fields with numbers.
    Struct,
    /// Pairs of two types.
    Map,
    /// As a list.
    Set,
    /// Values of one type.
    List,
    /// 16 bytes.
    Uuid,
}

/// A field's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its number.
    pub id: i16,
    /// What follows.
    pub kind: Kind,
    /// The compact encoding has a truth value in the head, so that nothing follows.
    truth: Option<bool>,
}

/// How far the fields of a struct have been read.
#[derive(Debug, Default)]
pub struct Within {
    last: i16,
}

/// The deepest nesting of what is skipped.
const DEEPEST: usize = 64;

/// The rest of a message.
pub struct Reader<'a> {
    rest: &'a [u8],
    encoding: Encoding,
}

/// How many bytes the spans of a message may take in memory. The smallest span is some twenty bytes in a packet and
/// hundreds here.
const MOST_BYTES: usize = 128 << 20;

/// What of [`MOST_BYTES`] is left.
pub struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MOST_BYTES)
    }
}

impl Budget {
    /// Takes what a `T` and so many bytes beside it take.
    pub fn spend<T>(&mut self, more: usize) -> Result<(), Malformed> {
        let bytes = size_of::<T>().saturating_add(more);
        self.0 = self.0.checked_sub(bytes).ok_or(Malformed::TooMany)?;
        Ok(())
    }
}

/// What is being skipped, from the outside in.
enum Open {
    Fields(Within),
    /// This many values, of two types by turns.
    Items([Kind; 2], usize),
}

impl<'a> Reader<'a> {
    /// Reads `message` from its start.
    pub fn new(message: &'a [u8], encoding: Encoding) -> Self {
        Self {
            rest: message,
            encoding,
        }
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), Malformed> {
        match self.rest {
            [] => Ok(()),
            _ => Err(Malformed::Trailing),
        }
    }

    /// The name of the call that a message is. Its type and number do not matter to who does not answer.
    pub fn call(&mut self) -> Result<&'a [u8], Malformed> {
        match self.encoding {
            Encoding::Compact => {
                let [0x82, version] = self.array()? else {
                    return Err(Malformed::Version);
                };
                if version & 0x1f != 1 {
                    return Err(Malformed::Version);
                }
                self.varint()?;
                self.run()
            }
            Encoding::Binary => {
                let version = u32::from_be_bytes(self.array()?);
                let name = match version {
                    0x8001_0000..=0x8001_ffff => self.run()?,
                    0x8000_0000.. => return Err(Malformed::Version),
                    // An older form begins with the name's length and has the type after it.
                    length => {
                        let name = self.take(length as usize)?;
                        self.take(1)?;
                        name
                    }
                };
                self.take(4)?;
                Ok(name)
            }
        }
    }

    /// The next field of a struct, or nothing at its end.
    pub fn field(&mut self, within: &mut Within) -> Result<Option<Field>, Malformed> {
        let [head] = self.array()?;
        if head == 0 {
            return Ok(None);
        }
        let field = match self.encoding {
            Encoding::Binary => Field {
                id: i16::from_be_bytes(self.array()?),
                kind: binary_kind(head)?,
                truth: None,
            },
            Encoding::Compact => {
                let id = match head >> 4 {
                    0 => self.zigzag()? as i16,
                    step => within.last.wrapping_add(i16::from(step)),
                };
                within.last = id;
                let kind = head & 0x0f;
                Field {
                    id,
                    kind: compact_kind(kind)?,
                    truth: matches!(kind, 1 | 2).then_some(kind == 1),
                }
            }
        };
        Ok(Some(field))
    }

    /// A truth value.
    pub fn bool(&mut self, field: &Field) -> Result<bool, Malformed> {
        field.expect(Kind::Bool)?;
        match field.truth {
            Some(truth) => Ok(truth),
            None => Ok(self.array::<1>()? == [1]),
        }
    }

    /// A number of 16 bits.
    pub fn i16(&mut self, field: &Field) -> Result<i16, Malformed> {
        field.expect(Kind::I16)?;
        match self.encoding {
            Encoding::Binary => Ok(i16::from_be_bytes(self.array()?)),
            Encoding::Compact => Ok(self.zigzag()? as i16),
        }
    }

    /// A number of 32 bits.
    pub fn i32(&mut self, field: &Field) -> Result<i32, Malformed> {
        field.expect(Kind::I32)?;
        match self.encoding {
            Encoding::Binary => Ok(i32::from_be_bytes(self.array()?)),
            Encoding::Compact => Ok(self.zigzag()? as i32),
        }
    }

    /// A number of 64 bits.
    pub fn i64(&mut self, field: &Field) -> Result<i64, Malformed> {
        field.expect(Kind::I64)?;
        match self.encoding {
            Encoding::Binary => Ok(i64::from_be_bytes(self.array()?)),
            Encoding::Compact => self.zigzag(),
        }
    }

    /// A floating point number.
    pub fn double(&mut self, field: &Field) -> Result<f64, Malformed> {
        field.expect(Kind::Double)?;
        let bytes = self.array()?;
        Ok(match self.encoding {
            Encoding::Binary => f64::from_be_bytes(bytes),
            Encoding::Compact => f64::from_le_bytes(bytes),
        })
    }

    /// Bytes.
    pub fn bytes(&mut self, field: &Field) -> Result<&'a [u8], Malformed> {
        field.expect(Kind::Bytes)?;
        self.run()
    }

    /// Text.
    pub fn text(&mut self, field: &Field) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes(field)?).map_err(|_| Malformed::Text)
    }

    /// How many structs follow.
    pub fn structs(&mut self, field: &Field) -> Result<usize, Malformed> {
        field.expect(Kind::List)?;
        match self.items()? {
            ([Kind::Struct, _], count) => Ok(count),
            (_, 0) => Ok(0),
            _ => Err(Malformed::Type(field.id)),
        }
    }

    /// How many structs follow in a message that is a list of them.
    pub fn list(&mut self) -> Result<usize, Malformed> {
        match self.items()? {
            ([Kind::Struct, _], count) => Ok(count),
            (_, 0) => Ok(0),
            _ => Err(Malformed::Version),
        }
    }

    /// Whether a struct follows.
    pub fn inner(&mut self, field: &Field) -> Result<(), Malformed> {
        field.expect(Kind::Struct)
    }

    /// Passes over what a field holds, however deep it is.
    pub fn skip(&mut self, field: &Field) -> Result<(), Malformed> {
        let mut open = Vec::new();
        self.pass(field.kind, field.truth.is_some(), &mut open)?;
        while let Some(innermost) = open.last_mut() {
            let next = match innermost {
                Open::Fields(within) => self
                    .field(within)?
                    .map(|field| (field.kind, field.truth.is_some())),
                Open::Items(_, 0) => None,
                Open::Items(kinds, left) => {
                    *left -= 1;
                    Some((kinds[*left % 2], false))
                }
            };
            match next {
                None => drop(open.pop()),
                Some((kind, passed)) => self.pass(kind, passed, &mut open)?,
            }
        }
        Ok(())
    }

    /// Passes over a value, or opens it.
    fn pass(&mut self, kind: Kind, passed: bool, open: &mut Vec<Open>) -> Result<(), Malformed> {
        if open.len() >= DEEPEST {
            return Err(Malformed::Depth);
        }
        match (kind, self.encoding) {
            (Kind::Bool, _) if passed => {}
            (Kind::Bool | Kind::Byte, _) => drop(self.take(1)?),
            (Kind::Double, _) | (Kind::I64, Encoding::Binary) => drop(self.take(8)?),
            (Kind::I16, Encoding::Binary) => drop(self.take(2)?),
            (Kind::I32, Encoding::Binary) => drop(self.take(4)?),
            (Kind::I16 | Kind::I32 | Kind::I64, Encoding::Compact) => drop(self.varint()?),
            (Kind::Uuid, _) => drop(self.take(16)?),
            (Kind::Bytes, _) => drop(self.run()?),
            (Kind::Struct, _) => open.push(Open::Fields(Within::default())),
            (Kind::List | Kind::Set, _) => {
                let (kinds, count) = self.items()?;
                open.push(Open::Items(kinds, count));
            }
            (Kind::Map, _) => {
                let (kinds, pairs) = self.pairs()?;
                open.push(Open::Items(kinds, 2 * pairs));
            }
        }
        Ok(())
    }

    /// A list's head: the type of its items, twice, and how many there are.
    fn items(&mut self) -> Result<([Kind; 2], usize), Malformed> {
        let [head] = self.array()?;
        let (kind, count) = match self.encoding {
            Encoding::Binary => (
                binary_kind(head),
                i32::from_be_bytes(self.array()?) as u32 as usize,
            ),
            Encoding::Compact => {
                let count = match head >> 4 {
                    15 => self.length()?,
                    few => usize::from(few),
                };
                (compact_kind(head & 0x0f), count)
            }
        };
        if count == 0 {
            return Ok(([Kind::Byte; 2], 0));
        }
        Ok(([kind?; 2], self.plausible(count)?))
    }

    /// A map's head: the types of values and keys, in the order in which counting down meets them, and how many pairs.
    fn pairs(&mut self) -> Result<([Kind; 2], usize), Malformed> {
        let (key, value, count) = match self.encoding {
            Encoding::Binary => {
                let [key, value] = self.array()?;
                let count = i32::from_be_bytes(self.array()?) as u32 as usize;
                (binary_kind(key), binary_kind(value), count)
            }
            Encoding::Compact => match self.length()? {
                0 => return Ok(([Kind::Byte; 2], 0)),
                count => {
                    let [kinds] = self.array()?;
                    (compact_kind(kinds >> 4), compact_kind(kinds & 0x0f), count)
                }
            },
        };
        if count == 0 {
            return Ok(([Kind::Byte; 2], 0));
        }
        Ok(([value?, key?], self.plausible(count)?))
    }

    /// A value takes a byte at least, so that there cannot be more of them than bytes.
    fn plausible(&self, count: usize) -> Result<usize, Malformed> {
        if count > self.rest.len() {
            Err(Malformed::Truncated)
        } else {
            Ok(count)
        }
    }

    /// Bytes with their length before them.
    fn run(&mut self) -> Result<&'a [u8], Malformed> {
        let length = match self.encoding {
            // A negative length becomes one that no message has.
            Encoding::Binary => u32::from_be_bytes(self.array()?) as usize,
            Encoding::Compact => self.length()?,
        };
        self.take(length)
    }

    fn length(&mut self) -> Result<usize, Malformed> {
        usize::try_from(self.varint()?).map_err(|_| Malformed::Truncated)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], Malformed> {
        self.take(LENGTH)?.try_into().map_err(|_| Malformed::Truncated)
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for position in 0..10 {
            let [byte] = self.array()?;
            number |= u64::from(byte & 0x7f) << (7 * position);
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Malformed::Number)
    }

    /// A number whose sign is its lowest bit.
    fn zigzag(&mut self) -> Result<i64, Malformed> {
        let number = self.varint()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }
}

impl Field {
    fn expect(&self, kind: Kind) -> Result<(), Malformed> {
        if self.kind == kind {
            Ok(())
        } else {
            Err(Malformed::Type(self.id))
        }
    }
}

fn binary_kind(number: u8) -> Result<Kind, Malformed> {
    Ok(match number {
        2 => Kind::Bool,
        3 => Kind::Byte,
        4 => Kind::Double,
        6 => Kind::I16,
        8 => Kind::I32,
        10 => Kind::I64,
        11 => Kind::Bytes,
        12 => Kind::Struct,
        13 => Kind::Map,
        14 => Kind::Set,
        15 => Kind::List,
        16 => Kind::Uuid,
        _ => return Err(Malformed::Kind),
    })
}

fn compact_kind(number: u8) -> Result<Kind, Malformed> {
    Ok(match number {
        1 | 2 => Kind::Bool,
        3 => Kind::Byte,
        4 => Kind::I16,
        5 => Kind::I32,
        6 => Kind::I64,
        7 => Kind::Double,
        8 => Kind::Bytes,
        9 => Kind::List,
        10 => Kind::Set,
        11 => Kind::Map,
        12 => Kind::Struct,
        13 => Kind::Uuid,
        _ => return Err(Malformed::Kind),
    })
}
