//! `distractors:` harmless oddities beside the load and the faults. Those that are requests become a load of their own.

use std::time::Duration;

use super::reader::{Fields, Reader};
use crate::document::Node;
use crate::fields::{DISTRACTOR, MAX_FACTOR};
use crate::model::{DistractorRule, Load, Model, Rate, Spacing};
use crate::units::show_duration;
use crate::vocabulary::{DistractorWords, Vocabulary};
use crate::words;

/// The distractors, and what their requests are added to.
pub(super) fn read(
    reader: &mut Reader<'_>,
    node: Option<&Node>,
    vocabulary: &dyn Vocabulary,
    load: &mut Vec<Load>,
) -> Vec<DistractorRule> {
    let Some(node) = node else { return Vec::new() };
    let end = super::load::end(load);
    let mut rules: Vec<DistractorRule> = Vec::new();
    for item in reader.list(node, "distractors") {
        let Some((rule, requests)) = one(reader, item, vocabulary, end) else {
            continue;
        };
        let again = |other: &DistractorRule| {
            other.distractor == rule.distractor
                && other.at == rule.at
                && rule.until.is_none_or(|until| other.from < until)
                && other.until.is_none_or(|until| rule.from < until)
        };
        if rules.iter().any(again) {
            reader.problem(
                item.place,
                format!("`{}` is there twice at the same time", rule.distractor),
                "leave one out, or let one end before the other begins".to_owned(),
            );
        }
        load.extend(requests);
        rules.push(rule);
    }
    rules
}

fn one(
    reader: &mut Reader<'_>,
    node: &Node,
    vocabulary: &dyn Vocabulary,
    end: Duration,
) -> Option<(DistractorRule, Option<Load>)> {
    let fields = reader.fields(node, "a distractor", DISTRACTOR)?;
    let known = vocabulary.distractors();
    let Some(name) = fields.get("distractor") else {
        let help = format!("add `distractor:` with one of {}", words::list(known));
        reader.problem(node.place, "this does not say which distractor it is", help);
        return None;
    };
    let name = reader.word(name, "distractor", &known)?;
    let words = vocabulary.distractor(name)?;
    check_fields(reader, &fields, name, &words);
    let at = place(reader, node, &fields, name, &words)?;
    let from = fields
        .get("from")
        .map_or(Some(Duration::ZERO), |node| reader.duration(node))?;
    let until = match fields.get("until") {
        Some(node) => Some(reader.duration(node)?),
        None => None,
    };
    check_window(reader, &fields, from, until, end);
    let factor = match (fields.get("factor"), words.factor) {
        (Some(node), Some(_)) => u32::try_from(reader.integer(node, 2, MAX_FACTOR)?).ok(),
        (_, default) => default,
    };
    let rate = match (fields.get("rate"), words.rate) {
        (Some(node), Some(_)) => {
            let text = reader.text(node)?;
            Some(reader.rate(node, text)?)
        }
        (_, default) => default,
    };
    let requests = rate.map(|rate| Load {
        mix: vec![(name.to_owned(), 1)],
        model: Model::Open {
            rate: Rate::Constant(rate),
            spacing: Spacing::Even,
        },
        from,
        duration: until.unwrap_or(end).min(end).saturating_sub(from),
    });
    let rule = DistractorRule {
        distractor: name.to_owned(),
        at,
        factor,
        from,
        until,
    };
    Some((rule, requests))
}

/// Each distractor has fields of its own.
fn check_fields(reader: &mut Reader<'_>, fields: &Fields<'_>, name: &str, words: &DistractorWords) {
    let own = ["distractor", "from"].iter().chain(words.fields).copied();
    let is_of_another = |field: &str| {
        DISTRACTOR.iter().any(|known| known.name == field) && own.clone().all(|own| own != field)
    };
    for (field, key, _) in fields.iter().filter(|(field, _, _)| is_of_another(field)) {
        let help = format!("it has {}", words::list(own.clone()));
        reader.problem(key.place, format!("`{name}` has no `{field}`"), help);
    }
}

fn place(
    reader: &mut Reader<'_>,
    node: &Node,
    fields: &Fields<'_>,
    name: &str,
    words: &DistractorWords,
) -> Option<Option<String>> {
    if words.places.is_empty() {
        return Some(None);
    }
    let Some(at) = fields.get("at") else {
        let help = format!(
            "add `at:` with one of {}",
            words::list(words.places.iter().copied())
        );
        reader.problem(node.place, format!("this does not say where `{name}` is"), help);
        return None;
    };
    Some(Some(reader.word(at, "service", &words.places)?.to_owned()))
}

fn check_window(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    from: Duration,
    until: Option<Duration>,
    end: Duration,
) {
    if let (Some(until), Some(node)) = (until, fields.get("until"))
        && until <= from
    {
        let help = format!(
            "it begins at {}: write a later time, or leave `until` out",
            show_duration(from)
        );
        reader.problem(node.place, "`until` is not after `from`", help);
    }
    if let Some(node) = fields.get("from")
        && from >= end
        && end > Duration::ZERO
    {
        let help = format!("the load ends at {}", show_duration(end));
        reader.problem(node.place, "this begins when the load is over", help);
    }
}
