//! Where the load goes.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// An HTTP service: `http://HOST[:PORT][/BASE]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    host: String,
    port: u16,
    base_path: String,
    host_line: Vec<u8>,
}

/// A URL that load cannot be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// Encrypted.
    #[error(
        "{0:?} wants TLS, which the load generator does not speak: name the plain http:// address behind it"
    )]
    Encrypted(String),
    /// Not of the form that is understood.
    #[error("{0:?} is not a target: write http://HOST:PORT, with a base path if there is one, and no query")]
    Form(String),
}

impl Target {
    /// Reads a URL. Nothing is looked up yet.
    pub fn parse(url: &str) -> Result<Self, InvalidTarget> {
        let form = || InvalidTarget::Form(url.to_owned());
        if url.starts_with("https://") {
            return Err(InvalidTarget::Encrypted(url.to_owned()));
        }
        let rest = url.strip_prefix("http://").ok_or_else(form)?;
        let (authority, base_path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let (host, port) = split_authority(authority).ok_or_else(form)?;
        let host_is_plain = host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte));
        let path_is_plain = base_path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
        if host.is_empty() || !host_is_plain || !path_is_plain {
            return Err(form());
        }
        let host_line = format!("host: {authority}\r\n").into_bytes();
        let base_path = base_path.trim_end_matches('/').to_owned();
        Ok(Self {
            host: host.to_owned(),
            port,
            base_path,
            host_line,
        })
    }

    /// The host, without the brackets of an IPv6 address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; 80 when the URL names none.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What stands before every request's path: empty, or begins with a slash and ends without one.
    #[must_use]
    pub fn base_path(&self) -> &str {
        &self.base_path
    }

    /// `http://HOST:PORT/BASE`, to which a path can be appended.
    #[must_use]
    pub fn url(&self) -> String {
        let bracketed = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        format!("http://{bracketed}:{}{}", self.port, self.base_path)
    }

    /// The `Host` header with its line end.
    pub(crate) fn host_line(&self) -> &[u8] {
        &self.host_line
    }

    /// Looks the host up; blocks while it does. The first address is used, once, so that the load meets one and the same
    /// peer all the time.
    pub(crate) fn resolve(&self) -> io::Result<SocketAddr> {
        let mut addresses = (self.host.as_str(), self.port).to_socket_addrs()?;
        addresses
            .next()
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
    }
}

fn split_authority(authority: &str) -> Option<(&str, u16)> {
    if let Some(bracketed) = authority.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']')?;
        let port = if rest.is_empty() {
            80
        } else {
            rest.strip_prefix(':')?.parse().ok()?
        };
        return Some((host, port));
    }
    match authority.split_once(':') {
        Some((host, port)) if !port.contains(':') => Some((host, port.parse().ok()?)),
        Some(_) => None,
        None => Some((authority, 80)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let target = Target::parse("http://localhost:4600/shop/").expect("a target");
        assert_eq!(
            (target.host(), target.port(), target.base_path()),
            ("localhost", 4600, "/shop")
        );
        assert_eq!(target.url(), "http://localhost:4600/shop");
        let target = Target::parse("http://[::1]:80").expect("a target");
        assert_eq!(
            (target.host(), target.port(), target.base_path()),
            ("::1", 80, "")
        );
        assert_eq!(target.url(), "http://[::1]:80");
        assert_eq!(Target::parse("http://shop").expect("a target").port(), 80);
    }

    #[test]
    fn what_is_no_target_is_refused() {
        assert!(matches!(
            Target::parse("https://shop"),
            Err(InvalidTarget::Encrypted(_))
        ));
        for url in [
            "",
            "shop:80",
            "http://",
            "http://:80",
            "http://a:b",
            "http://a:1:2",
            "http://u@a",
            "http://a/?q",
            "http://a b/",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }
}
