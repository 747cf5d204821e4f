//! `tenantry dev seed`: tenants and users through both planes.

use serde_json::{Value, json};

use super::operator::Operator;
use super::process::{Folder, output};
use crate::support::Client;

async fn seed(folder: &Folder, arguments: &[&str]) -> Value {
    let arguments = [&["dev", "seed", "--json"], arguments].concat();
    let (code, out, err) = output(folder.command(&arguments)).await;
    assert_eq!(code, Some(0), "{err}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

#[tokio::test]
async fn a_second_run_adds_what_is_missing_and_nothing_else() {
    let folder = Folder::new();
    let mut service = folder.serve();
    let banner = service.banner().await;
    let made = seed(&folder, &["--tenants", "9", "--users", "4"]).await;
    let counts = |created: u32, found: u32, added: u32, there: u32| {
        json!({
            "tenants_created": created, "tenants_found": found,
            "users_added": added, "users_found": there, "not_active": []
        })
    };
    assert_eq!(made, counts(9, 0, 36, 0));
    let again = seed(&folder, &["--tenants", "9", "--users", "4"]).await;
    assert_eq!(again, counts(0, 9, 0, 36));

    // One user and one tenant go, and come again; all others stay.
    let list = ["tenant", "list", "--name-prefix", "seed-", "--json"];
    let (_, listed, _) = output(folder.command(&list)).await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let ids: Vec<&str> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tenant| tenant["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 9);
    let client = Client::new(banner.tenant_plane).header("x-tenant-id", ids[3]);
    let users = client.get("/v1/internal/users?sort=name").await.expect(200);
    let names: Vec<&str> = users["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["User 00001", "User 00002", "User 00003", "User 00004"]);
    let path = format!("/v1/internal/users/{}", users["items"][1]["id"].as_str().unwrap());
    client.delete(&path).await.expect(204);
    let purge = ["tenant", "purge", ids[5], "--yes"];
    let (code, _, err) = output(folder.command(&["tenant", "delete", ids[5], "--yes"])).await;
    assert_eq!(code, Some(0), "{err}");
    let (code, _, err) = output(folder.command(&purge)).await;
    assert_eq!(code, Some(0), "{err}");
    let mended = seed(&folder, &["--tenants", "10", "--users", "5", "--at-once", "1"]).await;
    assert_eq!(mended, counts(2, 8, 8 + 1 + 2 * 5, 31));

    // A tenant that is not served gets no users, and is named.
    let (code, _, err) = output(folder.command(&["tenant", "suspend", "seed-00002"])).await;
    assert_eq!(code, Some(0), "{err}");
    let told = ["dev", "seed", "--tenants", "2", "--users", "6"];
    let (code, out, err) = output(folder.command(&told)).await;
    assert_eq!(code, Some(0), "{err}");
    assert!(
        out.contains("0 tenants created, 2 found; 1 user added, 5 found") && out.contains("seed-00002"),
        "{out}"
    );
    service.stop().await;
}

#[tokio::test]
async fn a_service_elsewhere_is_named_by_both_its_planes() {
    let operator = Operator::new().await;
    let seed = [
        "dev",
        "seed",
        "--tenants",
        "2",
        "--users",
        "3",
        "--prefix",
        "test",
    ];
    let err = operator.fails(2, &seed).await;
    assert!(err.contains("--tenant-plane"), "{err}");
    let plane = format!("http://{}", operator.service.tenant_plane);
    let named = [&seed[..], &["--tenant-plane", &plane]].concat();
    let made = operator.json(&named).await;
    assert_eq!(
        (&made["tenants_created"], &made["users_added"]),
        (&json!(2), &json!(6))
    );
    assert_eq!(
        operator.json(&["tenant", "show", "test-00002"]).await["state"],
        "active"
    );

    let many = ["dev", "seed", "--tenants", "99999", "--users", "99999"];
    let err = operator
        .fails(2, &[&many[..], &["--tenant-plane", &plane]].concat())
        .await;
    assert!(err.contains("more than 10000000 users"), "{err}");
    let odd = ["dev", "seed", "--prefix", "Seed me", "--tenant-plane", &plane];
    operator.fails(2, &odd).await;
    let unreachable = [
        "dev",
        "seed",
        "--tenant-plane",
        "http://127.0.0.1:1",
        "--users",
        "1",
    ];
    let err = operator.fails(1, &unreachable).await;
    assert!(
        err.contains("http://127.0.0.1:1") && err.contains("adds what is missing"),
        "{err}"
    );
}
