//! Exactly one line a request, under the target `access`.

use std::{net::IpAddr, time::Duration};

use axum::{extract::Request, response::Response};
use http::{Method, Uri};
use tokio::time::Instant;
use tracing::field;

use super::{RequestId, TenantLabel, without_secrets};
use crate::{error::Code, listen::Peer};

/// What nginx writes for a client that hung up before it was answered; it is never sent.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// A request's line, written when the head of its response is ready, or when the request is dropped before:
/// the client hung up, or the server's drain deadline came.
///
/// It has the path without its query, which may hold what a log should not, and without secrets.
#[must_use = "dropping it writes the line of a cancelled request"]
pub(super) struct AccessLine {
    plane: &'static str,
    method: Method,
    uri: Uri,
    id: RequestId,
    tenant: TenantLabel,
    peer: Option<IpAddr>,
    started: Instant,
    written: bool,
}

impl AccessLine {
    pub(super) fn begin(
        plane: &'static str,
        request: &Request,
        id: &RequestId,
        tenant: &TenantLabel,
    ) -> Self {
        Self {
            plane,
            method: request.method().clone(),
            uri: request.uri().clone(),
            id: id.clone(),
            tenant: tenant.clone(),
            peer: request.extensions().get::<Peer>().map(Peer::ip),
            started: Instant::now(),
            written: false,
        }
    }

    /// Writes the line of a request that is answered.
    pub(super) fn answered(mut self, response: &Response) {
        self.written = true;
        self.write(
            response.status().as_u16(),
            response.extensions().get().copied(),
            "answered",
        );
    }

    fn write(&self, status: u16, code: Option<Code>, outcome: &str) {
        // No parent: where it is dropped within the request's span, the span's fields are all here.
        tracing::info!(
            target: "access",
            parent: None,
            plane = self.plane,
            method = %self.method,
            path = &*without_secrets(self.uri.path()),
            status,
            code = code.map(Code::name),
            outcome,
            latency_us = micros(self.started.elapsed()),
            request_id = self.id.as_str(),
            peer = self.peer.map(field::display),
            tenant = self.tenant.get().map(field::display),
        );
    }
}

impl Drop for AccessLine {
    fn drop(&mut self) {
        if !self.written {
            self.write(CLIENT_CLOSED_REQUEST, None, "cancelled");
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
