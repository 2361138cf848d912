//! The whole shop in one process: the gateway's API as its users see it, with the real services behind it.
#![expect(clippy::unwrap_used, reason = "a panic is how a test reports")]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use seed::shop::{Scale, order, price_cents, product, reviews, token, user};
use serde_json::{Value, json};
use testkit::{Reply, TestDatabase, client, get, post, send, serve, with_baggage};

const SCALE: Scale = Scale {
    users: 6,
    products: 30,
    orders: 120,
};

/// The gateway, and what has to live as long as it serves.
struct Shop {
    gateway: Router,
    _databases: [TestDatabase; 3],
}

impl Shop {
    async fn open() -> Self {
        let users = testkit::sqlite(&users::seed::DATASET, SCALE).await;
        let catalog = testkit::sqlite(&catalog::seed::DATASET, SCALE).await;
        let orders = testkit::sqlite(&orders::seed::DATASET, SCALE).await;
        let users_url = serve(users::router(users::State::new(users.database.clone()))).await;
        let payments_url = serve(payments::router(Arc::new(payments::State::new(42)))).await;
        let catalog_state =
            catalog::State::new(catalog.database.clone(), client(&[("users", users_url.clone())]));
        let catalog_url = serve(catalog::router(catalog_state)).await;
        let upstreams = [
            ("users", users_url.clone()),
            ("catalog", catalog_url.clone()),
            ("payments", payments_url),
        ];
        let orders_url = serve(orders::router(orders::State::new(
            orders.database.clone(),
            client(&upstreams),
        )))
        .await;
        let behind = [
            ("users", users_url),
            ("catalog", catalog_url),
            ("orders", orders_url),
        ];
        let gateway = gateway::router(gateway::State::new(client(&behind)));
        Self {
            gateway,
            _databases: [users, catalog, orders],
        }
    }

    async fn signed_in(&self, method: Method, path: &str, who: u32, body: Value) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", token(42, who)))
            .header("content-type", "application/json")
            .header("idempotency-key", "the-only-one")
            .body(Body::from(body.to_string()))
            .unwrap();
        send(&self.gateway, request).await
    }
}

#[tokio::test]
async fn a_visitor_looks_around() {
    let shop = Shop::open().await;
    let home = get(&shop.gateway, "/api/home").await;
    assert_eq!(home.status, StatusCode::OK, "{}", home.body);
    assert_eq!(home.body["user"], Value::Null);
    assert_eq!(home.body["featured"][0]["available"], product(42, 1).stock);

    let products = get(&shop.gateway, "/api/products?page=2&size=20").await;
    assert_eq!(products.body["products"].as_array().unwrap().len(), 10);

    let one = get(&shop.gateway, "/api/products/4").await;
    assert_eq!(one.body["name"], product(42, 4).name);
    assert_eq!(
        one.body["reviews"].as_array().unwrap().len(),
        reviews(42, 4, SCALE).len()
    );

    let word = &product(42, 9).terms()[0];
    let found = get(&shop.gateway, &format!("/api/search?q={word}")).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.body);
}

