//! What the shop offers to the world, one file per use case.

mod account;
mod bulk;
mod create_order;
mod create_session;
mod home;
mod list_orders;
mod list_products;
mod openapi;
mod order;
mod product;
mod sales_report;
mod search;

use std::collections::HashMap;

use axum::Router;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chassis::client::{CallError, Client};
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};

use crate::State;
use crate::reach::refuse_out_of_reach;

/// All routes.
pub fn router(state: State) -> Router {
    Router::new()
        .route("/api/home", get(home::home))
        .route("/api/products", get(list_products::list_products))
        .route("/api/products/{id}", get(product::product))
        .route("/api/search", get(search::search))
        .route("/api/sessions", post(create_session::create_session))
        .route("/api/account", get(account::account))
        .route(
            "/api/orders",
            get(list_orders::list_orders).post(create_order::create_order),
        )
        .route("/api/orders/{id}", get(order::order))
        .route("/api/reports/sales", get(sales_report::sales_report))
        .route_layer(axum::middleware::from_fn(refuse_out_of_reach))
        .route("/openapi.json", get(openapi::openapi))
        .with_state(state)
}

/// A product in a list, with whether it can be had.
#[derive(Debug, Serialize)]
struct OfferedProduct {
    #[serde(flatten)]
    product: ListedProduct,
    /// How many can be sold; none when that is not known.
    available: Option<i64>,
}

/// A product in a list, as the catalog has it.
#[derive(Debug, Serialize, Deserialize)]
struct ListedProduct {
    id: i64,
    name: String,
    price_cents: i64,
}

/// Who is signed in.
#[derive(Debug, Serialize, Deserialize)]
struct User {
    id: i64,
    email: String,
    name: String,
}

/// An answer from behind that is passed on as it is, unread.
fn passed_on(body: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Asks the users service who the caller is.
async fn signed_in(client: &Client, headers: &HeaderMap) -> Result<User, CallError> {
    let call = client.get("users", "/session", "/session");
    let call = match authorization(headers) {
        Some(authorization) => call.header("authorization", authorization),
        None => call,
    };
    call.send().await?.json()
}

/// What the caller shows to be known by.
fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
}

/// The products with what is known of their availability.
fn offered(products: Vec<ListedProduct>, available: &HashMap<i64, i64>) -> Vec<OfferedProduct> {
    let offer = |product: ListedProduct| {
        let available = available.get(&product.id).copied();
        OfferedProduct { product, available }
    };
    products.into_iter().map(offer).collect()
}

/// A text as it stands in a query string: all but letters, digits and `-._~` in percent encoding.
fn query_value(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::query_value;

    #[test]
    fn nothing_in_a_value_ends_it() {
        assert_eq!(query_value("wool & silk=ä"), "wool%20%26%20silk%3D%C3%A4");
    }
}
