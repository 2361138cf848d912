//! Both sign in, and one of them has a connection while the token is made.

use seed::shop::{Scale, user};
use testkit::{databases, number};

use super::{healthy, pool_exhaustion};
use crate::State;

const SCALE: Scale = Scale {
    users: 5,
    products: 1,
    orders: 0,
};

#[tokio::test]
async fn only_one_of_them_has_a_connection_while_the_token_is_made() {
    for test in databases(&crate::seed::DATASET, "create_session", SCALE).await {
        let state = State::new(test.database.clone());
        let email = user(42, 3).email;
        for keeps in [false, true] {
            let made = async {
                let (used, _) = state.database.connections();
                assert_eq!(used, u32::from(keeps));
                Ok(format!("token {keeps}"))
            };
            let token = if keeps {
                pool_exhaustion::create(&state, &email, made).await
            } else {
                healthy::create(&state, &email, made).await
            };
            assert_eq!(token.unwrap(), format!("token {keeps}"));
        }
        let sessions = "SELECT COUNT(*) FROM sessions WHERE user_id = 3";
        assert_eq!(number(&test.database, sessions).await, 3);
    }
}
