//! Everything that is logged, by all servers of this process.

use std::{
    collections::HashMap,
    fmt::{self, Write as _},
    sync::{Mutex, MutexGuard, Once},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, Registry, layer::Context, prelude::*, registry::LookupSpan};

use web::middleware::LogContext;

use super::until;

/// One line: its target, its fields, and whether it has those of a span as well.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) target: &'static str,
    pub(crate) fields: HashMap<&'static str, String>,
    pub(crate) within_span: bool,
}

static LINES: Mutex<Vec<Line>> = Mutex::new(Vec::new());

/// Begins to capture, once a process.
pub(crate) fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Registry::default().with(Capture)).unwrap());
}

/// The lines that name this request.
pub(crate) fn lines_of(request_id: &str) -> Vec<Line> {
    let of = |line: &&Line| line.fields.get("request_id").is_some_and(|id| id == request_id);
    lines().iter().filter(of).cloned().collect()
}

/// How often this was logged.
pub(crate) fn count(message: &str) -> usize {
    lines()
        .iter()
        .filter(|line| line.fields.get("message").is_some_and(|said| said == message))
        .count()
}

/// How often this was logged with `part` in this field.
pub(crate) fn count_with(message: &str, field: &str, part: &str) -> usize {
    let has = |line: &&Line, field: &str, part: &str| {
        line.fields.get(field).is_some_and(|value| value.contains(part))
    };
    lines()
        .iter()
        .filter(|line| has(line, "message", message) && has(line, field, part))
        .count()
}

/// The request's access line, as soon as there is one.
pub(crate) async fn access_line(request_id: &str) -> HashMap<&'static str, String> {
    let found = || {
        lines_of(request_id)
            .into_iter()
            .filter(|line| line.target == "access")
            .collect::<Vec<_>>()
    };
    until("an access line", || !found().is_empty()).await;
    let mut found = found();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0).fields
}

fn lines() -> MutexGuard<'static, Vec<Line>> {
    LINES.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

struct Capture;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "access" || metadata.target().starts_with("web")
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Line {
            target: event.metadata().target(),
            fields: HashMap::new(),
            within_span: context.lookup_current().is_some(),
        };
        event.record(&mut line);
        // As a format adds them.
        LogContext::current(|request| {
            let ids = request.ids().map(|(name, id)| (name, id.to_string()));
            line.fields.extend(ids);
        });
        lines().push(line);
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.fields.entry(field.name()).or_default(), "{value:?}").unwrap();
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}
