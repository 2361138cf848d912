//! The list of files.

use crate::file::{File, Kind};

macro_rules! files {
    ($($kind:ident $path:literal)*) => {
        [$(File::new($path, Kind::$kind, include_str!(concat!("../", $path)))),*]
    };
}

/// Every file there is.
pub static FILES: [File; 32] = files! {
    Script "base/dom.js"
    Script "base/format.js"
    Script "base/colours.js"
    Script "base/chart.js"
    Script "trace/model.js"
    Script "trace/lines.js"
    Script "trace/waterfall.js"
    Script "trace/table.js"
    Script "trace/path.js"
    Script "trace/flame.js"
    Script "trace/detail.js"
    Script "trace/trace.js"
    Script "compare/compare.js"
    Script "report/report.js"
    Script "report/tables.js"
    Html "page/index.html"
    Picture "page/icon.svg"
    Script "page/address.js"
    Script "page/api.js"
    Script "page/map.js"
    Script "page/overview.js"
    Script "page/page.js"
    Script "page/trace.js"
    Script "page/traces.js"
    Script "page/trouble.js"
    Script "vendor/preact-htm.js"
    Script "vendor/uplot.js"
    Style "style/base.css"
    Style "style/trace.css"
    Style "style/page.css"
    Style "style/report.css"
    Style "vendor/uplot.css"
};
