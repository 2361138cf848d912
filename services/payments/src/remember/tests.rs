//! One writes a line, and to the other the system says that there is no space.

use std::io::{ErrorKind, Read};
use std::sync::Mutex;

use super::{PLAINLY, failing_dependency, healthy};
use crate::ledger::{Ledger, Payment, Status};

#[tokio::test]
async fn what_could_not_be_written_down_was_not_decided() {
    let payment = Payment {
        key: "a".to_owned(),
        amount_cents: 5,
        status: Status::Paid,
    };
    let file = Mutex::new(tempfile::tempfile().unwrap());
    healthy::remember(Some(&file), &payment).unwrap();
    let error = failing_dependency::remember(Some(&file), &payment).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull);

    let ledger = Ledger::default();
    let decide = async || payment.clone();
    let failed = ledger.decide("a", decide(), failing_dependency::remember).await;
    assert!(failed.is_err());
    assert_eq!(ledger.find("a"), None);
    assert_eq!(ledger.decide("a", decide(), PLAINLY).await.unwrap(), payment);
    let mut written = String::new();
    let mut file = file.into_inner().unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    file.read_to_string(&mut written).unwrap();
    assert_eq!(written.lines().count(), 1);
}
