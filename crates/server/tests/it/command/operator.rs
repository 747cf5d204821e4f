//! An operator with nothing but the command, a URL and a token.

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use super::process::{command, output};
use crate::support::{ADMIN_TOKEN, Service};

/// Runs the command in an empty folder against a service.
pub struct Operator {
    pub service: Service,
    folder: TempDir,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Operator {
    pub async fn new() -> Self {
        Self {
            service: Service::start().await,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// The command, which finds URL and token in the environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(self.folder.path(), arguments);
        command
            .env(
                "TENANTRY_ADMIN_URL",
                format!("http://{}", self.service.admin_plane),
            )
            .env("TENANTRY_ADMIN_TOKEN", ADMIN_TOKEN);
        command
    }

    /// How it ends.
    pub async fn run(&self, arguments: &[&str]) -> Said {
        run(self.command(arguments)).await
    }

    /// Its standard output, as a person reads it.
    pub async fn text(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments).await;
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
        said.out
    }

    /// Its standard output, which is one JSON document.
    pub async fn json(&self, arguments: &[&str]) -> Value {
        let text = self.text(&[arguments, &["--json"]].concat()).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {text}"))
    }

    /// Its standard error, after it ended with this code.
    pub async fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let said = self.run(arguments).await;
        assert_eq!(said.code, Some(code), "{arguments:?}: {said:?}");
        assert!(said.out.is_empty(), "{arguments:?}: {said:?}");
        said.err
    }
}

/// How the command ends.
pub async fn run(command: Command) -> Said {
    let (code, out, err) = output(command).await;
    Said { code, out, err }
}
