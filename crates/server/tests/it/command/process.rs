//! Runs the binary.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// For one step of a process on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// A newcomer's folder. Its private PostgreSQL is stopped and its data deleted at the end.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // As a checkout is, not as a temporary folder: so that root's unprivileged server can stay in it.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The binary with these arguments, in this folder, without anything of ours in the environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        command(self.path(), arguments)
    }

    /// The service, on free ports, which is all that differs from a newcomer's `cargo run`.
    pub fn serve_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&["--set", "tenant_plane.listen=127.0.0.1:0"]);
        command
            .args(["--set", "admin_plane.listen=127.0.0.1:0"])
            .args(arguments);
        command
    }

    pub fn serve(&self) -> Process {
        Process::spawn(self.serve_command(&[]))
    }

    /// The same, after a command of the shell that limits it.
    pub fn serve_within(&self, limit: &str) -> Process {
        let serve = self.serve_command(&[]);
        let serve = serve.as_std();
        let mut command = command_of(
            "sh",
            self.path(),
            &["-c", &format!("{limit} && exec \"$0\" \"$@\"")],
        );
        command.arg(serve.get_program()).args(serve.get_args());
        Process::spawn(command)
    }

    /// What a shell makes of a line that was printed.
    pub fn paste(&self, line: &str) -> Value {
        let shell = std::process::Command::new("sh")
            .args(["-c", line])
            .current_dir(self.path())
            .output()
            .unwrap();
        serde_json::from_slice(&shell.stdout).unwrap_or_else(|error| panic!("{line}: {error}: {shell:?}"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let reset = std::process::Command::new(env!("CARGO_BIN_EXE_tenantry"))
            .args(["db", "reset", "--yes"])
            .current_dir(self.path())
            .output();
        // A test that fails already says enough.
        if !std::thread::panicking() {
            let reset = reset.unwrap();
            assert!(reset.status.success(), "{reset:?}");
        }
    }
}

/// The binary with these arguments, in this folder, without anything of ours in the environment.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    command_of(env!("CARGO_BIN_EXE_tenantry"), folder, arguments)
}

fn command_of(program: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command.stderr(Stdio::piped()).kill_on_drop(true);
    for name in [
        "TENANTRY_PROFILE",
        "TENANTRY_CONFIG_DIR",
        "TENANTRY_ADMIN_URL",
        "TENANTRY_ADMIN_TOKEN",
        "TENANTRY_ADMIN_CA_FILE",
        "TENANTRY_ADMIN_CLIENT_CERT_FILE",
        "TENANTRY_ADMIN_CLIENT_KEY_FILE",
        "NO_COLOR",
    ] {
        command.env_remove(name);
    }
    command
}

/// What the service prints when it is up.
#[derive(Debug)]
pub struct Banner {
    pub tenant_plane: SocketAddr,
    pub admin_plane: SocketAddr,
    pub tenants: [String; 2],
    pub curl_lines: Vec<String>,
}

/// A running service.
pub struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    logged: UnboundedReceiver<String>,
    log: Option<JoinHandle<String>>,
}

impl Process {
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        let (tell, logged) = mpsc::unbounded_channel();
        let log = tokio::spawn(async move {
            let mut log = String::new();
            while let Some(line) = stderr.next_line().await.unwrap() {
                log = log + &line + "\n";
                // Few tests read it while the service runs.
                let _ = tell.send(line);
            }
            log
        });
        Self {
            child,
            lines,
            logged,
            log: Some(log),
        }
    }

    /// Waits until this is a field of a line of the JSON log: its value.
    pub async fn logged(&mut self, field: &str) -> String {
        loop {
            let line = timeout(DEADLINE, self.logged.recv())
                .await
                .expect("it is not logged in time");
            let Some(line) = line else {
                panic!("the service ended: {}", self.log.take().unwrap().await.unwrap());
            };
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            let value = [&event[field], &event["fields"][field]];
            if let Some(value) = value.into_iter().find_map(Value::as_str) {
                return value.to_owned();
            }
        }
    }

    /// Waits until a line of the log has this text.
    pub async fn says(&mut self, text: &str) {
        loop {
            let line = timeout(DEADLINE, self.logged.recv())
                .await
                .expect("it is not logged in time");
            match line {
                Some(line) if line.contains(text) => return,
                Some(_) => {}
                None => panic!("the service ended: {}", self.log.take().unwrap().await.unwrap()),
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Waits until the banner is complete.
    pub async fn banner(&mut self) -> Banner {
        let (mut planes, mut tenants, mut curl_lines) = (Vec::new(), Vec::new(), Vec::new());
        while curl_lines.len() < 3 {
            let line = timeout(DEADLINE, self.lines.next_line())
                .await
                .expect("no banner in time")
                .unwrap();
            let Some(line) = line else {
                panic!("the service ended: {}", self.log.take().unwrap().await.unwrap());
            };
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [_, "plane", url, ..] => {
                    let port = url.rsplit_once(':').unwrap().1;
                    planes.push(format!("127.0.0.1:{port}").parse().unwrap());
                }
                ["tenant", id, _, "key", "in", _] => tenants.push((*id).to_owned()),
                ["curl", ..] => curl_lines.push(line),
                _ => {}
            }
        }
        let [tenant_plane, admin_plane] = planes.try_into().unwrap();
        Banner {
            tenant_plane,
            admin_plane,
            tenants: tenants.try_into().unwrap(),
            curl_lines,
        }
    }

    /// Ends it as an operator does: its exit code and its log.
    pub async fn stop(mut self) -> (Option<i32>, String) {
        signal("-TERM", self.pid());
        let status = timeout(DEADLINE, self.child.wait())
            .await
            .expect("it does not stop")
            .unwrap();
        (status.code(), self.log.take().unwrap().await.unwrap())
    }

    /// Ends it as the kernel does when memory is short.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

pub fn signal(name: &str, pid: u32) {
    let status = std::process::Command::new("kill")
        .args([name, &pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Runs a command to its end: exit code, standard output, standard error.
pub async fn output(mut command: Command) -> (Option<i32>, String, String) {
    let output = timeout(DEADLINE, command.output())
        .await
        .expect("the command does not end")
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}
