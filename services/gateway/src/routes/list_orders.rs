//! `GET /api/orders?page=1&size=20`: the caller's orders with their items, the newest first.

use axum::extract::State as Shared;
use axum::response::Response;
use chassis::extract::{Page, Query};
use http::HeaderMap;

use super::{passed_on, signed_in};
use crate::State;
use crate::error::Error;

pub async fn list_orders(
    Shared(state): Shared<State>,
    Query(page): Query<Page>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let user = signed_in(&state.client, &headers).await?;
    let path = format!(
        "/orders?user_id={}&page={}&size={}",
        user.id, page.number, page.size
    );
    let answer = state.client.get("orders", "/orders", path).send().await?;
    Ok(passed_on(answer.body))
}
