//! Logs: to standard error, so that standard output is for results.
//!
//! Pretty is one short line an event, coloured on a terminal unless `NO_COLOR` is set. JSON is one object
//! a line, the event's fields beside `timestamp` (RFC 3339, UTC), `level` and `target`.

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::ParseError,
    fmt::MakeWriter,
    layer::SubscriberExt,
    util::{SubscriberInitExt, TryInitError},
};

use crate::config::{LogFormat, LogSettings};

/// Why logging could not begin.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log.filter` is no list of directives.
    #[error("log.filter: {0}")]
    Filter(#[source] FilterError),
    /// The process has a logger already.
    #[error("logging has been set up before")]
    AlreadySet(#[source] TryInitError),
}

/// Text that is no list of filter directives.
#[derive(Debug, thiserror::Error)]
#[error("{text:?} is no list of directives such as \"info,sqlx=warn\" ({error})")]
pub struct FilterError {
    text: String,
    #[source]
    error: ParseError,
}

/// The filter that `directives` describes, in the syntax of [`EnvFilter`].
///
/// # Errors
/// A directive that cannot be read, such as a level that does not exist.
pub fn filter(directives: &str) -> Result<EnvFilter, FilterError> {
    EnvFilter::builder()
        .parse(directives)
        .map_err(|error| FilterError {
            text: directives.to_owned(),
            error,
        })
}

/// Sends the process's events to standard error.
///
/// # Errors
/// When `log.filter` cannot be read, and when the process has a logger already.
pub fn init(settings: &LogSettings) -> Result<(), TelemetryError> {
    let filter = filter(&settings.filter).map_err(TelemetryError::Filter)?;
    subscriber(settings.format, filter, io::stderr, io::stderr().is_terminal())
        .try_init()
        .map_err(TelemetryError::AlreadySet)
}

/// The filter stands over all and not around the layer: a per-layer filter does not take back a "no" that it said to
/// `tracing::enabled!`, as sqlx asks it for PostgreSQL's notices, and swallows the next event.
fn subscriber<W>(
    format: LogFormat,
    filter: EnvFilter,
    writer: W,
    is_terminal: bool,
) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    Registry::default()
        .with(layer(format, writer, is_terminal))
        .with(filter)
}

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The writer of events in `format`; colours only where it `is_terminal`.
fn layer<W>(format: LogFormat, writer: W, is_terminal: bool) -> BoxedLayer
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    match format {
        LogFormat::Json => layer.json().flatten_event(true).with_span_list(false).boxed(),
        // Left as it is on a terminal: the library's own default heeds NO_COLOR.
        LogFormat::Pretty if is_terminal => layer.compact().boxed(),
        LogFormat::Pretty => layer.compact().with_ansi(false).boxed(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    struct Guard<'a>(MutexGuard<'a, Vec<u8>>);

    impl io::Write for Guard<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Written {
        type Writer = Guard<'a>;

        fn make_writer(&'a self) -> Guard<'a> {
            Guard(self.0.lock().unwrap_or_else(PoisonError::into_inner))
        }
    }

    /// What two events, one of them filtered out, look like in `format` away from a terminal.
    fn written(format: LogFormat) -> String {
        let written = Written::default();
        let filter = filter("info,sqlx=warn").unwrap();
        tracing::subscriber::with_default(subscriber(format, filter, written.clone(), false), || {
            let _span = tracing::info_span!("request", id = 7).entered();
            tracing::info!(target: "sqlx", "left out");
            assert!(!tracing::enabled!(target: "sqlx", tracing::Level::INFO));
            tracing::info!(tenant = "acme", "pool opened");
        });
        String::from_utf8(written.make_writer().0.clone()).unwrap()
    }

    #[test]
    fn json_is_one_object_a_line_with_the_fields_beside_the_timestamp() {
        let text = written(LogFormat::Json);
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let event: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(event["message"], "pool opened");
        assert_eq!(event["tenant"], "acme");
        assert_eq!(event["level"], "INFO");
        assert_eq!(event["span"]["id"], 7);
        let timestamp = event["timestamp"].as_str().unwrap();
        let format = &time::format_description::well_known::Rfc3339;
        assert!(
            time::OffsetDateTime::parse(timestamp, format).is_ok(),
            "{timestamp}"
        );
    }

    #[test]
    fn pretty_is_one_line_and_without_colours_away_from_a_terminal() {
        let text = written(LogFormat::Pretty);
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        assert!(text.contains("pool opened") && text.contains("acme"), "{text}");
        assert!(!text.contains('\x1b'), "{text}");
    }
}
