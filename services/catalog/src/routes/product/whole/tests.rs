//! While the authors are asked for, one of them has given every connection back.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use chassis::request::Faults;
use seed::shop::Scale;
use serde_json::json;
use testkit::{client, databases, serve};
use tokio::sync::Notify;

use super::{healthy, pool_exhaustion};
use crate::State;

const SCALE: Scale = Scale {
    users: 5,
    products: 3,
    orders: 0,
};

#[tokio::test]
async fn only_one_of_them_has_a_connection_while_another_service_is_asked() {
    for test in databases(&crate::seed::DATASET, "product_whole", SCALE).await {
        let (asked, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (asked_there, answer_there) = (asked.clone(), answer.clone());
        let users = async move || {
            asked_there.notify_one();
            answer_there.notified().await;
            axum::Json(json!({ "users": [] }))
        };
        let url = serve(Router::new().route("/users", get(users))).await;
        let state = State::new(test.database.clone(), client(&[("users", url)]));
        let faults = Faults::current();
        let mut found = Vec::new();
        for keeps in [false, true] {
            let parts = async {
                if keeps {
                    pool_exhaustion::parts(&state, &faults, 1, 0).await
                } else {
                    healthy::parts(&state, &faults, 1, 0).await
                }
            };
            let look = async {
                asked.notified().await;
                let (used, _) = state.database.connections();
                answer.notify_one();
                used
            };
            let (parts, used) = tokio::join!(parts, look);
            assert_eq!(used, u32::from(keeps));
            found.push(parts.unwrap().1);
        }
        assert_eq!(found[0], found[1]);
    }
}
