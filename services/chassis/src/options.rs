//! What every service can be told on its command line, or by the environment in a container.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

pub use listen::Listen;

/// What says how many rows a service loads before it answers.
pub(crate) const WARM_UP: &str = "FAULTMART_WARM_UP";
/// What says that a service goes on with the data that is there.
pub(crate) const KEEP_DATA: &str = "FAULTMART_KEEP_DATA";

/// The options that all services share; each flattens them into its own.
#[derive(Debug, Clone, clap::Args)]
// Named, because a group's default name is the struct's, and each service has an `Options` of its own.
#[group(id = "service-options")]
pub struct Options {
    /// Where to listen: ADDRESS:PORT (port 0 takes a free one), or fd:N for a socket inherited from the parent
    #[arg(
        long,
        value_name = "ADDRESS:PORT|fd:N",
        env = "FAULTMART_LISTEN",
        default_value = "127.0.0.1:0"
    )]
    pub listen: Listen,

    /// Seed of the shop's data
    #[arg(long, value_name = "N", env = "FAULTMART_SEED", default_value_t = 42)]
    pub seed: u64,

    /// How many users the shop starts with
    #[arg(long, value_name = "N", env = "FAULTMART_USERS", default_value_t = 2_000)]
    pub users: u32,

    /// How many products the shop starts with
    #[arg(long, value_name = "N", env = "FAULTMART_PRODUCTS", default_value_t = 1_000)]
    pub products: u32,

    /// How many orders the shop starts with
    #[arg(long, value_name = "N", env = "FAULTMART_ORDERS", default_value_t = 10_000)]
    pub orders: u32,

    /// The database: sqlite:DIRECTORY (a file for each service) or postgres://USER@HOST:PORT/NAME (a schema for each service)
    #[arg(long, value_name = "URL", env = "FAULTMART_DATABASE")]
    pub database: Option<DatabaseUrl>,

    /// Where another service is reached; repeat for each
    #[arg(
        long = "upstream",
        value_name = "NAME=URL",
        env = "FAULTMART_UPSTREAMS",
        value_delimiter = ','
    )]
    pub upstreams: Vec<Upstream>,

    /// Connections to the database, all opened at the start
    #[arg(long, value_name = "N", env = "FAULTMART_POOL_SIZE", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub pool_size: u32,

    /// Requests served at once; more are answered 503
    #[arg(long, value_name = "N", env = "FAULTMART_CONCURRENCY", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub concurrency: u32,

    /// The longest that a request may take; a caller may ask for less
    #[arg(long, value_name = "DURATION", env = "FAULTMART_REQUEST_TIMEOUT", default_value = "2s", value_parser = parse_duration)]
    pub request_timeout: Duration,

    /// Rows to load one after another before the first request is answered
    #[arg(long, value_name = "N", env = WARM_UP, default_value_t = 0)]
    pub warm_up: u64,

    /// Go on with the data of a PostgreSQL schema that was filled from the same seed and scale, as `keep_data=true` in the URL does
    #[arg(long, env = KEEP_DATA)]
    pub keep_data: bool,

    /// Exit at once when standard input is closed: the parent is gone
    #[arg(long)]
    pub exit_on_stdin_close: bool,
}

impl Options {
    /// The options a service has when it is started with no arguments and an empty environment; a start for tests.
    #[must_use]
    pub fn with_defaults() -> Self {
        Self {
            listen: Listen::Address(SocketAddr::from(([127, 0, 0, 1], 0))),
            seed: 42,
            users: 2_000,
            products: 1_000,
            orders: 10_000,
            database: None,
            upstreams: Vec::new(),
            pool_size: 4,
            concurrency: 256,
            request_timeout: Duration::from_secs(2),
            warm_up: 0,
            keep_data: false,
            exit_on_stdin_close: false,
        }
    }

    /// How much the shop starts with.
    #[must_use]
    pub fn scale(&self) -> seed::shop::Scale {
        seed::shop::Scale {
            users: self.users,
            products: self.products,
            orders: self.orders,
        }
    }
}

/// Which database, as given on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file for each service in this directory.
    Sqlite(PathBuf),
    /// A schema for each service in this database.
    Postgres(String),
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        match text.strip_prefix("sqlite:") {
            Some("") => Err("`sqlite:` needs a directory, such as sqlite:./data".to_owned()),
            Some(directory) => Ok(Self::Sqlite(PathBuf::from(directory))),
            None => Err(format!(
                "`{text}` is neither sqlite:DIRECTORY nor postgres://USER@HOST:PORT/NAME"
            )),
        }
    }
}

/// Another service, and where it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// `catalog`.
    pub name: String,
    /// `http://127.0.0.1:4602`, without a slash at the end.
    pub url: String,
}

impl FromStr for Upstream {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not NAME=URL, such as catalog=http://127.0.0.1:4602");
        let (name, url) = text.split_once('=').ok_or_else(wrong)?;
        let parsed = reqwest::Url::parse(url).map_err(|error| format!("{}: {error}", wrong()))?;
        if name.is_empty() || !matches!(parsed.scheme(), "http" | "https") || parsed.host().is_none() {
            return Err(wrong());
        }
        Ok(Self {
            name: name.to_owned(),
            url: url.trim_end_matches('/').to_owned(),
        })
    }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if !duration.is_zero() && duration <= Duration::from_secs(3600) => Ok(duration),
        Ok(_) => Err("must be more than 0 and at most 1h".to_owned()),
        Err(_) => Err(format!("`{text}` is not a duration, such as 200ms, 1.5s or 2m")),
    }
}
