//! The fuzz targets on stable: their corpus and a bounded number of mutations of it, the same ones in every run. What
//! `cargo xtask fuzz` finds goes into the corpus, and is tried here from then on.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::path::Path;

/// How many mutations of each file are tried, unless `FAULTMART_MUTATIONS` says another number.
const MUTATIONS: u64 = 500;

fn mutations() -> u64 {
    let said = std::env::var("FAULTMART_MUTATIONS").ok();
    said.and_then(|number| number.parse().ok()).unwrap_or(MUTATIONS)
}

/// A small generator of numbers that look random: Marsaglia's xorshift.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).expect("below a usize")
    }
}

/// What readers stumble over, put where it does not belong.
const TOKENS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b",",
    b":",
    b"null",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"\\u0000",
    b"\xff",
    b"\x0a\x00",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"0",
    b"\"\"",
    b"[[[[[[[[",
    b"\n",
];

fn mutate(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(bytes.len());
        match numbers.below(6) {
            0 => bytes.truncate(at),
            1 if !bytes.is_empty() => bytes[at] ^= 1 << numbers.below(8),
            2 if !bytes.is_empty() => bytes[at] = u8::try_from(numbers.below(256)).expect("below 256"),
            3 => {
                let token = TOKENS[numbers.below(TOKENS.len())];
                bytes.splice(at..at, token.iter().copied());
            }
            4 => {
                let end = (at + numbers.below(32)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let end = (at + numbers.below(64)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = numbers.below(bytes.len());
                bytes.splice(to..to, piece);
            }
        }
    }
    bytes
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("a file").path())
        .map(|path| {
            (
                path.display().to_string(),
                std::fs::read(&path).expect("a readable file"),
            )
        })
        .collect();
    files.sort();
    files
}

fn try_target(name: &str) {
    let (_, target) = targets::TARGETS
        .iter()
        .find(|(known, _)| *known == name)
        .expect("a target");
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(name);
    let files = files(&corpus);
    assert!(!files.is_empty(), "{name} has no corpus");
    for (seed, (file, bytes)) in (1..).zip(&files) {
        let tried = std::panic::catch_unwind(|| target(bytes));
        assert!(tried.is_ok(), "{file}");
        let mut numbers = Numbers(u64::wrapping_mul(seed, 0x9e37_79b9_7f4a_7c15));
        for round in 0..mutations() {
            let mutated = mutate(bytes, &mut numbers);
            let tried = std::panic::catch_unwind(|| target(&mutated));
            assert!(
                tried.is_ok(),
                "{file}, mutation {round}: {:?}",
                String::from_utf8_lossy(&mutated)
            );
        }
    }
}

macro_rules! targets {
    ($($name:ident),+ $(,)?) => {
        $(#[test]
        fn $name() {
            try_target(stringify!($name));
        })+

        #[test]
        fn every_target_is_tried() {
            let names: Vec<&str> = targets::TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, [$(stringify!($name)),+]);
        }
    };
}

targets!(
    otlp_protobuf,
    otlp_json,
    otlp_lines,
    jaeger,
    jaeger_thrift,
    zipkin,
    zipkin_protobuf,
    zipkin_v1,
    zipkin_thrift,
    chrome,
    xray,
    xray_packet,
    any_file,
    traceql
);
