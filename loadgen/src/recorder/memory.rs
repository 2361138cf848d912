//! The last requests that were not picked, until it is known which of them were bystanders.

use std::collections::VecDeque;

use super::cohort::RequestFigures;

/// What is remembered of a request: 24 bytes.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub sequence: u64,
    pub figures: RequestFigures,
    pub journey: u16,
}

/// A queue of a bounded length, which forgets the oldest.
#[derive(Debug)]
pub struct Memory {
    entries: VecDeque<Entry>,
    limit: usize,
    forgotten: u64,
}

impl Memory {
    pub fn new(limit: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            limit,
            forgotten: 0,
        }
    }

    pub fn keep(&mut self, sequence: u64, journey: usize, figures: RequestFigures) {
        if self.limit == 0 {
            return;
        }
        let Ok(journey) = u16::try_from(journey) else {
            self.forgotten += 1;
            return;
        };
        if self.entries.len() >= self.limit {
            self.entries.pop_front();
            self.forgotten += 1;
        }
        self.entries.push_back(Entry {
            sequence,
            figures,
            journey,
        });
    }

    pub fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) {
        self.entries.retain(keep);
    }

    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIGURES: RequestFigures = RequestFigures {
        from_schedule_us: 2,
        from_send_us: 1,
        failed: false,
    };

    #[test]
    fn an_entry_is_small() {
        assert_eq!(size_of::<Entry>(), 24);
    }

    #[test]
    fn the_oldest_are_forgotten_and_counted() {
        let mut memory = Memory::new(3);
        for sequence in 0..5 {
            memory.keep(sequence, 0, FIGURES);
        }
        let kept: Vec<u64> = memory.entries.iter().map(|entry| entry.sequence).collect();
        assert_eq!((kept, memory.forgotten()), (vec![2, 3, 4], 2));
    }

    #[test]
    fn nothing_is_kept_where_nobody_will_ask() {
        let mut memory = Memory::new(0);
        memory.keep(1, 0, FIGURES);
        assert_eq!((memory.entries.len(), memory.forgotten()), (0, 0));
    }
}
