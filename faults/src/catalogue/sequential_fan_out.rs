//! `sequential-fan-out`: calls in a row that could be made at the same time.

use super::{Databases, Effect, Fault, Operation, Places, Scope, ShownBy, Source, Witness};

/// The catalogue's entry.
pub static SEQUENTIAL_FAN_OUT: Fault = Fault {
    name: "sequential-fan-out",
    family: "calls",
    summary: "Calls that do not need one another's answers, made one after another.",
    mechanism: "A page is put together from several services, and none of the calls needs the answer of another. The healthy twin starts them \
        all and waits for all of them (`try_join!`, `Promise.all`, `asyncio.gather`). The faulty twin awaits each before it starts the \
        next. Nobody decides to: `await` on every line reads like the synchronous code that it replaced, each line was \
        added by somebody else, and every single call is fast.",
    signature: "Sibling client spans of different names that touch: each begins when the one before has ended, and together they fill the parent. \
        All of them are on the critical path, so that its length is their sum and not their maximum. Every span is as fast as ever, and \
        there are as many as ever. In metrics the page is slow and everything behind it is fine: only a trace shows it.",
    shown_by: ShownBy {
        metrics: Witness::hides("Every service is as fast as ever but for the page, which is slow."),
        traces: Witness::shows(
            "The calls of one page wait for one another, though none needs what another brings.",
        ),
    },
    confused_with: "n-plus-one-rpc: also in a row, but many spans of one name. A real dependency (the second call needs what the first brought): \
        looks the same, so read the arguments before you reorder. A slow callee: then one of the spans is long by itself. A client with \
        too few connections: the calls are started together and still go one by one, with waiting inside each span.",
    fix: "Start what is independent together and await it together; write down which calls need which. Bound it (see wide-fan-out), and decide \
        what happens when one part fails. A test in which no service answers before all were asked keeps it fixed.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "time-lost",
        unit: "ms",
    },
    places: Places::Operations(&[
        Operation {
            name: "gateway.home",
            part: "how its parts are fetched",
            healthy: source!("services/gateway/src/routes/home/healthy.rs"),
            faulty: source!("services/gateway/src/routes/home/sequential_fan_out.rs"),
        },
        Operation {
            name: "gateway.product",
            part: "how its parts are fetched",
            healthy: source!("services/gateway/src/routes/product/healthy.rs"),
            faulty: source!("services/gateway/src/routes/product/sequential_fan_out.rs"),
        },
    ]),
    parameters: &[],
    scenario: "sequential-fan-out",
};
