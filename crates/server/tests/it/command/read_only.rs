//! The service restarted on a server that was made read-only meanwhile.

use serde_json::json;

use super::doctor::has_psql;
use super::process::{Folder, output};
use crate::support::Client;

const USERS: &str = "/v1/internal/users";

async fn alter_server(folder: &Folder, alter: &str) {
    for sql in [alter, "SELECT pg_reload_conf()"] {
        let psql = folder.command(&["db", "psql", "data", "--", "--command", sql]);
        let (status, said, error) = output(psql).await;
        assert_eq!(status, Some(0), "{said}{error}");
    }
}

#[tokio::test]
async fn it_starts_and_serves_what_can_be_read() {
    if !has_psql() {
        return;
    }
    let folder = Folder::new();
    let mut service = folder.serve();
    service.banner().await;
    alter_server(&folder, "ALTER SYSTEM SET default_transaction_read_only = on").await;
    service.stop().await;

    let mut service = folder.serve();
    let banner = service.banner().await;
    let client = Client::new(banner.tenant_plane).header("x-tenant-id", &banner.tenants[0]);
    client.get(USERS).await.expect(200);
    let refused = client.post(USERS, &json!({"name": "Ada"})).await;
    refused.refused(503, "TENANT_DB_UNAVAILABLE");
    let (status, said, error) = output(folder.command(&["doctor"])).await;
    assert_eq!(status, Some(0), "{said}{error}");
    for line in [
        "warning  PROBE_READ_ONLY",
        "        ALTER SYSTEM SET default_transaction_read_only = off;",
        "Not probed.",
    ] {
        assert!(said.contains(line), "{said}");
    }

    alter_server(&folder, "ALTER SYSTEM RESET default_transaction_read_only").await;
    let (status, said, error) = output(folder.command(&["examination", "run"])).await;
    assert_eq!(status, Some(0), "{said}{error}");
    assert!(
        said.contains("Probed: ") && !said.contains("PROBE_READ_ONLY"),
        "{said}"
    );
    let (status, log) = service.stop().await;
    assert_eq!(status, Some(0), "{log}");
    assert!(log.contains("not migrated: PostgreSQL is read-only"), "{log}");
}
