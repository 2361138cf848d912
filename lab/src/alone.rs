//! The lab by itself, for anyone's traces: where it listens, who may come in, and which files it opens.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde_json::json;

use crate::options::{Options, OtherProtocols, bytes};
use crate::{Failure, files};
use listen::Listen;

/// Look at traces, anyone's, with no shop
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  faultmart lab                               take OTLP at 4317 and 4318, answer at 4680
  faultmart lab runs/*/traces.otlp.jsonl.zst  look at the traces of runs
  faultmart lab --bind 0.0.0.0 --token SECRET let others send and look, who know the token
  faultmart lab --listen-xray 127.0.0.1:2000  take what AWS X-Ray's clients send, too")]
pub struct Alone {
    /// Trace files to open: OTLP, Jaeger, Zipkin, Chrome trace or X-Ray, told apart by what is in them; compressed or not
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// How many bytes of traces to keep; the trace that began to arrive first goes first
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = bytes)]
    pub memory: usize,

    /// The address to listen at. Beyond this machine only with --token or --insecure
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub bind: IpAddr,

    /// The first of the ports: gRPC is at N+17, HTTP at N+18, answers at N+80; 0 takes free ones. Without it the
    /// usual ones: 4317, 4318 and 4680
    #[arg(long, value_name = "N")]
    pub port_base: Option<u16>,

    /// What all who send or look must say: `Authorization: Bearer TOKEN`, or as the password of a browser's sign-in
    #[arg(
        long,
        value_name = "TOKEN",
        env = "FAULTMART_LAB_TOKEN",
        hide_env_values = true
    )]
    pub token: Option<String>,

    /// Let everybody in who reaches an address beyond this machine
    #[arg(long, conflicts_with = "token")]
    pub insecure: bool,

    /// Where else to take spans.
    #[command(flatten)]
    pub other_protocols: OtherProtocols,
}

/// The ports without `--port-base`: gRPC, HTTP, answers.
const USUAL: [u16; 3] = [4317, 4318, 4680];
/// Their distances from `--port-base`.
const DISTANCES: [u16; 3] = [17, 18, 80];

impl Alone {
    /// The addresses for gRPC, HTTP and answers.
    fn places(&self) -> Result<[Listen; 3], Failure> {
        let ports = match self.port_base {
            None => USUAL,
            Some(0) => [0; 3],
            Some(base) => {
                let ports = DISTANCES.map(|distance| base.checked_add(distance));
                let [Some(grpc), Some(http), Some(page)] = ports else {
                    return Err(Failure::input(
                        format!("--port-base {base}: there is no port {base} + 80"),
                        "choose a base below 65455",
                    ));
                };
                [grpc, http, page]
            }
        };
        Ok(ports.map(|port| Listen::Address(SocketAddr::new(self.bind, port))))
    }

    /// Refuses to let in everybody without being told to.
    fn check_bind(&self) -> Result<(), Failure> {
        if self.token.as_ref().is_some_and(String::is_empty) {
            return Err(Failure::input(
                "--token is empty",
                "choose a token that is hard to guess",
            ));
        }
        let others = &self.other_protocols;
        let beyond = |place: Option<Listen>| match place {
            Some(Listen::Address(address)) => Some(address).filter(|it| !it.ip().is_loopback()),
            Some(Listen::Inherited(_)) | None => None,
        };
        let packets = [
            ("--listen-jaeger-compact", others.listen_jaeger_compact),
            ("--listen-jaeger-binary", others.listen_jaeger_binary),
            ("--listen-xray", others.listen_xray),
        ];
        let packets = packets
            .into_iter()
            .find_map(|(option, place)| beyond(place).map(|address| format!("{option} {address}")));
        let requests = [
            ("--listen-zipkin", others.listen_zipkin),
            ("--listen-jaeger-http", others.listen_jaeger_http),
        ];
        let requests = requests
            .into_iter()
            .find_map(|(option, place)| beyond(place).map(|address| format!("{option} {address}")))
            .or((!self.bind.is_loopback()).then(|| format!("--bind {}", self.bind)));
        match (self.insecure, self.token.is_some(), packets, requests) {
            (false, _, Some(place), _) => Err(Failure::input(
                format!(
                    "{place}: everybody who reaches this address could send spans, for packets say no token"
                ),
                "listen for packets at 127.0.0.1, or add --insecure in place of --token if everybody may send",
            )),
            (false, false, None, Some(place)) => Err(Failure::input(
                format!(
                    "{place}: everybody who reaches this address could send spans and read what others sent"
                ),
                "add --token TOKEN, or --insecure if everybody may",
            )),
            _ => Ok(()),
        }
    }

    /// The lab's options.
    pub(crate) fn options(&self) -> Result<Options, Failure> {
        self.check_bind()?;
        let [listen_otlp_grpc, listen_otlp_http, listen_page] = self.places()?;
        Ok(Options {
            listen_otlp_http,
            listen_otlp_grpc,
            listen_page,
            other_protocols: self.other_protocols.clone(),
            memory: self.memory,
            ..Options::default()
        })
    }

    /// Says where to send and where to look.
    pub(crate) fn announce(
        &self,
        page: SocketAddr,
        http: SocketAddr,
        grpc: SocketAddr,
        others: &[(&'static str, SocketAddr)],
        as_json: bool,
    ) -> String {
        let others = others.iter().map(|&(name, address)| match name {
            "zipkin" | "jaeger_http" => (name, format!("http://{address}")),
            _ => (name, address.to_string()),
        });
        if as_json {
            let mut all = json!({
                "page": format!("http://{page}"),
                "otlp_http": format!("http://{http}"),
                "otlp_grpc": format!("http://{grpc}"),
            });
            for (name, place) in others {
                all[name] = json!(place);
            }
            return format!("{all}\n");
        }
        let others: String = others
            .map(|(name, place)| format!("\x20       {:<14}  {place}\n", name.replace('_', "-")))
            .collect();
        let who = match (&self.token, self.bind.is_loopback()) {
            (Some(_), _) => "whoever says the token may send and look",
            (None, true) => "reachable from this machine only",
            (None, false) => "EVERYBODY who reaches this address may send and look",
        };
        format!(
            "The lab is ready; {who}.\n\
             \x20 send  OTLP over HTTP  http://{http}\n\
             \x20       OTLP over gRPC  http://{grpc}\n\
             {others}\
             \x20 look  in a browser    http://{page}\n\
             \x20       Grafana         data source Tempo http://{page}, Jaeger http://{page}/jaeger, Zipkin http://{page}/zipkin\n\
             It keeps {} MiB of spans in memory, which are gone when it ends. Ctrl-C ends it.\n",
            self.memory >> 20
        )
    }
}

/// Runs the lab by itself until Ctrl-C or SIGTERM, and gives the exit code.
pub fn run_alone(alone: Alone, as_json: bool) -> Result<u8, Failure> {
    let options = alone.options()?;
    let files = files::open(&alone.files)?;
    let ended = crate::run::run_as(options, crate::run::As::Alone(Box::new((alone, files, as_json))))?;
    Ok(if ended.0 { 130 } else { 0 })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        alone: Alone,
    }

    fn read(line: &[&str]) -> Result<Options, Failure> {
        let line = [&["lab"], line].concat();
        Line::try_parse_from(line).expect("a good line").alone.options()
    }

    #[test]
    fn beyond_this_machine_it_listens_only_with_a_token_or_when_told_that_everybody_may() {
        assert_eq!(read(&["--bind", "0.0.0.0"]).expect_err("open to all").code, 2);
        assert_eq!(read(&["--bind", "::"]).expect_err("open to all").code, 2);
        assert_eq!(
            read(&["--bind", "0.0.0.0", "--token", ""])
                .expect_err("no token")
                .code,
            2
        );
        for others in [
            &["--listen-zipkin", "0.0.0.0:9411"][..],
            &["--listen-jaeger-http", "[::]:14268"],
            &["--listen-xray", "0.0.0.0:2000"],
            // A packet cannot say a token.
            &["--listen-xray", "0.0.0.0:2000", "--token", "s"],
        ] {
            assert_eq!(read(others).expect_err("open to all").code, 2, "{others:?}");
        }
        for good in [
            &["--bind", "0.0.0.0", "--token", "s"][..],
            &["--bind", "0.0.0.0", "--insecure"],
            &["--bind", "127.0.0.2"],
            &["--bind", "::1"],
            &["--listen-zipkin", "0.0.0.0:9411", "--token", "s"],
            &["--listen-xray", "0.0.0.0:2000", "--insecure"],
            &[
                "--listen-xray",
                "127.0.0.1:2000",
                "--bind",
                "0.0.0.0",
                "--token",
                "s",
            ],
            &[],
        ] {
            assert!(read(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn the_ports_follow_the_base() {
        let port = |line: &[&str]| match read(line).expect("good").listen_page {
            Listen::Address(address) => address.port(),
            Listen::Inherited(_) => unreachable!("an address was given"),
        };
        assert_eq!(
            (
                port(&[]),
                port(&["--port-base", "4600"]),
                port(&["--port-base", "0"])
            ),
            (4680, 4680, 0)
        );
        assert_eq!(read(&["--port-base", "65500"]).expect_err("too high").code, 2);
    }
}
