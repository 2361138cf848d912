//! The list of files.

use crate::file::{File, Kind};

macro_rules! files {
    ($($kind:ident $path:literal)*) => {
        [$(File::new($path, Kind::$kind, include_str!(concat!("../", $path)))),*]
    };
}

/// What the page is made of, some of which the report shares.
pub static PAGE: [File; 52] = files! {
    Script "base/dom.js"
    Script "base/format.js"
    Script "base/colours.js"
    Script "base/chart.js"
    Script "base/drop.js"
    Script "base/rust.js"
    Script "trace/model.js"
    Script "trace/lines.js"
    Script "trace/waterfall.js"
    Script "trace/line.js"
    Script "trace/bar.js"
    Script "trace/block.js"
    Script "trace/axis.js"
    Script "trace/keys.js"
    Script "trace/logs.js"
    Script "trace/table.js"
    Script "trace/path.js"
    Script "trace/flame.js"
    Script "trace/detail.js"
    Script "trace/trace.js"
    Script "compare/compare.js"
    Html "page/index.html"
    Picture "page/icon.svg"
    Script "page/address.js"
    Script "page/api.js"
    Script "page/code.js"
    Script "page/compare.js"
    Script "page/complete.js"
    Script "page/control.js"
    Script "page/drive.js"
    Script "page/fault.js"
    Script "page/heat.js"
    Script "page/import.js"
    Script "page/list.js"
    Script "page/map.js"
    Script "page/over-time.js"
    Script "page/overview.js"
    Script "page/page.js"
    Script "page/pair.js"
    Script "page/profile.js"
    Script "page/question.js"
    Script "page/scatter.js"
    Script "page/trace.js"
    Script "page/traces.js"
    Script "page/trouble.js"
    Script "vendor/preact-htm.js"
    Script "vendor/uplot.js"
    Style "style/base.css"
    Style "style/trace.css"
    Style "style/page.css"
    Style "style/drive.css"
    Style "vendor/uplot.css"
};

/// What the report alone needs: it is in no page, so that nobody is sent it.
pub static REPORT: [File; 7] = files! {
    Script "opened/draw.js"
    Script "opened/formats.js"
    Script "opened/tree.js"
    Script "report/opened.js"
    Script "report/report.js"
    Script "report/tables.js"
    Style "style/report.css"
};
