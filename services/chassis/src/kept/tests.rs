//! Both give the same answer, and one of them never lets go of it.

use std::convert::Infallible;

use bytes::Bytes;

use super::{Answers, healthy, memory_growth};

const SLOT: usize = 1 << 20;

async fn made() -> Result<Bytes, Infallible> {
    Ok(Bytes::from_static(b"{}"))
}

/// Physical memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * rustix::param::page_size()
}

#[tokio::test]
async fn one_keeps_all_it_has_answered_and_that_is_memory() {
    let answers = Answers::default();
    let before = resident();
    for number in 0..64 {
        assert_eq!(healthy::answer(made()).await.unwrap(), "{}");
        let key = number.to_string();
        let answer = memory_growth::answer(&answers, key, SLOT, usize::MAX, made()).await;
        assert_eq!(answer.unwrap(), "{}");
    }
    assert_eq!(answers.bytes(), 64 * SLOT);
    // The tests beside this one may give some back.
    assert!(resident() >= before + 48 * SLOT, "{before} {}", resident());
}

#[tokio::test]
async fn what_is_asked_again_is_answered_from_what_was_kept() {
    let answers = Answers::default();
    let ask = |make| memory_growth::answer(&answers, "same".to_owned(), 8, 1_000, make);
    assert_eq!(
        ask(std::future::ready(Ok::<_, ()>(Bytes::from_static(b"first"))))
            .await
            .unwrap(),
        "first"
    );
    assert_eq!(ask(std::future::ready(Err(()))).await.unwrap(), "first");
    assert_eq!(answers.bytes(), 8);
}

#[tokio::test]
async fn nothing_is_kept_beyond_the_limit_and_a_failure_never() {
    let answers = Answers::default();
    for number in 0..10 {
        let key = number.to_string();
        let answer = memory_growth::answer(&answers, key, 100, 350, made()).await;
        assert_eq!(answer.unwrap(), "{}");
    }
    assert_eq!(answers.bytes(), 300);
    let failed = std::future::ready(Err::<Bytes, _>("no"));
    assert!(
        memory_growth::answer(&answers, "x".to_owned(), 1, 10_000, failed)
            .await
            .is_err()
    );
    assert_eq!(answers.bytes(), 300);
}
