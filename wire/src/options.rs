//! What the wire is told on its command line.

use std::str::FromStr;
use std::time::Duration;

use faults::routes::{DATABASE_EDGES, EDGES};
use listen::Listen;
use scenarios::{units, words};

/// The options of `faultmart serve wire`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// A hop to stand in: its name, where to listen, and where what comes is forwarded to; `,tcp` at the end for a
    /// database's port. Repeat for each: --edge 'gateway->orders,127.0.0.1:0,127.0.0.1:4603'
    #[arg(
        long = "edge",
        value_name = "EDGE,ADDRESS:PORT|fd:N,UPSTREAM:PORT[,tcp]",
        required = true
    )]
    pub edges: Vec<EdgeOption>,

    /// Where the control endpoint listens: ADDRESS:PORT (port 0 takes a free one), or fd:N for an inherited socket
    #[arg(long, value_name = "ADDRESS:PORT|fd:N", default_value = "127.0.0.1:0")]
    pub control_listen: Listen,

    /// Seed of what is drawn, such as the jitter
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub seed: u64,

    /// How long a message is on its way from one service to another, each way
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = units::duration)]
    pub distance: Duration,

    /// Exit at once when standard input is closed: the parent is gone
    #[arg(long)]
    pub exit_on_stdin_close: bool,

    /// The bounds of time and number; what a user has no reason to change.
    #[arg(skip)]
    pub limits: Limits,
}

/// Bounds of time and number.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections of one edge; more wait in the kernel's queue.
    pub connections: usize,
    /// How long a connection may be open between two requests.
    pub idle: Duration,
    /// How long a request may stay half sent: its head altogether, its body from one piece to the next.
    pub half_request: Duration,
    /// How long the service behind may take to accept a connection.
    pub connect: Duration,
    /// How long messages on their way may take to end after SIGTERM.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            idle: Duration::from_secs(60),
            half_request: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            drain: Duration::from_secs(2),
        }
    }
}

/// What is spoken on an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1: faults pick requests.
    Http,
    /// Anything else: faults strike connections.
    Tcp,
}

/// One edge, as given on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeOption {
    /// One of the shop's: `gateway->orders`.
    pub name: &'static str,
    /// Where callers come in.
    pub listen: Listen,
    /// The service itself, as HOST:PORT.
    pub upstream: String,
    /// What is spoken.
    pub protocol: Protocol,
}

impl FromStr for EdgeOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fields: Vec<&str> = text.split(',').collect();
        let (name, listen, upstream, protocol) = match fields.as_slice() {
            [name, listen, upstream] => (*name, *listen, *upstream, Protocol::Http),
            [name, listen, upstream, "tcp"] => (*name, *listen, *upstream, Protocol::Tcp),
            _ => {
                return Err(format!(
                    "`{text}` is not EDGE,LISTEN,UPSTREAM or EDGE,LISTEN,UPSTREAM,tcp"
                ));
            }
        };
        let known: &[&'static str] = match protocol {
            Protocol::Http => &EDGES,
            Protocol::Tcp => &DATABASE_EDGES,
        };
        let Some(name) = known.iter().find(|edge| **edge == name) else {
            return Err(format!(
                "unknown edge `{name}`: {}",
                words::suggest(name, known.iter().copied())
            ));
        };
        match upstream.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0) => {}
            _ => return Err(format!("the upstream `{upstream}` is not HOST:PORT")),
        }
        Ok(Self {
            name,
            listen: listen.parse()?,
            upstream: upstream.to_owned(),
            protocol,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_read_and_a_wrong_one_is_refused_with_the_nearest_word() {
        let edge: EdgeOption = "gateway->orders,fd:7,orders:8080".parse().unwrap();
        assert_eq!(
            (edge.name, edge.listen),
            ("gateway->orders", Listen::Inherited(7))
        );
        assert_eq!(
            (edge.upstream.as_str(), edge.protocol),
            ("orders:8080", Protocol::Http)
        );
        let edge: EdgeOption = "orders->database,127.0.0.1:0,127.0.0.1:5432,tcp".parse().unwrap();
        assert_eq!(edge.protocol, Protocol::Tcp);
        for (text, message) in [
            (
                "gateway->order,fd:7,orders:8080",
                "did you mean `gateway->orders`?",
            ),
            ("orders->database,fd:7,db:5432", "unknown edge `orders->database`"),
            (
                "gateway->orders,fd:7,orders:8080,tcp",
                "unknown edge `gateway->orders`",
            ),
            ("gateway->orders,fd:7", "is not EDGE,LISTEN,UPSTREAM"),
            ("gateway->orders,fd:7,x:1,udp", "is not EDGE,LISTEN,UPSTREAM"),
            (
                "gateway->orders,fd:0,x:1",
                "not the number of an inherited socket",
            ),
            ("gateway->orders,localhost,x:1", "is neither ADDRESS:PORT"),
            ("gateway->orders,fd:7,orders", "is not HOST:PORT"),
            ("gateway->orders,fd:7,orders:0", "is not HOST:PORT"),
        ] {
            let error = text.parse::<EdgeOption>().unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
