//! One is refused by the database, whichever it is, and one lets others wait until it has answered.

use std::future::poll_fn;
use std::task::Poll;

use chassis::database::DatabaseError;
use seed::shop::{Scale, token};
use testkit::databases;

use super::{failing_dependency, healthy, mutex_across_io};
use crate::State;

const SCALE: Scale = Scale {
    users: 5,
    products: 1,
    orders: 0,
};

#[tokio::test]
async fn the_database_knows_no_such_column() {
    for test in databases(&crate::seed::DATASET, "find_session_fails", SCALE).await {
        let found = healthy::find(&test.database, &token(42, 3)).await.unwrap();
        assert_eq!(found.unwrap().id, 3);
        assert!(healthy::find(&test.database, "nobody").await.unwrap().is_none());
        match failing_dependency::find(&test.database, &token(42, 3)).await {
            Err(DatabaseError::Failed { reason, .. }) => {
                assert!(reason.contains("expires_at_ms"), "{reason}")
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn one_of_them_holds_the_lock_until_the_database_has_answered() {
    for test in databases(&crate::seed::DATASET, "find_session_lock", SCALE).await {
        let state = State::new(test.database.clone());
        let third = token(42, 3);
        let in_use = test.all_in_use().await;
        let guard = state.known.lock().await;
        let mut find = Box::pin(mutex_across_io::find(guard, &state.database, &third));
        let is_pending = poll_fn(|context| Poll::Ready(find.as_mut().poll(context).is_pending()));
        assert!(is_pending.await);
        assert!(state.known.try_lock().is_err());
        drop(in_use);
        let found = find.await.unwrap().unwrap();
        assert_eq!(found.id, 3);
        let healthy = healthy::find(&state.database, &third).await.unwrap().unwrap();
        assert_eq!((found.email, found.name), (healthy.email, healthy.name));
        // What it has found once it knows, and what there is not it does not find.
        assert!(state.known.lock().await.contains_key(&third));
        let nobody = mutex_across_io::find(state.known.lock().await, &state.database, "nobody").await;
        assert!(nobody.unwrap().is_none());
    }
}