#[tokio::test]
async fn a_customer_signs_in_orders_and_looks_back() {
    let shop = Shop::open().await;
    let session = post(
        &shop.gateway,
        "/api/sessions",
        &[],
        &json!({ "email": user(42, 3).email }),
    )
    .await;
    assert_eq!(session.status, StatusCode::CREATED, "{}", session.body);

    let account = shop.signed_in(Method::GET, "/api/account", 3, Value::Null).await;
    assert_eq!(account.body["email"], user(42, 3).email);

    let basket = json!({ "items": [{ "product_id": 5, "quantity": 2 }] });
    let placed = shop
        .signed_in(Method::POST, "/api/orders", 3, basket.clone())
        .await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.body);
    assert_eq!(placed.body["total_cents"], 2 * price_cents(42, 5));
    let again = shop.signed_in(Method::POST, "/api/orders", 3, basket).await;
    assert_eq!(again.body, placed.body);

    let history = shop
        .signed_in(Method::GET, "/api/orders?size=50", 3, Value::Null)
        .await;
    let past = (1..=SCALE.orders)
        .filter(|&number| order(42, number, SCALE).user == 3)
        .count();
    assert_eq!(history.body["orders"].as_array().unwrap().len(), past + 1);
    assert_eq!(history.body["orders"][0]["id"], placed.body["id"]);
    let item = &history.body["orders"][0]["items"][0];
    assert_eq!(item["name"], product(42, 5).name);
    assert_eq!((&item["product_id"], &item["quantity"]), (&json!(5), &json!(2)));

    let path = format!("/api/orders/{}", placed.body["id"]);
    assert_eq!(
        shop.signed_in(Method::GET, &path, 3, Value::Null).await.status,
        StatusCode::OK
    );
    assert_eq!(
        shop.signed_in(Method::GET, &path, 4, Value::Null).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn refusals_keep_their_meaning_on_the_way_through() {
    let shop = Shop::open().await;
    for (path, status) in [
        ("/api/account", StatusCode::UNAUTHORIZED),
        ("/api/orders", StatusCode::UNAUTHORIZED),
        ("/api/products/999", StatusCode::NOT_FOUND),
        ("/api/products?size=1000", StatusCode::BAD_REQUEST),
        ("/api/search?q=a+b+c+d+e", StatusCode::BAD_REQUEST),
    ] {
        let reply = get(&shop.gateway, path).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
        assert_eq!(
            reply.headers["content-type"], "application/problem+json",
            "{path}"
        );
    }
    let nothing = shop
        .signed_in(Method::POST, "/api/orders", 3, json!({ "items": [] }))
        .await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    let far = "fault.slow-query=orders.list-orders";
    assert_eq!(
        with_baggage(far, get(&shop.gateway, "/api/home")).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn whoever_is_struck_gets_the_same_answer() {
    let shop = Shop::open().await;
    for (path, baggage) in [
        ("/api/home", "fault.sequential-fan-out=gateway.home"),
        ("/api/home", "fault.n-plus-one-rpc=gateway.home"),
        ("/api/home", "fault.wide-fan-out=gateway.home;width=3"),
        (
            "/api/products?page=2",
            "fault.n-plus-one-rpc=gateway.list-products",
        ),
        (
            "/api/products?page=1&size=7",
            "fault.wide-fan-out=gateway.list-products",
        ),
        ("/api/products/4", "fault.sequential-fan-out=gateway.product"),
        ("/api/products/4", "fault.retry-storm=gateway.product"),
        (
            "/api/reports/sales?orders=50",
            "fault.missing-timeout=gateway.sales-report;patience=2s",
        ),
    ] {
        let healthy = shop.signed_in(Method::GET, path, 3, Value::Null).await;
        assert_eq!(healthy.status, StatusCode::OK, "{path}: {}", healthy.body);
        let struck = with_baggage(baggage, shop.signed_in(Method::GET, path, 3, Value::Null)).await;
        assert_eq!(healthy, struck, "{baggage}");
    }
}

#[tokio::test]
async fn the_report_is_for_who_is_signed_in_and_about_as_many_orders_as_asked_for() {
    let shop = Shop::open().await;
    let path = "/api/reports/sales?orders=50";
    assert_eq!(get(&shop.gateway, path).await.status, StatusCode::UNAUTHORIZED);
    let report = shop.signed_in(Method::GET, path, 3, Value::Null).await;
    assert_eq!(report.body["orders"], 50);
    assert_eq!(report.body["bought_together"].as_array().unwrap().len(), 10);
    let too_many = "/api/reports/sales?orders=10001";
    let refused = shop.signed_in(Method::GET, too_many, 3, Value::Null).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn services_that_are_away_are_bad_gateways() {
    let nowhere = "http://127.0.0.1:1".to_owned();
    let behind = [
        ("users", nowhere.clone()),
        ("catalog", nowhere.clone()),
        ("orders", nowhere),
    ];
    let gateway = gateway::router(gateway::State::new(client(&behind)));
    assert_eq!(get(&gateway, "/api/home").await.status, StatusCode::BAD_GATEWAY);
    assert_eq!(get(&gateway, "/openapi.json").await.status, StatusCode::OK);
}
