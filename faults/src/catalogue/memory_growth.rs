//! `memory-growth`: a cache without a bound.

use super::{
    Databases, Effect, Fault, Operation, Parameter, ParameterKind, Places, Scope, ShownBy, Source, Witness,
};

/// An operation whose answers may be kept.
macro_rules! place {
    ($name:literal) => {
        Operation {
            name: $name,
            part: "what is kept of the answer",
            healthy: source!("services/chassis/src/kept/healthy.rs"),
            faulty: source!("services/chassis/src/kept/memory_growth.rs"),
        }
    };
}

/// The catalogue's entry.
pub static MEMORY_GROWTH: Fault = Fault {
    name: "memory-growth",
    family: "runtime",
    summary: "A cache that keeps everything and throws nothing away, so that the process grows with every request.",
    mechanism: "The faulty twin keeps the answers to searches, in case they are asked for again. The key is all that was asked, headers \
        included, so that nobody is told another's answer, and hence hardly ever the same; and there is neither a bound nor a \
        lifetime. Each answer has a `slot` of memory of a fixed size, as buffers have that are kept along with what was \
        written into them. What is kept stays when the fault is switched off. A real leak goes on until the kernel ends the \
        process; this one stops at `limit`, so that it never takes the machine along.",
    signature: "None: the spans of those who are struck are those of everybody else, and as fast, until there is no memory left. Then \
        all at once everything is slow (the machine swaps, a collector runs all the time), or a process ends and begins anew. \
        The metric shows it from the first minute: `process.memory.usage` of one service rises in a straight line with its \
        requests, not with its load, does not fall when the load does, and begins again after a restart. Traces alone do not \
        show this fault.",
    shown_by: ShownBy {
        metrics: Witness::shows(
            "`process.memory.usage` of one process rises in a straight line, and does not fall.",
        ),
        traces: Witness::hides("The traces of those who are struck are like all others."),
    },
    confused_with: "A warm-up: memory rises too, and levels off. A large request: it rises and falls. More traffic: then all instances \
        rise, and level off with it. cache-bypass: its cache has a bound, so that misses are all there is to see. The crash it \
        ends in looks like any crash: look at the memory before it, not at the request that was last.",
    fix: "Give every cache a bound and a lifetime, and watch its hit rate: what is never found again need not be kept. Restarting \
        heals for as long as it took. Find what grows with a heap profile, or with two dumps and their difference; put an alarm \
        on the slope, not only on the level.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: true,
    effect: Effect {
        name: "held",
        unit: "bytes",
    },
    places: Places::Operations(&[place!("catalog.search"), place!("gateway.search")]),
    parameters: &[
        Parameter {
            name: "slot",
            kind: ParameterKind::Size {
                min: 1 << 10,
                max: 4 << 20,
            },
            default: "256KiB",
            summary: "how much memory each answer takes",
        },
        Parameter {
            name: "limit",
            kind: ParameterKind::Size {
                min: 1 << 20,
                max: 1 << 30,
            },
            default: "128MiB",
            summary: "where it stops growing",
        },
    ],
    scenario: "memory-growth",
};
