//! Rules that get in each other's way: what is set twice at once, and what could never strike beside another.

use std::time::Duration;

use super::faults::Context;
use super::reader::Reader;
use crate::document::Node;
use crate::model::FaultRule;
use crate::vocabulary::Vocabulary;

/// Refuses both.
pub(super) fn check(reader: &mut Reader<'_>, node: &Node, rules: &[FaultRule], context: &Context<'_>) {
    for (index, rule) in rules.iter().enumerate() {
        for earlier in &rules[..index] {
            check_set_twice(reader, node, earlier, rule, context.vocabulary);
            check_overruled(reader, node, earlier, rule, context);
        }
    }
}

/// What is set for a time is set once: two windows of one fault at one place would clear each other.
fn check_set_twice(
    reader: &mut Reader<'_>,
    node: &Node,
    earlier: &FaultRule,
    rule: &FaultRule,
    vocabulary: &dyn Vocabulary,
) {
    let overlap = rule.until.is_none_or(|until| earlier.from < until)
        && earlier.until.is_none_or(|until| rule.from < until);
    let same = earlier.fault == rule.fault && earlier.at == rule.at;
    if same && overlap && vocabulary.strikes_for_a_time(&rule.fault, &rule.at) {
        reader.problem(
            node.place,
            format!("`{}` is set at `{}` twice at the same time", rule.fault, rule.at),
            "let one end before the other begins: `until` of the first, `from` of the second".to_owned(),
        );
    }
}

/// Of two faults that cannot strike the same request the first rule's strikes. If that picks whatever the second could, the second
/// would silently do nothing.
fn check_overruled(
    reader: &mut Reader<'_>,
    node: &Node,
    earlier: &FaultRule,
    rule: &FaultRule,
    context: &Context<'_>,
) {
    let vocabulary = context.vocabulary;
    let picks_requests = |rule: &FaultRule| !vocabulary.strikes_for_a_time(&rule.fault, &rule.at);
    if !picks_requests(earlier) || !picks_requests(rule) || !picks_all_of(earlier, rule, context) {
        return;
    }
    let Some(because) = vocabulary.obstacle((&earlier.fault, &earlier.at), (&rule.fault, &rule.at)) else {
        return;
    };
    reader.problem(
        node.place,
        format!(
            "`{}` at `{}` could never strike: `{}` at `{}` strikes every request that it could pick, and {because}",
            rule.fault, rule.at, earlier.fault, earlier.at
        ),
        "let the first pick a `share` of the requests, or let one end before the other begins".to_owned(),
    );
}

/// Whether the earlier rule picks every request that the other could.
fn picks_all_of(earlier: &FaultRule, rule: &FaultRule, context: &Context<'_>) -> bool {
    let vocabulary = context.vocabulary;
    let is_picked = |journey: &str| {
        earlier.journey.as_deref().is_none_or(|only| only == journey)
            && vocabulary.reaches(journey, &earlier.at)
    };
    let until = |rule: &FaultRule| rule.until.unwrap_or(Duration::MAX);
    let mut journeys = context
        .load
        .iter()
        .flat_map(|load| &load.mix)
        .map(|(journey, _)| journey.as_str())
        .filter(|journey| rule.journey.as_deref().is_none_or(|only| only == *journey))
        .filter(|journey| vocabulary.reaches(journey, &rule.at));
    earlier.share >= 1.0
        && (earlier.user.is_none() || earlier.user == rule.user)
        && earlier.from <= rule.from
        && until(rule) <= until(earlier)
        && journeys.all(is_picked)
}
