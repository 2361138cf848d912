//! `GET /api/products/{id}`: a product with its reviews, and how many can be had; both are asked for at the same time.

use axum::Json;
use axum::extract::State as Shared;
use chassis::extract::Path;
use serde_json::Value;

use super::availability;
use crate::State;
use crate::error::Error;

pub async fn product(Shared(state): Shared<State>, Path(id): Path<i64>) -> Result<Json<Value>, Error> {
    let client = &state.client;
    let product = async {
        let call = client.get("catalog", "/products/{id}", format!("/products/{id}"));
        call.send().await?.json::<Value>()
    };
    let (mut product, available) =
        tokio::try_join!(product, availability(client, std::slice::from_ref(&id)))?;
    product["available"] = available.get(&id).copied().into();
    Ok(Json(product))
}
