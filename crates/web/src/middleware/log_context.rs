//! Log context of the request that is being handled.
//!
//! A task-local instead of a span: a span costs each request about as much as its access line, and few requests log
//! anything else. This costs nothing until an event asks for it.

use std::{
    borrow::Cow,
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use futures_util::future::Either;
use http::{Extensions, HeaderValue, Method, Request, Uri};
use tokio::{task::futures::TaskLocalFuture, time::Instant};
use tower_http::request_id::RequestId;
use uuid::Uuid;

use super::{forwarded::client_behind_proxy, redact_path};
use crate::listen::Peer;

/// Ids that a plane can record for a request.
const MAX_IDS: usize = 4;
/// Texts that a plane can record for a request.
const MAX_TEXTS: usize = 2;
/// The longest such text, in characters before they are escaped.
const MAX_TEXT: usize = 128;

tokio::task_local! {
    static CURRENT: LogContext;
}

/// The request on whose behalf the current task runs. Also in the request's extensions.
#[derive(Clone)]
pub struct LogContext(pub(super) Arc<Inner>);

/// What all requests of a listener have in common.
#[derive(Clone, Copy)]
pub(super) struct Labels {
    pub(super) plane: &'static str,
    pub(super) listener: Option<&'static str>,
    pub(super) secret_prefix: Option<&'static str>,
}

pub(super) struct Inner {
    labels: Labels,
    pub(super) request_id: HeaderValue,
    pub(super) method: Method,
    uri: Uri,
    pub(super) peer: Option<IpAddr>,
    /// Behind a trusted proxy: whom it forwards for, if that can be told.
    pub(super) client: Option<IpAddr>,
    pub(super) started: Instant,
    ids: [OnceLock<(&'static str, Uuid)>; MAX_IDS],
    texts: [OnceLock<(&'static str, Box<str>)>; MAX_TEXTS],
}

impl LogContext {
    pub(super) fn new<B>(labels: Labels, request: &Request<B>) -> Self {
        let id = request.extensions().get::<RequestId>();
        Self(Arc::new(Inner {
            labels,
            request_id: id.map_or(HeaderValue::from_static("none"), |id| id.header_value().clone()),
            method: request.method().clone(),
            uri: request.uri().clone(),
            peer: request.extensions().get::<Peer>().map(Peer::ip),
            client: client_behind_proxy(request.extensions()),
            started: Instant::now(),
            ids: [const { OnceLock::new() }; MAX_IDS],
            texts: [const { OnceLock::new() }; MAX_TEXTS],
        }))
    }

    /// Adds the field `name` to everything that is logged for the request with these extensions from now on, including
    /// its access line. The first value of a name is kept. Does nothing without a [stack](crate::stack).
    pub fn record(extensions: &Extensions, name: &'static str, id: Uuid) {
        let Some(Self(context)) = extensions.get() else {
            return;
        };
        for field in &context.ids {
            if field.get_or_init(|| (name, id)).0 == name {
                return;
            }
        }
    }

    /// The same with a text, escaped and cut to 128 characters. It is no secret, but may be a client's.
    pub fn record_text(extensions: &Extensions, name: &'static str, text: &str) {
        let Some(Self(context)) = extensions.get() else {
            return;
        };
        let shown = || {
            let shown: String = text.chars().take(MAX_TEXT).flat_map(char::escape_debug).collect();
            (name, shown.into_boxed_str())
        };
        for field in &context.texts {
            if field.get_or_init(shown).0 == name {
                return;
            }
        }
    }

    /// The plane's name.
    pub fn plane(&self) -> &'static str {
        self.0.labels.plane
    }

    /// The listener's name, where the plane has several.
    pub fn listener(&self) -> Option<&'static str> {
        self.0.labels.listener
    }

    /// The request's id.
    pub fn request_id(&self) -> &str {
        // ASCII by construction.
        self.0.request_id.to_str().unwrap_or_default()
    }

    /// The [recorded](Self::record) fields.
    pub fn ids(&self) -> impl Iterator<Item = (&'static str, Uuid)> {
        self.0.ids.iter().map_while(|field| field.get().copied())
    }

    /// The [recorded](Self::record_text) texts.
    pub fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let recorded = self.0.texts.iter().map_while(OnceLock::get);
        recorded.map(|(name, text)| (*name, &**text))
    }

    /// The path as logs may have it: without its query, and without secrets.
    pub(super) fn path(&self) -> Cow<'_, str> {
        let path = self.0.uri.path();
        self.0
            .labels
            .secret_prefix
            .map_or(Cow::Borrowed(path), |prefix| redact_path(path, prefix))
    }

    /// Shows the context of the request that the current task handles, if it handles one. Tasks that a handler spawns
    /// have none, unless it is [carried](Self::carry) into them.
    pub fn current<R>(show: impl FnOnce(&Self) -> R) -> Option<R> {
        CURRENT.try_with(show).ok()
    }

    /// `future` with the current context: for a task that a handler spawns.
    pub fn carry<F: Future>(future: F) -> impl Future<Output = F::Output> {
        match CURRENT.try_with(Self::clone) {
            Ok(context) => Either::Left(context.scope(future)),
            Err(_) => Either::Right(future),
        }
    }

    /// Runs `future` with this context, and drops it so.
    pub(super) fn scope<F: Future>(self, future: F) -> TaskLocalFuture<Self, F> {
        CURRENT.scope(self, future)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_and_escaped_and_the_first_of_a_name_is_kept() {
        let mut request = Request::new(());
        let labels = Labels {
            plane: "test",
            listener: None,
            secret_prefix: None,
        };
        let context = LogContext::new(labels, &request);
        request.extensions_mut().insert(context.clone());
        let record = |name, text: &str| LogContext::record_text(request.extensions(), name, text);
        record("a", "x\n\u{1b}\u{202e}\"");
        record("a", "y");
        record("b", &"ä".repeat(1000));
        record("c", "z");
        let texts: Vec<_> = context.texts().collect();
        assert_eq!(texts[0], ("a", "x\\n\\u{1b}\\u{202e}\\\""));
        assert_eq!(texts[1], ("b", &*"ä".repeat(MAX_TEXT)));
        assert_eq!(texts.len(), MAX_TEXTS);
    }
}
