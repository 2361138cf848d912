//! `GET /api/home`: what a visitor sees first. Three services are asked at the same time, for none needs another's answer.

use axum::Json;
use axum::extract::State as Shared;
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::{ListedProduct, OfferedProduct, User, authorization, availability, offered, signed_in};
use crate::State;
use crate::error::Error;

/// The products on the home page: the most popular ones, which the catalog lists first.
const FEATURED: [i64; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// The home page.
#[derive(Debug, Serialize)]
pub struct Home {
    /// None for a visitor who is not signed in.
    user: Option<User>,
    featured: Vec<OfferedProduct>,
}

#[derive(Deserialize)]
struct Products {
    products: Vec<ListedProduct>,
}

pub async fn home(Shared(state): Shared<State>, headers: HeaderMap) -> Result<Json<Home>, Error> {
    let client = &state.client;
    let featured = async {
        let path = format!("/products?page=1&size={}", FEATURED.len());
        client
            .get("catalog", "/products", path)
            .send()
            .await?
            .json::<Products>()
    };
    let user = async {
        match authorization(&headers) {
            None => Ok(None),
            Some(_) => signed_in(client, &headers).await.map(Some),
        }
    };
    let (Products { products }, available, user) =
        tokio::try_join!(featured, availability(client, &FEATURED), user)?;
    Ok(Json(Home {
        user,
        featured: offered(products, &available),
    }))
}
