//! The lab as programs see it that are instrumented with something else than ours: clients that we did not write, from
//! their own registries, each sending a known set of spans that is looked for again, field by field.
//!
//! `cargo xtask test` installs the clients and says where they are:
//!
//! - `FAULTMART_TEST_PYTHON`: a Python with the packages of `python/requirements.txt`
//! - `FAULTMART_TEST_NODE_MODULES`: a folder with the packages of `javascript/package-lock.json`
//! - `FAULTMART_TEST_COLLECTOR`: an OpenTelemetry Collector, built from `collector/`
//! - `FAULTMART_TEST_PROMETHEUS`: a Prometheus
//!
//! What is not said is skipped, in so many words.

mod collector;
mod known;
mod opentelemetry;
mod opentracing;
mod prometheus;
mod support;
mod xray;
mod zipkin;
