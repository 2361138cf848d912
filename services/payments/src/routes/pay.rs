//! `POST /payments`: charges a customer, once per key.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State as Shared;
use chassis::request::Faults;
use http::HeaderMap;
use seed::draws::{Domain, Draws};
use serde::Deserialize;

use crate::State;
use crate::error::Error;
use crate::ledger::{Payment, Status};
use crate::remember::remember;

/// Half of all payments take less time than this.
const MEDIAN_MS: f64 = 30.0;

/// How far the times are spread: the standard deviation of their logarithm.
const SHAPE: f64 = 0.4;

/// What is declined: more than 10,000.00.
const LIMIT_CENTS: u64 = 1_000_000;

/// The longest key.
const MAX_KEY: usize = 200;

/// What is asked for.
#[derive(Debug, Deserialize)]
pub struct Request {
    key: String,
    amount_cents: u64,
}

pub async fn pay(
    Shared(state): Shared<Arc<State>>,
    faults: Faults,
    headers: HeaderMap,
    Json(request): Json<Request>,
) -> Result<Json<Payment>, Error> {
    let Request { key, amount_cents } = request;
    if key.is_empty() || key.len() > MAX_KEY || amount_cents == 0 {
        return Err(Error::Invalid);
    }
    let (remember, _strike) = remember(&faults, &headers);
    let payment = state
        .ledger
        .decide(
            &key,
            async {
                let pace = state.pace.load(Ordering::Relaxed);
                tokio::time::sleep(processing_time(state.seed, &key) * pace).await;
                let status = if amount_cents > LIMIT_CENTS {
                    Status::Declined
                } else {
                    Status::Paid
                };
                Payment {
                    key: key.clone(),
                    amount_cents,
                    status,
                }
            },
            remember,
        )
        .await?;
    if payment.status != Status::Void && payment.amount_cents != amount_cents {
        return Err(Error::OtherAmount);
    }
    Ok(Json(payment))
}

/// How long the provider takes: the one time in the shop that is simulated, for it is bought in. It follows from the key, so
/// that one plan meets one provider.
fn processing_time(seed: u64, key: &str) -> Duration {
    let milliseconds = Draws::new(seed, Domain::Payments, fnv1a(key.as_bytes())).log_normal(MEDIAN_MS, SHAPE);
    Duration::from_secs_f64(milliseconds / 1000.0)
}

/// Fowler, Noll and Vo's hash, 64 bits: the same on every machine and in every version.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv1a() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn half_of_the_payments_take_30_ms() {
        let mut times: Vec<_> = (0..1_001)
            .map(|order| processing_time(1, &format!("order-{order}")))
            .collect();
        times.sort();
        assert!((28..32).contains(&times[500].as_millis()), "{:?}", times[500]);
        assert_eq!(processing_time(1, "a"), processing_time(1, "a"));
    }
}
