//! What the wire itself answers: RFC 9457 problem documents, after which it closes the connection.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long, and for how many bytes, a refused client is still listened to: closing on bytes that were not read would reset
/// the connection and could take the answer with it.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 1024 * 1024;

/// An answer of the wire's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) detail: String,
    /// The answer to a `HEAD` request has no body.
    pub(crate) to_head: bool,
}

impl Problem {
    /// The request cannot be passed on as it is.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self {
            status: 400,
            detail: detail.into(),
            to_head: false,
        }
    }

    /// Half a request, and nothing more for too long.
    pub(crate) fn timed_out() -> Self {
        let detail = "the rest of the request did not come in time".to_owned();
        Self {
            status: 408,
            detail,
            to_head: false,
        }
    }

    /// The service behind cannot be reached, or answers what is no HTTP.
    pub(crate) fn bad_gateway(detail: impl Into<String>, to_head: bool) -> Self {
        Self {
            status: 502,
            detail: detail.into(),
            to_head,
        }
    }

    fn response(&self) -> Vec<u8> {
        let title = match self.status {
            400 => "Bad Request",
            408 => "Request Timeout",
            _ => "Bad Gateway",
        };
        let body =
            json!({ "type": "about:blank", "title": title, "status": self.status, "detail": self.detail });
        let body = body.to_string();
        let mut response = format!(
            "HTTP/1.1 {} {title}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            self.status,
            body.len(),
        );
        if !self.to_head {
            response.push_str(&body);
        }
        response.into_bytes()
    }

    /// Answers and closes.
    pub(crate) async fn send(&self, mut client: TcpStream) {
        let written = tokio::time::timeout(LINGER, client.write_all(&self.response())).await;
        if let Ok(Ok(())) = written {
            linger(client).await;
        }
    }
}

/// Closes towards a client that may still be sending.
pub(crate) async fn linger(mut client: TcpStream) {
    // A client that does not listen to the answer has no use for it either.
    let _ = tokio::time::timeout(LINGER, async {
        client.shutdown().await?;
        let mut rest = [0; 4096];
        let mut read = 0;
        while read < LINGER_BYTES {
            match client.read(&mut rest).await? {
                0 => break,
                count => read += count,
            }
        }
        Ok::<_, std::io::Error>(())
    })
    .await;
}
