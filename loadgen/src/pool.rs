//! The connections there are, and which of them are free.

use std::rc::Rc;
use std::time::Instant;

use crate::connection::{Connection, Cut};

/// All connections that are made; those being made are not here yet.
#[derive(Default)]
pub struct Pool {
    all: Vec<Rc<Connection>>,
    /// The last one freed is used first, so that those beyond need are left alone.
    idle: Vec<Rc<Connection>>,
}

impl Pool {
    pub fn add(&mut self, connection: Rc<Connection>) {
        self.all.push(connection);
    }

    pub fn take_idle(&mut self) -> Option<Rc<Connection>> {
        self.idle.pop()
    }

    pub fn put_idle(&mut self, connection: Rc<Connection>) {
        self.idle.push(connection);
    }

    /// A connection has ended.
    pub fn remove(&mut self, connection: &Rc<Connection>) {
        for list in [&mut self.all, &mut self.idle] {
            if let Some(index) = list.iter().position(|other| Rc::ptr_eq(other, connection)) {
                list.swap_remove(index);
            }
        }
    }

    /// Breaks off what has taken too long. There are at most a few thousand connections, and looking at all of them every
    /// few milliseconds is cheaper than a timer for each request.
    pub fn cut_overdue(&self, now: Instant) {
        for connection in &self.all {
            if connection.deadline().is_some_and(|deadline| deadline <= now) {
                connection.cut(Cut::Timeout);
            }
        }
    }

    /// Breaks off all that is under way.
    pub fn cut_all(&self) {
        for connection in &self.all {
            if connection.deadline().is_some() {
                connection.cut(Cut::Abort);
            }
        }
    }
}
