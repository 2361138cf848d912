//! What a store needs to know of a span before anyone asks for all of it.

use std::ops::Range;

use super::fields::{Budget, Content, Field, Fields, Malformed};
use super::schema;
use crate::id::{SpanId, TraceId};
use crate::otlp::decode::Refusal;
use crate::view::key_bit;

/// The fields of a span by which it is found and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'a> {
    /// Its trace.
    pub trace_id: TraceId,
    /// Itself.
    pub span_id: SpanId,
    /// Its parent, if it has one; all zero counts as none.
    pub parent_span_id: Option<SpanId>,
    /// Its start in nanoseconds since 1970.
    pub start_unix_ns: u64,
    /// Its end in nanoseconds since 1970.
    pub end_unix_ns: u64,
    /// The operation.
    pub name: &'a str,
    /// Where in the span's bytes the name begins.
    pub name_offset: usize,
    /// Its kind's number.
    pub kind: i32,
    /// Its status' number.
    pub status: i32,
    /// Where its attributes begin in its bytes, if each is a short key and then a value, they lie next to one another, and
    /// it has neither events nor links, as is so of most spans; its end if it has no attributes either.
    pub attributes_offset: Option<usize>,
    /// The [bits](key_bit) of its attributes' keys.
    pub key_bits: u64,
}

impl Head<'_> {
    /// Whether its status is an error.
    pub fn is_error(&self) -> bool {
        self.status == 2
    }
}

/// How many messages lie around a span: the request's, the resource's, the scope's.
const DEPTH: u32 = 3;

/// Reads the head of a span and checks all the rest. What is malformed fails as a whole; a wrong id only refuses.
pub fn head<'a>(bytes: &'a [u8], budget: &mut Budget) -> Result<Result<Head<'a>, Refusal>, Malformed> {
    budget.spend()?;
    let (mut trace_id, mut span_id, mut parent): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
    let (mut start_unix_ns, mut end_unix_ns, mut status) = (0, 0, 0);
    let (mut name, mut name_offset, mut kind) = ("", 0, 0);
    let mut bad_link = false;
    let mut plain = Plain::default();
    let mut run = Run::default();
    let mut fields = Fields::new(bytes);
    loop {
        let begin = bytes.len() - fields.rest().len();
        let Some(field) = fields.next() else { break };
        let field = field?;
        match field.number {
            1 => trace_id = field.message()?,
            2 => span_id = field.message()?,
            3 => drop(field.text()?),
            4 => parent = field.message()?,
            5 => {
                name = field.text()?;
                name_offset = bytes.len() - fields.rest().len() - name.len();
            }
            6 => kind = field.varint()?,
            10 | 12 | 14 => drop(field.varint()?),
            7 => start_unix_ns = field.fixed64()?,
            8 => end_unix_ns = field.fixed64()?,
            9 => {
                let attribute = field.message()?;
                let end = bytes.len() - fields.rest().len();
                let key = match schema::plain_key(attribute) {
                    Some(key) => {
                        plain.attribute(bytes, end - attribute.len()..end, budget)?;
                        Some(key)
                    }
                    None => {
                        schema::validate(attribute, &schema::KEY_VALUE, DEPTH + 1, budget)?;
                        schema::simple_key(attribute)
                    }
                };
                run.attribute(key, begin..end);
            }
            11 => {
                run.has_others = true;
                schema::validate(field.message()?, &schema::EVENT, DEPTH + 1, budget)?;
            }
            13 => {
                run.has_others = true;
                bad_link |= !link_is_good(field.message()?, budget)?;
            }
            15 => status = status_code(field.message()?, budget)?.unwrap_or(status),
            16 if !matches!(field.content, Content::Fixed32(_)) => return Err(Malformed::Type(16)),
            _ => {}
        }
    }
    plain.finish(bytes, budget)?;
    let Some(trace_id) = TraceId::from_slice(trace_id).filter(|id| id.is_valid()) else {
        return Ok(Err(Refusal::TraceId));
    };
    let Some(span_id) = SpanId::from_slice(span_id).filter(|id| id.is_valid()) else {
        return Ok(Err(Refusal::SpanId));
    };
    let parent_span_id = SpanId::from_slice(parent);
    if parent_span_id.is_none() && !parent.is_empty() {
        return Ok(Err(Refusal::ParentSpanId));
    }
    if bad_link {
        return Ok(Err(Refusal::LinkId));
    }
    Ok(Ok(Head {
        trace_id,
        span_id,
        parent_span_id: parent_span_id.filter(|id| id.is_valid()),
        start_unix_ns,
        end_unix_ns,
        name,
        name_offset,
        // An enumeration is 32 bits wide, and decoders drop what lies above.
        kind: kind as i32,
        status: status as i32,
        attributes_offset: run.offset(bytes.len()),
        key_bits: run.key_bits,
    }))
}

