//! What was decided for which key, once and for all.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::remember::Remember;

/// What became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The customer was charged.
    Paid,
    /// The customer was not charged, and will not be.
    Declined,
    /// The merchant took it back before it was made: it will never be.
    Void,
}

/// A payment, decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// What the merchant calls it.
    pub key: String,
    /// How much, in cents; 0 when it was void before anybody said.
    pub amount_cents: u64,
    /// What became of it.
    pub status: Status,
}

/// All payments. A key is decided once; whoever asks meanwhile waits for the decision.
#[derive(Debug, Default)]
pub struct Ledger {
    payments: Mutex<HashMap<String, Arc<OnceCell<Payment>>>>,
    file: Option<Mutex<File>>,
}

impl Ledger {
    /// A ledger that is remembered in a file, one line of JSON a payment. A last line that was cut off by a crash is
    /// left out: nobody was told of that payment.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::options().create(true).append(true).read(true).open(path)?;
        let mut payments = HashMap::new();
        let mut cut_off = false;
        for line in BufReader::new(&file).split(b'\n') {
            match serde_json::from_slice::<Payment>(&line?) {
                Ok(payment) => {
                    payments.insert(payment.key.clone(), Arc::new(OnceCell::new_with(Some(payment))));
                    cut_off = false;
                }
                Err(_) => cut_off = true,
            }
        }
        if cut_off {
            file.write_all(b"\n")?;
        }
        Ok(Self {
            payments: Mutex::new(payments),
            file: Some(Mutex::new(file)),
        })
    }

    /// What was decided for that key, if anything was.
    pub fn find(&self, key: &str) -> Option<Payment> {
        self.payments
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)?
            .get()
            .cloned()
    }

    /// The decision for that key: the one that was made, or the one that `decide` makes now. When the caller goes away before
    /// `decide` is done, nothing is decided.
    pub async fn decide<F>(&self, key: &str, decide: F, remember: Remember) -> io::Result<Payment>
    where
        F: Future<Output = Payment>,
    {
        let cell = {
            let mut payments = self.payments.lock().unwrap_or_else(PoisonError::into_inner);
            payments.entry(key.to_owned()).or_default().clone()
        };
        let decided = cell.get_or_try_init(|| async {
            let payment = decide.await;
            remember(self.file.as_ref(), &payment)?;
            io::Result::Ok(payment)
        });
        decided.await.cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remember::PLAINLY;

    fn payment(key: &str, status: Status) -> Payment {
        Payment {
            key: key.to_owned(),
            amount_cents: 100,
            status,
        }
    }

    #[tokio::test]
    async fn the_first_decision_stands() {
        let ledger = Ledger::default();
        let first = ledger
            .decide("a", async { payment("a", Status::Paid) }, PLAINLY)
            .await
            .unwrap();
        let second = ledger
            .decide("a", async { payment("a", Status::Void) }, PLAINLY)
            .await
            .unwrap();
        assert_eq!((first.status, second.status), (Status::Paid, Status::Paid));
        assert_eq!(ledger.find("b"), None);
    }

    #[tokio::test]
    async fn decisions_outlive_the_process_and_half_a_line_is_no_decision() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger");
        let ledger = Ledger::open(&path).unwrap();
        ledger
            .decide("a", async { payment("a", Status::Paid) }, PLAINLY)
            .await
            .unwrap();
        File::options()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b"{\"key\":\"b\",\"am")
            .unwrap();

        let ledger = Ledger::open(&path).unwrap();
        assert_eq!(ledger.find("a"), Some(payment("a", Status::Paid)));
        ledger
            .decide("c", async { payment("c", Status::Void) }, PLAINLY)
            .await
            .unwrap();
        assert_eq!(
            Ledger::open(&path).unwrap().find("c"),
            Some(payment("c", Status::Void))
        );
    }
}
