//! `faults:` which faults strike, where, when, and which requests they pick. What could never strike is refused.

use std::collections::BTreeMap;
use std::time::Duration;

use super::reader::{Fields, Reader, short};
use crate::document::Node;
use crate::fields::FAULT;
use crate::model::{FaultRule, Load, Shop};
use crate::units::show_duration;
use crate::vocabulary::Vocabulary;
use crate::words;

/// Baggage carries one fault to at most so many places.
const MAX_PLACES: usize = 9;

/// What a rule is held against.
pub(super) struct Context<'a> {
    pub(super) vocabulary: &'a dyn Vocabulary,
    pub(super) load: &'a [Load],
    pub(super) shop: Shop,
}

pub(super) fn read(reader: &mut Reader<'_>, node: Option<&Node>, context: &Context<'_>) -> Vec<FaultRule> {
    let Some(node) = node else { return Vec::new() };
    let items = reader.list(node, "faults");
    let rules: Vec<FaultRule> = items
        .iter()
        .filter_map(|item| one(reader, item, context))
        .collect();
    for fault in context.vocabulary.faults() {
        let is_of_requests = |rule: &&FaultRule| {
            rule.fault == fault && !context.vocabulary.strikes_for_a_time(fault, &rule.at)
        };
        let mut places: Vec<&str> = rules
            .iter()
            .filter(is_of_requests)
            .map(|rule| rule.at.as_str())
            .collect();
        places.sort_unstable();
        places.dedup();
        if places.len() > MAX_PLACES {
            let help = format!("baggage carries a fault to at most {MAX_PLACES} places");
            reader.problem(
                node.place,
                format!("`{fault}` strikes at {} places", places.len()),
                help,
            );
        }
    }
    super::together::check(reader, node, &rules, context);
    rules
}

fn one(reader: &mut Reader<'_>, node: &Node, context: &Context<'_>) -> Option<FaultRule> {
    let fields = reader.entries(node, "a fault")?;
    let vocabulary = context.vocabulary;
    let Some(name) = fields.get("fault") else {
        let known = words::list(vocabulary.faults());
        reader.problem(
            node.place,
            "this does not say which fault it is",
            format!("add `fault:` with one of {known}"),
        );
        return None;
    };
    let fault = reader.word(name, "fault", &vocabulary.faults())?;
    let at = place(reader, node, &fields, fault, vocabulary);
    let parameters = parameters(reader, &fields, fault, vocabulary);
    let share = fields.get("share").map_or(Some(1.0), |node| reader.share(node));
    let journey = match fields.get("journey") {
        Some(node) => Some(reader.word(node, "journey", &vocabulary.journeys())?.to_owned()),
        None => None,
    };
    let user = match fields.get("user") {
        Some(node) => Some(u32::try_from(reader.integer(node, 1, u64::from(context.shop.users))?).ok()?),
        None => None,
    };
    let from = fields
        .get("from")
        .map_or(Some(Duration::ZERO), |node| reader.duration(node));
    let until = match fields.get("until") {
        Some(node) => Some(reader.duration(node)?),
        None => None,
    };
    let rule = FaultRule {
        fault: fault.to_owned(),
        at: at?.to_owned(),
        parameters,
        share: share?,
        journey,
        user,
        from: from?,
        until,
    };
    check_window(reader, &fields, &rule, context);
    if vocabulary.strikes_for_a_time(&rule.fault, &rule.at) {
        check_selectors(reader, &fields, &rule);
    }
    check_reach(reader, node, &fields, &rule, context);
    Some(rule)
}

fn place<'n>(
    reader: &mut Reader<'_>,
    node: &Node,
    fields: &Fields<'n>,
    fault: &str,
    vocabulary: &dyn Vocabulary,
) -> Option<&'n str> {
    let known = vocabulary.places(fault);
    let Some(at) = fields.get("at") else {
        let help = format!("add `at:` with one of {}", words::list(known));
        reader.problem(
            node.place,
            format!("this does not say where `{fault}` strikes"),
            help,
        );
        return None;
    };
    let text = reader.text(at)?;
    if known.contains(&text) {
        return Some(text);
    }
    let help = words::suggest(text, known);
    reader.problem(
        at.place,
        format!("`{fault}` cannot strike at `{}`", short(text)),
        help,
    );
    None
}

