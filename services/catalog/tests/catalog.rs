//! The service as its callers see it, on both databases, beside a users service that answers.

use axum::Router;
use axum::http::StatusCode;
use proptest::prelude::*;
use seed::shop::{Scale, product, reviews, user};
use testkit::{TestDatabase, client, databases, get, serve, with_baggage};

const SCALE: Scale = Scale {
    users: 50,
    products: 120,
    orders: 0,
};

/// The service, and the users service's database, which has to live as long as it serves.
async fn catalog(database: &TestDatabase) -> (Router, TestDatabase) {
    let users = testkit::sqlite(&users::seed::DATASET, SCALE).await;
    let state = users::State::new(users.database.clone());
    let url = serve(users::router(state)).await;
    let state = catalog::State::new(database.database.clone(), client(&[("users", url)]));
    (catalog::router(state), users)
}

#[tokio::test]
async fn a_product_comes_with_its_reviews_and_their_authors() {
    for test in databases(&catalog::seed::DATASET, "catalog_product", SCALE).await {
        let (router, _users) = catalog(&test).await;
        let reply = get(&router, "/products/7").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert_eq!(reply.body["name"], product(42, 7).name);
        let expected = reviews(42, 7, SCALE);
        assert_eq!(reply.body["reviews"].as_array().unwrap().len(), expected.len());
        assert_eq!(
            reply.body["reviews"][0]["author"]["name"],
            user(42, expected[0].author).name
        );
        assert_eq!(get(&router, "/products/999").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn the_catalogue_is_paged_and_prices_are_told() {
    for test in databases(&catalog::seed::DATASET, "catalog_list", SCALE).await {
        let (router, _users) = catalog(&test).await;
        let reply = get(&router, "/products?page=3&size=50").await;
        assert_eq!(reply.body["products"].as_array().unwrap().len(), 20);
        assert_eq!(reply.body["products"][0]["id"], 101);
        let prices = get(&router, "/products/prices?ids=5,1,4000").await.body;
        assert_eq!(prices["prices"][1]["price_cents"], product(42, 5).price_cents);
        assert_eq!(prices["prices"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn searches_that_ask_for_nothing_or_too_much_are_refused() {
    let test = testkit::sqlite(&catalog::seed::DATASET, SCALE).await;
    let (router, _users) = catalog(&test).await;
    for query in ["/search", "/search?q=", "/search?q=a+b+c+d+e"] {
        assert_eq!(
            get(&router, query).await.status,
            StatusCode::BAD_REQUEST,
            "{query}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is asked for, whoever is struck by a fault gets the same body as everybody else.
    #[test]
    fn a_fault_changes_no_answer(number in 1..=100_u32, first in 0..9_usize, second in 0..9_usize) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let test = testkit::sqlite(&catalog::seed::DATASET, SCALE).await;
            let (router, _users) = catalog(&test).await;
            let terms = product(42, number).terms();
            let query = format!("{}+{}", terms[first % terms.len()], terms[second % terms.len()]);
            for (path, baggage) in [
                (format!("/search?q={query}"), "fault.slow-query=catalog.search"),
                (format!("/search?q={query}"), "fault.quadratic-algorithm=catalog.search"),
                (format!("/search?q={query}"), "fault.blocked-runtime=catalog.search"),
                (format!("/search?q={query}"), "fault.memory-growth=catalog.search;slot=1KiB"),
                (format!("/products/prices?ids={number},7,4000"), "fault.mutex-across-io=catalog.prices"),
                (format!("/products/prices?ids={number},7,4000"), "fault.cache-bypass=catalog.prices"),
                (
                    format!("/products/prices?ids={number},7,4000"),
                    "fault.cache-stampede=catalog.prices;lifetime=1ms",
                ),
                (format!("/products/{number}"), "fault.n-plus-one-sql=catalog.product"),
                (format!("/products/{number}"), "fault.n-plus-one-rpc=catalog.product"),
                (format!("/products/{number}"), "fault.pool-exhaustion=catalog.product"),
                (format!("/products/{number}"), "fault.unbounded-result=catalog.product"),
                (
                    format!("/products?page={}&size={number}", 1 + first),
                    "fault.unbounded-result=catalog.list-products",
                ),
            ] {
                let healthy = get(&router, &path).await;
                assert_eq!(healthy.status, StatusCode::OK, "{}", healthy.body);
                assert_eq!(healthy, with_baggage(baggage, get(&router, &path)).await);
            }
        });
    }
}
