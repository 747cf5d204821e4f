//! Text format of log events: one short line per event, with its request at the end.

use std::fmt::{self, Write as _};

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Compact, Format, FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, format};
use tracing_subscriber::registry::LookupSpan;
use web::middleware::LogContext;

use super::names_request;

/// tracing-subscriber's compact format, followed by the request that is being handled.
pub(super) struct Pretty(Format<Compact>);

impl Pretty {
    pub(super) fn new(colours: bool) -> Self {
        Self(format().compact().with_ansi(colours))
    }
}

impl<S, N> FormatEvent<S, N> for Pretty
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let of_request = LogContext::current(|request| {
            let mut line = String::new();
            self.0.format_event(context, Writer::new(&mut line), event)?;
            append(&mut line, request, names_request(event))?;
            writer.write_str(&line)
        });
        of_request.unwrap_or_else(|| self.0.format_event(context, writer, event))
    }
}

/// Adds the request, unless the event names it itself, and what is recorded of it.
fn append(line: &mut String, request: &LogContext, is_named: bool) -> fmt::Result {
    line.truncate(line.trim_end().len());
    if !is_named {
        write!(
            line,
            " plane={} request_id={}",
            request.plane(),
            request.request_id()
        )?;
    }
    if let Some(listener) = request.listener() {
        write!(line, " listener={listener}")?;
    }
    for (name, id) in request.ids() {
        write!(line, " {name}={id}")?;
    }
    for (name, text) in request.texts() {
        write!(line, " {name}=\"{text}\"")?;
    }
    writeln!(line)
}
