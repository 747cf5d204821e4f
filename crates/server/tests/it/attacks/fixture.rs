//! Two tenants and what a client sends to the service, byte by byte.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::Databases;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{ADMIN_TOKEN, Service};

/// Deadline for one response, generous for a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// The listener that gets the request.
#[derive(Debug, Clone, Copy)]
pub enum Plane {
    Tenant,
    Admin,
}

/// The expected response.
#[derive(Debug, Clone, Copy)]
pub enum Expected {
    /// A problem of this status and code.
    Refused(u16, &'static str),
    /// This status, with the caller's own data only.
    Own(u16),
    /// This status and no body: it is not read any further.
    Closed(u16),
    /// HTTP/2: the stream is reset, with this code (RFC 9113, section 7).
    Reset(u32),
    /// HTTP/2: the connection is ended, with this code.
    Ended(u32),
}

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    pub name: &'static str,
    pub plane: Plane,
    pub request: &'static str,
    pub expected: Expected,
}

/// A service with two tenants; the rows of `b` have unguessable names.
pub struct AttackFixture {
    service: Service,
    pub major: u32,
    a: String,
    b: String,
    mine: String,
    user: String,
    cursor: String,
    key: String,
    marker: String,
    before: String,
}

impl AttackFixture {
    pub async fn new(overrides: &[&str]) -> Self {
        let service = Service::with(overrides).await;
        let (acme, b) = (service.tenant("acme").await, service.tenant("globex").await.id);
        let (_, key) = service.api_key(&acme, &["read", "write"]).await;
        let a = acme.id;
        let marker = testkit::unknown_tenant().to_string();
        let mut superuser = service.superuser().await;
        let mut ids = Vec::new();
        for (tenant, name) in [
            (a, "mine".to_owned()),
            (b, format!("payroll {marker}")),
            (b, format!("z {marker}")),
        ] {
            let insert = "INSERT INTO app.users (tenant_id, name) VALUES ($1, $2) RETURNING id";
            let id: uuid::Uuid = sqlx::query_scalar(insert)
                .bind(tenant.as_uuid())
                .bind(name)
                .fetch_one(&mut superuser)
                .await
                .unwrap();
            ids.push(id.to_string());
        }
        // Through another instance, which trusts this network regardless of the attacked one's configuration.
        let trusting = service.beside(&[]).await;
        let client = testkit::Client::new(trusting.tenant_plane).header("x-tenant-id", &b.to_string());
        let page = client
            .query("/v1/internal/users", &[("sort", "name"), ("limit", "1")])
            .await;
        let cursor = page.expect(200)["next_cursor"].as_str().unwrap().to_owned();
        let version: String = sqlx::query_scalar("SHOW server_version_num")
            .fetch_one(&mut superuser)
            .await
            .unwrap();
        let mut fixture = Self {
            service,
            major: version.parse::<u32>().unwrap() / 10_000,
            a: a.to_string(),
            b: b.to_string(),
            mine: ids[0].clone(),
            user: ids[1].clone(),
            cursor,
            key,
            marker,
            before: String::new(),
        };
        fixture.before = fixture.state().await;
        fixture
    }

    /// The rows of `b`, and all tenants.
    async fn state(&self) -> String {
        let rows =
            "SELECT string_agg(users::text, ';' ORDER BY id) FROM app.users WHERE tenant_id = $1::uuid";
        let rows: String = sqlx::query_scalar(rows)
            .bind(&self.b)
            .fetch_one(&mut self.service.superuser().await)
            .await
            .unwrap();
        let databases: &Databases = &self.service.databases;
        let mut store = databases.server().superuser(databases.control().as_str()).await;
        let tenants = "SELECT string_agg(tenants::text, ';' ORDER BY id) FROM control.tenants";
        let tenants: String = sqlx::query_scalar(tenants).fetch_one(&mut store).await.unwrap();
        format!("{rows}\n{tenants}")
    }

