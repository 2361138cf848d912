//! One fault's part of the report.

use faults::catalogue;
use faults::truth::{AccountScope, FaultAccount};
use trace::Tree;

use super::quantity::{count, times};
use super::table::Table;
use super::{DIM, Look, heading, ms, waterfall};
use crate::stories::{Group, GroupName, Story};

/// Whom the fault hit, what it cost them, and a typical trace of each group, all in one time scale.
pub fn render(story: &Story, look: Look) -> String {
    let account = &story.account;
    let summary = catalogue::find(&account.fault).map_or("", |fault| fault.summary);
    let mut text = format!("\n{} {DIM}at {}{DIM:#}\n", heading(&account.fault), account.at);
    text.push_str(&format!("  {summary}\n  {}\n", struck(account)));
    if let Some(journey) = &story.journey {
        text.push_str(&groups(journey, &story.groups));
    }
    let trees: Vec<(&Group, Tree<'_>)> = story
        .groups
        .iter()
        .filter(|group| !group.spans.is_empty())
        .map(|group| (group, Tree::of(&group.spans)))
        .collect();
    let scale = trees.iter().map(|(_, tree)| trace::waterfall::extent(tree)).max();
    for (group, tree) in &trees {
        text.push_str(&format!("\n  {DIM}{}{DIM:#}\n", caption(group.name)));
        text.push_str(&waterfall::render(tree, look, scale));
    }
    text
}

/// What was intended and what became of it.
fn struck(account: &FaultAccount) -> String {
    let mut parts = match account.scope {
        AccountScope::Request => vec![format!(
            "intended {}, applied {}",
            count(account.intended),
            count(account.applied)
        )],
        AccountScope::Window => windows(account),
    };
    if account.prevented > 0 {
        let reasons: Vec<String> = account
            .prevented_by
            .iter()
            .map(|(reason, number)| format!("{reason} {number}"))
            .collect();
        parts.push(format!(
            "prevented {} ({})",
            count(account.prevented),
            reasons.join(", ")
        ));
    }
    for (number, what) in [
        (account.missed, "missed"),
        (account.unplanned, "unplanned"),
        (account.manual, "manual"),
    ] {
        if number > 0 {
            parts.push(format!("{what} {}", count(number)));
        }
    }
    if account.bystanders > 0 {
        parts.push(format!("bystanders {}", count(account.bystanders)));
    }
    if let Some(effect) = &account.effect {
        let unit = if effect.unit.is_empty() {
            String::new()
        } else {
            format!(" {}", effect.unit)
        };
        let figure = |value: f64| {
            if effect.unit == "ms" {
                ms(value)
            } else {
                format!("{value}")
            }
        };
        parts.push(format!(
            "{} p50 {}{unit}, p95 {}{unit}",
            effect.name,
            figure(effect.p50),
            figure(effect.p95)
        ));
    }
    parts.join(" · ")
}

/// How often it was set, and whom it hit meanwhile.
fn windows(account: &FaultAccount) -> Vec<String> {
    let mut parts = vec![
        format!(
            "window applied {} of {}",
            count(account.applied),
            count(account.intended)
        ),
        format!("requests hit {}", count(account.hit)),
    ];
    if account.connections > 0 {
        parts.push(format!("connections hit {}", count(account.connections)));
    }
    parts
}

/// The latencies of each group, and how many times the healthy ones' they are.
fn groups(journey: &str, groups: &[Group]) -> String {
    let mut table = Table::new(&[journey, "requests", "p50", "", "p95", ""]);
    let healthy = groups.iter().find(|group| group.name == GroupName::Healthy);
    let ratio = |group: &Group, of: fn(&Group) -> f64| match healthy {
        Some(healthy) if group.name != GroupName::Healthy => times(of(group), of(healthy)),
        _ => String::new(),
    };
    for group in groups {
        table.row(vec![
            group.name.as_str().to_owned(),
            count(group.count as u64),
            ms(p50(group)),
            ratio(group, p50),
            ms(p95(group)),
            ratio(group, p95),
        ]);
    }
    table.render()
}

fn p50(group: &Group) -> f64 {
    group.p50.as_secs_f64() * 1e3
}

fn p95(group: &Group) -> f64 {
    group.p95.as_secs_f64() * 1e3
}

fn caption(name: GroupName) -> &'static str {
    match name {
        GroupName::Healthy => "a healthy request",
        GroupName::Affected => "an affected one",
        GroupName::Bystander => "one that had to wait",
    }
}