/// Everything that is no field of ours is a parameter of the fault.
fn parameters(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    fault: &str,
    vocabulary: &dyn Vocabulary,
) -> BTreeMap<String, String> {
    let known = vocabulary.parameters(fault);
    let mut parameters = BTreeMap::new();
    for (name, key, value) in fields
        .iter()
        .filter(|(name, _, _)| FAULT.iter().all(|field| field.name != *name))
    {
        if !known.contains(&name) {
            let all = known.iter().copied().chain(FAULT.iter().map(|field| field.name));
            let help = words::suggest(name, all);
            reader.problem(
                key.place,
                format!("`{fault}` has no parameter `{}`", short(name)),
                help,
            );
        } else if let Some(text) = reader.text(value) {
            match vocabulary.check_parameter(fault, name, text) {
                Ok(()) => drop(parameters.insert(name.to_owned(), text.to_owned())),
                Err(bad) => reader.problem(value.place, bad.message, bad.help),
            }
        }
    }
    parameters
}

fn check_window(reader: &mut Reader<'_>, fields: &Fields<'_>, rule: &FaultRule, context: &Context<'_>) {
    if let (Some(until), Some(node)) = (rule.until, fields.get("until"))
        && until <= rule.from
    {
        let help = format!(
            "it begins at {}: write a later time, or leave `until` out",
            show_duration(rule.from)
        );
        reader.problem(node.place, "`until` is not after `from`", help);
    }
    let end = super::load::end(context.load);
    if let Some(node) = fields.get("from")
        && rule.from >= end
        && !context.load.is_empty()
    {
        let help = format!("the load ends at {}", show_duration(end));
        reader.problem(
            node.place,
            "the fault begins when the load is over, and could never strike",
            help,
        );
    }
}

/// What is set for a time strikes whatever is there: no request is picked.
fn check_selectors(reader: &mut Reader<'_>, fields: &Fields<'_>, rule: &FaultRule) {
    for selector in ["share", "journey", "user"] {
        if let Some(place) = fields.key_place(selector) {
            let help = format!("remove `{selector}`; there it strikes whatever comes in its window");
            reader.problem(
                place,
                format!(
                    "`{}` is set at `{}` for a time, where `{selector}` cannot pick",
                    rule.fault, rule.at
                ),
                help,
            );
        }
    }
}

/// A rule that no request of the load can meet would silently do nothing.
fn check_reach(
    reader: &mut Reader<'_>,
    node: &Node,
    fields: &Fields<'_>,
    rule: &FaultRule,
    context: &Context<'_>,
) {
    let vocabulary = context.vocabulary;
    let reaching: Vec<&str> = vocabulary
        .journeys()
        .into_iter()
        .filter(|journey| vocabulary.reaches(journey, &rule.at))
        .collect();
    if let (Some(journey), Some(node)) = (&rule.journey, fields.get("journey"))
        && !reaching.contains(&journey.as_str())
    {
        let help = format!("`{}` is reached by {}", rule.at, words::list(reaching));
        reader.problem(
            node.place,
            format!("`{journey}` never reaches `{}`", rule.at),
            help,
        );
        return;
    }
    let is_met = context.load.iter().any(|load| {
        let overlaps = load.from.saturating_add(load.duration) > rule.from
            && rule.until.is_none_or(|until| load.from < until);
        overlaps
            && load.mix.iter().any(|(journey, weight)| {
                *weight > 0
                    && reaching.contains(&journey.as_str())
                    && rule.journey.as_ref().is_none_or(|only| only == journey)
            })
    });
    if !is_met && !context.load.is_empty() && reader.problems.is_empty() {
        let place = fields.get("at").map_or(node.place, |node| node.place);
        let help = format!("load one of {} while the fault is on", words::list(reaching));
        reader.problem(
            place,
            format!("no request of the load reaches `{}` in its time", rule.at),
            help,
        );
    }
}