    /// Sends the request, and returns every deviation from the expected result, a sentence each.
    pub async fn deviations(&self, attempt: &Attempt) -> Vec<String> {
        let answer = self.send(attempt, &self.user).await;
        let mut wrong = Vec::new();
        let fits = match attempt.expected {
            Expected::Refused(status, code) => answer.status() == status && answer.json()["code"] == code,
            Expected::Own(status) => answer.status() == status && answer.json().is_object(),
            Expected::Closed(status) => answer.status() == status && answer.body().is_empty(),
            Expected::Reset(_) | Expected::Ended(_) => false,
        };
        if !fits {
            wrong.push(format!("{:?}, but {}", attempt.expected, answer.0));
        }
        if answer.0.matches("HTTP/1.").count() != 1 {
            wrong.push(format!("more than one answer: {}", answer.0));
        }
        if answer.0.contains("\"mine\"") && attempt.request.contains("x-tenant-id: {b}") {
            wrong.push(format!(
                "the answer shows the caller's rows under the other tenant: {}",
                answer.0
            ));
        }
        if attempt.request.contains("{user}") {
            let unknown = self.send(attempt, &testkit::unknown_tenant().to_string()).await;
            if answer.masked() != unknown.masked() {
                wrong.push(format!(
                    "it differs from an unknown tenant's: {} {}",
                    answer.0, unknown.0
                ));
            }
        }
        self.with_side_effects(attempt.name, wrong, &answer.0).await
    }

    /// Adds the deviations that no request may cause.
    pub async fn with_side_effects(&self, name: &str, mut wrong: Vec<String>, answer: &str) -> Vec<String> {
        if answer.contains(&self.marker) {
            wrong.push(format!("the answer shows the other tenant: {answer}"));
        }
        if self.state().await != self.before {
            wrong.push("it changed the other's rows, or a tenant".to_owned());
        }
        wrong
            .into_iter()
            .map(|sentence| format!("{name}: {sentence}\n"))
            .collect()
    }

    /// The text with its placeholders replaced.
    pub fn filled(&self, text: &str, user: &str) -> String {
        text.replace("{a}", &self.a)
            .replace("{b}", &self.b)
            .replace("{mine}", &self.mine)
            .replace("{user}", user)
            .replace("{cursor}", &self.cursor)
            .replace("{key}", &self.key)
            .replace("{token}", ADMIN_TOKEN)
            .replace("{long}", &"x".repeat(20_000))
            .replace("{fields}", &"x: y\n".repeat(300))
            .replace("{deep}", &"[".repeat(10_000))
    }

    pub fn address(&self, plane: Plane) -> SocketAddr {
        match plane {
            Plane::Tenant => self.service.tenant_plane,
            Plane::Admin => self.service.admin_plane,
        }
    }

    async fn send(&self, attempt: &Attempt, user: &str) -> Answer {
        let request = whole(&self.filled(attempt.request, user));
        exchange(self.address(attempt.plane), &request).await
    }
}

/// The bytes of a text, in which U+F780 to U+F7FF stand for the bytes 80 to FF alone.
fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for letter in text.chars() {
        match u32::from(letter) {
            byte @ 0xf780..=0xf7ff => bytes.extend(byte.to_le_bytes().first()),
            _ => bytes.extend(letter.to_string().bytes()),
        }
    }
    bytes
}

/// The request with the default headers that it does not set.
fn whole(request: &str) -> Vec<u8> {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let lower = head.to_lowercase();
    let mut head = head.to_owned();
    if !lower.contains("\nhost:") {
        head.push_str("\nhost: localhost");
    }
    if !lower.contains("\nconnection:") {
        head.push_str("\nconnection: close");
    }
    let framed = lower.contains("content-length:") || lower.contains("transfer-encoding:");
    if !framed && !body.is_empty() {
        head = format!("{head}\ncontent-length: {}", bytes(body).len());
    }
    let body = if framed {
        body.replace('\n', "\r\n")
    } else {
        body.to_owned()
    };
    bytes(&format!("{}\r\n\r\n{body}", head.replace('\n', "\r\n")))
}

/// All that the service sends until it closes the connection.
async fn exchange(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A service that has read enough may have closed already.
    let _sent = stream.write_all(request).await;
    let mut answer = Vec::new();
    let read = timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
    // A reset is a close as well.
    let _closed = read.expect("the service closes the connection");
    Answer(String::from_utf8_lossy(&answer).into_owned())
}

/// A response, as received.
struct Answer(String);

impl Answer {
    fn status(&self) -> u16 {
        let status = self.0.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.unwrap_or(0)
    }

    fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    fn json(&self) -> Value {
        serde_json::from_str(self.body()).unwrap_or(json!(null))
    }

    /// The response without the parts that differ between any two requests.
    fn masked(&self) -> String {
        let mut lines: Vec<&str> = self
            .0
            .lines()
            .filter(|line| !line.starts_with("date: "))
            .collect();
        let id = lines.iter().find_map(|line| line.strip_prefix("x-request-id: "));
        let id = id.map(ToOwned::to_owned);
        lines.retain(|line| !line.starts_with("x-request-id: "));
        let text = lines.join("\n");
        id.map_or(text.clone(), |id| text.replace(&id, "ID"))
    }
}
