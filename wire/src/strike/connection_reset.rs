//! `connection-reset`: some bytes of the answer get through, and then both sides are told that the connection is broken.

use faults::baggage::ActiveFault;

use super::Mechanism;

pub(super) fn draw(fault: &ActiveFault) -> Mechanism {
    Mechanism::Cut(Cut {
        left: usize::try_from(fault.number("after")).unwrap_or(usize::MAX),
        done: false,
    })
}

/// How far an answer gets before it is cut off.
#[derive(Debug)]
pub(crate) struct Cut {
    /// How many more bytes of the body get through.
    left: usize,
    done: bool,
}

impl Cut {
    /// How many of a head's bytes get through: all, unless no body comes after it.
    pub(crate) fn head(&mut self, length: usize, is_all: bool) -> usize {
        self.done = is_all;
        length - usize::from(is_all)
    }

    /// How many of the next `count` bytes of the body get through. Its last one never does: an answer that is whole is none
    /// that was cut off.
    pub(crate) fn body(&mut self, count: usize, is_last: bool) -> usize {
        let through = self.left.min(count - usize::from(is_last && count > 0));
        self.left -= through;
        self.done = through < count;
        through
    }

    /// The answer is whole, which only its end would have said: that is what it loses.
    pub(crate) fn end(&mut self) {
        self.done = true;
    }

    /// Whether the connection is to be broken off, once what got through is written.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_cut_where_it_was_said_or_before_its_last_byte() {
        let cut = |left| Cut { left, done: false };
        let mut one = cut(10);
        assert_eq!((one.head(40, false), one.is_done()), (40, false));
        assert_eq!((one.body(6, false), one.is_done()), (6, false));
        assert_eq!((one.body(6, true), one.is_done()), (4, true));
        let mut short = cut(10);
        assert_eq!((short.body(6, true), short.is_done()), (5, true));
        let mut at_once = cut(0);
        assert_eq!((at_once.body(6, false), at_once.is_done()), (0, true));
        let mut no_body = cut(10);
        assert_eq!((no_body.head(40, true), no_body.is_done()), (39, true));
        let mut nothing_came = cut(10);
        assert_eq!((nothing_came.body(0, false), nothing_came.is_done()), (0, false));
    }
}
