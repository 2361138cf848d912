//! Input that wants more than an answer.

use proptest::prelude::*;

use crate::vocabulary::parse;

#[test]
fn a_bomb_of_aliases_is_refused_before_it_goes_off() {
    let mut text = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (previous, name) in ('a'..'j').zip('b'..'k') {
        text.push_str(&format!(
            "{name}: &{name} [{}]\n",
            vec![format!("*{previous}"); 9].join(", ")
        ));
    }
    let problem = parse(&text).expect_err("refused").to_string();
    assert!(
        problem.contains("an alias (`*name`) is not allowed in a scenario"),
        "{problem}"
    );
}

#[test]
fn depth_is_bounded() {
    for text in [
        format!("load: {}{}", "[".repeat(10_000), "]".repeat(10_000)),
        "- ".repeat(10_000),
        "{a: ".repeat(5_000),
    ] {
        assert!(parse(&text).is_err());
    }
}

#[test]
fn sheer_size_is_refused() {
    let problem = parse(&format!("title: {}", "x".repeat(1024 * 1024)))
        .expect_err("refused")
        .to_string();
    assert_eq!(
        problem,
        "error: scenarios/x.yaml: the file has 1048583 bytes\nhelp: a scenario has at most 1 MiB"
    );
}

#[test]
fn very_many_mistakes_are_not_all_listed() {
    let text: String = (0..150).map(|number| format!("wrong{number}: 1\n")).collect();
    let problems = parse(&text).expect_err("refused");
    assert!(problems.list().len() > 100);
    assert!(problems.to_string().ends_with("more"), "{problems}");
}

proptest! {
    #[test]
    fn nothing_panics(text in "\\PC*") {
        let _ = parse(&text);
    }

    #[test]
    fn nothing_that_looks_like_a_scenario_panics(
        text in "(title|load|faults|expect|shop|journey|rate|for|fault|at|mix|users|p\\(|: |- |\\[|\\]|\\{|\\}|\n|  |1|%|/s|\"|'|é|\\.\\.|&a|\\*a|!!int|\\||>){0,60}"
    ) {
        let _ = parse(&text);
    }

    #[test]
    fn no_expectation_panics(text in "(p|share|spans|\\(|\\)|,|\"|<|=|1|%|ms|\\*| |errors|home|é|\\{){0,20}") {
        let quoted = text.replace('\'', "''");
        let _ = parse(&format!("load: [{{ journey: home, rate: 1/s, for: 1s }}]\nexpect: ['{quoted}', {{ 'spans(orders, \"x\") > 1': '{quoted}' }}]"));
    }
}
