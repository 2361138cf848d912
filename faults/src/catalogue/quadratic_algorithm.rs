//! `quadratic-algorithm`: work that grows with the square of its input.

use super::{Databases, Effect, Fault, Operation, Places, Scope, ShownBy, Source, Witness};

/// The catalogue's entry.
pub static QUADRATIC_ALGORITHM: Fault = Fault {
    name: "quadratic-algorithm",
    family: "runtime",
    summary: "A search through all that was found before, for each element, where a map would know at once.",
    mechanism: "The report counts which products are bought together. The healthy twin keeps a map from each pair to its count. The faulty \
        twin keeps a list and looks for the pair in it from the start, each time: with twice the orders there are twice as many pairs to \
        look for in a list that is twice as long. `find`, `contains`, `indexOf` and `list.remove` in a loop are the usual forms. It \
        is right, it is short, and with the test's hundred orders it takes no time at all. The time is the processor's own.",
    signature: "One internal span that is long by itself and has no children: no query, no call, nobody waited for. Its time follows the size of \
        the input, and faster than it: ten times the orders, a hundred times the time (compare traces by `report.orders`). In metrics the \
        service's processor time goes up and everything that shares its cores gets slower. A processor profile names the function; a \
        trace can only say where it is.",
    shown_by: ShownBy {
        metrics: Witness::shows(
            "The service's processor time (`process.cpu.time`) goes up with the size of the input; not where.",
        ),
        traces: Witness::shows("One long span with nothing in it; which function it is, a profile says."),
    },
    confused_with: "slow-query: the time is in a database span, and the service's own processor is idle. blocked-runtime: the same work where it keeps \
        others waiting, so that other traces have gaps too; here they are only a little slower. mutex-across-io: the span waits \
        and uses no processor. A report that is simply large: then twice the input takes twice the time.",
    fix: "Use a map or a set, or sort once and go through it once. Then measure with an input ten times as large: the slope tells more than the \
        time. Until that is done, put a limit on the input and a deadline on the work.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "time",
        unit: "ms",
    },
    places: Places::Operations(&[
        Operation {
            name: "orders.sales-report",
            part: "the algorithm",
            healthy: source!("services/orders/src/routes/sales_report/healthy.rs"),
            faulty: source!("services/orders/src/routes/sales_report/quadratic_algorithm.rs"),
        },
        Operation {
            name: "catalog.search",
            part: "the ranking",
            healthy: source!("services/catalog/src/routes/search/rank/healthy.rs"),
            faulty: source!("services/catalog/src/routes/search/rank/quadratic_algorithm.rs"),
        },
    ]),
    parameters: &[],
    scenario: "quadratic-algorithm",
};
