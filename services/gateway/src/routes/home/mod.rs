//! `GET /api/home`: what a visitor sees first, from three services none of which needs another's answer.

mod healthy;
mod sequential_fan_out;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use axum::Json;
use axum::extract::State as Shared;
use chassis::client::{CallError, Client};
use chassis::request::Faults;
use chassis::strike::{Laps, Strike};
use faults::catalogue::SEQUENTIAL_FAN_OUT;
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::bulk::availability;
use super::{ListedProduct, OfferedProduct, User, authorization, offered, signed_in};
use crate::State;
use crate::error::Error;

const OPERATION: &str = "gateway.home";

/// The products on the home page: the most popular ones, which the catalog lists first.
const FEATURED: [i64; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// The home page.
#[derive(Debug, Serialize)]
pub struct Home {
    /// None for a visitor who is not signed in.
    user: Option<User>,
    featured: Vec<OfferedProduct>,
}

pub async fn home(
    Shared(state): Shared<State>,
    faults: Faults,
    headers: HeaderMap,
) -> Result<Json<Home>, Error> {
    let sources = Sources {
        client: &state.client,
        faults: &faults,
        headers: &headers,
        laps: Laps::default(),
    };
    let (products, available, user) = match faults.find(SEQUENTIAL_FAN_OUT.name, OPERATION) {
        None => healthy::fetch(&sources).await?,
        Some(_) => {
            let mut strike = Strike::counted(SEQUENTIAL_FAN_OUT.name, OPERATION);
            let all = sequential_fan_out::fetch(&sources).await;
            strike.measure(sources.laps.lost_ms());
            all?
        }
    };
    Ok(Json(Home {
        user,
        featured: offered(products, &available),
    }))
}

/// What the page is made of.
type Parts = (Vec<ListedProduct>, HashMap<i64, i64>, Option<User>);

/// Where its parts come from.
struct Sources<'a> {
    client: &'a Client,
    faults: &'a Faults,
    headers: &'a HeaderMap,
    laps: Laps,
}

impl Sources<'_> {
    async fn featured(&self) -> Result<Vec<ListedProduct>, CallError> {
        #[derive(Deserialize)]
        struct Products {
            products: Vec<ListedProduct>,
        }

        let path = format!("/products?page=1&size={}", FEATURED.len());
        let call = self.client.get("catalog", "/products", path).send();
        Ok(self.laps.time(call).await?.json::<Products>()?.products)
    }

    async fn availability(&self) -> Result<HashMap<i64, i64>, CallError> {
        let call = availability(self.client, self.faults, OPERATION, &FEATURED);
        self.laps.time(call).await
    }

    async fn visitor(&self) -> Result<Option<User>, CallError> {
        match authorization(self.headers) {
            None => Ok(None),
            Some(_) => {
                let call = signed_in(self.client, self.headers);
                self.laps.time(call).await.map(Some)
            }
        }
    }
}
