//! Which time a metrics query is about, and in what steps.

/// From when until when, in steps. A span belongs to the step in which it starts; a step includes its end and not its
/// start, and is named after its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    from: u64,
    until: u64,
    step: u64,
    /// Whether it is a single step that includes its start as well.
    instant: bool,
}

/// Why a range cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRange {
    /// It ends before it starts, or has no length.
    #[error("the range ends before it starts")]
    Empty,
    /// The step is 0.
    #[error("the step is 0")]
    NoStep,
    /// It has more than [`Range::MOST_STEPS`] steps.
    #[error("more than {} steps; use a longer step", Range::MOST_STEPS)]
    TooManySteps,
}

impl Range {
    /// How many steps a range may have.
    pub const MOST_STEPS: u64 = 11_000;

    /// From the multiple of `step` at or before `from` to the one at or after `until`; all in nanoseconds, the times
    /// since 1970.
    ///
    /// # Errors
    /// If there is no step, or too many.
    pub fn over(from: u64, until: u64, step: u64) -> Result<Self, InvalidRange> {
        if step == 0 {
            return Err(InvalidRange::NoStep);
        }
        if until <= from {
            return Err(InvalidRange::Empty);
        }
        let from = from - from % step;
        let until = until
            .checked_next_multiple_of(step)
            .unwrap_or(until - until % step);
        if (until - from) / step > Self::MOST_STEPS {
            return Err(InvalidRange::TooManySteps);
        }
        Ok(Self {
            from,
            until,
            step,
            instant: false,
        })
    }

    /// All of a time as one step, both ends included.
    ///
    /// # Errors
    /// If it has no length.
    pub fn instant(from: u64, until: u64) -> Result<Self, InvalidRange> {
        if until <= from {
            return Err(InvalidRange::Empty);
        }
        Ok(Self {
            from,
            until,
            step: until - from,
            instant: true,
        })
    }

    /// The step that Tempo takes if none is given: about 240 of them, of a round length.
    pub fn default_step(from: u64, until: u64) -> u64 {
        const MILLISECOND: u64 = 1_000_000;
        const SECOND: u64 = 1_000 * MILLISECOND;
        let length = until.saturating_sub(from);
        let about = length / 240;
        if length < 60 * SECOND {
            let round = 50 * MILLISECOND;
            return (about / round * round).max(round);
        }
        [3_600, 300, 60, 15, 5, 1]
            .into_iter()
            .map(|seconds| seconds * SECOND)
            .find(|round| about > *round)
            .map_or(SECOND, |round| about / round * round)
    }

    /// How many steps.
    pub fn steps(self) -> usize {
        if self.instant {
            1
        } else {
            ((self.until - self.from) / self.step) as usize
        }
    }

    /// How long a step is, in seconds.
    pub fn step_seconds(self) -> f64 {
        self.step as f64 / 1e9
    }

    /// The end of every step, in nanoseconds since 1970.
    pub fn times(self) -> Vec<u64> {
        (1..=self.steps() as u64)
            .map(|step| self.from + step * self.step)
            .collect()
    }

    /// The step that a time belongs to.
    pub fn step_of(self, time: u64) -> Option<usize> {
        if self.instant {
            return (self.from <= time && time <= self.until).then_some(0);
        }
        if time <= self.from || time > self.until {
            return None;
        }
        Some(((time - self.from - 1) / self.step) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_includes_its_end_and_not_its_start() {
        let range = Range::over(12, 31, 10).expect("a range");
        assert_eq!(range.times(), [20, 30, 40]);
        assert_eq!(
            [10, 11, 20, 21, 40, 41].map(|time| range.step_of(time)),
            [None, Some(0), Some(0), Some(1), Some(2), None]
        );
        let instant = Range::instant(12, 31).expect("a range");
        assert_eq!(
            [11, 12, 31, 32].map(|time| instant.step_of(time)),
            [None, Some(0), Some(0), None]
        );
    }

    #[test]
    fn what_cannot_be_computed_is_refused() {
        assert_eq!(Range::over(5, 5, 1), Err(InvalidRange::Empty));
        assert_eq!(Range::over(0, 5, 0), Err(InvalidRange::NoStep));
        assert_eq!(Range::over(0, u64::MAX, 1), Err(InvalidRange::TooManySteps));
        assert_eq!(Range::default_step(0, 3_600_000_000_000), 15_000_000_000);
        assert_eq!(Range::default_step(0, 1_000_000_000), 50_000_000);
    }
}
