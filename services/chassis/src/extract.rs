//! Axum's extractors, with problem documents for what cannot be read, and the limits of what callers may ask for.

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::StatusCode;
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The largest page.
pub const MAX_PAGE_SIZE: u32 = 100;

/// The longest list of ids.
pub const MAX_IDS: usize = 100;

/// How far a caller may page: beyond it, a database reads and throws away more than it returns.
const MAX_PAGE: u32 = 10_000;

/// The path's parameters.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            // What is no number names no order: there is no such thing, as with any other unknown name.
            Err(rejection) => Err(Problem::new(StatusCode::NOT_FOUND).detail(rejection.body_text())),
        }
    }
}

/// The query string's parameters.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(Problem::new(rejection.status()).detail(rejection.body_text())),
        }
    }
}

/// A JSON body.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(Problem::new(rejection.status()).detail(rejection.body_text())),
        }
    }
}

/// Which page of a list: `?page=1&size=20`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawPage")]
pub struct Page {
    /// From 1.
    pub number: u32,
    /// From 1 to [`MAX_PAGE_SIZE`].
    pub size: u32,
}

impl Page {
    /// How many rows come before it.
    #[must_use]
    pub fn offset(self) -> i64 {
        (i64::from(self.number) - 1) * i64::from(self.size)
    }
}

#[derive(Deserialize)]
struct RawPage {
    page: Option<u32>,
    size: Option<u32>,
}

impl TryFrom<RawPage> for Page {
    type Error = String;

    fn try_from(raw: RawPage) -> Result<Self, String> {
        let page = Self {
            number: raw.page.unwrap_or(1),
            size: raw.size.unwrap_or(20),
        };
        if !(1..=MAX_PAGE).contains(&page.number) {
            return Err(format!("page must be from 1 to {MAX_PAGE}"));
        }
        if !(1..=MAX_PAGE_SIZE).contains(&page.size) {
            return Err(format!("size must be from 1 to {MAX_PAGE_SIZE}"));
        }
        Ok(page)
    }
}

/// A list of ids: `?ids=3,1,4`. At least one and at most [`MAX_IDS`], in ascending order, each once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawIds")]
pub struct Ids(pub Vec<i64>);

#[derive(Deserialize)]
struct RawIds {
    ids: String,
}

impl TryFrom<RawIds> for Ids {
    type Error = String;

    fn try_from(raw: RawIds) -> Result<Self, String> {
        let ids: Result<Vec<i64>, _> = raw.ids.split(',').take(MAX_IDS + 1).map(str::parse).collect();
        let mut ids = ids.map_err(|_| "ids must be whole numbers with commas between them".to_owned())?;
        if ids.len() > MAX_IDS {
            return Err(format!("ids must be {MAX_IDS} at most"));
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(Self(ids))
    }
}

/// Ids as they stand in a query string.
#[must_use]
pub fn join_ids(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query<T: DeserializeOwned>(text: &str) -> Result<T, String> {
        let uri: http::Uri = format!("http://shop/?{text}").parse().unwrap();
        axum::extract::Query::<T>::try_from_uri(&uri)
            .map(|query| query.0)
            .map_err(|error| error.body_text())
    }

    #[test]
    fn pages_have_limits() {
        assert_eq!(query("").as_ref(), Ok(&Page { number: 1, size: 20 }));
        assert_eq!(query::<Page>("page=3&size=10").unwrap().offset(), 20);
        for wrong in [
            "page=0",
            "size=0",
            "size=101",
            "page=10001",
            "size=many",
            "page=-1",
        ] {
            assert!(query::<Page>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ids_are_sorted_unique_and_few() {
        assert_eq!(query("ids=3,1,3"), Ok(Ids(vec![1, 3])));
        let many = (0..=MAX_IDS)
            .map(|id| id.to_string())
            .collect::<Vec<_>>()
            .join(",");
        for wrong in ["", "ids=", "ids=1,,2", "ids=one", &format!("ids={many}")] {
            assert!(query::<Ids>(wrong).is_err(), "{wrong}");
        }
    }
}
