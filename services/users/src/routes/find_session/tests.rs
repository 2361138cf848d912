//! One of the two is refused by the database, whichever it is.

use chassis::database::DatabaseError;
use seed::shop::{Scale, token};
use testkit::databases;

use super::{failing_dependency, healthy};

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
