//! Two faults, where each strikes, and when: drawn from a seed, so that a pair that went wrong can be run again.

use std::fmt;

use seed::draws::{Domain, Draws};
use serde_json::Value;

/// When a rule may begin and end, in milliseconds of a load of [`LOAD_MS`]. The windows of a pair always overlap.
const BEGINS: [u64; 3] = [500, 1_000, 1_500];
const ENDS: [u64; 3] = [2_500, 3_000, 3_500];
/// How long the load lasts.
const LOAD_MS: u64 = 4_000;
/// Of the requests that could be picked; a rule that picks all is the hardest on the other.
const SHARES: [&str; 2] = ["50%", "100%"];

/// A fault of the catalogue, as `fault list --format json` tells of it.
pub struct Fault {
    name: String,
    places: Vec<String>,
    /// Whether it never picks single requests.
    is_for_a_time: bool,
}

/// Two rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    rules: [Rule; 2],
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    fault: String,
    at: String,
    from_ms: u64,
    until_ms: u64,
    /// None where it strikes whatever is there.
    share: Option<&'static str>,
}

/// The catalogue's faults.
pub fn faults(listed: &str) -> Result<Vec<Fault>, String> {
    let wrong = |what: &str| format!("`fault list --format json`: {what}");
    let list: Value = serde_json::from_str(listed).map_err(|error| wrong(&error.to_string()))?;
    let faults = list.as_array().ok_or_else(|| wrong("no list"))?;
    faults
        .iter()
        .map(|fault| {
            let places = fault["places"].as_array().into_iter().flatten();
            Some(Fault {
                name: fault["name"].as_str()?.to_owned(),
                places: places
                    .map(|place| place.as_str().map(str::to_owned))
                    .collect::<Option<_>>()?,
                is_for_a_time: fault["scope"] == "window",
            })
        })
        .collect::<Option<Vec<_>>>()
        .filter(|faults| faults.iter().all(|fault| !fault.places.is_empty()))
        .ok_or_else(|| wrong("a fault without a name or places"))
}

impl Pair {
    /// The pair of that number; `redraw` counts how often it was refused before.
    pub fn draw(faults: &[Fault], seed: u64, number: u64, redraw: u64) -> Self {
        let mut draws = Draws::new(seed, Domain::Faults, number << 16 | redraw);
        Self {
            rules: [(); 2].map(|()| Rule::draw(faults, &mut draws)),
        }
    }

    /// A scenario with these two, and with every journey, so that both can be met.
    pub fn scenario(&self, seed: u64) -> String {
        let [one, other] = &self.rules;
        format!(
            "title: {self}
seed: {seed}
shop: {{ users: 200, products: 500, orders: 600 }}
load:
  - mix: {{ home: 2, browse: 2, product: 4, search: 2, account: 1, order-history: 2, checkout: 5, report: 1, sign-in: 1 }}
    rate: 30/s
    for: {LOAD_MS}ms
  - {{ journey: product, users: 2, think: 100ms..300ms, for: {LOAD_MS}ms }}
faults:
  - {{ {} }}
  - {{ {} }}
",
            one.yaml(),
            other.yaml()
        )
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, other] = &self.rules;
        write!(
            formatter,
            "{} at {}, {} at {}",
            one.fault, one.at, other.fault, other.at
        )
    }
}

impl Rule {
    fn draw(faults: &[Fault], draws: &mut Draws) -> Self {
        let fault = pick(faults, draws);
        let at = pick(&fault.places, draws);
        // Drawn in any case, so that what comes after does not depend on it.
        let share = *pick(&SHARES, draws);
        Self {
            fault: fault.name.clone(),
            at: at.clone(),
            from_ms: *pick(&BEGINS, draws),
            until_ms: *pick(&ENDS, draws),
            share: (!fault.is_for_a_time && !at.ends_with("->database")).then_some(share),
        }
    }

    fn yaml(&self) -> String {
        let share = self
            .share
            .map_or_else(String::new, |share| format!(", share: {share}"));
        format!(
            "fault: {}, at: {}{share}, from: {}ms, until: {}ms",
            self.fault, self.at, self.from_ms, self.until_ms
        )
    }
}

fn pick<'a, T>(choices: &'a [T], draws: &mut Draws) -> &'a T {
    // Below a length, which fits.
    &choices[draws.below(choices.len() as u64) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = r#"[
        { "name": "slow-query", "scope": "both", "places": ["catalog.search", "orders.list-orders"] },
        { "name": "network-latency", "scope": "both", "places": ["orders->database"] },
        { "name": "crash", "scope": "window", "places": ["orders"] }
    ]"#;

    #[test]
    fn a_seed_gives_the_same_pairs_and_another_one_others() {
        let faults = faults(LISTED).unwrap();
        let pairs = |seed| {
            (0..20)
                .map(|number| Pair::draw(&faults, seed, number, 0))
                .collect::<Vec<_>>()
        };
        assert_eq!(pairs(1), pairs(1));
        assert_ne!(pairs(1), pairs(2));
        assert_ne!(Pair::draw(&faults, 1, 0, 0), Pair::draw(&faults, 1, 0, 1));
    }

    #[test]
    fn what_strikes_for_a_time_has_no_share() {
        let faults = faults(LISTED).unwrap();
        for number in 0..50 {
            for rule in Pair::draw(&faults, 1, number, 0).rules {
                assert_eq!(rule.share.is_some(), rule.fault == "slow-query", "{rule:?}");
                assert!(rule.from_ms < 2_000 && rule.until_ms > 2_000, "{rule:?}");
            }
        }
    }

    #[test]
    fn a_list_that_is_none_is_refused() {
        assert!(faults("{}").is_err());
        assert!(faults(r#"[{ "name": "slow-query", "places": [] }]"#).is_err());
    }
}
