//! Logging to standard error, which leaves standard output to results.
//!
//! The pretty format is one short line per event, coloured on a terminal unless `NO_COLOR` is set. The JSON format is
//! one object per line: the event's fields, `timestamp` (RFC 3339, UTC), `level` and `target`.

mod json;
mod panics;
mod pretty;
mod writer;

use std::io::{self, IsTerminal as _};

use config::{Environment, LogFormat, LogSettings};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::ParseError,
    fmt::{MakeWriter, writer::BoxMakeWriter},
    layer::SubscriberExt,
    util::{SubscriberInitExt, TryInitError},
};

pub use writer::FlushOnDrop;
pub(crate) use writer::flush;

/// Errors of the set-up of logging.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log.filter` is not a list of directives.
    #[error("log.filter: {0}")]
    Filter(#[source] FilterError),
    /// The process has a logger already.
    #[error("logging has been set up before")]
    AlreadySet(#[source] TryInitError),
}

/// Text that is not a list of filter directives.
#[derive(Debug, thiserror::Error)]
#[error("{text:?} is not a list of directives such as \"info,sqlx=warn\" ({error})")]
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

/// Delivery of lines to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// By the thread that logs.
    Direct,
    /// By a separate thread, in batches: no request waits for the log's reader. [`FlushOnDrop`] writes the rest.
    Queued,
}

/// Sends the process's events to standard error, panics among them.
///
/// # Errors
/// When `log.filter` cannot be read, and when the process has a logger already.
pub fn init(settings: &LogSettings, delivery: Delivery) -> Result<(), TelemetryError> {
    let filter = filter(&settings.filter).map_err(TelemetryError::Filter)?;
    let colours = io::stderr().is_terminal() && !Environment::wants_plain_text();
    let writer = match delivery {
        Delivery::Direct => BoxMakeWriter::new(io::stderr),
        Delivery::Queued => BoxMakeWriter::new(writer::queued(io::stderr())),
    };
    subscriber(settings.format, filter, writer, colours)
        .try_init()
        .map_err(TelemetryError::AlreadySet)?;
    panics::log();
    Ok(())
}

/// The filter is global, not per layer: after a "no" to `tracing::enabled!`, which sqlx calls for PostgreSQL's notices,
/// a per-layer filter swallows the next event.
fn subscriber<W>(
    format: LogFormat,
    filter: EnvFilter,
    writer: W,
    colours: bool,
) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    Registry::default()
        .with(layer(format, writer, colours))
        .with(filter)
}

/// Whether an event has a field with its request's id: then the format adds only the request's recorded ids.
fn names_request(event: &Event<'_>) -> bool {
    event.metadata().fields().field("request_id").is_some()
}

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The writer of events in `format`.
fn layer<W>(format: LogFormat, writer: W, colours: bool) -> BoxedLayer
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(colours);
    match format {
        LogFormat::Json => layer.event_format(json::Json).boxed(),
        LogFormat::Pretty => layer.event_format(pretty::Pretty::new(colours)).boxed(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

    use axum::Router;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::routing::get;
    use tower::ServiceExt as _;
    use uuid::Uuid;
    use web::StackSettings;
    use web::middleware::LogContext;

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
    /// The line of an event that a handler logs for a tenant, behind a stack.
    async fn logged_by_a_handler(format: LogFormat, settings: StackSettings) -> String {
        let written = Written::default();
        let filter = filter("warn").unwrap();
        let _log = tracing::subscriber::set_default(subscriber(format, filter, written.clone(), false));
        let handler = async |request: Request| {
            tracing::warn!(attempts = 2, "pool {}", "slow");
            LogContext::record(request.extensions(), "tenant", Uuid::from_u128(7));
            tracing::warn!("pool slower");
            tracing::warn!(request_id = "r-1", "named");
            LogContext::record_text(request.extensions(), "token_subject", "a\"\n");
            tracing::warn!(request_id = "r-1", "of a subject");
        };
        let plane = web::stack(Router::new().route("/", get(handler)), settings);
        let request = Request::get("/")
            .header("host", "x")
            .header("x-request-id", "r-1");
        let response = plane.oneshot(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.unwrap().status(), 200);
        tracing::warn!("of no request");
        String::from_utf8(written.make_writer().0.clone()).unwrap()
    }

    #[tokio::test]
    async fn json_names_the_request_that_is_being_handled() {
        let text = logged_by_a_handler(LogFormat::Json, StackSettings::new("test")).await;
        let events: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let request = serde_json::json!({"plane": "test", "request_id": "r-1", "name": "request"});
        assert_eq!(events[0]["message"], "pool slow");
        assert_eq!(events[0]["attempts"], 2);
        assert_eq!(events[0]["span"], request);
        assert_eq!(
            events[1]["span"]["tenant"],
            "00000000-0000-0000-0000-000000000007"
        );
        assert_eq!(events[2]["message"], "named");
        assert!(events[2].get("span").is_none(), "{text}");
        assert_eq!(events[2]["tenant"], events[1]["span"]["tenant"]);
        assert_eq!(events[3]["token_subject"], "a\\\"\\n");
        assert_eq!(events[4]["message"], "of no request");
        assert!(
            events[4].get("span").is_none() && events[4].get("tenant").is_none(),
            "{text}"
        );
    }

    #[tokio::test]
    async fn pretty_names_it_at_the_end_of_the_line() {
        let text = logged_by_a_handler(LogFormat::Pretty, StackSettings::new("test")).await;
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[0].ends_with("pool slow attempts=2 plane=test request_id=r-1"),
            "{text}"
        );
        assert!(
            lines[1].ends_with("plane=test request_id=r-1 tenant=00000000-0000-0000-0000-000000000007"),
            "{text}"
        );
        assert!(
            lines[2].ends_with("named request_id=\"r-1\" tenant=00000000-0000-0000-0000-000000000007"),
            "{text}"
        );
        assert!(lines[3].ends_with(r#" token_subject="a\"\n""#), "{text}");
        assert!(lines[4].ends_with("of no request"), "{text}");
    }

    #[tokio::test]
    async fn a_listener_is_named_once_where_its_plane_has_several() {
        let settings = || StackSettings {
            listener: Some("public"),
            ..StackSettings::new("test")
        };
        let text = logged_by_a_handler(LogFormat::Json, settings()).await;
        let lines: Vec<&str> = text.lines().collect();
        for (line, times) in lines.iter().zip([1, 1, 1, 1, 0]) {
            assert_eq!(line.matches(r#""listener":"public""#).count(), times, "{line}");
        }
        let text = logged_by_a_handler(LogFormat::Pretty, settings()).await;
        let first = text.lines().next().unwrap_or_default();
        assert!(
            first.ends_with(" plane=test request_id=r-1 listener=public"),
            "{text}"
        );
    }
}
