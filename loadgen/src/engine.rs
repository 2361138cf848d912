//! Starting requests and ending them. Everything here runs on one thread.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clock::Anchor;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::connection::{Connection, PeerGone};
use crate::pool::Pool;
use crate::spans::Exporter;
use crate::tally::Tally;
use crate::users::Users;
use crate::{Arrival, Dropped, Ending, Failure, Observer, Options, Request, Sample, Target};

/// Large enough that most answers are read at once.
const INPUT_BYTES: usize = 64 * 1024;

/// What all tasks of a load share.
pub struct Engine {
    pub target: Target,
    pub address: SocketAddr,
    pub options: Options,
    pub warm_up: Duration,
    pub start: Instant,
    pub anchor: Anchor,
    pub tally: RefCell<Tally>,
    pub users: RefCell<Users>,
    pub pool: RefCell<Pool>,
    pub exporter: Option<Exporter>,
    /// Where answers are read to. One for all: a read is done with it before the next.
    pub input: RefCell<Box<[u8]>>,
    /// Where requests are put together.
    pub output: RefCell<Vec<u8>>,
    /// Requests of the open model that are under way.
    pub arrivals_in_flight: Cell<usize>,
    /// No further starts.
    pub stopping: Cell<bool>,
    /// Tells the pacer that something it waits for may have come sooner.
    pub changed: Notify,
    /// A task panicked, which the runtime would keep to itself, and its request with it.
    pub panicked: Cell<bool>,
    /// Tells those who are still connecting to give up.
    pub aborted: Notify,
}

/// A request under way.
pub struct Job {
    pub request: Request,
    pub due: Instant,
    pub sent: Instant,
    pub user: Option<usize>,
    pub retried: bool,
}

impl Engine {
    pub fn new(
        target: Target,
        address: SocketAddr,
        options: Options,
        load: Load,
        observer: Rc<RefCell<dyn Observer>>,
    ) -> Self {
        Self {
            target,
            address,
            options,
            warm_up: load.warm_up,
            start: load.start,
            anchor: Anchor::now(),
            tally: RefCell::new(Tally::new(observer, load.start)),
            users: RefCell::new(load.users),
            pool: RefCell::default(),
            exporter: load.exporter,
            input: RefCell::new(vec![0; INPUT_BYTES].into_boxed_slice()),
            output: RefCell::default(),
            arrivals_in_flight: Cell::default(),
            stopping: Cell::default(),
            changed: Notify::new(),
            panicked: Cell::default(),
            aborted: Notify::new(),
        }
    }

    /// Starts an arrival that is due, or drops it: when it comes too late, or no connection can take it.
    pub fn arrive(self: &Rc<Self>, arrival: Arrival, now: Instant) {
        let due = self.start + arrival.at;
        let too_late = now.saturating_duration_since(due) > self.options.max_lateness;
        if too_late || self.arrivals_in_flight.get() >= self.options.max_connections {
            self.tally.borrow_mut().dropped(&Dropped {
                sequence: arrival.request.sequence,
                journey: arrival.request.journey,
                picked: arrival.request.picked,
                warm_up: arrival.at < self.warm_up,
                due: arrival.at,
            });
        } else {
            self.arrivals_in_flight.set(self.arrivals_in_flight.get() + 1);
            self.begin(Job {
                request: arrival.request,
                due,
                sent: now,
                user: None,
                retried: false,
            });
        }
    }

    /// Starts the requests of all users who have thought enough.
    pub fn start_users(self: &Rc<Self>, now: Instant) {
        loop {
            // Not in the loop's condition, where the borrow would last over its body.
            let next = self.users.borrow_mut().pop_due(now);
            let Some((user, due, request)) = next else { return };
            self.begin(Job {
                request,
                due,
                sent: now,
                user: Some(user),
                retried: false,
            });
        }
    }

    fn begin(self: &Rc<Self>, job: Job) {
        self.tally.borrow_mut().started();
        if let Some(exporter) = &self.exporter {
            exporter.started();
        }
        let idle = self.pool.borrow_mut().take_idle();
        let Some(connection) = idle else {
            return self.connect(job);
        };
        match self.write(&connection, &job) {
            Ok(unsent) => self.await_answer(&connection, job, unsent),
            // None of it was sent, so another connection may try whatever the method.
            Err(PeerGone) => self.retry(job),
        }
    }

