//! A service that may open few files.

use std::net::{SocketAddr, TcpStream};

use super::process::{Folder, output};
use crate::support::Client;

const USERS: &str = "/v1/internal/users";

/// Both limits, so that the service cannot raise the soft one.
const LIMIT: u32 = 128;

fn idle(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).unwrap()
}

#[tokio::test]
async fn idle_clients_do_not_take_the_files_of_a_cold_tenant() {
    let folder = Folder::new();
    let mut service = folder.serve_within(&format!("ulimit -n {LIMIT}"));
    let banner = service.banner().await;
    let token = std::fs::read_to_string(folder.path().join(".tenantry/admin-token")).unwrap();
    let admin = Client::new(banner.admin_plane).header("authorization", &format!("Bearer {}", token.trim()));
    let seed = [
        "dev",
        "seed",
        "--tenants",
        "12",
        "--users",
        "0",
        "--prefix",
        "cold",
    ];
    let (code, _, error) = output(folder.command(&seed)).await;
    assert_eq!(code, Some(0), "{error}");
    let listed = admin.get("/admin/v1/tenants?name_prefix=cold-").await.expect(200);
    let cold = listed["items"].as_array().unwrap().iter();
    let cold: Vec<&str> = cold.map(|tenant| tenant["id"].as_str().unwrap()).collect();
    assert_eq!(cold.len(), 12);
    let clients: Vec<TcpStream> = (0..100).map(|_| idle(banner.tenant_plane)).collect();
    for tenant in &cold {
        let client = Client::new(banner.tenant_plane).header("x-tenant-id", tenant);
        client.get(USERS).await.expect(200);
    }
    // The other plane keeps its share.
    admin.get("/admin/v1/tenants").await.expect(200);
    drop(clients);
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
    let warned = log
        .lines()
        .find(|line| line.contains("the limit of open files is below"))
        .unwrap_or_else(|| panic!("no warning: {log}"));
    for named in [
        "WARN",
        "registry.max_connections",
        "tenant_plane.max_connections",
        "128",
    ] {
        assert!(warned.contains(named), "{warned}");
    }
    assert!(!log.contains("os error 24"), "{log}");
}

#[tokio::test]
async fn the_soft_limit_is_raised_to_the_hard_one() {
    let folder = Folder::new();
    let mut service = folder.serve_within("ulimit -S -n 64");
    service.banner().await;
    #[cfg(target_os = "linux")]
    {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", service.pid())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max open files"));
        let numbers: Vec<u64> = line
            .unwrap()
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        assert_eq!(numbers[0], numbers[1].min(1 << 20), "{limits}");
    }
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("the limit of open files is below"), "{log}");
}
