//! The closed model: users wait, think, and go on.

use loadgen::{Steps, User};

use super::*;
use crate::server::{OK, Reply, Server};

struct Thinker {
    think: Duration,
    next: u64,
    dues: std::sync::mpsc::Sender<Duration>,
}

impl Steps for Thinker {
    fn think(&mut self) -> Option<Duration> {
        Some(self.think)
    }

    fn request(&mut self, due: Duration) -> Option<Request> {
        // Nobody may be listening.
        let _ = self.dues.send(due);
        self.next += 1;
        Some(request(self.next, "GET"))
    }
}

fn users(count: usize, think: Duration, until: Duration) -> (LoadPlan, std::sync::mpsc::Receiver<Duration>) {
    let (dues, receiver) = std::sync::mpsc::channel();
    let user = |_| User {
        from: MS * 5,
        until,
        steps: Box::new(Thinker {
            think,
            next: 0,
            dues: dues.clone(),
        }),
    };
    (
        LoadPlan::closed(journeys(), (0..count).map(user).collect()),
        receiver,
    )
}

#[test]
fn a_user_thinks_between_an_answer_and_the_next_request() {
    let server = Server::start(|_| OK.into());
    let (plan, dues) = users(1, MS * 20, MS * 300);
    let (outcome, kept) = run(plan, &server.target(), Options::default());
    assert!(outcome.completed >= 2 && outcome.completed <= 15, "{outcome:?}");
    assert_eq!((outcome.planned, server.connections()), (outcome.started, 1));
    assert_eq!(kept.samples[0].due, MS * 25);
    for pair in kept.samples.windows(2) {
        assert_eq!(pair[1].due, pair[0].done + MS * 20);
    }
    assert!(
        kept.samples
            .iter()
            .all(|sample| sample.due < MS * 300 && sample.user == Some(0))
    );
    // A step is told when it is due, which its faults may hang on.
    assert_eq!(
        dues.iter().collect::<Vec<_>>(),
        kept.samples.iter().map(|sample| sample.due).collect::<Vec<_>>()
    );
}

#[test]
fn users_who_never_think_each_keep_one_request_under_way() {
    let server = Server::start(|_| OK.into());
    let (plan, _) = users(4, Duration::ZERO, MS * 100);
    let (outcome, _) = run(plan, &server.target(), Options::default());
    assert!(outcome.completed > 40, "{outcome:?}");
    assert!(server.connections() <= 4);
}

#[test]
fn a_user_who_gets_no_answer_does_not_storm() {
    let server = Server::start(|_| Reply::Last(String::new()));
    let (plan, _) = users(1, Duration::ZERO, MS * 350);
    let (outcome, _) = run(plan, &server.target(), Options::default());
    assert!(outcome.failed >= 1 && outcome.failed <= 4, "{outcome:?}");
}

#[test]
fn both_models_go_side_by_side() {
    let server = Server::start(|_| OK.into());
    let (closed, _) = users(2, MS * 10, MS * 100);
    let plan = LoadPlan {
        users: closed.users,
        ..arrivals(20, MS * 5, "GET")
    };
    let (outcome, kept) = run(plan, &server.target(), Options::default());
    let of_users = kept.samples.iter().filter(|sample| sample.user.is_some()).count() as u64;
    assert!(of_users >= 2);
    assert_eq!(outcome.planned, 20 + of_users);
}
