//! Which of a service's two witnesses shows a fault: its traces, its metrics, or both; and how.

/// Where a fault shows, with a sentence that says what is seen there, and what the other one hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownBy {
    /// In traces alone: metrics look healthy, or only say that something is slow.
    Traces(&'static str),
    /// In metrics alone: a single trace looks healthy.
    Metrics(&'static str),
    /// In either.
    Both(&'static str),
}

impl ShownBy {
    /// Whether traces show it.
    #[must_use]
    pub fn in_traces(self) -> bool {
        !matches!(self, Self::Metrics(_))
    }

    /// Whether metrics show it.
    #[must_use]
    pub fn in_metrics(self) -> bool {
        !matches!(self, Self::Traces(_))
    }

    /// The sentence.
    #[must_use]
    pub fn how(self) -> &'static str {
        match self {
            Self::Traces(how) | Self::Metrics(how) | Self::Both(how) => how,
        }
    }
}