    /// Sends a request once more, on a new connection.
    pub fn retry(self: &Rc<Self>, job: Job) {
        self.tally.borrow_mut().retried += 1;
        self.connect(Job { retried: true, ..job });
    }

    fn write(&self, connection: &Connection, job: &Job) -> Result<Vec<u8>, PeerGone> {
        let mut output = self.output.borrow_mut();
        output.clear();
        job.request.encode(&self.target, &mut output);
        connection.write(&output)
    }

    fn await_answer(&self, connection: &Connection, job: Job, unsent: Vec<u8>) {
        let deadline = job.sent + self.options.timeout;
        connection.await_answer(job, unsent, deadline);
    }

    fn connect(self: &Rc<Self>, job: Job) {
        let engine = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let _watch = PanicWatch(&engine.panicked);
            let deadline = job.sent + engine.options.timeout;
            let connected = tokio::select! {
                connected = open(engine.address) => connected.map_err(|_| Ending::Failed(Failure::Connect)),
                () = tokio::time::sleep_until(deadline.into()) => Err(Ending::Failed(Failure::Timeout)),
                () = engine.aborted.notified() => Err(Ending::Aborted),
            };
            match connected {
                Ok(stream) => engine.converse(stream, job).await,
                Err(ending) => engine.finish(job, ending, Instant::now()),
            }
        });
    }

    /// The life of a connection, from its first request on.
    async fn converse(self: &Rc<Self>, stream: TcpStream, job: Job) {
        let connection = Rc::new(Connection::new(stream));
        match self.write(&connection, &job) {
            Ok(unsent) => self.await_answer(&connection, job, unsent),
            Err(PeerGone) => return self.finish(job, Ending::Failed(Failure::Reset), Instant::now()),
        }
        self.pool.borrow_mut().add(Rc::clone(&connection));
        poll_fn(|context| connection.poll(self, context)).await;
        self.pool.borrow_mut().remove(&connection);
    }

    /// A request has ended: counts it, ends its span, tells the observer, and lets its user go on.
    pub fn finish(self: &Rc<Self>, job: Job, ending: Ending, done: Instant) {
        let Job {
            request,
            due,
            sent,
            user,
            ..
        } = job;
        let since_start = |at: Instant| at.saturating_duration_since(self.start);
        if let Some(exporter) = &self.exporter {
            let start = self.anchor.unix_ns(sent);
            exporter.ended(&request, start, (done, self.anchor.unix_ns(done)), ending);
        }
        let due = since_start(due);
        let sample = Sample {
            sequence: request.sequence,
            journey: request.journey,
            user,
            trace_id: request.trace_id,
            span_id: request.span_id,
            picked: request.picked,
            warm_up: due < self.warm_up,
            due,
            sent: since_start(sent),
            done: since_start(done),
            ending,
        };
        let mut tally = self.tally.borrow_mut();
        tally.finished(&sample);
        let none_left = tally.in_flight() == 0;
        drop(tally);
        match user {
            Some(user) => self.continue_user(user, done, ending.is_answer()),
            None => self.arrivals_in_flight.set(self.arrivals_in_flight.get() - 1),
        }
        if none_left {
            self.changed.notify_one();
        }
    }

    fn continue_user(self: &Rc<Self>, user: usize, done: Instant, got_answer: bool) {
        if self.stopping.get() {
            return;
        }
        let mut users = self.users.borrow_mut();
        let sooner_than = users.next_due();
        let due = users.answered(user, done, got_answer);
        drop(users);
        match due {
            // Without a thought: at once, on this very connection, which was the last to become free.
            Some(due) if due <= done => self.start_users(done),
            Some(due) if sooner_than.is_none_or(|other| due < other) => self.changed.notify_one(),
            _ => {}
        }
    }
}

/// Says so when its task panics.
struct PanicWatch<'engine>(&'engine Cell<bool>);

impl Drop for PanicWatch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.set(true);
        }
    }
}

/// What a load starts with.
pub struct Load {
    pub warm_up: Duration,
    pub start: Instant,
    pub users: Users,
    pub exporter: Option<Exporter>,
}

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // Requests are written whole; nothing is gained by waiting for more.
    stream.set_nodelay(true)?;
    Ok(stream)
}
