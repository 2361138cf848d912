//! An applied fault as an OpenTelemetry log record.
