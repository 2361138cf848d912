//! `cache-stampede`: when an entry expires, everybody makes it anew.

use super::{
    Databases, Effect, Fault, Operation, Parameter, ParameterKind, Places, Scope, ShownBy, Source, Witness,
};

/// The catalogue's entry.
pub static CACHE_STAMPEDE: Fault = Fault {
    name: "cache-stampede",
    family: "cache",
    summary: "A cache whose entry expires for all at one moment, and everybody who comes then makes it anew.",
    mechanism: "The healthy twin keeps prices product by product; one that is missing or too old is read once, and whoever wants it \
        meanwhile waits for that (single flight). The faulty twin keeps the whole price list as one entry with a `lifetime`. \
        Whoever finds it too old reads it anew, and does not know that others are at it already: each reads every product. The \
        longer that takes, the more find nothing, and the more read, the longer it takes. With one request at a time it is one \
        slow request in a while, and nobody asks why.",
    signature: "Bursts. Most requests have no query for the price, and then, all at one moment, many have the same one: `SELECT \
        products` with thousands of rows, one under the other in time, each slower than it would be alone. Behind them others \
        of the same service wait in `pool acquire`. In metrics: the hit rate is excellent on average, and the database's load \
        and the latency's upper percentiles are a comb with one tooth a lifetime. A single trace shows one slow query; only \
        several next to each other show that they are the same.",
    shown_by: ShownBy {
        metrics: Witness::shows(
            "The hit rate is good (`catalog.price_cache.lookups`), and the database busy in bursts.",
        ),
        traces: Witness::shows(
            "Several traces side by side have the same query at one moment; one alone says nothing.",
        ),
    },
    confused_with: "slow-query: slow each time, not in bursts. cache-bypass: misses all the time. A cold cache after a restart: one burst, \
        and no more. pool-exhaustion: waits for a connection too, while connections are idle; here they all work. A nightly \
        job: bursts as well, but from a journey of its own.",
    fix: "Let one make the entry and the others wait for it, or serve the old one meanwhile (single flight, stale while \
        revalidate). Refresh before it expires. Spread lifetimes with jitter, and keep small things apart instead of one large \
        one. Bound how many may ask the database for it at once.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "loads",
        unit: "",
    },
    places: Places::Operations(&[Operation {
        name: "catalog.prices",
        part: "how prices are kept",
        healthy: source!("services/catalog/src/routes/prices/healthy.rs"),
        faulty: source!("services/catalog/src/routes/prices/cache_stampede.rs"),
    }]),
    parameters: &[Parameter {
        name: "lifetime",
        kind: ParameterKind::Duration {
            min_ms: 1,
            max_ms: 600_000,
        },
        default: "500ms",
        summary: "after which time the price list is too old",
    }],
    scenario: "cache-stampede",
};
