//! One of the two is refused by the database, whichever it is.

use chassis::database::DatabaseError;
use seed::shop::Scale;
use testkit::databases;

use super::{failing_dependency, healthy};

const SCALE: Scale = Scale {
    users: 5,
    products: 1,
    orders: 0,
};

#[tokio::test]
async fn the_database_knows_no_such_column() {
    for test in databases(&crate::seed::DATASET, "list_users_fails", SCALE).await {
        assert_eq!(healthy::find(&test.database, &[1, 2]).await.unwrap().len(), 2);
        match failing_dependency::find(&test.database, &[1, 2]).await {
            Err(DatabaseError::Failed { reason, .. }) => assert!(reason.contains("nickname"), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
}
