//! Passwords: in no log, and useless for another tenant.

use std::fs;

use control_plane::ControlPlane;
use sqlx::ConnectOptions as _;
use tenant_registry::{LeaseError, SourceError, TenantId, TenantSource as _};
use testkit::{Databases, in_store};

use crate::support::{name, one, provisioner, registry, role, run, sqlstate};

/// The server logs every statement with its parameters, and those of functions: none contains the password.
#[tokio::test]
async fn the_servers_log_contains_no_password() {
    let databases = Databases::new().await;
    let server = databases.server();
    let mut superuser = server.superuser("postgres").await;
    for database in [databases.control(), databases.data()] {
        for setting in [
            "log_statement = 'all'",
            "log_min_duration_statement = 0",
            "log_parameter_max_length = -1",
            "log_parameter_max_length_on_error = -1",
            "log_min_messages = debug1",
        ] {
            run(
                &mut superuser,
                &format!("ALTER DATABASE {database} SET {setting}"),
            )
            .await
            .unwrap();
        }
    }
    let plane = databases.control_plane();
    let tenant = testkit::tenant(&plane, "acme").await.id;
    let connect = plane.source().load(tenant).await.unwrap().connect;
    connect.connect().await.unwrap();
    // Creating its roles again fails, and the failed statement is logged with its parameters too.
    let mut superuser = server.superuser(databases.data().as_str()).await;
    let function = format!(
        "FUNCTION {}.open_tenant(uuid, \"char\", text, integer)",
        provisioner(tenant)
    );
    run(&mut superuser, &format!("DROP {function}")).await.unwrap();
    plane
        .create_tenant(name("other"), Some(sibling(tenant)))
        .await
        .unwrap_err();

    // sqlx has no getter for the password, but shows it in its `Debug`, which ours does not.
    let shown = format!("{connect:?}");
    let password = shown
        .split_once("password: Some(\"")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0;
    assert_eq!(password.len(), 43, "256 bits in base64");

    let log = String::from_utf8_lossy(&fs::read(server.log_file()).unwrap()).into_owned();
    // The log contains the statement, with the verifier.
    let logged: Vec<&str> = log
        .lines()
        .filter(|line| line.contains(&tenant.to_string()))
        .collect();
    assert!(
        logged.iter().any(|line| line.contains("SCRAM-SHA-256$1:")),
        "{logged:#?}"
    );
    assert!(log.contains("does not exist"));
    assert!(!log.contains(password));
}

/// The id of another tenant of the same provisioner.
fn sibling(tenant: TenantId) -> TenantId {
    let mut id = tenant.as_uuid().into_bytes();
    id[14] ^= 1;
    uuid::Uuid::from_bytes(id).into()
}

async fn does_not_open(plane: &ControlPlane, tenant: TenantId) {
    match registry(plane).lease(tenant).await {
        Err(LeaseError::Source {
            error: SourceError::Unusable(cause),
            ..
        }) => {
            assert_eq!(
                cause.to_string(),
                "the tenant's password could not be sealed or opened"
            );
        }
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("opened with another's password"),
    }
}

/// Write access to the store does not suffice to open one tenant's login with another's sealed password.
#[tokio::test]
async fn sealed_passwords_open_for_their_tenant_and_version_only() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let a = testkit::tenant(&plane, "a").await.id;
    let b = testkit::tenant(&plane, "b").await.id;
    let mut store = in_store(&databases).await;
    let swap = |table: &str, column: &str| {
        format!(
            "UPDATE control.{table} AS mine SET {column} = other.{column} FROM control.{table} AS other
             WHERE mine.tenant_id IN ('{a}', '{b}') AND other.tenant_id IN ('{a}', '{b}')
                AND mine.tenant_id <> other.tenant_id"
        )
    };
    let passwords = swap("tenant_credentials", "sealed_password");
    let keys = swap("tenant_keys", "wrapped_dek");
    let opens = async || {
        for tenant in [a, b] {
            registry(&plane).lease(tenant).await.unwrap();
        }
    };
    opens().await;
    for swapped in [&passwords, &keys, &format!("{passwords}; {keys}")] {
        run(&mut store, swapped).await.unwrap();
        does_not_open(&plane, a).await;
        does_not_open(&plane, b).await;
        run(&mut store, swapped).await.unwrap();
        opens().await;
    }

    // Nor in place of a newer one.
    run(
        &mut store,
        &format!("UPDATE control.tenant_credentials SET version = 2 WHERE tenant_id = '{a}'"),
    )
    .await
    .unwrap();
    does_not_open(&plane, a).await;
    // A changed byte.
    run(
        &mut store,
        &format!(
            "UPDATE control.tenant_credentials
             SET version = 1, sealed_password = set_byte(sealed_password, length(sealed_password) - 1,
                get_byte(sealed_password, length(sealed_password) - 1) # 1)
             WHERE tenant_id = '{a}'"
        ),
    )
    .await
    .unwrap();
    does_not_open(&plane, a).await;
}

/// The store has the sealed password, the cluster its verifier.
#[tokio::test]
async fn no_password_is_stored_in_plain() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let tenant = testkit::tenant(&plane, "a").await.id;
    let shown = format!("{:?}", plane.source().load(tenant).await.unwrap().connect);
    let password = shown
        .split_once("password: Some(\"")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0;
    let sealed: Vec<u8> = one(
        &mut in_store(&databases).await,
        "SELECT sealed_password FROM control.tenant_credentials",
    )
    .await;
    assert!(!String::from_utf8_lossy(&sealed).contains(password));
    let verifier = format!(
        "SELECT rolpassword FROM pg_authid WHERE rolname = '{}_a'",
        role(tenant)
    );
    let verifier: String = one(&mut in_store(&databases).await, &verifier).await;
    assert!(!verifier.contains(password));
}

/// The server requires one iteration, and the whole password.
#[tokio::test]
async fn a_generated_password_logs_in_with_one_iteration() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let tenant = testkit::tenant(&plane, "a").await.id;
    let verifier = format!(
        "SELECT rolpassword ~ '^SCRAM-SHA-256[$]1:' FROM pg_authid WHERE rolname = '{}_a'",
        role(tenant)
    );
    assert!(one::<bool>(&mut in_store(&databases).await, &verifier).await);

    let connect = plane.source().load(tenant).await.unwrap().connect;
    let mut session = connect.connect().await.unwrap();
    let user: String = one(&mut session, "SELECT session_user::text").await;
    assert_eq!(user, format!("{}_a", role(tenant)));
    for wrong in ["", "x", &"A".repeat(43)] {
        let error = connect.clone().password(wrong).connect().await.unwrap_err();
        assert_eq!(sqlstate(&error), "28P01", "{error}");
    }
}
