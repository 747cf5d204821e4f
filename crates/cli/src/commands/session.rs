//! Steps that the commands have in common.

use admin_types::Page;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::args::{PageArgs, ServiceArgs};
use crate::client::{AdminClient, Answer, ClientError, List, Request, Target};
use crate::output::{self, Column, Screen};
use crate::text::printable;

/// A service to call, and the form of the output.
pub(super) struct Session {
    pub(super) client: AdminClient,
    pub(super) json: bool,
    screen: Screen,
}

impl Session {
    pub(super) fn open(service: &ServiceArgs, target: Target, colours: bool) -> Self {
        Self {
            client: AdminClient::new(target, service.request_timeout),
            json: service.json,
            screen: Screen::stdout(colours),
        }
    }

    /// Shows the thing in the answer.
    pub(super) fn show<T: DeserializeOwned>(
        &self,
        answer: &Answer,
        columns: &[Column<T>],
    ) -> anyhow::Result<()> {
        self.show_as(answer, columns, Answer::read)
    }

    /// Shows the thing in the answer, for people as `read` makes it.
    pub(super) fn show_as<T>(
        &self,
        answer: &Answer,
        columns: &[Column<T>],
        read: impl FnOnce(&Answer) -> Result<T, ClientError>,
    ) -> anyhow::Result<()> {
        if self.json {
            return output::line(output::pretty(&answer.body)?);
        }
        output::write(output::fields(columns, &read(answer)?, self.screen))
    }

    /// Shows the thing at this path.
    pub(super) async fn show_at<T: DeserializeOwned>(
        &self,
        path: String,
        columns: &[Column<T>],
    ) -> anyhow::Result<()> {
        self.show(&self.client.send(&Request::get(path)).await?, columns)
    }

    /// Shows a list.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        request: Request,
        page: PageArgs,
        columns: &[Column<T>],
    ) -> anyhow::Result<()> {
        self.list_as(request, page, columns, async |items| items).await
    }

    /// Shows a list, for people as `rows` makes its rows.
    pub(super) async fn list_as<T: DeserializeOwned, R>(
        &self,
        request: Request,
        page: PageArgs,
        columns: &[Column<R>],
        rows: impl AsyncFnOnce(Vec<T>) -> Vec<R>,
    ) -> anyhow::Result<()> {
        let mut list: Page<Box<RawValue>> = self.client.list(request, &page.paging()).await?;
        if self.json {
            output::line(output::pretty(&list)?)?;
        } else {
            let rows = rows(read_all(&list.items)?).await;
            self.table(columns, &rows, "")?;
        }
        hint_next_page(&mut list);
        Ok(())
    }

    /// Shows a table, below these lines.
    pub(super) fn table<T>(&self, columns: &[Column<T>], rows: &[T], above: &str) -> anyhow::Result<()> {
        let table = output::table(columns, rows, self.screen);
        output::write(format_args!("{above}{table}"))
    }

    /// Reports a change that has no document; programs have the exit code.
    pub(super) fn done(&self, what: &str) -> anyhow::Result<()> {
        if self.json { Ok(()) } else { output::line(what) }
    }
}

/// Reads every item of a list.
///
/// # Errors
/// When one is something else.
pub(super) fn read_all<T: DeserializeOwned>(items: &[Box<RawValue>]) -> Result<Vec<T>, ClientError> {
    let items = items.iter().map(|item| serde_json::from_str(item.get()));
    Ok(items.collect::<Result<_, _>>()?)
}

/// Says how to get the next page, if there is one.
pub(super) fn hint_next_page(list: &mut impl List) {
    if let (_, Some(cursor)) = list.parts() {
        let cursor = printable(cursor);
        output::hint(format_args!(
            "tenantry: there are more; the next page: --cursor {cursor}, all of them: --all\n"
        ));
    }
}
