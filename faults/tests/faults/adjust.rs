//! A scenario changed from the command line: what remains of it, and what is refused.

use faults::vocabulary::Catalogue;
use scenarios::adjust::{Adjustment, adjust, leave_effects_open, set};
use scenarios::catalogue::find;
use scenarios::model::Scenario;

fn named(name: &str) -> Scenario {
    let entry = find(name).unwrap_or_else(|| panic!("{name} is missing"));
    scenarios::parse(&entry.path(), entry.text, &Catalogue).unwrap_or_else(|problems| panic!("{problems}"))
}

fn only(faults: &[&str]) -> Adjustment {
    Adjustment {
        only: faults.iter().map(|&fault| fault.to_owned()).collect(),
        ..Adjustment::default()
    }
}

#[test]
fn nothing_asked_for_changes_nothing() {
    let mut scenario = named("first-look");
    assert_eq!(
        adjust(&mut scenario, &Adjustment::default(), &Catalogue),
        Ok(vec![])
    );
    assert_eq!(scenario, named("first-look"));
}

#[test]
fn without_faults_only_what_concerns_all_is_expected() {
    let mut scenario = named("first-look");
    let adjustment = Adjustment {
        no_faults: true,
        ..Adjustment::default()
    };
    let left_out = adjust(&mut scenario, &adjustment, &Catalogue).expect("it can be");
    assert!(scenario.faults.is_empty());
    assert!(!left_out.is_empty());
    assert!(
        left_out
            .iter()
            .all(|text| text.contains("affected") || text.contains("bystander")),
        "{left_out:?}"
    );
    assert_eq!(
        left_out.len() + scenario.expect.len(),
        named("first-look").expect.len()
    );
}

#[test]
fn of_several_faults_one_can_be_kept_with_what_is_expected_of_it() {
    let mut scenario = named("first-look");
    let left_out = adjust(&mut scenario, &only(&["n-plus-one-sql"]), &Catalogue).expect("it can be");
    assert!(scenario.faults.iter().all(|rule| rule.fault == "n-plus-one-sql"));
    assert!(!scenario.faults.is_empty());
    assert!(
        left_out
            .iter()
            .all(|text| !text.contains("affected(n-plus-one-sql)")),
        "{left_out:?}"
    );
}

#[test]
fn nothing_is_expected_of_journeys_that_the_remaining_faults_do_not_come_to() {
    let mut scenario = named("first-look");
    let adjustment = Adjustment {
        at: Some("orders.list-orders".to_owned()),
        ..only(&["slow-query"])
    };
    let left_out = adjust(&mut scenario, &adjustment, &Catalogue).expect("it can be");
    let expected: Vec<&str> = scenario.expect.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(
        expected,
        [
            "share(errors) < 1%",
            "p(50, order-history, affected) > 1.5 * p(50, order-history, healthy)"
        ]
    );
    assert_eq!(left_out.len(), 3, "{left_out:?}");
    // Nobody is taken out, so that whoever suffered still does.
    let mut shared = named("lock-contention");
    let share = Adjustment {
        share: Some(0.5),
        ..Adjustment::default()
    };
    assert_eq!(adjust(&mut shared, &share, &Catalogue), Ok(vec![]));
}

#[test]
fn a_sweep_leaves_open_what_the_faults_cost() {
    let mut scenario = named("first-look");
    let left_out = leave_effects_open(&mut scenario);
    assert_eq!(left_out.len(), 4, "{left_out:?}");
    assert_eq!(scenario.expect.len(), 1);
    assert_eq!(scenario.expect[0].text, "share(errors) < 1%");
}

#[test]
fn a_fault_can_be_moved_where_it_can_strike_and_nowhere_else() {
    let mut scenario = named("network-latency");
    let moved = |place: &str| Adjustment {
        at: Some(place.to_owned()),
        ..Adjustment::default()
    };
    adjust(&mut scenario, &moved("client->gateway"), &Catalogue).expect("every request crosses it");
    assert!(scenario.faults.iter().all(|rule| rule.at == "client->gateway"));
    let error = adjust(&mut scenario, &moved("client->gatewy"), &Catalogue).expect_err("a slip");
    assert_eq!(error.help, "did you mean `client->gateway`?");

    let mut searches = named("slow-query");
    searches
        .load
        .iter_mut()
        .for_each(|load| load.mix = vec![("home".to_owned(), 1)]);
    searches.faults.iter_mut().for_each(|rule| rule.journey = None);
    let error = adjust(&mut searches, &moved("catalog.search"), &Catalogue).expect_err("nobody searches");
    assert!(error.message.contains("no request"), "{error}");
}

#[test]
fn a_share_is_set_for_all_that_can_have_one() {
    let mut scenario = named("slow-query");
    let half = Adjustment {
        share: Some(0.5),
        ..Adjustment::default()
    };
    adjust(&mut scenario, &half, &Catalogue).expect("requests are picked");
    assert!(
        scenario
            .faults
            .iter()
            .all(|rule| (rule.share - 0.5).abs() < f64::EPSILON)
    );
    for rule in &mut scenario.faults {
        "network-latency".clone_into(&mut rule.fault);
        "orders->database".clone_into(&mut rule.at);
    }
    assert!(adjust(&mut scenario, &half, &Catalogue).is_err());
}

#[test]
fn a_fault_that_is_not_there_cannot_be_kept() {
    let error = adjust(&mut named("slow-query"), &only(&["slow-qury"]), &Catalogue).expect_err("a slip");
    assert_eq!(error.help, "did you mean `slow-query`?");
}

#[test]
fn quantities_are_set_by_name_and_checked() {
    let mut scenario = named("network-latency");
    set(&mut scenario, "products", "5_000", &Catalogue).expect("a scale");
    assert_eq!(scenario.shop.products, 5_000);
    set(&mut scenario, "delay", "7ms", &Catalogue).expect("a parameter");
    assert!(
        scenario
            .faults
            .iter()
            .all(|rule| rule.parameters["delay"] == "7ms")
    );
    for (name, value) in [
        ("delay", "7"),
        ("delay", "7 apples"),
        ("products", "-1"),
        ("users", "0"),
        ("dely", "7ms"),
    ] {
        assert!(
            set(&mut scenario, name, value, &Catalogue).is_err(),
            "{name}={value}"
        );
    }
}
