//! `cache-bypass`: a cache whose key never matches.

use super::{Databases, Effect, Fault, Operation, Places, Scope, ShownBy, Source, Witness};

/// The catalogue's entry.
pub static CACHE_BYPASS: Fault = Fault {
    name: "cache-bypass",
    family: "cache",
    summary: "A cache that is asked every time and has it never, because its key is different each time.",
    mechanism: "The prices of a basket are kept in a cache. The healthy twin keeps them by product. The faulty twin keeps them by a \
        key that holds everything the request has: the products, and the moment it was made. No two requests have the same, so \
        that each asks the database, and stores what nobody will ever find. People make keys of whole requests because it is \
        safe: nobody gets somebody else's price. The cache is there, it is filled, and it costs more than none.",
    signature: "A query in each request where the others have none: compare traces of the same journey, and one kind has a `SELECT \
        products` more. In metrics it is plain: `catalog.price_cache.lookups` has misses only, the cache is full, and the \
        database gets every request. This is a fault that metrics show and a single trace does not: one miss is nothing \
        strange.",
    shown_by: ShownBy {
        metrics: Witness::shows(
            "`catalog.price_cache.lookups` counts misses and no hits, and the database gets every request.",
        ),
        traces: Witness::hides("One miss is nothing strange."),
    },
    confused_with: "A cold cache: misses too, and they stop. A cache that is too small: misses for what is seldom asked, hits for the \
        rest. cache-stampede: misses in bursts, when something expires. n-plus-one-sql: more than one query.",
    fix: "Make the key of what the value depends on, and of nothing else. Watch the hit rate, with an alarm when it falls; a \
        test that asks twice and counts the queries keeps it fixed.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "misses",
        unit: "",
    },
    places: Places::Operations(&[Operation {
        name: "catalog.prices",
        part: "how prices are kept",
        healthy: source!("services/catalog/src/routes/prices/healthy.rs"),
        faulty: source!("services/catalog/src/routes/prices/cache_bypass.rs"),
    }]),
    parameters: &[],
    scenario: "cache-bypass",
};
