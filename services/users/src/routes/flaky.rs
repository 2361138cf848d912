//! Part of the fleet runs a version that fails: whose request it answers is a matter of luck, and of being sent again.

use chassis::request::{Faults, resent};
use faults::catalogue::RETRY_STORM;
use http::HeaderMap;
use seed::draws::{Domain, Draws};

/// The operations that send again what failed here.
const RETRIERS: [&str; 2] = ["gateway.product", "catalog.product"];

/// Whether it is an instance of the broken version that answers. It follows from the request and from how often it was
/// sent before.
pub(super) fn is_answered_by_the_broken_version(faults: &Faults, headers: &HeaderMap) -> bool {
    let Some(storm) = RETRIERS.iter().find_map(|at| faults.find(RETRY_STORM.name, at)) else {
        return false;
    };
    let mut draws = Draws::new(
        faults.sequence.unwrap_or_default(),
        Domain::Failures,
        resent(headers),
    );
    draws.chance(storm.share("failures"))
}
