//! A part of a plan, so that several machines can share one with no coordination.

/// One of `count` parts: the items whose number modulo `count` is `index`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

/// Why a shard cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a shard: write `I/N`, with I from 1 to N, such as `1/4`")]
pub struct BadShard(String);

impl Shard {
    /// Everything.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Whether the item of that number is in this part.
    #[must_use]
    pub fn has(self, number: u64) -> bool {
        number % self.count == self.index
    }
}

impl std::str::FromStr for Shard {
    type Err = BadShard;

    /// Reads `I/N`, where I counts from 1.
    fn from_str(text: &str) -> Result<Self, BadShard> {
        let bad = || BadShard(text.chars().take(40).collect());
        let (index, count) = text.split_once('/').ok_or_else(bad)?;
        let index: u64 = index.parse().map_err(|_| bad())?;
        let count: u64 = count.parse().map_err(|_| bad())?;
        if (1..=count).contains(&index) {
            Ok(Self {
                index: index - 1,
                count,
            })
        } else {
            Err(bad())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_count_from_one() {
        let shard: Shard = "2/3".parse().expect("a shard");
        assert_eq!(
            (0..7).filter(|&number| shard.has(number)).collect::<Vec<_>>(),
            [1, 4]
        );
        for bad in ["0/3", "4/3", "1/0", "1", "1/x", "-1/2", "/"] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }
}
