//! What is asked for, within its limits.

use std::collections::BTreeMap;

use http::HeaderMap;
use serde::Deserialize;
use uuid::Uuid;

use crate::checkout::{MAX_LINES, MAX_QUANTITY};
use crate::error::Error;

/// The longest key.
const MAX_KEY: usize = 128;

/// An order to be placed.
#[derive(Debug, Deserialize)]
pub struct Request {
    /// Whose order.
    pub user_id: i64,
    items: Vec<Line>,
}

/// How many of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Line {
    /// What.
    pub product_id: i64,
    /// How many.
    pub quantity: i64,
}

impl Request {
    /// The products as they lie in the basket, each once.
    pub fn basket(&self) -> Vec<i64> {
        let mut basket = Vec::with_capacity(self.items.len());
        for line in &self.items {
            if !basket.contains(&line.product_id) {
                basket.push(line.product_id);
            }
        }
        basket
    }

    /// What is ordered, each product once, in ascending order.
    ///
    /// # Errors
    ///
    /// [`Error::Items`] when that is nothing, or too much.
    pub fn lines(&self) -> Result<Vec<Line>, Error> {
        if self.items.is_empty() || self.items.len() > MAX_LINES {
            return Err(Error::Items);
        }
        let mut quantities = BTreeMap::<i64, i64>::new();
        for line in &self.items {
            let quantity = quantities.entry(line.product_id).or_default();
            if !(1..=MAX_QUANTITY).contains(&line.quantity) || *quantity + line.quantity > MAX_QUANTITY {
                return Err(Error::Items);
            }
            *quantity += line.quantity;
        }
        Ok(quantities
            .into_iter()
            .map(|(product_id, quantity)| Line { product_id, quantity })
            .collect())
    }
}

/// The client's key for this order, or a fresh one.
///
/// # Errors
///
/// [`Error::Key`] when there is one that is no use.
pub fn idempotency_key(headers: &HeaderMap) -> Result<String, Error> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(Uuid::new_v4().simple().to_string());
    };
    let key = key.to_str().map_err(|_| Error::Key)?;
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if key.is_empty() || key.len() > MAX_KEY || !visible {
        Err(Error::Key)
    } else {
        Ok(key.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(items: &str) -> Result<Vec<Line>, Error> {
        serde_json::from_str::<Request>(&format!(r#"{{"user_id":1,"items":[{items}]}}"#))
            .unwrap()
            .lines()
    }

    #[test]
    fn products_are_merged_and_sorted() {
        let items =
            r#"{"product_id":7,"quantity":1},{"product_id":2,"quantity":3},{"product_id":7,"quantity":4}"#;
        let expected = [
            Line {
                product_id: 2,
                quantity: 3,
            },
            Line {
                product_id: 7,
                quantity: 5,
            },
        ];
        assert_eq!(lines(items).unwrap(), expected);
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        let line = |quantity: i64| format!(r#"{{"product_id":7,"quantity":{quantity}}}"#);
        for items in [
            String::new(),
            line(0),
            line(-1),
            line(101),
            line(i64::MAX),
            format!("{0},{0}", line(60)),
        ] {
            assert!(matches!(lines(&items), Err(Error::Items)), "{items}");
        }
        assert!(lines(&vec![line(1); 21].join(",")).is_err());
    }
}
