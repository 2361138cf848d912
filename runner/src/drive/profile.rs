//! A service's CPU profile, its stacks merged into a tree that can be drawn.

use std::collections::HashMap;
use std::time::Duration;

use axum::http::StatusCode;
use profile::Decoded;
use serde::Serialize;

use super::{Drive, Refusal};

/// How long is recorded if it is not said, and at most, in seconds.
pub const USUAL: u64 = 3;
const MOST: u64 = 15;
/// How much longer the answer may take: names are looked up after the recording.
const NAMES: Duration = Duration::from_secs(30);
/// The most nodes of the tree; what would be below is counted where it was called.
const MOST_NODES: usize = 10_000;

/// Who called whom, and for how long.
#[derive(Debug, Serialize)]
pub struct Profile {
    service: &'static str,
    seconds: u64,
    samples: u64,
    /// Names of functions.
    functions: Vec<String>,
    /// Callers before those whom they call: the caller's place in this list (−1: none), the function's in that, samples in itself.
    nodes: Vec<(i64, usize, u64)>,
}

impl Drive {
    /// Records that service's profile.
    pub async fn profile(&self, service: &str, seconds: u64) -> Result<Profile, (StatusCode, Refusal)> {
        let Some((&service, &address)) = self.services.get_key_value(service) else {
            let names = self.services.keys().copied();
            let help = scenarios::words::suggest(service, names);
            return Err((StatusCode::NOT_FOUND, format!("no service `{service}`: {help}")));
        };
        if !(1..=MOST).contains(&seconds) {
            let detail = format!("`seconds` is a number from 1 to {MOST}");
            return Err((StatusCode::BAD_REQUEST, detail));
        }
        let within = Duration::from_secs(seconds) + NAMES;
        let recorded = self.control.profile(address, seconds, within).await;
        let bytes = recorded.map_err(|error| match error.status() {
            Some(StatusCode::CONFLICT) => {
                let detail =
                    format!("a profile of {service} is being recorded already; wait until it is over");
                (StatusCode::CONFLICT, detail)
            }
            _ => {
                let detail = format!("{service} does not give its profile: {error}");
                (StatusCode::BAD_GATEWAY, detail)
            }
        })?;
        let merged = tokio::task::spawn_blocking(move || {
            profile::decode(&bytes).map(|decoded| merge(service, seconds, &decoded, MOST_NODES))
        });
        let failed = |error: &dyn std::fmt::Display| {
            let detail = format!("the profile of {service} cannot be read: {error}");
            (StatusCode::BAD_GATEWAY, detail)
        };
        merged
            .await
            .map_err(|error| failed(&error))?
            .map_err(|error| failed(&error))
    }
}

fn merge(service: &'static str, seconds: u64, decoded: &Decoded, most: usize) -> Profile {
    let mut profile = Profile {
        service,
        seconds,
        samples: decoded.samples(),
        functions: Vec::new(),
        nodes: Vec::new(),
    };
    let mut functions: HashMap<&str, usize> = HashMap::new();
    let mut places: HashMap<(i64, usize), usize> = HashMap::new();
    // The most frequent first: if there is not room for all, they have it.
    let mut stacks: Vec<_> = decoded.stacks().collect();
    stacks.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    for (count, stack) in stacks {
        let mut within = None;
        for name in stack.iter().rev() {
            let function = *functions.entry(name).or_insert_with(|| {
                profile.functions.push(name.clone());
                profile.functions.len() - 1
            });
            let caller = within.map_or(-1, |place: usize| i64::try_from(place).unwrap_or(-1));
            let place = match places.get(&(caller, function)) {
                Some(&place) => place,
                None if profile.nodes.len() >= most => break,
                None => {
                    profile.nodes.push((caller, function, 0));
                    places.insert((caller, function), profile.nodes.len() - 1);
                    profile.nodes.len() - 1
                }
            };
            within = Some(place);
        }
        if let Some((_, _, own)) = within.and_then(|place| profile.nodes.get_mut(place)) {
            *own += count;
        }
    }
    profile
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(most: usize) -> Profile {
        let stack = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let decoded = Decoded::from(vec![
            (1, stack(&["decode", "serve", "main"])),
            (5, stack(&["count", "serve", "main"])),
            (2, stack(&["serve", "main"])),
            (1, stack(&["count", "idle"])),
        ]);
        merge("orders", 3, &decoded, most)
    }

    #[test]
    fn what_stacks_have_in_common_is_one_path() {
        let profile = merged(100);
        assert_eq!(profile.samples, 9);
        assert_eq!(profile.functions, ["main", "serve", "count", "decode", "idle"]);
        let nodes = [(-1, 0, 0), (0, 1, 2), (1, 2, 5), (1, 3, 1), (-1, 4, 0), (4, 2, 1)];
        assert_eq!(profile.nodes, nodes);
    }

    #[test]
    fn what_has_no_room_is_counted_where_it_was_called() {
        assert_eq!(merged(3).nodes, [(-1, 0, 0), (0, 1, 3), (1, 2, 5)]);
    }
}
