//! What holds of every plan.

use proptest::prelude::*;

use super::*;

fn any_load() -> impl Strategy<Value = Load> {
    let rate = prop_oneof![
        (0.0..80.0).prop_map(Rate::Constant),
        (0.0..80.0, 0.0..80.0).prop_map(|(from, to)| Rate::Ramp(from, to)),
        proptest::collection::vec(0.0..80.0, 1..4).prop_map(Rate::Steps),
    ];
    let spacing = prop_oneof![Just(Spacing::Poisson), Just(Spacing::Even)];
    let mix = prop_oneof![
        Just(vec![("search", 1)]),
        Just(vec![("home", 2), ("checkout", 1)]),
        Just(vec![("order-history", 1), ("product", 5), ("browse", 0)]),
    ];
    (mix, rate, spacing, 0_u64..3, 1_u64..3)
        .prop_map(|(mix, rate, spacing, from, seconds)| open_load(&mix, rate, spacing, from, seconds))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn shards_merge_to_the_whole(loads in proptest::collection::vec(any_load(), 1..4), seed: u64, count in 1_u64..6) {
        let mut scenario = scenario(loads, everything().faults);
        scenario.seed = seed;
        let whole = lines(plan(&scenario).open());
        let mut merged: Vec<_> = (1..=count)
            .flat_map(|index| plan(&scenario).open_shard(format!("{index}/{count}").parse().expect("a shard")))
            .collect();
        merged.sort_by_key(|request| request.sequence);
        prop_assert_eq!(lines(merged.into_iter()), whole);
    }

    #[test]
    fn nothing_but_scenario_and_seed_changes_the_plan(loads in proptest::collection::vec(any_load(), 1..4), seed: u64) {
        let mut scenario = scenario(loads, everything().faults);
        scenario.seed = seed;
        let first = lines(plan(&scenario).open());
        prop_assert_eq!(&first, &lines(plan(&scenario.clone()).open()));
        // What is only for people, or judged afterwards, does not change it either.
        let mut renamed = scenario.clone();
        renamed.name = "another".to_owned();
        renamed.title = "Another".to_owned();
        renamed.warm_up = Duration::from_secs(1);
        prop_assert_eq!(&first, &lines(plan(&renamed).open()));
        scenario.seed = seed.wrapping_add(1);
        prop_assert!(first.is_empty() || first != lines(plan(&scenario).open()));
    }

    #[test]
    fn shards_split_the_users_of_the_closed_model(users in 1_u32..9, count in 1_u64..5) {
        let scenario = scenario(vec![closed_load("home", users, 0..=10)], Vec::new());
        let mut merged: Vec<u32> = (1..=count)
            .flat_map(|index| plan(&scenario).closed_shard(format!("{index}/{count}").parse().expect("a shard")))
            .map(|user| user.user())
            .collect();
        merged.sort_unstable();
        prop_assert_eq!(merged, (1..=users).collect::<Vec<_>>());
    }
}
