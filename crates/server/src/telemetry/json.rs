//! JSON format of log events: one object per line.
//!
//! Writes directly into one buffer, because every request logs a line: with tracing-subscriber's own format, which
//! writes each value through `fmt`, that line costs a seventh of the service's instructions for a short request.

use std::fmt::{self, Write as _};

use pg_timestamp::Timestamp;
use serde::Serialize;
use time::OffsetDateTime;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;
use web::middleware::LogContext;

use super::names_request;

/// Room for the line of a request.
const CAPACITY: usize = 512;

/// The format. An event within a request has the request as `span`, unless the event names the request itself.
pub(super) struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        // Of the crate `log`, whose records come as events of a target of its own.
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        #[expect(clippy::disallowed_methods, reason = "a log line says when it was written")]
        let now = Timestamp::from(OffsetDateTime::now_utc()).rfc3339();
        let mut line = Vec::with_capacity(CAPACITY);
        let mut object = Object::begin(&mut line);
        object.entry("timestamp", now.as_str());
        object.entry("level", metadata.level().as_str());
        event.record(&mut object);
        object.entry("target", metadata.target());
        LogContext::current(|request| object.request(request, names_request(event)));
        object.end();
        line.push(b'\n');
        writer.write_str(str::from_utf8(&line).map_err(|_| fmt::Error)?)
    }
}

/// An object that is being written.
struct Object<'a> {
    text: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> Object<'a> {
    fn begin(text: &'a mut Vec<u8>) -> Self {
        text.push(b'{');
        Self { text, is_empty: true }
    }

    fn end(self) {
        self.text.push(b'}');
    }

    /// `name` is one of the source's, in which nothing needs to be escaped.
    fn name(&mut self, name: &str) {
        if !std::mem::take(&mut self.is_empty) {
            self.text.push(b',');
        }
        self.text.push(b'"');
        self.text.extend_from_slice(name.as_bytes());
        self.text.extend_from_slice(b"\":");
    }

    fn entry<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.name(name);
        let begin = self.text.len();
        // Fails only for values that JSON does not have; a buffer takes everything.
        if serde_json::to_writer(&mut *self.text, value).is_err() {
            self.text.truncate(begin);
            self.text.extend_from_slice(b"null");
        }
    }

    fn request(&mut self, request: &LogContext, is_named: bool) {
        if is_named {
            return self.recorded(request);
        }
        self.name("span");
        let mut span = Object::begin(self.text);
        span.entry("plane", request.plane());
        span.entry("request_id", request.request_id());
        span.recorded(request);
        span.entry("name", "request");
        span.end();
    }

    fn recorded(&mut self, request: &LogContext) {
        if let Some(listener) = request.listener() {
            self.entry("listener", listener);
        }
        request.ids().for_each(|(name, id)| self.entry(name, &id));
        request.texts().for_each(|(name, text)| self.entry(name, text));
    }

    fn field<T: Serialize + ?Sized>(&mut self, field: &Field, value: &T) {
        let name = field.name();
        // Those of the crate `log` are in `target`, or of no interest.
        if !name.starts_with("log.") {
            self.entry(name.strip_prefix("r#").unwrap_or(name), value);
        }
    }
}

impl Visit for Object<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        // Where a value cannot be shown, the line has what came before the error.
        let _ = write!(text, "{value:?}");
        self.field(field, &text);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.field(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.field(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.field(field, &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.field(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.field(field, &value);
    }
}
