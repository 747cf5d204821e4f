//! docs/operating.md, pasted into a shell: backup and restore of everything and of one tenant, and a new password for the
//! service. What concerns the machine is left out.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use local_postgres::{Endpoint, EphemeralPostgres, Options};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::process::{Process, output};
use super::production::{Chapter, speak_tls};

/// The tenant's id that the page has in its examples.
const EXAMPLE: &str = "01a20771-3a4a-741a-89bd-25c7c7977551";

/// Whether there is a `pg_dump` that can read a server of this version.
fn can_dump(server: &Endpoint) -> bool {
    let Ok(output) = Command::new("pg_dump").arg("--version").output() else {
        return false;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let version = text.split_whitespace().nth(2).unwrap_or_default();
    let major = version.split('.').next().unwrap_or_default().parse();
    major.is_ok_and(|major: u32| major >= server.major())
}

async fn server() -> EphemeralPostgres {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tenantry/test-postgres");
    let started = tokio::task::spawn_blocking(move || EphemeralPostgres::start(&Options::new(root)));
    let server = started.await.unwrap().unwrap();
    speak_tls(server.endpoint()).await;
    server
}

/// The page beside an installed service, with both servers in libpq's files.
struct Operated {
    page: Chapter,
    id: String,
}

impl Operated {
    fn new(chapter: &Chapter, first: &Endpoint, second: &Endpoint, id: &str) -> Self {
        let page = chapter.beside("operating");
        let service = page.block("says where the server is");
        let of = |name: &str, endpoint: &Endpoint| {
            let host = format!("host={}\nport={}", endpoint.host(), endpoint.port());
            let named = service.replace("[tenantry]", &format!("[{name}]"));
            named.replace("host=db.example.org", &host)
        };
        page.write(
            "pg_service.conf",
            &(of("tenantry", first) + &of("restored", second)),
        );
        let (host, password) = (first.host(), first.password().expose_secret());
        page.write("pgpass", &format!("{host}:*:*:postgres:{password}\n"));
        let path = page.folder.path().join("pgpass");
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        let id = id.to_owned();
        Self { page, id }
    }

    /// Runs the block that follows this text of the page.
    async fn paste(&self, before: &str, server: &Endpoint) -> String {
        let block = self.page.block(before).replace(EXAMPLE, &self.id);
        let lines = block.lines().filter(|line| !line.starts_with("systemctl "));
        let script: Vec<&str> = lines.collect();
        self.run(&script.join("\n"), server).await
    }

    async fn run(&self, script: &str, server: &Endpoint) -> String {
        let files = "export PGSERVICEFILE=$PWD/pg_service.conf PGPASSFILE=$PWD/pgpass";
        self.page.paste(&format!("{files}\n{script}"), server).await
    }

    /// What a tenant answers under its own login.
    async fn ask(&self, tenant: &str, sql: &str, server: &Endpoint) -> String {
        let psql = format!("tenantry db psql --tenant {tenant} -- --no-psqlrc --tuples-only --no-align");
        let answer = self.run(&format!("{psql} --command \"{sql}\""), server).await;
        answer.trim().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_come_back_when_the_page_is_pasted() {
    let (first, second) = tokio::join!(server(), server());
    let (first, second) = (first.endpoint(), second.endpoint());
    if !can_dump(first) {
        return;
    }
    let chapter = Chapter::new();
    chapter.install(first).await;
    let mut service = Process::spawn(chapter.shell("exec tenantry serve", first));
    let admin_plane = service.logged("admin_plane").await;
    let url = format!("http://{admin_plane}");
    for tenant in ["acme", "globex"] {
        let create = format!("tenantry tenant create {tenant} --url {url} --token-file token");
        chapter.paste(&create, first).await;
    }
    let operated = Operated::new(&chapter, first, second, &Uuid::nil().to_string());
    let names = "SELECT string_agg(name, ' ' ORDER BY name) FROM app.users";
    for tenant in ["acme", "globex"] {
        let add = format!("INSERT INTO app.users (name) VALUES ('{tenant} 1'), ('{tenant} 2')");
        assert_eq!(operated.ask(tenant, &add, first).await, "INSERT 0 2");
    }
    let id = operated.ask("acme", "SELECT app.tid()", first).await;
    let operated = Operated { id, ..operated };

    // One tenant: what was removed comes back, and what another has in the file does not.
    operated
        .paste("Under its own login, which sees its rows", first)
        .await;
    let file = operated.page.folder.path().join("acme-users.csv");
    let rows = fs::read_to_string(&file).unwrap();
    assert!(rows.lines().count() == 3 && !rows.contains("globex"), "{rows}");
    let foreign = rows.replace(&operated.id, &Uuid::new_v4().to_string());
    let foreign = foreign.lines().nth(1).unwrap().replace("acme", "foreign");
    fs::write(&file, format!("{rows}{foreign}\n")).unwrap();
    let remove = "SELECT app.delete_user(id) FROM app.users WHERE name = 'acme 2'";
    assert_eq!(operated.ask("acme", remove, first).await, "t");
    operated
        .paste("A superuser can, and is bound by no row level security", first)
        .await;
    assert_eq!(operated.ask("acme", names, first).await, "acme 1 acme 2");
    let foreign = "psql 'service=tenantry dbname=tenantry_data' --command \"SELECT name FROM app.users\"";
    assert!(!operated.run(foreign, first).await.contains("foreign"));

    // Everything, by the login that the page makes.
    let sql = operated.page.block("Make it once").to_owned();
    let psql = format!("psql 'service=tenantry dbname=postgres' --set ON_ERROR_STOP=1 <<'SQL'\n{sql}SQL");
    operated.run(&psql, first).await;
    operated.paste("**By dump**", first).await;
    let doctor = operated.run("tenantry doctor", first).await;
    assert!(
        doctor.contains("Tenants are kept apart.") && !doctor.contains("BYPASSRLS"),
        "{doctor}"
    );
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");

    // As the page wants it: the superuser's password is the same on both.
    let same = format!(
        "PGPASSWORD={} psql 'service=restored dbname=postgres' --command \"ALTER ROLE postgres PASSWORD '{}'\"",
        second.password().expose_secret(),
        first.password().expose_secret()
    );
    operated.run(&same, second).await;
    operated.paste("### Restore of everything", second).await;
    let folder = operated.page.folder.path();
    let said = operated.paste("put the key ring back, and:", second).await;
    assert!(said.contains("Tenants are kept apart."), "{said}");
    for tenant in ["acme", "globex"] {
        let there = operated.ask(tenant, names, second).await;
        assert_eq!(there, format!("{tenant} 1 {tenant} 2"));
    }
    let left = operated.paste("List the tenants that have rows", second).await;
    assert!(left.contains(&operated.id) && left.contains("(2 rows)"), "{left}");

    // The service's password: the old one does not log in any more, the new one does.
    let old = fs::read_to_string(folder.join("service-password")).unwrap();
    operated.paste("### The service's password", second).await;
    let new = fs::read_to_string(folder.join("service-password")).unwrap();
    assert!(old != new && new.len() == 64);
    let mut service = Process::spawn(chapter.shell("exec tenantry serve", second));
    service.logged("admin_plane").await;
    service.stop().await;
    chapter.write("service-password", &old);
    let (code, _, err) = output(chapter.shell("tenantry serve", second)).await;
    assert_eq!(code, Some(1));
    assert!(
        err.contains("refuses tenantry_service access to tenantry_control"),
        "{err}"
    );
}
