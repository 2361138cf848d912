//! What the lab answers as Jaeger and as Zipkin, beside what a real Jaeger and a real Zipkin answer to the same questions about
//! the same spans: field by field, but for the differences that are written down here, in what settles answers and in the lists
//! of what is `different`, and in `docs/lab.md`.

mod jaeger;
mod zipkin;

use serde_json::Value;

use crate::backends::Backend;

/// Puts lists whose order means nothing into one.
fn sorted(value: &Value) -> Value {
    let mut values = value.as_array().cloned().unwrap_or_default();
    values.sort_by_key(Value::to_string);
    Value::Array(values)
}

/// Writes ids of traces with 32 digits, as the lab always does; Jaeger and Zipkin tell those of 64 bits with 16.
fn lengthen_ids(answer: &mut Value) {
    match answer {
        Value::Array(values) => values.iter_mut().for_each(lengthen_ids),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value.as_str() {
                    Some(id) if key.eq_ignore_ascii_case("traceId") => *value = format!("{id:0>32}").into(),
                    _ => lengthen_ids(value),
                }
            }
        }
        _ => {}
    }
}

/// An error without its words.
fn wordless(error: &Value) -> Value {
    match error {
        Value::Array(values) => values.iter().map(wordless).collect(),
        Value::Object(fields) => {
            let told = fields
                .iter()
                .filter(|(key, _)| !["msg", "message"].contains(&key.as_str()));
            told.map(|(key, value)| (key.clone(), wordless(value))).collect()
        }
        Value::String(_) => "".into(),
        value => value.clone(),
    }
}

type Settle = fn(&Value) -> Value;

/// Asks both each question, and wants the same, but for what errors say in words.
fn assert_same(original: &Backend, lab: &Backend, under: &str, questions: &[(String, Settle)]) {
    let mut differences = String::new();
    for (route, settle) in questions {
        let (status, theirs) = original.get(route);
        let (our_status, ours) = lab.get(&format!("{under}{route}"));
        let settle = if status == 200 { *settle } else { wordless };
        let [theirs, ours] = [settle(&theirs), settle(&ours)];
        if our_status != status || ours != theirs {
            let both = format!("the original: {status} {theirs:#}\nthe lab: {our_status} {ours:#}");
            differences += &format!("\n{route}\n{both}\n");
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

/// What `docs/lab.md` says is different: a question, and the status and how much is found, by the original and by the lab.
type Different = (String, (u16, usize), (u16, usize));

fn assert_different(original: &Backend, lab: &Backend, under: &str, different: &[Different]) {
    let asked = |backend: &Backend, route: &str| {
        let (status, answer) = backend.get(route);
        let list = [&answer, &answer["data"], &answer["operations"]]
            .into_iter()
            .find_map(Value::as_array);
        (status, list.map_or(0, Vec::len))
    };
    for (route, theirs, ours) in different {
        assert_eq!(asked(original, route), *theirs, "the original: {route}");
        assert_eq!(asked(lab, &format!("{under}{route}")), *ours, "the lab: {route}");
    }
}
