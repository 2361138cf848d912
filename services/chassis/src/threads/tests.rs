//! While one of them works, nothing else happens on the runtime's thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use super::{blocked_runtime, healthy};

/// The test's runtime has one thread. Another task of it says that it had its turn; the work sees whether it has.
async fn others_had_their_turn(on_own_thread: bool) -> bool {
    let had = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = channel();
    let says = had.clone();
    let other = tokio::spawn(async move {
        says.store(true, Ordering::SeqCst);
        let _ = sender.send(());
    });
    let work = move || {
        if on_own_thread {
            // It comes, since the runtime's thread is free for it.
            receiver.recv().is_ok() && had.load(Ordering::SeqCst)
        } else {
            had.load(Ordering::SeqCst)
        }
    };
    let turn = if on_own_thread {
        healthy::run(work).await
    } else {
        blocked_runtime::run(work).await
    };
    other.await.unwrap();
    turn.unwrap()
}

#[tokio::test]
async fn others_have_their_turn_beside_one_of_them_only() {
    assert!(others_had_their_turn(true).await);
    assert!(!others_had_their_turn(false).await);
}
