//! What the lab is told on the command line.

use std::path::PathBuf;

use listen::Listen;

/// Receive traces, metrics and logs over OTLP, keep the traces, and answer questions about them
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Where to take OTLP over HTTP (protobuf and JSON): ADDRESS:PORT, or fd:N for a socket that listens already
    #[arg(long, value_name = "PLACE", default_value = "127.0.0.1:4318")]
    pub listen_otlp_http: Listen,

    /// Where to take OTLP over gRPC
    #[arg(long, value_name = "PLACE", default_value = "127.0.0.1:4317")]
    pub listen_otlp_grpc: Listen,

    /// Where to answer questions: the page, /lab/…, /metrics
    #[arg(long, value_name = "PLACE", default_value = "127.0.0.1:4680")]
    pub listen_page: Listen,

    /// Where else to take spans.
    #[command(flatten)]
    pub other_protocols: OtherProtocols,

    /// How many bytes of traces to keep; the trace that began to arrive first goes first
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = bytes)]
    pub memory: usize,

    /// Also write every span to this file, as lines of OTLP JSON; compressed if the name ends in .zst
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// With --record: also write logs.otlp.jsonl.zst and metrics.otlp.jsonl.zst beside it
    #[arg(long, requires = "record")]
    pub record_all: bool,

    /// Send a second copy of all that is accepted to this OTLP/HTTP backend, such as http://127.0.0.1:4318
    #[arg(long, value_name = "URL")]
    pub forward: Option<String>,

    /// Pass /lab/drive on to this address, where the parent of a shop can be asked to start load and to set faults
    #[arg(long, value_name = "URL", hide = true)]
    pub drive: Option<String>,

    /// Exit at once when standard input ends, for a parent that may die
    #[arg(long)]
    pub exit_on_stdin_close: bool,
}

// What is no doc comment here would become the command's description.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Other protocols, each at a place of its own")]
pub struct OtherProtocols {
    /// Take what Zipkin's clients send (JSON, Thrift, protobuf), such as at 127.0.0.1:9411
    #[arg(long, value_name = "PLACE")]
    pub listen_zipkin: Option<Listen>,

    /// Take what Jaeger's clients post to its collector (Thrift over HTTP), such as at 127.0.0.1:14268
    #[arg(long, value_name = "PLACE")]
    pub listen_jaeger_http: Option<Listen>,

    /// Take what Jaeger's clients send to its agent in compact Thrift: UDP, such as at 127.0.0.1:6831
    #[arg(long, value_name = "PLACE")]
    pub listen_jaeger_compact: Option<Listen>,

    /// Take what Jaeger's clients send to its agent in binary Thrift: UDP, such as at 127.0.0.1:6832
    #[arg(long, value_name = "PLACE")]
    pub listen_jaeger_binary: Option<Listen>,

    /// Take what AWS X-Ray's clients send to its daemon: UDP, such as at 127.0.0.1:2000
    #[arg(long, value_name = "PLACE")]
    pub listen_xray: Option<Listen>,
}

impl Default for Options {
    /// What the command line says when nothing is said.
    fn default() -> Self {
        let here = |port| Listen::Address(([127, 0, 0, 1], port).into());
        Self {
            listen_otlp_http: here(4318),
            listen_otlp_grpc: here(4317),
            listen_page: here(4680),
            other_protocols: OtherProtocols::default(),
            memory: 256 << 20,
            record: None,
            record_all: false,
            forward: None,
            drive: None,
            exit_on_stdin_close: false,
        }
    }
}

/// Reads a size such as `256MiB`, `64KiB` or `1000`.
pub fn bytes(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit: usize = match &text[digits.len()..] {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        unknown => {
            return Err(format!(
                "unknown unit `{unknown}`; sizes are written 64KiB, 256MiB, 2GiB"
            ));
        }
    };
    let number: usize = digits
        .replace('_', "")
        .parse()
        .map_err(|_| "sizes are written 256MiB".to_owned())?;
    number
        .checked_mul(unit)
        .filter(|size| *size > 0)
        .ok_or_else(|| "this size is out of range".to_owned())
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_have_a_number_and_a_unit() {
        assert_eq!(bytes("256MiB"), Ok(256 << 20));
        assert_eq!(bytes("1_000"), Ok(1000));
        for wrong in ["", "MiB", "10MB", "0", "-1", "99999999999GiB", "1.5MiB", "é"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}
