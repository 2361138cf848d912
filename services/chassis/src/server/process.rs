//! What the process itself does wrong while a fault of it is set: it ends, or it stops answering.

use faults::catalogue::{CRASH, HANG, SLOW_START};
use faults::truth::Role;

use super::Server;
use crate::connection::Waited;
use crate::request::Scope;
use crate::span::current_span_context;
use crate::strike::Strike;

/// What a program ends with that panics where nothing catches it.
const PANICKED: i32 = 101;

/// Comes before every request. A request that is not struck passes at once.
pub(super) async fn before_request(server: &Server, scope: &Scope) {
    let faults = scope.faults();
    if faults.find(CRASH.name, server.name).is_some() {
        crash();
    }
    if faults.find(HANG.name, server.name).is_some() {
        hang(server).await;
    }
}

/// Tells that the request had to wait until the service was there.
pub(super) async fn came_late(server: &Server, waited: Waited) {
    let span = current_span_context().map(|span| span.span_id());
    let milliseconds = waited.0.as_secs_f64() * 1e3;
    crate::referee::applied(
        SLOW_START.name,
        server.name,
        Role::Culprit,
        milliseconds,
        span.as_slice(),
    );
}

/// The process ends on the spot, as with a panic that nothing catches: no answer, no flush, no good-bye.
fn crash() -> ! {
    std::process::exit(PANICKED)
}

/// The request waits for a lock that whoever holds it does not give back. Its deadline does not help it, for nobody looks at it.
async fn hang(server: &Server) {
    let _strike = Strike::timed(HANG.name, server.name);
    server.windows.over(HANG.name, server.name).await;
}
