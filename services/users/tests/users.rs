//! The service as its callers see it, on both databases.
#![expect(clippy::unwrap_used, reason = "a panic is how a test reports")]

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use seed::shop::{Scale, token, user};
use serde_json::json;
use testkit::{databases, get, post, send};

const SCALE: Scale = Scale {
    users: 5,
    products: 1,
    orders: 0,
};

async fn session(router: &Router, authorization: &str) -> testkit::Reply {
    send(
        router,
        Request::get("/session")
            .header("authorization", authorization)
            .body(Body::empty())
            .unwrap(),
    )
    .await
}

#[tokio::test]
async fn everybody_is_signed_in_from_the_start_and_can_sign_in_again() {
    for test in databases(&users::seed::DATASET, "users_sessions", SCALE).await {
        let router = users::router(users::State::new(test.database.clone()));
        let third = user(42, 3);
        let reply = session(&router, &format!("Bearer {}", token(42, 3))).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(
            reply.body,
            json!({ "id": 3, "email": third.email, "name": third.name })
        );

        let reply = post(&router, "/sessions", &[], &json!({ "email": third.email })).await;
        assert_eq!(reply.status, StatusCode::CREATED);
        let again = session(
            &router,
            &format!("Bearer {}", reply.body["token"].as_str().unwrap()),
        )
        .await;
        assert_eq!(again.body["id"], 3);
    }
}

#[tokio::test]
async fn who_is_not_signed_in_is_told_so() {
    for test in databases(&users::seed::DATASET, "users_not_signed_in", SCALE).await {
        let router = users::router(users::State::new(test.database.clone()));
        assert_eq!(get(&router, "/session").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            session(&router, "Bearer nobody").await.status,
            StatusCode::UNAUTHORIZED
        );
        let reply = post(
            &router,
            "/sessions",
            &[],
            &json!({ "email": "nobody@example.com" }),
        )
        .await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
        assert_eq!(reply.headers["content-type"], "application/problem+json");
    }
}

#[tokio::test]
async fn users_are_found_one_by_one_and_many_at_once() {
    for test in databases(&users::seed::DATASET, "users_list", SCALE).await {
        let router = users::router(users::State::new(test.database.clone()));
        let reply = get(&router, "/users?ids=4,2,99").await;
        let ids: Vec<i64> = reply.body["users"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["id"].as_i64().unwrap())
            .collect();
        assert_eq!(ids, [2, 4]);
        assert_eq!(get(&router, "/users/2").await.body, reply.body["users"][0]);
        assert_eq!(get(&router, "/users/99").await.status, StatusCode::NOT_FOUND);
        assert_eq!(get(&router, "/users/me").await.status, StatusCode::NOT_FOUND);
        assert_eq!(get(&router, "/users?ids=x").await.status, StatusCode::BAD_REQUEST);
    }
}
