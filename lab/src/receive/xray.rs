//! X-Ray's daemon, as AWS' own clients speak to it: each packet a segment, or a subsegment that was sent ahead.

use trace::Span;
use trace::formats::xray;

use super::Refused;
use super::foreign::each;

/// A packet to the daemon's port. What it can become in memory is bounded by what a packet can hold.
pub fn packet(packet: &[u8]) -> Result<Vec<Span>, Refused> {
    each(xray::read_packet(packet))
}