/// Whether a span's attributes lie next to one another, and where, and which they are.
#[derive(Default)]
struct Run {
    key_bits: u64,
    begin: Option<usize>,
    end: usize,
    is_broken: bool,
    has_others: bool,
}

impl Run {
    /// The field of an attribute lies there, with this key if it is written as all encoders do.
    #[inline]
    fn attribute(&mut self, key: Option<&[u8]>, at: Range<usize>) {
        match key {
            Some(key) => self.key_bits |= key_bit(key),
            None => (self.is_broken, self.key_bits) = (true, u64::MAX),
        }
        match self.begin {
            Some(_) => self.is_broken |= at.start != self.end,
            None => self.begin = Some(at.start),
        }
        self.end = at.end;
    }

    /// Where the first begins in a span that ends there.
    fn offset(&self, end: usize) -> Option<usize> {
        (!self.is_broken && !self.has_others).then_some(self.begin.unwrap_or(end))
    }
}

/// The attributes that are sound if they are ASCII: their tags and lengths are, so that all of those that lie next to
/// one another are looked at in one go.
#[derive(Default)]
struct Plain {
    /// Where the first begins, and the last ends.
    from: usize,
    until: usize,
    count: u32,
}

impl Plain {
    /// Takes the attribute that lies there in a span.
    fn attribute(&mut self, span: &[u8], at: Range<usize>, budget: &mut Budget) -> Result<(), Malformed> {
        // Between two of them is the next one's tag and its length of a byte.
        if self.count == 0 || at.start != self.until + 2 {
            self.finish(span, budget)?;
            self.from = at.start;
        }
        self.until = at.end;
        self.count += 1;
        Ok(())
    }

    /// Looks at those that were taken.
    fn finish(&mut self, span: &[u8], budget: &mut Budget) -> Result<(), Malformed> {
        if span[self.from..self.until].is_ascii() {
            // Each has a value in it.
            budget.spend_many(2 * std::mem::take(&mut self.count))?;
            self.from = self.until;
            return Ok(());
        }
        self.count = 0;
        let mut at = self.from;
        while at < self.until {
            // Two tags and two lengths, and what these say.
            let key = usize::from(span[at + 1]);
            let length = 4 + key + usize::from(span[at + 3 + key]);
            schema::validate(&span[at..at + length], &schema::KEY_VALUE, DEPTH + 1, budget)?;
            at += length + 2;
        }
        self.from = self.until;
        Ok(())
    }
}

fn link_is_good(bytes: &[u8], budget: &mut Budget) -> Result<bool, Malformed> {
    schema::validate(bytes, &schema::LINK, DEPTH + 1, budget)?;
    let length = |number: u32| {
        let last = Fields::new(bytes)
            .flatten()
            .filter(|field| field.number == number)
            .last();
        last.and_then(|field: Field<'_>| field.message().ok())
            .map_or(0, <[u8]>::len)
    };
    Ok(matches!(length(1), 0 | 16) && matches!(length(2), 0 | 8))
}

fn status_code(bytes: &[u8], budget: &mut Budget) -> Result<Option<u64>, Malformed> {
    schema::validate(bytes, &schema::STATUS, DEPTH + 1, budget)?;
    let last = Fields::new(bytes)
        .flatten()
        .filter(|field| field.number == 3)
        .last();
    last.map(|field| field.varint()).transpose()
}
