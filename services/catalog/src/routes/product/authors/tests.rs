//! Both ways name the same authors, one with one call and one with a call a review.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use seed::shop::{Scale, reviews};
use testkit::{client, serve, sqlite};

use super::{Review, healthy, n_plus_one_rpc};

const SCALE: Scale = Scale {
    users: 30,
    products: 12,
    orders: 0,
};

/// A users service that counts how often it is asked.
fn counted(users: Router) -> (Router, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let count = from_fn(move |request: Request, next: Next| {
        counter.fetch_add(1, Ordering::Relaxed);
        next.run(request)
    });
    (users.layer(count), asked)
}

/// The reviews of a product, and one by somebody who is not there any more.
fn stored(product: u32) -> Vec<Review> {
    let stored = reviews(42, product, SCALE).into_iter().map(|review| Review {
        id: i64::from(review.number),
        author_id: i64::from(review.author),
        rating: i64::from(review.rating),
        text: review.text,
    });
    let gone = Review {
        id: 0,
        author_id: 4_000,
        rating: 1,
        text: String::new(),
    };
    stored.chain([gone]).collect()
}

#[tokio::test]
async fn one_asks_once_and_the_other_as_often_as_there_are_reviews() {
    let users = sqlite(&users::seed::DATASET, SCALE).await;
    let state = users::State::new(users.database.clone());
    let (router, asked) = counted(users::router(state));
    let client = client(&[("users", serve(router).await)]);
    for product in 1..=SCALE.products {
        let reviews = stored(product);
        let authors = healthy::authors(&client, &reviews).await.unwrap();
        assert_eq!(asked.swap(0, Ordering::Relaxed), 1);
        assert_eq!(authors, n_plus_one_rpc::authors(&client, &reviews).await.unwrap());
        assert_eq!(asked.swap(0, Ordering::Relaxed), reviews.len());
    }
    assert!(healthy::authors(&client, &[]).await.unwrap().is_empty());
    assert_eq!(asked.load(Ordering::Relaxed), 0, "nobody wrote, nobody is asked");
}
