//! One connection to the target, and the request that is on it.
//!
//! A connection's task always waits for bytes: those of an answer when a request is under way, else the end that tells
//! that the peer has closed it. Whoever starts a request writes it at once, from where it is, so that a request costs one
//! write, one read and one wake-up.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::engine::{Engine, Job};
use crate::response::{Answer, ResponseReader};
use crate::{Ending, Failure};

/// A connection that is made.
pub struct Connection {
    stream: RefCell<TcpStream>,
    /// The request that is under way; none if the connection is free.
    exchange: RefCell<Option<Exchange>>,
    deadline: Cell<Option<Instant>>,
    cut: Cell<Option<Cut>>,
    waker: RefCell<Option<Waker>>,
    /// Whether an answer was read on it before.
    used: Cell<bool>,
}

struct Exchange {
    job: Job,
    reader: ResponseReader,
    /// What the socket's buffer did not take at once.
    unsent: Vec<u8>,
}

/// The peer has closed the connection, and nothing was sent.
#[derive(Debug, Clone, Copy)]
pub struct PeerGone;

/// Why a connection is broken off from our side.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    /// The request took too long.
    Timeout,
    /// The load was told to stop.
    Abort,
    /// A write has shown that the peer is gone.
    Dead,
}

impl Connection {
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream: RefCell::new(stream),
            exchange: RefCell::default(),
            deadline: Cell::default(),
            cut: Cell::default(),
            waker: RefCell::default(),
            used: Cell::default(),
        }
    }

    /// Until when the request that is under way may take.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline.get()
    }

    /// Breaks the connection off, and with it what is under way.
    pub fn cut(&self, cut: Cut) {
        self.cut.set(Some(cut));
        self.wake();
    }

    /// Writes a request. Gives what the socket's buffer did not take at once.
    pub fn write(&self, message: &[u8]) -> Result<Vec<u8>, PeerGone> {
        let written = match self.stream.borrow().try_write(message) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => {
                self.cut(Cut::Dead);
                return Err(PeerGone);
            }
        };
        Ok(message[written..].to_vec())
    }

    /// Awaits the answer to a request that was written but for `unsent`, which is sent as soon as there is room.
    pub fn await_answer(&self, job: Job, unsent: Vec<u8>, deadline: Instant) {
        if !unsent.is_empty() {
            self.wake();
        }
        let reader = ResponseReader::new(job.request.is_head());
        self.deadline.set(Some(deadline));
        *self.exchange.borrow_mut() = Some(Exchange { job, reader, unsent });
    }

    /// Drives the connection; ready when it has ended.
    pub fn poll(self: &Rc<Self>, engine: &Rc<Engine>, context: &mut Context<'_>) -> Poll<()> {
        self.remember_waker(context);
        loop {
            if let Some(cut) = self.cut.take() {
                self.end_cut(engine, cut);
                return Poll::Ready(());
            }
            if let Poll::Ready(Err(_)) = self.poll_send(context) {
                self.end_lost(engine);
                return Poll::Ready(());
            }
            match ready!(self.poll_receive(engine, context)) {
                Received::Part => {}
                Received::Answer(answer) => {
                    if !self.end_answered(engine, answer) {
                        return Poll::Ready(());
                    }
                }
                Received::End => {
                    self.end_closed(engine);
                    return Poll::Ready(());
                }
                Received::Broken => {
                    self.end_lost(engine);
                    return Poll::Ready(());
                }
                Received::Nonsense => {
                    self.end(engine, Ending::Failed(Failure::Protocol));
                    return Poll::Ready(());
                }
            }
        }
    }

    fn poll_send(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut exchange = self.exchange.borrow_mut();
        let Some(Exchange { unsent, .. }) = &mut *exchange else {
            return Poll::Pending;
        };
        while !unsent.is_empty() {
            let mut stream = self.stream.borrow_mut();
            let sent = ready!(Pin::new(&mut *stream).poll_write(context, unsent))?;
            unsent.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_receive(&self, engine: &Engine, context: &mut Context<'_>) -> Poll<Received> {
        let mut input = engine.input.borrow_mut();
        let mut buffer = ReadBuf::new(&mut input);
        let read = ready!(Pin::new(&mut *self.stream.borrow_mut()).poll_read(context, &mut buffer));
        let bytes = buffer.filled();
        if read.is_err() {
            return Poll::Ready(Received::Broken);
        }
        if bytes.is_empty() {
            return Poll::Ready(Received::End);
        }
        let mut exchange = self.exchange.borrow_mut();
        let Some(exchange) = &mut *exchange else {
            return Poll::Ready(Received::Nonsense);
        };
        Poll::Ready(match exchange.reader.feed(bytes) {
            Ok(None) => Received::Part,
            Ok(Some(answer)) => Received::Answer(answer),
            Err(_) => Received::Nonsense,
        })
    }

    /// An answer is complete; whether the connection lives on.
    fn end_answered(self: &Rc<Self>, engine: &Rc<Engine>, answer: Answer) -> bool {
        self.used.set(true);
        let done = Instant::now();
        self.deadline.set(None);
        let Some(exchange) = self.exchange.borrow_mut().take() else {
            return false;
        };
        // An answer that came before the request was sent leaves the connection in the middle of a message.
        let lives = answer.keep_alive && exchange.unsent.is_empty();
        if lives {
            engine.pool.borrow_mut().put_idle(Rc::clone(self));
        }
        engine.finish(exchange.job, Ending::of_status(answer.status), done);
        lives
    }

    fn end_closed(&self, engine: &Rc<Engine>) {
        let answer = self
            .exchange
            .borrow()
            .as_ref()
            .and_then(|exchange| exchange.reader.close());
        match answer {
            Some(answer) => self.end(engine, Ending::of_status(answer.status)),
            None => self.end_lost(engine),
        }
    }

    /// The connection broke. Where the peer had closed it while it was free, the request crossed the news of that on the
    /// way, and deserves another connection.
    fn end_lost(&self, engine: &Rc<Engine>) {
        self.deadline.set(None);
        let Some(exchange) = self.exchange.borrow_mut().take() else {
            return;
        };
        let job = exchange.job;
        let was_stale = self.used.get() && !exchange.reader.has_begun();
        if was_stale && !job.retried && job.request.is_idempotent() {
            engine.retry(job);
        } else {
            engine.finish(job, Ending::Failed(Failure::Reset), Instant::now());
        }
    }

    fn end_cut(&self, engine: &Rc<Engine>, cut: Cut) {
        match cut {
            Cut::Timeout => self.end(engine, Ending::Failed(Failure::Timeout)),
            Cut::Abort => self.end(engine, Ending::Aborted),
            Cut::Dead => {}
        }
    }

    fn end(&self, engine: &Rc<Engine>, ending: Ending) {
        self.deadline.set(None);
        let exchange = self.exchange.borrow_mut().take();
        if let Some(exchange) = exchange {
            engine.finish(exchange.job, ending, Instant::now());
        }
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }

    fn remember_waker(&self, context: &Context<'_>) {
        let mut waker = self.waker.borrow_mut();
        if !waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(context.waker()))
        {
            *waker = Some(context.waker().clone());
        }
    }
}

/// What a read has brought.
enum Received {
    Part,
    Answer(Answer),
    End,
    Broken,
    Nonsense,
}
