//! Whom a fault picks.

use super::*;

#[test]
fn faults_pick_only_requests_that_can_reach_their_place_and_about_their_share() {
    let requests: Vec<_> = plan(&everything()).open().collect();
    for request in &requests {
        let route = crate::routes::of_journey(&request.journey).expect("a journey of the shop");
        assert!(request.faults.iter().all(|fault| route.reaches(&fault.at)));
    }
    let searches: Vec<_> = requests
        .iter()
        .filter(|request| &*request.journey == "search")
        .collect();
    let slow = searches
        .iter()
        .filter(|request| !request.faults.is_empty())
        .count();
    assert!(
        slow > searches.len() / 4 && slow < searches.len(),
        "{slow} of {}",
        searches.len()
    );
}

#[test]
fn a_rule_keeps_to_its_window_journey_and_user() {
    let mut latency = rule("network-latency", "client->gateway", 1.0);
    latency.from = Duration::from_secs(1);
    latency.until = Some(Duration::from_secs(2));
    latency.journey = Some("home".to_owned());
    let mut of_user = rule("network-latency", "gateway->users", 1.0);
    of_user.user = Some(3);
    let mix = [("home", 1), ("account", 1)];
    let load = open_load(&mix, Rate::Constant(500.0), Spacing::Even, 0, 3);
    for request in plan(&scenario(vec![load], vec![latency, of_user])).open() {
        let in_window = (1..2).contains(&request.at.as_secs());
        let expected = in_window && &*request.journey == "home";
        assert_eq!(
            request.faults.iter().any(|fault| fault.at == "client->gateway"),
            expected
        );
        assert_eq!(
            request.faults.iter().any(|fault| fault.at == "gateway->users"),
            request.user == 3
        );
    }
}

#[test]
fn what_a_rule_picks_does_not_depend_on_the_rules_after_it() {
    let load = || {
        vec![open_load(
            &[("search", 1)],
            Rate::Constant(100.0),
            Spacing::Even,
            0,
            3,
        )]
    };
    let one = rule("slow-query", "catalog.search", 0.5);
    let two = rule("network-latency", "gateway->catalog", 0.5);
    let alone = plan(&scenario(load(), vec![one.clone()]));
    let together = plan(&scenario(load(), vec![one, two]));
    for (left, right) in alone.open().zip(together.open()) {
        let slow = |request: &PlannedRequest| request.faults.iter().any(|fault| fault.fault == "slow-query");
        assert_eq!(slow(&left), slow(&right));
    }
}

#[test]
fn a_product_without_reviews_asks_nobody_for_their_authors() {
    let load = open_load(&[("product", 1)], Rate::Constant(500.0), Spacing::Even, 0, 4);
    let scenario = scenario(vec![load], vec![rule("network-latency", "catalog->users", 1.0)]);
    let scale = Scale {
        users: 100,
        products: 1_000,
        orders: 500,
    };
    let mut without = 0;
    for request in plan(&scenario).open() {
        let number = request
            .request
            .path
            .rsplit('/')
            .next()
            .and_then(|number| number.parse().ok());
        let has_reviews = !seed::shop::reviews(42, number.expect("a number"), scale).is_empty();
        assert_eq!(
            request.faults.len(),
            usize::from(has_reviews),
            "{}",
            request.request.path
        );
        without += usize::from(!has_reviews);
    }
    assert!(without > 0, "some product has none");
}

#[test]
fn the_same_fault_at_the_same_place_rides_once() {
    let load = open_load(&[("search", 1)], Rate::Constant(10.0), Spacing::Even, 0, 1);
    let twice = vec![
        rule("slow-query", "catalog.search", 1.0),
        rule("slow-query", "catalog.search", 1.0),
    ];
    assert!(
        plan(&scenario(vec![load], twice))
            .open()
            .all(|request| request.faults.len() == 1)
    );
}

#[test]
fn faults_of_the_closed_model_strike_by_when_the_step_starts() {
    let mut slow = rule("slow-query", "orders.list-orders", 1.0);
    slow.from = Duration::from_secs(2);
    let scenario = scenario(vec![closed_load("order-history", 1, 0..=0)], vec![slow]);
    let mut user = plan(&scenario).closed().next().expect("one user");
    let step = user.next().expect("endless");
    assert!(step.clone().start(Duration::from_secs(1)).faults.is_empty());
    assert_eq!(step.start(Duration::from_secs(2)).faults.len(), 1);
}
