//! The errors, word for word: where, an excerpt, the cause, the remedy.

use crate::vocabulary::parse;

const LOAD: &str = "load:\n  - { journey: order-history, rate: 50/s, for: 30s }\n";

fn error(text: &str) -> String {
    parse(text).expect_err("refused").to_string()
}

/// The errors of a scenario that has a load.
fn with_load(text: &str) -> String {
    error(&format!("{LOAD}{text}"))
}

#[test]
fn an_unknown_field() {
    insta::assert_snapshot!(with_load("faultz: []\n"), @r"
    error: scenarios/x.yaml:3:1: a scenario has no field `faultz`
       |
     3 | faultz: []
       | ^^^^^^
    help: did you mean `faults`?
    ");
}

#[test]
fn an_unknown_field_of_a_load() {
    insta::assert_snapshot!(error("load:\n  - { journey: home, rat: 50/s, for: 30s }\n"), @r"
    error: scenarios/x.yaml:2:5: the load has neither a `rate` nor `users`
       |
     2 |   - { journey: home, rat: 50/s, for: 30s }
       |     ^
    help: add `rate: 10/s`, or `users: 5`
    error: scenarios/x.yaml:2:22: a load has no field `rat`
       |
     2 |   - { journey: home, rat: 50/s, for: 30s }
       |                      ^^^
    help: did you mean `rate`?
    ");
}

#[test]
fn an_unknown_fault() {
    insta::assert_snapshot!(with_load("faults:\n  - { fault: slow-qeury, at: catalog.search }\n"), @r"
    error: scenarios/x.yaml:4:14: unknown fault `slow-qeury`
       |
     4 |   - { fault: slow-qeury, at: catalog.search }
       |              ^^^^^^^^^^
    help: did you mean `slow-query`?
    ");
}

#[test]
fn an_unknown_place() {
    insta::assert_snapshot!(with_load("faults:\n  - { fault: slow-query, at: catalog.serach }\n"), @r"
    error: scenarios/x.yaml:4:30: `slow-query` cannot strike at `catalog.serach`
       |
     4 |   - { fault: slow-query, at: catalog.serach }
       |                              ^^^^^^^^^^^^^^
    help: did you mean `catalog.search`?
    ");
}

#[test]
fn an_unknown_parameter() {
    insta::assert_snapshot!(with_load("faults:\n  - { fault: network-latency, at: gateway->orders, dealy: 80ms }\n"), @r"
    error: scenarios/x.yaml:4:52: `network-latency` has no parameter `dealy`
       |
     4 |   - { fault: network-latency, at: gateway->orders, dealy: 80ms }
       |                                                    ^^^^^
    help: did you mean `delay`?
    ");
}

#[test]
fn a_bad_parameter() {
    insta::assert_snapshot!(with_load("faults:\n  - { fault: network-latency, at: gateway->orders, delay: 80 }\n"), @r"
    error: scenarios/x.yaml:4:59: `delay` of network-latency cannot be `80`
       |
     4 |   - { fault: network-latency, at: gateway->orders, delay: 80 }
       |                                                           ^^
    help: write a duration such as `200ms`, `1.5s` or `2m`
    ");
}

#[test]
fn an_unknown_journey() {
    insta::assert_snapshot!(error("load:\n  - journey: order-histroy\n    rate: 50/s\n    for: 30s\n"), @r"
    error: scenarios/x.yaml:2:14: unknown journey `order-histroy`
       |
     2 |   - journey: order-histroy
       |              ^^^^^^^^^^^^^
    help: did you mean `order-history`?
    ");
}

#[test]
fn an_unknown_unit() {
    insta::assert_snapshot!(error("load:\n  - { journey: home, rate: 50/s, for: 30sec }\n"), @r"
    error: scenarios/x.yaml:2:39: `30sec` has the unknown unit `sec`
       |
     2 |   - { journey: home, rate: 50/s, for: 30sec }
       |                                       ^^^^^
    help: did you mean the unit `s`? write a duration such as `200ms`, `1.5s` or `2m`
    ");
}

#[test]
fn an_unknown_version() {
    insta::assert_snapshot!(with_load("version: 2\n"), @r"
    error: scenarios/x.yaml:3:10: this version of the format is not known
       |
     3 | version: 2
       |          ^
    help: this faultmart reads version 1
    ");
}

#[test]
fn a_wrong_type() {
    insta::assert_snapshot!(error("load: { journey: home, rate: 50/s, for: 30s }\n"), @r"
    error: scenarios/x.yaml:1:7: this is a mapping
       |
     1 | load: { journey: home, rate: 50/s, for: 30s }
       |       ^
    help: a list of loads, each beginning with `- `, is expected here
    ");
}

#[test]
fn another_wrong_type() {
    insta::assert_snapshot!(with_load("shop: 5\n"), @r"
    error: scenarios/x.yaml:3:7: this is a single value
       |
     3 | shop: 5
       |       ^
    help: `shop`, a mapping such as `name: value`, is expected here
    ");
}

#[test]
fn an_until_before_its_from() {
    insta::assert_snapshot!(with_load("faults:\n  - { fault: slow-query, at: orders.list-orders, from: 5s, until: 4s }\n"), @r"
    error: scenarios/x.yaml:4:67: `until` is not after `from`
       |
     4 |   - { fault: slow-query, at: orders.list-orders, from: 5s, until: 4s }
       |                                                                   ^^
    help: it begins at 5s: write a later time, or leave `until` out
    ");
}

#[test]
fn an_empty_file() {
    insta::assert_snapshot!(error("  \n"), @r"
    error: scenarios/x.yaml: the file is empty
    help: `faultmart scenario new` writes one to start from
    ");
}

#[test]
fn a_file_of_comments() {
    insta::assert_snapshot!(error("# nothing\n"), @r"
    error: scenarios/x.yaml: the file is empty
    help: `faultmart scenario new` writes one to start from
    ");
}

#[test]
fn no_load() {
    insta::assert_snapshot!(error("title: x\n"), @r"
    error: scenarios/x.yaml: there is no `load`
    help: add `load:` with an entry such as `- { journey: home, rate: 10/s, for: 10s }`
    ");
}

#[test]
fn an_empty_load() {
    insta::assert_snapshot!(error("load: []\n"), @r"
    error: scenarios/x.yaml:1:7: the load is empty
       |
     1 | load: []
       |       ^
    help: add an entry such as `- { journey: home, rate: 10/s, for: 10s }`
    ");
}

#[test]
fn a_share_over_a_hundred() {
    insta::assert_snapshot!(with_load("faults:\n  - { fault: slow-query, at: orders.list-orders, share: 150% }\n"), @r"
    error: scenarios/x.yaml:4:57: `150%` is more than 100%
       |
     4 |   - { fault: slow-query, at: orders.list-orders, share: 150% }
       |                                                         ^^^^
    help: write a share such as `50%`, from `0%` to `100%`
    ");
}

#[test]
fn a_rate_beyond_reason() {
    insta::assert_snapshot!(error("load:\n  - { journey: home, rate: 2_000_000/s, for: 30s }\n"), @r"
    error: scenarios/x.yaml:2:28: `2_000_000/s` is more than 1,000,000/s
       |
     2 |   - { journey: home, rate: 2_000_000/s, for: 30s }
       |                            ^^^^^^^^^^^
    help: a million requests a second is the highest rate there is
    ");
}

#[test]
fn too_many_rows() {
    insta::assert_snapshot!(with_load("shop: { orders: 20_000_000 }\n"), @r"
    error: scenarios/x.yaml:3:17: `20_000_000` is more than 10_000_000
       |
     3 | shop: { orders: 20_000_000 }
       |                 ^^^^^^^^^^
    help: write a whole number from 0 to 10_000_000
    ");
}

#[test]
fn services_that_are_too_far_from_one_another() {
    insta::assert_snapshot!(with_load("shop: { distance: 2s }\n"), @r"
    error: scenarios/x.yaml:3:19: `distance` is too long
       |
     3 | shop: { distance: 2s }
       |                   ^^
    help: give `100ms` at most
    ");
}

#[test]
fn a_place_that_no_request_reaches() {
    insta::assert_snapshot!(with_load("faults:\n  - { fault: slow-query, at: catalog.search }\n"), @r"
    error: scenarios/x.yaml:4:30: no request of the load reaches `catalog.search` in its time
       |
     4 |   - { fault: slow-query, at: catalog.search }
       |                              ^^^^^^^^^^^^^^
    help: load one of `search` while the fault is on
    ");
}

#[test]
fn a_journey_that_does_not_reach_the_place() {
    insta::assert_snapshot!(with_load("faults:\n  - { fault: slow-query, at: catalog.search, journey: order-history }\n"), @r"
    error: scenarios/x.yaml:4:55: `order-history` never reaches `catalog.search`
       |
     4 |   - { fault: slow-query, at: catalog.search, journey: order-history }
       |                                                       ^^^^^^^^^^^^^
    help: `catalog.search` is reached by `search`
    ");
}

#[test]
fn a_database_s_port_picks_no_requests() {
    insta::assert_snapshot!(with_load("faults:\n  - { fault: network-latency, at: orders->database, share: 50% }\n"), @r"
    error: scenarios/x.yaml:4:53: `network-latency` is set at `orders->database` for a time, where `share` cannot pick
       |
     4 |   - { fault: network-latency, at: orders->database, share: 50% }
       |                                                     ^^^^^
    help: remove `share`; there it strikes whatever comes in its window
    ");
}

#[test]
fn two_windows_of_one_fault_at_one_place() {
    let faults = "faults:\n  - { fault: network-latency, at: orders->database, from: 1s, until: 3s }\n  \
        - { fault: network-latency, at: orders->database, from: 2s }\n";
    insta::assert_snapshot!(with_load(faults), @r"
    error: scenarios/x.yaml:4:3: `network-latency` is set at `orders->database` twice at the same time
       |
     4 |   - { fault: network-latency, at: orders->database, from: 1s, until: 3s }
       |   ^
    help: let one end before the other begins: `until` of the first, `from` of the second
    ");
}

#[test]
fn a_rule_that_another_leaves_nothing_to_strike() {
    let rules = |first: &str, second: &str| {
        format!(
            "faults:\n  - {{ fault: slow-query, at: orders.list-orders{first} }}\n  - {{ fault: network-latency, at: gateway->orders{second} }}\n"
        )
    };
    insta::assert_snapshot!(with_load(&rules("", ", from: 2s")), @r"
    error: scenarios/x.yaml:4:3: `network-latency` at `gateway->orders` could never strike: `slow-query` at `orders.list-orders` strikes every request that it could pick, and both replace the list
       |
     4 |   - { fault: slow-query, at: orders.list-orders }
       |   ^
    help: let the first pick a `share` of the requests, or let one end before the other begins
    ");
    for (first, second) in [
        (", share: 50%", ""),
        (", from: 2s", ""),
        (", until: 2s", ", from: 2s"),
        (", user: 7", ""),
    ] {
        let text = rules(first, second);
        assert!(parse(&format!("{LOAD}{text}")).is_ok(), "{text}");
    }
}

#[test]
fn an_unknown_distractor() {
    insta::assert_snapshot!(with_load("distractors:\n  - { distractor: polling-clint }\n"), @r"
    error: scenarios/x.yaml:4:19: unknown distractor `polling-clint`
       |
     4 |   - { distractor: polling-clint }
       |                   ^^^^^^^^^^^^^
    help: did you mean `polling-client`?
    ");
}

#[test]
fn a_field_that_is_another_distractor_s() {
    insta::assert_snapshot!(with_load("distractors:\n  - { distractor: deploy, at: orders, rate: 5/s }\n"), @r"
    error: scenarios/x.yaml:4:39: `deploy` has no `rate`
       |
     4 |   - { distractor: deploy, at: orders, rate: 5/s }
       |                                       ^^^^
    help: it has `distractor`, `from`, `at`
    ");
}

#[test]
fn a_deploy_of_nothing() {
    insta::assert_snapshot!(with_load("distractors:\n  - { distractor: deploy }\n"), @r"
    error: scenarios/x.yaml:4:5: this does not say where `deploy` is
       |
     4 |   - { distractor: deploy }
       |     ^
    help: add `at:` with one of `orders`
    ");
}

#[test]
fn a_distractor_that_comes_too_late() {
    insta::assert_snapshot!(with_load("distractors:\n  - { distractor: polling-client, from: 40s }\n"), @r"
    error: scenarios/x.yaml:4:41: this begins when the load is over
       |
     4 |   - { distractor: polling-client, from: 40s }
       |                                         ^^^
    help: the load ends at 30s
    ");
}

#[test]
fn a_distractor_twice_at_once() {
    let twice = "distractors:\n  - { distractor: polling-client, until: 2s }\n  - { distractor: polling-client, from: 1s }\n";
    insta::assert_snapshot!(with_load(twice), @r"
    error: scenarios/x.yaml:5:5: `polling-client` is there twice at the same time
       |
     5 |   - { distractor: polling-client, from: 1s }
       |     ^
    help: leave one out, or let one end before the other begins
    ");
}

#[test]
fn a_key_given_twice() {
    insta::assert_snapshot!(error("title: a\ntitle: b\n"), @r"
    error: scenarios/x.yaml:2:1: `title` is given twice
       |
     2 | title: b
       | ^
    help: remove one of them
    ");
}

#[test]
fn what_is_not_yaml() {
    insta::assert_snapshot!(error("title: \"unclosed\n"), @r"
    error: scenarios/x.yaml:2:1: this is not YAML that can be read: invalid indentation in multiline quoted scalar
    help: quote a text that holds any of `: # { } [ ] & * ! | > %`, and indent with spaces
    ");
}

#[test]
fn a_tab() {
    insta::assert_snapshot!(error("load:\n\t- x\n"), @r"
    error: scenarios/x.yaml:2:2: this is not YAML that can be read: tabs disallowed within this context (block indentation)
       |
     2 |  - x
       |  ^
    help: quote a text that holds any of `: # { } [ ] & * ! | > %`, and indent with spaces
    ");
}

#[test]
fn two_documents() {
    insta::assert_snapshot!(with_load("---\ntitle: x\n"), @r"
    error: scenarios/x.yaml:3:1: there is more than one document
       |
     3 | ---
       | ^
    help: a file holds one scenario: remove `---`
    ");
}

#[test]
fn a_merge_key() {
    insta::assert_snapshot!(error("load:\n  - { <<: { rate: 1/s }, journey: home, for: 1s }\n"), @r"
    error: scenarios/x.yaml:2:7: a merge key (`<<`) is not allowed in a scenario
       |
     2 |   - { <<: { rate: 1/s }, journey: home, for: 1s }
       |       ^
    help: write out what it stands for
    ");
}

#[test]
fn an_alias() {
    insta::assert_snapshot!(error("title: &x a\nload: *x\n"), @r"
    error: scenarios/x.yaml:2:7: an alias (`*name`) is not allowed in a scenario
       |
     2 | load: *x
       |       ^
    help: write out what it stands for
    ");
}

#[test]
fn a_wrong_expectation() {
    insta::assert_snapshot!(with_load("expect:\n  - p(95, order-histroy) < 250ms\n"), @r"
    error: scenarios/x.yaml:4:11: unknown journey `order-histroy`
       |
     4 |   - p(95, order-histroy) < 250ms
       |           ^^^^^^^^^^^^^
    help: did you mean `order-history`?
    ");
}

#[test]
fn a_wrong_quoted_expectation() {
    insta::assert_snapshot!(with_load("expect:\n  - \"p(95, order-history) < 250\"\n"), @r#"
    error: scenarios/x.yaml:4:29: a duration cannot be compared with a number
       |
     4 |   - "p(95, order-history) < 250"
       |                             ^^^
    help: write a duration such as `250ms`
    "#);
}

#[test]
fn a_wrong_quantifier() {
    insta::assert_snapshot!(with_load("expect:\n  - spans(orders, \"x\") > 1: at least 90% of sick\n"), @r#"
    error: scenarios/x.yaml:4:45: unknown cohort `sick`
       |
     4 |   - spans(orders, "x") > 1: at least 90% of sick
       |                                             ^^^^
    help: known are `all`, `affected`, `healthy`, `bystander`
    "#);
}

#[test]
fn a_query_without_quotes() {
    insta::assert_snapshot!(with_load("expect:\n  - { name = \"x\" }\n"), @r#"
    error: scenarios/x.yaml:4:5: an expectation is a text, and this is a mapping
       |
     4 |   - { name = "x" }
       |     ^
    help: write `- p(95, JOURNEY) < 250ms`; put it in quotes when it begins with `{`
    "#);
}

#[test]
fn a_query_without_a_quantifier() {
    insta::assert_snapshot!(with_load("expect:\n  - '{ name = \"x\" }'\n"), @r#"
    error: scenarios/x.yaml:4:6: a query does not say of how many traces it must hold
       |
     4 |   - '{ name = "x" }'
       |      ^^^^^^^^^^^^^^
    help: write it after a colon: `at least 90% of affected`, `at most 3 traces` or `never`
    "#);
}

#[test]
fn a_query_with_a_misspelt_word() {
    insta::assert_snapshot!(with_load("expect:\n  - '{ status = error } | cuont() > 2': never\n"), @r"
    error: scenarios/x.yaml:4:27: `cuont` is no stage of a query
       |
     4 |   - '{ status = error } | cuont() > 2': never
       |                           ^^^^^
    help: did you mean `count`?
    ");
}

#[test]
fn both_rate_and_users() {
    insta::assert_snapshot!(error("load:\n  - { journey: home, rate: 1/s, users: 3, for: 1s }\n"), @r"
    error: scenarios/x.yaml:2:40: the load has both a `rate` and `users`
       |
     2 |   - { journey: home, rate: 1/s, users: 3, for: 1s }
       |                                        ^
    help: keep `rate` for requests that do not wait for answers, or `users` for such that do
    ");
}

#[test]
fn think_without_users() {
    insta::assert_snapshot!(error("load:\n  - { journey: home, rate: 1/s, think: 1s, for: 1s }\n"), @r"
    error: scenarios/x.yaml:2:33: `think` goes with `users`, which this load does not have
       |
     2 |   - { journey: home, rate: 1/s, think: 1s, for: 1s }
       |                                 ^^^^^
    help: remove `think`, or give `users`
    ");
}

#[test]
fn faults_without_the_shop() {
    insta::assert_snapshot!(error("requests: { a: { path: / } }\nload: [{ journey: a, rate: 1/s, for: 1s }]\nfaults: [{ fault: slow-query, at: catalog.search }]\n"), @r"
    error: scenarios/x.yaml:3:9: faults strike in the shop, and this scenario sends requests of its own elsewhere
       |
     3 | faults: [{ fault: slow-query, at: catalog.search }]
       |         ^
    help: remove `faults`, or play journeys of the shop in place of `requests`
    ");
}

#[test]
fn a_header_of_ours() {
    insta::assert_snapshot!(error("requests: { a: { path: /, headers: { Traceparent: x } } }\nload: [{ journey: a, rate: 1/s, for: 1s }]\n"), @r"
    error: scenarios/x.yaml:1:38: the header `traceparent` is not yours to set
       |
     1 | requests: { a: { path: /, headers: { Traceparent: x } } }
       |                                      ^^^^^^^^^^^
    help: remove it: the generator writes it for every request
    ");
}

#[test]
fn a_path_with_a_line_break() {
    insta::assert_snapshot!(error("requests: { a: { path: \"/ HTTP/1.1\\r\\nX: y\" } }\nload: [{ journey: a, rate: 1/s, for: 1s }]\n"), @r#"
    error: scenarios/x.yaml:1:24: this is no path that can be requested
       |
     1 | requests: { a: { path: "/ HTTP/1.1\r\nX: y" } }
       |                        ^^^^^^^^^^^^^^^^^^^^
    help: begin with `/`, and percent-encode spaces and letters that are not ASCII
    "#);
}

#[test]
fn several_mistakes_at_once() {
    insta::assert_snapshot!(error("titel: x\nload:\n  - { journey: hmoe, rate: 5, for: 30s }\nfaults:\n  - { fault: slow-query, at: x }\n"), @r"
    error: scenarios/x.yaml:1:1: a scenario has no field `titel`
       |
     1 | titel: x
       | ^^^^^
    help: did you mean `title`?
    error: scenarios/x.yaml:3:16: unknown journey `hmoe`
       |
     3 |   - { journey: hmoe, rate: 5, for: 30s }
       |                ^^^^
    help: did you mean `home`?
    error: scenarios/x.yaml:3:28: `5` has no unit
       |
     3 |   - { journey: hmoe, rate: 5, for: 30s }
       |                            ^
    help: write a rate such as `50/s` or `300/m`
    error: scenarios/x.yaml:5:30: `slow-query` cannot strike at `x`
       |
     5 |   - { fault: slow-query, at: x }
       |                              ^
    help: known are `catalog.search`, `orders.list-orders`
    ");
}

#[test]
fn a_warm_up_that_leaves_nothing() {
    insta::assert_snapshot!(with_load("warm_up: 1m\n"), @r"
    error: scenarios/x.yaml:3:10: the warm-up takes all of the load, so that nothing would be measured
       |
     3 | warm_up: 1m
       |          ^^
    help: the load ends after 30s
    ");
}

#[test]
fn a_tag() {
    insta::assert_snapshot!(error("title: !!python/object:os.system x\n"), @r"
    error: scenarios/x.yaml:1:34: a tag (`!name`) is not allowed in a scenario
       |
     1 | title: !!python/object:os.system x
       |                                  ^
    help: remove it
    ");
}
