//! Reading a scenario file: strictly, and all of it before the first complaint, so that one look shows every mistake.

mod distractors;
mod faults;
mod load;
mod reader;
mod requests;
mod shop;
mod together;

use crate::document;
use crate::expectation::{Expectation, Words};
use crate::fields::{SCENARIO, VERSION};
use crate::model::Scenario;
use crate::problem::{Problem, Problems};
use crate::vocabulary::Vocabulary;
use reader::{Fields, Reader};

/// The most entries of any list in a file.
const MAX_ENTRIES: usize = 200;

/// Reads the text of a scenario. `name` is what errors call the file; its last part without the ending becomes the
/// scenario's name.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(name: &str, text: &str, vocabulary: &dyn Vocabulary) -> Result<Scenario, Problems> {
    // A byte order mark is not part of the text, and would shift every place.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let fail = |list| Problems::new(name, list);
    if text.trim().is_empty() {
        return Err(fail(vec![document::empty()]));
    }
    let root = document::read(text).map_err(|problem| fail(vec![*problem]))?;
    let mut reader = Reader::new(text);
    let Some(fields) = reader.fields(&root, "a scenario", SCENARIO) else {
        return Err(fail(reader.problems));
    };
    let scenario = scenario(&mut reader, stem(name), &fields, vocabulary);
    if reader.problems.is_empty() {
        Ok(scenario)
    } else {
        Err(fail(reader.problems))
    }
}

/// The file's name without its folder and ending.
fn stem(name: &str) -> &str {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.strip_suffix(".yaml")
        .or_else(|| file.strip_suffix(".yml"))
        .unwrap_or(file)
}

fn scenario(
    reader: &mut Reader<'_>,
    name: &str,
    fields: &Fields<'_>,
    vocabulary: &dyn Vocabulary,
) -> Scenario {
    if let Some(version) = fields.get("version")
        && reader.text(version) != Some("1")
    {
        reader.problem(
            version.place,
            "this version of the format is not known",
            format!("this faultmart reads version {VERSION}"),
        );
    }
    let title = fields
        .get("title")
        .and_then(|node| reader.line(node))
        .unwrap_or(name)
        .to_owned();
    let seed = fields
        .get("seed")
        .and_then(|node| reader.integer(node, 0, u64::MAX))
        .unwrap_or(42);
    let shop = shop::read(reader, fields.get("shop"));
    let (requests, names) = requests::read(reader, fields.get("requests"));
    let is_shop = names.is_empty();
    let journeys = if is_shop { vocabulary.journeys() } else { names };
    let mut load = load::read(reader, fields, &journeys, is_shop);
    let faults = match fields.get("faults") {
        Some(node) if !is_shop => {
            reader.problem(
                node.place,
                "faults strike in the shop, and this scenario sends requests of its own elsewhere",
                "remove `faults`, or play journeys of the shop in place of `requests`".to_owned(),
            );
            Vec::new()
        }
        node => faults::read(
            reader,
            node,
            &faults::Context {
                vocabulary,
                load: &load,
                shop,
            },
        ),
    };
    let distractors = match fields.get("distractors") {
        Some(node) if !is_shop => {
            reader.problem(
                node.place,
                "distractors are in the shop, and this scenario sends requests of its own elsewhere",
                "remove `distractors`, or play journeys of the shop in place of `requests`".to_owned(),
            );
            Vec::new()
        }
        node => distractors::read(reader, node, vocabulary, &mut load),
    };
    let warm_up = fields.get("warm_up").and_then(|node| {
        let warm_up = reader.duration(node)?;
        let end = load::end(&load);
        if warm_up >= end && !load.is_empty() {
            reader.problem(
                node.place,
                "the warm-up takes all of the load, so that nothing would be measured",
                format!("the load ends after {}", crate::units::show_duration(end)),
            );
        }
        Some(warm_up)
    });
    let words = Words {
        vocabulary,
        journeys: &journeys,
    };
    let expect = expectations(reader, fields, &words);
    Scenario {
        name: name.to_owned(),
        title,
        seed,
        shop,
        warm_up: warm_up.unwrap_or_default(),
        load,
        distractors,
        faults,
        expect,
        requests,
    }
}

fn expectations(reader: &mut Reader<'_>, fields: &Fields<'_>, words: &Words<'_>) -> Vec<Expectation> {
    let Some(node) = fields.get("expect") else {
        return Vec::new();
    };
    let mut expectations = Vec::new();
    for item in reader.list(node, "expectations") {
        let (key, quantifier) = match &item.value {
            // `{ … }` without quotes is a mapping of something to nothing: the item as a whole is what is wrong.
            document::Value::Map(entries)
                if entries.len() == 1 && !matches!(entries[0].1.value, document::Value::Null) =>
            {
                (&entries[0].0, Some(&entries[0].1))
            }
            _ => (item, None),
        };
        let Some(text) = reader.expectation_text(key) else {
            continue;
        };
        let quantifier = match quantifier.map(|node| (node, reader.expectation_text(node))) {
            Some((_, None)) => continue,
            Some((node, Some(text))) => Some((node, text)),
            None => None,
        };
        match Expectation::parse(text, quantifier.map(|(_, text)| text), words) {
            Ok(expectation) => expectations.push(expectation),
            Err(error) => {
                let node = match quantifier {
                    Some((node, _)) if error.in_quantifier => node,
                    _ => key,
                };
                let place = node.place_within(error.offset, error.length);
                reader.push(Problem::at(reader.source, place, error.message, error.help));
            }
        }
    }
    expectations
}
