//! The report: one file with everything in it, that runs nothing but its own script and asks nobody for anything.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::file::gzip;
use crate::{bundle, embedded};

/// How large a report may be, in bytes: it is mailed around.
pub const LARGEST_REPORT: usize = 2_000_000;

const STYLES: [&str; 4] = [
    "style/base.css",
    "style/trace.css",
    "style/report.css",
    "vendor/uplot.css",
];

/// The report as HTML. `title` is hostile, and `data` the JSON that `report/report.js` reads; it is put in compressed, and cannot
/// break out of its element.
///
/// # Errors
///
/// A text that says what is wrong with the embedded files; a test holds that nothing is.
pub fn report(title: &str, data: &[u8]) -> Result<String, String> {
    let text = |path: &str| embedded().find(|file| file.path == path).map(|file| file.text);
    let script = bundle::bundle("report/report.js", text)?;
    let style: String = STYLES.iter().filter_map(|path| text(path)).collect();
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(&script),
        hash(&style)
    );
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n<div id=\"report\">\n\
         <noscript>This report draws itself with JavaScript; summary.json beside it has the figures.</noscript>\n</div>\n\
         <script type=\"application/octet-stream\" id=\"data\">{}</script>\n\
         <script type=\"module\">{script}</script>\n</body>\n</html>\n",
        escape(title),
        STANDARD.encode(gzip(data)),
    ))
}

/// How many bytes of the report some data takes by itself; with other data beside it, it is less.
#[must_use]
pub fn packed_size(data: &[u8]) -> usize {
    gzip(data).len().div_ceil(3) * 4
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_one_file_whose_script_and_style_are_named_by_hash() {
        let html = report("<b>a & b</b>", b"{}").expect("a report");
        assert!(html.contains("<title>&lt;b&gt;a &amp; b&lt;/b&gt;</title>"));
        let script = html.split("<script type=\"module\">").nth(1).expect("a script");
        let script = script.split("</script>").next().expect("its end");
        assert!(html.contains(&hash(script)), "the script's hash");
        let style = html
            .split("<style>")
            .nth(1)
            .expect("a style")
            .split("</style>")
            .next();
        assert!(html.contains(&hash(style.expect("its end"))), "the style's hash");
        assert!(!html.contains("unsafe-inline") && !html.contains(" src="));
        assert!(
            html.len() < LARGEST_REPORT / 4,
            "{} bytes without data",
            html.len()
        );
    }
}
