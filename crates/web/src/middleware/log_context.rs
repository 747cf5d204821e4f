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

tokio::task_local! {
    static CURRENT: LogContext;
}

/// The request on whose behalf the current task runs. Also in the request's extensions.
#[derive(Clone)]
pub struct LogContext(pub(super) Arc<Inner>);

pub(super) struct Inner {
    plane: &'static str,
    secret_prefix: Option<&'static str>,
    pub(super) request_id: HeaderValue,
    pub(super) method: Method,
    uri: Uri,
    pub(super) peer: Option<IpAddr>,
    /// Behind a trusted proxy: whom it forwards for, if that can be told.
    pub(super) client: Option<IpAddr>,
    pub(super) started: Instant,
    ids: [OnceLock<(&'static str, Uuid)>; MAX_IDS],
}

impl LogContext {
    pub(super) fn new<B>(
        plane: &'static str,
        secret_prefix: Option<&'static str>,
        request: &Request<B>,
    ) -> Self {
        let id = request.extensions().get::<RequestId>();
        Self(Arc::new(Inner {
            plane,
            secret_prefix,
            request_id: id.map_or(HeaderValue::from_static("none"), |id| id.header_value().clone()),
            method: request.method().clone(),
            uri: request.uri().clone(),
            peer: request.extensions().get::<Peer>().map(Peer::ip),
            client: client_behind_proxy(request.extensions()),
            started: Instant::now(),
            ids: [const { OnceLock::new() }; MAX_IDS],
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

    /// The plane's name.
    pub fn plane(&self) -> &'static str {
        self.0.plane
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

    /// The path as logs may have it: without its query, and without secrets.
    pub(super) fn path(&self) -> Cow<'_, str> {
        let path = self.0.uri.path();
        self.0
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
