//! Queries that somebody is still writing, which Grafana sends to complete them.

use trace::traceql::Query;

/// A query that somebody is still writing, `{ kind = server && resource.service.name = }`, without the conditions that are not
/// finished; none when none is.
pub fn finished(text: &str) -> Option<Query> {
    if let Ok(query) = Query::parse(text) {
        return Some(query);
    }
    let within = text.trim().strip_prefix('{')?;
    let within = within.strip_suffix('}').unwrap_or(within);
    let parts = conditions(within).into_iter().map(|part| format!("({part})"));
    let whole: Vec<String> = parts
        .filter(|part| Query::parse(&format!("{{ {part} }}")).is_ok())
        .collect();
    Query::parse(&format!("{{ {} }}", whole.join(" && ")))
        .ok()
        .filter(|_| !whole.is_empty())
}

/// What `&&` joins, as far as it stands in no quotes.
fn conditions(text: &str) -> Vec<&str> {
    let (mut parts, mut begin, mut quote) = (Vec::new(), 0, None);
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match (quote, letter) {
            (Some('"'), '\\') => drop(letters.next()),
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`') => quote = Some(letter),
            (None, '&') if text[at..].starts_with("&&") => {
                parts.push(&text[begin..at]);
                letters.next();
                begin = at + 2;
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_query_that_is_not_finished_what_is_counts() {
        for (written, meant) in [
            ("{ kind = server }", "{ kind = server }"),
            (
                "{ kind = server && resource.service.name = }",
                "{ kind = server }",
            ),
            (
                "{ resource.service.name = && name = \"a && b\" && ",
                "{ name = \"a && b\" }",
            ),
            (
                "{ (kind = client || kind = server) && span.",
                "{ kind = client || kind = server }",
            ),
        ] {
            assert_eq!(finished(written), Query::parse(meant).ok(), "{written}");
        }
        for nothing in ["{ resource.service.name = }", "{ name = \"", "", "{"] {
            assert_eq!(finished(nothing), None, "{nothing}");
        }
    }
}
