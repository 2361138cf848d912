//! Every format, held to what it declares to lose: what is written and read again is what was written, with exactly
//! those losses and no others, and if nothing was counted as lost, then nothing was.

mod formats {
    pub mod declared;
    pub mod spans;
}

use formats::declared::{self, Declared};
use formats::spans::{rich_spans, tame_spans};
use proptest::prelude::*;
use trace::Span;
use trace::formats::{Format, Losses, detect, read, write};

/// Writes, reads again, and compares with what is declared. Orders mean nothing: neither of spans nor of attributes.
fn check(format: Format, spans: &[Span], declared: Declared) -> Result<(), TestCaseError> {
    let mut losses = Losses::default();
    let bytes = write(format, spans, &mut losses);
    prop_assert!(
        detect(&bytes) == Some(format) || spans.is_empty(),
        "{format} is seen as {:?}",
        detect(&bytes)
    );
    let back = match read(format, &bytes) {
        Ok(back) => declared::ordered(back),
        Err(error) => {
            return Err(TestCaseError::fail(format!(
                "{error}: {}",
                String::from_utf8_lossy(&bytes)
            )));
        }
    };
    let expected = declared::ordered(declared(spans));
    prop_assert_eq!(
        &back,
        &expected,
        "{} by {}",
        format,
        String::from_utf8_lossy(&bytes)
    );
    let unchanged = back == declared::ordered(spans.to_vec());
    prop_assert_eq!(losses.is_empty(), unchanged, "{} counted {}", format, losses);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn otlp_loses_nothing(spans in rich_spans()) {
        for format in [Format::OtlpProtobuf, Format::OtlpJson, Format::OtlpJsonLines] {
            check(format, &spans, <[Span]>::to_vec)?;
        }
    }

    #[test]
    fn jaeger_loses_what_it_declares(spans in rich_spans()) {
        check(Format::Jaeger, &spans, declared::jaeger)?;
    }

    #[test]
    fn zipkin_loses_what_it_declares(spans in rich_spans()) {
        check(Format::Zipkin, &spans, declared::zipkin)?;
    }

    #[test]
    fn chrome_loses_what_it_declares(spans in rich_spans()) {
        check(Format::Chrome, &spans, declared::chrome)?;
    }

    #[test]
    fn xray_loses_what_it_declares(spans in rich_spans()) {
        check(Format::Xray, &spans, declared::xray)?;
    }

    /// What programs really send goes through every format: nothing but what the other tests declare is ever lost, and
    /// of such spans that is nothing at all where times are whole microseconds.
    #[test]
    fn ordinary_spans_lose_nothing_in_jaeger_chrome_and_xray(spans in tame_spans()) {
        for format in [Format::Jaeger, Format::Chrome, Format::Xray] {
            check(format, &spans, <[Span]>::to_vec)?;
        }
    }

    #[test]
    fn compressed_files_are_the_same(spans in tame_spans()) {
        let plain = write(Format::Jaeger, &spans, &mut Losses::default());
        let packed = zstd::encode_all(&plain[..], 1).expect("in memory");
        prop_assert!(detect(&packed) == Some(Format::Jaeger));
        prop_assert_eq!(read(Format::Jaeger, &packed).expect("good"), spans);
    }
}
