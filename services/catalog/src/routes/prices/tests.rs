//! All tell the same prices. One of them asks the database each time, and one as often as there are requests when a price has
//! grown too old.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use chassis::span;
use chassis::testing::{record_spans, spans_of};
use opentelemetry::context::FutureExt;
use seed::shop::{Scale, price_cents};
use testkit::{client, databases, execute};

use super::{cache_bypass, cache_stampede, healthy, mutex_across_io};
use crate::State;

const SCALE: Scale = Scale {
    users: 1,
    products: 20,
    orders: 0,
};

fn now(number: u32) -> (i64, i64) {
    (i64::from(number), i64::from(price_cents(42, number)))
}

#[tokio::test]
async fn one_remembers_and_the_other_never_finds_what_it_has_kept() {
    for test in databases(&crate::seed::DATASET, "prices_key", SCALE).await {
        let state = State::new(test.database.clone(), client(&[]));
        let prices = BTreeMap::from([now(3), now(5)]);
        assert_eq!(healthy::prices(&state, &[3, 5, 99]).await.unwrap(), prices);
        assert_eq!(
            cache_bypass::prices(&state, &[3, 5]).await.unwrap(),
            (prices.clone(), 2)
        );
        execute(&test.database, "UPDATE products SET price_cents = 7").await;
        assert_eq!(healthy::prices(&state, &[3, 5]).await.unwrap(), prices);
        let (read, misses) = cache_bypass::prices(&state, &[3, 5]).await.unwrap();
        assert_eq!((read, misses), (BTreeMap::from([(3, 7), (5, 7)]), 2));
    }
}

/// How often the database is asked for prices while this runs.
async fn queries<F: Future>(future: F) -> (F::Output, usize) {
    record_spans();
    let span = span::internal("test").as_root().start();
    let trace = span.span_context().trace_id();
    let output = future.with_context(span.context().clone()).await;
    let asked = spans_of(trace)
        .iter()
        .filter(|span| span.name == "SELECT products")
        .count();
    (output, asked)
}

#[tokio::test]
async fn four_who_find_nothing_are_one_query_or_four() {
    for test in databases(&crate::seed::DATASET, "prices_stampede", SCALE).await {
        let state = State::new(test.database.clone(), client(&[]));
        let prices = BTreeMap::from([now(3), now(5)]);

        let ask = || healthy::prices(&state, &[3, 5]);
        let in_use = test.all_in_use().await;
        let release = async { drop(in_use) };
        // All have come before the first is answered.
        let all = async { tokio::join!(biased; ask(), ask(), ask(), ask(), release) };
        let (answers, asked) = queries(all).await;
        assert_eq!(asked, 1, "who comes second waits for what the first brings");
        assert_eq!(answers.3.unwrap(), prices);

        let ask = |lifetime| cache_stampede::prices(&state, &[3, 5, 99], lifetime);
        let long = Duration::from_secs(60);
        let in_use = test.all_in_use().await;
        let release = async { drop(in_use) };
        let all = async { tokio::join!(biased; ask(long), ask(long), ask(long), ask(long), release) };
        let (answers, asked) = queries(all).await;
        assert_eq!(asked, 4, "each reads the list");
        assert_eq!(answers.0.unwrap(), (prices.clone(), 1));
        assert_eq!(
            answers.3.unwrap(),
            (prices.clone(), 4),
            "while three others do so"
        );

        let (answer, asked) = queries(ask(long)).await;
        assert_eq!((answer.unwrap(), asked), ((prices.clone(), 0), 0));
        execute(&test.database, "UPDATE products SET price_cents = 7").await;
        let (answer, asked) = queries(ask(Duration::ZERO)).await;
        let changed = BTreeMap::from([(3, 7), (5, 7)]);
        assert_eq!((answer.unwrap(), asked), ((changed, 1), 1));
    }
}

#[tokio::test]
async fn who_reads_what_is_missing_keeps_the_cache_from_all_others() {
    for test in databases(&crate::seed::DATASET, "prices_lock", SCALE).await {
        let state = State::new(test.database.clone(), client(&[]));
        let in_use = test.all_in_use().await;
        let guard = state.locked_prices.lock().await;
        let mut prices = Box::pin(mutex_across_io::prices(guard, &state.prices, &[3, 5, 99]));
        let is_pending = poll_fn(|context| Poll::Ready(prices.as_mut().poll(context).is_pending()));
        assert!(is_pending.await);
        assert!(state.locked_prices.try_lock().is_err());
        drop(in_use);
        let expected = BTreeMap::from([now(3), now(5)]);
        assert_eq!(prices.await.unwrap(), expected);
        execute(&test.database, "UPDATE products SET price_cents = 7").await;
        let again = mutex_across_io::prices(state.locked_prices.lock().await, &state.prices, &[3, 5]).await;
        assert_eq!(again.unwrap(), expected, "it remembers");
    }
}
