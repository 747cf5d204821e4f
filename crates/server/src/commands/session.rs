//! What all commands have in common that speak to a running service.

use serde_json::Value;

use crate::cli::service::{FollowArgs, PageArgs, ServiceArgs};
use crate::client::{AdminClient, Answer, ClientError, Request, next_cursor};
use crate::config::Inputs;
use crate::output::{self, Column, Progress, Screen};

/// A service to ask, and how its answers are shown.
pub(super) struct Session {
    pub(super) client: AdminClient,
    pub(super) json: bool,
    screen: Screen,
}

impl Session {
    /// Finds the service.
    pub(super) fn open(inputs: &Inputs, service: &ServiceArgs) -> anyhow::Result<Self> {
        Ok(Self {
            client: AdminClient::find(inputs, service)?,
            json: service.json,
            screen: Screen::stdout(),
        })
    }

    /// Shows one thing.
    pub(super) fn show(&self, document: &Value, columns: &[Column]) -> anyhow::Result<()> {
        if self.json {
            return output::line(output::pretty(document)?);
        }
        output::write(output::fields(columns, document, self.screen))
    }

    /// Shows the thing that the service has at this path.
    pub(super) async fn show_at(&self, path: String, columns: &[Column]) -> anyhow::Result<()> {
        self.show(&self.client.send(&Request::get(path)).await?.body, columns)
    }

    /// Shows a page, or all of them. `above` is what people read before the table, each line with its end.
    pub(super) async fn list(
        &self,
        request: Request,
        page: &PageArgs,
        columns: &[Column],
        above: impl FnOnce(&Value) -> String,
    ) -> anyhow::Result<()> {
        let list = self.client.list(request, page).await?;
        self.show_list(&list, columns, &above(&list))
    }

    /// Shows a list that was answered.
    pub(super) fn show_list(&self, list: &Value, columns: &[Column], above: &str) -> anyhow::Result<()> {
        if self.json {
            output::line(output::pretty(list)?)?;
        } else {
            let items = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
            let table = output::table(columns, items, self.screen);
            output::write(format_args!("{above}{table}"))?;
        }
        if let Some(cursor) = next_cursor(list) {
            let cursor = output::printable(cursor);
            output::aside(format_args!(
                "tenantry: there are more; the next page: --cursor {cursor}, all of them: --all\n"
            ));
        }
        Ok(())
    }

    /// Says that something is done which has no document; programs have the exit code.
    pub(super) fn done(&self, what: &str) -> anyhow::Result<()> {
        if self.json { Ok(()) } else { output::line(what) }
    }

    /// Waits for the operation that was answered, if it was one that goes on; `None` if it is to be left alone, and then
    /// it is shown.
    pub(super) async fn carry_through(
        &self,
        answer: Answer,
        follow: FollowArgs,
    ) -> anyhow::Result<Option<Outcome>> {
        let Some(operation) = answer.operation() else {
            return Ok(Some(Outcome::AtOnce(answer)));
        };
        if follow.no_wait {
            self.show(operation, super::operation::SHOWN)?;
            return Ok(None);
        }
        let ended = self.watch(operation.clone(), follow.wait_timeout).await?;
        Ok(Some(Outcome::Operation(ended)))
    }

    /// Waits until the operation has succeeded, and shows meanwhile how far it is.
    pub(super) async fn watch(
        &self,
        operation: Value,
        timeout: std::time::Duration,
    ) -> Result<Value, ClientError> {
        self.client.follow(operation, timeout, &mut Progress::new()).await
    }
}

/// What a change came to.
pub(super) enum Outcome {
    /// It was there already: this.
    AtOnce(Answer),
    /// An operation, which has succeeded.
    Operation(Value),
}
