//! `load:` which requests come, how many, and when.

use std::time::Duration;

use super::reader::{Fields, Reader, short};
use crate::document::{Node, Value};
use crate::fields::{LOAD, MAX_USERS, MAX_WEIGHT};
use crate::model::{Load, Model, Rate, Spacing};
use crate::units;

/// When the last load ends.
pub(super) fn end(load: &[Load]) -> Duration {
    load.iter()
        .map(|load| load.from.saturating_add(load.duration))
        .max()
        .unwrap_or_default()
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    scenario: &Fields<'_>,
    journeys: &[&str],
    is_shop: bool,
) -> Vec<Load> {
    let Some(node) = scenario.get("load") else {
        reader.push(crate::problem::Problem::of_file(
            "there is no `load`",
            "add `load:` with an entry such as `- { journey: home, rate: 10/s, for: 10s }`",
        ));
        return Vec::new();
    };
    let items = reader.list(node, "loads");
    if items.is_empty() && matches!(node.value, Value::List(_)) {
        let help = "add an entry such as `- { journey: home, rate: 10/s, for: 10s }`".to_owned();
        reader.problem(node.place, "the load is empty", help);
    }
    let names = Names { journeys, is_shop };
    let loads: Vec<Load> = items
        .iter()
        .filter_map(|item| one(reader, item, &names))
        .collect();
    let users: u64 = loads
        .iter()
        .map(|load| match load.model {
            Model::Closed { users, .. } => u64::from(users),
            Model::Open { .. } => 0,
        })
        .sum();
    if users > MAX_USERS {
        let help = format!("the most is {} in all loads together", units::grouped(MAX_USERS));
        reader.problem(
            node.place,
            format!("there are {} users at once", units::grouped(users)),
            help,
        );
    }
    loads
}

/// What can be played: the shop's journeys, or the file's own requests.
struct Names<'a> {
    journeys: &'a [&'a str],
    is_shop: bool,
}

impl Names<'_> {
    fn read<'n>(&self, reader: &mut Reader<'_>, node: &'n Node) -> Option<&'n str> {
        reader.word(
            node,
            if self.is_shop { "journey" } else { "request" },
            self.journeys,
        )
    }
}

fn one(reader: &mut Reader<'_>, node: &Node, names: &Names<'_>) -> Option<Load> {
    let fields = reader.fields(node, "a load", LOAD)?;
    let mix = mix(reader, node, &fields, names);
    let model = model(reader, node, &fields);
    let from = fields
        .get("from")
        .map_or(Some(Duration::ZERO), |node| reader.duration(node));
    let duration = duration(reader, node, &fields);
    let load = Load {
        mix: mix?,
        model: model?,
        from: from?,
        duration: duration?,
    };
    if end(std::slice::from_ref(&load)) > units::MAX_DURATION {
        reader.problem(
            node.place,
            "the load ends after more than a day",
            "a run lasts 24h at most".to_owned(),
        );
        return None;
    }
    Some(load)
}

fn mix(
    reader: &mut Reader<'_>,
    node: &Node,
    fields: &Fields<'_>,
    names: &Names<'_>,
) -> Option<Vec<(String, u32)>> {
    match (fields.get("journey"), fields.get("mix")) {
        (Some(journey), None) => Some(vec![(names.read(reader, journey)?.to_owned(), 1)]),
        (None, Some(mix)) => weights(reader, mix, names),
        (Some(_), Some(mix)) => {
            let help = "keep one of them".to_owned();
            reader.problem(mix.place, "the load has both a `journey` and a `mix`", help);
            None
        }
        (None, None) => {
            let help = "add `journey: NAME`, or `mix: { NAME: WEIGHT, … }`".to_owned();
            reader.problem(node.place, "the load does not say what is played", help);
            None
        }
    }
}

fn weights(reader: &mut Reader<'_>, node: &Node, names: &Names<'_>) -> Option<Vec<(String, u32)>> {
    let entries = reader.entries(node, "`mix`")?;
    let mut mix = Vec::new();
    let before = reader.problems.len();
    for (_, key, value) in entries.iter() {
        let name = names.read(reader, key);
        let weight = reader.integer(value, 0, MAX_WEIGHT);
        if let (Some(name), Some(weight)) = (name, weight) {
            mix.push((name.to_owned(), u32::try_from(weight).unwrap_or(u32::MAX)));
        }
    }
    if reader.problems.len() > before {
        return None;
    }
    if mix.iter().all(|(_, weight)| *weight == 0) {
        let help = "give at least one journey a weight above 0".to_owned();
        reader.problem(node.place, "the mix plays nothing", help);
        return None;
    }
    Some(mix)
}

