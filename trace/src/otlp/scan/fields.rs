//! Protobuf's wire format: a message is a list of numbered fields.

/// Bytes that are not the protobuf message they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The bytes end inside a field.
    #[error("the message is cut short, or a length in it is wrong")]
    Truncated,
    /// A variable-length number has more than ten bytes or more than 64 bits.
    #[error("a number in the message is too long")]
    Number,
    /// A field's number or type does not exist.
    #[error("a field's key is wrong")]
    Key,
    /// A known field has another type than it should.
    #[error("field {0} has the wrong type")]
    Type(u32),
    /// Text is not UTF-8.
    #[error("text in field {0} is not UTF-8")]
    Text(u32),
    /// Nested deeper than any decoder follows.
    #[error("nested too deeply")]
    Depth,
    /// More messages in one another than [`MOST_MESSAGES`].
    #[error("more than {MOST_MESSAGES} messages in one request; send smaller ones")]
    TooMany,
}

/// How deep messages may be nested, which is what prost allows.
pub const DEEPEST: u32 = 100;

/// How many messages a request may have in it: spans, attributes, values and so on. An empty one is two bytes on the
/// wire and a hundred when decoded, so that without a bound a request would become fifty times larger in memory.
pub const MOST_MESSAGES: u32 = 4_000_000;

/// A field with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its number.
    pub number: u32,
    /// What it holds.
    pub content: Content<'a>,
}

/// What a field holds, by wire type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// A number of variable length.
    Varint(u64),
    /// Eight bytes.
    Fixed64(u64),
    /// Four bytes.
    Fixed32(u32),
    /// Text, bytes or a message.
    Bytes(&'a [u8]),
    /// A group, an old form that only unknown fields may have; it has been skipped.
    Group,
}

impl<'a> Field<'a> {
    /// The bytes of a nested message or of a bytes field.
    pub fn message(&self) -> Result<&'a [u8], Malformed> {
        match self.content {
            Content::Bytes(bytes) => Ok(bytes),
            _ => Err(Malformed::Type(self.number)),
        }
    }

    /// The text of a text field.
    pub fn text(&self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.message()?).map_err(|_| Malformed::Text(self.number))
    }

    /// The number in a field of eight bytes.
    pub fn fixed64(&self) -> Result<u64, Malformed> {
        match self.content {
            Content::Fixed64(number) => Ok(number),
            _ => Err(Malformed::Type(self.number)),
        }
    }

    /// The number in a field of variable length.
    pub fn varint(&self) -> Result<u64, Malformed> {
        match self.content {
            Content::Varint(number) => Ok(number),
            _ => Err(Malformed::Type(self.number)),
        }
    }
}

/// The fields of a message in order; ends after the first error.
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// The fields of this message.
    pub fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// What lies behind the fields that were given.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(length).map_err(|_| Malformed::Truncated)?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, Malformed> {
        if let [byte @ 0..0x80, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(u64::from(*byte));
        }
        let mut number = 0;
        for position in 0..10 {
            let byte = *self.rest.get(position).ok_or(Malformed::Truncated)?;
            number |= u64::from(byte & 0x7f) << (7 * position);
            if byte < 0x80 {
                // The tenth byte has room for one bit.
                if position == 9 && byte > 1 {
                    return Err(Malformed::Number);
                }
                self.rest = &self.rest[position + 1..];
                return Ok(number);
            }
        }
        Err(Malformed::Number)
    }

    fn key(&mut self) -> Result<(u32, u8), Malformed> {
        let key = u32::try_from(self.varint()?).map_err(|_| Malformed::Key)?;
        match (key >> 3, (key & 7) as u8) {
            (0, _) | (_, 6..) => Err(Malformed::Key),
            valid => Ok(valid),
        }
    }

    #[inline]
    fn content(&mut self, number: u32, wire_type: u8, depth: u32) -> Result<Content<'a>, Malformed> {
        match wire_type {
            0 => Ok(Content::Varint(self.varint()?)),
            1 => {
                let bytes = self.take(8)?.try_into().map_err(|_| Malformed::Truncated)?;
                Ok(Content::Fixed64(u64::from_le_bytes(bytes)))
            }
            2 => {
                let length = self.varint()?;
                Ok(Content::Bytes(self.take(length)?))
            }
            3 => self.group(number, depth).map(|()| Content::Group),
            5 => {
                let bytes = self.take(4)?.try_into().map_err(|_| Malformed::Truncated)?;
                Ok(Content::Fixed32(u32::from_le_bytes(bytes)))
            }
            _ => Err(Malformed::Key),
        }
    }

    /// Skips a group up to its end.
    fn group(&mut self, number: u32, depth: u32) -> Result<(), Malformed> {
        if depth >= DEEPEST {
            return Err(Malformed::Depth);
        }
        loop {
            match self.key()? {
                (inner, 4) if inner == number => return Ok(()),
                (inner, wire_type) => self.content(inner, wire_type, depth + 1)?,
            };
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Malformed>;

    // Nearly all fields are short texts and messages with a small number. Those are seen where they are asked for.
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if let [key @ 0x08..0x80, length @ 0..0x80, rest @ ..] = self.rest
            && key & 7 == 2
            && let Some((bytes, rest)) = rest.split_at_checked(usize::from(*length))
        {
            self.rest = rest;
            return Some(Ok(Field {
                number: u32::from(key >> 3),
                content: Content::Bytes(bytes),
            }));
        }
        self.other()
    }
}

impl<'a> Fields<'a> {
    /// The next field, whatever it is.
    #[inline(never)]
    fn other(&mut self) -> Option<Result<Field<'a>, Malformed>> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.key().and_then(|(number, wire_type)| {
            Ok(Field {
                number,
                content: self.content(number, wire_type, 0)?,
            })
        });
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

/// Counts messages against the bound.
#[derive(Debug, Default)]
pub struct Budget {
    messages: u32,
}

impl Budget {
    /// One more message.
    #[inline]
    pub fn spend(&mut self) -> Result<(), Malformed> {
        self.spend_many(1)
    }

    /// So many more messages.
    #[inline]
    pub fn spend_many(&mut self, messages: u32) -> Result<(), Malformed> {
        self.messages = self.messages.saturating_add(messages);
        if self.messages > MOST_MESSAGES {
            Err(Malformed::TooMany)
        } else {
            Ok(())
        }
    }
}
