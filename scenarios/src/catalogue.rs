//! The scenarios that come with the binary, as the files they are. Their comments teach; `faultmart scenario show` prints them.

/// The scenario that runs when none is named.
pub const DEFAULT: &str = "first-look";

/// What `faultmart scenario new` writes.
pub const TEMPLATE: &str = include_str!("../catalogue/template/new.yaml");

/// A scenario of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// `first-look`.
    pub name: &'static str,
    /// The file's text.
    pub text: &'static str,
}

impl Entry {
    /// Where the file is, from the root of the repository; what errors call it.
    #[must_use]
    pub fn path(&self) -> String {
        format!("scenarios/catalogue/{}.yaml", self.name)
    }
}

macro_rules! entry {
    ($name:literal) => {
        Entry {
            name: $name,
            text: include_str!(concat!("../catalogue/", $name, ".yaml")),
        }
    };
}

/// Every scenario, in the order in which a newcomer would want them.
pub static SCENARIOS: [Entry; 45] = [
    entry!("first-look"),
    entry!("healthy"),
    entry!("everyday"),
    entry!("slow-query"),
    entry!("n-plus-one-sql"),
    entry!("lock-contention"),
    entry!("network-latency"),
    entry!("bandwidth"),
    entry!("loss"),
    entry!("connection-reset"),
    entry!("black-hole"),
    entry!("slow-close"),
    entry!("connection-churn"),
    entry!("pool-exhaustion"),
    entry!("queue-backlog"),
    entry!("poison-message"),
    entry!("crash"),
    entry!("hang"),
    entry!("slow-start"),
    entry!("cold-start"),
    entry!("broken-propagation"),
    entry!("clock-skew"),
    entry!("dropped-spans"),
    entry!("late-spans"),
    entry!("head-sampling"),
    entry!("wrong-kind"),
    entry!("exploding-span-names"),
    entry!("deadlock"),
    entry!("unbounded-result"),
    entry!("n-plus-one-rpc"),
    entry!("sequential-fan-out"),
    entry!("wide-fan-out"),
    entry!("retry-storm"),
    entry!("missing-timeout"),
    entry!("worker-starvation"),
    entry!("quadratic-algorithm"),
    entry!("blocked-runtime"),
    entry!("mutex-across-io"),
    entry!("memory-growth"),
    entry!("cache-bypass"),
    entry!("cache-stampede"),
    entry!("failing-dependency"),
    entry!("swallowed-error"),
    entry!("checkout-rush"),
    entry!("distractors"),
];

/// The scenario of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    SCENARIOS.iter().find(|entry| entry.name == name)
}