fn duration(reader: &mut Reader<'_>, node: &Node, fields: &Fields<'_>) -> Option<Duration> {
    let Some(length) = fields.get("for") else {
        let help = "add `for: 10s`".to_owned();
        reader.problem(node.place, "the load does not say how long it lasts", help);
        return None;
    };
    let duration = reader.duration(length)?;
    if duration < Duration::from_millis(1) {
        reader.problem(
            length.place,
            "the load lasts no time",
            "the least is `1ms`".to_owned(),
        );
        return None;
    }
    Some(duration)
}

fn model(reader: &mut Reader<'_>, node: &Node, fields: &Fields<'_>) -> Option<Model> {
    match (fields.get("rate"), fields.get("users")) {
        (Some(rate), None) => {
            misplaced(reader, fields, "think", "users");
            open(reader, fields, rate)
        }
        (None, Some(users)) => {
            misplaced(reader, fields, "spacing", "rate");
            let users = reader.integer(users, 1, MAX_USERS);
            let think = match fields.get("think") {
                Some(think) => reader.duration_range(think),
                None => Some(Duration::ZERO..=Duration::ZERO),
            };
            Some(Model::Closed {
                users: u32::try_from(users?).ok()?,
                think: think?,
            })
        }
        (Some(_), Some(users)) => {
            let help = "keep `rate` for requests that do not wait for answers, or `users` for such that do"
                .to_owned();
            reader.problem(users.place, "the load has both a `rate` and `users`", help);
            None
        }
        (None, None) => {
            let help = "add `rate: 10/s`, or `users: 5`".to_owned();
            reader.problem(node.place, "the load has neither a `rate` nor `users`", help);
            None
        }
    }
}

/// Notes a field that means nothing without another one.
fn misplaced(reader: &mut Reader<'_>, fields: &Fields<'_>, name: &str, belongs_to: &str) {
    if let Some(place) = fields.key_place(name) {
        let help = format!("remove `{name}`, or give `{belongs_to}`");
        reader.problem(
            place,
            format!("`{name}` goes with `{belongs_to}`, which this load does not have"),
            help,
        );
    }
}

fn open(reader: &mut Reader<'_>, fields: &Fields<'_>, node: &Node) -> Option<Model> {
    let spacing = match fields.get("spacing") {
        None => Spacing::default(),
        Some(node) => match reader.word(node, "spacing", &["poisson", "even"])? {
            "even" => Spacing::Even,
            _ => Spacing::Poisson,
        },
    };
    let rate = rate(reader, node)?;
    let is_nothing = match &rate {
        Rate::Constant(rate) => *rate <= 0.0,
        Rate::Ramp(from, to) => *from <= 0.0 && *to <= 0.0,
        Rate::Steps(rates) => rates.iter().all(|rate| *rate <= 0.0),
    };
    if is_nothing {
        reader.problem(
            node.place,
            "a rate of zero sends nothing",
            "write a rate such as `10/s`".to_owned(),
        );
        return None;
    }
    Some(Model::Open { rate, spacing })
}

fn rate(reader: &mut Reader<'_>, node: &Node) -> Option<Rate> {
    if let Value::List(_) = node.value {
        let mut rates = Vec::new();
        for item in reader.list(node, "rates") {
            let text = reader.text(item)?;
            rates.push(reader.rate(item, text)?);
        }
        return Some(Rate::Steps(rates));
    }
    let text = reader.text(node)?;
    match text.split_once("..") {
        None => reader.rate(node, text).map(Rate::Constant),
        Some((from, to)) => {
            if from.trim().is_empty() || to.trim().is_empty() {
                let help = "write a ramp such as `10/s..100/s`".to_owned();
                reader.problem(node.place, format!("`{}` is not a ramp", short(text)), help);
                return None;
            }
            let from = reader.rate(node, from.trim())?;
            Some(Rate::Ramp(from, reader.rate(node, to.trim())?))
        }
    }
}
