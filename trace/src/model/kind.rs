//! The two enumerations of a span, kept as the numbers that were sent.

use std::fmt;

/// A span's kind: what side of which sort of call it is. Unknown numbers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Kind(pub i32);

impl Kind {
    /// Not said; to be taken for [`Kind::INTERNAL`].
    pub const UNSPECIFIED: Self = Self(0);
    /// Inside one process.
    pub const INTERNAL: Self = Self(1);
    /// The answering side of a call.
    pub const SERVER: Self = Self(2);
    /// The calling side of a call.
    pub const CLIENT: Self = Self(3);
    /// The sending side of a message that nobody waits for.
    pub const PRODUCER: Self = Self(4);
    /// The receiving side of such a message.
    pub const CONSUMER: Self = Self(5);
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match *self {
            Self::UNSPECIFIED => "unspecified",
            Self::INTERNAL => "internal",
            Self::SERVER => "server",
            Self::CLIENT => "client",
            Self::PRODUCER => "producer",
            Self::CONSUMER => "consumer",
            Self(unknown) => return write!(formatter, "kind {unknown}"),
        };
        formatter.pad(name)
    }
}

/// How a span ended. Unknown numbers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct StatusCode(pub i32);

impl StatusCode {
    /// Nothing was said, which is how a span without trouble ends.
    pub const UNSET: Self = Self(0);
    /// Said to be fine by the application, whatever instrumentation thinks.
    pub const OK: Self = Self(1);
    /// An error.
    pub const ERROR: Self = Self(2);
}

impl fmt::Display for StatusCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::UNSET => formatter.pad("unset"),
            Self::OK => formatter.pad("ok"),
            Self::ERROR => formatter.pad("error"),
            Self(unknown) => write!(formatter, "status {unknown}"),
        }
    }
}
